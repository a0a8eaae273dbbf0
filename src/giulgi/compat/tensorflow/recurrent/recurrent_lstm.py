"""Cells of long short-term memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.initializers import Constant, Zeros
from giulgi.compat.tensorflow.nn.nn_convolutions import dropout
from giulgi.compat.tensorflow.recurrent.recurrent_cells import (
    UnitsCell,
    activated,
    affine,
    cell_names,
)
from giulgi.compat.tensors.tensor import alike, as_expression, as_tensor


@exported(*cell_names("LSTMStateTuple"))
class LSTMStateTuple(NamedTuple):
    """The state of an LSTM: what it remembers, c, and what it put out, h."""

    c: Any
    h: Any


@operation(type="LSTM")
def _lstm_step(
    x: Any, c: Any, h: Any, kernel: Any, bias: Any, forget_bias: float, activation: Any,
    peepholes: Any, clip: Any,
) -> tuple[gg.Tensor, gg.Tensor]:  # fmt: skip
    x, h, c = alike(x, h, c)
    i, j, f, o = gg.split(affine(x, h, kernel, bias), 4, 1)
    if peepholes is not None:
        forget_peep, in_peep, out_peep = map(as_expression, peepholes)
        f, i = f + forget_peep * c, i + in_peep * c
    new = c * gg.sigmoid(f + forget_bias) + gg.sigmoid(i) * activated(activation, j)
    if clip is not None:
        new = gg.clip(new, -clip, clip)
    if peepholes is not None:
        o = o + out_peep * new
    return new, activated(activation, new) * gg.sigmoid(o)


@operation(type="split")
def _halves(state: Any, first: int) -> tuple[gg.Tensor, gg.Tensor]:
    whole = as_expression(state)
    return whole[:, :first], whole[:, first:]


@operation(type="concat")
def joined(*parts: Any) -> gg.Tensor:
    """Return matrices side by side."""
    return gg.concat(alike(*parts), 1)


class _LSTM(UnitsCell):
    """Base of cells of long short-term memory."""

    _state_is_tuple = True
    _forget_bias: Any = 1.0
    _clip: Any = None
    _peepholes: Any = None

    @property
    def _width(self) -> int:
        """The width of h."""
        return self._num_units

    @property
    def state_size(self) -> Any:
        """The sizes of c and h."""
        if self._state_is_tuple:
            return LSTMStateTuple(self._num_units, self._width)
        return self._num_units + self._width

    def make_kernel(self, input_shape: Any, initializer: Any = None) -> None:
        """Make kernel and bias."""
        units = self._num_units
        width = self.width_of(input_shape) + self._width
        self._kernel = self.made("kernel", [width, 4 * units], initializer)
        self._bias = self.made("bias", [4 * units], Zeros)

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias."""
        self.make_kernel(input_shape)

    def _projected(self, h: Any) -> Any:
        return h

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output h and the new state."""
        c, h = state if self._state_is_tuple else _halves(state, self._num_units)
        c, h = _lstm_step(
            inputs, c, h, self._kernel, self._bias, self._forget_bias, self._activation,
            self._peepholes, self._clip,
        )  # fmt: skip
        h = self._projected(h)
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else joined(c, h)


@exported(*cell_names("BasicLSTMCell"))
class BasicLSTMCell(_LSTM):
    """A cell of long short-term memory (Zaremba, Sutskever, Vinyals, arXiv:1409.2329).

    i, j, f, o = [x, h] kernel + bias; c' = c sigmoid(f + forget_bias) + sigmoid(i) tanh(j);
    h' = tanh(c') sigmoid(o).

    Args:
        num_units: the number of units.
        forget_bias: what is added to f, so that it forgets little at first.
        state_is_tuple: whether the state is an :class:`LSTMStateTuple`; else c and h side by side.
        activation: what stands for tanh.
        reuse: whether the variables are to be there already.
        name: its name.
        dtype: the dtype of its variables.
        input_size: has no meaning any more.
    """

    def __init__(
        self, num_units: int, forget_bias: Any = 1.0, state_is_tuple: Any = True,
        activation: Any = None, reuse: Any = None, name: str | None = None, dtype: Any = None,
        input_size: Any = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(num_units, activation, reuse, name, dtype, **options)
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple is not False

    @property
    def state_is_tuple(self) -> bool:
        """Whether the state is a tuple."""
        return self._state_is_tuple


@exported("contrib.rnn.LSTMBlockCell")
class LSTMBlockCell(_LSTM):
    """A cell of long short-term memory, as :class:`LSTMCell` with other defaults.

    Args:
        num_units: the number of units.
        forget_bias: what is added to the forget gate.
        cell_clip: what c is clipped to; None: nothing.
        use_peephole: whether the gates see c.
        dtype: the dtype of its variables.
        reuse: whether the variables are to be there already.
        name: its name.
    """

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, cell_clip: Any = None,
        use_peephole: bool = False, dtype: Any = None, reuse: Any = None,
        name: str | None = "lstm_cell",
    ) -> None:  # fmt: skip
        super().__init__(num_units, None, reuse, name, dtype)
        self._forget_bias, self._clip, self._use_peepholes = forget_bias, cell_clip, use_peephole

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        self.make_kernel(input_shape)
        if self._use_peepholes:
            names = ("w_f_diag", "w_i_diag", "w_o_diag")
            self._peepholes = tuple(self.made(name, [self._num_units]) for name in names)


@operation(type="projection")
def _projection(h: Any, kernel: Any, clip: Any) -> gg.Tensor:
    x, matrix = alike(h, kernel)
    y = gg.matmul(x, matrix)
    return y if clip is None else gg.clip(y, -clip, clip)


@exported(*cell_names("LSTMCell"))
class LSTMCell(_LSTM):
    """A cell of long short-term memory with peepholes and a projection, if they are wanted.

    Args:
        num_units: the number of units.
        use_peepholes: whether the gates see c.
        cell_clip: what c is clipped to; None: nothing.
        initializer: makes the first matrices; None: as the scope says.
        num_proj: the width of h, which then is a product with a matrix; None: that of c.
        proj_clip: what h is clipped to.
        num_unit_shards: has no meaning.
        num_proj_shards: has no meaning.
        forget_bias: what is added to the forget gate.
        state_is_tuple: whether the state is an :class:`LSTMStateTuple`.
        activation: what stands for tanh.
        reuse: whether the variables are to be there already.
        name: its name.
        dtype: the dtype of its variables.
        input_size: has no meaning any more.
    """

    def __init__(
        self, num_units: int, use_peepholes: Any = False, cell_clip: Any = None,
        initializer: Any = None, num_proj: Any = None, proj_clip: Any = None,
        num_unit_shards: Any = None, num_proj_shards: Any = None, forget_bias: Any = 1.0,
        state_is_tuple: Any = True, activation: Any = None, reuse: Any = None,
        name: str | None = None, dtype: Any = None, input_size: Any = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(num_units, activation, reuse, name, dtype, **options)
        self._use_peepholes = use_peepholes is True
        self._clip, self._proj_clip = cell_clip, proj_clip
        self._initializer = initializer
        self._num_proj = None if num_proj is None else int(num_proj)
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple is not False
        self._projection: Any = None

    @property
    def _width(self) -> int:
        return self._num_proj or self._num_units

    @property
    def output_size(self) -> Any:
        """The width of h."""
        return self._width

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        self.make_kernel(input_shape, self._initializer)
        units, first = self._num_units, self._initializer
        if self._use_peepholes:
            names = ("w_f_diag", "w_i_diag", "w_o_diag")
            self._peepholes = tuple(self.made(name, [units], first) for name in names)
        if self._num_proj is not None:
            self._projection = self.made("projection/kernel", [units, self._num_proj], first)

    def _projected(self, h: Any) -> Any:
        return h if self._projection is None else _projection(h, self._projection, self._proj_clip)


_NORMED = ("input", "transform", "forget", "output")


@operation(type="LayerNormLSTM")
def _layer_norm_step(
    x: Any, c: Any, h: Any, kernel: Any, bias: Any, norms: Any, forget_bias: float,
    activation: Any, keep: Any, seed: Any,
) -> tuple[gg.Tensor, gg.Tensor]:  # fmt: skip
    x, h, c = alike(x, h, c)

    def norm(value: gg.Tensor, scope: str) -> gg.Tensor:
        if norms is None:
            return value
        gain, shift = map(as_expression, norms[scope])
        middle = gg.mean(value, 1, keepdims=True)
        spread = gg.mean(gg.square(value - middle), 1, keepdims=True)
        return (value - middle) * gg.rsqrt(spread + 1e-12) * gain + shift

    parts = gg.split(affine(x, h, kernel, bias), 4, 1)
    i, j, f, o = (norm(*pair) for pair in zip(parts, _NORMED, strict=True))
    g = as_expression(dropout(as_tensor(activated(activation, j)), keep, seed=seed))
    new = norm(c * gg.sigmoid(f + forget_bias) + gg.sigmoid(i) * g, "state")
    return new, activated(activation, new) * gg.sigmoid(o)


@exported("contrib.rnn.LayerNormBasicLSTMCell")
class LayerNormBasicLSTMCell(_LSTM):
    """A cell of long short-term memory with normalised layers and dropout of what it takes in.

    (Ba, Kiros, Hinton, arXiv:1607.06450; Semeniuta et al., arXiv:1603.05118.)

    Args:
        num_units: the number of units.
        forget_bias: what is added to the forget gate.
        input_size: has no meaning any more.
        activation: what stands for tanh.
        layer_norm: whether layers are normalised.
        norm_gain: the first gain of a norm.
        norm_shift: the first shift of a norm.
        dropout_keep_prob: the share of what is taken in that is kept.
        dropout_prob_seed: has no meaning inside a loop.
        reuse: whether the variables are to be there already.
    """

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, input_size: Any = None,
        activation: Any = None, layer_norm: bool = True, norm_gain: float = 1.0,
        norm_shift: float = 0.0, dropout_keep_prob: Any = 1.0, dropout_prob_seed: Any = None,
        reuse: Any = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(num_units, activation, reuse, name)
        self._forget_bias = forget_bias
        self._has_norms, self._gain, self._shift = layer_norm, norm_gain, norm_shift
        self._keep = dropout_keep_prob
        self._norms: Any = None

    def build(self, input_shape: Any) -> None:
        """Make kernel, and bias or norms."""
        units = self._num_units
        width = self.width_of(input_shape) + units
        self._kernel = self.made("kernel", [width, 4 * units])
        self._bias = None if self._has_norms else self.made("bias", [4 * units], Zeros)
        if self._has_norms:
            self._norms = {
                scope: (
                    self.made(f"{scope}/gamma", [units], Constant(self._gain)),
                    self.made(f"{scope}/beta", [units], Constant(self._shift)),
                )
                for scope in (*_NORMED, "state")
            }

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output h and the new state."""
        c, h = state
        c, h = _layer_norm_step(
            inputs, c, h, self._kernel, self._bias, self._norms, self._forget_bias,
            self._activation, self._keep, None,
        )  # fmt: skip
        return h, LSTMStateTuple(c, h)
