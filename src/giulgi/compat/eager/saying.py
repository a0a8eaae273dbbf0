"""What a function says while it is traced, which is kept until it is known what becomes of it."""

from __future__ import annotations

import io
import sys
import threading
from typing import Any


class Said(io.TextIOBase):
    """A stand-in of ``sys.stdout`` that keeps what the thread says that opened it.

    What other threads say is said at once. Whoever still has it afterwards, such as an operation
    that prints there, writes where the program does.
    """

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._owner: int | None = None
        self._real: Any = None

    def __enter__(self) -> Said:
        self._real = sys.stdout
        self._owner = threading.get_ident()
        sys.stdout = self
        return self

    def __exit__(self, *exception: Any) -> None:
        self._owner = None
        while isinstance(self._real, Said) and self._real._owner is None:
            self._real = self._real._real
        if sys.stdout is self:
            sys.stdout = self._real

    def say(self) -> None:
        """Say now what was kept."""
        kept, self._kept = self._kept, []
        for text in kept:
            self._real.write(text)

    def write(self, text: str) -> int:
        """Keep a text, or write it."""
        if self._owner == threading.get_ident():
            self._kept.append(text)
        else:
            self._real.write(text)
        return len(text)

    def flush(self) -> None:
        """Let what was written be seen."""
        if self._real is not None and self._owner is None:
            self._real.flush()

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_real"], name)
