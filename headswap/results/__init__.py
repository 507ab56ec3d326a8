"""What comes out: comparisons, tables, figures, weights on disk."""
