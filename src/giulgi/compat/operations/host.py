"""Operations that Python carries out while a graph runs: files, queues, strings, summaries.

Their results are placeholders in giulgi's graph. A session carries out what others wait for before
it runs the compiled program, and what only takes results, such as a summary, after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Graph, Operation, get_default_graph
from giulgi.compat.operations.passages import mark_gradient, refuse_later
from giulgi.compat.tensors.dtypes import DType, as_dtype
from giulgi.compat.tensors.shapes import Sizes, TensorShape
from giulgi.compat.tensors.tensor import as_tensor, carried_out, result_of
from giulgi.graph.node import Node
from giulgi.graph.ops.leaves import placeholder
from giulgi.graph.tensor import Tensor as Expression
from giulgi.storage import Storage

#: The values of the session that runs, for what has a state in each: iterators, tables.
session_storage: ContextVar[Storage] = ContextVar("session_storage")
# By when a run of a session is to have what it waits for, on the clock of time.monotonic.
_deadline: ContextVar[float | None] = ContextVar("giulgi_deadline", default=None)


def within(milliseconds: int, run: Callable[[], Any]) -> Any:
    """Return what a function returns, which waits so long at most for what others are to bring."""
    token = _deadline.set(time.monotonic() + milliseconds / 1000)
    try:
        return run()
    finally:
        _deadline.reset(token)


def seconds_left() -> float | None:
    """Return how long may still be waited; None: for ever."""
    end = _deadline.get()
    return None if end is None else max(0.0, end - time.monotonic())


def made_by_python(node: Node, graph: Graph) -> Any:
    """Return the tensor of a graph that a node stands for, if Python makes it; else None."""
    found = node.stands_for
    return found if found is not None and found.graph is graph else None


@dataclass(frozen=True)
class HostCall:
    """What Python carries out.

    Attributes:
        function: takes the arrays of the inputs, in order, and returns that of the one output; or,
            of several outputs, a tuple or list of as many.
    """

    function: Callable[..., Any]

    def __call__(self, operation: Operation, arrays: Sequence[Any]) -> list[np.ndarray[Any, Any]]:
        """Carry it out; return an array for each output."""
        result = self.function(*arrays)
        if not operation.outputs:
            return []
        values = list(result) if len(operation.outputs) > 1 else [result]
        pairs = zip(operation.outputs, values, strict=True)
        return [as_declared(value, output.dtype) for output, value in pairs]


def as_declared(value: Any, declared: DType) -> np.ndarray[Any, Any]:
    """Return what Python made as an array of its dtype."""
    dtype = declared.numpy_dtype
    if dtype.kind == "O":
        return objects(value)
    return np.asarray(value, dtype)


def objects(value: Any) -> np.ndarray[Any, Any]:
    """Return strings, perhaps nested, as an array of bytes objects."""
    array = np.asarray(value, dtype=object)
    encoded = np.empty(array.shape, object)
    for place in np.ndindex(array.shape):
        element: Any = array[place]
        encoded[place] = element.encode() if isinstance(element, str) else element
    return encoded


def stand_in(dtype: DType, sizes: Sizes, name: str) -> Expression:
    """Return the placeholder of what Python makes; one of what giulgi has not stands for it."""
    own = np.dtype(np.uint8) if dtype.is_foreign else dtype.numpy_dtype
    return placeholder(own, sizes, name)


def host_operation(
    type: str,
    function: Callable[..., Any],
    inputs: Sequence[Any] = (),
    outputs: Sequence[tuple[Any, Any]] = (),
    name: str | None = None,
    controls: Sequence[Operation] = (),
    has_gradient: bool = False,
) -> Operation:
    """Add an operation that Python carries out.

    Args:
        type: what kind of operation it is.
        function: takes the arrays of the inputs; see :class:`HostCall`.
        inputs: tensors, or what becomes one.
        outputs: dtype and shape of each result; of the shape as much as is known.
        name: its name.
        controls: operations that take place before.
        has_gradient: whether TensorFlow has a gradient through it, which is missing here.
    """
    graph = get_default_graph()
    own = graph.unique_name(name or type)
    tensors = [as_tensor(value) for value in inputs]
    operation = Operation(graph, type, own, tensors, host=HostCall(function), controls=controls)
    if carried_out(operation, tensors, outputs):
        if has_gradient:
            refuse_later(operation, tensors)
        return operation
    add_outputs(operation, outputs)
    if has_gradient:
        mark_gradient(operation, tensors)
    return operation


def add_outputs(operation: Operation, outputs: Sequence[tuple[Any, Any]]) -> None:
    """Give an operation of Python its results, of some dtypes and shapes."""
    for place, (dtype, shape) in enumerate(outputs):
        declared = as_dtype(dtype)
        value = stand_in(declared, TensorShape(shape).sizes, f"{operation.name}:{place}")
        operation.outputs.append(result_of(operation, place, value, declared))
        # The placeholder holds it: both go together, as soon as nobody has either.
        value.node.stands_for = operation.outputs[-1]
        operation.graph.notes["made by Python"] = True
