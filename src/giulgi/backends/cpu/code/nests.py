"""Loops over the elements of one domain: rows, and vectors along each row.

The axes of the domain are first joined as far as memory allows. What is left is a last axis, along
which vectors run, and the axes before it, which are counted together as *rows*. Workers share the
rows; where there are few, they share the last axis.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from giulgi.backends.cpu.code.elements import Lanes, lane_mask
from giulgi.backends.cpu.code.ir import I64, Function, Value, constant
from giulgi.backends.cpu.code.scope import Scope
from giulgi.backends.cpu.code.stages import Stage
from giulgi.backends.cpu.machine.processor import Machine
from giulgi.backends.cpu.planning.group import Group
from giulgi.backends.cpu.planning.layouts import collapse
from giulgi.backends.cpu.planning.sources import Access, Target
from giulgi.graph.shapes import size_of

# Rows are shared only if each worker gets at least so many.
_LEAST_ROWS = 4
# Parts of a row that workers share are whole lines of the cache, whatever the dtype.
GRAIN = 64
# Up to this many operations, two vectors are computed at a time.
_LIGHT = 6


@dataclass(frozen=True)
class Axes:
    """The axes of a loop nest after some were joined.

    Attributes:
        sizes: their sizes; empty for a single element.
        classes: what each is for.
    """

    sizes: list[int]
    classes: list[object]

    @property
    def columns(self) -> int:
        """The size of the last axis."""
        return self.sizes[-1] if self.sizes else 1

    @property
    def rows(self) -> int:
        """The number of rows: the product of the other sizes."""
        return size_of(self.sizes[:-1])


def join_axes(shape: Sequence[int], stages: Sequence[Stage], classes: Sequence[object]) -> Axes:
    """Join the axes of a domain as far as what the stages read and write allows.

    Args:
        shape: the sizes of the axes.
        stages: what is computed there.
        classes: only axes of one class are joined.
    """
    kept = {axis for stage in stages for axis in stage.coordinate_axes}
    # An axis that is counted along stays alone.
    marked = [(kind, axis if axis in kept else None) for axis, kind in enumerate(classes)]
    refs = [ref for stage in stages for ref in stage.refs]
    sizes, strides, left = collapse(tuple(shape), [ref.strides for ref in refs], marked)
    places = {mark[1]: place for place, mark in enumerate(left) if mark[1] is not None}
    start = 0
    for stage in stages:
        stage.set_axes(strides[start : start + len(stage.refs)], places)
        start += len(stage.refs)
    return Axes(sizes, [mark[0] for mark in left])


def lane_count(machine: Machine, nodes: Sequence[Target], columns: int) -> int:
    """Return how many elements are computed at a time."""
    sizes = [node.spec.dtype.itemsize for node in nodes]
    # Conversions to wider numbers take several registers; what is computed most decides.
    size = max([s for s in sizes if s <= 4], default=8) if sizes else 4
    if sizes and min(sizes) == 8:
        size = 8
    count = machine.lanes(max(size, 4))
    wide = 2 * count
    return wide if len(nodes) <= _LIGHT and columns % wide == 0 else count


def emit_pointwise(scope: Scope, group: Group) -> None:
    """Write the code of a group without a root."""
    stage = Stage(scope, group.outer, group.stores, (), lambda layout: layout.strides)
    axes = join_axes(group.domain, [stage], [None] * len(group.domain))
    computed: Sequence[Target] = group.outer or [
        store.value.base for store in group.copies if isinstance(store.value, Access)
    ]
    if 0 in group.domain:
        return

    def element(lanes: Lanes) -> None:
        stage.write(lanes, stage.compute(lanes, {}))

    if not axes.sizes:
        with scope.alone():
            stage.enter_row([], has_columns=False)
            element(Lanes(constant(I64, 0), 1))
        return
    count = lane_count(scope.machine, computed, axes.columns)
    rows_shared = axes.rows >= _LEAST_ROWS * 2 or axes.rows >= axes.columns
    rows = scope.share(axes.rows) if rows_shared else _whole(axes.rows)
    columns = _whole(axes.columns) if rows_shared else scope.share(axes.columns, GRAIN)
    for_rows(scope, axes.sizes[:-1], rows, [stage], lambda: for_columns(
        scope.f, columns, axes.columns, count, element
    ))  # fmt: skip


def _whole(count: int) -> tuple[Value, Value]:
    return constant(I64, 0), constant(I64, count)


def for_rows(
    scope: Scope,
    sizes: Sequence[int],
    rows: tuple[Value, Value],
    stages: Sequence[Stage],
    body: Callable[[], None],
) -> None:
    """Write a loop over rows.

    Args:
        scope: what the code is written with.
        sizes: the sizes of the axes that are counted together.
        rows: the first row, and where they end.
        stages: what is told which row it is in.
        body: writes what is done for a row.
    """
    if size_of(sizes) == 1:
        for stage in stages:
            stage.enter_row([constant(I64, 0)] * len(sizes))
        body()
        return
    with scope.f.loop(*rows) as loop:
        indices = places(scope.f, loop.index, sizes)
        for stage in stages:
            stage.enter_row(indices)
        body()


def places(f: Function, number: Value, sizes: Sequence[int]) -> list[Value]:
    """Return the places along several axes of a number that counts them together."""
    found: list[Value] = []
    for size in reversed(sizes[1:]):
        found.append(f.binary("urem", number, constant(I64, size)))
        number = f.binary("udiv", number, constant(I64, size))
    if sizes:
        found.append(number)
    return found[::-1]


def for_columns(
    f: Function,
    columns: tuple[Value, Value],
    size: int,
    count: int,
    body: Callable[[Lanes], None],
) -> None:
    """Write a loop over vectors along a row; what is left at its end is done with a mask.

    Args:
        f: the function that is being written.
        columns: the first column and where they end: all, or a part in whole grains.
        size: the number of all columns.
        count: the number of lanes.
        body: writes what is done for a vector.
    """
    start, stop = columns
    if size == 1:
        body(Lanes(start, 1))
        return
    known = start.text == "0" and stop.text == str(size)
    full = size - size % count
    if known:
        if full == count:
            body(Lanes(start, count))
        elif full:
            with f.loop(0, full, count) as loop:
                body(Lanes(loop.index, count))
        tail = constant(I64, full)
        if size - full == 1:
            # LLVM writes four bytes where a known mask leaves one lane, of one byte, of a store.
            body(Lanes(tail, 1))
        elif full < size:
            body(Lanes(tail, count, lane_mask(f, tail, stop, count)))
        return
    if full:
        last = f.intrinsic("smin", stop, constant(I64, full))
        with f.loop(start, last, count) as loop:
            body(Lanes(loop.index, count))
    if full < size:
        # The part that ends the row has what no whole vector holds.
        tail = constant(I64, full)
        with f.when(f.icmp("sgt", stop, tail)):
            body(Lanes(tail, count, lane_mask(f, tail, stop, count)))
