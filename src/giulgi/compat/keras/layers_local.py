"""Convolutions with a kernel of its own at each place, and other layers that only Keras has."""

from __future__ import annotations

from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.keras.layer import Layer
from giulgi.compat.keras.layers import CLASSES, export_layer


class _Local(gg.layers.Layer):
    """Base of both: y[p] = activation(window of x at p @ kernel[p] + bias[p]).

    Args:
        filters: how many results there are at each place.
        kernel_size: the size of the window.
        strides: how far windows are apart.
        padding: "valid", nothing else.
        data_format: "channels_last", nothing else.
        activation: a name or a function.
        use_bias: whether there is a bias.
        kernel_initializer: the first values of the kernels.
        bias_initializer: the first values of the biases.
        kernel_regularizer: a penalty of the kernels.
        bias_regularizer: a penalty of the biases.
        activity_regularizer: has no meaning.
        options: of every layer.
    """

    rank = 1

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if padding != "valid" or data_format == "channels_first":
            raise NotImplementedError(
                f"{type(self).__name__} takes padding='valid' and data_format='channels_last'"
            )
        self.filters = filters
        self.kernel_size, self.strides = self._sizes(kernel_size), self._sizes(strides)
        self.activation = gg.activations.get(activation)
        self.use_bias = use_bias
        self.initializers = (kernel_initializer, bias_initializer)
        self.regularizers = (kernel_regularizer, bias_regularizer)

    def _sizes(self, value: Any) -> tuple[int, ...]:
        return (int(value),) * self.rank if isinstance(value, (int, np.integer)) else tuple(value)

    def build(self, input_shape: Any) -> None:
        """Make a kernel and a bias for each place."""
        sizes, channels = input_shape[1:-1], input_shape[-1]
        self.places = tuple(
            (n - k) // s + 1 for n, k, s in zip(sizes, self.kernel_size, self.strides, strict=True)
        )
        window = channels
        for size in self.kernel_size:
            window *= size
        count = 1
        for size in self.places:
            count *= size
        self.kernel = self.add_weight(
            (count, window, self.filters), self.initializers[0], name="kernel",
            regularizer=self.regularizers[0],
        )  # fmt: skip
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (*self.places, self.filters), self.initializers[1], name="bias",
                regularizer=self.regularizers[1],
            )  # fmt: skip

    def call(self, x: gg.Tensor) -> gg.Tensor:
        """Return what the kernels give of their windows."""
        windows = gg.stack([gg.reshape(self._window(x, place), (gg.size(x, 0), -1))
                            for place in self._all_places()], 1)  # fmt: skip
        y = gg.einsum("bpw,pwf->bpf", windows, self.kernel)
        y = gg.reshape(y, (-1, *self.places, self.filters))
        return self.activation(y if self.bias is None else y + self.bias)

    def _all_places(self) -> list[tuple[int, ...]]:
        found: list[tuple[int, ...]] = [()]
        for size in self.places:
            found = [(*before, number) for before in found for number in range(size)]
        return found

    def _window(self, x: gg.Tensor, place: tuple[int, ...]) -> gg.Tensor:
        parts = [
            slice(p * s, p * s + k)
            for p, s, k in zip(place, self.strides, self.kernel_size, strict=True)
        ]
        return x[(slice(None), *parts)]


class LocallyConnected1D(Layer, _Local):
    """A convolution along steps, with a kernel of its own at each place."""

    rank = 1


class LocallyConnected2D(Layer, _Local):
    """A convolution of pictures, with a kernel of its own at each place."""

    rank = 2


for _class in (LocallyConnected1D, LocallyConnected2D):
    CLASSES[_class.__name__] = _class
    export_layer(_class.__name__, _class)
