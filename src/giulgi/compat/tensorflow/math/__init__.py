"""Numbers, arrays and strings: where they come from, and what is computed of them."""
