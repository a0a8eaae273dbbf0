"""Which groups must be computed before which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from giulgi.backends.cpu.planning.group import Group


class Order:
    """Groups, and for each the groups that must come before it, and those that come after it.

    Sets of groups are whole numbers, in which each group has a bit. They are closed: what must come
    before a group of a set ``needed`` is in it, too.

    Attributes:
        groups: the groups, as they were added.
        bit: for each group its bit.
    """

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.bit: dict[Group, int] = {}
        self._of_bit: dict[int, Group] = {}
        self._before: dict[Group, int] = {}
        self._after: dict[Group, int] = {}
        self._added = 0

    def add(self, group: Group, needed: int) -> None:
        """Add a group, with the set of those that must come before it."""
        bit = 1 << self._added
        self._added += 1
        self.groups.append(group)
        self.bit[group] = bit
        self._of_bit[bit] = group
        self._before[group] = self._after[group] = 0
        self.require(group, needed)

    def require(self, group: Group, needed: int) -> None:
        """Note that a group comes after others, and all that come after it, too."""
        new = needed & ~self._before[group]
        if not new:
            return
        later = self.bit[group] | self._after[group]
        for other in self._in(new):
            self._after[other] |= later
        for other in self._in(later):
            self._before[other] |= new

    def until(self, groups: Iterable[Group]) -> int:
        """Return the set of groups, and of all that must come before them."""
        found = 0
        for group in groups:
            found |= self.bit[group] | self._before[group]
        return found

    def may_be_one(self, first: Group, then: Group) -> bool:
        """Whether no other group must come after one of two groups and before the other."""
        between = self._after[first] & self._before[then]
        return not (between or self._after[then] & self._before[first])

    def make_one(self, into: Group, group: Group) -> None:
        """Let a group be a part of another."""
        own, bit = self.bit[into], self.bit.pop(group)
        self.groups.remove(group)
        del self._of_bit[bit]
        before = (self._before[into] | self._before.pop(group)) & ~(own | bit)
        after = (self._after[into] | self._after.pop(group)) & ~(own | bit)
        self._before[into], self._after[into] = before, after
        for other in self._in(before):
            self._after[other] = self._after[other] & ~bit | own | after
        for other in self._in(after):
            self._before[other] = self._before[other] & ~bit | own | before

    def drop(self, group: Group) -> None:
        """Leave out a group, which need not be done."""
        bit = self.bit.pop(group)
        self.groups.remove(group)
        del self._of_bit[bit]
        for other in self._in(self._before.pop(group)):
            self._after[other] &= ~bit
        for other in self._in(self._after.pop(group)):
            self._before[other] &= ~bit

    def _in(self, bits: int) -> Iterator[Group]:
        while bits:
            lowest = bits & -bits
            yield self._of_bit[lowest]
            bits ^= lowest

    def comes_before(self, first: Group, then: Group) -> bool:
        """Whether a group must be done before another."""
        return bool(self._before[then] & self.bit[first])

    def put_after(self, group: Group, other: Group) -> None:
        """Require that a group is done after another."""
        self.require(group, self.until([other]))

    def sequence(self) -> list[Group]:
        """Return the groups, each after those that it needs, else as they were added."""
        left = list(self.groups)
        undone = sum(self.bit.values())
        found: list[Group] = []
        while left:
            ready = next(group for group in left if not self._before[group] & undone)
            left.remove(ready)
            undone ^= self.bit[ready]
            found.append(ready)
        return found
