"""Functions of a program that are called once, to build what is then done never, once or often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from giulgi.compat.dtypes import DType, float32
from giulgi.compat.graph import Operation, get_default_graph
from giulgi.compat.host import HostCall, session_storage, stand_in
from giulgi.compat.running import Prepared
from giulgi.compat.shapes import Sizes
from giulgi.compat.tensor import Tensor
from giulgi.graph.node import Node, build, topological
from giulgi.graph.ops.random import RandomBits, redrawn
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor as Expression


def model(dtype: DType, sizes: Sizes, name: str = "Placeholder") -> Tensor:
    """Return a tensor that stands for what a function will be given."""
    graph = get_default_graph()
    own = graph.unique_name(name)
    operation = Operation(graph, "Placeholder", own, [])
    operation.outputs.append(Tensor(operation, 0, stand_in(dtype, sizes, own), dtype))
    return operation.outputs[0]


class Traced:
    """What a function built.

    Args:
        function: the function, of no arguments.

    Attributes:
        result: what it returned.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self.graph = get_default_graph()
        self._began = self.graph.size
        self._first_node = stand_in(float32, (), "first").node.serial
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
        drawn = {}
        for node in self.draws(ends):
            if not any(source in given for source in node.inputs):
                new = redrawn(_without_seed(node.op))
                drawn[node] = build(new, *(Expression(source) for source in node.inputs))
        return substitute(ends, {**drawn, **given})


def _without_seed(op: Any) -> RandomBits:
    found: RandomBits = replace(op, seed=None)
    return found


class ByPython:
    """What was built, for Python to carry out with one argument after the other.

    Args:
        traced: what a function built.
        models: what stands for its arguments.
        ends: what is asked for.
    """

    def __init__(self, traced: Traced, models: Sequence[Tensor], ends: Sequence[Tensor]) -> None:
        operations = traced.operations(ends)
        taken, _ = traced.taken(operations, ends)
        outside = set(models)
        self.captured = [x for x in taken if x not in outside and not _is_everywhere_the_same(x)]
        self._ends, self._models = list(ends), list(models)
        self._prepared: Prepared | None = None

    def __call__(self, arguments: Sequence[Any], captured: Sequence[Any]) -> list[Any]:
        """Return the values of the ends."""
        if self._prepared is None:
            self._prepared = Prepared(self._ends, [*self._models, *self.captured])
        arrays = [np.asarray(value) for value in (*arguments, *captured)]
        return self._prepared(arrays, session_storage.get())


def _is_everywhere_the_same(tensor: Tensor) -> bool:
    """Whether a tensor need not be handed over: a constant, or a variable, which is read again."""
    if tensor.op.host is not None:
        return False
    return tensor.op.type == "VariableV2" or tensor.expression.node.concrete


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
