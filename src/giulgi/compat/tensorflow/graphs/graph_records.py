"""A graph of named operations as bytes, and back: what ``.meta`` and ``.pb`` files hold.

Operations here are expressions of giulgi, which TensorFlow's nodes and attributes cannot tell. So
they are kept as giulgi's own records, pickled, in an attribute of the first node; the nodes around
it are for those who look at a graph. What is read may name nothing but giulgi's operations and
NumPy's arrays, so that a file cannot bring code of its own.

What Python carries out is in a file if it is a function of a module of the stand-in, such as that
which decodes pictures: the file names it. Anything else, such as ``tf.py_func`` or a summary, is
not in a file: it is there by name, and says so when it is run. Of a SavedModel, which is often
tried at once, the process that wrote it finds all functions again; see :func:`staying`.
"""

from __future__ import annotations

import builtins
import importlib
import io
import pickle
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import Graph, Operation
from giulgi.compat.operations.deferred import Deferred, not_in_file
from giulgi.compat.operations.with_gradient import WithGradient, lost
from giulgi.compat.tensorflow.graphs.functions_in_files import called_again, told_of
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.tensor import Tensor
from giulgi.compat.variables.variable import Variable
from giulgi.errors import GiulgiError
from giulgi.graph.node import Node, topological
from giulgi.graph.op import Op
from giulgi.graph.ops.identities import Tag
from giulgi.graph.records import put_together, taken_apart
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor as Expression
from giulgi.nn.layers.calls import LayerCall
from giulgi.nn.phase import phase

_VERSION = 1
_PLAIN = (str, bytes, int, float, bool, type(None))

# Writing


@dataclass
class _Places:
    """The numbers of operations, variables and expressions in a file."""

    operations: dict[Operation, int]
    variables: dict[Any, int]
    expressions: list[Expression] = field(default_factory=list)

    def expression(self, value: Expression) -> int:
        """Return the number of an expression, which is added."""
        self.expressions.append(value)
        return len(self.expressions) - 1

    def tensor(self, tensor: Tensor) -> tuple[int, int]:
        """Return which operation a tensor is of, and which result."""
        return self.operations[tensor.op], tensor.value_index


def to_bytes(
    graph: Graph,
    operations: Sequence[Operation] | None = None,
    values: Mapping[Any, np.ndarray[Any, Any]] | None = None,
) -> bytes:
    """Return a graph as bytes.

    Args:
        graph: the graph.
        operations: those of its operations that are kept; None: all.
        values: variables that become constants, and their values.
    """
    kept = graph.get_operations() if operations is None else list(operations)
    frozen = {variable.op for variable in values or {}}
    kept = [op for op in kept if not _is_of(op, frozen)]
    variables = [v for v in variables_of(graph) if v.op in set(kept) and v.op not in frozen]
    places = _Places(
        {op: number for number, op in enumerate(kept)},
        {variable: number for number, variable in enumerate(variables)},
    )
    told = [_operation(op, places, frozen) for op in kept]
    cells = [_variable(variable, places) for variable in variables]
    expressions = places.expressions
    if values:
        constants = {v.variable.node: gg.constant(array) for v, array in values.items()}
        expressions = substitute(expressions, constants)
    outside = [phase, *(variable.variable for variable in variables)]
    record = taken_apart(expressions, outside, _ops_that_are_kept(expressions))
    content = {
        "version": _VERSION,
        "seed": graph.seed,
        "record": record,
        "operations": told,
        "variables": cells,
        "collections": _collections(graph, places),
    }
    try:
        return pickle.dumps(content, protocol=4)
    except _NOT_PICKLED:
        ops = _ops_that_are_kept(expressions) | _ops_that_are_lost(expressions)
        content["record"] = taken_apart(expressions, outside, ops)
        return pickle.dumps(content, protocol=4)


_NOT_PICKLED = (AttributeError, TypeError, pickle.PicklingError, GiulgiError)


def _ops_that_are_lost(expressions: Sequence[Expression]) -> dict[Node, Op]:
    """Return what stands for operations that hold functions of the program: they say so."""
    found: dict[Node, Op] = {}
    for node in topological(x.node for x in expressions):
        try:
            pickle.dumps(node.op, protocol=4)
        except _NOT_PICKLED:
            own = Expression(node)
            found[node] = Deferred(not_in_file, 0, own.dtype, own.known_shape, needs_sizes=True)
    return found


def _ops_that_are_kept(expressions: Sequence[Expression]) -> dict[Node, Op]:
    """Return what stands for operations that hold more than values: calls of layers, functions."""
    found: dict[Node, Op] = {}
    for node in topological(x.node for x in expressions):
        if isinstance(node.op, WithGradient):
            found[node] = WithGradient(lost)
        elif isinstance(node.op, Tag) and isinstance(node.op.label, LayerCall):
            found[node] = Tag(str(node.op.label))
    return found


def _is_of(operation: Operation, frozen: Collection[Operation]) -> bool:
    """Whether an operation assigns to variables that have become constants."""
    return any(variable.op in frozen for variable, _ in operation.assigns)


def variables_of(graph: Graph) -> list[Any]:
    """Return all variables of a graph, also those of no collection."""
    found: dict[Any, None] = {}
    for operation in graph.get_operations():
        for variable, _ in operation.assigns:
            if isinstance(variable, Variable):
                found[variable] = None
    return list(found)


def _operation(op: Operation, places: _Places, frozen: Collection[Operation]) -> dict[str, Any]:
    known = places.operations
    outputs = [(places.expression(x.expression), x.dtype.name, x.sizes) for x in op.outputs]
    return {
        "name": op.name,
        "type": "Const" if op in frozen else op.type,
        "inputs": [places.tensor(x) for x in op.inputs if x.op in known],
        "controls": [known[x] for x in op.control_inputs if x in known],
        "outputs": outputs,
        "assigns": [
            (places.variables[variable], places.expression(new))
            for variable, new in op.assigns
            if variable in places.variables
        ],
        "host": op.host is not None,
        **told_of(op),
    }


def _variable(variable: Any, places: _Places) -> dict[str, Any]:
    own, known = variable.variable, places.operations
    first = variable.initial_value
    return {
        "name": own.name,
        "op": known[variable.op],
        "shape": own.shape,
        "dtype": own.dtype.str,
        "trainable": bool(variable.trainable),
        "initial": places.tensor(first) if first.op in known else None,
        "initializer": known.get(variable.initializer),
    }


def _collections(graph: Graph, places: _Places) -> dict[str, list[Any]]:
    """Return what the collections of a graph hold that can be told."""
    found: dict[str, list[Any]] = {}
    for name in graph.get_all_collection_keys():
        if isinstance(name, str):
            told = [_reference(value, places) for value in graph.get_collection(name)]
            found[name] = [value for value in told if value is not None]
    return {name: values for name, values in found.items() if values}


def _reference(value: Any, places: _Places) -> tuple[str, Any] | None:
    if isinstance(value, Tensor) and value.op in places.operations:
        return "tensor", places.tensor(value)
    if isinstance(value, Operation) and value in places.operations:
        return "operation", places.operations[value]
    if isinstance(value, Variable) and value in places.variables:
        return "variable", places.variables[value]
    return ("value", value) if isinstance(value, _PLAIN) and value is not None else None


# Reading


class _Reader(pickle.Unpickler):
    """Reads records, and nothing that is not giulgi's graph or NumPy's arrays."""

    def find_class(self, module: str, name: str) -> Any:
        module = _FORMER.get(module, module)
        numpys = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray", "numpy.dtypes")
        is_ours = module.startswith("giulgi.graph.") or module in _OURS
        if is_ours and "." not in name:
            found = getattr(importlib.import_module(module), name, None)
            if getattr(found, "__module__", None) == module:
                return found
        if module == "builtins" and name in ("slice", "Ellipsis"):
            return getattr(builtins, name)
        if module in numpys and (name in _NUMPYS or name.endswith("DType")):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"a graph has no {module}.{name}")


_OURS = (
    "giulgi.source",
    "giulgi.compat.variables.assigned",
    "giulgi.compat.operations.deferred",
    "giulgi.compat.operations.with_gradient",
    "giulgi.compat.tensors.dtypes",
    "giulgi.tree",
)
# Where they were in files of version 1, before there were rooms.
_FORMER = {
    "giulgi.compat.assigned": "giulgi.compat.variables.assigned",
    "giulgi.compat.deferred": "giulgi.compat.operations.deferred",
    "giulgi.compat.with_gradient": "giulgi.compat.operations.with_gradient",
    "giulgi.compat.dtypes": "giulgi.compat.tensors.dtypes",
}
_NUMPYS = ("dtype", "ndarray", "_reconstruct", "scalar", "_frombuffer")


@dataclass
class Restored:
    """What was read of a graph.

    Attributes:
        operations: the operations by their names in the file.
        variables: the variables.
    """

    operations: dict[str, Operation]
    variables: list[Any]


def from_bytes(
    data: bytes,
    graph: Graph,
    scope: str = "",
    input_map: Mapping[str, Tensor] | None = None,
    *,
    with_collections: bool = False,
) -> Restored:
    """Add what bytes tell to a graph.

    Args:
        data: what :func:`to_bytes` returned.
        graph: the graph.
        scope: what the names of operations begin with.
        input_map: names of tensors in the file, and what takes their place.
        with_collections: whether what is in collections joins those of the graph.

    Raises:
        ValueError: if the bytes are of a later version.
    """
    content = _Reader(io.BytesIO(data)).load()
    if content["version"] > _VERSION:
        raise ValueError(f"this graph was written by a later giulgi, version {content['version']}")
    cells = [
        gg.Variable(
            gg.zeros(told["shape"], told["dtype"]), told["name"], trainable=told["trainable"]
        )
        for told in content["variables"]
    ]
    expressions = put_together(content["record"], [phase, *cells])
    expressions = substitute(expressions, _replaced(content, expressions, input_map or {}))
    variables: list[Any] = [Variable.__new__(Variable) for _ in cells]
    made: list[Operation] = []
    for told in content["operations"]:
        made.append(_restored(told, graph, scope, made, variables, expressions))
    for variable, told, cell in zip(variables, content["variables"], cells, strict=True):
        initial = told["initial"]
        first = None if initial is None else made[initial[0]].outputs[initial[1]]
        start = told["initializer"]
        variable.restore(
            cell, made[told["op"]], first, None if start is None else made[start],
            told["trainable"],
        )  # fmt: skip
    if with_collections:
        for name, values in content["collections"].items():
            for kind, value in values:
                graph.add_to_collection(name, _referred(kind, value, made, variables))
    names = [told["name"] for told in content["operations"]]
    return Restored(dict(zip(names, made, strict=True)), variables)


def _replaced(
    content: Mapping[str, Any], expressions: Sequence[Expression], given: Mapping[str, Tensor]
) -> dict[Node, Expression]:
    """Return what takes the place of the tensors of some names."""
    found = {}
    for told in content["operations"]:
        for place, (number, _, _) in enumerate(told["outputs"]):
            instead = given.get(f"{told['name']}:{place}")
            if instead is None and place == 0:
                instead = given.get(told["name"])
            if instead is not None:
                found[expressions[number].node] = instead.expression
    return found


def _restored(
    told: Mapping[str, Any],
    graph: Graph,
    scope: str,
    made: Sequence[Operation],
    variables: Sequence[Any],
    expressions: Sequence[Expression],
) -> Operation:
    """Return an operation that is added to a graph as a file tells it."""
    with graph.control_dependencies(None), graph.name_scope(f"{scope}/" if scope else None):
        operation = Operation(
            graph,
            told["type"],
            graph.unique_name(told["name"]),
            [made[number].outputs[place] for number, place in told["inputs"]],
            [(variables[number], expressions[new]) for number, new in told["assigns"]],
            called_again(told) if told["host"] else None,
            [made[number] for number in told["controls"]],
        )
    for place, (number, dtype, sizes) in enumerate(told["outputs"]):
        output = Tensor(operation, place, expressions[number], as_dtype(dtype))
        output.sizes = sizes
        operation.outputs.append(output)
    return operation


def _referred(kind: str, value: Any, made: Sequence[Operation], variables: Sequence[Any]) -> Any:
    if kind == "tensor":
        return made[value[0]].outputs[value[1]]
    if kind == "operation":
        return made[value]
    return variables[value] if kind == "variable" else value
