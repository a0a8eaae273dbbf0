"""Machine code at work: on arrays, by several threads."""
