"""Functions applied to the parts of tensors one by one, and Python's functions in a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import as_results
from giulgi.compat.operations.passages import mark_gradient
from giulgi.compat.tensorflow.control.own_gradients import overridden
from giulgi.compat.tensorflow.control.traced import ByPython, Repeatable, Traced, model
from giulgi.compat.tensorflow.math.arguments import is_text
from giulgi.compat.tensorflow.math.arrays import concat
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.tree import flatten, unflatten


class _Pass:
    """A function that goes through the parts of sequences, and may pass states on.

    Args:
        function: takes the states and the parts, as lists; returns new states and results.
        sequences: tensors, whose first axis is gone along.
        states: the first states.
        reverse: whether the last parts come first.
    """

    def __init__(
        self,
        function: Callable[[list[Tensor], list[Tensor]], tuple[list[Tensor], list[Tensor]]],
        sequences: Sequence[Tensor],
        states: Sequence[Tensor] = (),
        reverse: bool = False,
    ) -> None:
        self.sequences, self.states, self.reverse = list(sequences), list(states), reverse
        self.parts = [model(x.dtype, None if x.sizes is None else x.sizes[1:]) for x in sequences]
        self.olds = [model(x.dtype, x.sizes) for x in states]
        self.traced = Traced(lambda: function(self.olds, self.parts), apart=True)
        self.news, self.results = self.traced.result

    def __call__(self) -> tuple[list[Tensor], list[Tensor]]:
        """Return the last states, and the results of all parts along a first axis."""
        ends = [*self.news, *self.results]
        built = Repeatable(self.traced, [*self.olds, *self.parts], ends)
        before = [v.as_tensor() for v in built.variables]
        is_unknown = any(x.expression.known_shape is None for x in self.sequences)
        is_of_texts = any(map(is_text, [*self.sequences, *self.states, *ends]))
        if is_unknown or is_of_texts or built.hosts:
            return self._by_python(built, before)
        count, every = len(self.states), len(ends)

        def step(states: Any, parts: Any) -> Any:
            found = built.applied([*states[:count], *parts, *states[count:]], redrawn=True)
            return [*found[:count], *found[every:]], found[count:every]

        states, kept = gg.scan(
            step,
            [x.expression for x in (*self.states, *before)],
            [x.expression for x in self.sequences],
            reverse=self.reverse,
        )
        inputs = [*self.states, *before, *self.sequences, *built.inputs]
        assigns = list(zip(built.variables, states[count:], strict=True))
        made = as_results(
            "TensorArrayStack", None, inputs, [*states[:count], *(kept or [])],
            controls=built.controls, assigns=assigns,
        )  # fmt: skip
        return made[:count], made[count:]

    def _by_python(
        self, built: Repeatable, before: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        count, every = len(self.states), len(built.ends)
        ask = ByPython(built, built.variables)
        behind = count + len(before)
        many = behind + len(self.sequences)

        def passed(*arrays: Any) -> Any:
            states, own = list(arrays[:count]), list(arrays[count:behind])
            sequences, taken = arrays[behind:many], arrays[many:]
            kept: list[list[Any]] = []
            steps = range(len(sequences[0]))
            for place in reversed(steps) if self.reverse else steps:
                found = ask([*states, *(x[place] for x in sequences), *own], taken)
                states, own = found[:count], found[every:]
                kept.append(found[count:every])
            if self.reverse:
                kept.reverse()
            stacked = [_stacked([row[i] for row in kept]) for i in range(every - count)]
            values = [*states, *stacked, *own]
            return values if len(values) > 1 else values[0]

        length = None if self.sequences[0].sizes is None else self.sequences[0].sizes[0]
        declared = [(x.dtype, x.sizes) for x in built.ends[:count]]
        declared += [
            (x.dtype, None if x.sizes is None else (length, *x.sizes)) for x in built.ends[count:]
        ]
        declared += [(v.dtype, v.shape.sizes) for v in built.variables]
        inputs = [*self.states, *before, *self.sequences, *ask.captured]
        made = host_operation("TensorArrayStack", passed, inputs, declared, controls=built.controls)
        firsts = [*self.states, *self.sequences]
        mark_gradient(made, built.ends, list(zip(built.models, firsts, strict=False)))
        last = made.outputs[every:]
        made.assign([(v, x.expression) for v, x in zip(built.variables, last, strict=True)])
        return made.outputs[:count], made.outputs[count:every]


def _stacked(values: list[Any]) -> Any:
    if values and isinstance(values[0], bytes):
        found = np.empty(len(values), object)
        found[:] = values
        return found
    return np.stack(values) if values else np.zeros((0,))


def _tensors(values: Any, dtype: Any = None) -> tuple[list[Tensor], Any]:
    leaves, structure = flatten(values)
    if isinstance(values, list) and not any(isinstance(v, Tensor) for v in leaves):
        return [as_tensor(values, dtype)], flatten(0)[1]
    return [as_tensor(leaf, dtype) for leaf in leaves], structure


@exported("map_fn")
def map_fn(
    fn: Callable[[Any], Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: Any = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
    fn_output_signature: Any = None,
) -> Any:
    """Return what a function gives for each part of tensors along their first axis.

    Args:
        fn: a function of a part; of nested tensors, of their parts nested likewise.
        elems: a tensor, or several, nested.
        dtype: the dtypes of what it returns, if they are others than those of the parts.
        name: a name.

    The other arguments have no meaning.
    """
    del parallel_iterations, back_prop, swap_memory, infer_shape
    sequences, structure = _tensors(elems)
    wanted = dtype if fn_output_signature is None else fn_output_signature
    kinds = None if wanted is None else flatten(wanted)[0]
    shapes: list[Any] = []

    def each(_: list[Tensor], parts: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        leaves, own = flatten(fn(unflatten(structure, iter(parts))))
        shapes.append(own)
        types = [None] * len(leaves) if kinds is None else kinds
        return [], [as_tensor(x, kind) for x, kind in zip(leaves, types, strict=True)]

    with get_default_graph().name_scope(name or "map"):
        _, results = _Pass(each, sequences)()
    return unflatten(shapes[0], iter(results))


@exported("vectorized_map")
def vectorized_map(fn: Callable[[Any], Any], elems: Any) -> Any:
    """Return what a function gives for each part of tensors: :func:`map_fn`."""
    return map_fn(fn, elems)


def _folded(fn: Any, elems: Any, initializer: Any, reverse: bool, name: str) -> tuple[Any, Any]:
    """Return the last state, and all states, of a function that passes one on."""
    sequences, structure = _tensors(elems)
    if initializer is None:
        place, rest = (-1, slice(None, -1)) if reverse else (0, slice(1, None))
        begin = [x[place] for x in sequences]
        sequences = [x[rest] for x in sequences]
        state_structure = structure
    else:
        leaves, state_structure = flatten(initializer)
        begin = [as_tensor(leaf) for leaf in leaves]
        if isinstance(initializer, list) and not any(isinstance(v, Tensor) for v in leaves):
            begin, state_structure = [as_tensor(initializer)], flatten(0)[1]

    def each(states: list[Tensor], parts: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        new = fn(unflatten(state_structure, iter(states)), unflatten(structure, iter(parts)))
        leaves = flatten(new)[0] if not isinstance(new, Tensor) else [new]
        if len(leaves) != len(states):
            leaves = [as_tensor(new)]
        found = [as_tensor(x, s.dtype) for x, s in zip(leaves, states, strict=True)]
        return found, found

    with get_default_graph().name_scope(name):
        last, states = _Pass(each, sequences, begin, reverse)()
        if initializer is None:
            states = [_with_first(*pair, reverse) for pair in zip(begin, states, strict=True)]
    return unflatten(state_structure, iter(last)), unflatten(state_structure, iter(states))


def _with_first(first: Tensor, rest: Tensor, reverse: bool) -> Tensor:
    parts = [first[None], rest]
    found: Tensor = concat(parts[::-1] if reverse else parts, 0)
    return found


@exported("scan")
def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """Return all states that a function of the state and of a part passes on.

    Args:
        fn: a function of the state and a part, that returns the new state.
        elems: a tensor, or several, nested, along whose first axis it goes.
        initializer: the first state; None: the first part.
        reverse: whether the last parts come first.
        name: a name.

    The other arguments have no meaning.
    """
    del parallel_iterations, back_prop, swap_memory, infer_shape
    return _folded(fn, elems, initializer, reverse, name or "scan")[1]


def _fold(reverse: bool, own: str) -> Callable[..., Any]:
    def apply(
        fn: Callable[[Any, Any], Any],
        elems: Any,
        initializer: Any = None,
        parallel_iterations: int = 10,
        back_prop: bool = True,
        swap_memory: bool = False,
        name: str | None = None,
    ) -> Any:
        """Return the last state that a function of the state and of a part passes on."""
        del parallel_iterations, back_prop, swap_memory
        return _folded(fn, elems, initializer, reverse, name or own)[0]

    apply.__name__ = own
    return exported(own)(apply)


foldl = _fold(False, "foldl")
foldr = _fold(True, "foldr")


@exported("py_function", "contrib.eager.py_func")
def py_function(
    func: Callable[..., Any] | None = None,
    inp: Any = None,
    Tout: Any = None,  # noqa: N803 - TensorFlow's name
    name: str | None = None,
) -> Any:
    """Return what a Python function gives for tensors that have values; see :func:`py_func`."""
    assert func is not None
    own = func

    def call(*arrays: Any) -> Any:
        from giulgi.compat.eager.tensors import called_eagerly

        return called_eagerly(own, arrays)

    return py_func(call, inp, Tout, name=name)


@exported("py_func", "numpy_function")
def py_func(
    func: Callable[..., Any],
    inp: Any = None,
    Tout: Any = None,  # noqa: N803 - TensorFlow's name
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """Return what a Python function gives for the arrays of some tensors.

    Args:
        func: a function of NumPy's arrays.
        inp: tensors.
        Tout: the dtype of what it returns, or a list of several.
        stateful: has no meaning.
        name: a name.
    """
    del stateful
    several = isinstance(Tout, (list, tuple))
    kinds = [as_dtype(kind) for kind in (Tout if several else [Tout])]

    def call(*arrays: Any) -> Any:
        result = func(*(x[()] if isinstance(x, np.ndarray) and not x.ndim else x for x in arrays))
        if len(kinds) == 1 and several and isinstance(result, (list, tuple)) and len(result) == 1:
            return result[0]
        return result

    made = host_operation("PyFunc", call, list(inp), [(kind, None) for kind in kinds], name)
    if not kinds:
        return made
    outputs = overridden(made)
    return outputs if several else outputs[0]
