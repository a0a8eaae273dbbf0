"""Recurrent networks: cells along sequences.

Each is one loop of giulgi, ``gg.scan``, which compiles and trains as a whole, also where
TensorFlow repeats the cell for every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.names import advise, exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.control.scanning import scanned
from giulgi.compat.tensorflow.recurrent.recurrent_cells import batch_of
from giulgi.compat.tensorflow.recurrent.recurrent_wrappers import zeros_like_state
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.tensor import as_expression, as_tensor
from giulgi.compat.variables.scopes import variable_scope
from giulgi.tree import flatten, tree_map, unflatten


@operation(type="transpose")
def swapped(x: Any) -> gg.Tensor:
    """Return x with its first two axes swapped: batch and time."""
    value = as_expression(x)
    if value.known_shape is None:
        raise ValueError(f"The number of axes of inputs must be known, of {x}")
    return gg.swapaxes(value, 0, 1)


@operation(type="Select")
def _zero_past(y: Any, mask: Any) -> gg.Tensor:
    """Return outputs (time, batch, ...), with zeros where the mask is False."""
    value, holds = as_expression(y), as_expression(mask)
    missing = len(value.shape) - 2
    return gg.where(gg.reshape(holds, (*_two(holds), *[1] * missing)), value, 0)


def _two(x: gg.Tensor) -> tuple[Any, Any]:
    sizes = gg.shape(x)
    return tuple(  # type: ignore[return-value]
        sizes[axis] if x.shape[axis] is None else x.shape[axis] for axis in (0, 1)
    )


@operation(type="SequenceMask")
def _mask(x: Any, lengths: Any) -> gg.Tensor:
    """Return (time, batch): whether a step comes before the end of its sequence."""
    steps = as_expression(x)
    count = steps.shape[0] or gg.shape(steps)[0]
    ends = gg.cast(as_expression(lengths), "int64")
    return gg.expand_dims(gg.arange(count, dtype="int64"), 1) < gg.expand_dims(ends, 0)


def _run(
    cell: Any, inputs: Any, state: Any, lengths: Any, *, reverse: bool = False
) -> tuple[Any, Any]:
    """Return the outputs of all steps, and the last state, for inputs (time, batch, ...)."""
    mask: Any = None if lengths is None else _mask(flatten(inputs)[0][0], lengths)

    def step(old: Any, x: Any) -> tuple[Any, Any]:
        output, new = cell(x, old)
        return new, output

    final, outputs = scanned(
        step, state, inputs, None if mask is None else mask.expression, reverse=reverse
    )
    if mask is not None:
        outputs = tree_map(lambda y: _zero_past(y, mask), outputs)
    return outputs, final


def _first_state(cell: Any, inputs: Any, axis: int, initial_state: Any, dtype: Any) -> Any:
    """Return the first state: the one that is given, or zeros."""
    if initial_state is not None:
        return tree_map(as_tensor, initial_state)
    if dtype is None:
        raise ValueError("If there is no initial_state, you must give a dtype.")
    first = flatten(inputs)[0][0]
    batch = batch_of(first) if axis == 0 else batch_of(_second_axis(first))
    return zeros_like_state(cell, batch, dtype)


@operation(type="strided_slice")
def _second_axis(x: Any) -> gg.Tensor:
    return as_expression(x)[0]


@exported("nn.dynamic_rnn", "contrib.rnn.dynamic_rnn", "python.ops.rnn.dynamic_rnn")
def dynamic_rnn(
    cell: Any, inputs: Any, sequence_length: Any = None, initial_state: Any = None,
    dtype: Any = None, parallel_iterations: Any = None, swap_memory: bool = False,
    time_major: bool = False, scope: Any = None,
) -> tuple[Any, Any]:  # fmt: skip
    """Return the outputs of a cell along sequences, and its last state.

    Args:
        cell: the cell.
        inputs: (batch, time, ...), or nested tensors of such shapes.
        sequence_length: (batch,), the lengths of the sequences: beyond, outputs are 0 and the
            state stays what it was.
        initial_state: the first state; None: zeros.
        dtype: the dtype of zeros.
        parallel_iterations: has no meaning.
        swap_memory: has no meaning.
        time_major: whether inputs and outputs are (time, batch, ...).
        scope: the scope of the variables; None: "rnn".

    Returns:
        The outputs, (batch, time, width), and the state.
    """
    del parallel_iterations, swap_memory
    with variable_scope(scope or "rnn"):
        return _along(cell, inputs, sequence_length, initial_state, dtype, time_major=time_major)


def _along(
    cell: Any, inputs: Any, lengths: Any, initial_state: Any, dtype: Any, *,
    time_major: bool, reverse: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    x = tree_map(as_tensor, inputs) if isinstance(inputs, tuple) else as_tensor(inputs)
    state = _first_state(cell, x, 1 if time_major else 0, initial_state, dtype)
    if not time_major:
        x = tree_map(swapped, x)
    outputs, final = _run(cell, x, state, lengths, reverse=reverse)
    return outputs if time_major else tree_map(swapped, outputs), final


@exported("nn.bidirectional_dynamic_rnn", "python.ops.rnn.bidirectional_dynamic_rnn")
def bidirectional_dynamic_rnn(
    cell_fw: Any, cell_bw: Any, inputs: Any, sequence_length: Any = None,
    initial_state_fw: Any = None, initial_state_bw: Any = None, dtype: Any = None,
    parallel_iterations: Any = None, swap_memory: bool = False, time_major: bool = False,
    scope: Any = None,
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:  # fmt: skip
    """Return outputs and last states of two cells, one along sequences and one back.

    Args:
        cell_fw: the cell that goes forward.
        cell_bw: the one that goes back, from the end of each sequence.
        inputs: (batch, time, ...)
        sequence_length: see :func:`dynamic_rnn`, as the others.
        initial_state_fw: the first state of the cell that goes forward.
        initial_state_bw: the first state of the other.
        dtype: the dtype of zeros.
        parallel_iterations: has no meaning.
        swap_memory: has no meaning.
        time_major: whether inputs and outputs are (time, batch, ...).
        scope: the scope of the variables; None: "bidirectional_rnn".

    Returns:
        Both outputs, and both states.
    """
    del parallel_iterations, swap_memory
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw"):
            forward = _along(
                cell_fw, inputs, sequence_length, initial_state_fw, dtype, time_major=time_major
            )
        with variable_scope("bw"):
            backward = _along(
                cell_bw, inputs, sequence_length, initial_state_bw, dtype, time_major=time_major,
                reverse=True,
            )  # fmt: skip
    return (forward[0], backward[0]), (forward[1], backward[1])


# Sequences as lists of steps


@operation(type="Pack")
def _stacked(parts: Sequence[Any]) -> gg.Tensor:
    return gg.stack([as_expression(part) for part in parts])


@operation(type="Unpack")
def _steps(x: Any) -> list[gg.Tensor]:
    value = as_expression(x)
    return [value[step] for step in range(int(value.shape[0] or 0))]


@operation(type="concat")
def _side_by_side(x: Any, y: Any) -> gg.Tensor:
    return gg.concat([as_expression(x), as_expression(y)], -1)


def as_sequences(inputs: Any) -> Any:
    """Return a list of steps as sequences along a first axis.

    Raises:
        TypeError: if it is no list.
        ValueError: if it is empty.
    """
    if not isinstance(inputs, (list, tuple)):
        raise TypeError("inputs must be a sequence")
    if not inputs:
        raise ValueError("inputs must not be empty")
    leaves = [flatten(x)[0] for x in inputs]
    if len(leaves[0]) == 1:
        return _stacked([as_tensor(x[0]) for x in leaves])
    return tuple(_stacked([as_tensor(x) for x in parts]) for parts in zip(*leaves, strict=True))


def as_steps(outputs: Any) -> list[Any]:
    """Return sequences along a first axis as a list of steps."""
    leaves, structure = flatten(outputs)
    columns = [_steps(leaf) for leaf in leaves]
    return [unflatten(structure, iter(parts)) for parts in zip(*columns, strict=True)]


@exported(
    "nn.static_rnn", "contrib.rnn.static_rnn", "nn.rnn", "python.ops.rnn.rnn",
    "python.ops.rnn.static_rnn",
)  # fmt: skip
def static_rnn(
    cell: Any, inputs: Any, initial_state: Any = None, dtype: Any = None,
    sequence_length: Any = None, scope: Any = None,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Return the outputs of a cell, a list of those of all steps, and its last state.

    Args:
        cell: the cell.
        inputs: a list of steps, (batch, width).
        initial_state: the first state; None: zeros.
        dtype: the dtype of zeros; None: that of the inputs.
        sequence_length: (batch,), the lengths of the sequences: beyond, outputs are 0 and the
            state stays what it was.
        scope: the scope of the variables; None: "rnn".
    """
    with variable_scope(scope or "rnn"):
        x = as_sequences(inputs)
        kind = flatten(x)[0][0].dtype if dtype is None else dtype
        outputs, final = _along(
            cell, x, sequence_length, initial_state, kind if kind else float32, time_major=True
        )
        return as_steps(outputs), final


@exported(
    "nn.static_bidirectional_rnn", "contrib.rnn.static_bidirectional_rnn", "nn.bidirectional_rnn",
    "python.ops.rnn.bidirectional_rnn", "contrib.rnn.bidirectional_rnn",
)  # fmt: skip
def static_bidirectional_rnn(
    cell_fw: Any, cell_bw: Any, inputs: Any, initial_state_fw: Any = None,
    initial_state_bw: Any = None, dtype: Any = None, sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any, Any]:  # fmt: skip
    """Return the outputs of two cells side by side, a list of all steps, and both last states."""
    x = as_sequences(inputs)
    kind = flatten(x)[0][0].dtype if dtype is None else dtype
    outputs, states = bidirectional_dynamic_rnn(
        cell_fw, cell_bw, x, sequence_length, initial_state_fw, initial_state_bw, kind,
        time_major=True, scope=scope,
    )  # fmt: skip
    return as_steps(_side_by_side(*outputs)), *states


# Several layers


@exported("contrib.rnn.stack_bidirectional_dynamic_rnn")
def stack_bidirectional_dynamic_rnn(
    cells_fw: Sequence[Any], cells_bw: Sequence[Any], inputs: Any,
    initial_states_fw: Any = None, initial_states_bw: Any = None, dtype: Any = None,
    sequence_length: Any = None, parallel_iterations: Any = None, time_major: bool = False,
    scope: Any = None, swap_memory: bool = False,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Return the outputs of layers of two cells each, side by side, and all their last states."""
    if len(cells_fw) != len(cells_bw):
        raise ValueError("Forward and Backward cells must have the same depth.")
    forward, backward, x = [], [], inputs
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for place, cells in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"cell_{place}"):
                outputs, states = bidirectional_dynamic_rnn(
                    *cells, x, sequence_length,
                    initial_states_fw and initial_states_fw[place],
                    initial_states_bw and initial_states_bw[place],
                    dtype, time_major=time_major,
                )  # fmt: skip
            x = _side_by_side(*outputs)
            forward.append(states[0])
            backward.append(states[1])
    return x, tuple(forward), tuple(backward)


@exported("contrib.rnn.stack_bidirectional_rnn")
def stack_bidirectional_rnn(
    cells_fw: Sequence[Any], cells_bw: Sequence[Any], inputs: Any,
    initial_states_fw: Any = None, initial_states_bw: Any = None, dtype: Any = None,
    sequence_length: Any = None, scope: Any = None,
) -> tuple[list[Any], Any, Any]:  # fmt: skip
    """Return what :func:`stack_bidirectional_dynamic_rnn` does, for a list of steps."""
    x = as_sequences(inputs)
    outputs, forward, backward = stack_bidirectional_dynamic_rnn(
        cells_fw, cells_bw, x, initial_states_fw, initial_states_bw, dtype or x.dtype,
        sequence_length, time_major=True, scope=scope,
    )  # fmt: skip
    return as_steps(outputs), forward, backward


advise("contrib.cudnn_rnn", "Use tf.nn.dynamic_rnn with tf.contrib.rnn.LSTMCell.")
for _name in ("GridLSTMCell", "TimeFreqLSTMCell", "AttentionCellWrapper", "PhasedLSTMCell"):
    advise(f"contrib.rnn.{_name}", "Use tf.contrib.rnn.LSTMCell or GRUCell, or write a RNNCell.")
