"""Which operations are computed together, in one pass over memory.

A *group* is one nest of loops. It is made around at most one heavy operation, its *root*:

* a **pointwise** group has no root: each element of its domain is computed from elements at the
  same place (or, by a layout, at another place) of what was computed before;
* a **reduction** takes an inner domain to a smaller, outer one. What is computed element by
  element before it, and only then, is computed in the same pass; so is what follows it;
* a **product** of matrices is computed tile by tile, and what follows it on each tile while it is
  in the cache: bias, activation, or the whole step of an optimizer;
* the others (random numbers, places of extremes, scattering) stand alone.

Groups are found in one walk through the graph: each operation joins the group of one of its
inputs if their domains are equal and no other way leads from that group to it; or else, if it is
elementwise, a group that reads the same from memory. A part of a value that is put together of
parts (a padding, a concatenation) is written to its place by the group that computes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from giulgi.backends.base import Computation
from giulgi.backends.cpu.planning.group import Group, Kind, Store
from giulgi.backends.cpu.planning.layouts import Layout, Shape
from giulgi.backends.cpu.planning.loops import place_loop
from giulgi.backends.cpu.planning.merging import merge_elementwise
from giulgi.backends.cpu.planning.operations.rows import Distinct, PutRows
from giulgi.backends.cpu.planning.operations.windows import Interleave, TensorDot
from giulgi.backends.cpu.planning.order import Order
from giulgi.backends.cpu.planning.sources import Access, Target, accesses, shape_of
from giulgi.graph.control.scan import Scan
from giulgi.graph.node import Node, companions_of
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.ops.indexing import AddAlong, Gather, ScatterAdd, TakeAlong
from giulgi.graph.ops.joining import Concat
from giulgi.graph.ops.leaves import Constant, Placeholder, constant
from giulgi.graph.ops.movement import Reshape
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.ops.reductions import ArgExtreme, Reduction
from giulgi.graph.ops.slicing import Embed, Pad
from giulgi.graph.ops.state import ReadVariable

LEAVES = (Placeholder, ReadVariable, Constant)


class Grouping:
    """Finds the groups of a computation.

    Args:
        computation: what is to be computed, every shape known.
        batched: the feeds that are taken from the data of many steps.
        layouts: how feeds lie in memory that do not lie in order.

    Attributes:
        groups: the groups, in an order in which they can be computed.
        order: which of them must come before which.
        number: for each node its place among all, inputs before their users.
        access: for each node where its value is found.
        writers: for each base the groups that write it.
        zeros: for values put together, what fills them with zeros where no part is.
    """

    def __init__(
        self,
        computation: Computation,
        batched: frozenset[Node] = frozenset(),
        layouts: Mapping[Node, Layout] | None = None,
    ) -> None:
        self.computation = computation
        self.access = accesses(computation.nodes, layouts or {})
        self.number = {node: number for number, node in enumerate(computation.nodes)}
        self._companions = companions_of(computation.nodes)
        self.order = Order()
        self.groups = self.order.groups
        self.writers: dict[Target, list[Group]] = {}
        self.zeros: dict[Node, list[Group]] = {}
        # What each elementwise group was begun with, as it is read from memory.
        self._readers: dict[tuple[Target, Layout], Group] = {}
        for node in computation.nodes:
            if node in batched:
                self._start(Kind.BATCH, node)
            elif self.access[node].base is node and not isinstance(node.op, LEAVES):
                self._place(node)
        merge_elementwise(self)
        self._find_stores()

    # Placing one node

    def _place(self, node: Node) -> None:
        op = node.op
        if isinstance(op, (Concat, Interleave, Pad, Embed)):
            self._assemble(node)
        elif isinstance(op, (MatMul, TensorDot)):
            self._start(Kind.PRODUCT, node)
        elif isinstance(op, Scan):
            values = self._companions[node]
            if node is values[0]:
                place_loop(self, values)
        elif isinstance(op, RandomBits):
            self._start(Kind.RANDOM, node)
        elif isinstance(op, ArgExtreme):
            self._start(Kind.EXTREME_PLACE, node)
        elif isinstance(op, ScatterAdd) or (isinstance(op, AddAlong) and not is_one_hot(node)):
            self._start(Kind.SCATTER, node)
        elif isinstance(op, Distinct):
            self._start(Kind.DISTINCT, node)
        elif isinstance(op, PutRows):
            self._start(Kind.PUT_ROWS, node)
        elif isinstance(op, Reduction):
            self._reduce(node)
        elif isinstance(op, Reshape):
            self.copy(self.access[node.inputs[0]], node, Layout.of(shape_of(node)), reshape=True)
        else:
            self._pointwise(node)

    def _start(self, kind: Kind, node: Node) -> Group:
        group = Group(kind, shape_of(node), roots=[node])
        self.order.add(group, self.needed(node.inputs))
        self.writers[node] = [group]
        return group

    def _pointwise(self, node: Node) -> None:
        direct, needed = [], 0
        for source in node.inputs:
            access = self.access[source]
            if self._is_joinable(node, access):
                direct.append(access.base)
            else:
                needed |= self.needed_base(access.base)
        group = self._joined(shape_of(node), direct, needed)
        needed |= self._needed_bases(direct)
        if group is None:
            group = self._reader(node, needed)
        if group is None:
            group = Group(Kind.POINTWISE, shape_of(node))
            self.order.add(group, needed)
            self._readers |= {(x.base, x.layout): group for x in self._accesses(node)}
        self._put(node, group, needed)

    def _accesses(self, node: Node) -> list[Access]:
        return [self.access[source] for source in node.inputs]

    def _reader(self, node: Node, needed: int) -> Group | None:
        """Return an elementwise group that reads the same from memory as a node; None if none."""
        for access in self._accesses(node):
            group = self._readers.get((access.base, access.layout))
            if (
                group is not None
                and group.kind is Kind.POINTWISE
                and self._takes(group, access.base, shape_of(node))
                and access.literal is None
                and not needed & self.order.bit[group]
            ):
                return group
        return None

    def _is_joinable(self, node: Node, access: Access) -> bool:
        """Whether a node may read its input in the group that computes it, from a register."""
        if is_indirect(node) or not access.is_direct or access.base not in self.writers:
            return False
        return shape_of(access.base) == shape_of(node)

    def _joined(self, domain: Shape, direct: Sequence[Target], needed: int) -> Group | None:
        """Return the group that a node may join; None if there is none."""
        for base in reversed(direct):
            group = self.writers[base][0]
            if base not in group.nodes or not self._takes(group, base, domain):
                continue
            others = needed | self._needed_bases([b for b in direct if b not in group.nodes])
            if not others & self.order.bit[group]:
                return group
        if domain == () and not direct:
            return self._scalar_group(needed)
        return None

    def _takes(self, group: Group, base: Target, domain: Shape) -> bool:
        """Whether more can be computed after ``base`` in its group."""
        if base in group.inner:
            return group.inner_domain == domain
        rooted = (Kind.POINTWISE, Kind.REDUCTION, Kind.PRODUCT)
        return group.kind in rooted and not group.copies and group.domain == domain

    def _scalar_group(self, needed: int) -> Group | None:
        """Return the newest group of single numbers, if more can join it."""
        for group in reversed(self.groups):
            if group.kind is Kind.POINTWISE and group.domain == () and not group.copies:
                return None if needed & self.order.bit[group] else group
        return None

    def _put(self, node: Node, group: Group, needed: int) -> None:
        where = group.inner if self._is_inner(node, group) else group.outer
        where.append(node)
        self.writers[node] = [group]
        self.order.require(group, needed & ~self.order.bit[group])

    def _is_inner(self, node: Node, group: Group) -> bool:
        if group.inner_domain is None or group.inner_domain != shape_of(node):
            return False
        bases = [self.access[source].base for source in node.inputs]
        return any(base in group.inner for base in bases)

    # Reductions

    def _reduce(self, node: Node) -> None:
        access = self.access[node.inputs[0]]
        producer = self._sole_writer(access)
        if producer is not None and self._can_reduce(node, producer):
            if producer.inner_domain is None:
                producer.kind = Kind.REDUCTION
                producer.inner_domain = producer.domain
                producer.domain = shape_of(node)
                producer.inner, producer.outer = producer.outer, []
            producer.roots.append(node)
            self.writers[node] = [producer]
            return
        group = self._start(Kind.REDUCTION, node)
        group.inner_domain = access.layout.shape

    def _sole_writer(self, access: Access) -> Group | None:
        """Return the group that computes a value, and all of it; None if it is put together."""
        writers = self.writers.get(access.base, [])
        is_one = access.is_direct and len(writers) == 1 and access.base in writers[0].nodes
        return writers[0] if is_one else None

    def _can_reduce(self, node: Node, producer: Group) -> bool:
        shape = shape_of(node.inputs[0])
        if producer.copies or 0 in shape or shape_of(node) == shape:
            return False
        if producer.kind is Kind.POINTWISE:
            return True
        if producer.kind is not Kind.REDUCTION or producer.inner_domain is None:
            return False
        first = producer.roots[0]
        assert isinstance(first.op, Reduction)
        assert isinstance(node.op, Reduction)
        same = first.op.axes == node.op.axes and shape_of(first) == shape_of(node)
        return same and self.access[node.inputs[0]].base in producer.inner

    # Values put together of parts

    def _assemble(self, node: Node) -> None:
        op, shape = node.op, shape_of(node)
        whole = Layout.of(shape)
        self.writers[node] = []
        if isinstance(op, Concat):
            start = 0
            for source in node.inputs:
                size = shape_of(source)[op.axis]
                cuts = [(0, n, 1) for n in shape]
                cuts[op.axis] = (start, start + size, 1)
                start += size
                self._part(source, node, whole.cut(cuts))
        elif isinstance(op, Interleave):
            for number, source in enumerate(node.inputs):
                self._part(source, node, whole.cut(op.cuts(number, shape_of(source))))
        elif isinstance(op, Pad):
            sizes = shape_of(node.inputs[0])
            ends = [(low, low + n) for low, n in zip(op.low, sizes, strict=True)]
            for cuts in _around(shape, ends):
                self._fill(node, whole.cut(cuts))
            self._part(node.inputs[0], node, whole.cut([(*end, 1) for end in ends]))
        else:
            assert isinstance(op, Embed)
            filled = self._fill(node, whole)
            self.copy(self.access[node.inputs[0]], node, whole.cut(op.cuts), after=filled)

    def _fill(self, node: Node, place: Layout) -> int:
        """Add a group that writes what is around a padding or an embedding; return its bit."""
        fill = Group(Kind.POINTWISE, place.shape)
        fill.copies.append(Store(_fill_access(node).broadcast(place.shape), node, place))
        self.order.add(fill, 0)
        self.writers[node].append(fill)
        if _is_zero(node):
            self.zeros.setdefault(node, []).append(fill)
        return self.order.bit[fill]

    def _part(self, source: Node, node: Node, place: Layout) -> None:
        """Write a part of a value: right where it is computed, or as a copy."""
        access = self.access[source]
        # A reshape of what is computed is written as it is computed.
        whole = Access(access.base, Layout.of(shape_of(access.base)))
        group = self._sole_writer(whole) if access.layout.is_plain else None
        own_place = place.reshape(shape_of(access.base)) if group is not None else None
        rooted = (Kind.POINTWISE, Kind.REDUCTION, Kind.PRODUCT)
        if group is None or own_place is None or group.kind not in rooted:
            self.copy(access, node, place)
            return
        assert isinstance(access.base, Node)
        group.parts.append(Store(access.base, node, own_place))
        if group not in self.writers[node]:
            self.writers[node].append(group)

    def copy(
        self,
        source: Access,
        target: Target,
        place: Layout,
        *,
        reshape: bool = False,
        after: int = 0,
    ) -> None:
        """Add a group that copies a value to a place in the memory of another."""
        if reshape:
            place = Layout.of(source.layout.shape)
        group = Group(Kind.POINTWISE, source.layout.shape)
        group.copies.append(Store(source, target, place))
        self.order.add(group, after | self.needed_base(source.base))
        self.writers.setdefault(target, []).append(group)

    # Order

    def add(self, group: Group, bases: Sequence[Target]) -> None:
        """Add a group that reads some values from memory."""
        self.order.add(group, self._needed_bases(bases))

    def needed(self, nodes: Sequence[Node]) -> int:
        """Return the groups that must be done before values can be read from memory."""
        return self._needed_bases([self.access[node].base for node in nodes])

    def _needed_bases(self, bases: Sequence[Target]) -> int:
        needed = 0
        for base in bases:
            needed |= self.needed_base(base)
        return needed

    def needed_base(self, base: Target) -> int:
        """Return the groups that must be done before one value can be read from memory."""
        return self.order.until(self.writers.get(base, []))

    # What is written, and in which order

    def _find_stores(self) -> None:
        """Find what is written to memory: what another group reads, or someone outside."""
        read = self._read_from_memory()
        for group in self.groups:
            kept = [node for node in group.nodes if node in read]
            whole = [Store(node, node, Layout.of(shape_of(node))) for node in kept]
            group.stores = [*group.copies, *whole, *group.parts]

    def _read_from_memory(self) -> set[Target]:
        computation = self.computation
        ends = [*computation.fetches, *(node for _, node in computation.updates)]
        read = {self.access[node].base for node in ends}
        for group in self.groups:
            read |= {access.base for access in self.read_by(group)}
        return read

    def read_by(self, group: Group) -> list[Access]:
        """Return what a group reads from memory."""
        found = [store.value for store in group.copies if isinstance(store.value, Access)]
        found += group.prepared.values()
        begin = [target for target in group.begin if target not in group.roots]
        found += [Access(target, Layout.of(shape_of(target))) for target in begin]
        own = set(group.nodes)
        for node in group.nodes:
            # Rows are put into the table where it is.
            inputs = node.inputs[1:] if group.kind is Kind.PUT_ROWS else node.inputs
            for source in inputs:
                access = self.access[source]
                if not self.is_register(node, access, group, own):
                    found.append(access)
        return [access for access in found if access.literal is None]

    def is_register(self, node: Node, access: Access, group: Group, own: set[Node]) -> bool:
        """Whether a node of the group has this input at hand, computed at the same place."""
        if access.base not in own or not access.is_direct or is_indirect(node):
            return False
        if node in group.roots:
            return access.base in group.inner
        return shape_of(access.base) == shape_of(node)


def _around(shape: Shape, ends: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int, int]]]:
    """Yield cuts that together are all of a shape but what lies between ends along each axis."""
    inside = [(0, size, 1) for size in shape]
    for axis, (start, stop) in enumerate(ends):
        for low, high in ((0, start), (stop, shape[axis])):
            if low < high:
                yield [*inside[:axis], (low, high, 1), *inside[axis + 1 :]]
        inside[axis] = (start, stop, 1)


def _is_zero(node: Node) -> bool:
    """Whether all bits are 0 of what is around a padding or an embedding."""
    value = np.array(node.op.value if isinstance(node.op, Pad) else 0).astype(node.spec.dtype)
    return not any(value.tobytes())


def _fill_access(node: Node) -> Access:
    """Return the constant around what a padding or an embedding puts in place."""
    value = node.op.value if isinstance(node.op, Pad) else 0
    filled = constant(np.array(value).astype(node.spec.dtype))
    return Access(filled.node, Layout.of(()))


def is_indirect(node: Node) -> bool:
    """Whether an operation reads at places that are values themselves."""
    return isinstance(node.op, (Gather, TakeAlong)) or is_one_hot(node)


def is_one_hot(node: Node) -> bool:
    """Whether each line along the axis gets one value at one place, and zeros elsewhere."""
    op = node.op
    return isinstance(op, AddAlong) and shape_of(node.inputs[1])[op.axis] == 1
