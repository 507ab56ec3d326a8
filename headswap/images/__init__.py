"""The command line's share of images: regimes compared on digits or on CIFAR, with a table for many classes."""
