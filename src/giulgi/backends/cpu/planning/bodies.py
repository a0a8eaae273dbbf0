"""The body of a loop as a computation of its own, and how its memory goes from step to step.

A step of a loop is planned like a whole computation. What it is given are feeds: the states that
the step before left, elements of sequences, and what all steps share. What it leaves are fetches:
the new states, and what is kept. Nothing is copied between steps: where values are, is told by a
table of addresses, which go on from step to step (``code/loops.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from giulgi.backends.base import Computation
from giulgi.backends.cpu.planning.layouts import Layout
from giulgi.backends.cpu.planning.sources import Access, bytes_of, shape_of
from giulgi.graph.control.loop import Loop
from giulgi.graph.control.scan import Scan
from giulgi.graph.node import Node


@dataclass(frozen=True)
class Body:
    """What one step computes.

    Attributes:
        loop: the loop.
        computation: a step: its feeds are the parameters of the loop.
        length: how many steps there are.
        layouts: how the elements of feeds lie in memory that are views of others.
        stacks: for each fetch the value of the loop that keeps it of every step; None: none does.
        lasts: for each fetch the values of the loop that are it after the last step.
    """

    loop: Loop
    computation: Computation
    length: int
    layouts: dict[Node, Layout]
    stacks: tuple[Node | None, ...]
    lasts: tuple[tuple[Node, ...], ...]

    def work_bytes(self) -> list[int]:
        """Return the sizes of the memory for states that nobody keeps.

        Steps write them into two pieces of memory in turns; one of them is where the last state is
        asked for, if it is.
        """
        found = []
        for number in self.turning:
            size = bytes_of(self.computation.fetches[number])
            found += [size] * (1 if self.lasts[number] else 2)
        return found

    @property
    def turning(self) -> list[int]:
        """Which fetches are states that no stack keeps."""
        states = set(self.loop.new_states)
        return [
            number
            for number, fetch in enumerate(self.computation.fetches)
            if fetch in states and self.stacks[number] is None
        ]


def body_of(values: Sequence[Node], access: dict[Node, Access]) -> Body:
    """Return the body of a loop.

    Args:
        values: the values of the loop.
        access: where values are found outside.
    """
    first = values[0].op
    assert isinstance(first, Scan)
    loop = first.loop
    ops = [(node, node.op) for node in values if isinstance(node.op, Scan)]
    fetches = tuple(dict.fromkeys([*loop.new_states, *(op.output for _, op in ops)]))
    kept = {op.output: node for node, op in ops if op.stacked}
    computation = Computation(loop.parameters, (), (), fetches, ())
    return Body(
        loop,
        computation,
        length_of(values[0]),
        _layouts(loop, values[0].inputs, access),
        tuple(kept.get(fetch) for fetch in fetches),
        tuple(
            tuple(node for node, op in ops if op.output is fetch and not op.stacked)
            for fetch in fetches
        ),
    )


def length_of(value: Node) -> int:
    """Return the number of steps of a loop."""
    assert isinstance(value.op, Scan)
    return shape_of(value.inputs[len(value.op.loop.states)])[0]


def _layouts(loop: Loop, inputs: Sequence[Node], access: dict[Node, Access]) -> dict[Node, Layout]:
    found = {}
    first, behind = len(loop.states), len(loop.states) + len(loop.slices)
    for place, (node, source) in enumerate(zip(loop.parameters, inputs, strict=True)):
        layout = access[source].layout
        if first <= place < behind:
            layout = Layout(layout.shape[1:], layout.strides[1:])
        elif place >= behind:
            layout = Layout(layout.shape, layout.strides)
        else:
            layout = Layout.of(layout.shape)  # The first state is made to lie like the others.
        found[node] = layout
    return found


def step_bytes(source: Access) -> int:
    """Return how far apart the elements of a sequence lie."""
    return source.layout.strides[0] * source.base.spec.dtype.itemsize
