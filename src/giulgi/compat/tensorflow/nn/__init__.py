"""Neural networks: activations, convolutions, layers, losses and metrics."""
