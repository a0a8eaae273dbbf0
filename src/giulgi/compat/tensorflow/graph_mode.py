"""Building graphs within programs that compute at once: functions of data sets, estimators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from giulgi.compat.graph import Graph
from giulgi.compat.variables import set_eager


@contextmanager
def building(graph: Graph) -> Iterator[Graph]:
    """Build in a graph, in which nothing is computed until it is run."""
    compute, taping = set_eager._compute, set_eager.taping
    set_eager(None)
    set_eager.taping = False
    try:
        with graph.as_default():
            yield graph
    finally:
        set_eager(compute)
        set_eager.taping = taping
