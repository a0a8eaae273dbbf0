"""A network as plain records, so that it can be copied and pickled.

The graph of a network knows, by its tags, which layer call each result is of, and each call knows
tensors of the graph. Taken apart, both know the other by numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from giulgi.graph.node import Node, topological
from giulgi.graph.op import Op
from giulgi.graph.ops.identities import Tag
from giulgi.graph.ops.state import Variable
from giulgi.graph.records import GraphRecord, NodeRecord, put_together, taken_apart
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.calls import LayerCall
from giulgi.nn.layers.freezing import learner_of
from giulgi.nn.phase import phase


@dataclass(frozen=True)
class CallRecord:
    """A layer call: the layer, how many tensors of each kind it has, and what it changes."""

    layer: Layer
    inputs: int
    outputs: int
    updated: tuple[Variable, ...]
    states: tuple[Variable, ...]
    losses: int


@dataclass(frozen=True)
class NetworkRecord:
    """A network: its graph, how many inputs and outputs it has, its layer calls.

    And the layers of which the graph says whether they are frozen.
    """

    graph: GraphRecord
    inputs: int
    outputs: int
    calls: tuple[CallRecord, ...]
    learners: tuple[Layer, ...]


def record_network(
    inputs: Sequence[Tensor], outputs: Sequence[Tensor], calls: Sequence[LayerCall]
) -> NetworkRecord:
    """Return the records of a network."""
    ends = [*inputs, *outputs]
    for call in calls:
        changed = (new for _, new in (*call.updates, *call.states))
        ends += [*call.inputs, *call.outputs, *changed, *call.losses]
    met = map(learner_of, topological(end.node for end in ends))
    learners = tuple(dict.fromkeys(layer for layer in met if layer is not None))
    return NetworkRecord(
        taken_apart(ends, [phase], _numbered_tags(ends, [*calls, *learners])),
        len(inputs),
        len(outputs),
        tuple(
            CallRecord(
                call.layer,
                len(call.inputs),
                len(call.outputs),
                tuple(variable for variable, _ in call.updates),
                tuple(variable for variable, _ in call.states),
                len(call.losses),
            )
            for call in calls
        ),
        learners,
    )


def _numbered_tags(ends: Sequence[Tensor], labels: Sequence[LayerCall | Layer]) -> dict[Node, Op]:
    """Return for each tag one that tells the number of its label in place of the label."""
    numbers = {label: number for number, label in enumerate(labels)}
    found: dict[Node, Op] = {}
    for node in topological(end.node for end in ends):
        if isinstance(node.op, Tag):
            label = node.op.label
            # Calls inside a network that is a layer here belong to that network's own record.
            known = isinstance(label, (LayerCall, Layer)) and label in numbers
            found[node] = Tag(numbers[label] if known else str(label))
    return found


def restore_network(
    record: NetworkRecord,
) -> tuple[list[Tensor], list[Tensor], list[LayerCall]]:
    """Return the inputs, outputs and layer calls of a network that records tell of."""
    calls = [LayerCall(call.layer, []) for call in record.calls]
    tensors = iter(put_together(_with_labels(record.graph, [*calls, *record.learners]), [phase]))

    def take(count: int) -> list[Tensor]:
        return list(islice(tensors, count))

    inputs, outputs = take(record.inputs), take(record.outputs)
    for call, said in zip(calls, record.calls, strict=True):
        call.inputs, call.outputs = take(said.inputs), take(said.outputs)
        call.updates = list(zip(said.updated, take(len(said.updated)), strict=True))
        call.states = list(zip(said.states, take(len(said.states)), strict=True))
        call.losses = take(said.losses)
    return inputs, outputs, calls


def _with_labels(graph: GraphRecord, labels: Sequence[LayerCall | Layer]) -> GraphRecord:
    def with_label(node: NodeRecord) -> NodeRecord:
        if isinstance(node.op, Tag) and isinstance(node.op.label, int):
            return replace(node, op=Tag(labels[node.op.label]))
        return node

    return replace(graph, nodes=tuple(with_label(node) for node in graph.nodes))
