"""A sorted table of keys and values, as LevelDB keeps it: blocks, an index of them, and a footer.

A block is a run of entries and the places where keys are whole: of other keys, only what differs
from the key before is kept. After each block there are a byte that says how it is compressed and a
masked CRC-32C.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from itertools import takewhile

from giulgi.formats.checksum import masked_crc32c
from giulgi.formats.wire import read_varint, varint

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_RESTART_INTERVAL = 16
_BLOCK = 1 << 18


class TableError(ValueError):
    """Data are not a table, or are damaged."""


def write_table(entries: Mapping[bytes, bytes]) -> bytes:
    """Return entries as a table."""
    data = bytearray()
    index: dict[bytes, bytes] = {}
    block: dict[bytes, bytes] = {}
    size = 0
    for key in sorted(entries):
        if size >= _BLOCK:
            index[_between(max(block), key)] = _appended(data, _block(block))
            block, size = {}, 0
        block[key] = entries[key]
        size += len(key) + len(entries[key])
    index[_after(max(block, default=b""))] = _appended(data, _block(block))
    meta = _appended(data, _block({}))
    # Of the index every key is whole, so that a reader can look into the middle of it.
    place = _appended(data, _block(index, 1))
    data += (meta + place).ljust(_FOOTER - 8, b"\0") + struct.pack("<Q", _MAGIC)
    return bytes(data)


def _shared(one: bytes, other: bytes) -> int:
    """Return how many bytes two keys begin with alike."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _between(key: bytes, following: bytes) -> bytes:
    """Return a short key that is not below one, and below the one that follows."""
    shared = _shared(key, following)
    if shared < len(key) and key[shared] + 1 < following[shared]:
        return key[:shared] + bytes([key[shared] + 1])
    return key


def _after(key: bytes) -> bytes:
    """Return a short key that is not below one."""
    place = next((i for i, byte in enumerate(key) if byte != 0xFF), None)
    return key if place is None else key[:place] + bytes([key[place] + 1])


def _block(entries: Mapping[bytes, bytes], interval: int = _RESTART_INTERVAL) -> bytes:
    found, restarts, before = bytearray(), [], b""
    for number, (key, value) in enumerate(entries.items()):
        shared = 0
        if number % interval:
            shared = _shared(key, before)
        else:
            restarts.append(len(found))
        own = key[shared:]
        found += varint(shared) + varint(len(own)) + varint(len(value)) + own + value
        before = key
    restarts = restarts or [0]
    return bytes(found) + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def _appended(data: bytearray, block: bytes) -> bytes:
    """Append a block to a table; return where it is, as the index says it."""
    place = varint(len(data)) + varint(len(block))
    whole = block + b"\0"
    data += whole + struct.pack("<I", masked_crc32c(whole))
    return place


def read_table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a table, in order.

    Raises:
        TableError: if the data are no table, or damaged.
    """
    if len(data) < _FOOTER or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
        raise TableError("this is not a table of keys and values: its end is not that of one")
    footer = data[-_FOOTER:]
    place = 0
    for _ in range(2):  # Where the block of properties is, which nobody needs.
        _, place = read_varint(footer, place)
    for _, where in _entries(_read_block(data, footer[place:])):
        yield from _entries(_read_block(data, where))


def _read_block(data: bytes, where: bytes) -> bytes:
    start, place = read_varint(where, 0)
    length, _ = read_varint(where, place)
    end = start + length
    block, tail = data[start:end], data[end : end + 5]
    if len(tail) < 5 or struct.unpack("<I", tail[1:])[0] != masked_crc32c(block + tail[:1]):
        raise TableError(f"the block of the table at byte {start} is damaged")
    if tail[0] == 1:
        return _from_snappy(block)
    if tail[0]:
        raise TableError(f"a block of the table is compressed in an unknown way, {tail[0]}")
    return block


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    (restarts,) = struct.unpack("<I", block[-4:])
    end, place, key = len(block) - 4 - 4 * restarts, 0, b""
    while place < end:
        shared, place = read_varint(block, place)
        own, place = read_varint(block, place)
        length, place = read_varint(block, place)
        key = key[:shared] + block[place : place + own]
        place += own
        yield key, block[place : place + length]
        place += length


def _from_snappy(data: bytes) -> bytes:
    """Return what Snappy compressed: runs of bytes, and copies of what came before."""
    length, place = read_varint(data, 0)
    found = bytearray()
    while place < len(data):
        tag = data[place]
        place += 1
        kind, size = tag & 3, tag >> 2
        if kind == 0:
            if size >= 60:
                extra = size - 59
                size = int.from_bytes(data[place : place + extra], "little")
                place += extra
            found += data[place : place + size + 1]
            place += size + 1
            continue
        if kind == 1:
            size, back = (size & 7) + 4, (tag >> 5) << 8 | data[place]
            place += 1
        else:
            width = 2 if kind == 2 else 4
            size, back = size + 1, int.from_bytes(data[place : place + width], "little")
            place += width
        for _ in range(size):  # A copy may go on into what it makes.
            found.append(found[-back])
    if len(found) != length:
        raise TableError("a compressed block of the table is damaged")
    return bytes(found)
