"""Pictures: their files, sizes, parts and colors."""
