"""Examples read at once from the bytes of records: their lists by name, as arrays.

The messages of :mod:`.example_proto` say the same, and are for those who make examples. Training
reads thousands of them in a second; so here each level of the message is a loop of its own::

    Example          1: Features
    SequenceExample  1: Features (of all of it)   2: FeatureLists
    Features         1: entries of a map: a name, and a Feature
    FeatureLists     1: entries of a map: a name, and a FeatureList, which is 1: Features in a row
    Feature          1: pieces of bytes, or 2: floats, or 3: whole numbers
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from giulgi.formats.wire import FIXED32, FIXED64, LENGTH, VARINT, DecodeError, read_varint

Array = np.ndarray[Any, Any]

# Packed numbers of so many bytes, or more, are taken apart by NumPy.
_MANY = 64
_TOO_LARGE = "a whole number has more than 64 bits"
_EMPTY: dict[str, Array] = {
    "string": np.empty(0, object),
    "float32": np.empty(0, np.float32),
    "int64": np.empty(0, np.int64),
}


class Values(NamedTuple):
    """A list of an example.

    Attributes:
        dtype: what it holds: ``"string"``, ``"float32"`` or ``"int64"``.
        array: the values.
    """

    dtype: str
    array: Array


def lists_of_example(record: bytes) -> dict[str, Values]:
    """Return the lists of an example by their names.

    Raises:
        DecodeError: if the bytes are none.
    """
    found: dict[str, Values] = {}
    for number, part in _parts(record):
        if number == 1:
            found |= _lists(part)
    return found


def lists_of_series(
    record: bytes,
) -> tuple[dict[str, Values], dict[str, list[Values | None]]]:
    """Return the lists of an example that is a series: those of all of it, and those of its steps.

    Raises:
        DecodeError: if the bytes are none.
    """
    whole: dict[str, Values] = {}
    steps: dict[str, list[Values | None]] = {}
    for number, part in _parts(record):
        if number == 1:
            whole |= _lists(part)
        elif number == 2:
            for name, value in _entries(part):
                steps[name] = [_values(feature) for place, feature in _parts(value) if place == 1]
    return whole, steps


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the numbers and bytes of the fields that have a length; others are passed over."""
    place, end = 0, len(data)
    while place < end:
        tag, place = read_varint(data, place)
        wire = tag & 7
        if wire == VARINT:
            _, place = read_varint(data, place)
            continue
        if wire == LENGTH:
            length = data[place] if place < end else 0x80
            place += 1
            if length > 0x7F:
                length, place = read_varint(data, place - 1)
        elif wire in (FIXED32, FIXED64):
            length = 4 if wire == FIXED32 else 8
        else:
            raise DecodeError(f"there is no kind of field {wire}")
        if place + length > end:
            raise DecodeError("a message ends too early")
        if wire == LENGTH:
            yield tag >> 3, data[place : place + length]
        place += length


def _entries(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the names and values of a map."""
    for number, entry in _parts(data):
        if number == 1:
            fields = dict(_parts(entry))
            yield fields.get(1, b"").decode("utf-8", "surrogateescape"), fields.get(2, b"")


def _lists(data: bytes) -> dict[str, Values]:
    found = ((name, _values(value)) for name, value in _entries(data))
    return {name: values for name, values in found if values is not None}


def _values(feature: bytes) -> Values | None:
    """Return what a feature holds; None if it holds nothing, not even an empty list."""
    found = None
    for number, part in _parts(feature):
        if number == 1:
            pieces = [piece for place, piece in _parts(part) if place == 1]
            array = np.empty(len(pieces), object)
            array[:] = pieces
            found = Values("string", array)
        elif number == 2:
            found = Values("float32", _numbers(part, "float32", FIXED32))
        elif number == 3:
            found = Values("int64", _numbers(part, "int64", VARINT))
    return found


def _numbers(data: bytes, dtype: str, single: int) -> Array:
    """Return the numbers of a list: packed together, as all write them today, or one by one."""
    parts: list[Array] = []
    place, end = 0, len(data)
    while place < end:
        tag, place = read_varint(data, place)
        length = 4
        if tag == 1 << 3 | LENGTH:
            length, place = read_varint(data, place)
        elif tag != 1 << 3 | single:
            raise DecodeError(f"a list of numbers has no field {tag}")
        elif single == VARINT:
            length = read_varint(data, place)[1] - place
        if place + length > end:
            raise DecodeError("a message ends too early")
        part = data[place : place + length]
        parts.append(_floats(part) if single == FIXED32 else _varints(part))
        place += length
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else _EMPTY[dtype]


def _floats(data: bytes) -> Array:
    if len(data) % 4:
        raise DecodeError("a list of floats ends within a float")
    return np.frombuffer(data, "<f4").astype(np.float32)


def _varints(data: bytes) -> Array:
    """Return whole numbers of a varying number of bytes, one after another."""
    if len(data) < _MANY:
        place, found = 0, []
        while place < len(data):
            number, place = read_varint(data, place)
            if number >> 64:
                raise DecodeError(_TOO_LARGE)
            found.append(number)
        return np.array(found, np.uint64).view(np.int64)
    raw = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(raw < 0x80)
    if not ends.size or ends[-1] != raw.size - 1:
        raise DecodeError("a number does not end")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    # Nine bytes have 63 bits: of a tenth there is room for one.
    if lengths.max() > 10 or (raw[ends[lengths == 10]] > 1).any():
        raise DecodeError(_TOO_LARGE)
    # Each byte has 7 bits, the lowest first: it is shifted by 7 for each byte before it.
    shifts = 7 * (np.arange(raw.size) - np.repeat(starts, lengths))
    bits = (raw & 0x7F).astype(np.uint64) << shifts.astype(np.uint64)
    return np.bitwise_or.reduceat(bits, starts).view(np.int64)
