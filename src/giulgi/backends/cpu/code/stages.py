"""Operations on the elements of one domain, written for a vector of elements at a time.

A *stage* is a list of elementwise operations over one set of axes. It knows what it reads from
memory, and by which strides; the loops around it (``nests.py``, ``reductions.py``,
``contractions.py``) tell it where they are. Whatever does not change along the vector is read once
for each row, before the row's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from giulgi.backends.cpu.code import scalars
from giulgi.backends.cpu.code.elements import (
    Lanes,
    Picked,
    Ref,
    counted,
    dot,
    load,
    load_scattered,
    store,
)
from giulgi.backends.cpu.code.ir import (
    I64,
    Function,
    Value,
    constant,
    lanes_of,
    vector_of,
)
from giulgi.backends.cpu.code.scope import Scope
from giulgi.backends.cpu.planning.group import Store
from giulgi.backends.cpu.planning.groups import is_one_hot
from giulgi.backends.cpu.planning.layouts import Layout
from giulgi.backends.cpu.planning.sources import Access, Target, shape_of
from giulgi.graph.node import Node
from giulgi.graph.ops.indexing import AddAlong, Gather, TakeAlong
from giulgi.graph.ops.leaves import Constant

# Takes the strides of a value along the axes of its own shape to those of the loops.
ToAxes = Callable[[Layout], tuple[int, ...]]


class Stage:
    """Elementwise operations over one domain.

    Args:
        scope: what the code is written with.
        nodes: the operations, inputs before their users.
        stores: what is written to memory.
        registers: values that the loops around provide.
        to_axes: takes strides of a value to those along the loops' axes.
    """

    def __init__(
        self,
        scope: Scope,
        nodes: Sequence[Node],
        stores: Sequence[Store],
        registers: Iterable[Node],
        to_axes: ToAxes,
    ) -> None:
        self.scope = scope
        self.f: Function = scope.f
        self.nodes = list(nodes)
        self.to_axes = to_axes
        self.refs: list[Ref] = []
        self.coordinate_axes: set[int] = set()
        self._found: dict[tuple[Target, Layout], Ref] = {}
        self._picked: dict[Node, Picked] = {}
        self._known = {*registers, *nodes}
        self._access = scope.plan.grouping.access
        self._rows: list[Value] = []
        self._coordinates: dict[int, int] = {}
        for node in self.nodes:
            self._note(node)
        self.stores = [(kept, self._written(kept)) for kept in stores]
        for kept, _ in self.stores:
            if isinstance(kept.value, Access):
                self.also_read(kept.value)

    def also_read(self, access: Access) -> None:
        """Note a value that is read beside the inputs of the operations."""
        if access.literal is None:
            self._read(access)

    # What is read and written

    def _note(self, node: Node) -> None:
        if isinstance(node.op, (Gather, TakeAlong)):
            self._picked[node] = self._pick(node)
            return
        if is_one_hot(node):
            self.coordinate_axes.add(self._axis_of(node))
        for source in node.inputs:
            access = self._operand(node, source)
            if access is not None:
                self._read(access)

    def _operand(self, node: Node, source: Node) -> Access | None:
        """Return how an input is read from memory; None if it is at hand or a literal."""
        access = self._access[source]
        if access.literal is not None:
            return None
        at_hand = access.base in self._known and access.is_direct and not is_one_hot(node)
        if at_hand and shape_of(access.base) == shape_of(node):
            return None
        return access.broadcast(shape_of(node))

    def _read(self, access: Access) -> Ref:
        key = (access.base, access.layout)
        if key not in self._found:
            self._found[key] = self._ref(access.base, access.layout)
        return self._found[key]

    def _ref(self, base: Target, layout: Layout) -> Ref:
        return self._make_ref(base, layout)

    def _make_ref(self, base: Target, layout: Layout) -> Ref:
        start = self.scope.address(base, layout.offset)
        ref = Ref(start, base.spec.dtype, list(self.to_axes(layout)))
        self.refs.append(ref)
        return ref

    def _written(self, kept: Store) -> Ref:
        return self._make_ref(kept.target, kept.layout)

    def _pick(self, node: Node) -> Picked:
        """Return what a gather reads: its source and its places, both laid over the result."""
        op = node.op
        assert isinstance(op, (Gather, TakeAlong))
        x, places = (self._access[source] for source in node.inputs)
        shape, axis = shape_of(node), op.axis
        own, index = x.layout, places.layout
        stride, size = own.strides[axis], own.shape[axis]
        if isinstance(op, TakeAlong):
            laid = Layout(shape, _with(own.strides, axis, (0,)), own.offset)
        else:
            count = len(index.shape)
            laid = Layout(shape, _with(own.strides, axis, (0,) * count), own.offset)
            behind = len(own.shape) - axis - 1
            strides = (0,) * axis + index.strides + (0,) * behind
            index = Layout(shape, strides, index.offset)
        signed = places.base.spec.dtype.kind == "i"
        return Picked(self._ref(x.base, laid), self._ref(places.base, index), stride, size, signed)

    def _axis_of(self, node: Node) -> int:
        """Return the axis of the loops along which a one-hot operation counts."""
        op = node.op
        assert isinstance(op, AddAlong)
        unit = [0] * len(shape_of(node))
        unit[op.axis] = 1
        return self.to_axes(Layout(shape_of(node), tuple(unit))).index(1)

    # Where the loops are

    def set_axes(self, strides: Sequence[list[int]], coordinates: dict[int, int]) -> None:
        """Take the strides along the axes that are left after some were joined.

        Args:
            strides: for each ref.
            coordinates: for each axis along which a one-hot counts its place among those left.
        """
        for ref, own in zip(self.refs, strides, strict=True):
            ref.strides = own
        self._coordinates = coordinates

    def enter_row(self, indices: Sequence[Value], *, has_columns: bool = True) -> None:
        """Write what is done once for a row.

        Args:
            indices: the place along each axis but the last; along all if there are no columns.
            has_columns: whether the last axis is that of the vectors.
        """
        f = self.f
        self._rows = list(indices)
        for ref in self.refs:
            ref.row = f.offset(ref.base, dot(f, indices, ref.strides[: len(indices)]), ref.element)
        written = [ref for _, ref in self.stores]
        for ref in self.refs:
            alone = not has_columns or not ref.strides or ref.strides[-1] == 0
            if alone and ref not in written and not self._is_picked_source(ref):
                assert ref.row is not None
                ref.scalar = scalars.from_memory(f, f.load(ref.element, ref.row), ref.dtype)
            else:
                ref.scalar = None

    def _is_picked_source(self, ref: Ref) -> bool:
        return any(picked.source is ref for picked in self._picked.values())

    # Values

    def compute(self, lanes: Lanes, given: dict[Target, Value]) -> dict[Target, Value]:
        """Write the operations for some elements; return their values."""
        values = dict(given)
        for node in self.nodes:
            if node in self._picked:
                values[node] = self._gathered(self._picked[node], lanes)
            elif is_one_hot(node):
                values[node] = self._one_hot(node, lanes)
            else:
                operands = [self._value(node, source, lanes, values) for source in node.inputs]
                if scalars.is_integer_power(node):
                    self._require_no_fraction(operands[1], lanes)
                values[node] = scalars.emit(self.f, node, operands)
        return values

    def write(self, lanes: Lanes, values: dict[Target, Value]) -> None:
        """Write to memory what is to be kept."""
        for kept, ref in self.stores:
            if isinstance(kept.value, Access):
                value = self.loaded(kept.value, lanes)
            else:
                value = values[kept.value]
            store(self.f, ref, scalars.to_memory(self.f, value), lanes)

    def _value(self, node: Node, source: Node, lanes: Lanes, values: dict[Target, Value]) -> Value:
        access = self._operand(node, source)
        if access is not None:
            return load(self.f, self._found[access.base, access.layout], lanes)
        found = self._access[source]
        if found.literal is not None:
            return self._literal(found.literal, lanes)
        return values[found.base]

    def loaded(self, access: Access, lanes: Lanes) -> Value:
        """Read a value that was noted before."""
        if access.literal is not None:
            return self._literal(access.literal, lanes)
        return load(self.f, self._found[access.base, access.layout], lanes)

    def _literal(self, op: Constant, lanes: Lanes) -> Value:
        element = scalars.element_type(op.value.dtype)
        return constant(vector_of(element, lanes.count), op.value.item())

    def _require_no_fraction(self, exponent: Value, lanes: Lanes) -> None:
        """Fail where an integer is raised to a negative power, which is no integer."""
        self.scope.fail_where(_masked(self.f, self.f.icmp("slt", exponent, 0), lanes))

    # Places that are values

    def _gathered(self, picked: Picked, lanes: Lanes) -> Value:
        f = self.f
        place = self._checked_place(picked, lanes)
        offset = f.mul(place, picked.stride)
        source = picked.source
        assert source.row is not None
        stride = source.strides[-1] if source.strides else 0
        if lanes_of(place.type) == 1:
            at = f.offset(source.row, offset, source.element)
            moved = Ref(source.base, source.dtype, source.strides, at)
            if stride == 0 or lanes.count == 1:
                at = f.offset(at, f.mul(lanes.column, stride), source.element)
                one = scalars.from_memory(f, f.load(source.element, at), source.dtype)
                return f.splat(one, lanes.count)
            return load(self.f, moved, lanes)
        places = f.add(offset, f.mul(counted(f, lanes), stride))
        loaded = load_scattered(f, source, source.row, places, lanes)
        return scalars.from_memory(f, loaded, source.dtype)

    def _checked_place(self, picked: Picked, lanes: Lanes) -> Value:
        """Return the places as i64, those behind the end replaced by 0 and noted as a failure."""
        f, ref = self.f, picked.places
        raw = ref.scalar if ref.scalar is not None else load(self.f, ref, lanes)
        place = f.convert("sext" if picked.signed else "zext", raw, I64)
        if picked.signed:
            from_end = f.add(place, picked.size)
            place = f.select(f.icmp("slt", place, 0), from_end, place)
        bad = f.icmp("uge", place, picked.size)
        self.scope.fail_where(_masked(f, bad, lanes))
        return f.select(bad, constant(place.type, 0), place)

    def _one_hot(self, node: Node, lanes: Lanes) -> Value:
        """The update where the place along the axis is the one that is said, else 0."""
        f = self.f
        updates, places = (self._value(node, source, lanes, {}) for source in node.inputs[:2])
        op = node.op
        assert isinstance(op, AddAlong)
        signed = node.inputs[1].spec.dtype.kind == "i"
        size = shape_of(node)[op.axis]
        place = f.convert("sext" if signed else "zext", places, I64)
        if signed:
            place = f.select(f.icmp("slt", place, 0), f.add(place, size), place)
        self.scope.fail_where(_masked(f, f.icmp("uge", place, size), lanes))
        here = f.icmp("eq", place, self._coordinate(self._axis_of(node), lanes))
        return f.select(here, updates, constant(updates.type, 0))

    def _coordinate(self, axis: int, lanes: Lanes) -> Value:
        """Return the place along an axis of the loops, in each lane."""
        left = self._coordinates.get(axis)
        if left is None:  # An axis of size 1.
            return constant(vector_of(I64, lanes.count), 0)
        if left < len(self._rows):
            return self.f.splat(self._rows[left], lanes.count)
        return counted(self.f, lanes)


def _with(strides: tuple[int, ...], axis: int, new: tuple[int, ...]) -> tuple[int, ...]:
    return strides[:axis] + new + strides[axis + 1 :]


def _masked(f: Function, bad: Value, lanes: Lanes) -> Value:
    if lanes.mask is None or lanes_of(bad.type) == 1:
        return bad
    return f.and_(bad, lanes.mask)
