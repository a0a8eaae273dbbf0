"""Variables: values that last, the scopes that share them, and what assigns to them."""
