"""Convolutions of each channel by itself, and what mixes the channels afterwards."""

from __future__ import annotations

from typing import Any

from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor
from giulgi.nn import initializers, regularizers
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.spatial import Sizes, Windowed
from giulgi.nn.layers.weighted import Weighted, require_own_names, whole_number
from giulgi.signatures import called_as


class _Depthwise(Weighted, Windowed):
    """Base of convolutions of each channel by itself; see :class:`DepthwiseConv2D`."""

    @layer_arguments
    @called_as("DepthwiseConv2D(3) or DepthwiseConv2D((3, 3), depth_multiplier=2)")
    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        **options: Any,
    ) -> None:
        require_own_names(self, options, ("kernel_initializer", "kernel_regularizer"))
        super().__init__(
            activation, use_bias, depthwise_initializer, bias_initializer, depthwise_regularizer,
            bias_regularizer, activity_regularizer, **options,
        )  # fmt: skip
        self.set_window(kernel_size, strides, padding, dilation_rate, data_format)
        self.depth_multiplier = whole_number(
            self, "depth_multiplier", depth_multiplier, "depth_multiplier=2"
        )

    def build(self, input_shape: Shape) -> None:
        """Make kernel and bias."""
        channels = self.channels_of(input_shape)
        self.kernel = self.add_kernel((*self.kernel_size, channels, self.depth_multiplier))
        self.bias = self.add_bias(channels * self.depth_multiplier)

    def call(self, x: Tensor) -> Tensor:
        """Return activation(each channel of x convolved with its kernels + bias)."""
        return self.finished(self._each_channel(x), self.channel_axis)

    def _each_channel(self, x: Tensor) -> Tensor:
        self.require_rank(x.known_shape)
        return depthwise(self, x, self.kernel)


def depthwise(layer: Any, x: Tensor, kernel: Tensor) -> Tensor:
    """Return the convolution of each channel of x with kernels (*taps, channels, multiplier)."""
    channels = kernel.shape[-2]
    assert channels is not None
    grouped = ops.reshape(kernel, (*layer.kernel_size, 1, -1))
    return ops.convolution(
        x, grouped, layer.strides, layer.padding, layer.dilation_rate, channels, layer.data_format
    )


class DepthwiseConv1D(_Depthwise):
    """Each channel convolved with filters of its own along one axis; see DepthwiseConv2D."""

    rank = 1


class DepthwiseConv2D(_Depthwise):
    """Each channel convolved with filters of its own; channels are not summed.

    y[n, i, j, c m + k] = sum over a, b of x[n, i s + a, j s + b, c] kernel[a, b, c, k].

    Shapes: x (batch, height, width, channels) -> y (batch, places, places, channels * multiplier);
    kernel (height, width, channels, multiplier), bias (channels * multiplier,).

    Args:
        kernel_size: how much of x a filter sees, along all axes of space or along each.
        strides: how far it moves from one place of y to the next.
        padding: "valid" or "same", as of :class:`Conv2D`.
        depth_multiplier: the number of filters of each channel.
        data_format: "channels_last" (the default) or "channels_first".
        dilation_rate: how far apart the elements are that a filter sees.
        activation: a name or a function; None: y is linear.
        use_bias: whether there is a bias.
        depthwise_initializer: the first values of the kernel.
        bias_initializer: the first values of the bias.
        depthwise_regularizer: a penalty of the kernel.
        bias_regularizer: a penalty of the bias.
        activity_regularizer: a penalty of y, divided by the size of the batch.
        options: of every :class:`Layer`.
    """

    rank = 2


class _Separable(Weighted, Windowed):
    """Base of depthwise convolutions followed by a mixing of channels; see SeparableConv2D."""

    depthwise_kernel: Variable
    pointwise_kernel: Variable

    @layer_arguments
    @called_as("SeparableConv2D(32, 3) or SeparableConv2D(32, (3, 3), activation='relu')")
    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        **options: Any,
    ) -> None:
        require_own_names(self, options, ("kernel_initializer", "kernel_regularizer"))
        super().__init__(
            activation, use_bias, depthwise_initializer, bias_initializer, depthwise_regularizer,
            bias_regularizer, activity_regularizer, **options,
        )  # fmt: skip
        self.filters = whole_number(self, "filters", filters, "SeparableConv2D(32, 3) has 32")
        self.set_window(kernel_size, strides, padding, dilation_rate, data_format)
        self.depth_multiplier = whole_number(
            self, "depth_multiplier", depth_multiplier, "depth_multiplier=2"
        )
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)

    def build(self, input_shape: Shape) -> None:
        """Make both kernels and the bias."""
        channels = self.channels_of(input_shape)
        self.depthwise_kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.kernel_initializer,
            name="depthwise_kernel",
            regularizer=self.kernel_regularizer,
        )
        self.pointwise_kernel = self.add_weight(
            (*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            name="pointwise_kernel",
            regularizer=self.pointwise_regularizer,
        )
        self.bias = self.add_bias(self.filters)

    def call(self, x: Tensor) -> Tensor:
        """Return activation(the channels, each convolved by itself, then mixed, + bias)."""
        self.require_rank(x.known_shape)
        each = depthwise(self, x, self.depthwise_kernel)
        y = ops.convolution(each, self.pointwise_kernel, data_format=self.data_format)
        return self.finished(y, self.channel_axis)


class SeparableConv1D(_Separable):
    """A depthwise convolution along one axis, then a mixing of channels; see SeparableConv2D."""

    rank = 1


class SeparableConv2D(_Separable):
    """A depthwise convolution, then one of 1 x 1 that mixes the channels.

    Shapes: x (batch, height, width, channels) -> y (batch, places, places, filters);
    depthwise_kernel (height, width, channels, multiplier), pointwise_kernel
    (1, 1, channels * multiplier, filters), bias (filters,).

    Args:
        filters: the number of channels of y.
        kernel_size: how much of x a filter sees, along all axes of space or along each.
        strides: how far it moves from one place of y to the next.
        padding: "valid" or "same", as of :class:`Conv2D`.
        data_format: "channels_last" (the default) or "channels_first".
        dilation_rate: how far apart the elements are that a filter sees.
        depth_multiplier: the number of filters of each channel of x.
        activation: a name or a function; None: y is linear.
        use_bias: whether there is a bias.
        depthwise_initializer: the first values of the first kernel.
        pointwise_initializer: the first values of the second kernel.
        bias_initializer: the first values of the bias.
        depthwise_regularizer: a penalty of the first kernel.
        pointwise_regularizer: a penalty of the second kernel.
        bias_regularizer: a penalty of the bias.
        activity_regularizer: a penalty of y, divided by the size of the batch.
        options: of every :class:`Layer`.
    """

    rank = 2
