"""Graphs as messages: ``tf.GraphDef``, and what imports, freezes and writes them.

A message of giulgi's own graph has the names, kinds and inputs of all operations for those who look
at it, and giulgi's records of what they compute; see :mod:`.graph_records`. Of a message that
TensorFlow wrote, those nodes are built that are in the table of :mod:`.foreign_graph`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Graph, Operation, get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.graphs import foreign_graph, graph_records
from giulgi.compat.tensors.dtypes import DType
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.formats import graph_proto
from giulgi.formats.graph_proto import AttrValue, GraphDef, NodeDef, shape_proto
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.leaves import Placeholder
from giulgi.graph.ops.state import ReadVariable
from giulgi.graph.tensor import Tensor as Expression

#: The attribute of the first node that holds giulgi's records.
RECORDS = "_giulgi"

# Constants up to this size are told in a message; giulgi's records have all of them. Weights that
# are frozen are looked at by programs that take them out of the message.
_TOLD_ELEMENTS = 64
_TOLD_WEIGHTS = 1 << 20

for _name, _message in {
    "GraphDef": GraphDef,
    "NodeDef": NodeDef,
    "AttrValue": AttrValue,
    "TensorShapeProto": graph_proto.TensorShapeProto,
    "TensorProto": graph_proto.TensorProto,
    "MetaGraphDef": graph_proto.MetaGraphDef,
}.items():
    export(_name, _message)
export("core.framework.graph_pb2.GraphDef", GraphDef)
export("core.framework.node_def_pb2.NodeDef", NodeDef)
export("core.framework.attr_value_pb2.AttrValue", AttrValue)


def described(operations: Iterable[Operation]) -> GraphDef:
    """Return what operations are called, and what they are made of: what TensorBoard draws."""
    found = GraphDef(versions=graph_proto.VersionDef(producer=175))
    for operation in operations:
        found.node.append(_node(operation))
    return found


def _node(operation: Operation) -> NodeDef:
    node = NodeDef(name=operation.name, op=operation.type)
    for tensor in operation.inputs:
        node.input.append(tensor.op.name if tensor.value_index == 0 else tensor.name)
    node.input.extend(f"^{op.name}" for op in operation.control_inputs)
    outputs = operation.outputs
    if not outputs:
        return node
    node.attr["_output_shapes"].list.shape.extend(shape_proto(x.sizes) for x in outputs)
    own = "dtype" if not operation.inputs else "T"
    node.attr[own].type = graph_proto.number_of(outputs[0].dtype.numpy_dtype)
    if operation.type in ("Placeholder", "VariableV2"):
        node.attr["shape"].shape.CopyFrom(shape_proto(outputs[0].sizes))
    value = getattr(outputs[0].expression.op, "value", None)
    if operation.type == "Const" and isinstance(value, np.ndarray) and value.size <= _TOLD_ELEMENTS:
        node.attr["value"].tensor.CopyFrom(graph_proto.array_proto(value))
    return node


def graph_def_of(
    graph: Graph,
    operations: Sequence[Operation] | None = None,
    values: Mapping[Any, np.ndarray[Any, Any]] | None = None,
) -> GraphDef:
    """Return a graph as a message that can be imported again; see :func:`.to_bytes`."""
    chosen = graph.get_operations() if operations is None else list(operations)
    frozen = {variable.op: array for variable, array in (values or {}).items()}
    chosen = [op for op in chosen if not any(v.op in frozen for v, _ in op.assigns)]
    found = described(chosen)
    arrays = {op.name: array for op, array in frozen.items()}
    for node in found.node:
        if node.op == "VariableV2" and node.name in arrays:
            node.op = "Const"
            array = np.asarray(arrays[node.name])
            if array.size <= _TOLD_WEIGHTS:
                node.attr["value"].tensor.CopyFrom(graph_proto.array_proto(array))
    if found.node:
        records = graph_records.to_bytes(graph, chosen, values)
        found.node[0].attr[RECORDS].s = records
    return found


def records_in(graph_def: GraphDef) -> bytes | None:
    """Return giulgi's records of a message; None if something else wrote it."""
    for node in graph_def.node:
        if RECORDS in node.attr:
            return bytes(node.attr[RECORDS].s)
    return None


@exported("import_graph_def", "graph_util.import_graph_def")
def import_graph_def(
    graph_def: Any,
    input_map: Mapping[str, Any] | None = None,
    return_elements: Sequence[str] | None = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Any] | None:
    """Add the operations of a message to the default graph.

    Args:
        graph_def: the message, or a graph.
        input_map: names of tensors in the message, and what takes their place.
        return_elements: names of operations and tensors that are returned.
        name: what the names of operations begin with; None: ``import``; "": nothing.
        op_dict: has no meaning.
        producer_op_list: has no meaning.

    Returns:
        What is named by ``return_elements``; else None.
    """
    del op_dict, producer_op_list
    graph = get_default_graph()
    message = graph_def_of(graph_def) if isinstance(graph_def, Graph) else graph_def
    given = {key: as_tensor(value) for key, value in (input_map or {}).items()}
    scope = "import" if name is None else name.rstrip("/")
    if scope:
        with graph.name_scope(scope) as unique:
            scope = unique.rstrip("/")
    records = records_in(message)
    if records is None:
        operations = foreign_graph.imported(message, graph, scope, given)
    else:
        operations = graph_records.from_bytes(records, graph, scope, given).operations
    if return_elements is None:
        return None
    return [_element(operations, element) for element in return_elements]


def _element(operations: Mapping[str, Operation], name: str) -> Any:
    own, _, place = name.partition(":")
    if own not in operations:
        raise ValueError(f"Requested return_element {name!r} not found in graph_def.")
    return operations[own].outputs[int(place)] if place else operations[own]


# Parts of graphs, and files


def _needed(graph: Graph, names: Iterable[str]) -> list[Operation]:
    """Return the operations that some are computed from, in their order."""
    waiting = [graph.get_operation_by_name(name.partition(":")[0]) for name in names]
    seen: set[Operation] = set()
    while waiting:
        while waiting:
            operation = waiting.pop()
            if operation not in seen:
                seen.add(operation)
                waiting += operation.needed
        waiting += _leaves_of(graph, seen) - seen
    return sorted(seen, key=lambda operation: operation.number)


def _leaves_of(graph: Graph, operations: Iterable[Operation]) -> set[Operation]:
    """Return what is fed or assigned that results depend on; layers do not name it as inputs."""
    from giulgi.compat.keras.boundary import named

    outputs = [x for op in graph.get_operations() for x in op.outputs]
    makers = {x.expression.node: x.op for x in outputs if _is_leaf(x.expression.node)}
    found = set()
    for node in topological(x.expression.node for op in operations for x in op.outputs):
        if node in makers:
            found.add(makers[node])
        elif isinstance(node.op, Placeholder):  # An input of a network that nobody has looked at.
            with graph.as_default():
                found.add(named(Expression(node)).op)
    return found


def _is_leaf(node: Node) -> bool:
    return isinstance(node.op, (Placeholder, ReadVariable))


@exported(
    "graph_util.convert_variables_to_constants",
    "python.framework.graph_util.convert_variables_to_constants",
    "python.framework.graph_util_impl.convert_variables_to_constants",
)
def convert_variables_to_constants(
    sess: Any,
    input_graph_def: Any,
    output_node_names: Sequence[str],
    variable_names_whitelist: Any = None,
    variable_names_blacklist: Any = None,
) -> GraphDef:
    """Return what some operations are computed from, with variables as the values they have.

    Args:
        sess: the session that has the values.
        input_graph_def: has no meaning: the graph is that of the session.
        output_node_names: the operations.
        variable_names_whitelist: the variables that become constants; None: all.
        variable_names_blacklist: those that stay.
    """
    del input_graph_def
    from giulgi.compat.tensorflow.train.saver import raw_session, value_in

    session = raw_session(sess)
    operations = _needed(session.graph, output_node_names)
    kept = set(operations)
    stay = set(variable_names_blacklist or [])
    values = {
        variable: value_in(session, variable)
        for variable in graph_records.variables_of(session.graph)
        if variable.op in kept
        and variable.op.name not in stay
        and (variable_names_whitelist is None or variable.op.name in variable_names_whitelist)
    }
    return graph_def_of(session.graph, operations, values)


@exported("graph_util.extract_sub_graph", "python.framework.graph_util.extract_sub_graph")
def extract_sub_graph(graph_def: Any, dest_nodes: Sequence[str]) -> GraphDef:
    """Return what some operations are computed from."""
    graph = Graph()
    with graph.as_default():
        import_graph_def(graph_def, name="")
    return graph_def_of(graph, _needed(graph, dest_nodes))


@exported("graph_util.remove_training_nodes", "python.framework.graph_util.remove_training_nodes")
def remove_training_nodes(input_graph: Any, protected_nodes: Any = None) -> Any:
    """Return the graph: what it does not need is not computed anyway."""
    del protected_nodes
    return input_graph


@exported("graph_util.tensor_shape_from_node_def_name")
def tensor_shape_from_node_def_name(graph: Graph, input_name: str) -> Any:
    """Return the shape of a tensor, by its name or that of its operation."""
    own = input_name if ":" in input_name else f"{input_name}:0"
    return graph.get_tensor_by_name(own).get_shape()


@exported("train.write_graph", "io.write_graph", "python.framework.graph_io.write_graph")
def write_graph(graph_or_graph_def: Any, logdir: Any, name: str, as_text: bool = True) -> str:
    """Write a graph into a file; return its path.

    Args:
        graph_or_graph_def: the graph, or a message.
        logdir: the folder, which is made if it is not there.
        name: the name of the file.
        as_text: whether people are to read it, as they can all but one attribute of the first node:
            giulgi's records, by which the file can be imported again.
    """
    message: Any = graph_or_graph_def
    if isinstance(message, Graph):
        message = graph_def_of(message)
    folder = os.fsdecode(logdir)
    os.makedirs(folder or ".", exist_ok=True)
    path = Path(folder, name)
    if as_text:
        path.write_text(str(message), encoding="utf-8")
    else:
        path.write_bytes(message.SerializeToString())
    return str(path)


def tensor_info(tensor: Any) -> graph_proto.TensorInfo:
    """Return the name, dtype and shape of a tensor as a message."""
    given: Tensor = as_tensor(tensor)
    dtype: DType = given.dtype
    return graph_proto.TensorInfo(
        name=given.name,
        dtype=graph_proto.number_of(dtype.numpy_dtype),
        tensor_shape=shape_proto(given.sizes),
    )
