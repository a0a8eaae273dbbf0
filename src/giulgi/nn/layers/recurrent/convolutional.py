"""The long short-term memory of pictures: its products are convolutions."""

from __future__ import annotations

from typing import Any

from giulgi.graph import ops
from giulgi.graph.ops.shape import dims_of
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import without_data
from giulgi.nn.layers.recurrent.cells import States
from giulgi.nn.layers.recurrent.gated import LSTMCell
from giulgi.nn.layers.recurrent.named import OfCell
from giulgi.nn.layers.spatial import Sizes, Spatial, checked_data_format
from giulgi.nn.layers.weighted import whole_number
from giulgi.nn.lookup import one_of
from giulgi.signatures import called_as


class _ConvLSTMCell(LSTMCell, Spatial):
    """Base of the cells of :class:`ConvLSTM2D` and its like.

    The arguments are those of :class:`ConvLSTM2D` that are not of every recurrent layer.
    """

    @property
    def gate_axis(self) -> int:
        """The axis along which the gates lie side by side: that of the channels."""
        return self.channel_axis

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        **options: Any,
    ) -> None:
        own = type(self).__name__
        filters = whole_number(self, "filters", filters, f"{own}(16, 3) has 16 filters")
        super().__init__(filters, activation, recurrent_activation, **options)
        self.kernel_size = self.sizes_for("kernel_size", kernel_size)
        self.strides = self.sizes_for("strides", strides)
        self.dilation_rate = self.sizes_for("dilation_rate", dilation_rate)
        self.padding = one_of("padding", padding, ("valid", "same"))
        self.data_format = checked_data_format(data_format)

    def kernel_shapes(self, input_shape: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shapes of the kernels for the inputs and for the states."""
        channels, columns = self.channels_of(input_shape), self.gates * self.units
        return (*self.kernel_size, channels, columns), (*self.kernel_size, self.units, columns)

    def project(self, x: Tensor) -> Tensor:
        """Return the convolution of the inputs of all steps, or of one, with the kernel."""
        one = x.ndim == self.rank + 2
        lead = [] if one else [ops.size(x, 0)]
        pictures = x if one else ops.reshape(x, (-1, *dims_of(x)[2:]))
        y = ops.convolution(
            pictures, self.kernel, self.strides, self.padding, self.dilation_rate,
            data_format=self.data_format,
        )  # fmt: skip
        y = self._with_bias(y)
        return y if one else ops.reshape(y, (*lead, -1, *dims_of(y)[1:]))

    def _with_bias(self, y: Tensor) -> Tensor:
        if self.bias is None:
            return y
        behind = () if self.data_format == "channels_last" else (1,) * self.rank
        return y + ops.reshape(self.bias, (-1, *behind))

    def first_states(self, inputs: Tensor, batch: Any) -> States:
        """Return zeros of the shape of the outputs."""
        x = inputs[:, 0] if inputs.ndim == self.rank + 3 else inputs
        gate = ops.split(self.project(ops.zeros_like(x)), 4, axis=self.channel_axis)[0]
        return [ops.zeros_like(gate), ops.zeros_like(gate)]

    def product(self, h: Tensor) -> Tensor:
        """Return the convolution of the outputs of the step before."""
        return ops.convolution(h, self.recurrent_kernel, 1, "same", data_format=self.data_format)

    def masks(
        self, inputs: Tensor, batch: Any, training: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Return what dropout multiplies inputs and states with; None where there is none."""
        if not training:
            return None, None
        one = inputs[0] if inputs.ndim == self.rank + 3 else inputs
        state, _ = self.first_states(one, batch)
        return self.drawn(ops.shape(one), ops.shape(state))


class ConvLSTM1DCell(_ConvLSTMCell):
    """The cell of :class:`ConvLSTM1D`."""

    rank = 1


class ConvLSTM2DCell(_ConvLSTMCell):
    """The cell of :class:`ConvLSTM2D`."""

    rank = 2


class ConvLSTM3DCell(_ConvLSTMCell):
    """The cell of :class:`ConvLSTM3D`."""

    rank = 3


class _ConvLSTM(OfCell):
    """Base of recurrent layers whose products are convolutions."""

    def __init__(self, filters: int, kernel_size: Sizes, *args: Any, **options: Any) -> None:
        self.require_known(options)  # What would be told of units is told of filters.
        super().__init__(filters, kernel_size, *args, **options)


class ConvLSTM1D(_ConvLSTM):
    """The long short-term memory of rows: (batch, steps, places, channels); see ConvLSTM2D."""

    cell_class = ConvLSTM1DCell

    @without_data
    @called_as("ConvLSTM1D(16, 3, padding='same')")
    def __init__(self, filters: int, kernel_size: Sizes, *args: Any, **options: Any) -> None:
        super().__init__(filters, kernel_size, *args, **options)


class ConvLSTM2D(_ConvLSTM):
    """The long short-term memory of pictures: :class:`LSTMCell` with convolutions for products.

    Shapes: x (batch, steps, height, width, channels) -> y (batch, height', width', filters), the
    output of the last step; kernel (kernel_size, channels, 4 filters), recurrent_kernel
    (kernel_size, filters, 4 filters), bias (4 filters,). Shi et al., arXiv:1506.04214.

    Args:
        filters: the number of filters of each gate.
        kernel_size: the size of the window, of inputs and states.
        args: strides, padding, data_format, dilation_rate, activation, recurrent_activation.
        options: of :class:`LSTMCell` and of :class:`RNN`.
    """

    cell_class = ConvLSTM2DCell

    @without_data
    @called_as("ConvLSTM2D(16, 3, padding='same')")
    def __init__(self, filters: int, kernel_size: Sizes, *args: Any, **options: Any) -> None:
        super().__init__(filters, kernel_size, *args, **options)


class ConvLSTM3D(_ConvLSTM):
    """The long short-term memory over three axes of space: (batch, steps, a, b, c, channels)."""

    cell_class = ConvLSTM3DCell

    @without_data
    @called_as("ConvLSTM3D(16, 3, padding='same')")
    def __init__(self, filters: int, kernel_size: Sizes, *args: Any, **options: Any) -> None:
        super().__init__(filters, kernel_size, *args, **options)
