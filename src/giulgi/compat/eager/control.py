"""Choices and loops where values are there at once: Python makes them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import TABLES
from giulgi.compat.operations.operation import as_results
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor
from giulgi.tree import flatten, unflatten

Function = Callable[..., Any]


def _named(value: Any) -> Any:
    """Return numbers in a structure as tensors."""
    leaves, structure = flatten(value)
    made = [x if x is None or hasattr(x, "write") else as_tensor(x) for x in leaves]
    return unflatten(structure, iter(made))


def cond(
    pred: Any, true_fn: Any = None, false_fn: Any = None, strict: bool = False, name: Any = None,
    fn1: Any = None, fn2: Any = None,
) -> Any:  # fmt: skip
    """Return what one of two functions gives."""
    del strict, name
    first, second = true_fn or fn1, false_fn or fn2
    if not callable(first) or not callable(second):
        raise TypeError("true_fn and false_fn must be callable.")
    return first() if bool(as_tensor(pred)) else second()


def case(
    pred_fn_pairs: Any, default: Function | None = None, exclusive: bool = False,
    strict: bool = False, name: str = "case",
) -> Any:  # fmt: skip
    """Return what the function of the first condition that holds gives."""
    del exclusive, strict, name
    pairs = pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs
    chosen = [fn for pred, fn in pairs if bool(as_tensor(pred))]
    if chosen:
        return chosen[0]()
    if default is None:
        raise ValueError("None of the conditions evaluated as True, and there is no default.")
    return default()


def switch_case(branch_index: Any, branch_fns: Any, default: Any = None, name: Any = None) -> Any:
    """Return what the function of a number gives."""
    del name
    known = (
        dict(branch_fns) if not callable(next(iter(branch_fns))) else dict(enumerate(branch_fns))
    )
    place = int(as_tensor(branch_index))  # type: ignore[call-overload]
    if place in known:
        return known[place]()
    return default() if default is not None else known[max(known)]()


def while_loop(
    cond: Function, body: Function, loop_vars: Any, shape_invariants: Any = None,
    parallel_iterations: Any = None, back_prop: Any = None, swap_memory: Any = None,
    name: Any = None, maximum_iterations: Any = None, return_same_structure: bool = False,
) -> Any:  # fmt: skip
    """Return what variables of a loop become while a condition of them holds."""
    del shape_invariants, parallel_iterations, back_prop, swap_memory, name
    single = not isinstance(loop_vars, (list, tuple))
    now = _named([loop_vars] if single else loop_vars)
    most = None if maximum_iterations is None else int(maximum_iterations)
    rounds = 0
    while (most is None or rounds < most) and bool(as_tensor(cond(*now))):
        found = body(*now)
        found = found if isinstance(found, (list, tuple)) else [found]
        now = type(now)(_named(list(found))) if type(now) in (list, tuple) else _named(found)
        rounds += 1
    is_bare = len(now) == 1 and not return_same_structure
    return now[0] if is_bare and get_default_graph().is_eager and single else now


def _parts(elems: Any) -> tuple[list[Any], Any]:
    leaves, structure = flatten(elems)
    if isinstance(elems, list) and not any(isinstance(x, (Tensor, Converted)) for x in leaves):
        leaves, structure = [elems], flatten(0)[1]
    tensors = [as_tensor(leaf) for leaf in leaves]
    rows = [
        unflatten(structure, iter([x[place] for x in tensors])) for place in range(len(tensors[0]))
    ]
    return rows, structure


def _stacked(values: Sequence[Any], dtype: Any = None) -> Any:
    kinds = None if dtype is None else flatten(dtype)[0]
    flat = [flatten(value) for value in values]
    structure = flat[0][1]
    columns = list(zip(*(leaves for leaves, _ in flat), strict=True))
    made = []
    for number, column in enumerate(columns):
        kind = None if kinds is None else kinds[number]
        tensors = [as_tensor(x, kind) for x in column]
        made.append(as_results("Pack", None, [], gg.stack([t.expression for t in tensors])))
    return unflatten(structure, iter(made))


def map_fn(
    fn: Function, elems: Any, dtype: Any = None, parallel_iterations: Any = None,
    back_prop: Any = True, swap_memory: Any = False, infer_shape: Any = True, name: Any = None,
    fn_output_signature: Any = None,
) -> Any:  # fmt: skip
    """Return what a function gives for each part of tensors along their first axis."""
    del parallel_iterations, back_prop, swap_memory, infer_shape, name
    wanted = dtype if fn_output_signature is None else fn_output_signature
    return _stacked([fn(row) for row in _parts(elems)[0]], wanted)


def vectorized_map(fn: Function, elems: Any, fallback_to_while_loop: bool = True) -> Any:
    """Return what a function gives for each part of tensors along their first axis."""
    del fallback_to_while_loop
    return map_fn(fn, elems)


def _states(fn: Function, elems: Any, initializer: Any, reverse: bool) -> list[Any]:
    rows = _parts(elems)[0]
    rows = rows[::-1] if reverse else rows
    found = []
    if initializer is None:
        initializer, rows = rows[0], rows[1:]
        found.append(initializer)
    state = _named(initializer)
    for row in rows:
        state = _named(fn(state, row))
        found.append(state)
    return found


def scan(fn: Function, elems: Any, initializer: Any = None, *_: Any, reverse: bool = False,
         **__: Any) -> Any:  # fmt: skip
    """Return all states that a function of the state and of a part passes on."""
    found = _states(fn, elems, initializer, reverse)
    return _stacked(found[::-1] if reverse else found)


def foldl(fn: Function, elems: Any, initializer: Any = None, *_: Any, **__: Any) -> Any:
    """Return the last state that a function of the state and of a part passes on."""
    return _states(fn, elems, initializer, False)[-1]


def foldr(fn: Function, elems: Any, initializer: Any = None, *_: Any, **__: Any) -> Any:
    """Return the last state, from the last part on."""
    return _states(fn, elems, initializer, True)[-1]


def _either(of_graphs: Function, at_once: Function) -> Function:
    """Return a function that does one thing in graphs, and another where values are there."""

    @functools.wraps(of_graphs)
    def apply(*args: Any, **kwargs: Any) -> Any:
        graph = get_default_graph()
        if graph.is_eager and _has_values([args, kwargs]):
            return at_once(*args, **kwargs)
        if graph.recorder is None or graph.is_eager:
            return of_graphs(*args, **kwargs)
        before = dict(graph.recorder.pending)
        result = of_graphs(*args, **kwargs)
        if graph.recorder.pending != before:
            graph.require_python()  # What only one branch assigns is not told apart.
        return result

    return apply


def _has_values(given: Any) -> bool:
    leaves = [x for x in flatten(given)[0] if isinstance(x, Tensor)]
    return all(x.is_eager or not x.expression.node.symbolic for x in leaves)


_AT_ONCE: dict[str, Function] = {
    "cond": cond, "case": case, "switch_case": switch_case, "while_loop": while_loop,
    "map_fn": map_fn, "vectorized_map": vectorized_map, "scan": scan, "foldl": foldl,
    "foldr": foldr,
}  # fmt: skip
for _name, _function in _AT_ONCE.items():
    _table = TABLES["tensorflow"]
    _own = _table[_name]
    _both = _either(_own, _function)
    for _path, _thing in list(_table.items()):
        if _thing is _own:
            _table[_path] = _both
