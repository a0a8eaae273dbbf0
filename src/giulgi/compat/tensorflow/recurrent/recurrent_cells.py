"""Recurrent cells: what one step of a recurrent network computes.

A cell takes an input and its state, and returns an output and the new state. Its variables are
named as in TensorFlow from 1.2 on: ``rnn/basic_lstm_cell/kernel``.
"""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import kind, sizes
from giulgi.compat.tensorflow.math.initializers import Ones, Zeros
from giulgi.compat.tensorflow.nn.activations import activation_of
from giulgi.compat.tensorflow.nn.layer_base import Layer
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import alike, as_expression, as_tensor, told_apart
from giulgi.compat.variables.scopes import variable_scope


def cell_names(*names: str) -> tuple[str, ...]:
    """Return the paths under which cells were found in the course of time."""
    return tuple(f"{module}.{name}" for name in names for module in ("nn.rnn_cell", "contrib.rnn"))


@operation(type="zeros")
def _zeros(batch: Any, size: tuple[int, ...], dtype: Any) -> gg.Tensor:
    return gg.zeros((*sizes([batch]), *size), dtype)


@exported(*cell_names("RNNCell"))
class RNNCell(Layer):
    """The base of cells.

    A cell of one's own has ``state_size`` and ``output_size``, and either ``call(inputs, state)``,
    with variables in a scope of its own, or the whole ``__call__(inputs, state, scope=None)``.
    """

    @property
    def state_size(self) -> Any:
        """The size of the state, or nested tuples of several."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        raise NotImplementedError("Abstract method")

    def __call__(self, inputs: Any, state: Any = None, scope: Any = None, **options: Any) -> Any:
        """Return the output and the new state."""
        if scope is None:
            return super().__call__(inputs, state, **options)
        with variable_scope(scope) as opened:
            return super().__call__(inputs, state, scope=opened, **options)

    def zero_state(self, batch_size: Any, dtype: Any = float32) -> Any:
        """Return the state before the first step: zeros, for so many examples."""
        with get_default_graph().name_scope(f"{type(self).__name__}ZeroState"):
            return zeros_of(self.state_size, batch_size, dtype)

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """Return the state before the first step; see :meth:`zero_state`."""
        if inputs is not None:
            x = as_tensor(inputs)
            return self.zero_state(batch_of(x), dtype or x.dtype)
        return self.zero_state(batch_size, dtype or float32)


def zeros_of(state_size: Any, batch_size: Any, dtype: Any) -> Any:
    """Return zeros for a state, nested as its sizes are."""
    if isinstance(state_size, TensorShape):
        size = tuple(n or 0 for n in state_size.as_list())
        return _state(batch_size, size, kind(dtype))
    if isinstance(state_size, (list, tuple)):
        parts = [zeros_of(part, batch_size, dtype) for part in state_size]
        if hasattr(state_size, "_fields"):
            return type(state_size)(*parts)
        return type(state_size)(parts)
    return _state(batch_size, (int(state_size),), kind(dtype))


def _state(batch: Any, size: tuple[int, ...], dtype: Any) -> Any:
    # Programs feed them with the state after the last batch, each with its own.
    return told_apart(_zeros(batch, size, dtype))


@operation(type="strided_slice")
def _first_size(x: Any) -> gg.Tensor:
    return gg.cast(gg.shape(as_expression(x))[0], "int32")


def batch_of(x: Any) -> Any:
    """Return the number of examples: as a number if it is known, else as a tensor."""
    tensor = as_tensor(x)
    known = None if tensor.sizes is None else tensor.sizes[0]
    return _first_size(tensor) if known is None else known


class UnitsCell(RNNCell):
    """Base of cells of so many units, with an activation.

    Args:
        num_units: the number of units.
        activation: a function, or the name of one; None: tanh.
        reuse: whether the variables are to be there already.
        name: its name.
        dtype: the dtype of its variables.
    """

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, name: str | None = None,
        dtype: Any = None, trainable: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(trainable, name, dtype, _reuse=reuse)
        self._num_units = int(num_units)
        self._activation = activation_of(activation)

    @property
    def state_size(self) -> Any:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> Any:
        """The number of units."""
        return self._num_units

    def made(self, name: str, shape: list[int], initializer: Any = None) -> Any:
        """Return a variable."""
        return self.add_variable(name, shape, initializer=initializer)

    def width_of(self, input_shape: Any) -> int:
        """Return the width of the inputs.

        Raises:
            ValueError: if it is not known.
        """
        known = input_shape.as_list()[-1] if input_shape.ndims is not None else None
        if known is None:
            raise ValueError(
                f"Expected inputs.shape[-1] to be known, saw shape: {input_shape} of the inputs "
                f"of {type(self).__name__}"
            )
        return int(known)


def activated(activation: Any, x: gg.Tensor) -> gg.Tensor:
    """Return what an activation of the stand-in makes of an expression; None is tanh."""
    return gg.tanh(x) if activation is None else as_expression(activation(as_tensor(x)))


def affine(x: gg.Tensor, h: gg.Tensor, kernel: Any, bias: Any = None) -> gg.Tensor:
    """Return [x, h] kernel + bias."""
    width = as_expression(kernel).shape[0] - (h.shape[-1] or 0)  # type: ignore[operator]
    w = as_expression(kernel)
    y = gg.matmul(x, w[:width]) + gg.matmul(h, w[width:])
    return y if bias is None else y + as_expression(bias)


@operation(type="BasicRNN")
def _basic_step(x: Any, h: Any, kernel: Any, bias: Any, activation: Any) -> gg.Tensor:
    x, h = alike(x, h)
    return activated(activation, affine(x, h, kernel, bias))


@exported(*cell_names("BasicRNNCell"))
class BasicRNNCell(UnitsCell):
    """h' = activation([x, h] kernel + bias), which is also the output.

    Args:
        num_units: the number of units.
        activation: a function, or the name of one; None: tanh.
        reuse: whether the variables are to be there already.
        name: its name.
        dtype: the dtype of its variables.
        input_size: has no meaning any more.
    """

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, name: str | None = None,
        dtype: Any = None, input_size: Any = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(num_units, activation, reuse, name, dtype, **options)

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias."""
        width = self.width_of(input_shape) + self._num_units
        self._kernel = self.made("kernel", [width, self._num_units])
        self._bias = self.made("bias", [self._num_units], Zeros)

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output and the new state, which are the same."""
        output = _basic_step(inputs, state, self._kernel, self._bias, self._activation)
        return output, output


@operation(type="GRU")
def _gru_step(x: Any, h: Any, gates: Any, candidate: Any, activation: Any) -> gg.Tensor:
    x, h = alike(x, h)
    reset, update = gg.split(gg.sigmoid(affine(x, h, *gates)), 2, 1)
    new = activated(activation, affine(x, reset * h, *candidate))
    return update * h + (1 - update) * new


@exported(*cell_names("GRUCell"))
class GRUCell(UnitsCell):
    """A gated recurrent unit (Cho et al., arXiv:1406.1078).

    r, u = sigmoid([x, h] gates); h' = u h + (1 - u) activation([x, r h] candidate).

    Args:
        num_units: the number of units.
        activation: a function, or the name of one; None: tanh.
        reuse: whether the variables are to be there already.
        kernel_initializer: makes the first kernels.
        bias_initializer: makes the first biases; None: 1 for the gates, 0 for the candidate.
        name: its name.
        dtype: the dtype of its variables.
        input_size: has no meaning any more.
    """

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None,
        kernel_initializer: Any = None, bias_initializer: Any = None, name: str | None = None,
        dtype: Any = None, input_size: Any = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(num_units, activation, reuse, name, dtype, **options)
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    def build(self, input_shape: Any) -> None:
        """Make the kernels and biases of the gates and of the candidate."""
        units, first, offset = self._num_units, self._kernel_initializer, self._bias_initializer
        width = self.width_of(input_shape) + units
        self._gates = (
            self.made("gates/kernel", [width, 2 * units], first),
            self.made("gates/bias", [2 * units], Ones if offset is None else offset),
        )
        self._candidate = (
            self.made("candidate/kernel", [width, units], first),
            self.made("candidate/bias", [units], Zeros if offset is None else offset),
        )

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output and the new state, which are the same."""
        new = _gru_step(inputs, state, self._gates, self._candidate, self._activation)
        return new, new
