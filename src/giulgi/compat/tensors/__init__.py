"""Tensors as programs see them: operators, shapes, types of elements."""
