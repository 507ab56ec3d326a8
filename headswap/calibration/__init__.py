"""Does a probability of .9 mean nine out of ten? How far it is off, how far luck reaches, and what mends it."""
