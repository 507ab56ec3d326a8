"""Bodies that read images: a vision transformer and a wide residual network."""
