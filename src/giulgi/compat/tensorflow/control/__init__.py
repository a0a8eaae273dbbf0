"""Choices, loops, gradients, and what happens beside a value."""
