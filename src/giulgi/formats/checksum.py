"""CRC-32C, the checksum of records and tables: the remainder of a division of polynomials.

The checksum is linear over GF(2): what each byte makes of it depends on its place alone, and all
that is added (exclusive or). So NumPy looks up the bytes of a chunk in tables of their places. The
checksum of what came before is added to the first four bytes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint32]]

_POLYNOMIAL = np.uint32(0x82F63B78)  # Castagnoli's, with the lowest power in the highest bit.
_MASK = 0xA282EAD8
# So few bytes are taken one by one, and more in chunks of so many.
_FEW, _CHUNK = 32, 2048


def _of_single_bytes() -> Words:
    """Return the register after each byte, if it was 0 before."""
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = (values >> np.uint32(1)) ^ (_POLYNOMIAL * (values & np.uint32(1)))
    return values


_BY_BYTE = _of_single_bytes()
_SMALL = [int(value) for value in _BY_BYTE]


@lru_cache(maxsize=1)
def _by_place() -> Words:
    """Return what each byte makes of the register, by how many bytes follow, from the most on."""
    table = np.empty((_CHUNK, 256), np.uint32)
    table[-1] = _BY_BYTE
    for place in range(_CHUNK - 2, -1, -1):
        after = table[place + 1]
        table[place] = _BY_BYTE[after & np.uint32(0xFF)] ^ (after >> np.uint32(8))
    return table.reshape(-1)


@lru_cache(maxsize=1)
def _rows() -> np.ndarray[Any, Any]:
    return np.arange(_CHUNK) * 256


def crc32c(data: bytes | bytearray | memoryview, start: int = 0) -> int:
    """Return the checksum of data; with a start, of what came before and these."""
    view = memoryview(data).cast("B")
    register = start ^ 0xFFFFFFFF
    for place in range(0, len(view), _CHUNK):
        register = _after(view[place : place + _CHUNK], register)
    return register ^ 0xFFFFFFFF


def _after(chunk: memoryview, register: int) -> int:
    """Return the register after a chunk."""
    if len(chunk) < _FEW:
        for byte in chunk:
            register = _SMALL[(register ^ byte) & 0xFF] ^ (register >> 8)
        return register
    first = int.from_bytes(chunk[:4], "little") ^ register
    numbers = np.frombuffer(first.to_bytes(4, "little") + chunk[4:], np.uint8)
    made = _by_place().take(_rows()[_CHUNK - len(chunk) :] + numbers)
    return int(np.bitwise_xor.reduce(made))


def masked_crc32c(data: bytes | bytearray | memoryview) -> int:
    """Return the checksum as files keep it: turned by 15 bits, and a constant added."""
    return masked(crc32c(data))


def masked(crc: int) -> int:
    """Return a checksum as files keep it."""
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF
