"""Functions of a program that are called once, to build what is then done never, once or often."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Operation, get_default_graph
from giulgi.compat.operations.host import HostCall, session_storage, stand_in
from giulgi.compat.sessions.running import Prepared, new_values
from giulgi.compat.tensorflow.control.growing import Growth, full_grown
from giulgi.compat.tensors.dtypes import DType, float32
from giulgi.compat.tensors.shapes import Sizes
from giulgi.compat.tensors.tensor import Tensor, record, result_of
from giulgi.compat.variables.variable import Variable, declared
from giulgi.graph.node import Node, build, topological
from giulgi.graph.ops.leaves import placeholder
from giulgi.graph.ops.random import RandomBits, redrawn
from giulgi.graph.ops.state import ReadVariable
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor as Expression


def model(dtype: DType, sizes: Sizes, name: str = "Placeholder") -> Tensor:
    """Return a tensor that stands for what a function will be given."""
    graph = get_default_graph()
    own = graph.unique_name(name)
    operation = Operation(graph, "Placeholder", own, [])
    operation.outputs.append(result_of(operation, 0, stand_in(dtype, sizes, own), dtype))
    return operation.outputs[0]


@contextmanager
def in_a_loop() -> Iterator[None]:
    """Note that the body of a loop is built inside."""
    graph = get_default_graph()
    before, graph.is_in_a_loop = graph.is_in_a_loop, True
    try:
        yield
    finally:
        graph.is_in_a_loop = before


class Traced:
    """What a function built.

    Args:
        function: the function, of no arguments.
        apart: whether it is the body of a loop. What it builds waits for nothing outside; whoever
            puts it to use waits then.

    Attributes:
        result: what it returned.
    """

    def __init__(self, function: Callable[[], Any], apart: bool = False) -> None:
        self.graph = get_default_graph()
        self._began = self.graph.size
        self._first_node = stand_in(float32, (), "first").node.serial
        if apart:
            with self.graph.control_dependencies(None), in_a_loop():
                self.result = function()
        else:
            self.result = function()
        self._ended = self.graph.size

    def operations(self, ends: Sequence[Tensor | Operation]) -> list[Operation]:
        """Return the operations built by the function that some ends depend on, in their order."""
        found: set[Operation] = set()
        waiting = [end if isinstance(end, Operation) else end.op for end in ends]
        while waiting:
            operation = waiting.pop()
            if operation not in found and self._is_inside(operation):
                found.add(operation)
                waiting += operation.needed
        return sorted(found, key=lambda operation: operation.number)

    def _is_inside(self, operation: Operation) -> bool:
        return self._began <= operation.number < self._ended

    def taken(
        self, operations: Sequence[Operation], ends: Sequence[Any] = ()
    ) -> tuple[list[Tensor], list[Operation]]:
        """Return the tensors and operations from outside that these and the ends depend on."""
        inputs = [x for op in operations for x in op.inputs]
        inputs += [end for end in ends if isinstance(end, Tensor)]
        controls = [op for operation in operations for op in operation.control_inputs]
        controls += [end for end in ends if isinstance(end, Operation)]
        return (
            list(dict.fromkeys(x for x in inputs if not self._is_inside(x.op))),
            list(dict.fromkeys(op for op in controls if not self._is_inside(op))),
        )

    def draws(self, ends: Sequence[Expression]) -> list[Node]:
        """Return the random numbers that the function draws."""
        nodes = topological(end.node for end in ends)
        return [n for n in nodes if isinstance(n.op, RandomBits) and n.serial > self._first_node]

    def applied(
        self, ends: Sequence[Expression], given: dict[Node, Expression]
    ) -> list[Expression]:
        """Return the ends for other arguments, with other random numbers."""
        drawn: dict[Node, Expression] = {}
        for node in self.draws(ends):
            # How many are drawn may depend on the arguments, and on what was drawn before.
            sizes = substitute([Expression(source) for source in node.inputs], {**drawn, **given})
            drawn[node] = build(redrawn(_without_seed(node.op)), *sizes)
        return substitute(ends, {**drawn, **given})


def _without_seed(op: Any) -> RandomBits:
    found: RandomBits = replace(op, seed=None)
    return found


class Repeatable:
    """What was built, as a function of its arguments and of the variables that it assigns.

    Args:
        traced: what a function built, apart from what is outside.
        models: what stands for its arguments.
        ends: what is asked for.

    Attributes:
        operations: what was built and is asked for.
        variables: the variables that are assigned there.
        new: their new values.
        inputs: the tensors that it takes from outside.
        controls: the operations outside that it waits for.
    """

    def __init__(self, traced: Traced, models: Sequence[Tensor], ends: Sequence[Tensor]) -> None:
        self.traced, self.models, self.ends = traced, list(models), list(ends)
        #: Where arrays grow, if there is place for all before.
        self.growths: list[Growth] = []
        self.operations = traced.operations(self.ends)
        taken, self.controls = traced.taken(self.operations, self.ends)
        self.inputs = [x for x in taken if x not in set(models)]
        assigned = new_values(self.operations)
        self.variables, self.new = list(assigned), list(assigned.values())
        self._given = list(self.variables)
        outside = {x.expression.node: x.expression for x in self.inputs}
        nodes = topological((x.node for x in self._expressions), stop=outside)
        cells = [node.op for node in nodes if isinstance(node.op, ReadVariable)]
        found = [declared(cell) for cell in cells]
        self.read = [v for v in found if v is not None and v not in self.variables]
        # The values outside, which do not change in here, whatever is assigned.
        own = {v.variable.node for v in (*self.variables, *self.read)}
        self._outside = {node: x for node, x in outside.items() if node not in own}
        self._outside |= {v.variable.node: v.as_tensor().expression for v in self.read}
        #: What is carried out by Python.
        self.hosts = [op for op in self.operations if op.host is not None]
        made = {out.expression.node for op in self.hosts for out in op.outputs}
        #: Whether values are made by Python, and not only looked at.
        self.is_made_by_python = not made.isdisjoint(nodes)

    @property
    def _expressions(self) -> list[Expression]:
        found = [*(end.expression for end in self.ends), *self.new]
        return full_grown(found, self.growths) if self.growths else found

    def be_given(self, variables: Sequence[Variable]) -> None:
        """Take the values of more variables with the arguments: something else assigns them."""
        self._given += [v for v in variables if v not in self._given]
        self.read = [v for v in self.read if v not in variables]
        for v in variables:
            self._outside.pop(v.variable.node, None)

    def applied(self, arguments: Sequence[Expression], redrawn: bool = False) -> list[Expression]:
        """Return the ends and the new values of variables.

        Args:
            arguments: what takes the place of each model, and then of each variable.
            redrawn: whether other random numbers are drawn.
        """
        nodes = [x.expression.node for x in self.models] + [v.variable.node for v in self._given]
        stands = {node: placeholder(x.dtype, x.known_shape) for node, x in self._outside.items()}
        given = {**stands, **dict(zip(nodes, arguments, strict=True))}
        apply = self.traced.applied if redrawn else substitute
        inside = apply(self._expressions, given)
        back = {x.node: self._outside[node] for node, x in stands.items()}
        return substitute(inside, back)


class ByPython:
    """What was built, for Python to carry out with one argument after the other.

    Args:
        built: what a function built.
        variables: the variables whose values are given with the arguments.
    """

    def __init__(self, built: Repeatable, variables: Sequence[Variable]) -> None:
        self._operations = built.operations
        read = [v for v in built.read if v not in variables]
        captured = [x for x in built.inputs if not _is_everywhere_the_same(x)]
        self._feeds = [*built.models, *map(_snapshot, variables), *captured, *map(_snapshot, read)]
        #: What is to be handed over: the values of tensors and variables outside.
        self.captured = [*captured, *(v.as_tensor() for v in read)]
        assigns = [op for op in built.operations if op.assigns]
        with built.traced.graph.control_dependencies(None):
            new = [
                record("Identity", None, [], [x], controls=assigns).outputs[0] for x in built.new
            ]
        self._ends = [*built.ends, *new]
        self._prepared: Prepared | None = None

    def __call__(self, arguments: Sequence[Any], captured: Sequence[Any]) -> list[Any]:
        """Return the values of the ends, and the new ones of the variables that are assigned.

        Args:
            arguments: the values of the models, and of the variables.
            captured: those of what is to be handed over.
        """
        if self._prepared is None:
            self._prepared = Prepared(self._ends, self._feeds, self._operations)
        arrays = [np.asarray(value) for value in (*arguments, *captured)]
        return self._prepared(arrays, session_storage.get())


def _snapshot(variable: Variable) -> Tensor:
    return variable.op.outputs[0]


def _is_everywhere_the_same(tensor: Tensor) -> bool:
    """Whether a tensor need not be handed over: a constant, or a variable, which is read again."""
    if tensor.op.has_effect:
        return False
    return tensor.op.type == "VariableV2" or (
        tensor.expression.node.concrete and not tensor.expression.node.random
    )


@dataclass(frozen=True)
class Guarded:
    """What Python carries out only if a condition, its last input, is as it is to be."""

    call: HostCall
    holds: bool

    def __call__(self, operation: Operation, arrays: Sequence[Any]) -> list[Any]:
        """Carry it out, or return zeros in its place."""
        if bool(arrays[-1]) == self.holds:
            return self.call(operation, arrays[:-1])
        return [_nothing(output) for output in operation.outputs]


def _nothing(output: Tensor) -> np.ndarray[Any, Any]:
    shape = tuple(1 if size is None else size for size in output.sizes or ())
    dtype = output.dtype.numpy_dtype
    return np.full(shape, b"", object) if dtype.kind == "O" else np.zeros(shape, dtype)


def guard(operations: Sequence[Operation], condition: Tensor, holds: bool) -> list[Operation]:
    """Let Python carry out operations only where a condition holds, or does not; return those."""
    found = [op for op in operations if op.host is not None]
    for op in found:
        assert op.host is not None
        op.host = Guarded(op.host, holds)  # type: ignore[assignment]
        op.inputs = (*op.inputs, condition)
    return found
