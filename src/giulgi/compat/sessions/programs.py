"""Programs that are interpreted at first, and compiled once that pays.

Most of what a program of that time runs, it runs once or twice: an initializer, the accuracy in the
end. Compiling that would take longer than computing it. So a program is interpreted for as long as
compiling it would take, for each set of shapes; and then compiled. What trains, it runs again and
again: that is compiled sooner. Loops are compiled when they have taken as long as that takes, since
their code is for sequences of any length: where each batch has a length of its own, no program is
run often for the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.backends import LOOPS_COMPILED
from giulgi.backends.base import Computation
from giulgi.backends.work import A_NODE, node_count, seconds_in_loops, seconds_interpreted
from giulgi.compat.graphs.graph import Graph
from giulgi.compat.variables.variable import Variable
from giulgi.graph.apart import merged
from giulgi.graph.control.patience import OutOfPatience, patient
from giulgi.graph.node import Node, topological
from giulgi.graph.tensor import Tensor as Expression
from giulgi.program import Program
from giulgi.ready import Shapes
from giulgi.recent import Recent
from giulgi.storage import Storage

Array = np.ndarray[Any, Any]

# About how many seconds it takes to compile a program, and a node of it. A program is interpreted
# for as many runs as take no longer than compiling it. Their number is estimated, and not measured
# by a clock, so that the same program gives the same bits again. If there are fewer runs than so
# many, it is compiled at once.
_COMPILING, _COMPILING_A_NODE = 0.06, 0.0015
_FEWEST_RUNS = 2

# What trains is interpreted for this share of that. It may be a program's few steps of a trial; but
# most train for hundreds of steps, and of a large network each one takes long.
_SHARE_OF_TRAINING = 0.25

# Where there are more sets of shapes than these, and fewer runs for each, a new one hardly returns:
# then nothing is compiled for it sooner than for any other program.
_FEW_SETS, _FEW_RUNS = 8, 4

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
        self._interpreted = self.compiled.on("reference")
        self._with_loops = self.compiled.on(LOOPS_COMPILED)
        # For how many seconds loops are still interpreted, of all shapes; None: it is not known.
        self._loops: float | None = None
        # For each set of shapes what is left to interpret; and that of the last run.
        self._left: Recent[Shapes, _Left] = Recent(_REMEMBERED_SHAPES)
        self._last: tuple[Shapes | None, _Left] = None, _Left(0, 0, 0)
        # How often it was run, and for how many sets of shapes.
        self._runs = self._sets = 0

    def __call__(self, arrays: Sequence[Array], storage: Storage) -> list[Any]:
        """Run on what is fed; return what is fetched, single numbers as NumPy's."""
        if self._is_empty:
            return []
        if not self._takes_all:
            arrays = [arrays[place] for place in self._places]
        shapes = tuple([array.shape for array in arrays])
        known, left = self._last
        self._runs += 1
        if shapes != known:
            left = self._left.get(shapes, lambda: self._of_new(shapes))
            self._last = shapes, left
        if left.seconds > 0:
            found = self._run_interpreted(arrays, storage, left)
        else:
            found = self.compiled.run(arrays, storage)
        return [array if array.ndim else array[()] for array in found]

    def _of_new(self, shapes: Shapes) -> _Left:
        """Return what is left to interpret for shapes that were not there before."""
        hardly_returns = self._sets >= _FEW_SETS and self._runs < _FEW_RUNS * self._sets
        self._sets += 1
        return _Left.of(self.compiled.specialised(shapes), hardly_returns)

    def _run_interpreted(
        self, arrays: Sequence[Array], storage: Storage, left: _Left
    ) -> list[Array]:
        """Return what is fetched, without compiling more than loops, if that is quick enough."""
        left.seconds -= left.run
        if self._loops is None:
            self._loops = left.loops
        if self._loops > 0:
            found, used = _patiently(self._interpreted, arrays, storage, self._loops)
            self._loops -= used
        else:
            found, used = _patiently(self._with_loops, arrays, storage, left.seconds)
        left.seconds -= used
        if found is not None:
            return found
        return (
            self._run_interpreted(arrays, storage, left)
            if left.seconds > 0
            else (self.compiled.run(arrays, storage))
        )


def _patiently(
    program: Program, arrays: Sequence[Array], storage: Storage, seconds: float
) -> tuple[list[Array] | None, float]:
    """Return what a program fetches, and about how long its loops took.

    Returns:
        None, if they would take longer than so many seconds.
    """
    nodes = max(int(seconds / A_NODE), 0)
    try:
        with patient(nodes) as patience:
            found = program.run(arrays, storage)
    except OutOfPatience:
        return None, max(seconds, 0.0) + A_NODE
    return found, (nodes - patience.left) * A_NODE


@dataclass
class _Left:
    """What is left to interpret before compiling pays.

    Attributes:
        seconds: for about how long.
        run: about how long one run takes, but for the rounds of its loops.
        loops: how long loops may be interpreted, before compiling them pays.
    """

    seconds: float
    run: float
    loops: float

    @classmethod
    def of(cls, computation: Computation, hardly_returns: bool) -> _Left:
        """Return it for a computation that was not run yet, and may hardly be run again."""
        nodes = computation.nodes
        run = seconds_interpreted(nodes) + seconds_in_loops(nodes)
        count = node_count(nodes)
        seconds = _COMPILING + count * _COMPILING_A_NODE
        if computation.trains and not hardly_returns:
            seconds *= _SHARE_OF_TRAINING
        loops = _COMPILING + (count - len(nodes)) * _COMPILING_A_NODE
        fewest = 1 if hardly_returns else _FEWEST_RUNS
        return cls(seconds if seconds >= fewest * run else 0, run, loops)


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
    ends = merged([*fetches, *updates.values()], {x.node for x in feeds})
    fetches = ends[: len(fetches)]
    updates = dict(zip(updates, ends[len(fetches) :], strict=True))
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
