"""Graphs that TensorFlow wrote: nodes by name, built of the functions of the stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from giulgi.compat.graph import Graph, Operation
from giulgi.compat.tensor import Tensor
from giulgi.formats.graph_proto import GraphDef, MetaGraphDef


def imported(
    graph_def: GraphDef, graph: Graph, scope: str, given: Mapping[str, Tensor]
) -> dict[str, Operation]:
    """Add the nodes of a message to a graph; return the operations by their names there."""
    del graph, scope, given
    kinds = sorted({node.op for node in graph_def.node})
    raise NotImplementedError(f"a graph that TensorFlow wrote cannot be imported yet: {kinds}")


def imported_meta_graph(
    message: MetaGraphDef, graph: Graph, scope: str, given: Mapping[str, Tensor]
) -> list[Any]:
    """Add the graph of a message to a graph; return its variables."""
    imported(message.graph_def, graph, scope, given)
    return []
