"""JAX: steps written by hand and compiled, and whole loops compiled."""
