"""A computation of which most is compiled, though some of its operations cannot be.

It is cut into stages, in turns one of native code and one of the reference: what waits for a loop
of unknown length, say, is a stage behind it. Values that one stage makes and a later one takes are
handed over as arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from giulgi.backends.base import Array, Batched, Computation, Draw, Executable
from giulgi.backends.cpu.running.rounds import Rounds, bodies_worth_compiling
from giulgi.backends.reference.interpreter import Interpreter
from giulgi.backends.work import work
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.leaves import placeholder
from giulgi.graph.rewrite import substitute
from giulgi.graph.shapes import is_static
from giulgi.graph.tensor import Tensor

# Less work than this in all that could be compiled is not worth compiling.
_WORTH_COMPILING = 100_000


@dataclass(frozen=True)
class Stage:
    """A part of a computation.

    Attributes:
        is_native: whether it is compiled.
        computation: the part, a computation of its own.
        takes: the values that its feeds stand for.
        makes: the values that its fetches are.
        variables: the places of its variables among those of the whole.
    """

    is_native: bool
    computation: Computation
    takes: tuple[Node, ...]
    makes: tuple[Node, ...]
    variables: tuple[int, ...]


def stages_of(computation: Computation, is_native: Callable[[Node], bool]) -> list[Stage]:
    """Return a computation in stages, a native one first, and in turns; empty ones are left out.

    A value is made in the first stage of its kind that is not before any of those of its inputs.
    """
    given = {*computation.feeds, *(node for node in computation.reads if node is not None)}
    number: dict[Node, int] = {}
    for node in computation.nodes:
        least = max((number[source] for source in node.inputs), default=0)
        kind = least % 2
        if node not in given:
            # Native code has no place for what has no size yet.
            known = all(is_static(source.spec.shape) for source in node.inputs)
            kind = int(not (known and is_native(node)))
        number[node] = least + (least % 2 != kind)
    results = {*computation.fetches, *(node for _, node in computation.updates)}
    handed = {
        source
        for node in computation.nodes
        for source in node.inputs
        if number[source] < number[node]
        and source not in given
        and (source.inputs or number[source])
    }
    stands = {node: placeholder(node.spec.dtype, node.spec.shape) for node in handed}
    found = []
    for stage in range(max(number.values()) + 1):
        makes = [
            node
            for node in computation.nodes
            if number[node] == stage and (node in handed or node in results) and node not in given
        ]
        if makes:
            earlier = {node: x for node, x in stands.items() if number[node] < stage}
            found.append(_stage(computation, makes, earlier, stage % 2 == 0))
    return found


def _stage(
    computation: Computation, makes: Sequence[Node], earlier: dict[Node, Tensor], is_native: bool
) -> Stage:
    ends = [end.node for end in substitute([Tensor(node) for node in makes], earlier)]
    used = set(topological(ends))
    handed = [(node, x.node) for node, x in earlier.items() if x.node in used]
    feeds = [(node, node) for node in computation.feeds if node in used]
    takes = [*feeds, *handed]
    places = [i for i, read in enumerate(computation.reads) if read in used]
    part = Computation(
        feeds=tuple(feed for _, feed in takes),
        variables=tuple(computation.variables[i] for i in places),
        reads=tuple(computation.reads[i] for i in places),
        fetches=tuple(ends),
        updates=(),
    )
    return Stage(is_native, part, tuple(node for node, _ in takes), tuple(makes), tuple(places))


def is_worth_mixing(stages: Sequence[Stage], is_native: Callable[[Node], bool]) -> bool:
    """Whether what can be compiled of a computation is worth it."""
    native = [node for stage in stages if stage.is_native for node in stage.computation.nodes]
    if work(node for node in native if node.inputs) >= _WORTH_COMPILING:
        return True
    others = [node for stage in stages if not stage.is_native for node in stage.computation.nodes]
    return bool(bodies_worth_compiling(others, is_native))


class MixedExecutable(Interpreter):
    """A computation in stages.

    Args:
        computation: the whole.
        stages: its stages.
        is_native: whether there is native code for a node.
        compile: returns the native code of a computation.
        batched: how feeds are taken from arrays of all examples; None: they are fed.
    """

    def __init__(
        self,
        computation: Computation,
        stages: Sequence[Stage],
        is_native: Callable[[Node], bool],
        compile: Callable[[Computation, Batched | None], Executable],
        batched: Batched | None,
    ) -> None:
        super().__init__(computation, batched)
        self.stages: list[tuple[Stage, Executable]] = [
            (
                stage,
                compile(stage.computation, None)
                if stage.is_native
                else Rounds(stage.computation, is_native, compile),
            )
            for stage in stages
        ]

    def _computed(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw
    ) -> dict[Node, Array]:
        known: dict[Node, Array] = dict(zip(self.computation.feeds, feeds, strict=True))
        reads = zip(self.computation.reads, values, strict=True)
        known.update((node, value) for node, value in reads if node is not None)
        for stage, executable in self.stages:
            taken = [known[node] for node in stage.takes]
            own = [values[place] for place in stage.variables]
            made, _ = executable.run(taken, own, draw)
            known.update(zip(stage.makes, made, strict=True))
        return known
