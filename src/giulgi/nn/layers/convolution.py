"""Convolutional layers: filters that slide over one, two or three axes of space."""

from __future__ import annotations

from typing import Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.shapes import Shape, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.spatial import Sizes, Windowed
from giulgi.nn.layers.weighted import Weighted, whole_number
from giulgi.signatures import called_as


class Convolution(Weighted, Windowed):
    """Base of convolutional layers; see :class:`Conv2D`."""

    @layer_arguments
    @called_as("Conv2D(32, 3) or Conv2D(32, (3, 3), activation='relu')")
    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        groups: int = 1,
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
        self.groups = whole_number(self, "groups", groups, "groups=2")
        if filters % self.groups:
            raise ArgumentError(
                f"{filters} filters do not fall into {groups} groups.",
                op=own,
                fix="use as many filters as groups, or a multiple of them",
            )

    def build(self, input_shape: Shape) -> None:
        """Make kernel and bias."""
        channels = self.channels_of(input_shape)
        if channels % self.groups:
            raise ShapeError(
                f"{channels} channels do not fall into {self.groups} groups.",
                op=type(self).__name__,
                arguments=[("inputs", shape_text(input_shape))],
                fix="use a number of groups that divides the channels",
            )
        self.kernel = self.add_kernel((*self.kernel_size, channels // self.groups, self.filters))
        self.bias = self.add_bias(self.filters)

    def call(self, x: Tensor) -> Tensor:
        """Return activation(convolution of x with the kernel + bias)."""
        self.require_rank(x.known_shape)
        y = ops.convolution(
            self._before(x), self.kernel, self.strides,
            "valid" if self.padding == "causal" else self.padding, self.dilation_rate,
            self.groups, self.data_format,
        )  # fmt: skip
        return self.finished(y, self.channel_axis)

    def _before(self, x: Tensor) -> Tensor:
        """Return what is convolved; causal: with zeros before, so that no place sees behind it."""
        if self.padding != "causal":
            return x
        before = (self.kernel_size[0] - 1) * self.dilation_rate[0]
        widths = [(0, 0), (before, 0), (0, 0)]
        return ops.pad(
            x, widths if self.data_format == "channels_last" else [*widths[::2], (before, 0)]
        )


class Conv1D(Convolution):
    """Filters that slide over one axis of space, such as time; see :class:`Conv2D`.

    Shapes: x (batch, steps, channels) -> y (batch, places, filters); kernel
    (size, channels / groups, filters). ``padding="causal"`` is for time: place o sees steps up to
    o, and none behind.
    """

    rank = 1
    paddings = ("valid", "same", "causal")


class Conv2D(Convolution):
    """y = activation(convolution of x with a kernel + bias): filters that slide over pictures.

    y[n, i, j, c] = sum over a, b, k of x[n, i s + a, j s + b, k] kernel[a, b, k, c].

    Shapes: x (batch, height, width, channels) -> y (batch, places, places, filters); kernel
    (height, width, channels / groups, filters), bias (filters,). With ``channels_first`` the
    channels stand behind the batch.

    Args:
        filters: the number of filters, which are the channels of y.
        kernel_size: how much of x a filter sees, along all axes of space or along each.
        strides: how far it moves from one place of y to the next.
        padding: "valid": only places where all of it is inside x; "same": zeros around x, so that
            y has size / stride places, rounded up.
        data_format: "channels_last" (the default) or "channels_first".
        dilation_rate: how far apart the elements are that it sees.
        groups: into how many blocks channels and filters fall, each seen by its own.
        activation: a name or a function; None: y is linear.
        use_bias: whether there is a bias.
        kernel_initializer: the first values of the kernel.
        bias_initializer: the first values of the bias.
        kernel_regularizer: a penalty of the kernel.
        bias_regularizer: a penalty of the bias.
        activity_regularizer: a penalty of y, divided by the size of the batch.
        options: of every :class:`Layer`.

    Raises:
        ArgumentError: if a number makes no sense.
        ShapeError: when it is called, if x does not have its axes, or is smaller than a filter.
    """

    rank = 2


class Conv3D(Convolution):
    """Filters that slide over three axes of space; see :class:`Conv2D`.

    Shapes: x (batch, a, b, c, channels) -> y (batch, places, places, places, filters); kernel
    (size, size, size, channels / groups, filters).
    """

    rank = 3
