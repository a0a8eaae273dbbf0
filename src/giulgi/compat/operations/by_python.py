"""Operations of Python within networks: where no session carries them out, an expression does.

A loss or layer of a program's own may call ``tf.py_func``. Its result is a placeholder, which a
session fills before it runs the rest. ``fit`` has no session: there each such placeholder becomes a
node that calls the function, whose inputs are those of the operation.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Graph, Operation
from giulgi.compat.operations.host import made_by_python, session_storage
from giulgi.compat.operations.passages import passage_at, refuse
from giulgi.compat.tensors.tensor import Tensor
from giulgi.graph.node import Node, build, topological
from giulgi.graph.op import Op, Spec
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor as Expression
from giulgi.storage import current_storage

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class ByPython(Op):
    """One result of an operation that Python carries out; no gradient flows through it.

    Attributes:
        operation: the operation.
        given: for each of its inputs, the array that it always is, such as of strings; or None,
            for what this node is given.
        place: which result it is.
    """

    operation: Operation
    given: tuple[Array | None, ...]
    place: int

    @property
    def _output(self) -> Tensor:
        found: Tensor = self.operation.outputs[self.place]
        return found

    @property
    def companions(self) -> Operation:
        """What all results of the operation have in common, which is carried out once for all."""
        return self.operation

    def infer(self, *inputs: Expression) -> Spec:
        """Shape and dtype are as declared."""
        output = self._output
        return Spec(output.sizes, output.expression.dtype)

    def numpy(self, *arrays: Array) -> Array:
        """Return the result."""
        return self._results(arrays)[self.place]

    def computed_together(self, ops: Sequence[ByPython], *arrays: Array) -> list[Array]:
        """Return the results of several of these."""
        results = self._results(arrays)
        return [results[op.place] for op in ops]

    def _results(self, arrays: Sequence[Array]) -> list[Array]:
        remaining = iter(arrays)
        every = [next(remaining) if value is None else value for value in self.given]
        return _carried_out(self.operation, every)

    def gradients_together(self, pairs: Any, *inputs: Expression) -> tuple[None, ...]:
        """There are none; where TensorFlow has some, an error says so."""
        if passage_at(self._output.expression.node) is not None:
            refuse(self.operation)
        return (None,) * len(inputs)


def _carried_out(operation: Operation, arrays: Sequence[Array | None]) -> list[Array]:
    """Carry an operation out with the values that hold now."""
    assert operation.host is not None, operation
    token = session_storage.set(current_storage())
    try:
        return operation.host(operation, arrays)
    finally:
        session_storage.reset(token)


def with_python(expression: Expression, graph: Graph, outside: Collection[Node] = ()) -> Expression:
    """Return an expression in which nodes stand for the operations that Python carries out.

    Args:
        expression: the expression.
        graph: the graph of the operations.
        outside: nodes that a session fills, and that stay: a batch of a data set is one for all
            that is made of it.
    """
    if "made by Python" not in graph.notes:
        return expression
    nodes = topological([expression.node])
    pairs = ((node, made_by_python(node, graph)) for node in nodes if node not in outside)
    found = {node: _computed(made, graph, outside) for node, made in pairs if made is not None}
    if not found:
        return expression
    (whole,) = substitute([expression], found)
    return whole


def filled_by_sessions(expressions: Sequence[Expression], graph: Graph) -> set[Node]:
    """Return the nodes in expressions that stand for what Python makes in a session."""
    if "made by Python" not in graph.notes:
        return set()
    nodes = topological(x.node for x in expressions)
    return {node for node in nodes if made_by_python(node, graph) is not None}


def _computed(output: Tensor, graph: Graph, outside: Collection[Node]) -> Expression:
    """Return the node of a result of an operation of Python."""
    operation = output.op
    given = tuple(_constant(x) for x in operation.inputs)
    pairs = zip(operation.inputs, given, strict=True)
    inputs = [with_python(x.expression, graph, outside) for x, array in pairs if array is None]
    return build(ByPython(operation, given, output.value_index), *inputs)


def _constant(tensor: Tensor) -> Array | None:
    """Return the array of text, or of what else giulgi does not compute, if it is always one."""
    if not tensor.dtype.is_foreign:
        return None
    found = _carried_out(tensor.op, [_constant(x) for x in tensor.op.inputs])
    return found[tensor.value_index]
