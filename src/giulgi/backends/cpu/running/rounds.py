"""Loops of unknown length, whose rounds are compiled.

How often a ``while_loop`` goes round is only known when it runs. So Python asks after each round
whether there is another, which costs some microseconds, and lets Ctrl-C in between; the round
itself is native code, like a computation of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from giulgi.backends.base import Array, Computation, Draw, Executable
from giulgi.backends.reference.interpreter import Interpreter
from giulgi.backends.work import work
from giulgi.graph.control.body import computed
from giulgi.graph.control.while_loop import Repeated, While
from giulgi.graph.node import Node
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor

# A call of native code takes as long as NumPy takes for some operations on small arrays: rounds of
# fewer operations, and of less work, are left to NumPy.
_FEWEST_OPERATIONS, _LEAST_WORK = 8, 20_000

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
        count = len(body.states)
        states, captured = list(inputs[:count]), inputs[count:]
        given = dict(zip(body.parameters, inputs, strict=True))
        (goes_on,) = computed([body.goes_on], given)
        while goes_on:
            *states, goes_on = compiled.run([*states, *captured], (), _NOTHING_DRAWN)[0]
        return {node: states[node.op.place] for node in nodes if isinstance(node.op, While)}


def bodies_worth_compiling(
    nodes: Iterable[Node], is_native: Callable[[Node], bool]
) -> list[Repeated]:
    """Return the bodies of loops of unknown length, of which a round is worth compiling."""
    bodies = dict.fromkeys(node.op.body for node in nodes if isinstance(node.op, While))
    return [body for body in bodies if _is_worth_compiling(body, is_native)]


def _is_worth_compiling(body: Repeated, is_native: Callable[[Node], bool]) -> bool:
    nodes = [node for node in _round(body).nodes if node.inputs]
    enough = len(nodes) >= _FEWEST_OPERATIONS or work(nodes) >= _LEAST_WORK
    return enough and body.is_plain and all(map(is_native, nodes))


def _round(body: Repeated) -> Computation:
    """Return a round as a computation: the new states, and whether another round follows."""
    new = dict(zip(body.states, map(Tensor, body.new_states), strict=True))
    (goes_on,) = substitute([Tensor(body.goes_on)], new)
    fetches = (*body.new_states, goes_on.node)
    return Computation(body.parameters, (), (), fetches, ())
