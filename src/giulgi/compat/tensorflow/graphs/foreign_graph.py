"""Graphs that TensorFlow wrote: nodes by name, built of the functions of the stand-in.

A node of a kind that has no rule is there by its name, and says so when it is run: so a graph of
training can be imported to predict, though it holds hundreds of nodes for gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, Graph, Operation
from giulgi.compat.operations.host import HostCall, stand_in
from giulgi.compat.tensorflow.graphs.foreign_nodes import RULES, Attributes
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.compat.variables.variable import Variable
from giulgi.errors import GiulgiError
from giulgi.formats.graph_proto import GraphDef, MetaGraphDef, NodeDef
from giulgi.formats.messages import Message

_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
_SWITCHES = ("Switch", "RefSwitch")
_OF_VARIABLES = (
    Collections.GLOBAL_VARIABLES, Collections.TRAINABLE_VARIABLES, Collections.LOCAL_VARIABLES,
    Collections.MODEL_VARIABLES, Collections.MOVING_AVERAGE_VARIABLES,
)  # fmt: skip
_ASSIGNMENTS: dict[str, Callable[[Any, Any], Any]] = {
    "Assign": lambda old, new: new,
    "AssignVariableOp": lambda old, new: new,
    "AssignAdd": lambda old, new: old + new,
    "AssignSub": lambda old, new: old - new,
}


class VariableDef(Message):
    """A variable of a collection."""

    FIELDS = {  # noqa: RUF012
        "variable_name": (1, "string"), "initializer_name": (2, "string"),
        "snapshot_name": (3, "string"), "initial_value_name": (6, "string"),
    }  # fmt: skip


def imported(
    graph_def: GraphDef, graph: Graph, scope: str, given: Mapping[str, Tensor]
) -> dict[str, Operation]:
    """Add the nodes of a message to a graph; return the operations by their names there.

    Args:
        graph_def: the message.
        graph: the graph.
        scope: what the names of operations begin with.
        given: names of tensors in the message, and what takes their place.
    """
    return _Import(graph_def, graph, scope, given).operations


class _Import:
    """A graph that is imported.

    Attributes:
        operations: the operations by their names in the message.
        variables: the variables by the names of their nodes there.
    """

    def __init__(
        self, graph_def: GraphDef, graph: Graph, scope: str, given: Mapping[str, Tensor]
    ) -> None:
        self._graph, self._scope, self._given = graph, scope, given
        # Expressions are made in a graph of their own, so that each node becomes one operation.
        self._scratch = Graph()
        self._scratch.takes_others = True
        self.operations: dict[str, Operation] = {}
        self.variables: dict[str, Any] = {}
        # In which branches of which conditions a node is: by the names of these, and 1 or 0.
        self._branches: dict[str, frozenset[tuple[str, int]]] = {}
        self._nodes = {node.name: node for node in graph_def.node}
        self._counts = _counts_of_outputs(graph_def)
        for node in _ordered(graph_def):
            with graph.control_dependencies(None):
                self._branches[node.name] = frozenset().union(*map(self._branches_of, node.input))
                self.operations[node.name] = self._made(node)

    def _made(self, node: NodeDef) -> Operation:
        known = self.operations
        names = [name for name in node.input if not name.startswith("^")]
        controls = [known[n[1:]] for n in node.input if n.startswith("^") and n[1:] in known]
        inputs = [self._tensor(name) for name in names]
        if None in inputs:
            there = [x for x in inputs if x is not None]
            return self._missing(node, there, "it needs what giulgi does not have")
        attributes = Attributes(node.attr)
        if node.op in _VARIABLES:
            return self._variable(node, attributes)
        if node.op in ("NoOp", "ControlTrigger"):
            return self._operation(node, inputs, controls=controls)
        if node.op in ("Placeholder", "PlaceholderV2"):
            operation = self._operation(node, [])
            dtype = as_dtype(attributes.value("dtype"))
            value = stand_in(dtype, attributes.value("shape"), operation.name)
            operation.outputs.append(Tensor(operation, 0, value, dtype))
            return operation
        try:
            if node.op in ("Merge", "RefMerge"):
                return self._merged(node, inputs)
            if node.op in _ASSIGNMENTS:
                return self._assigned(node, inputs, controls)
            return self._computed(node, inputs, controls, attributes)
        except (KeyError, TypeError, ValueError, IndexError, NotImplementedError, GiulgiError) as e:
            reason = "there is no rule for it" if isinstance(e, KeyError) else str(e)
            return self._missing(node, inputs, reason)

    def _tensor(self, name: str) -> Any:
        """Return a tensor by its name; None if it is not there, as within a loop."""
        own, _, place = name.partition(":")
        whole = f"{own}:{place or 0}"
        instead = self._given.get(whole, self._given.get(name))
        outputs = self.operations[own].outputs if own in self.operations else []
        if instead is None and int(place or 0) < len(outputs):
            return outputs[int(place or 0)]
        return instead

    def _operation(self, node: NodeDef, inputs: Sequence[Tensor], **options: Any) -> Operation:
        scope = f"{self._scope}/" if self._scope else None
        with self._graph.name_scope(scope):
            name = self._graph.unique_name(node.name)
        kind = "VariableV2" if node.op in _VARIABLES else node.op
        return Operation(self._graph, kind, name, inputs, **options)

    def _computed(
        self, node: NodeDef, inputs: list[Tensor], controls: list[Operation], a: Attributes
    ) -> Operation:
        rule = RULES[node.op]
        with self._scratch.as_default():
            made = rule(inputs, a)
            results = [as_tensor(x) for x in (made if isinstance(made, (list, tuple)) else [made])]
        first = results[0].op
        if first.host is not None and first.graph is self._scratch:
            operation = self._operation(node, first.inputs, host=first.host, controls=controls)
        else:
            operation = self._operation(node, inputs, controls=controls)
        for place, result in enumerate(results):
            output = Tensor(operation, place, result.expression, result.dtype)
            output.sizes = result.sizes
            operation.outputs.append(output)
        return operation

    def _branches_of(self, name: str) -> frozenset[tuple[str, int]]:
        """Return in which branches an input of a node is."""
        own, _, place = name.removeprefix("^").partition(":")
        found = self._branches.get(own, frozenset())
        switch = self._nodes.get(own)
        if switch is not None and switch.op in _SWITCHES and not name.startswith("^"):
            return found | {(switch.input[1], int(place or 0))}
        return found

    def _merged(self, node: NodeDef, inputs: list[Tensor]) -> Operation:
        """Return the value of the branch that a condition chooses."""
        first, second = map(self._branches_of, node.input)
        for condition, side in first:
            other = (condition, 1 - side)
            if other in second and other not in first and (condition, side) not in second:
                break
        else:
            raise ValueError("it is part of a loop")
        yes, no = inputs if side else reversed(inputs)
        chosen = self._tensor(condition)
        value = gg.where(chosen.expression, yes.expression, no.expression)
        ours = {(condition, 0), (condition, 1)}
        self._branches[node.name] -= ours
        operation = self._operation(node, [chosen, *inputs])
        place = gg.cast(chosen.expression if side == 0 else ~chosen.expression, "int32")
        for number, result in enumerate((value, place)):
            operation.outputs.append(Tensor(operation, number, result))
        return operation

    def _variable(self, node: NodeDef, a: Attributes) -> Operation:
        dtype = as_dtype(a.value("dtype"))
        cell = gg.Variable(gg.zeros(tuple(a.value("shape")), dtype.numpy_dtype), node.name)
        operation = self._operation(node, [])
        operation.outputs.append(Tensor(operation, 0, cell))
        made = Variable.__new__(Variable)
        made.restore(cell, operation, None, None, False)
        self.variables[node.name] = made
        return operation

    def _assigned(
        self, node: NodeDef, inputs: list[Tensor], controls: list[Operation]
    ) -> Operation:
        variable = self.variables[node.input[0]]
        new = _ASSIGNMENTS[node.op](variable.variable, inputs[1].expression)
        new = gg.broadcast_to(gg.cast(new, variable.variable.dtype), variable.variable.shape)
        assigns = [(variable, new)]
        operation = self._operation(node, inputs, assigns=assigns, controls=controls)
        operation.outputs.append(Tensor(operation, 0, new))
        if node.op in ("Assign", "AssignVariableOp") and variable.initializer is None:
            variable.initializer, variable.initial_value = operation, inputs[1]
        return operation

    def _missing(self, node: NodeDef, inputs: Sequence[Tensor], reason: str) -> Operation:
        """Return an operation that says, when it is run, why it cannot be."""

        def fail(*_: Any) -> Any:
            raise NotImplementedError(
                f"{node.name} is a node {node.op} of a graph that TensorFlow wrote, which giulgi "
                f"cannot compute: {reason}"
            )

        operation = self._operation(node, inputs, host=HostCall(fail))
        told = Attributes(node.attr).value("T", "float32")
        # Nodes that take many tensors have a list of dtypes, which says nothing of the results.
        declared = as_dtype("float32" if isinstance(told, list) else told)
        for place in range(self._counts.get(node.name, 1)):
            value = stand_in(declared, None, f"{operation.name}:{place}")
            operation.outputs.append(Tensor(operation, place, value, declared))
        return operation


def _counts_of_outputs(graph_def: GraphDef) -> dict[str, int]:
    """Return how many results of each node are used by others."""
    found: dict[str, int] = {}
    for node in graph_def.node:
        for name in node.input:
            own, _, place = name.removeprefix("^").partition(":")
            found[own] = max(found.get(own, 1), int(place or 0) + 1)
    return found


def _ordered(graph_def: GraphDef) -> list[NodeDef]:
    """Return the nodes, each after its inputs; a loop is entered where it comes first."""
    nodes = {node.name: node for node in graph_def.node}
    order: list[NodeDef] = []
    seen: set[str] = set()
    for root in nodes:
        waiting = [(root, False)]
        while waiting:
            name, is_done = waiting.pop()
            if is_done:
                order.append(nodes[name])
            elif name not in seen and name in nodes:
                seen.add(name)
                waiting.append((name, True))
                inputs = [x.removeprefix("^").partition(":")[0] for x in nodes[name].input]
                waiting += [(own, False) for own in reversed(inputs)]
    return order


def imported_meta_graph(
    message: MetaGraphDef, graph: Graph, scope: str, given: Mapping[str, Tensor]
) -> list[Any]:
    """Add the graph of a message, and its collections, to a graph; return its variables."""
    found = _Import(message.graph_def, graph, scope, given)
    saved: list[Any] = []
    for name, collection in message.collection_def.items():
        if collection.WhichOneof("kind") == "node_list":
            members = [_member(found.operations, own) for own in collection.node_list.value]
        elif name in _OF_VARIABLES:
            told = [VariableDef.FromString(raw) for raw in collection.bytes_list.value]
            names = [one.variable_name.partition(":")[0] for one in told]
            members = [found.variables[own] for own in names if own in found.variables]
        else:
            continue
        for member in members:
            if member is not None:
                graph.add_to_collection(name, member)
        if name == Collections.GLOBAL_VARIABLES:
            saved = members
        if name == Collections.TRAINABLE_VARIABLES:
            for variable in members:
                variable.trainable = True
    return saved or list(found.variables.values())


def _member(operations: Mapping[str, Operation], name: str) -> Any:
    own, _, place = name.partition(":")
    if own not in operations:
        return None
    return operations[own].outputs[int(place)] if place else operations[own]
