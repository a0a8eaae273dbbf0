"""Summaries and events as bytes, with no messages in between: programs write them at every step.

The bytes are those of the messages in ``event_proto``, field by field::

    Summary      1: Value
    Value        1: tag    2: simple_value    5: histo
    Event        1: wall_time    2: step    5: summary
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any

import numpy as np

from giulgi.formats.distributions import Distribution
from giulgi.formats.wire import FIXED32, FIXED64, LENGTH, VARINT, varint

_TAG, _SIMPLE_VALUE, _HISTOGRAM = (
    bytes([number << 3 | wire]) for number, wire in ((1, LENGTH), (2, FIXED32), (5, LENGTH))
)
_VALUE = bytes([1 << 3 | LENGTH])
_WALL_TIME, _STEP, _SUMMARY = (
    bytes([number << 3 | wire]) for number, wire in ((1, FIXED64), (2, VARINT), (5, LENGTH))
)
# The five numbers of all values in a histogram are fields 1 to 5, its lists fields 6 and 7.
_OF_ALL = struct.Struct("<" + "Bd" * 5)
_NUMBERS = [number << 3 | FIXED64 for number in range(1, 6)]
_LIMITS, _COUNTS = (bytes([number << 3 | LENGTH]) for number in (6, 7))


@lru_cache(maxsize=4096)
def _tag_field(tag: str) -> bytes:
    raw = tag.encode()
    return _TAG + varint(len(raw)) + raw


def _of_value(tag: str, field: bytes) -> bytes:
    head = _tag_field(tag)
    return _VALUE + varint(len(head) + len(field)) + head + field


def scalar(tag: str, value: float) -> bytes:
    """Return the summary of a number under a tag."""
    return _of_value(tag, _SIMPLE_VALUE + struct.pack("<f", value))


def histogram(tag: str, values: np.ndarray[Any, Any]) -> bytes:
    """Return the summary of the distribution of numbers under a tag.

    Raises:
        ValueError: if one of them is no number.
    """
    found = Distribution.of(values)
    size = varint(8 * found.limits.size)
    parts = [_LIMITS, size, found.limits.tobytes(), _COUNTS, size, found.counts.tobytes()]
    if found.of_all[2]:
        pairs = [part for pair in zip(_NUMBERS, found.of_all, strict=True) for part in pair]
        parts.insert(0, _OF_ALL.pack(*pairs))
    field = b"".join(parts)
    return _of_value(tag, _HISTOGRAM + varint(len(field)) + field)


def event(wall_time: float, step: int | None, summary: bytes) -> bytes:
    """Return the event of a summary, which is bytes, at a time in seconds and a step."""
    at = b"" if step is None else _STEP + varint(step)
    time = _WALL_TIME + struct.pack("<d", wall_time)
    return time + at + _SUMMARY + varint(len(summary)) + summary
