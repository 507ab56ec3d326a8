"""One body in memory and many tasks on it: each brings a head, and what else it learned."""
