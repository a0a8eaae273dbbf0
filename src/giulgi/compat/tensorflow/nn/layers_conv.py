"""``tf.layers``: convolutions, and their transposes."""

from __future__ import annotations

from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import export, exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import numbers
from giulgi.compat.tensorflow.math.initializers import Zeros
from giulgi.compat.tensorflow.nn.activations import activation_of
from giulgi.compat.tensorflow.nn.layer_base import Layer, named_initializer
from giulgi.compat.tensorflow.nn.nn_convolutions import bias_add
from giulgi.compat.tensors.tensor import alike


def several(value: Any, rank: int, what: str) -> tuple[int, ...]:
    """Return a size for each axis of space, of one that may be for all.

    Raises:
        ValueError: if there are not as many as axes.
    """
    known = np.ravel(numbers(value, what)).tolist()
    if len(known) == 1:
        known *= rank
    if len(known) != rank:
        raise ValueError(f"The `{what}` argument must hold {rank} numbers, got {value!r}")
    return tuple(known)


@operation(type="Conv2D")
def _convolved(
    x: Any, kernel: Any, strides: Any, padding: str, dilation: Any, groups: int, order: str
) -> gg.Tensor:
    x, kernel = alike(x, kernel)
    return gg.convolution(x, kernel, strides, padding, dilation, groups, order)


@operation(type="conv2d_transpose")
def _transposed(x: Any, kernel: Any, strides: Any, padding: str, order: str) -> gg.Tensor:
    x, kernel = alike(x, kernel)
    return gg.convolution_transpose(x, kernel, strides, padding, data_format=order)


class _Convolution(Layer):
    """Base of convolutions over one, two or three axes of space.

    Args:
        filters: the number of filters.
        kernel_size: what a filter sees, along all axes of space or along each.
        strides: how far it moves.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first".
        dilation_rate: how far apart the taps are.
        activation: a function, or the name of one; None: linear.
        use_bias: whether there is a bias.
        kernel_initializer: makes the first kernel; None: as the scope says.
        bias_initializer: makes the first bias.
        kernel_regularizer: makes a loss of the kernel.
        bias_regularizer: makes a loss of the bias.
        activity_regularizer: makes a loss of the result.
        kernel_constraint: what the kernel is kept to.
        bias_constraint: what the bias is kept to.
        trainable: whether optimizers are to change the variables.
        name: its name.
        options: of every :class:`Layer`.
    """

    rank = 2

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: str = "channels_last", dilation_rate: Any = 1, activation: Any = None,
        use_bias: bool = True, kernel_initializer: Any = None, bias_initializer: Any = Zeros,
        kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, trainable: bool = True, name: str | None = None,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(trainable, name, activity_regularizer=activity_regularizer, **options)
        self.filters = int(filters)
        self.kernel_size = several(kernel_size, self.rank, "kernel_size")
        self.strides = several(strides, self.rank, "strides")
        self.padding = padding.lower()
        self.data_format = data_format
        self.dilation_rate = several(dilation_rate, self.rank, "dilation_rate")
        self.activation = activation_of(activation)
        self.use_bias = use_bias
        self.kernel_initializer = named_initializer(kernel_initializer)
        self.bias_initializer = named_initializer(bias_initializer)
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self.kernel: Any = None
        self.bias: Any = None

    def channels(self, input_shape: Any) -> int:
        """Return the number of channels of the input."""
        sizes = input_shape.as_list()
        if len(sizes) != self.rank + 2:
            raise ValueError(
                f"Input 0 of layer {self.name} is incompatible with the layer: expected "
                f"ndim={self.rank + 2}, found ndim={len(sizes)}. Full shape received: {sizes}"
            )
        size = sizes[1 if self.data_format == "channels_first" else -1]
        if size is None:
            raise ValueError("The channel dimension of the inputs should be defined. Found `None`.")
        return int(size)

    def kernel_shape(self, channels: int) -> list[int]:
        """Return the shape of the kernel."""
        return [*self.kernel_size, channels, self.filters]

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias."""
        self.kernel = self.add_variable(
            "kernel", self.kernel_shape(self.channels(input_shape)), None,
            self.kernel_initializer, self.kernel_regularizer, constraint=self.kernel_constraint,
        )  # fmt: skip
        self.add_bias()

    def add_bias(self) -> None:
        """Make the bias, if there is one."""
        if self.use_bias:
            self.bias = self.add_variable(
                "bias", [self.filters], None, self.bias_initializer, self.bias_regularizer,
                constraint=self.bias_constraint,
            )  # fmt: skip
        self.built = True

    def finished(self, y: Any) -> Any:
        """Return activation(y + bias)."""
        if self.bias is not None:
            y = bias_add(y, self.bias, "NCHW" if self.data_format == "channels_first" else None)
        return y if self.activation is None else self.activation(y)

    def call(self, inputs: Any) -> Any:
        """Return activation(convolution + bias)."""
        y = _convolved(
            inputs, self.kernel, self.strides, self.padding, self.dilation_rate, 1,
            self.data_format,
        )  # fmt: skip
        return self.finished(y)


@exported("layers.Conv1D")
class Conv1D(_Convolution):
    """A convolution over (batch, steps, channels)."""

    rank = 1


@exported("layers.Conv2D")
class Conv2D(_Convolution):
    """A convolution over (batch, height, width, channels)."""


@exported("layers.Conv3D")
class Conv3D(_Convolution):
    """A convolution over (batch, depth, height, width, channels)."""

    rank = 3


class _Transposed(_Convolution):
    """Base of the transposes of convolutions, which make pictures larger."""

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: str = "channels_last", activation: Any = None, use_bias: bool = True,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, data_format, 1, activation, use_bias, **options
        )

    def kernel_shape(self, channels: int) -> list[int]:
        """Return the shape of the kernel, as of the convolution that is transposed."""
        return [*self.kernel_size, self.filters, channels]

    def call(self, inputs: Any) -> Any:
        """Return activation(transposed convolution + bias)."""
        return self.finished(
            _transposed(inputs, self.kernel, self.strides, self.padding, self.data_format)
        )


@exported("layers.Conv2DTranspose")
class Conv2DTranspose(_Transposed):
    """The transpose of a convolution over (batch, height, width, channels)."""


@exported("layers.Conv3DTranspose")
class Conv3DTranspose(_Transposed):
    """The transpose of a convolution over (batch, depth, height, width, channels)."""

    rank = 3


@exported("layers.SeparableConv2D")
class SeparableConv2D(_Convolution):
    """Each channel convolved by itself, then a mixture of the channels at each place."""

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: str = "channels_last", dilation_rate: Any = 1, depth_multiplier: int = 1,
        activation: Any = None, use_bias: bool = True, depthwise_initializer: Any = None,
        pointwise_initializer: Any = None, bias_initializer: Any = Zeros,
        depthwise_regularizer: Any = None, pointwise_regularizer: Any = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, activation,
            use_bias, bias_initializer=bias_initializer, **options,
        )  # fmt: skip
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = named_initializer(depthwise_initializer)
        self.pointwise_initializer = named_initializer(pointwise_initializer)
        self.depthwise_regularizer = depthwise_regularizer
        self.pointwise_regularizer = pointwise_regularizer

    def build(self, input_shape: Any) -> None:
        """Make both kernels and the bias."""
        channels = self.channels(input_shape)
        made = channels * self.depth_multiplier
        self.depthwise_kernel = self.add_variable(
            "depthwise_kernel", [*self.kernel_size, channels, self.depth_multiplier], None,
            self.depthwise_initializer, self.depthwise_regularizer,
        )  # fmt: skip
        self.pointwise_kernel = self.add_variable(
            "pointwise_kernel", [*[1] * self.rank, made, self.filters], None,
            self.pointwise_initializer, self.pointwise_regularizer,
        )  # fmt: skip
        self.add_bias()

    def call(self, inputs: Any) -> Any:
        """Return activation(mixture of what each channel became + bias)."""
        sizes = self.depthwise_kernel.get_shape().as_list()
        each = _convolved(
            inputs, _as_groups(self.depthwise_kernel, self.rank), self.strides, self.padding,
            self.dilation_rate, sizes[-2], self.data_format,
        )  # fmt: skip
        return self.finished(
            _convolved(each, self.pointwise_kernel, 1, "valid", 1, 1, self.data_format)
        )


@exported("layers.SeparableConv1D")
class SeparableConv1D(SeparableConv2D):
    """Each channel convolved by itself over (batch, steps, channels), then mixed."""

    rank = 1


@operation(type="Reshape")
def _as_groups(kernel: Any, rank: int) -> gg.Tensor:
    (value,) = alike(kernel)
    return gg.reshape(value, (*value.shape[:rank], 1, -1))


def _function(layer: type[_Convolution], *paths: str) -> Any:
    """Return the function that makes a layer and calls it."""

    def call(
        inputs: Any, *args: Any, name: str | None = None, reuse: Any = None, **options: Any
    ) -> Any:
        options |= {"name": name, "_scope": name, "_reuse": reuse}
        return layer(*args, **options)(inputs)

    call.__name__ = paths[0].split(".")[-1]
    call.__doc__ = f"{layer.__doc__} See :class:`{layer.__name__}`."
    for path in paths:
        export(path, call)
    return call


conv1d = _function(Conv1D, "layers.conv1d")
conv2d = _function(Conv2D, "layers.conv2d")
conv3d = _function(Conv3D, "layers.conv3d")
conv2d_transpose = _function(Conv2DTranspose, "layers.conv2d_transpose")
conv3d_transpose = _function(Conv3DTranspose, "layers.conv3d_transpose")
separable_conv2d = _function(SeparableConv2D, "layers.separable_conv2d")
separable_conv1d = _function(SeparableConv1D, "layers.separable_conv1d")
