"""CRC-32C, the checksum of records and tables: the remainder of a division of polynomials.

Long data are cut into pieces, whose checksums NumPy computes side by side. As the checksum is
linear over GF(2), those of two neighbours make that of both: the first is moved on by as many zero
bytes as the second is long, and the second is added (exclusive or).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint32]]

_POLYNOMIAL = np.uint32(0x82F63B78)  # Castagnoli's, with the lowest power in the highest bit.
_MASK = 0xA282EAD8
_PIECES = 4096
_SHORT = 2048


def _after_bytes(values: Words, count: int) -> Words:
    """Return registers after so many zero bytes."""
    for _ in range(8 * count):
        values = (values >> np.uint32(1)) ^ (_POLYNOMIAL * (values & np.uint32(1)))
    return values


_BY_BYTE = _after_bytes(np.arange(256, dtype=np.uint32), 1)
_SMALL = [int(value) for value in _BY_BYTE]


@lru_cache(maxsize=1)
def _by_two_bytes() -> Words:
    return _after_bytes(np.arange(65536, dtype=np.uint32), 2)


def crc32c(data: bytes | bytearray | memoryview, start: int = 0) -> int:
    """Return the checksum of data; with a start, of what came before and these."""
    view = memoryview(data).cast("B")
    if len(view) < _SHORT:
        return _crc_of_few(view, start)
    length = len(view) // (2 * _PIECES) * 2 if len(view) >= 2 * _PIECES * 2 else 0
    if not length:
        half = len(view) // 2
        return crc32c(view[half:], crc32c(view[:half], start))
    pieces = np.frombuffer(view[: length * _PIECES], np.uint16).reshape(_PIECES, length // 2)
    registers = np.zeros(_PIECES, np.uint32)
    registers[0] = start ^ 0xFFFFFFFF
    table, low, sixteen = _by_two_bytes(), np.uint32(0xFFFF), np.uint32(16)
    for column in np.ascontiguousarray(pieces.T):
        registers = table[(registers ^ column) & low] ^ (registers >> sixteen)
    whole = _joined(registers, length) ^ 0xFFFFFFFF
    return _crc_of_few(view[length * _PIECES :], whole)


def _crc_of_few(view: memoryview, start: int) -> int:
    register = start ^ 0xFFFFFFFF
    for byte in view:
        register = _SMALL[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register ^ 0xFFFFFFFF


def _joined(registers: Words, length: int) -> int:
    """Return the register after all pieces, given each one's own."""
    images = _images_of_bits(length)
    while len(registers) > 1:
        first, second = registers[::2], registers[1::2]
        registers = _mapped(images, first) ^ second
        images = _mapped(images, images)
    return int(registers[0])


def _images_of_bits(length: int) -> Words:
    """Return what each bit of a register becomes by so many zero bytes, by repeated squaring."""
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    found, power = bits, _after_bytes(bits, 1)
    while length:
        if length & 1:
            found = _mapped(power, found)
        power = _mapped(power, power)
        length >>= 1
    return found


def _mapped(images: Words, values: Words) -> Words:
    """Return what values become by a linear map, of which the images of all bits are known."""
    found = np.zeros_like(values)
    for bit in range(32):
        found ^= images[bit] * ((values >> np.uint32(bit)) & np.uint32(1))
    return found


def masked_crc32c(data: bytes | bytearray | memoryview) -> int:
    """Return the checksum as files keep it: turned by 15 bits, and a constant added."""
    return masked(crc32c(data))


def masked(crc: int) -> int:
    """Return a checksum as files keep it."""
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF
