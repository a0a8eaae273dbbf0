"""An activation as a layer of its own, and none."""

from __future__ import annotations

from typing import Any

from giulgi.graph.tensor import Tensor
from giulgi.nn import activations
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.signatures import called_as


class Activation(Layer):
    """y = activation(x), of the shape of x.

    Args:
        activation: a name or a function.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    @called_as("Activation('relu')")
    def __init__(self, activation: Any, **options: Any) -> None:
        super().__init__(**options)
        self.activation = activations.get(activation)

    def call(self, x: Tensor) -> Tensor:
        """Return activation(x)."""
        return self.activation(x)


class Identity(Layer):
    """y = x: a place for a layer that is not there."""

    supports_masking = True

    def call(self, x: Any) -> Any:
        """Return x."""
        return x
