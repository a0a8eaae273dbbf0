"""The one door from the graph to numbers.

This floor knows no backend. The floor above registers a function here that computes nodes, so that
a tensor can answer ``.numpy()`` and a notebook can show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from giulgi.graph.node import Node

Array = np.ndarray[Any, Any]
Evaluator = Callable[[Sequence["Node"], Mapping["Node", Any]], list[Array]]

_evaluator: Evaluator | None = None


def register(evaluator: Evaluator) -> None:
    """Set the function that computes nodes: ``evaluator(nodes, feeds) -> arrays``."""
    global _evaluator
    _evaluator = evaluator


def evaluate(nodes: Sequence[Node], feeds: Mapping[Node, Any]) -> list[Array]:
    """Compute the values of nodes, given those of placeholders."""
    assert _evaluator is not None, "no evaluator is registered: import giulgi as a whole"
    return _evaluator(nodes, feeds)


def settle(node: Node) -> Array:
    """Compute a concrete node once and keep its value."""
    if node.value is None:
        (value,) = evaluate([node], {})
        value.flags.writeable = False
        node.value = value
        node.depth = 0
    return node.value
