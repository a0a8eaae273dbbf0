"""Loops of unknown length, whose rounds are compiled.

How often a ``while_loop`` goes round is only known when it runs. Its states are like variables, and
a round is like a step of training: native code goes through many, changes the states in place, and
leaves where the condition does not hold any more. It comes back now and then, for Ctrl-C.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from giulgi import memory
from giulgi.backends.base import Array, Computation, Draw, Executable
from giulgi.backends.reference.interpreter import Interpreter
from giulgi.graph.control.body import computed
from giulgi.graph.control.while_loop import Repeated, While
from giulgi.graph.node import Node
from giulgi.graph.ops.state import ReadVariable
from giulgi.graph.rewrite import substitute
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
    """

    def __init__(
        self,
        computation: Computation,
        is_native: Callable[[Node], bool],
        compile: Callable[[Computation], Executable],
    ) -> None:
        super().__init__(computation)
        self._compiled: dict[Repeated, Executable] = {
            body: compile(_round(body)) for body in bodies_worth_compiling(self.steps, is_native)
        }

    def _together(self, nodes: Sequence[Node], inputs: Sequence[Array]) -> dict[Node, Array]:
        op = nodes[0].op
        compiled = self._compiled.get(op.body) if isinstance(op, While) else None
        if compiled is None:
            return super()._together(nodes, inputs)
        body: Repeated = op.body  # type: ignore[attr-defined]
        states = _last_states(body, inputs, compiled)
        return {node: states[node.op.place] for node in nodes if isinstance(node.op, While)}


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
    return [body for body in bodies if body.is_plain and all(map(is_native, _round(body).nodes))]


def _round(body: Repeated) -> Computation:
    """Return a round as a step: states are variables; it tells whether another round follows."""
    new = dict(zip(body.states, map(Tensor, body.new_states), strict=True))
    (goes_on,) = substitute([Tensor(body.goes_on)], new)
    variables = [
        ReadVariable(place, node.spec.shape or (), node.spec.dtype, node.name, Tensor(node))
        for place, node in enumerate(body.states)
    ]
    return Computation(
        feeds=body.captured,
        variables=tuple(variables),
        reads=body.states,
        fetches=(goes_on.node,),
        updates=tuple(enumerate(body.new_states)),
        may_end=True,
    )
