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

from giulgi.backends.explanation import Explanation
from giulgi.graph.dtypes import DType
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.ops.state import ReadVariable
from giulgi.graph.tensor import Tensor
from giulgi.graph.text import graph_text

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
        may_end: whether the first fetch, a single bool, tells if another step may follow: of
            several steps those behind are left out. Only native code knows of it.
        keeps: 1 or -1, if the fetches of every step are kept, one behind the other, or before it;
            0: those of the last step are returned. Only native code knows of it.
    """

    feeds: tuple[Node, ...]
    variables: tuple[ReadVariable, ...]
    reads: tuple[Node | None, ...]
    fetches: tuple[Node, ...]
    updates: tuple[tuple[int, Node], ...]
    may_end: bool = False
    keeps: int = 0

    @cached_property
    def nodes(self) -> list[Node]:
        """All nodes, inputs before their users."""
        return topological([*self.fetches, *(node for _, node in self.updates)])

    def text(self) -> str:
        """Return the graph as text."""
        ends = [*self.fetches, *(node for _, node in self.updates)]
        return graph_text([Tensor(node) for node in ends])

    @property
    def is_loop(self) -> bool:
        """Whether it is a step of a loop, and its variables are the states."""
        return self.may_end or self.keeps != 0

    @property
    def trains(self) -> bool:
        """Whether it makes new values of variables of what they were, as steps of training do."""
        return bool(self.updates) and any(read is not None for read in self.reads)

    @cached_property
    def is_random(self) -> bool:
        """Whether random numbers are drawn."""
        return any(isinstance(node.op, RandomBits) for node in self.nodes)


@dataclass(frozen=True)
class Draw:
    """What random numbers depend on beside their node: a seed, and the number of the run."""

    seed: int
    run: int


@dataclass(frozen=True)
class Batched:
    """Feeds of which each step takes some examples, out of arrays that hold all.

    Attributes:
        size: the number of examples in a step.
        dtypes: for each feed the dtype of its array; it is converted on the way.
    """

    size: int
    dtypes: tuple[DType, ...]


@dataclass(frozen=True)
class Steps:
    """Which steps to compute: step ``s`` takes the examples ``order[s * size : (s + 1) * size]``.

    Attributes:
        order: the places of the examples in the arrays, as int64.
        first: the first step.
        end: the step behind the last.
    """

    order: Array
    first: int
    end: int


class Executable(Protocol):
    """A compiled computation.

    Attributes:
        in_place: whether the new values of variables are written into the arrays of the old ones
            (when nothing can fail any more), many steps in one go; else they are new arrays.
    """

    in_place: bool

    def run(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw, times: int = 1
    ) -> tuple[list[Array], list[Array]]:
        """Compute.

        Args:
            feeds: the values of the placeholders.
            values: the values of the variables.
            draw: for random numbers of the first time; each time has the next run's number.
            times: how often, each time on what the one before made of the variables.

        Returns:
            The fetches of the last time, as arrays that nobody else holds; and for each updated
            variable the array of its new value, or nothing if they are written in place.
        """
        ...

    def run_steps(
        self, data: Sequence[Array], values: Sequence[Array], draw: Draw, steps: Steps
    ) -> list[Array]:
        """Compute several steps, each on what the one before made of the variables.

        An interruption leaves the values of before, or of after the last step.

        Args:
            data: for each feed the array of all examples.
            values: the values of the variables.
            draw: for random numbers of the first step; each step has the next run's number.
            steps: which steps.

        Returns:
            For each updated variable the array of its new value, or nothing if in place.
        """
        ...


class Backend(Protocol):
    """A way to compute graphs."""

    name: str

    def compile(self, computation: Computation, batched: Batched | None = None) -> Executable:
        """Prepare a computation to be run, perhaps many times.

        Args:
            computation: what is computed.
            batched: how feeds are taken from arrays of all examples, for :meth:`run_steps`; None:
                it is fed, for :meth:`run`.
        """
        ...

    def explain(self, computation: Computation, batched: Batched | None = None) -> Explanation:
        """Return what becomes of a computation, stage by stage; see :meth:`compile`."""
        ...
