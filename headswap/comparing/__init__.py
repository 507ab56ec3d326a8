"""Many runs in one look: what to compare, who carries it out, what came out and how sure that is."""
