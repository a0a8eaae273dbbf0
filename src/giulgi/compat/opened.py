"""What is open, the innermost last: in each thread its own graphs and sessions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Opened(threading.local, Generic[T]):
    """Things that are open in this thread, within each other."""

    def __init__(self) -> None:
        self._things: list[T] = []

    @property
    def innermost(self) -> T | None:
        """The one that was opened last; None if none is open."""
        return self._things[-1] if self._things else None

    def open(self, thing: T) -> None:
        """Let a thing be open until it is closed."""
        self._things.append(thing)

    def close(self, thing: T) -> bool:
        """Close a thing, the innermost time that it was opened; return whether it was open."""
        for place in reversed(range(len(self._things))):
            if self._things[place] is thing:
                del self._things[place]
                return True
        return False

    @contextmanager
    def within(self, thing: T) -> Iterator[T]:
        """Return a context in which a thing is open."""
        self.open(thing)
        try:
            yield thing
        finally:
            self.close(thing)
