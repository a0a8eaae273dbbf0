"""A graph that grows while it runs: a mistake that beginners make, told of once.

A line such as ``session.run(tf.argmax(y, 1))`` in a loop builds new operations each time, and what
is new is to be prepared anew.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from giulgi.advice import advise
from giulgi.compat.graphs.graph import Graph
from giulgi.source import Source, current_source

# A line is told of when it has run something new so often, in a graph that had grown each time.
_OFTEN = 20


class _Growth:
    """How a graph grew, by the line that ran something new."""

    def __init__(self) -> None:
        self.sizes: dict[Source, list[int]] = {}
        self.is_told = False


_growths: WeakKeyDictionary[Graph, _Growth] = WeakKeyDictionary()


def note_new_run(graph: Graph) -> None:
    """Take note that a line runs what was not run before, and say so if that is a habit."""
    growth = _growths.setdefault(graph, _Growth())
    if growth.is_told or graph.is_eager:
        return
    source = current_source()
    if source is None:
        return
    sizes = growth.sizes.setdefault(source, [])
    if sizes and sizes[-1] == graph.size:
        return
    sizes.append(graph.size)
    if len(sizes) < _OFTEN:
        return
    growth.is_told = True
    step = (sizes[-1] - sizes[0]) // (len(sizes) - 1)
    many = f"{step} operations" if step > 1 else "an operation"
    built = _built_at(graph)
    where = "" if built in (None, source) else f", built at {built.short} ({built.text}),"
    advise(
        f"the graph grows: each time this line runs, it runs something new{where} and the graph "
        f"has {many} more, {sizes[-1]:,} by now. It still runs, but what is new has to be prepared "
        "anew each time. Build it once before the loop, and only run it in the loop."
    )


def _built_at(graph: Graph) -> Source | None:
    """Return the line that built the latest operation."""
    for operation in reversed(graph.made_since(graph.size - 1)):
        for output in operation.outputs:
            return output.expression.source
    return None
