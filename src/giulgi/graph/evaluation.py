"""The one door from the graph to numbers.

This floor knows no backend. The floor above registers a function here that computes nodes, so that
a tensor can answer ``.numpy()`` and a notebook can show it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from giulgi.graph.node import Node
    from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


class Evaluator(Protocol):
    """Computes nodes, given the values of others; ``fresh``: nothing computed before is used."""

    def __call__(
        self, nodes: Sequence[Node], feeds: Mapping[Tensor, Any], *, fresh: bool = False
    ) -> list[Array]:
        """Return the values of the nodes."""
        ...


_evaluator: Evaluator | None = None
_computing: ContextVar[bool] = ContextVar("giulgi_computing", default=False)


def register(evaluator: Evaluator) -> None:
    """Set the function that computes nodes: ``evaluator(nodes, feeds) -> arrays``."""
    global _evaluator
    _evaluator = evaluator


def evaluate(
    nodes: Sequence[Node], feeds: Mapping[Tensor, Any], *, fresh: bool = False
) -> list[Array]:
    """Compute the values of nodes, given those of placeholders.

    Args:
        nodes: what to compute.
        feeds: the values of placeholders, or of any other tensors.
        fresh: whether random numbers are drawn again that were looked at before.
    """
    assert _evaluator is not None, "no evaluator is registered: import giulgi as a whole"
    token = _computing.set(True)
    try:
        return _evaluator(nodes, feeds, fresh=fresh)
    finally:
        _computing.reset(token)


def is_computing() -> bool:
    """Whether values are being computed, so that nodes are built on the way to them."""
    return _computing.get()


def settle(node: Node) -> Array:
    """Compute a concrete node once and keep its value."""
    if node.value is None:
        (value,) = evaluate([node], {})
        value.flags.writeable = False
        node.value = value
        node.depth = 0
    return node.value
