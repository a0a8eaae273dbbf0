"""Code around places: of the largest element, and of what is added where."""

from __future__ import annotations

from giulgi.backends.cpu.code import scalars
from giulgi.backends.cpu.code.elements import Lanes, dot, lane_mask
from giulgi.backends.cpu.code.ir import (
    I32,
    I64,
    Function,
    Value,
    constant,
    constant_vector,
    vector_of,
)
from giulgi.backends.cpu.code.nests import lane_count, places
from giulgi.backends.cpu.code.scope import Scope
from giulgi.backends.cpu.planning.group import Group
from giulgi.backends.cpu.planning.layouts import Layout
from giulgi.backends.cpu.planning.sources import Access, shape_of
from giulgi.graph.dtypes import DType
from giulgi.graph.node import Node
from giulgi.graph.ops.indexing import AddAlong, ScatterAdd
from giulgi.graph.ops.reductions import ArgExtreme, Argmax
from giulgi.graph.shapes import size_of

# Places below are held in 32 bits while several elements are looked at together.
_MOST_PLACES = 2**31


def emit_extreme_place(scope: Scope, group: Group) -> None:
    """Write the search for the first of the largest (or smallest) elements along an axis."""
    (node,) = group.roots
    op = node.op
    assert isinstance(op, ArgExtreme)
    access = scope.plan.grouping.access[node.inputs[0]]
    kept = [axis for axis in range(len(access.layout.shape)) if axis != op.axis]
    shape = tuple(access.layout.shape[axis] for axis in kept)
    if 0 in shape:
        return
    source = access.layout.transpose([*kept, op.axis])
    f, dtype = scope.f, access.base.spec.dtype
    element = scalars.memory_type(dtype)
    base = scope.address(access.base, source.offset)
    result = scope.address(node)
    with f.loop(*scope.share(size_of(shape))) as loop:
        indices = places(f, loop.index, shape)
        start = dot(f, indices, source.strides[:-1])
        line = f.offset(base, start, element)
        best = _search(f, op, dtype, line, source, scope.machine.lanes(max(dtype.itemsize, 4)))
        f.store(best, f.offset(result, loop.index, I64))


def _search(
    f: Function, op: ArgExtreme, dtype: DType, line: Value, source: Layout, lanes: int
) -> Value:
    """Write the loop along the axis: an element that is better than the best so far replaces it."""
    size, stride = source.shape[-1], source.strides[-1]
    element = scalars.memory_type(dtype)
    searched = 1
    best, place = scalars.from_memory(f, f.load(element, line), dtype), constant(I64, 0)
    if stride == 1 and dtype.kind != "b" and 2 * lanes <= size < _MOST_PLACES:
        searched = size - size % lanes
        best, place = _search_by_lanes(f, op, dtype, line, searched, lanes)
    if searched == size:
        return place
    with f.loop(searched, size, carried=[best, place]) as loop:
        best, place = loop.carried
        stored = f.load(element, f.offset(line, f.mul(loop.index, stride), element))
        value = scalars.from_memory(f, stored, dtype)
        better = _is_better(f, isinstance(op, Argmax), dtype, value, best)
        loop.carry(f.select(better, value, best), f.select(better, loop.index, place))
    return loop.results[1]


def _search_by_lanes(
    f: Function, op: ArgExtreme, dtype: DType, line: Value, size: int, lanes: int
) -> tuple[Value, Value]:
    """Write a loop in which each lane searches every so many elements; return best and place."""
    largest, element = isinstance(op, Argmax), scalars.memory_type(dtype)
    type_ = vector_of(element, lanes)
    first = [f.load(type_, line), constant_vector(I32, range(lanes))]
    with f.loop(lanes, size, lanes, carried=first) as loop:
        best, place = loop.carried
        value = f.load(type_, f.offset(line, loop.index, element))
        here = f.add(f.splat(f.convert("trunc", loop.index, I32), lanes), first[1])
        better = _is_better(f, largest, dtype, value, best)
        loop.carry(f.select(better, value, best), f.select(better, here, place))
    best, place = loop.results
    half = lanes // 2
    while half:
        # Each lane and the one that is half of all lanes further: the better of the two.
        left = [_lanes(f, both, 0, half) for both in (best, place)]
        right = [_lanes(f, both, half, half) for both in (best, place)]
        best, place = _better_of(f, largest, dtype, left, right)
        half //= 2
    return best, f.convert("sext", place, I64)


def _lanes(f: Function, a: Value, first: int, count: int) -> Value:
    return f.extract(a, first) if count == 1 else f.shuffle(a, a, range(first, first + count))


def _better_of(
    f: Function, largest: bool, dtype: DType, a: list[Value], b: list[Value]
) -> list[Value]:
    """Return the better of two values and its place; of equal ones the one that stands first."""
    worse = _is_better(f, largest, dtype, a[0], b[0])
    before = f.and_(f.icmp("slt", b[1], a[1]), f.xor(worse, 1))
    takes = f.or_(_is_better(f, largest, dtype, b[0], a[0]), before)
    return [f.select(takes, new, old) for new, old in zip(b, a, strict=True)]


def _is_better(f: Function, largest: bool, dtype: DType, value: Value, best: Value) -> Value:
    if dtype.kind == "f":
        # NaN counts as the most extreme; the first one stays.
        more = f.fcmp("ogt" if largest else "olt", value, best)
        return f.and_(f.fcmp("oeq", best, best), f.or_(more, f.fcmp("uno", value, value)))
    sign = "s" if dtype.kind == "i" else "u"
    return f.icmp(f"{sign}gt" if largest else f"{sign}lt", value, best)


def emit_scatter(scope: Scope, group: Group) -> None:
    """Write the code of scatter-add and add-along: zeros, to which updates are added in order.

    Updates may meet at one place, so one worker adds them all, in the order in which they stand.
    """
    (node,) = group.roots
    _ScatterCode(scope, node).emit()


class _ScatterCode:
    """Writes one scatter-add or add-along.

    Args:
        scope: what the code is written with.
        node: the operation.
    """

    def __init__(self, scope: Scope, node: Node) -> None:
        assert isinstance(node.op, (ScatterAdd, AddAlong))
        self.scope, self.f, self.node = scope, scope.f, node
        self.axis = node.op.axis % len(shape_of(node))
        access = scope.plan.grouping.access
        self.updates: Access = access[node.inputs[0]]
        self.indices: Access = access[node.inputs[1]]
        self.dtype = node.spec.dtype
        self.element = scalars.memory_type(self.dtype)
        self.target = Layout.of(shape_of(node))
        self.address = scope.address(node)

    def emit(self) -> None:
        """Write the loops."""
        self._fill()
        if 0 in self.updates.layout.shape or 0 in self.target.shape:
            return
        shape = self.updates.layout.shape
        # The last axis is done by vectors, unless it is one of the places'.
        along = self.axis + len(self.indices.layout.shape) if self._is_scatter else len(shape)
        vectors = along < len(shape) and shape[-1] > 1 and self._is_dense()
        outer = shape[:-1] if vectors else shape
        f = self.f
        with f.loop(0, size_of(outer)) as loop:
            indices = places(f, loop.index, outer)
            source = self._source(indices)
            target = self._target(indices)
            if not vectors:
                self._add(source, target, Lanes(constant(I64, 0), 1))
                return
            count = lane_count(self.scope.machine, [self.node], 1)
            size = shape[-1]
            with f.loop(0, size, count) as inner:
                mask = None
                if size % count:
                    mask = lane_mask(f, inner.index, constant(I64, size), count)
                self._add(source, target, Lanes(inner.index, count, mask))

    @property
    def _is_scatter(self) -> bool:
        return isinstance(self.node.op, ScatterAdd)

    def _is_dense(self) -> bool:
        return self.updates.layout.strides[-1] == 1

    def _fill(self) -> None:
        size = size_of(self.target.shape)
        f = self.f
        count = lane_count(self.scope.machine, [self.node], 1)
        zeros = constant(vector_of(self.element, count), 0)
        whole = size - size % count
        with f.loop(0, whole, count) as loop:
            f.store(zeros, f.offset(self.address, loop.index, self.element))
        with f.loop(whole, size) as loop:
            f.store(constant(self.element, 0), f.offset(self.address, loop.index, self.element))

    def _source(self, indices: list[Value]) -> Value:
        layout = self.updates.layout
        base = self.scope.address(self.updates.base, layout.offset)
        start = dot(self.f, indices, layout.strides[: len(indices)])
        return self.f.offset(base, start, self.element)

    def _target(self, indices: list[Value]) -> Value:
        """Return the address that updates at these places are added to."""
        f, axis = self.f, self.axis
        if self._is_scatter:
            count = len(self.indices.layout.shape)
            place = self._place(indices[axis : axis + count])
            where = [*indices[:axis], place, *indices[axis + count :]]
        else:
            place = self._place(indices)
            where = [*indices[:axis], place, *indices[axis + 1 :]]
        start = dot(f, where, self.target.strides[: len(where)])
        return f.offset(self.address, start, self.element)

    def _place(self, indices: list[Value]) -> Value:
        """Read a place, and check it."""
        f, layout = self.f, self.indices.layout
        base = self.indices.base
        element = scalars.memory_type(base.spec.dtype)
        start = self.scope.address(base, layout.offset)
        raw = f.load(element, f.offset(start, dot(f, indices, layout.strides), element))
        signed = base.spec.dtype.kind == "i"
        place = f.convert("sext" if signed else "zext", raw, I64)
        size = self.target.shape[self.axis]
        if signed:
            place = f.select(f.icmp("slt", place, 0), f.add(place, size), place)
        bad = f.icmp("uge", place, size)
        self.scope.fail_where(bad)
        return f.select(bad, constant(I64, 0), place)

    def _add(self, source: Value, target: Value, lanes: Lanes) -> None:
        f = self.f
        ends = [f.offset(end, lanes.column, self.element) for end in (source, target)]
        type_ = vector_of(self.element, lanes.count)
        if lanes.mask is None:
            update, now = (f.load(type_, end) for end in ends)
        else:
            zero = constant(type_, 0)
            update, now = (f.masked_load(type_, end, lanes.mask, zero) for end in ends)
        if self.dtype.kind == "b":
            new = f.or_(now, update)
        else:
            new = f.binary("fadd" if self.dtype.kind == "f" else "add", now, update)
        if lanes.mask is None:
            f.store(new, ends[1])
        else:
            f.masked_store(new, ends[1], lanes.mask)
