"""``tf.layers``: pooling."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.names import export, exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.nn.layer_base import Layer
from giulgi.compat.tensorflow.nn.layers_conv import several
from giulgi.compat.tensors.tensor import as_expression


@operation(type="MaxPool")
def _greatest(x: Any, size: Any, strides: Any, padding: str, order: str) -> gg.Tensor:
    return gg.max_pool(as_expression(x), size, strides, padding, order)


@operation(type="AvgPool")
def _mean(x: Any, size: Any, strides: Any, padding: str, order: str) -> gg.Tensor:
    return gg.average_pool(as_expression(x), size, strides, padding, order)


class _Pooling(Layer):
    """Base of pooling over one, two or three axes of space.

    Args:
        pool_size: what a window sees, along all axes of space or along each.
        strides: how far it moves.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first".
        name: its name.
        options: of every :class:`Layer`.
    """

    rank = 2
    pool = staticmethod(_greatest)

    def __init__(
        self, pool_size: Any, strides: Any, padding: str = "valid",
        data_format: str = "channels_last", name: str | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(name=name, **options)
        self.pool_size = several(pool_size, self.rank, "pool_size")
        self.strides = several(strides, self.rank, "strides")
        self.padding = padding.lower()
        self.data_format = data_format

    def call(self, inputs: Any) -> Any:
        """Return what each window gives."""
        return self.pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


@exported("layers.MaxPooling1D")
class MaxPooling1D(_Pooling):
    """The greatest element of each window of steps."""

    rank = 1


@exported("layers.MaxPooling2D")
class MaxPooling2D(_Pooling):
    """The greatest element of each window of a picture."""


@exported("layers.MaxPooling3D")
class MaxPooling3D(_Pooling):
    """The greatest element of each window over three axes."""

    rank = 3


@exported("layers.AveragePooling1D")
class AveragePooling1D(_Pooling):
    """The mean of each window of steps."""

    rank = 1
    pool = staticmethod(_mean)


@exported("layers.AveragePooling2D")
class AveragePooling2D(_Pooling):
    """The mean of each window of a picture."""

    pool = staticmethod(_mean)


@exported("layers.AveragePooling3D")
class AveragePooling3D(_Pooling):
    """The mean of each window over three axes."""

    rank = 3
    pool = staticmethod(_mean)


def _function(layer: type[_Pooling], path: str) -> Any:
    """Return the function that makes a layer and calls it."""

    def call(
        inputs: Any, pool_size: Any, strides: Any, padding: str = "valid",
        data_format: str = "channels_last", name: str | None = None,
    ) -> Any:  # fmt: skip
        return layer(pool_size, strides, padding, data_format, name)(inputs)

    call.__name__ = path.split(".")[-1]
    call.__doc__ = f"{layer.__doc__} See :class:`{layer.__name__}`."
    export(path, call)
    return call


max_pooling1d = _function(MaxPooling1D, "layers.max_pooling1d")
max_pooling2d = _function(MaxPooling2D, "layers.max_pooling2d")
max_pooling3d = _function(MaxPooling3D, "layers.max_pooling3d")
average_pooling1d = _function(AveragePooling1D, "layers.average_pooling1d")
average_pooling2d = _function(AveragePooling2D, "layers.average_pooling2d")
average_pooling3d = _function(AveragePooling3D, "layers.average_pooling3d")
