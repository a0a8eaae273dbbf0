"""Loops of any length, whose rounds are compiled.

How often a ``while_loop`` goes round is only known when it runs. Its states are like variables, and
a round is like a step of training: native code goes through many, changes the states in place, and
leaves where the condition does not hold any more. It comes back now and then, for Ctrl-C. A loop
over sequences, ``scan``, is like training on many examples, one in each step, of which the results
are kept. So the code of a loop is the same for sequences of any length.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from giulgi import memory
from giulgi.backends.base import Array, Batched, Computation, Draw, Executable
from giulgi.backends.cpu.planning.sources import shape_of
from giulgi.backends.cpu.running.executable import NativeExecutable
from giulgi.backends.reference.interpreter import Interpreter
from giulgi.graph.control.body import computed
from giulgi.graph.control.loop import Loop
from giulgi.graph.control.scan import Scan
from giulgi.graph.control.while_loop import Repeated, While
from giulgi.graph.node import Node
from giulgi.graph.ops.leaves import placeholder
from giulgi.graph.ops.state import ReadVariable
from giulgi.graph.rewrite import substitute
from giulgi.graph.shapes import is_static
from giulgi.graph.tensor import Tensor

# How many rounds native code goes through in one go at first; twice as many each time, until they
# take so many seconds.
_FIRST_ROUNDS, _LONGEST = 64, 0.05

# Nothing random is drawn in a round: it comes from outside the loop.
_NOTHING_DRAWN = Draw(0, 0)


class Rounds(Interpreter):
    """A computation that is interpreted, but for the rounds of its loops.

    Args:
        computation: the computation.
        is_native: whether there is native code for a node.
        compile: returns the native code of a computation.
        batched: how feeds are taken from arrays of all examples; None: they are fed.
    """

    def __init__(
        self,
        computation: Computation,
        is_native: Callable[[Node], bool],
        compile: Callable[[Computation, Batched | None], Executable],
        batched: Batched | None = None,
    ) -> None:
        super().__init__(computation, batched)
        self._compiled: dict[Repeated, Executable] = {
            body: compile(_round(body), None)
            for body in bodies_worth_compiling(self.steps, is_native)
        }
        self._scans: dict[Node, _Steps] = {}
        for nodes in {id(x): x for x in self.companions.values()}.values():
            steps = _Steps.of(nodes, is_native)
            if steps is not None:
                if steps.executable is None:
                    steps.executable = compile(steps.computation, steps.batched)
                self._scans[nodes[0]] = steps

    def _together(self, nodes: Sequence[Node], inputs: Sequence[Array]) -> dict[Node, Array]:
        op = nodes[0].op
        if nodes[0] in self._scans:
            found = self._scans[nodes[0]].values(nodes, inputs)
            return super()._together(nodes, inputs) if found is None else found
        compiled = self._compiled.get(op.body) if isinstance(op, While) else None
        if compiled is None:
            return super()._together(nodes, inputs)
        body: Repeated = op.body  # type: ignore[attr-defined]
        states = _last_states(body, inputs, compiled)
        return {node: states[node.op.place] for node in nodes if isinstance(node.op, While)}


class _Steps:
    """The steps of a loop over sequences.

    Args:
        loop: the loop.
        outputs: what is kept of every step.
    """

    def __init__(self, loop: Loop, outputs: Sequence[Node]) -> None:
        self.loop, self.outputs = loop, list(outputs)
        self.executable: Executable | None = None
        feeds = [placeholder(x.spec.dtype, (1, *shape_of(x))) for x in loop.slices]
        given = {x: feed[0] for x, feed in zip(loop.slices, feeds, strict=True)}
        ends = substitute([Tensor(x) for x in (*loop.new_states, *outputs)], given)
        count = len(loop.states)
        reads = (*loop.states, *loop.captured)
        self.computation = Computation(
            feeds=tuple(feed.node for feed in feeds),
            variables=_as_variables(reads),
            reads=reads,
            fetches=tuple(end.node for end in ends[count:]),
            updates=tuple((place, end.node) for place, end in enumerate(ends[:count])),
            keeps=-1 if loop.reverse else 1,
        )
        self.batched = Batched(1, tuple(feed.dtype for feed in feeds))

    @classmethod
    def of(cls, nodes: Sequence[Node], is_native: Callable[[Node], bool]) -> _Steps | None:
        """Return the steps of a loop, given its values; always the same for the same.

        Returns:
            None, if they cannot be compiled.
        """
        ops = [node.op for node in nodes if isinstance(node.op, Scan)]
        if not ops or not ops[0].loop.is_plain:
            return None
        loop = ops[0].loop
        if not all(is_static(node.spec.shape) for node in loop.parameters):
            return None
        outputs = tuple(op.output for op in ops)
        kept = [op.output for op in ops if op.stacked or op.output not in loop.new_states]

        def make() -> tuple[_Steps | None]:
            body = loop.body(outputs)
            if not all(is_static(node.spec.shape) and is_native(node) for node in body):
                return (None,)
            return (cls(loop, list(dict.fromkeys(kept))),)

        (found,) = loop.forms.get(("steps", outputs, tuple(kept)), make)
        return found

    def values(self, nodes: Sequence[Node], inputs: Sequence[Array]) -> dict[Node, Array] | None:
        """Return the values of a loop; None if it is to be interpreted, to tell what failed."""
        count, behind = len(self.loop.states), len(self.loop.states) + len(self.loop.slices)
        sequences = [np.ascontiguousarray(x) for x in inputs[count:behind]]
        length = len(sequences[0])
        if not length or not isinstance(self.executable, NativeExecutable):
            return None
        order = np.arange(length)
        states = [memory.copied(x) for x in inputs[:count]]
        captured = [np.ascontiguousarray(x) for x in inputs[behind:]]
        order = order[::-1].copy() if self.loop.reverse else order
        kept = self.executable.run_loop(sequences, [*states, *captured], order)
        if kept is None:
            return None
        found = {}
        for node in nodes:
            op = node.op
            assert isinstance(op, Scan)
            last = op.last(states)
            if last is None:
                every = kept[self.outputs.index(op.output)]
                last = every if op.stacked else every[0 if self.loop.reverse else -1]
            found[node] = last
        return found


def _as_variables(nodes: Sequence[Node]) -> tuple[ReadVariable, ...]:
    """Return what stands for states, and for what is the same in every step, as variables."""
    return tuple(
        ReadVariable(place, shape_of(node), node.spec.dtype, node.name, Tensor(node))
        for place, node in enumerate(nodes)
    )


def _last_states(body: Repeated, inputs: Sequence[Array], compiled: Executable) -> Sequence[Array]:
    """Go through the rounds of a loop, given its first states and what it captures."""
    count = len(body.states)
    (goes_on,) = computed([body.goes_on], dict(zip(body.parameters, inputs, strict=True)))
    if not goes_on:
        return inputs[:count]
    states = [memory.copied(state) for state in inputs[:count]]
    rounds = _FIRST_ROUNDS
    while goes_on:
        begin = time.perf_counter()
        (goes_on,), _ = compiled.run(inputs[count:], states, _NOTHING_DRAWN, rounds)
        if time.perf_counter() - begin < _LONGEST:
            rounds *= 2
    return states


def bodies_worth_compiling(
    nodes: Iterable[Node], is_native: Callable[[Node], bool]
) -> list[Repeated]:
    """Return the bodies of loops of unknown length, of which a round can be compiled."""
    bodies = dict.fromkeys(node.op.body for node in nodes if isinstance(node.op, While))
    known = [body for body in bodies if all(is_static(x.spec.shape) for x in body.parameters)]
    return [body for body in known if body.is_plain and all(map(is_native, _round(body).nodes))]


def _round(body: Repeated) -> Computation:
    """Return a round as a step: states are variables; it tells whether another round follows."""
    new = dict(zip(body.states, map(Tensor, body.new_states), strict=True))
    (goes_on,) = substitute([Tensor(body.goes_on)], new)
    return Computation(
        feeds=body.captured,
        variables=_as_variables(body.states),
        reads=body.states,
        fetches=(goes_on.node,),
        updates=tuple(enumerate(body.new_states)),
        may_end=True,
    )
