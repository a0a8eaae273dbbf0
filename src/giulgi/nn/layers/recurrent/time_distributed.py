"""A layer applied to each step of a sequence."""

from __future__ import annotations

from typing import Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.ops.shape import dims_of
from giulgi.graph.shapes import Shape, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.signatures import called_as


class TimeDistributed(Layer):
    """y[:, t] = layer(x[:, t]) for each step t.

    The steps of all examples are one large batch for the layer.

    Shapes: x (batch, steps, ...) -> y (batch, steps, ...).

    Args:
        layer: the layer.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    @called_as("TimeDistributed(Dense(10))")
    def __init__(self, layer: Layer, **options: Any) -> None:
        super().__init__(**options)
        if not isinstance(layer, Layer):
            raise ArgumentError(
                f"TimeDistributed applies a layer, and this is {type(layer).__name__}.",
                op="TimeDistributed",
                fix="TimeDistributed(Dense(10))",
            )
        self.layer = layer

    def build(self, input_shape: Shape) -> None:
        """Check that there is an axis of steps."""
        if input_shape is not None and len(input_shape) < 3:
            raise ShapeError(
                "TimeDistributed takes sequences: inputs of shape (batch, steps, ...).",
                op="TimeDistributed",
                arguments=[("inputs", shape_text(input_shape))],
                fix="x[:, None] makes a sequence of one step",
            )

    def call(self, x: Tensor, training: bool = False, mask: Tensor | None = None) -> Tensor:
        """Return what the layer makes of each step.

        Args:
            x: the sequences.
            training: whether it is training.
            mask: which steps count, or what in them. A layer that takes masks is given that of
                what is in each step, or, for single examples, of the steps.
        """
        batch, steps, *sizes = dims_of(x)
        told = {}
        if mask is not None and self.layer.takes("mask") and mask.ndim == x.ndim - 1:
            told = {"mask": ops.reshape(mask, (-1, *dims_of(mask)[2:]))}
        y = self.layer(ops.reshape(x, (-1, *sizes)), training=training, **told)
        return ops.reshape(y, (batch, steps, *dims_of(y)[1:]))
