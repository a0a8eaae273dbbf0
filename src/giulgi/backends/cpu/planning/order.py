"""Which groups must be computed before which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from giulgi.backends.cpu.planning.group import Group


class Order:
    """Groups, and for each the groups that must come before it.

    Sets of groups are whole numbers, in which each group has a bit.

    Attributes:
        groups: the groups, as they were added.
        bit: for each group its bit.
    """

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.bit: dict[Group, int] = {}
        self._before: dict[Group, int] = {}
        self._added = 0

    def add(self, group: Group, needed: int) -> None:
        """Add a group, with the set of those that must come before it."""
        self.groups.append(group)
        self.bit[group] = 1 << self._added
        self._added += 1
        self._before[group] = 0
        self.require(group, needed)

    def require(self, group: Group, needed: int) -> None:
        """Note that a group comes after others, and all that come after it, too."""
        self._before[group] |= needed
        bit, all_needed = self.bit[group], self._before[group]
        for other in self.groups:
            if self._before[other] & bit:
                self._before[other] |= all_needed

    def until(self, groups: Iterable[Group]) -> int:
        """Return the set of groups, and of all that must come before them."""
        found = 0
        for group in groups:
            found |= self.bit[group] | self._before[group]
        return found

    def may_be_one(self, first: Group, then: Group) -> bool:
        """Whether no other group must come after one of two groups and before the other."""
        both = self.bit[first] | self.bit[then]
        for before, after in ((first, then), (then, first)):
            between = self._before[after] & ~both
            if any(self._before[g] & self.bit[before] for g in self._of(between)):
                return False
        return True

    def make_one(self, into: Group, group: Group) -> None:
        """Let a group be a part of another."""
        bit, own = self.bit.pop(group), self.bit[into]
        self.groups.remove(group)
        needed = (self._before[into] | self._before.pop(group)) & ~(bit | own)
        for other in self.groups:
            if self._before[other] & bit:
                self._before[other] = self._before[other] & ~bit | own
        self._before[into] = 0
        self.require(into, needed)

    def drop(self, group: Group) -> None:
        """Leave out a group, which need not be done."""
        bit = self.bit.pop(group)
        self.groups.remove(group)
        del self._before[group]
        for other in self.groups:
            self._before[other] &= ~bit

    def _of(self, bits: int) -> list[Group]:
        return [group for group in self.groups if self.bit[group] & bits]

    def comes_before(self, first: Group, then: Group) -> bool:
        """Whether a group must be done before another."""
        return bool(self._before[then] & self.bit[first])

    def put_after(self, group: Group, other: Group) -> None:
        """Require that a group is done after another."""
        self.require(group, self.until([other]))

    def waits_for(self, group: Group, others: Sequence[Group]) -> bool:
        """Whether a group must be done after one of others."""
        return any(self._before[group] & self.bit[other] for other in others)
