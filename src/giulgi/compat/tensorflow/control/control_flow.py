"""Choices, and operations that wait for others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import Operation, get_default_graph, operation_of
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import as_results
from giulgi.compat.sessions.running import new_values
from giulgi.compat.tensorflow.control.growing import NothingWrittenError
from giulgi.compat.tensorflow.control.traced import Traced, guard
from giulgi.compat.tensorflow.math.arguments import is_text
from giulgi.compat.tensors.dtypes import string
from giulgi.compat.tensors.tensor import Converted, Tensor, as_tensor
from giulgi.tree import LEAF, flatten, unflatten


@exported("no_op", "python.ops.control_flow_ops.no_op")
def no_op(name: str | None = None) -> Operation:
    """Return an operation that does nothing but wait for what it is to wait for."""
    graph = get_default_graph()
    return Operation(graph, "NoOp", graph.unique_name(name or "NoOp"), [])


@exported("group", "python.ops.control_flow_ops.group")
def group(*inputs: Any, name: str | None = None, **_: Any) -> Operation:
    """Return an operation that does nothing but let others take place."""
    graph = get_default_graph()
    leaves = [x for x in flatten(list(inputs))[0] if x is not None]
    own = graph.unique_name(name or "group_deps")
    return Operation(graph, "NoOp", own, [], controls=[operation_of(x) for x in leaves])


@exported("tuple", "python.ops.control_flow_ops.tuple")
def tuple_(tensors: Any, name: str | None = None, control_inputs: Any = None) -> list[Any]:
    """Return tensors, each of which waits for all of them."""
    waited = [operation_of(x) for x in [*tensors, *(control_inputs or [])] if x is not None]
    with get_default_graph().name_scope(name or "tuple"):
        return [
            None if x is None else with_dependencies(waited, x, "control_dependency")
            for x in tensors
        ]


@exported("with_dependencies", "python.ops.control_flow_ops.with_dependencies")
def with_dependencies(dependencies: Any, output_tensor: Any, name: str | None = None) -> Any:
    """Return a tensor that waits for operations."""
    if hasattr(output_tensor, "with_values"):
        return output_tensor.with_values(with_dependencies(dependencies, output_tensor.values))
    with get_default_graph().control_dependencies(list(dependencies)):
        tensor = as_tensor(output_tensor)
        if is_text(tensor):
            outputs = [(string, tensor.sizes)]
            return host_operation("Identity", lambda x: x, [tensor], outputs, name).outputs[0]
        return as_results("Identity", name, [tensor], tensor.expression)


# One of two


@exported("cond", "python.ops.control_flow_ops.cond")
def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Callable[[], Any] | None = None,
    fn2: Callable[[], Any] | None = None,
) -> Any:
    """Return what one function gives where a condition holds, and else what another gives.

    Both are called once, to build what they do. When it runs, only what one of them built takes
    place: its assignments, too, and what Python carries out.

    Args:
        pred: the condition, a single bool.
        true_fn: a function of no arguments that returns tensors, perhaps nested.
        false_fn: another, whose tensors have the same dtypes.
        strict: whether a list of one tensor stays a list.
        name: a name.
        fn1: ``true_fn`` under its name before version 1.0.
        fn2: ``false_fn`` likewise.
    """
    first, second = true_fn or fn1, false_fn or fn2
    if not callable(first):
        raise TypeError("true_fn must be callable.")
    if not callable(second):
        raise TypeError("false_fn must be callable.")
    condition = as_tensor(pred)
    with get_default_graph().name_scope(name or "cond"):
        return _Choice(condition, first, second).result(strict)


class _Choice:
    """Two branches, and what becomes of them."""

    def __init__(
        self, condition: Tensor, first: Callable[[], Any], second: Callable[[], Any]
    ) -> None:
        self.condition = condition
        self.inputs: list[Tensor] = [condition]
        self.controls: list[Operation] = []
        self._functions = (first, second)
        self._built: list[tuple[list[Any], dict[Any, gg.Tensor]]] = []
        self._structures: list[Any] = []

    def _branches(self) -> None:
        """Build both, and find out what they take from outside, assign, and let Python do."""
        for traced, holds in zip(self._traced(), (True, False), strict=True):
            leaves, structure = flatten(traced.result)
            ends = [x if isinstance(x, Operation) else as_tensor(x) for x in leaves]
            operations = traced.operations(ends)
            taken, controls = traced.taken(operations, ends)
            known = {id(x) for x in self.inputs}
            self.inputs += [x for x in taken if id(x) not in known]
            self.controls += controls + guard(operations, self.condition, holds)
            self._built.append((ends, new_values(operations)))
            self._structures.append(structure)

    def _traced(self) -> tuple[Traced, Traced]:
        """Return what both built.

        One may read what a loop wrote in the round before, and the other give what is written in
        the first round. So the other tells the shape of what is read, if nothing else does.
        """
        first, second = self._functions
        try:
            one = Traced(first)
        except NothingWrittenError as error:
            other = Traced(second)
            _suppose(error, other)
            return Traced(first), other
        try:
            return one, Traced(second)
        except NothingWrittenError as error:
            _suppose(error, one)
            return one, Traced(second)

    def _numbers(self, which: int) -> list[gg.Tensor]:
        """Return the results of a branch, then the new values of all variables that any assigns."""
        ends, assigned = self._built[which]
        results = [
            gg.constant(True) if isinstance(x, Operation) else x.expression
            for x, other in zip(ends, self._built[1 - which][0], strict=True)
            if not self._is_text(x, other)
        ]
        for variable in self._variables():
            new = assigned.get(variable)
            results.append(variable.as_tensor().expression if new is None else new)
        return results

    def _variables(self) -> list[Any]:
        return list(dict.fromkeys([*self._built[0][1], *self._built[1][1]]))

    @staticmethod
    def _is_text(x: Any, y: Any) -> bool:
        return isinstance(x, Tensor) and isinstance(y, Tensor) and is_text(x) and is_text(y)

    def result(self, strict: bool) -> Any:
        """Return tensors, nested as the functions return them."""

        def then() -> list[gg.Tensor]:
            self._branches()
            if len(self._built[0][0]) != len(self._built[1][0]):
                raise ValueError("true_fn and false_fn must return the same number of tensors.")
            return self._numbers(0)

        holds = gg.reshape(gg.cast(self.condition.expression, "bool"), ())
        chosen = gg.cond(holds, then, lambda: self._numbers(1))
        pairs = list(zip(self._built[0][0], self._built[1][0], strict=True))
        variables = self._variables()
        count = len(chosen) - len(variables)
        assigns = list(zip(variables, chosen[count:], strict=True))
        numbers = as_results(
            "Merge", "Merge", self.inputs, chosen[:count] or [gg.constant(True)],
            assigns=assigns, controls=self.controls,
        )  # fmt: skip
        remaining = iter(numbers)
        leaves = [
            self._text(x, y, numbers[0].op) if self._is_text(x, y) else next(remaining)
            for x, y in pairs
        ]
        structure = self._structures[0]
        found = unflatten(structure, iter(leaves))
        if (
            structure is not LEAF
            and len(leaves) == 1
            and not strict
            and isinstance(found, (list, tuple))
        ):
            return leaves[0]
        return found

    def _text(self, x: Tensor, y: Tensor, operation: Operation) -> Tensor:
        sizes = x.sizes if x.sizes == y.sizes else None
        made = host_operation(
            "Merge",
            lambda holds, a, b: a if np.all(holds) else b,
            [self.condition, x, y],
            [(string, sizes)],
            controls=[operation],
        )
        return made.outputs[0]


def _suppose(error: NothingWrittenError, other: Traced) -> None:
    """Suppose that the first result of a branch is what was written; else raise the error."""
    leaves = [as_tensor(x) for x in flatten(other.result)[0] if not isinstance(x, Operation)]
    written = [x for x in leaves if x.dtype is error.array.dtype]
    if not (written and error.array.suppose(written[0])):
        raise error


@exported("case", "python.ops.control_flow_ops.case")
def case(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """Return what the function of the first condition gives that holds, else the default's.

    Args:
        pred_fn_pairs: pairs of a condition and a function; or a dict of them.
        default: a function for where none holds; None: the last function.
        exclusive: has no meaning: the first condition that holds counts.
        strict: see :func:`cond`.
        name: a name.
    """
    del exclusive
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    if default is None:
        default = pairs.pop()[1]
    with get_default_graph().name_scope(name):
        return _case(pairs, default, strict)


def _case(pairs: Sequence[Any], default: Callable[[], Any], strict: bool) -> Any:
    if not pairs:
        return default()
    (condition, function), *rest = pairs
    if not rest:
        return cond(condition, function, default, strict)
    return cond(condition, function, lambda: _case(rest, default, strict), strict)


@exported(
    "python.layers.utils.smart_cond",
    "contrib.framework.smart_cond",
    "contrib.layers.python.layers.utils.smart_cond",
)
def smart_cond(
    pred: Any, true_fn: Any = None, false_fn: Any = None, name: str | None = None,
    fn1: Any = None, fn2: Any = None,
) -> Any:  # fmt: skip
    """Return what one of two functions gives; if the condition is known, only that is called."""
    from giulgi.compat.tensorflow.math.arguments import static

    known = static(pred) if isinstance(pred, (Tensor, Converted)) else np.asarray(pred)
    first, second = true_fn or fn1, false_fn or fn2
    if known is not None:
        chosen = first if bool(known) else second
        assert chosen is not None
        return chosen()
    return cond(pred, first, second, name=name)


@exported("switch_case")
def switch_case(
    branch_index: Any, branch_fns: Any, default: Any = None, name: str = "switch_case"
) -> Any:
    """Return what the function of a number gives, or for no such number the default's."""
    from giulgi.compat.tensorflow.math.arithmetic import equal

    index = as_tensor(branch_index)
    given = branch_fns.items() if isinstance(branch_fns, dict) else enumerate(branch_fns)
    numbered = [pair if isinstance(pair[1], (list, tuple)) is False else pair[1] for pair in given]
    pairs = [(equal(index, number), function) for number, function in numbered]
    return case(pairs, numbered[-1][1] if default is None else default, name=name)
