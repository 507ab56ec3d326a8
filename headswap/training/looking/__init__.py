"""The schooling of bodies that look, without a label: what predicting the next byte is for texts."""
