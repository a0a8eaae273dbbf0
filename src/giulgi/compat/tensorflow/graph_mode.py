"""Building graphs within programs that compute at once: functions of data sets, estimators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from giulgi.compat.graphs.graph import Graph


@contextmanager
def building(graph: Graph) -> Iterator[Graph]:
    """Build in a graph, in which nothing is computed until it is run."""
    with graph.as_default():
        yield graph
