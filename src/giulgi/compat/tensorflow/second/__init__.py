"""Names that came with TensorFlow 2."""
