"""The body of a loop as a computation of its own, and how its memory goes from step to step.

A step of a loop is planned like a whole computation. What it is given are feeds: the states that
the step before left, elements of sequences, and what all steps share. What it leaves are fetches:
the new states, and what is kept. Nothing is copied between steps: where values are, is told by a
table of addresses, which go on from step to step (``code/loops.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from giulgi.backends.base import Computation
from giulgi.backends.cpu.planning.layouts import Layout
from giulgi.backends.cpu.planning.operations.histories import History
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
        histories: for states whose first is kept, too, the value of the loop that keeps them.
        lasts: for each fetch the values of the loop that are it after the last step.
    """

    loop: Loop
    computation: Computation
    length: int
    layouts: dict[Node, Layout]
    stacks: tuple[Node | None, ...]
    histories: dict[int, Node]
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

    def first_of(self, state: int) -> Layout | None:
        """Return where the first of a state lies in its history; None if it has none."""
        history = self.histories.get(state)
        if history is None:
            return None
        place = self.length if self.loop.reverse else 0
        whole = Layout.of(shape_of(history)).cut([(place, place + 1, 1)])
        return Layout(whole.shape[1:], whole.strides[1:], whole.offset)

    @property
    def turning(self) -> list[int]:
        """Which fetches are states that no stack keeps."""
        states = set(self.loop.new_states)
        return [
            number
            for number, fetch in enumerate(self.computation.fetches)
            if fetch in states and self.stacks[number] is None
        ]


def body_of(
    values: Sequence[Node], access: Mapping[Node, Access], prepared: Mapping[int, Access]
) -> Body:
    """Return the body of a loop.

    Args:
        values: the values of the loop.
        access: where values are found outside.
        prepared: where copies of parameters are found, by their places.
    """
    loop = loop_of(values[0])
    ops = [(node, node.op) for node in values if isinstance(node.op, Scan)]
    fetches = tuple(dict.fromkeys([*loop.new_states, *(op.output for _, op in ops)]))
    kept = {op.output: node for node, op in ops if op.stacked}
    computation = Computation(loop.parameters, (), (), fetches, ())
    return Body(
        loop,
        computation,
        length_of(values[0]),
        _layouts(loop, values[0].inputs, access, prepared),
        tuple(kept.get(fetch) for fetch in fetches),
        {op.state: node for node, op in ops if isinstance(op, History)},
        tuple(
            tuple(node for node, op in ops if op.output is fetch and not op.stacked)
            for fetch in fetches
        ),
    )


def length_of(value: Node) -> int:
    """Return the number of steps of a loop."""
    return shape_of(value.inputs[len(loop_of(value).states)])[0]


def loop_of(value: Node) -> Loop:
    """Return the loop that a value is of."""
    assert isinstance(value.op, Scan)
    return value.op.loop


def _layouts(
    loop: Loop,
    inputs: Sequence[Node],
    access: Mapping[Node, Access],
    prepared: Mapping[int, Access],
) -> dict[Node, Layout]:
    found = {}
    first, behind = len(loop.states), len(loop.states) + len(loop.slices)
    for place, (node, source) in enumerate(zip(loop.parameters, inputs, strict=True)):
        layout = (prepared.get(place) or access[source]).layout
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
