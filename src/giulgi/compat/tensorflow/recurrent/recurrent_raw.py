"""``tf.nn.raw_rnn``: a cell whose inputs a function of the program makes from step to step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import TABLES, exported
from giulgi.compat.tensorflow.control.loops import while_loop
from giulgi.compat.tensorflow.control.tensor_arrays import TensorArray
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import as_tensor
from giulgi.compat.variables.scopes import AUTO_REUSE, scopes_of, variable_scope
from giulgi.tree import flatten, unflatten


@exported("nn.raw_rnn", "contrib.rnn.raw_rnn", "python.ops.rnn.raw_rnn")
def raw_rnn(
    cell: Any,
    loop_fn: Callable[..., Any],
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Return what is put out at all steps, the last state, and the last state of the loop.

    Args:
        cell: the cell.
        loop_fn: takes the time, the output and state of the cell, and a state of the loop; returns
            which sequences are finished, the next input and state, what is put out, and the state
            of the loop. At time 0 there is no output and no state: it returns the first ones, and
            in the place of what is put out what that will look like, or None: the cell's output.
        parallel_iterations: has no meaning.
        swap_memory: has no meaning.
        scope: the scope of the variables; None: "rnn".

    Returns:
        A ``TensorArray`` of (batch, ...) for each step, nested as what is put out; zeros for what
        is finished, whose state stays. The state, and the state of the loop.
    """
    del parallel_iterations, swap_memory
    scopes = scopes_of(get_default_graph())
    with variable_scope(scope or "rnn") as own:
        counts = dict(scopes.counts)
        steps, *_ = _loop(cell, loop_fn, None)
        # It is built once more, with the same variables, now that the number of steps is known.
        scopes.counts = counts
        with variable_scope(own, reuse=AUTO_REUSE, auxiliary_name_scope=False):
            return _loop(cell, loop_fn, steps)[1:]


def _loop(cell: Any, loop_fn: Callable[..., Any], steps: Any) -> tuple[Any, Any, Any, Any]:
    """Return the number of steps, what is put out, and the last states.

    Args:
        cell: the cell.
        loop_fn: makes its inputs.
        steps: the number of steps; None: only they are counted, and nothing is put out.
    """
    tf = TABLES["tensorflow"]
    start = as_tensor(0)
    finished, first, state, looks, loop_state = loop_fn(start, None, None, None)
    kinds, emitted = _emitted(looks, cell.output_size, as_tensor(flatten(first)[0][0]).dtype)
    batch = tf["shape"](flatten(first)[0][0])[0]
    zeros = [tf["zeros"](tf["stack"]([batch, *shape]), own) for shape, own in kinds]
    arrays = []
    if steps is not None:
        # Their first values are told, since the batch may have an unknown size.
        firsts = [tf["zeros"](tf["stack"]([steps, batch, *shape]), own) for shape, own in kinds]
        arrays = [TensorArray(x.dtype, size=steps).unstack(x) for x in firsts]
    has_own = loop_state is not None

    def goes_on(time: Any, finished: Any, *_: Any) -> Any:
        if steps is not None:
            return time < steps
        return tf["logical_not"](tf["reduce_all"](finished))

    def step(time: Any, finished: Any, given: Any, state: Any, own: Any, arrays: Any) -> Any:
        output, new = cell(given, state)
        ends, given, new, put, after = loop_fn(time + 1, output, new, own if has_own else None)
        parts = flatten(output if put is None else put)[0]
        written = [
            array.write(time, tf["where"](finished, zero, part))
            for array, zero, part in zip(arrays, zeros, parts, strict=False)
        ]
        new = _where(finished, state, new)
        ended = tf["logical_or"](ends, finished)
        return time + 1, ended, given, new, after if has_own else own, written

    begin = (start, finished, first, state, loop_state if has_own else start, arrays)
    last, _, _, state, own, arrays = while_loop(goes_on, step, begin)
    made = unflatten(emitted, iter(arrays)) if arrays else None
    return last, made, state, own if has_own else None


def _emitted(looks: Any, output_size: Any, dtype: Any) -> tuple[list[Any], Any]:
    """Return the shape and dtype of each part that is put out, and how they are nested."""
    if looks is not None:
        leaves, structure = flatten(looks)
        tensors = [as_tensor(leaf) for leaf in leaves]
        return [(x.get_shape().as_list(), x.dtype) for x in tensors], structure
    leaves, structure = flatten(output_size)
    shapes = [x.as_list() if isinstance(x, TensorShape) else [int(x)] for x in leaves]
    return [(shape, dtype) for shape in shapes], structure


def _where(finished: Any, old: Any, new: Any) -> Any:
    """Return a state that stays where sequences are finished."""
    olds, structure = flatten(old)
    news, _ = flatten(new)
    where = TABLES["tensorflow"]["where"]
    made = [
        b if as_tensor(b).get_shape().ndims == 0 else where(finished, a, b)
        for a, b in zip(olds, news, strict=True)
    ]
    return unflatten(structure, iter(made))
