"""Loops that take many elements to one: sums, products, extremes.

If the last axis (after joining) is reduced, a vector of partial results runs *along* it, and its
lanes are put together at the end. If it is kept, the lanes lie *across* it: each has a result of
its own. Where there are few results of many elements, the elements are cut into parts that depend
on the shape alone; workers reduce parts, and the first puts the results together in order. So the
result is the same for any number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from giulgi.backends.cpu.code import scalars
from giulgi.backends.cpu.code.combining import Combiner
from giulgi.backends.cpu.code.elements import Lanes, lane_mask
from giulgi.backends.cpu.code.ir import I64, Value, constant
from giulgi.backends.cpu.code.nests import join_axes, lane_count, places
from giulgi.backends.cpu.code.scope import Scope
from giulgi.backends.cpu.code.stages import Stage
from giulgi.backends.cpu.planning.group import Group
from giulgi.backends.cpu.planning.layouts import Layout, Shape
from giulgi.backends.cpu.planning.sources import Access, Target
from giulgi.graph.node import Node
from giulgi.graph.ops.reductions import Reduction
from giulgi.graph.shapes import size_of

_KEPT, _REDUCED = "kept", "reduced"
# Fewer results than this, of more elements for each, are reduced in parts.
_FEW_RESULTS = 64
_ELEMENTS_OF_PART = 8192
_MOST_PARTS = 32
_MOST_LANES = 64
# With so few operations before, four vectors of a row are reduced together: finding the place of a
# row costs as much as some operations.
_LIGHT = 5


def parts_of(group: Group) -> int:
    """Return into how many parts the elements are cut; 1 if they are not."""
    assert group.inner_domain is not None
    results, elements = size_of(group.domain), size_of(group.inner_domain)
    if results == 0 or results > _FEW_RESULTS:
        return 1
    return max(min(elements // _ELEMENTS_OF_PART, _MOST_PARTS), 1)


def scratch_bytes(group: Group) -> int:
    """Return the size of the shared memory for the results of parts."""
    parts = parts_of(group)
    return 0 if parts == 1 else parts * size_of(group.domain) * _MOST_LANES * 8 * len(group.roots)


def emit_reduction(scope: Scope, group: Group, barrier: Callable[[], None]) -> None:
    """Write the code of a group around reductions over one set of axes.

    Args:
        scope: what the code is written with.
        group: the group.
        barrier: writes code that waits for all workers.
    """
    if 0 not in group.domain:
        _ReductionCode(scope, group).emit(barrier)


@dataclass(frozen=True)
class _Unit:
    """What is reduced at a time: one row of results, or a vector of them."""

    kept: list[Value]
    lanes: Lanes


class _ReductionCode:
    """Writes one reduction.

    Args:
        scope: what the code is written with.
        group: the reductions, and what is computed before and after.
    """

    def __init__(self, scope: Scope, group: Group) -> None:
        assert group.inner_domain is not None
        self.scope, self.f, self.group = scope, scope.f, group
        self.shape: Shape = group.inner_domain
        first = group.roots[0].op
        assert isinstance(first, Reduction)
        self.axes = set(range(len(self.shape))) if first.axes is None else set(first.axes)
        inner_stores = [s for s in group.stores if s.value in group.inner]
        outer_stores = [s for s in group.stores if s.value not in group.inner]
        self.inner = Stage(scope, group.inner, inner_stores, (), lambda layout: layout.strides)
        for root in group.roots:
            if self._is_read(root):
                self.inner.also_read(self._access(root))
        self.outer = Stage(scope, group.outer, outer_stores, group.roots, self._outer_strides)
        classes = [_REDUCED if axis in self.axes else _KEPT for axis in range(len(self.shape))]
        left = join_axes(self.shape, [self.inner, self.outer], classes)
        self.sizes, self.classes = left.sizes, left.classes
        self.along = not self.classes or self.classes[-1] == _REDUCED
        self.combiners = [Combiner(root) for root in group.roots]
        self.parts = parts_of(group)

    def _access(self, root: Node) -> Access:
        return self.scope.plan.grouping.access[root.inputs[0]]

    def _is_read(self, root: Node) -> bool:
        """Whether what is reduced is read from memory, and not computed here."""
        access = self._access(root)
        return not (access.base in self.group.inner and access.is_direct)

    def _outer_strides(self, layout: Layout) -> tuple[int, ...]:
        """Take strides along the axes of the results to those of what is reduced."""
        if len(layout.shape) == len(self.shape):
            return tuple(
                0 if axis in self.axes else stride for axis, stride in enumerate(layout.strides)
            )
        kept = iter(layout.strides)
        return tuple(0 if axis in self.axes else next(kept) for axis in range(len(self.shape)))

    # Sizes

    def _sizes(self, kind: str) -> list[int]:
        """Return the sizes of the kept, or the reduced, axes that are counted one by one."""
        last = len(self.sizes) - 1
        return [
            size
            for axis, (size, own) in enumerate(zip(self.sizes, self.classes, strict=True))
            if own == kind and axis != last
        ]

    @property
    def columns(self) -> int:
        """The size of the last axis."""
        return self.sizes[-1] if self.sizes else 1

    @property
    def count(self) -> int:
        """The number of lanes."""
        if self.columns == 1:
            return 1
        nodes = [
            *self.group.inner,
            *self.group.roots,
            *(root.inputs[0] for root in self.group.roots),
        ]
        count = lane_count(self.scope.machine, nodes, 1)
        light = len(self.group.inner) <= _LIGHT and self.columns >= 4 * count
        return min(4 * count, _MOST_LANES) if light else count

    # Loops

    def emit(self, barrier: Callable[[], None]) -> None:
        """Write the loops."""
        rows = size_of(self._sizes(_KEPT))
        blocks = 1 if self.along else -(-self.columns // self.count)
        units = rows * blocks
        if self.parts == 1:
            with self.f.loop(*self.scope.share(units)) as loop:
                unit = self._unit(loop.index, blocks)
                self._finish(unit, self._reduced(unit, None))
            return
        with self.f.loop(*self.scope.share(units * self.parts)) as loop:
            part = self.f.binary("udiv", loop.index, constant(I64, units))
            number = self.f.binary("urem", loop.index, constant(I64, units))
            unit = self._unit(number, blocks)
            for root, value in enumerate(self._reduced(unit, part)):
                self.f.store(self._stored(root, value), self._partial(root, loop.index))
        if self.scope.parallel:
            barrier()
        with self.scope.alone(), self.f.loop(0, units) as loop:
            self._finish(self._unit(loop.index, blocks), self._put_together(loop.index, units))

    def _unit(self, number: Value, blocks: int) -> _Unit:
        """Return the kept places and the lanes of a unit."""
        f = self.f
        if self.along:
            return _Unit(places(f, number, self._sizes(_KEPT)), Lanes(constant(I64, 0), 1))
        row = f.binary("udiv", number, constant(I64, blocks))
        column = f.mul(f.binary("urem", number, constant(I64, blocks)), self.count)
        mask = None
        if self.columns % self.count and self.count > 1:
            mask = lane_mask(f, column, constant(I64, self.columns), self.count)
        return _Unit(places(f, row, self._sizes(_KEPT)), Lanes(column, self.count, mask))

    def _reduced(self, unit: _Unit, part: Value | None) -> list[Value]:
        """Write the loops over what is reduced, or over one part of it."""
        lines = size_of(self._sizes(_REDUCED))
        split_lines = lines >= self.parts or not self.along
        first = [combiner.start(self.count) for combiner in self.combiners]
        ends = self._bounds(lines, part if split_lines else None, 1)
        with self.f.loop(*ends, carried=first) as loop:
            taken = places(self.f, loop.index, self._sizes(_REDUCED))
            self.inner.enter_row(self._indices(unit.kept, taken), has_columns=bool(self.sizes))
            if self.along:
                columns = self._bounds(self.columns, None if split_lines else part, self.count)
                loop.carry(*self._line(columns, loop.carried))
            else:
                loop.carry(*self._taken(unit.lanes, loop.carried))
        if not self.along:
            return loop.results
        return [c.across(self.f, v) for c, v in zip(self.combiners, loop.results, strict=True)]

    def _bounds(self, size: int, part: Value | None, grain: int) -> tuple[Value | int, Value | int]:
        """Return where a part of an axis begins and ends, in whole grains."""
        if part is None:
            return 0, size
        f, grains = self.f, -(-size // grain)
        ends = []
        for turn in (part, f.add(part, 1)):
            share = f.binary("udiv", f.mul(turn, grains), constant(I64, self.parts))
            ends.append(f.intrinsic("smin", f.mul(share, grain), constant(I64, size)))
        return ends[0], ends[1]

    def _indices(self, kept: Sequence[Value], reduced: Sequence[Value]) -> list[Value]:
        """Return the places along all axes but the last, in the order of the axes."""
        sources = {_KEPT: iter(kept), _REDUCED: iter(reduced)}
        return [next(sources[str(kind)]) for kind in self.classes[:-1]]

    def _line(
        self, columns: tuple[Value | int, Value | int], carried: Sequence[Value]
    ) -> list[Value]:
        """Write the loop of a vector along the last axis."""
        f, count = self.f, self.count
        start, stop = (constant(I64, end) if isinstance(end, int) else end for end in columns)
        if count == 1:
            return self._taken(Lanes(start, 1), carried)
        whole = self.columns - self.columns % count
        now = list(carried)
        if whole:
            last: Value | int = (
                whole
                if stop.text == str(self.columns)
                else f.intrinsic("smin", stop, constant(I64, whole))
            )
            begin: Value | int = 0 if start.text == "0" else start
            with f.loop(begin, last, count, carried=now) as loop:
                loop.carry(*self._taken(Lanes(loop.index, count), loop.carried))
            now = loop.results
        if whole < self.columns:
            # In a part that ends before, no lane of the mask is set.
            tail = constant(I64, whole)
            now = self._taken(Lanes(tail, count, lane_mask(f, tail, stop, count)), now)
        return now

    def _taken(self, lanes: Lanes, carried: Sequence[Value]) -> list[Value]:
        """Take the elements of some lanes into the partial results."""
        f = self.f
        values = self.inner.compute(lanes, {})
        self.inner.write(lanes, values)
        found = []
        for combiner, now in zip(self.combiners, carried, strict=True):
            access = self._access(combiner.root)
            if self._is_read(combiner.root):
                value = self.inner.loaded(access, lanes)
            else:
                value = values[access.base]
            new = combiner.combine(f, now, combiner.taken(f, value))
            found.append(new if lanes.mask is None else f.select(lanes.mask, new, now))
        return found

    # Results

    def _finish(self, unit: _Unit, results: Sequence[Value]) -> None:
        """Write what is computed of the results, and store it."""
        reduced = [constant(I64, 0)] * len(self._sizes(_REDUCED))
        indices = self._indices(unit.kept, reduced)
        if self.along and self.sizes:
            indices.append(constant(I64, 0))
        self.outer.enter_row(indices, has_columns=not self.along)
        given: dict[Target, Value] = dict(zip(self.group.roots, results, strict=True))
        self.outer.write(unit.lanes, self.outer.compute(unit.lanes, given))

    def _partial(self, root: int, place: Value) -> Value:
        """Return the address of the result of a part, in shared memory."""
        width = 1 if self.along else self.count
        units = self.parts * size_of(self.group.domain) * _MOST_LANES
        base = self.f.offset(self.scope.scratch(), root * units, I64)
        return self.f.offset(base, self.f.mul(place, width), I64)

    def _stored(self, root: int, value: Value) -> Value:
        return scalars.to_memory(self.f, value)

    def _put_together(self, unit: Value, units: int) -> list[Value]:
        """Combine the results of all parts, in order."""
        f = self.f
        width = 1 if self.along else self.count
        found = []
        for root, combiner in enumerate(self.combiners):
            with f.loop(0, self.parts, carried=[combiner.start(width)]) as loop:
                place = f.add(f.mul(loop.index, units), unit)
                memory = scalars.memory_type(combiner.dtype)
                type_ = memory if width == 1 else f"<{width} x {memory}>"
                value = f.load(type_, self._partial(root, place))
                value = scalars.from_memory(f, value, combiner.dtype)
                loop.carry(combiner.combine(f, loop.carried[0], value))
            found += loop.results
        return found
