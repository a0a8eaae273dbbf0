"""Names of layers that are given none: ``dense_1`` in Keras, ``dense`` first in TensorFlow's."""

from __future__ import annotations

from collections import Counter

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.keras.boundary import is_standalone
from giulgi.names import snake_case

# Of programs that compute at once.
_counts: Counter[str] = Counter()


def _counted() -> Counter[str]:
    """Return how many layers of each kind there are: every graph begins anew."""
    graph = get_default_graph()
    if graph.is_eager:
        return _counts
    found: Counter[str] = graph.notes.setdefault("names of layers", Counter())
    return found


def next_name(base: str) -> str:
    """Return a name that no other layer of the graph has since :func:`restart`."""
    base, counts = snake_case(base), _counted()
    counts[base] += 1
    number = counts[base] if is_standalone() or base == "input" else counts[base] - 1
    return f"{base}_{number}" if number else base


def get_uid(prefix: str = "") -> int:
    """Return the next number of a prefix."""
    counts = _counted()
    counts[prefix] += 1
    return counts[prefix]


def restart() -> None:
    """Number from the beginning again."""
    _counted().clear()
