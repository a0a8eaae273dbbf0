"""Cells that were tried beside LSTM and GRU, and those of pictures: contrib's own."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.names import TABLES, exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.initializers import Constant, Ones, Zeros
from giulgi.compat.tensorflow.recurrent.recurrent_cells import (
    RNNCell,
    UnitsCell,
    activated,
    affine,
)
from giulgi.compat.tensorflow.recurrent.recurrent_loops import dynamic_rnn
from giulgi.compat.tensorflow.recurrent.recurrent_lstm import LSTMBlockCell, LSTMStateTuple
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import alike
from giulgi.compat.variables.scopes import variable_scope


@operation(type="GRUBlockCell")
def _gru_step(x: Any, h: Any, gates: Any, candidate: Any) -> gg.Tensor:
    x, h = alike(x, h)
    reset, update = gg.split(gg.sigmoid(affine(x, h, *gates)), 2, 1)
    return update * h + (1 - update) * gg.tanh(affine(x, reset * h, *candidate))


@exported("contrib.rnn.GRUBlockCell")
class GRUBlockCell(UnitsCell):
    """A gated recurrent unit, as :class:`GRUCell`, whose variables have other names.

    Args:
        num_units: the number of units.
        cell_size: the same, under a name of former times.
        reuse: whether the variables are to be there already.
        name: its name.
    """

    _names = ("w_ru", "b_ru", "w_c", "b_c")

    def __init__(
        self, num_units: Any = None, cell_size: Any = None, reuse: Any = None,
        name: str | None = "gru_cell", dtype: Any = None, **_: Any,
    ) -> None:  # fmt: skip
        units = cell_size if num_units is None else num_units
        if units is None:
            raise ValueError("num_units must be given")
        super().__init__(units, None, reuse, name, dtype)

    def build(self, input_shape: Any) -> None:
        """Make the kernels and biases of the gates and of the candidate."""
        units, names = self._num_units, self._names
        width = self.width_of(input_shape) + units
        self._gates = (
            self.made(names[0], [width, 2 * units]), self.made(names[1], [2 * units], Ones),
        )  # fmt: skip
        self._candidate = (
            self.made(names[2], [width, units]), self.made(names[3], [units], Zeros),
        )  # fmt: skip

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output and the new state, which are the same."""
        new = _gru_step(inputs, state, self._gates, self._candidate)
        return new, new


@exported("contrib.rnn.GRUBlockCellV2")
class GRUBlockCellV2(GRUBlockCell):
    """A gated recurrent unit, whose variables have the names of those of :class:`GRUCell`."""

    _names = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")


@operation(type="UGRNN")
def _update_step(
    x: Any, h: Any, kernel: Any, bias: Any, forget_bias: float, activation: Any
) -> gg.Tensor:
    x, h = alike(x, h)
    gate, candidate = gg.split(affine(x, h, kernel, bias), 2, 1)
    kept = gg.sigmoid(gate + forget_bias)
    return kept * h + (1 - kept) * activated(activation, candidate)


@exported("contrib.rnn.UGRNNCell")
class UGRNNCell(UnitsCell):
    """A recurrent unit of one gate (Collins, Sohl-Dickstein, Sussillo, arXiv:1611.09913).

    g, c = [x, h] kernel + bias; g' = sigmoid(g + forget_bias); h' = g' h + (1 - g') tanh(c).

    Args:
        num_units: the number of units.
        initializer: makes the first kernel.
        forget_bias: what is added to the gate.
        activation: what stands for tanh.
        reuse: whether the variables are to be there already.
    """

    def __init__(
        self, num_units: int, initializer: Any = None, forget_bias: float = 1.0,
        activation: Any = None, reuse: Any = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(num_units, activation, reuse, name)
        self._initializer, self._forget_bias = initializer, forget_bias

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias."""
        width = self.width_of(input_shape) + self._num_units
        self._kernel = self.made("kernel", [width, 2 * self._num_units], self._initializer)
        self._bias = self.made("bias", [2 * self._num_units], Zeros)

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output and the new state, which are the same."""
        new = _update_step(
            inputs, state, self._kernel, self._bias, self._forget_bias, self._activation
        )
        return new, new


@operation(type="NAS")
def _nas_step(
    x: Any, c: Any, h: Any, kernel: Any, own: Any, bias: Any
) -> tuple[gg.Tensor, gg.Tensor]:
    """Return the new c and h.

    Eight parts of what comes in and of h meet, in pairs, as the search for architectures found it.
    """
    x, c, h, kernel, own = alike(x, c, h, kernel, own)
    given = gg.split(gg.matmul(x, kernel), 8, 1)
    past = gg.matmul(h, own)
    held = gg.split(past if bias is None else past + alike(bias)[0], 8, 1)
    first = gg.sigmoid(given[0] + held[0]) * gg.maximum(given[1] + held[1], 0)
    second = gg.sigmoid(given[2] + held[2]) + gg.maximum(given[3] * held[3], 0)
    third = gg.tanh(given[4] + held[4]) * gg.sigmoid(given[5] + held[5])
    fourth = gg.tanh(given[6] + held[6]) + gg.sigmoid(given[7] + held[7])
    new = gg.tanh(gg.tanh(first) + c) * gg.tanh(second)
    return new, gg.tanh(new * gg.tanh(gg.tanh(third) + gg.sigmoid(fourth)))


@exported("contrib.rnn.NASCell")
class NASCell(UnitsCell):
    """A cell that a search for architectures found (Zoph, Le, arXiv:1611.01578).

    Args:
        num_units: the number of units.
        num_proj: to how many numbers h is projected; None: it is not.
        use_bias: whether there is a bias.
        reuse: whether the variables are to be there already.
    """

    def __init__(
        self, num_units: int, num_proj: int | None = None, use_bias: bool = False,
        reuse: Any = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(num_units, None, reuse, name)
        self._num_proj, self._use_bias = num_proj, use_bias

    @property
    def state_size(self) -> Any:
        """The sizes of c and h."""
        return LSTMStateTuple(self._num_units, self.output_size)

    @property
    def output_size(self) -> int:
        """The size of h."""
        return self._num_proj or self._num_units

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        units = self._num_units
        self._kernel = self.made("kernel", [self.width_of(input_shape), 8 * units])
        self._own = self.made("recurrent_kernel", [self.output_size, 8 * units])
        self._bias = self.made("bias", [8 * units], Zeros) if self._use_bias else None
        self._projection = None
        if self._num_proj is not None:
            self._projection = self.made("projection_weights", [units, self._num_proj])

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output h and the new state."""
        c, h = state
        c, h = _nas_step(inputs, c, h, self._kernel, self._own, self._bias)
        if self._projection is not None:
            h = TABLES["tensorflow"]["matmul"](h, self._projection)
        return h, LSTMStateTuple(c, h)


@operation(type="ConvLSTM")
def _conv_step(
    x: Any, c: Any, h: Any, kernel: Any, bias: Any, forget_bias: float
) -> tuple[gg.Tensor, gg.Tensor]:
    x, c, h, kernel = alike(x, c, h, kernel)
    axes = len(x.shape) - 2
    convolved = gg.convolution(gg.concat([x, h], -1), kernel, (1,) * axes, "same")
    if bias is not None:
        convolved = convolved + alike(bias)[0]
    i, j, f, o = gg.split(convolved, 4, -1)
    new = gg.sigmoid(f + forget_bias) * c + gg.sigmoid(i) * gg.tanh(j)
    return new, gg.tanh(new) * gg.sigmoid(o)


@exported("contrib.rnn.ConvLSTMCell")
class ConvLSTMCell(RNNCell):
    """A cell of long short-term memory of pictures (Shi et al., arXiv:1506.04214).

    Args:
        conv_ndims: along how many axes is convolved: 1, 2 or 3.
        input_shape: the shape of an input, with channels last, without the batch.
        output_channels: the number of channels of its output.
        kernel_shape: the size of the window along each axis.
        use_bias: whether there is a bias.
        skip_connection: whether the input is joined to the output.
        forget_bias: what is added to the forget gate.
        initializers: has no meaning.
        name: its name.
    """

    def __init__(
        self, conv_ndims: int, input_shape: Any, output_channels: int, kernel_shape: Any,
        use_bias: bool = True, skip_connection: bool = False, forget_bias: float = 1.0,
        initializers: Any = None, name: str = "conv_lstm_cell",
    ) -> None:  # fmt: skip
        del initializers
        super().__init__(name=name)
        sizes = TensorShape(input_shape).as_list()
        if conv_ndims != len(sizes) - 1:
            raise ValueError(f"Invalid input_shape {sizes} for conv_ndims={conv_ndims}.")
        several = [kernel_shape] * conv_ndims if isinstance(kernel_shape, int) else kernel_shape
        self._kernel_shape = [int(size) for size in several]
        self._use_bias, self._skips, self._forget_bias = use_bias, skip_connection, forget_bias
        self._channels = int(output_channels)
        self._state_shape = TensorShape([*sizes[:-1], self._channels])
        width = self._channels + (int(sizes[-1] or 0) if skip_connection else 0)
        self._output_shape = TensorShape([*sizes[:-1], width])

    @property
    def state_size(self) -> Any:
        """The shapes of c and h."""
        return LSTMStateTuple(self._state_shape, self._state_shape)

    @property
    def output_size(self) -> Any:
        """The shape of the output."""
        return self._output_shape

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias."""
        depth = int(input_shape.as_list()[-1]) + self._channels
        self._kernel = self.add_variable("kernel", [*self._kernel_shape, depth, 4 * self._channels])
        self._bias = None
        if self._use_bias:
            self._bias = self.add_variable(
                "biases", [4 * self._channels], initializer=Constant(0.0)
            )

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output and the new state."""
        c, h = state
        c, h = _conv_step(inputs, c, h, self._kernel, self._bias, self._forget_bias)
        output = TABLES["tensorflow"]["concat"]([h, inputs], -1) if self._skips else h
        return output, LSTMStateTuple(c, h)


def _of_axes(axes: int) -> type[ConvLSTMCell]:
    class Cell(ConvLSTMCell):
        __doc__ = f"A cell of long short-term memory with {axes} axes; see :class:`ConvLSTMCell`."

        def __init__(
            self, input_shape: Any, output_channels: int, kernel_shape: Any,
            name: str = f"conv_{axes}d_lstm_cell", **options: Any,
        ) -> None:  # fmt: skip
            super().__init__(axes, input_shape, output_channels, kernel_shape, name=name, **options)

    Cell.__name__ = Cell.__qualname__ = f"Conv{axes}DLSTMCell"
    return exported(f"contrib.rnn.Conv{axes}DLSTMCell")(Cell)


Conv1DLSTMCell, Conv2DLSTMCell, Conv3DLSTMCell = map(_of_axes, (1, 2, 3))


@exported("contrib.rnn.LSTMBlockFusedCell")
class LSTMBlockFusedCell:
    """A layer of long short-term memory along whole sequences (time, batch, width).

    Args:
        num_units: the number of units.
        forget_bias: what is added to the forget gate.
        cell_clip: what c is clipped to; None: nothing.
        use_peephole: whether the gates see c.
        reuse: whether the variables are to be there already.
        name: its name.
    """

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, cell_clip: Any = None,
        use_peephole: bool = False, reuse: Any = None, name: str = "lstm_fused_cell", **_: Any,
    ) -> None:  # fmt: skip
        self._cell = LSTMBlockCell(
            num_units, forget_bias, cell_clip, use_peephole, reuse=reuse, name=name
        )
        self.num_units = num_units

    def __call__(
        self, inputs: Any, initial_state: Any = None, dtype: Any = None,
        sequence_length: Any = None, scope: Any = None,
    ) -> Any:  # fmt: skip
        """Return the outputs (time, batch, units), and the last state."""
        state = None if initial_state is None else LSTMStateTuple(*initial_state)
        with variable_scope(scope or "lstm_fused", reuse=None):
            return dynamic_rnn(
                self._cell, inputs, sequence_length, state, dtype or float32, time_major=True
            )
