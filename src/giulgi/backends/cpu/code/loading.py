"""The examples of a step, taken from arrays that hold all of them."""

from __future__ import annotations

from collections.abc import Sequence

from giulgi.backends.cpu.code import scalars
from giulgi.backends.cpu.code.elements import Lanes
from giulgi.backends.cpu.code.ir import I64, PTR, Value, constant, vector_of
from giulgi.backends.cpu.code.nests import for_columns, lane_count
from giulgi.backends.cpu.code.scope import Scope
from giulgi.backends.cpu.planning.group import Group
from giulgi.backends.cpu.planning.sources import shape_of
from giulgi.backends.cpu.table import Word
from giulgi.graph.dtypes import DType
from giulgi.graph.shapes import size_of


def emit_batch(scope: Scope, group: Group, dtypes: Sequence[DType], size: int) -> None:
    """Write the code that copies a step's examples, in their order, and converts them.

    Example ``i`` of step ``s`` is row ``order[s * size + i]`` of the array.

    Args:
        scope: what the code is written with.
        group: the group of the feed.
        dtypes: for each feed the dtype of its array.
        size: the number of examples in a step.
    """
    f = scope.f
    (feed,) = group.roots
    number = scope.plan.computation.feeds.index(feed)
    given, wanted = dtypes[number], feed.spec.dtype
    source_element, target_element = scalars.memory_type(given), scalars.memory_type(wanted)
    shape = shape_of(feed)
    width = size_of(shape[1:])
    data = scope.word(scope.table.word("feed", number), PTR)
    order = scope.word(Word.ORDER, PTR)
    target = scope.address(feed)
    count = lane_count(scope.machine, [feed], width)
    first = f.mul(scope.step, size)
    with f.loop(*scope.share(size)) as loop:
        example = f.load(I64, f.offset(order, f.add(first, loop.index), I64))
        source = f.offset(data, f.mul(example, width), source_element)
        row = f.offset(target, f.mul(loop.index, width), target_element)

        def copy(lanes: Lanes, source: Value = source, row: Value = row) -> None:
            address = f.offset(source, lanes.column, source_element)
            type_ = vector_of(source_element, lanes.count)
            if lanes.mask is None:
                value = f.load(type_, address)
            else:
                value = f.masked_load(type_, address, lanes.mask, constant(type_, 0))
            value = scalars.cast(f, scalars.from_memory(f, value, given), given, wanted)
            value = scalars.to_memory(f, value)
            address = f.offset(row, lanes.column, target_element)
            if lanes.mask is None:
                f.store(value, address)
            else:
                f.masked_store(value, address, lanes.mask)

        if width:
            for_columns(f, (constant(I64, 0), constant(I64, width)), width, count, copy)
