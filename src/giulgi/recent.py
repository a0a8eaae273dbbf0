"""A memory for what is costly to make again: it keeps what was used most recently."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Remembers what was made for which key, and forgets what was not asked for longest.

    Threads may share it: what one of them is making the others wait for.

    Args:
        size: how many are remembered.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._made: OrderedDict[K, V] = OrderedDict()
        self._making: dict[K, RLock] = {}
        self._lock = RLock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return what was made for the key, or make it."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
            making = self._making.setdefault(key, RLock())
        with making:  # Meanwhile other threads can make what belongs to other keys.
            found = self._made.get(key)
            if found is None:
                found = self._made_anew(key, make)
            return found

    def _made_anew(self, key: K, make: Callable[[], V]) -> V:
        try:
            made = make()
            with self._lock:
                self._made[key] = made
                if len(self._made) > self.size:
                    self._made.popitem(last=False)
        finally:
            self._making.pop(key, None)
        return made

    def items(self) -> list[tuple[K, V]]:
        """Return what is remembered, with its keys; what was used last comes last."""
        with self._lock:
            return list(self._made.items())

    def __contains__(self, key: K) -> bool:
        return key in self._made

    def __len__(self) -> int:
        return len(self._made)
