"""A loop as a group, and what is put in its place before the first step.

First states are read where the states of later steps will be. A matrix that every step multiplies
by is copied if it does not lie as products read it best: rows one after another, each beginning a
line of the cache. Rows whose distance is a high power of two would all fall into the same few sets
of the cache, so they are an odd number of lines apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from giulgi.backends.cpu.planning.bodies import body_of, length_of, loop_of
from giulgi.backends.cpu.planning.group import Group, Kind
from giulgi.backends.cpu.planning.layouts import Layout
from giulgi.backends.cpu.planning.sources import Access, Result, Target, shape_of
from giulgi.graph.node import Node
from giulgi.graph.ops.contraction import MatMul
from giulgi.memory import LINE_BYTES

if TYPE_CHECKING:
    from giulgi.backends.cpu.planning.groups import Grouping

# For fewer steps nothing is copied.
_FEW_STEPS = 4


def place_loop(grouping: Grouping, values: list[Node]) -> None:
    """Add the group that computes all values of a loop.

    Args:
        grouping: where it is added.
        values: the values.
    """
    inputs = values[0].inputs
    prepared = {
        place: _prepared(grouping, place, inputs[place], layout)
        for place, layout in _better_layouts(grouping, values).items()
    }
    body = body_of(values, grouping.access, prepared)
    group = Group(Kind.LOOP, shape_of(values[0]), roots=values, body=body, prepared=prepared)
    needed = grouping.needed(inputs)
    for access in prepared.values():
        needed |= grouping.needed_base(access.base)
    for number, state in enumerate(inputs[: len(body.loop.states)]):
        access = grouping.access[state]
        target: Target = access.base
        place = body.first_of(number)
        if place is not None:
            target = body.histories[number]
            grouping.copy(access, target, place)
        elif not access.is_direct:
            target = Result("work", number, state.spec.dtype, shape_of(state))
            grouping.copy(access, target, Layout.of(shape_of(state)))
        needed |= grouping.needed_base(target)
        group.begin.append(target)
    grouping.order.add(group, needed)
    for value in values:
        grouping.writers.setdefault(value, []).append(group)


def _prepared(grouping: Grouping, number: int, matrix: Node, layout: Layout) -> Access:
    """Copy a matrix to memory of its own."""
    size = max(n * stride for n, stride in zip(layout.shape, layout.strides, strict=True))
    target = Result("work", number, matrix.spec.dtype, (size,))
    grouping.copy(grouping.access[matrix], target, layout)
    return Access(target, layout)


def _better_layouts(grouping: Grouping, values: Sequence[Node]) -> dict[int, Layout]:
    """Return for parameters of a body, by their places, how they should lie, if not as they do."""
    if length_of(values[0]) < _FEW_STEPS:
        return {}
    loop = loop_of(values[0])
    outputs = [node.op.output for node in values]  # type: ignore[attr-defined]
    transposed = {
        node.inputs[1]: node.op.transpose_b
        for node in loop.body(outputs)
        if isinstance(node.op, MatMul) and len(shape_of(node.inputs[1])) == 2
    }
    found = {}
    first = len(loop.parameters) - len(loop.captured)
    for place, parameter in enumerate(loop.captured, start=first):
        if parameter in transposed:
            now = grouping.access[values[0].inputs[place]].layout
            better = _padded(now, transposed[parameter], parameter.spec.dtype.itemsize)
            if better is not None:
                found[place] = better
    return found


def _padded(now: Layout, transposed: bool, itemsize: int) -> Layout | None:
    """Return how a matrix should lie; None if it lies well."""
    rows, columns = (1, 0) if transposed else (0, 1)
    lines, rest = divmod(now.strides[rows] * itemsize, LINE_BYTES)
    starts_line = now.offset * itemsize % LINE_BYTES == 0
    if now.strides[columns] == 1 and rest == 0 and lines % 2 and starts_line:
        return None
    lines = -(-now.shape[columns] * itemsize // LINE_BYTES) | 1
    strides = [1, 1]
    strides[rows] = lines * LINE_BYTES // itemsize
    return Layout(now.shape, tuple(strides))
