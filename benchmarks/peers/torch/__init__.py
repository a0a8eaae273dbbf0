"""PyTorch: eager, and compiled by its inductor."""
