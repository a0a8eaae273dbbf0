"""Files of programs in Python 2, where texts were bytes.

==============================  ==================================================
``open(path, "wb").write(s)``   takes texts, too
``csv.reader(open(path, "rb"))``  reads texts, and ``csv.writer`` writes them
``pickle.load(open(path))``     reads bytes
``s.translate(None, letters)``  leaves letters out
==============================  ==================================================
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any


class _Bytes:
    """The bytes of a file of text, which stays open for as long as they are read or written."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.read, self.readline = file.buffer.read, file.buffer.readline
        self.write = file.buffer.write


def as_bytes(file: Any) -> Any:
    """Return the bytes of a file of text; of any other the file itself."""
    return _Bytes(file) if isinstance(file, io.TextIOWrapper) else file


class _Text:
    """The lines of a file of bytes, which stays open for as long as they are read or written."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError:
                yield line.decode("latin1")

    def write(self, text: str) -> None:
        """Write a text."""
        self._file.write(text.encode("utf-8"))


def as_text(file: Any) -> Any:
    """Return the lines of a file of bytes; of any other the file itself."""
    return _Text(file) if isinstance(file, io.BufferedIOBase) else file


class _Written(io.BufferedWriter):
    """A file of bytes into which texts may be written."""

    def write(self, data: Any) -> int:
        """Write bytes, or a text."""
        return super().write(data.encode("utf-8") if isinstance(data, str) else data)


def opened(file: Any, mode: str, buffering: int = -1) -> Any:
    """Open a file of bytes to be written, or written on, as in Python 2."""
    del buffering
    return _Written(io.FileIO(file, mode.replace("b", "")))


def translated(text: Any, *table: Any) -> Any:
    """Return a text with other letters; of two arguments the second are letters to leave out."""
    if isinstance(text, str) and len(table) == 2:
        text = "".join(letter for letter in text if letter not in table[1])
        return text if table[0] is None else text.translate(table[0])
    return text.translate(*table)
