"""A graph as plain records, to be copied or pickled and put together again.

Nodes are shared by everyone who builds the same expression, so a network cannot be copied by
copying them: its copy has variables, placeholders and random numbers of its own. Each op tells by
``__reduce__`` what becomes of it; the nodes are then built anew, inputs first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from giulgi.graph.node import Node, build, copy_of, topological
from giulgi.graph.op import Op
from giulgi.graph.tensor import Tensor
from giulgi.source import Source, built_for


@dataclass(frozen=True)
class NodeRecord:
    """One node: its op, the places of its inputs among the records, and where it was built.

    It is told apart from its equals if it was a copy; see :mod:`giulgi.graph.apart`.
    """

    op: Op
    inputs: tuple[int, ...]
    name: str
    path: str
    source: Source | None
    is_copy: bool = False  # Files of before do not tell of it.


@dataclass(frozen=True)
class GraphRecord:
    """Some tensors as records.

    Attributes:
        nodes: what is to be built; the tensors that are given from outside come before them.
        ends: for each tensor its place, and the name it was given.
    """

    nodes: tuple[NodeRecord, ...]
    ends: tuple[tuple[int, str | None], ...]


def taken_apart(
    tensors: Sequence[Tensor],
    outside: Sequence[Tensor] = (),
    ops: Mapping[Node, Op] | None = None,
) -> GraphRecord:
    """Return the records of tensors and of all that they depend on.

    Args:
        tensors: what is recorded.
        outside: tensors that are not part of it, and are given again when it is put together.
        ops: other ops to be recorded for some nodes.
    """
    instead = ops or {}
    places = {tensor.node: place for place, tensor in enumerate(outside)}
    nodes = []
    for node in topological((tensor.node for tensor in tensors), stop=places):
        if node in places:
            continue
        places[node] = len(places)
        inputs = tuple(places[source] for source in node.inputs)
        op = instead.get(node, node.op)
        is_copy = node.original is not None
        nodes.append(NodeRecord(op, inputs, node.name, node.path, node.source, is_copy))
    return GraphRecord(tuple(nodes), tuple((places[t.node], t.given_name) for t in tensors))


def put_together(record: GraphRecord, outside: Sequence[Tensor] = ()) -> list[Tensor]:
    """Return the tensors that records tell of, built anew."""
    built = list(outside)
    for node in record.nodes:
        with built_for(node.source, node.path):
            inputs = [built[place] for place in node.inputs]
            made = build(node.op, *inputs, name=node.name or None)
            built.append(Tensor(copy_of(made.node)) if node.is_copy else made)
    return [
        built[place] if name is None else Tensor(built[place].node, name, built[place].source)
        for place, name in record.ends
    ]
