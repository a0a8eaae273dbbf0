"""Programs that are interpreted at first, and compiled once that pays.

Most of what a program of that time runs, it runs once or twice: an initializer, the accuracy in the
end. Compiling that would take longer than computing it. So a program is interpreted for as long as
compiling it would take, for each set of shapes; and then compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.backends.work import work
from giulgi.compat.graph import Graph
from giulgi.compat.variables import Variable
from giulgi.graph.node import Node, topological
from giulgi.graph.tensor import Tensor as Expression
from giulgi.program import Program
from giulgi.ready import Shapes
from giulgi.recent import Recent
from giulgi.storage import Storage

Array = np.ndarray[Any, Any]

# About how many seconds it takes to compile a program and a node of it, and to interpret a node and
# an operation on numbers. A program is interpreted for as many runs as take no longer than
# compiling it. Their number is estimated, and not measured by a clock, so that the same program
# gives the same bits again. If there are fewer runs than so many, it is compiled at once.
_COMPILING, _COMPILING_A_NODE = 0.02, 0.002
_INTERPRETING_A_NODE, _INTERPRETING_AN_OPERATION = 4e-6, 1e-9
_FEWEST_RUNS = 2

# How many programs are remembered by what they compute, and for how many shapes each.
_REMEMBERED_PROGRAMS, _REMEMBERED_SHAPES = 256, 1024


class AdaptiveProgram:
    """A program that is interpreted at first, and compiled when it is run again and again.

    Args:
        fetches: the expressions that are returned.
        feeds: those whose values are given; equal ones are one, and take the first value.
        updates: variables and their new values.
    """

    def __init__(
        self,
        fetches: Sequence[Expression],
        feeds: Sequence[Expression],
        updates: dict[Variable, Expression],
    ) -> None:
        self.fetches = list(fetches)
        kept: dict[Node, int] = {}
        for place, feed in enumerate(feeds):
            kept.setdefault(feed.node, place)
        used = topological(x.node for x in [*fetches, *updates.values()])
        among = set(used)
        self._places = [place for node, place in kept.items() if node in among]
        self._takes_all = self._places == list(range(len(feeds)))
        given = [feeds[place] for place in self._places]
        pairs = [(variable.variable, new) for variable, new in updates.items()]
        self._is_empty = not (self.fetches or pairs)
        self.compiled = Program(self.fetches, given, pairs)
        self._interpreted = Program(self.fetches, given, pairs, backend="reference")
        self._nodes = len(used)
        # For each set of shapes how many runs are still interpreted; and those of the last run.
        self._left: Recent[Shapes, list[int]] = Recent(_REMEMBERED_SHAPES)
        self._last: tuple[Shapes | None, list[int]] = None, []

    def __call__(self, arrays: Sequence[Array], storage: Storage) -> list[Any]:
        """Run on what is fed; return what is fetched, single numbers as NumPy's."""
        if self._is_empty:
            return []
        if not self._takes_all:
            arrays = [arrays[place] for place in self._places]
        shapes = tuple([array.shape for array in arrays])
        known, left = self._last
        if shapes != known:
            left = self._left.get(shapes, lambda: [self._interpreted_runs(shapes)])
            self._last = shapes, left
        program = self.compiled
        if left[0] > 0:
            left[0] -= 1
            program = self._interpreted
        found = program.run(arrays, storage)
        return [array if array.ndim else array[()] for array in found]

    def _interpreted_runs(self, shapes: Shapes) -> int:
        """Return how many runs for such shapes take as long as compiling does, about."""
        operations = work(self.compiled.specialised(shapes).nodes)
        run = self._nodes * _INTERPRETING_A_NODE + operations * _INTERPRETING_AN_OPERATION
        runs = int((_COMPILING + self._nodes * _COMPILING_A_NODE) / run)
        return runs if runs >= _FEWEST_RUNS else 0


def program_of(
    known: Recent[Any, AdaptiveProgram],
    fetches: Sequence[Expression],
    feeds: Sequence[Expression],
    updates: dict[Variable, Expression],
) -> AdaptiveProgram:
    """Return the program of these fetches, feeds and updates, the one that is there if it is.

    Equal expressions are one node, so what builds the same again finds what was compiled.

    Args:
        known: the programs of a graph.
        fetches: the expressions that are returned.
        feeds: those whose values are given.
        updates: variables and their new values.
    """
    key = (
        tuple(x.node for x in fetches),
        tuple(x.node for x in feeds),
        tuple((variable.variable.cell, new.node) for variable, new in updates.items()),
    )
    return known.get(key, lambda: AdaptiveProgram(fetches, feeds, updates))


def programs_of(graph: Graph) -> Recent[Any, AdaptiveProgram]:
    """Return the programs of a graph, which are forgotten with it."""
    found: Recent[Any, AdaptiveProgram]
    found = graph.notes.setdefault("programs", Recent(_REMEMBERED_PROGRAMS))
    return found
