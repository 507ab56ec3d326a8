"""Regimes: what may learn, how fast, in which order, and what is inserted for it; each one readable value."""
