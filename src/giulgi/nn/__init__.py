"""Floor 4: what networks are made of, all pure builders of graph."""

from giulgi.nn import activations, initializers, layers, losses, metrics, optimizers, regularizers

__all__ = [
    "activations",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "regularizers",
]
