"""What a compiled function returns: values first, and graph when someone builds on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from giulgi.graph.node import Node
from giulgi.graph.op import Spec
from giulgi.graph.ops.leaves import Constant
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


class Computed(Tensor):
    """A tensor around an array that was computed. It becomes a node when graph is made of it.

    The node is one of its own, whatever else has the same value: to look for that, or to make a
    node that most programs only print, would take longer than a step of a small network.

    Args:
        value: the array, which nobody else holds.
    """

    __slots__ = ("_node", "_value")

    def __init__(self, value: Array) -> None:
        self._value = value
        self._node: Node | None = None
        self._name = None
        self.source = None

    @property
    def node(self) -> Node:  # type: ignore[override]
        """The node, made when it is first asked for."""
        if self._node is None:
            value = self._value
            value.flags.writeable = False
            self._node = Node(Constant(value), (), Spec(value.shape, value.dtype), "", None)
        return self._node

    def numpy(self, feeds: Mapping[Tensor, Any] | None = None) -> Array:
        """Return a copy of the value."""
        return super().numpy(feeds) if feeds else self._value.copy()
