"""Files and texts of programs in Python 2, where texts were bytes.

================================  ================================================
``open(path, "wb").write(s)``     takes texts, too
``for line in open(path, "rb")``  gives texts; ``read`` gives bytes, of which few are
                                  equal to texts, and added to them: ``read(1) == " "``
``line.split(",")`` of bytes      gives texts, as all methods that are given some
``csv.reader(open(path, "rb"))``  reads texts, and ``csv.writer`` writes them
``pickle.load(open(path))``       reads bytes
``hashlib.md5(s)``                takes texts, too
``s.translate(None, letters)``    leaves letters out
``s.decode("utf-8")``             is ``s``, which is decoded already; and so is
``s.encode("utf-8")``             since programs join, print and write it
================================  ================================================
"""

from __future__ import annotations

import codecs
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
        yield from map(_of_bytes, self._file)

    def write(self, text: str) -> None:
        """Write a text."""
        self._file.write(text.encode("utf-8"))


def as_text(file: Any) -> Any:
    """Return the lines of a file of bytes; of any other the file itself."""
    return _Text(file) if isinstance(file, io.BufferedIOBase) else file


def as_data(text: Any) -> Any:
    """Return a text as bytes; anything else as it is."""
    return text.encode("utf-8") if isinstance(text, str) else text


class _Written(io.BufferedWriter):
    """A file of bytes into which texts may be written."""

    def write(self, data: Any) -> int:
        """Write bytes, or a text."""
        return super().write(as_data(data))


# What programs compare with texts: letters and magic numbers, and no pictures.
_FEW = 16


class _Letters(bytes):
    """Bytes that are compared and added to texts, and whose parts are such bytes.

    For libraries they are bytes: elements are numbers, and equal bytes have equal hashes.
    """

    def __eq__(self, other: object) -> bool:
        return str(self) == other if isinstance(other, str) else super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    # ASCII has one hash as text and as bytes.
    __hash__ = bytes.__hash__

    def __str__(self) -> str:
        return _of_bytes(bytes(self))

    def __repr__(self) -> str:
        return repr(str(self))

    def __getitem__(self, place: Any) -> Any:
        part = bytes(self)[place]
        return part if isinstance(part, int) else _Letters(part)

    def strip(self, *letters: Any) -> bytes:
        """Return the bytes without those at both ends."""
        return _Letters(super().strip(*letters))

    def rstrip(self, *letters: Any) -> bytes:
        """Return the bytes without those at the end."""
        return _Letters(super().rstrip(*letters))

    def split(self, *how: Any, **named: Any) -> list[bytes]:
        """Return the parts, which are such bytes, too."""
        return [_Letters(part) for part in super().split(*how, **named)]

    def __add__(self, other: Any) -> Any:
        return str(self) + other if isinstance(other, str) else _Letters(bytes(self) + other)

    def __radd__(self, other: Any) -> Any:
        return other + str(self) if isinstance(other, str) else _Letters(other + bytes(self))


class _Read(io.BufferedReader):
    """A file of bytes whose lines are texts where they are gone through."""

    def read(self, size: int | None = -1) -> bytes:
        """Return so many bytes."""
        found = super().read(size)
        return _Letters(found) if size is not None and 0 < size <= _FEW else found

    def readline(self, size: int | None = -1) -> bytes:
        """Return the bytes up to the end of a line."""
        return _Letters(super().readline(size))

    def __next__(self) -> str:  # type: ignore[override]
        line = self.readline()
        if not line:
            raise StopIteration
        return _of_bytes(line)

    def readlines(self, hint: int | None = -1) -> list[str]:  # type: ignore[override]
        """Return all lines that are left."""
        del hint
        return list(iter(self))  # type: ignore[arg-type]


def opened(file: Any, mode: str, buffering: int = -1) -> Any:
    """Open a file of bytes as in Python 2."""
    del buffering
    kind = _Read if "r" in mode else _Written
    return kind(io.FileIO(file, "".join(letter for letter in mode if letter not in "bU")))


def translated(text: Any, *table: Any) -> Any:
    """Return a text with other letters; of two arguments the second are letters to leave out."""
    if isinstance(text, str) and len(table) == 2:
        text = "".join(letter for letter in text if letter not in table[1])
        return text if table[0] is None else text.translate(table[0])
    return text.translate(*table)


def decoded(text: Any, *how: Any, **named: Any) -> Any:
    """Return bytes as text; text as it is, unless letters stand for bytes, as in "hex"."""
    if not isinstance(text, str):
        return text.decode(*how, **named)
    by = _codec(how, named)
    return text if by is None else _of_bytes(by.decode(text.encode("latin1"))[0])


def encoded(text: Any, *how: Any, **named: Any) -> Any:
    """Return text as it is, without what an encoding has no letters for; or as letters of "hex"."""
    if not isinstance(text, str):
        return text.encode(*how, **named)
    by = _codec(how, named)
    if by is not None:
        found: bytes = by.encode(text.encode("utf-8"))[0]
        return found.decode("latin1")
    encoding = named.get("encoding", how[0] if how else "ascii")
    return text.encode(*how, **named).decode(encoding)


def _codec(how: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Return an encoding of bytes as other bytes; None for those of texts."""
    found = codecs.lookup(named.get("encoding", how[0] if how else "ascii"))
    return found if found.name in ("hex", "base64", "bz2", "zlib", "quopri", "uu") else None


def _of_bytes(found: Any) -> str:
    """Return bytes as text; text as it is."""
    if isinstance(found, str):
        return found
    try:
        return found.decode("utf-8")
    except UnicodeDecodeError:
        return found.decode("latin1")


def number_of(letter: Any) -> int:
    """Return the number of a letter; an element of bytes is one."""
    return letter if isinstance(letter, int) else ord(letter)


def through(make: Any, stream: Any, *more: Any) -> Any:
    """Return a stream that encodes; a stream of texts itself, which encodes already."""
    return stream if isinstance(stream, io.TextIOBase) else make(stream, *more)


def done(name: str, value: Any, *args: Any, **named: Any) -> Any:
    """Do a method of texts; bytes that it is to do with texts, or to join, become texts."""
    if name == "join" and isinstance(value, str):
        return value.join(_of_bytes(x) if isinstance(x, bytes) else x for x in args[0])
    if isinstance(value, bytes) and any(map(_holds_text, args)):
        value = _of_bytes(value)
    if isinstance(value, str):
        args = tuple(_as_text(part) for part in args)
    return getattr(value, name)(*args, **named)


def _holds_text(part: Any) -> bool:
    return isinstance(part, str) or (isinstance(part, tuple) and any(map(_holds_text, part)))


def _as_text(part: Any) -> Any:
    """Return bytes as text, also in a tuple; anything else as it is."""
    if isinstance(part, tuple):
        return tuple(map(_as_text, part))
    return _of_bytes(part) if isinstance(part, bytes) else part
