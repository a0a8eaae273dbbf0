"""How long arrays become in a loop: counted by a loop of its own, before what is written is made.

An array of tensors that grows has another shape in each round. How many places are written in the
end depends on little: on the number of the round, and on when the loop ends. So that is counted
first; then the arrays begin as long as they end, and the loop is one of giulgi's, with gradients.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import giulgi as gg
from giulgi.graph.node import Node, topological
from giulgi.graph.op import Op
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor as Expression

#: What was made of which tensors, for how many places.
Growth = tuple[Expression, Expression, Expression]


class NothingWrittenError(ValueError):
    """An array is read before anything is known of the shape of its tensors."""

    def __init__(self, array: Any) -> None:
        super().__init__("nothing was written to this TensorArray yet: give element_shape")
        self.array = array


def full_grown(ends: Sequence[Expression], growths: Sequence[Growth]) -> list[Expression]:
    """Return expressions in which nothing grows, since there is place for all."""
    grown = {made.node: x for made, x, _ in growths}
    found = list(ends)
    while grown and not grown.keys().isdisjoint(topological(x.node for x in found)):
        found = substitute(found, grown)
    return found


def lengths(
    goes_on: Expression,
    states: Sequence[Node],
    firsts: Sequence[Expression],
    ends: Sequence[Expression],
    arrays: dict[int, list[Growth]],
    drawn: Collection[Op],
) -> list[Expression] | None:
    """Return how long arrays become in a loop; None if that cannot be counted before.

    It cannot if it depends on what the arrays hold, or on random numbers that each round draws:
    the loop that counts would draw others.

    Args:
        goes_on: the condition of the loop.
        states: what stands for the states in it.
        firsts: the first states.
        ends: the new states.
        arrays: for the place of each array among the states where it grows.
        drawn: what draws random numbers in each round.
    """
    every = [growth for growths in arrays.values() for growth in growths]
    goes_on, *rest = full_grown([goes_on, *ends, *(count for _, _, count in every)], every)
    ends, counts = rest[: len(ends)], rest[len(ends) :]
    needed: set[Node] = set()
    waiting = [goes_on, *counts]
    while waiting:
        new = set(states).intersection(topological(x.node for x in waiting)) - needed
        needed |= new
        waiting = [ends[states.index(node)] for node in new]
    places = [place for place, node in enumerate(states) if node in needed]
    if any(place in arrays for place in places):
        return None
    counted = topological(x.node for x in (goes_on, *counts, *(ends[place] for place in places)))
    if any(node.op in drawn for node in counted if node.op.random):
        return None
    own = [states[place] for place in places]

    def at(now: Sequence[Expression], wanted: Sequence[Expression]) -> list[Expression]:
        return substitute(wanted, dict(zip(own, now, strict=False)))

    def step(*now: Expression) -> tuple[Expression, ...]:
        found = at(now, [*(ends[place] for place in places), *counts])
        longest, remaining = list(now[len(own) :]), iter(found[len(own) :])
        for number, growths in enumerate(arrays.values()):
            for _ in growths:
                longest[number] = gg.maximum(longest[number], next(remaining))
        return (*found[: len(own)], *longest)

    begin = [gg.cast(gg.size(firsts[place], 0), "int64") for place in arrays]
    found = gg.while_loop(
        lambda *now: gg.reshape(at(now, [goes_on])[0], ()),
        step,
        (*(firsts[place] for place in places), *begin),
    )
    return list(found[len(own) :])
