"""The network: body, pool and head, and the swap."""
