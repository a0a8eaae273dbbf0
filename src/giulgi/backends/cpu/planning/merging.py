"""Elementwise groups that become one, so that memory is gone through once.

Each operation has joined a group by what it reads. When all groups are known, two of one shape are
made one if one reads what the other computes, or both read the same, and no other group has to
come between them. The gates of a recurrent cell, say, become one pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from giulgi.backends.cpu.planning.group import Group, Kind
from giulgi.backends.cpu.planning.layouts import Layout
from giulgi.backends.cpu.planning.sources import Target

if TYPE_CHECKING:
    from giulgi.backends.cpu.planning.groups import Grouping

# More operations than so many are not put into one loop: processors have few registers.
_MOST_NODES = 60


def merge_elementwise(grouping: Grouping) -> None:
    """Make one of elementwise groups, as long as there are two that can be."""
    while _merge_some(grouping):
        pass


def _merge_some(grouping: Grouping) -> bool:
    """Go once through all groups; return whether any were made one."""
    reads = _Reads(grouping)
    by_domain: dict[tuple[int, ...], _Earlier] = {}
    count = len(grouping.groups)
    for group in list(grouping.groups):
        if group.kind is not Kind.POINTWISE or group.copies:
            continue
        earlier = by_domain.setdefault(group.domain, _Earlier(reads))
        candidates = earlier.related(group)
        into = next((x for x in candidates if _belong_together(grouping, reads, x, group)), None)
        if into is None:
            earlier.add(group)
        else:
            _merge(grouping, into, group)
            reads.forget(into)
            earlier.note(into)
    return len(grouping.groups) < count


class _Earlier:
    """Groups of one domain, found by what they compute and read.

    Args:
        reads: what groups read.
    """

    def __init__(self, reads: _Reads) -> None:
        self._reads = reads
        self._number: dict[Group, int] = {}
        self._of: dict[object, dict[Group, None]] = {}

    def add(self, group: Group) -> None:
        """Add a group behind the others."""
        self._number[group] = len(self._number)
        self.note(group)

    def note(self, group: Group) -> None:
        """Note what a group computes and reads."""
        for key in (*group.nodes, *self._reads.bases(group), *self._reads.places(group)):
            self._of.setdefault(key, {})[group] = None

    def related(self, group: Group) -> list[Group]:
        """Return the groups that may compute what a group reads, or read the same, in order."""
        keys = (*self._reads.bases(group), *group.nodes, *self._reads.places(group))
        found = {other for key in keys for other in self._of.get(key, ())}
        return sorted(found, key=self._number.__getitem__)


class _Reads:
    """What groups read, found once for each: there are many pairs of groups.

    Args:
        grouping: the groups.
    """

    def __init__(self, grouping: Grouping) -> None:
        self._grouping = grouping
        self._bases: dict[int, frozenset[Target]] = {}
        self._places: dict[int, frozenset[tuple[Target, Layout]]] = {}

    def forget(self, group: Group) -> None:
        """Find anew what a group reads, which has changed."""
        self._places.pop(id(group), None)

    def _find(self, group: Group) -> None:
        if id(group) not in self._places:
            found = self._grouping.read_by(group)
            self._bases[id(group)] = frozenset(x.base for x in found)
            self._places[id(group)] = frozenset((x.base, x.layout) for x in found)

    def bases(self, group: Group) -> frozenset[Target]:
        """Return what has memory of its own and is read."""
        self._find(group)
        return self._bases[id(group)]

    def places(self, group: Group) -> frozenset[tuple[Target, Layout]]:
        """Return what is read, and in which layout."""
        self._find(group)
        return self._places[id(group)]


def _belong_together(grouping: Grouping, reads: _Reads, first: Group, then: Group) -> bool:
    if len(first.nodes) + len(then.nodes) > _MOST_NODES:
        return False
    pairs = (first, then), (then, first)
    if not any(_is_related(reads, *pair) for pair in pairs):
        return False
    at_place = all(_reads_at_its_place(grouping, *pair) for pair in pairs)
    return at_place and grouping.order.may_be_one(first, then)


def _is_related(reads: _Reads, first: Group, then: Group) -> bool:
    """Whether a group reads what another computes, or both read the same."""
    if any(node in reads.bases(then) for node in first.nodes):
        return True
    return not reads.places(first).isdisjoint(reads.places(then))


def _reads_at_its_place(grouping: Grouping, first: Group, then: Group) -> bool:
    """Whether a group reads what another computes at the same place only, from a register.

    A value put together of parts is read from memory, when all of its parts are there.
    """
    computed = set(first.nodes)
    written = computed.union(part.target for part in first.parts)
    for node in then.nodes:
        for source in node.inputs:
            access = grouping.access[source]
            if access.base in written and not grouping.is_register(node, access, first, computed):
                return False
    return True


def _merge(grouping: Grouping, into: Group, group: Group) -> None:
    """Move all that a group computes into another."""
    into.outer = sorted([*into.outer, *group.outer], key=grouping.number.__getitem__)
    into.parts += group.parts
    for target in {*group.nodes, *(part.target for part in group.parts)}:
        writers = grouping.writers.get(target, [])
        if group in writers:
            others = [writer for writer in writers if writer not in (group, into)]
            grouping.writers[target] = [*others, into]
    grouping.order.make_one(into, group)
