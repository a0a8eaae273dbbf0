"""The bytes of protocol buffers: numbers of a varying length, and tagged values."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from typing import Any

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5

_WIRE = {"double": FIXED64, "fixed64": FIXED64, "float": FIXED32, "fixed32": FIXED32}
_PACKED = {
    "double": struct.Struct("<d"),
    "fixed64": struct.Struct("<Q"),
    "float": struct.Struct("<f"),
    "fixed32": struct.Struct("<I"),
}


class DecodeError(ValueError):
    """Data are not the message that they should be."""


# Numbers of a varying number of bytes


def varint(value: int) -> bytes:
    """Return a number as bytes of 7 bits each, the lowest first; a negative one as of 64 bits."""
    rest = value & 0xFFFFFFFFFFFFFFFF
    found = bytearray()
    while rest > 0x7F:
        found.append((rest & 0x7F) | 0x80)
        rest >>= 7
    found.append(rest)
    return bytes(found)


def read_varint(data: bytes | memoryview, place: int) -> tuple[int, int]:
    """Return the number at a place, and the place after it."""
    shift = found = 0
    while True:
        if place >= len(data) or shift > 63:
            raise DecodeError("a number does not end")
        byte = data[place]
        place += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found, place
        shift += 7


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def packed(kind: str, values: Sequence[Any]) -> bytes:
    """Return several numbers as bytes, one after another."""
    if kind in _PACKED:
        return struct.pack(f"<{len(values)}{_PACKED[kind].format[-1]}", *values)
    return b"".join([varint(int(value)) for value in values])


def nearest_single(value: float) -> float:
    """Return the float of 32 bits that is nearest to a number; infinity if it is too large."""
    try:
        found: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return found


def wire_of(kind: Any) -> int:
    """Return how values of a kind are written; see the numbers above."""
    if not isinstance(kind, str) or kind in ("string", "bytes"):
        return LENGTH
    return _WIRE.get(kind, VARINT)


def written(kind: Any, value: Any) -> bytes:
    """Return a single value as bytes, without the number of its field."""
    if not isinstance(kind, str):
        inner: bytes = value.SerializeToString()
        return varint(len(inner)) + inner
    if kind in ("string", "bytes"):
        raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)
        return varint(len(raw)) + raw
    if kind in _PACKED:
        return _PACKED[kind].pack(value)
    return varint(int(value))


def _number_read(kind: str, value: int) -> Any:
    if kind == "bool":
        return bool(value)
    return value if kind in ("uint64", "uint32") else _signed(value)


def read(kind: Any, wire: int, data: memoryview, place: int) -> tuple[Any, int]:
    """Return the value of a kind at a place, and the place after it."""
    if wire == VARINT:
        number, place = read_varint(data, place)
        return (_number_read(kind, number) if isinstance(kind, str) else number), place
    if wire == LENGTH:
        length, place = read_varint(data, place)
        if place + length > len(data):
            raise DecodeError("a message ends too early")
        raw = data[place : place + length]
        place += length
        if not isinstance(kind, str):
            return kind.FromString(raw), place
        if kind == "string":
            return bytes(raw).decode("utf-8", "surrogateescape"), place
        return (bytes(raw) if kind == "bytes" else list(_unpacked(kind, raw))), place
    size = 8 if wire == FIXED64 else 4
    if wire not in (FIXED64, FIXED32) or place + size > len(data):
        raise DecodeError(f"there is no kind of field {wire}, or a message ends too early")
    form = _PACKED.get(kind, _PACKED["fixed64" if size == 8 else "fixed32"])
    return form.unpack_from(data, place)[0], place + size


def _unpacked(kind: str, raw: memoryview) -> Iterator[Any]:
    """Return the numbers of a repeated field that are packed together."""
    if kind in _PACKED:
        form = _PACKED[kind]
        yield from (value for (value,) in struct.iter_unpack(form.format, raw))
        return
    place = 0
    while place < len(raw):
        number, place = read_varint(raw, place)
        yield _number_read(kind, number)
