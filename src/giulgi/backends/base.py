"""What a backend is given, and what it gives back.

A backend is one method: :meth:`Backend.compile` takes a :class:`Computation`, a graph in which
every shape is known, and returns something to run. Everything else (feeds, storage, caches) is
done above, once for all backends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from giulgi.graph.node import Node, topological
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.ops.state import ReadVariable

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Computation:
    """A graph to be computed, for feeds of known shapes.

    Attributes:
        feeds: the placeholders, in the order in which their values are given.
        variables: the variables that are read or updated.
        reads: for each variable the node that stands for its value at the start; None if it is
            only updated.
        fetches: the nodes whose values are asked for.
        updates: pairs of a variable's place in ``variables`` and the node of its new value.
    """

    feeds: tuple[Node, ...]
    variables: tuple[ReadVariable, ...]
    reads: tuple[Node | None, ...]
    fetches: tuple[Node, ...]
    updates: tuple[tuple[int, Node], ...]

    @cached_property
    def nodes(self) -> list[Node]:
        """All nodes, inputs before their users."""
        return topological([*self.fetches, *(node for _, node in self.updates)])

    @cached_property
    def is_random(self) -> bool:
        """Whether random numbers are drawn."""
        return any(isinstance(node.op, RandomBits) for node in self.nodes)


@dataclass(frozen=True)
class Draw:
    """What random numbers depend on beside their node: a seed, and the number of the run."""

    seed: int
    run: int


class Executable(Protocol):
    """A compiled computation."""

    def run(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw
    ) -> tuple[list[Array], list[Array]]:
        """Compute.

        Args:
            feeds: the values of the placeholders.
            values: the values of the variables, which stay as they are.
            draw: for random numbers.

        Returns:
            The fetches, and the new values of the updated variables; arrays that nobody else
            holds.
        """
        ...


class Backend(Protocol):
    """A way to compute graphs."""

    name: str

    def compile(self, computation: Computation) -> Executable:
        """Prepare a computation to be run, perhaps many times."""
        ...
