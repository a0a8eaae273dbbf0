"""A computation whose shapes depend on a few whole numbers that are computed.

The longest of the sentences of a batch, say, is how many rounds a loop goes, and how long what it
makes is. Such numbers are computed first. With them known the rest is a computation of known
shapes, which is compiled, and remembered by the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from giulgi.backends.base import Array, Batched, Computation, Draw, Executable, Steps
from giulgi.backends.reference.interpreter import Interpreter
from giulgi.backends.work import work
from giulgi.graph.control.scan import Scan
from giulgi.graph.control.while_loop import While
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.leaves import Constant, constant
from giulgi.graph.rewrite import rewritten, specialise
from giulgi.graph.shapes import is_static, size_of
from giulgi.graph.tensor import Tensor
from giulgi.recent import Recent

# Numbers are looked at if there are no more than so many in one tensor.
_FEW = 8
# They are computed twice, so it must be no more work than this.
_MOST_WORK = 50_000
# For so many numbers it stays compiled; it is compiled when the same numbers come again so often,
# if it is so much work.
_REMEMBERED, _OFTEN, _WORTH_COMPILING = 32, 2, 100_000
# After so many runs with numbers that were never seen before, and no more with such that were, it
# is a place in the data, say, and other numbers each time: they are not looked at any more.
_MOST_NEW = 12


def sizes_of(computation: Computation) -> dict[Node, Node]:
    """Return the whole numbers on which shapes depend; none, if shapes depend on other things.

    For each it is told what is to be computed, which may be less than the whole of a loop. Numbers
    that are made of what has an unknown shape itself are known with the others.
    """
    found: dict[Node, None] = {}
    behind: set[Node] = set()
    for node in computation.nodes:
        if not is_static(node.spec.shape) or not behind.isdisjoint(node.inputs):
            behind.add(node)
        if is_static(node.spec.shape) or not all(is_static(x.spec.shape) for x in node.inputs):
            continue
        numbers = [number for x in node.inputs if _is_number(x) for number in _origin(x)]
        if not numbers:
            return {}
        found |= dict.fromkeys(number for number in numbers if number not in behind)
    asked = [x.node for x in rewritten([Tensor(number) for number in found], _pruned)]
    nodes = topological(asked)
    if not all(map(_is_quick, nodes)) or work(nodes) > _MOST_WORK:
        return {}
    return dict(zip(found, asked, strict=True))


def _is_number(node: Node) -> bool:
    few = is_static(node.spec.shape) and size_of(node.spec.shape) <= _FEW
    return few and node.spec.dtype.kind in "iu" and not isinstance(node.op, Constant)


def _origin(number: Node) -> list[Node]:
    """Return the number itself; of rounds those that tell how many there are, if such do."""
    if not (isinstance(number.op, While) and number.op.is_count):
        return [number]
    asked = number.op.pruned(number.inputs).inputs
    if all(_is_number(x) or isinstance(x.op, Constant) for x in asked):
        return [source for x in asked if _is_number(x) for source in _origin(x)]
    return [number]


def _is_count(node: Node) -> bool:
    return isinstance(node.op, While) and node.op.is_count


def _pruned(x: Tensor) -> Tensor:
    """Return of a loop what a state depends on alone; anything else as it is."""
    return Tensor(x.op.pruned([y.node for y in x.inputs])) if isinstance(x.op, While) else x


def _is_quick(node: Node) -> bool:
    """Whether it is no loop, or one that does not compute with floats, but counts."""
    if isinstance(node.op, While):
        body = node.op.body
        inside = topological([body.goes_on, *body.new_states], stop=body.parameters)
        return not any(x.spec.dtype.kind == "f" for x in inside)
    return not isinstance(node.op, Scan)


def with_sizes(
    computation: Computation, sizes: Sequence[Node], values: Sequence[Array]
) -> Computation:
    """Return a computation with the values of some numbers in their place."""
    replaced = {node: constant(value) for node, value in zip(sizes, values, strict=True)}
    # With the number of rounds a loop is one of as many steps.
    counts = {n.inputs: int(v) for n, v in zip(sizes, values, strict=True) if _is_count(n)}
    for node in computation.nodes:
        if isinstance(node.op, While) and node.inputs in counts:
            inputs = [Tensor(source) for source in node.inputs]
            replaced[node] = node.op.after(counts[node.inputs], inputs)
    places, new = [i for i, _ in computation.updates], [node for _, node in computation.updates]
    ends = specialise([Tensor(node) for node in (*computation.fetches, *new)], replaced)
    fetched = len(computation.fetches)
    nodes = [end.node for end in ends]
    used = set(topological(nodes))
    return replace(
        computation,
        reads=tuple(read if read in used else None for read in computation.reads),
        fetches=tuple(nodes[:fetched]),
        updates=tuple(zip(places, nodes[fetched:], strict=True)),
    )


class SizedExecutable:
    """A computation that is compiled for the numbers on which its shapes depend.

    Args:
        computation: the computation.
        sizes: the numbers, and what is computed for each.
        compile: compiles a computation.
        otherwise: makes what computes it where the numbers are others each time.
        batched: how feeds are taken from arrays of all examples; None: they are fed.
    """

    in_place = True

    def __init__(
        self,
        computation: Computation,
        sizes: Mapping[Node, Node],
        compile: Callable[[Computation, Batched | None], Executable],
        otherwise: Callable[[], Executable],
        batched: Batched | None,
    ) -> None:
        self.computation = computation
        self.sizes = list(sizes)
        asked = replace(computation, fetches=tuple(sizes.values()), updates=())
        counts = any(isinstance(node.op, While) for node in asked.nodes)
        self._ask: Executable = compile(asked, None) if counts else Interpreter(asked)
        self._compile = compile
        self._interpreter = Interpreter(computation, batched)
        self._made: Recent[tuple[bytes, ...], _Sized] = Recent(_REMEMBERED)
        self._otherwise = otherwise
        self._other: Executable | None = None
        self._runs = self._new = 0

    def run(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw, times: int = 1
    ) -> tuple[list[Array], list[Array]]:
        """Compute so many times, each time with the numbers that it finds."""
        fetched: list[Array] = []
        for number in range(times):
            now = Draw(draw.seed, draw.run + number)
            executable = self._other or self._for_numbers(feeds, values, now)
            fetched, updated = executable.run(feeds, values, now)
            if not executable.in_place:
                for (place, _), value in zip(self.computation.updates, updated, strict=True):
                    values[place][...] = value
        return fetched, []

    def _for_numbers(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw
    ) -> Executable:
        """Return what computes it for the numbers of this run."""
        if self._new > _MOST_NEW and self._runs < 2 * self._new:
            self._other = self._otherwise()
            return self._other
        numbers, _ = self._ask.run(feeds, values, draw)
        key = tuple(value.tobytes() for value in numbers)
        self._runs += 1
        return self._made.get(key, partial(self._sized, numbers)).next(self._compile)

    def _sized(self, numbers: Sequence[Array]) -> _Sized:
        self._new += 1
        return _Sized(with_sizes(self.computation, self.sizes, numbers))

    def run_steps(
        self, data: Sequence[Array], values: Sequence[Array], draw: Draw, steps: Steps
    ) -> list[Array]:
        """Compute one step after another."""
        for step in range(steps.first, steps.end):
            feeds = self._interpreter.examples(data, steps, step)
            self.run(feeds, values, Draw(draw.seed, draw.run + step - steps.first))
        return []


class _Sized:
    """A computation for some numbers, which is compiled when they have come often enough."""

    def __init__(self, computation: Computation) -> None:
        self.computation = computation
        nodes = computation.nodes
        is_loop = any(isinstance(node.op, Scan) for node in nodes)
        self.is_worth_it = is_loop or work(nodes) >= _WORTH_COMPILING
        self.count = 0
        self.executable: Executable | None = None

    def next(self, compile: Callable[[Computation, Batched | None], Executable]) -> Executable:
        """Return what computes it the next time."""
        if self.executable is None:
            self.executable = Interpreter(self.computation)
        self.count += 1
        if self.count == _OFTEN and self.is_worth_it:
            self.executable = compile(self.computation, None)
        return self.executable
