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
# Data of so many bytes are computed byte by byte, and longer ones in few or in many pieces.
_SHORT, _LONG = 2048, 1 << 19
_FEW_PIECES, _PIECES = 512, 4096


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
    count = _FEW_PIECES if len(view) < _LONG else _PIECES
    length = len(view) // (2 * count) * 2
    pieces = np.frombuffer(view[: length * count], np.uint16).reshape(count, length // 2)
    registers = np.zeros(count, np.uint32)
    registers[0] = start ^ 0xFFFFFFFF
    table, low, sixteen = _by_two_bytes(), np.uint32(0xFFFF), np.uint32(16)
    for column in np.ascontiguousarray(pieces.T):
        registers = table[(registers ^ column) & low] ^ (registers >> sixteen)
    whole = _joined(registers, length) ^ 0xFFFFFFFF
    return _crc_of_few(view[length * count :], whole)


def _crc_of_few(view: memoryview, start: int) -> int:
    register = start ^ 0xFFFFFFFF
    for byte in view:
        register = _SMALL[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register ^ 0xFFFFFFFF


def _joined(registers: Words, length: int) -> int:
    """Return the register after all pieces, given each one's own."""
    for tables in _moves(length, len(registers)):
        first, second = registers[::2], registers[1::2]
        registers = _moved(tables, first) ^ second
    return int(registers[0])


@lru_cache(maxsize=64)
def _moves(length: int, count: int) -> list[Words]:
    """Return what moves registers on by a piece, by two, by four ..., as tables of each byte."""
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    images, power = bits, _after_bytes(bits, 1)
    while length:  # By repeated squaring.
        if length & 1:
            images = _moved(_tables(power), images)
        power = _moved(_tables(power), power)
        length >>= 1
    found = []
    while count > 1:
        found.append(_tables(images))
        images = _moved(found[-1], images)
        count //= 2
    return found


def _tables(images: Words) -> Words:
    """Return what a linear map makes of each byte of a register, given its images of all bits."""
    numbers = np.arange(256, dtype=np.uint32)
    found = np.zeros((4, 256), np.uint32)
    for bit in range(32):
        found[bit // 8] ^= images[bit] * ((numbers >> np.uint32(bit % 8)) & np.uint32(1))
    return found


def _moved(tables: Words, values: Words) -> Words:
    """Return what a linear map makes of registers."""
    low = np.uint32(0xFF)
    found = tables[0][values & low]
    for place in range(1, 4):
        found = found ^ tables[place][(values >> np.uint32(8 * place)) & low]
    return found


def masked_crc32c(data: bytes | bytearray | memoryview) -> int:
    """Return the checksum as files keep it: turned by 15 bits, and a constant added."""
    return masked(crc32c(data))


def masked(crc: int) -> int:
    """Return a checksum as files keep it."""
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF
