"""A memory for what is costly to make again: it keeps what was used most recently."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Remembers what was made for which key, and forgets what was not asked for longest.

    Args:
        size: how many are remembered.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._made: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return what was made for the key, or make it."""
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = make()
            if len(self._made) > self.size:
                self._made.popitem(last=False)
            return found
        with suppress(KeyError):  # Another thread may just have forgotten it.
            self._made.move_to_end(key)
        return found

    def __len__(self) -> int:
        return len(self._made)
