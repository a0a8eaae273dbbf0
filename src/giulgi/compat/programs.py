"""Programs that are interpreted at first, and compiled once that pays.

Most of what a program of that time runs, it runs once or twice: an initializer, the accuracy in the
end. Compiling that would take longer than computing it. So a program is interpreted for as long as
compiling it would take, for each set of shapes; and then compiled.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.backends.work import work
from giulgi.compat.variables import Variable
from giulgi.graph.node import Node, topological
from giulgi.graph.tensor import Tensor as Expression
from giulgi.program import Program
from giulgi.ready import Shapes
from giulgi.recent import Recent
from giulgi.storage import Storage

Array = np.ndarray[Any, Any]

# About how many seconds it takes to compile a program, and a node of it; a program is interpreted
# for as long, unless a run takes more work than so many operations.
_SECONDS, _SECONDS_A_NODE = 0.02, 0.001
_INTERPRETED_WORK = 20_000_000

# How many programs are remembered by what they compute, and for how many shapes each.
_REMEMBERED_PROGRAMS, _REMEMBERED_SHAPES = 512, 256


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
        self._patience = _SECONDS + _SECONDS_A_NODE * len(used)
        # For each set of shapes the seconds for which it may still be interpreted.
        self._left: Recent[Shapes, list[float]] = Recent(_REMEMBERED_SHAPES)
        self._shapes: Shapes | None = None
        self._now: list[float] = []

    def __call__(self, arrays: Sequence[Array], storage: Storage) -> list[Any]:
        """Run on what is fed; return what is fetched, single numbers as NumPy's."""
        if self._is_empty:
            return []
        if not self._takes_all:
            arrays = [arrays[place] for place in self._places]
        shapes = tuple([array.shape for array in arrays])
        if shapes != self._shapes:
            self._shapes = shapes
            self._now = self._left.get(shapes, lambda: self._new(shapes))
        left = self._now
        if left[0] > 0:
            began = time.perf_counter()
            found = self._interpreted.run(arrays, storage)
            left[0] -= time.perf_counter() - began
        else:
            found = self.compiled.run(arrays, storage)
        return [array if array.ndim else array[()] for array in found]

    def _new(self, shapes: Shapes) -> list[float]:
        """Return for how long it may be interpreted for arrays of such shapes."""
        is_little = work(self.compiled.specialised(shapes).nodes) < _INTERPRETED_WORK
        return [self._patience if is_little else 0.0]


# Equal expressions are one node, so a program that builds the same again finds what was compiled.
_programs: Recent[Any, AdaptiveProgram] = Recent(_REMEMBERED_PROGRAMS)


def program_of(
    fetches: Sequence[Expression],
    feeds: Sequence[Expression],
    updates: dict[Variable, Expression],
) -> AdaptiveProgram:
    """Return the program of these fetches, feeds and updates, the one that is there if it is."""
    key = (
        tuple(x.node for x in fetches),
        tuple(x.node for x in feeds),
        tuple((variable.variable.cell, new.node) for variable, new in updates.items()),
    )
    return _programs.get(key, lambda: AdaptiveProgram(fetches, feeds, updates))
