"""Layers that bring numbers to another scale: by a factor, or by their length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.normalization import size_along, sorted_axes
from giulgi.signatures import called_as


class Rescaling(Layer):
    """y = x * scale + offset: pictures from 0 to 255, say, brought to 0 to 1.

    Args:
        scale: the factor; a number, or one for each channel.
        offset: what is added; likewise.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    @called_as("Rescaling(1 / 255)")
    def __init__(
        self, scale: float | Sequence[float], offset: float | Sequence[float] = 0.0, **options: Any
    ) -> None:
        super().__init__(**options)
        self.scale = scale
        self.offset = offset

    def call(self, x: Tensor) -> Tensor:
        """Return the numbers in their new scale."""
        scale, offset = (ops.constant(part, self.dtype) for part in (self.scale, self.offset))
        return ops.cast(x, self.dtype) * scale + offset


class UnitNormalization(Layer):
    """y = x / sqrt(sum of x^2 along an axis, or several): each example brought to length 1.

    Args:
        axis: the axis, or several.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    def __init__(self, axis: int | Sequence[int] = -1, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, x: Tensor) -> Tensor:
        """Return x with length 1, and zeros as they are."""
        return of_length_one(x, self.axis, 1e-24)


def of_length_one(x: Tensor, axis: int | Sequence[int], least: float) -> Tensor:
    """Return x / sqrt(sum of x^2), where that sum is taken to be at least a small number."""
    total = ops.sum(ops.square(x), axis, keepdims=True)
    return x / ops.sqrt(ops.maximum(total, least))


class RMSNormalization(Layer):
    """y = x / sqrt(mean of x^2 along an axis, or several, + epsilon) * scale; arXiv:1910.07467.

    Weights: scale, of the sizes of these axes.

    Args:
        axis: the axis, or several.
        epsilon: what is added to the mean of squares.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True
    scale: Variable

    @layer_arguments
    def __init__(
        self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **options: Any
    ) -> None:
        super().__init__(**options)
        self.axis = axis
        self.epsilon = epsilon

    def build(self, input_shape: Shape) -> None:
        """Make the scale."""
        sizes = [
            size_along(self, input_shape, axis) for axis in sorted_axes(self, len(input_shape))
        ]
        self.scale = self.add_weight(sizes, "ones", name="scale")

    def call(self, x: Tensor) -> Tensor:
        """Return the normalized inputs."""
        axes = sorted_axes(self, x.ndim)
        mean = ops.mean(ops.square(x), axes, keepdims=True)
        shape = [x.shape[axis] if axis in axes else 1 for axis in range(x.ndim)]
        return x / ops.sqrt(mean + self.epsilon) * ops.reshape(self.scale, shape)
