"""What was right and wrong, counted, and how sure we may be."""
