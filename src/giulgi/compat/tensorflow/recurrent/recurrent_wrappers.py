"""Cells made of cells: several layers, dropout, projections, and others."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import static
from giulgi.compat.tensorflow.math.initializers import RandomUniform, Zeros
from giulgi.compat.tensorflow.nn.activations import activation_of
from giulgi.compat.tensorflow.nn.embeddings import embedding_lookup
from giulgi.compat.tensorflow.nn.layers_core import product
from giulgi.compat.tensorflow.nn.nn_convolutions import bias_add, dropout
from giulgi.compat.tensorflow.recurrent.recurrent_cells import RNNCell, cell_names, zeros_of
from giulgi.compat.tensorflow.recurrent.recurrent_lstm import LSTMStateTuple, joined
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.tensor import as_expression, as_tensor
from giulgi.compat.variables.scopes import get_variable_scope, variable_scope
from giulgi.tree import flatten, tree_map, unflatten


@exported(*cell_names("MultiRNNCell"))
class MultiRNNCell(RNNCell):
    """Cells one above the other: the output of each is the input of the next.

    A cell that is given several times, as by ``[cell] * 2``, stands for as many cells with
    variables of their own, as it did when programs were written so.

    Args:
        cells: the cells, the lowest first.
        state_is_tuple: whether the state is a tuple of theirs; else they are side by side.
    """

    def __init__(self, cells: Sequence[Any], state_is_tuple: bool = True) -> None:
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not isinstance(cells, (list, tuple)):
            raise TypeError(f"cells must be a list or tuple, but saw: {cells}.")
        self._cells = [
            unused_copy(cell) if any(cell is other for other in cells[:place]) else cell
            for place, cell in enumerate(cells)
        ]
        self._state_is_tuple = state_is_tuple

    @property
    def state_size(self) -> Any:
        """The sizes of all states."""
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """The size of the output of the last."""
        return self._cells[-1].output_size

    def zero_state(self, batch_size: Any, dtype: Any = float32) -> Any:
        """Return the states before the first step."""
        if not self._state_is_tuple:
            return super().zero_state(batch_size, dtype)
        with get_default_graph().name_scope("MultiRNNCellZeroState"):
            return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output of the last cell, and all new states."""
        states = state if self._state_is_tuple else self._parts(state)
        x, new = inputs, []
        for place, (cell, own) in enumerate(zip(self._cells, states, strict=True)):
            with variable_scope(f"cell_{place}"):
                x, own = cell(x, own)
            new.append(own)
        return x, tuple(new) if self._state_is_tuple else joined(*new)

    def _parts(self, state: Any) -> list[Any]:
        return _columns(state, [cell.state_size for cell in self._cells])


def unused_copy(cell: Any) -> Any:
    """Return a cell, and those inside it, that have no variables yet."""
    made = copy.copy(cell)
    for name in ("_own_scope", "built", "_own_variables"):
        made.__dict__.pop(name, None)
    for name, part in list(made.__dict__.items()):
        if isinstance(part, RNNCell):
            made.__dict__[name] = unused_copy(part)
        elif isinstance(part, list) and any(isinstance(x, RNNCell) for x in part):
            made.__dict__[name] = [unused_copy(x) for x in part]
    return made


@operation(type="split")
def _columns(state: Any, widths: Sequence[int]) -> list[gg.Tensor]:
    return gg.split(as_expression(state), list(widths), 1)


class _Wrapper(RNNCell):
    """Base of what is around one cell, and adds no scope of its own.

    Args:
        cell: the cell.
    """

    def __init__(self, cell: Any) -> None:
        super().__init__()
        if not callable(cell):
            raise TypeError("The parameter cell is not a RNNCell.")
        self._cell = cell

    @property
    def state_size(self) -> Any:
        """The size of the state."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._cell.output_size

    @property
    def variables(self) -> list[Any]:
        """The variables of the cell."""
        return list(self._cell.variables)

    @property
    def trainable_variables(self) -> list[Any]:
        """Those that optimizers change."""
        return list(self._cell.trainable_variables)

    weights, trainable_weights = variables, trainable_variables

    def zero_state(self, batch_size: Any, dtype: Any = float32) -> Any:
        """Return the state before the first step."""
        return self._cell.zero_state(batch_size, dtype)


@exported(*cell_names("DropoutWrapper"))
class DropoutWrapper(_Wrapper):
    """A cell of whose inputs, outputs and states a share is kept, and the rest left out.

    Args:
        cell: the cell.
        input_keep_prob: the share of inputs that is kept: a number or a tensor.
        output_keep_prob: that of outputs.
        state_keep_prob: that of states; of an LSTM of h alone.
        variational_recurrent: whether all steps leave out the same.
        input_size: the width of inputs, which ``variational_recurrent`` needs.
        dtype: has no meaning.
        seed: has no meaning: each step draws from the graph's seed.
        dropout_state_filter_visitor: must be None.
    """

    def __init__(
        self, cell: Any, input_keep_prob: Any = 1.0, output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0, variational_recurrent: bool = False, input_size: Any = None,
        dtype: Any = None, seed: Any = None, dropout_state_filter_visitor: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(cell)
        del dtype, seed
        if dropout_state_filter_visitor is not None:
            raise NotImplementedError(
                "DropoutWrapper(dropout_state_filter_visitor=...) is not there: leave it out"
            )
        self._keep = {
            "input": input_keep_prob, "output": output_keep_prob, "state": state_keep_prob,
        }  # fmt: skip
        for what, share in self._keep.items():
            known = static(share)
            if known is not None and not 0 <= float(known) <= 1:
                raise ValueError(
                    f"Parameter {what}_keep_prob must be between 0 and 1: {float(known)}"
                )
        self._drawn: dict[tuple[str, int], Any] = {}
        self._is_variational = variational_recurrent
        if variational_recurrent:
            widths = {"input": input_size, "output": cell.output_size, "state": cell.state_size}
            for what, width in widths.items():
                if width is None and _is_kept(self._keep[what]):
                    continue
                for place, size in enumerate(flatten(width)[0]):
                    self._drawn[what, place] = _uniform(int(size))

    def __call__(self, inputs: Any, state: Any = None, scope: Any = None, **options: Any) -> Any:
        """Return the output and the new state."""
        x = self._thinned("input", inputs)
        output, new = self._cell(x, state) if scope is None else self._cell(x, state, scope=scope)
        if not _is_kept(self._keep["state"]):
            new = self._thinned("state", new)
        return self._thinned("output", output), new

    def _thinned(self, what: str, value: Any) -> Any:
        """Return a value with its share left out."""
        share = self._keep[what]
        if _is_kept(share):
            return value
        place = iter(range(1_000_000))

        def thin(part: Any) -> Any:
            key = what, next(place)
            return (
                _masked(part, self._drawn[key], share)
                if key in self._drawn
                else (dropout(part, share))
            )

        return _visited(value, thin)


def _visited(value: Any, function: Callable[[Any], Any]) -> Any:
    """Return nested tensors with a function applied, but for what an LSTM remembers."""
    if isinstance(value, LSTMStateTuple):
        return LSTMStateTuple(value.c, function(value.h))
    if isinstance(value, (list, tuple)):
        parts = [_visited(part, function) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return function(value)


def _is_kept(share: Any) -> bool:
    known = static(share)
    return known is not None and float(known) == 1


@operation(type="random_uniform")
def _uniform(width: int) -> gg.Tensor:
    return gg.random.uniform((1, width))


@operation(type="dropout")
def _masked(x: Any, drawn: Any, share: Any) -> gg.Tensor:
    value = as_expression(x)
    keep = gg.reshape(gg.cast(as_expression(share, "float32"), value.dtype), ())
    return gg.where(as_expression(drawn) < keep, value / keep, 0)


@operation(type="add")
def _sum(x: Any, y: Any) -> gg.Tensor:
    return as_expression(x) + as_expression(y)


@exported(*cell_names("ResidualWrapper"))
class ResidualWrapper(_Wrapper):
    """A cell whose inputs are added to its outputs.

    Args:
        cell: the cell.
        residual_fn: a function of inputs and outputs that stands for the sum.
    """

    def __init__(self, cell: Any, residual_fn: Any = None) -> None:
        super().__init__(cell)
        self._residual_fn = residual_fn

    def __call__(self, inputs: Any, state: Any = None, scope: Any = None, **options: Any) -> Any:
        """Return the output and the new state."""
        output, new = self._cell(inputs, state, scope=scope)
        if self._residual_fn is not None:
            return self._residual_fn(inputs, output), new
        leaves, structure = flatten(inputs)
        sums = [_sum(x, y) for x, y in zip(leaves, flatten(output)[0], strict=True)]
        return unflatten(structure, iter(sums)), new


@exported(*cell_names("DeviceWrapper"))
class DeviceWrapper(_Wrapper):
    """A cell on a device: itself, as there is one processor."""

    def __init__(self, cell: Any, device: Any) -> None:
        super().__init__(cell)
        del device

    def __call__(self, inputs: Any, state: Any = None, scope: Any = None, **options: Any) -> Any:
        """Return the output and the new state."""
        return self._cell(inputs, state, scope=scope)


class _Projecting(_Wrapper):
    """Base of cells with a matrix before or behind them, in a scope of their own."""

    def _affine(self, x: Any, width: int) -> Any:
        own = as_tensor(x).shape.as_list()[-1]
        kernel = self.add_variable("kernel", [own, width])
        bias = self.add_variable("bias", [width], initializer=Zeros)
        return bias_add(product(x, kernel), bias)


@exported(*cell_names("OutputProjectionWrapper"))
class OutputProjectionWrapper(_Projecting):
    """A cell whose output is y = activation(output kernel + bias).

    Args:
        cell: the cell.
        output_size: the width of y.
        activation: a function; None: y is linear.
        reuse: whether the variables are to be there already.
    """

    def __init__(
        self, cell: Any, output_size: int, activation: Any = None, reuse: Any = None
    ) -> None:
        super().__init__(cell)
        self._reuse, self._width = reuse, int(output_size)
        self._activation = activation_of(activation)

    @property
    def output_size(self) -> Any:
        """The width of y."""
        return self._width

    def call(self, inputs: Any, state: Any) -> Any:
        """Return y and the new state."""
        output, new = self._cell(inputs, state)
        y = self._affine(output, self._width)
        return y if self._activation is None else self._activation(y), new


@exported(*cell_names("InputProjectionWrapper"))
class InputProjectionWrapper(_Projecting):
    """A cell that is given activation(x kernel + bias).

    Args:
        cell: the cell.
        num_proj: the width of what it is given.
        activation: a function; None: linear.
        input_size: has no meaning any more.
        reuse: whether the variables are to be there already.
    """

    def __init__(
        self, cell: Any, num_proj: int, activation: Any = None, input_size: Any = None,
        reuse: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(cell)
        self._reuse, self._width = reuse, int(num_proj)
        self._activation = activation_of(activation)

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output of the cell and the new state."""
        x = self._affine(inputs, self._width)
        return self._cell(x if self._activation is None else self._activation(x), state)


@exported(*cell_names("EmbeddingWrapper"))
class EmbeddingWrapper(_Wrapper):
    """A cell that is given rows of a table, at the places that are the inputs.

    Args:
        cell: the cell.
        embedding_classes: how many rows.
        embedding_size: the width of a row.
        initializer: makes the first table; None: uniform numbers of variance 1.
        reuse: whether the table is to be there already.
    """

    def __init__(
        self, cell: Any, embedding_classes: int, embedding_size: int, initializer: Any = None,
        reuse: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(cell)
        self._reuse, self._initializer = reuse, initializer
        self._sizes = [int(embedding_classes), int(embedding_size)]

    def call(self, inputs: Any, state: Any) -> Any:
        """Return the output of the cell and the new state."""
        first = self._initializer or get_variable_scope().initializer
        first = first or RandomUniform(-(3**0.5), 3**0.5)
        table = self.add_variable("embedding", self._sizes, float32, first)
        return self._cell(embedding_lookup(table, _as_row(inputs)), state)


@operation(type="Reshape")
def _as_row(x: Any) -> gg.Tensor:
    return gg.reshape(as_expression(x), (-1,))


def zeros_like_state(cell: Any, batch_size: Any, dtype: Any) -> Any:
    """Return the state before the first step of anything that has a ``state_size``."""
    if hasattr(cell, "zero_state"):
        return tree_map(as_tensor, cell.zero_state(batch_size, dtype))
    return zeros_of(cell.state_size, batch_size, dtype)
