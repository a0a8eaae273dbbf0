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
inputs if their domains are equal and no other way leads from that group to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from giulgi.backends.base import Computation
from giulgi.backends.cpu.planning.group import Group, Kind, Store
from giulgi.backends.cpu.planning.layouts import Layout, Shape
from giulgi.backends.cpu.planning.sources import Access, Target, accesses, shape_of
from giulgi.backends.cpu.planning.windows import Interleave, TensorDot
from giulgi.graph.node import Node
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

    Attributes:
        groups: the groups, in an order in which they can be computed.
        access: for each node where its value is found.
        writers: for each base the groups that write it.
    """

    def __init__(self, computation: Computation, batched: frozenset[Node] = frozenset()) -> None:
        self.computation = computation
        self.access = accesses(computation.nodes)
        self.groups: list[Group] = []
        self.writers: dict[Target, list[Group]] = {}
        # For each group the set of groups that must be computed before it, as bits.
        self._before: dict[Group, int] = {}
        self._bit: dict[Group, int] = {}
        for node in computation.nodes:
            if node in batched:
                self._start(Kind.BATCH, node)
            elif self.access[node].base is node and not isinstance(node.op, LEAVES):
                self._place(node)
        self._find_stores()

    # Placing one node

    def _place(self, node: Node) -> None:
        op = node.op
        if isinstance(op, (Concat, Interleave, Pad, Embed)):
            self._assemble(node)
        elif isinstance(op, (MatMul, TensorDot)):
            self._start(Kind.PRODUCT, node)
        elif isinstance(op, RandomBits):
            self._start(Kind.RANDOM, node)
        elif isinstance(op, ArgExtreme):
            self._start(Kind.EXTREME_PLACE, node)
        elif isinstance(op, ScatterAdd) or (isinstance(op, AddAlong) and not is_one_hot(node)):
            self._start(Kind.SCATTER, node)
        elif isinstance(op, Reduction):
            self._reduce(node)
        elif isinstance(op, Reshape):
            self._copy(self.access[node.inputs[0]], node, Layout.of(shape_of(node)), reshape=True)
        else:
            self._pointwise(node)

    def _start(self, kind: Kind, node: Node) -> Group:
        group = Group(kind, shape_of(node), roots=[node])
        self._add(group, self._needed(node.inputs))
        self.writers[node] = [group]
        return group

    def _pointwise(self, node: Node) -> None:
        direct, needed = [], 0
        for source in node.inputs:
            access = self.access[source]
            if self._is_joinable(node, access):
                direct.append(access.base)
            else:
                needed |= self._needed_base(access.base)
        group = self._joined(shape_of(node), direct, needed)
        if group is None:
            group = Group(Kind.POINTWISE, shape_of(node))
            self._add(group, needed | self._needed_bases(direct))
        self._put(node, group, needed | self._needed_bases(direct))

    def _is_joinable(self, node: Node, access: Access) -> bool:
        """Whether a node may read its input in the group that computes it, from a register."""
        if is_indirect(node) or not access.is_direct or access.base not in self.writers:
            return False
        return shape_of(access.base) == shape_of(node)

    def _joined(self, domain: Shape, direct: Sequence[Target], needed: int) -> Group | None:
        """Return the group that a node may join; None if there is none."""
        for base in reversed(direct):
            group = self.writers[base][0]
            if not self._takes(group, base, domain):
                continue
            others = needed | self._needed_bases([b for b in direct if b not in group.nodes])
            if not others & self._bit[group]:
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
                return None if needed & self._bit[group] else group
        return None

    def _put(self, node: Node, group: Group, needed: int) -> None:
        where = group.inner if self._is_inner(node, group) else group.outer
        where.append(node)
        self.writers[node] = [group]
        self._require(group, needed & ~self._bit[group])

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
        writers = self.writers.get(access.base, [])
        return writers[0] if access.is_direct and len(writers) == 1 else None

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
                self._copy(self.access[source], node, whole.cut(cuts))
            return
        if isinstance(op, Interleave):
            for number, source in enumerate(node.inputs):
                self._copy(self.access[source], node, whole.cut(op.cuts(number, shape_of(source))))
            return
        fill = Group(Kind.POINTWISE, shape)
        value = _fill_access(node)
        fill.copies.append(Store(value.broadcast(shape), node, whole))
        self._add(fill, 0)
        self.writers[node].append(fill)
        if isinstance(op, Pad):
            sizes = shape_of(node.inputs[0])
            place = whole.cut([(low, low + n, 1) for low, n in zip(op.low, sizes, strict=True)])
        else:
            assert isinstance(op, Embed)
            place = whole.cut(op.cuts)
        self._copy(self.access[node.inputs[0]], node, place, after=self._bit[fill])

    def _copy(
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
        self._add(group, after | self._needed_base(source.base))
        self.writers.setdefault(target, []).append(group)

    # Order

    def add(self, group: Group, bases: Sequence[Target]) -> None:
        """Add a group that reads some values from memory."""
        self._add(group, self._needed_bases(bases))

    def comes_before(self, first: Group, then: Group) -> bool:
        """Whether a group must be done before another."""
        return bool(self._before[then] & self._bit[first])

    def put_after(self, group: Group, other: Group) -> None:
        """Require that a group is done after another."""
        self._require(group, self._bit[other] | self._before[other])

    def waits_for(self, group: Group, others: Sequence[Group]) -> bool:
        """Whether a group must be done after one of others."""
        return any(self._before[group] & self._bit[other] for other in others)

    def _add(self, group: Group, needed: int) -> None:
        self.groups.append(group)
        self._bit[group] = 1 << len(self._bit)
        self._before[group] = 0
        self._require(group, needed)

    def _require(self, group: Group, needed: int) -> None:
        """Note that a group comes after others, and all that come after it, too."""
        self._before[group] |= needed
        bit, all_needed = self._bit[group], self._before[group]
        for other in self.groups:
            if self._before[other] & bit:
                self._before[other] |= all_needed

    def _needed(self, nodes: Sequence[Node]) -> int:
        return self._needed_bases([self.access[node].base for node in nodes])

    def _needed_bases(self, bases: Sequence[Target]) -> int:
        needed = 0
        for base in bases:
            needed |= self._needed_base(base)
        return needed

    def _needed_base(self, base: Target) -> int:
        """Return the groups that must be done before a value can be read from memory."""
        needed = 0
        for group in self.writers.get(base, []):
            needed |= self._bit[group] | self._before[group]
        return needed

    # What is written, and in which order

    def _find_stores(self) -> None:
        """Find what is written to memory: what another group reads, or someone outside."""
        read = self._read_from_memory()
        for group in self.groups:
            kept = [node for node in group.nodes if node in read]
            whole = [Store(node, node, Layout.of(shape_of(node))) for node in kept]
            group.stores = [*group.copies, *whole]

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
        own = set(group.nodes)
        for node in group.nodes:
            for source in node.inputs:
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
