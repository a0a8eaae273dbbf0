"""Transposed convolutions: each element of x spreads a filter over the result."""

from __future__ import annotations

from typing import Any

from giulgi.errors import ArgumentError
from giulgi.graph import ops
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.checks import is_whole_number, listed
from giulgi.nn.layers.spatial import Sizes, Windowed
from giulgi.nn.layers.weighted import Weighted, whole_number
from giulgi.signatures import called_as


class _Transposed(Weighted, Windowed):
    """Base of transposed convolutions; see :class:`Conv2DTranspose`."""

    @layer_arguments
    @called_as("Conv2DTranspose(32, 3) or Conv2DTranspose(32, (3, 3), strides=2)")
    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        output_padding: Sizes | None = None,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, **options,
        )  # fmt: skip
        own = type(self).__name__
        self.filters = whole_number(self, "filters", filters, f"{own}(32, 3) has 32 filters")
        self.set_window(kernel_size, strides, padding, dilation_rate, data_format)
        self.output_padding = self._output_padding(output_padding)

    def _output_padding(self, given: Any) -> tuple[int, ...] | None:
        if given is None:
            return None
        padding = [given] * self.rank if is_whole_number(given) else listed(given)
        fits = len(padding) == self.rank and all(
            is_whole_number(more) and 0 <= more < stride
            for more, stride in zip(padding, self.strides, strict=False)
        )
        if not fits:
            raise ArgumentError(
                f"output_padding is {given!r}, with strides {self.strides}.",
                op=type(self).__name__,
                fix="give for each axis of space a whole number from 0 to below its stride",
            )
        return tuple(int(more) for more in padding)

    def build(self, input_shape: Shape) -> None:
        """Make kernel and bias."""
        channels = self.channels_of(input_shape)
        self.kernel = self.add_kernel((*self.kernel_size, self.filters, channels))
        self.bias = self.add_bias(self.filters)

    def call(self, x: Tensor) -> Tensor:
        """Return activation(what x spreads by the kernel + bias)."""
        self.require_rank(x.known_shape)
        shape = [self._size(axis, ops.size(x, self.first_axis + axis)) for axis in range(self.rank)]
        y = ops.convolution_transpose(
            x, self.kernel, self.strides, self._cut(), self.dilation_rate,
            output_shape=shape, data_format=self.data_format,
        )  # fmt: skip
        return self.finished(y, self.channel_axis)

    def _span(self, axis: int) -> int:
        return (self.kernel_size[axis] - 1) * self.dilation_rate[axis] + 1

    def _size(self, axis: int, size: Any) -> Any:
        """Return how long the result is along an axis of space."""
        stride, span = self.strides[axis], self._span(axis)
        if self.output_padding is not None:
            least = span % 2 if self.padding == "same" else span
            return (size - 1) * stride + least + self.output_padding[axis]
        if self.padding == "same":
            return size * stride
        return size * stride + max(span - stride, 0)

    def _cut(self) -> Any:
        """Return how much is cut from what is spread, as the padding of a convolution."""
        if self.padding == "valid" or self.output_padding is None:
            return self.padding
        cuts = []
        for axis, more in enumerate(self.output_padding):
            span = self._span(axis)
            # As Keras does: what is left of the span is divided, more of it at the beginning.
            kept = min((span + span % 2 + more - 1) // 2, span - 1)
            before = span - 1 - kept
            cuts.append((before, max(span - span % 2 - more - before, 0)))
        return cuts


class Conv1DTranspose(_Transposed):
    """A transposed convolution along one axis of space; see :class:`Conv2DTranspose`."""

    rank = 1


class Conv2DTranspose(_Transposed):
    """Each element of x spreads a filter over the result: what a convolution gives back.

    y[n, i s + a, j s + b, c] = sum over i, j, a, b, k of x[n, i, j, k] kernel[a, b, c, k], + bias,
    with strides s. It makes pictures larger, s times with padding "same".

    Shapes: x (batch, height, width, channels) -> y (batch, places, places, filters); kernel
    (height, width, filters, channels), bias (filters,).

    Args:
        filters: the number of channels of y.
        kernel_size: over how much of y an element of x is spread.
        strides: how far apart the elements of x are spread.
        padding: "valid": all that is spread; "same": y is size * stride long.
        output_padding: how much longer y is than (size - 1) * stride + what is spread and not cut.
        data_format: "channels_last" (the default) or "channels_first".
        dilation_rate: how far apart in y the elements of a filter are.
        activation: a name or a function; None: y is linear.
        use_bias: whether there is a bias.
        kernel_initializer: the first values of the kernel.
        bias_initializer: the first values of the bias.
        kernel_regularizer: a penalty of the kernel.
        bias_regularizer: a penalty of the bias.
        activity_regularizer: a penalty of y, divided by the size of the batch.
        options: of every :class:`Layer`.
    """

    rank = 2


class Conv3DTranspose(_Transposed):
    """A transposed convolution over three axes of space; see :class:`Conv2DTranspose`."""

    rank = 3
