"""Graphs as files: our own, and those that TensorFlow wrote."""
