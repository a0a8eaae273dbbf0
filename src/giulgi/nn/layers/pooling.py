"""Pooling layers: the greatest, or the mean, of what a window sees, or of all there is."""

from __future__ import annotations

from typing import Any, ClassVar

from giulgi.graph import ops
from giulgi.graph.dtypes import bool_
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.spatial import Sizes, Spatial, checked_data_format
from giulgi.nn.lookup import one_of


class Pooling(Spatial):
    """Base of layers that pool what a window sees.

    Args:
        pool_size: how many elements a window sees, along all axes of space or along each.
        strides: how far it moves; None: by its size.
        padding: "valid": only whole windows; "same": size / stride of them, rounded up.
        data_format: "channels_last" (the default) or "channels_first".
        options: of every :class:`Layer`.
    """

    pool: ClassVar[Any]

    @layer_arguments
    def __init__(
        self,
        pool_size: Sizes = 2,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.pool_size = self.sizes_for("pool_size", pool_size)
        self.strides = self.sizes_for("strides", self.pool_size if strides is None else strides)
        self.padding = one_of("padding", padding, ("valid", "same"))
        self.data_format = checked_data_format(data_format)

    def call(self, x: Tensor) -> Tensor:
        """Return what the windows give."""
        self.require_rank(x.known_shape)
        y: Tensor = self.pool(x, self.pool_size, self.strides, self.padding, self.data_format)
        return y


class _Max(Pooling):
    pool = staticmethod(ops.max_pool)


class _Average(Pooling):
    pool = staticmethod(ops.average_pool)


class MaxPooling1D(_Max):
    """The greatest element of each window of steps: (batch, steps, channels); see Pooling."""

    rank = 1


class MaxPooling2D(_Max):
    """The greatest element of each window of pictures: (batch, height, width, channels)."""

    rank = 2


class MaxPooling3D(_Max):
    """The greatest element of each window over three axes: (batch, a, b, c, channels)."""

    rank = 3


class AveragePooling1D(_Average):
    """The mean of each window of steps: (batch, steps, channels); padding is not counted."""

    rank = 1


class AveragePooling2D(_Average):
    """The mean of each window of pictures: (batch, height, width, channels)."""

    rank = 2


class AveragePooling3D(_Average):
    """The mean of each window over three axes: (batch, a, b, c, channels)."""

    rank = 3


class GlobalPooling(Spatial):
    """Base of layers that pool over all places: (batch, *space, channels) -> (batch, channels).

    Args:
        data_format: "channels_last" (the default) or "channels_first".
        keepdims: whether the axes of space stay, each of size 1.
        options: of every :class:`Layer`.
    """

    pool: ClassVar[Any]

    @layer_arguments
    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self.data_format = checked_data_format(data_format)
        self.keepdims = keepdims

    def call(self, x: Tensor) -> Tensor:
        """Return what all places give together."""
        self.require_rank(x.known_shape)
        axes = tuple(range(self.first_axis, self.first_axis + self.rank))
        y: Tensor = self.pool(x, axes, keepdims=self.keepdims)
        return y


class _GlobalMax(GlobalPooling):
    pool = staticmethod(ops.max)


class _GlobalAverage(GlobalPooling):
    pool = staticmethod(ops.mean)


class GlobalMaxPooling1D(_GlobalMax):
    """The greatest element of each channel: (batch, steps, channels) -> (batch, channels)."""

    rank = 1


class GlobalMaxPooling2D(_GlobalMax):
    """The greatest element of each channel of a picture."""

    rank = 2


class GlobalMaxPooling3D(_GlobalMax):
    """The greatest element of each channel over three axes of space."""

    rank = 3


class GlobalAveragePooling1D(_GlobalAverage):
    """The mean of each channel: (batch, steps, channels) -> (batch, channels).

    Of inputs with a mask it is the mean of the steps that count, and 0 where none does.
    """

    rank = 1

    def call(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the mean of all steps, or of those that a mask (batch, steps) lets count."""
        if mask is None:
            return super().call(x)
        self.require_rank(x.known_shape)
        axis = self.first_axis
        counts = ops.cast(ops.expand_dims(mask, 3 - axis), bool_)
        number = ops.sum(ops.cast(counts, x.dtype), axis, keepdims=self.keepdims)
        total = ops.sum(ops.where(counts, x, 0), axis, keepdims=self.keepdims)
        return total / ops.maximum(number, 1)


class GlobalAveragePooling2D(_GlobalAverage):
    """The mean of each channel of a picture."""

    rank = 2


class GlobalAveragePooling3D(_GlobalAverage):
    """The mean of each channel over three axes of space."""

    rank = 3
