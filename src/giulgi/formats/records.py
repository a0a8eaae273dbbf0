"""TFRecord: records one after another, each with its length, and a checksum of both.

========  ==========================================
bytes     what
========  ==========================================
8         the length of the record
4         the masked CRC-32C of the length
length    the record
4         the masked CRC-32C of the record
========  ==========================================
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from giulgi.formats.checksum import masked_crc32c

_LENGTH, _CHECKSUM = struct.Struct("<Q"), struct.Struct("<I")


class DamagedRecordError(ValueError):
    """A record is cut off, or its checksum does not fit."""


def framed(record: bytes) -> bytes:
    """Return a record with its length and checksums."""
    length = _LENGTH.pack(len(record))
    checks = [_CHECKSUM.pack(masked_crc32c(data)) for data in (length, record)]
    return b"".join([length, checks[0], record, checks[1]])


def read_records(path: str | Path, compression: str = "") -> Iterator[bytes]:
    """Yield the records of a file.

    Args:
        path: the file.
        compression: how it is compressed: ``"GZIP"``, ``"ZLIB"``, or not.

    Raises:
        DamagedRecordError: at a record that is cut off or does not fit its checksum.
    """
    with Path(path).open("rb") as raw:
        if compression == "GZIP":
            with gzip.open(raw) as file:
                yield from _records_of(file, path)
        elif compression == "ZLIB":
            yield from _records_of(io.BytesIO(zlib.decompress(raw.read())), path)
        else:
            yield from _records_of(raw, path)


def _records_of(file: Any, path: str | Path) -> Iterator[bytes]:
    place = 0
    while head := file.read(12):
        if len(head) < 12 or _CHECKSUM.unpack(head[8:])[0] != masked_crc32c(head[:8]):
            raise DamagedRecordError(f"{path}: no record begins at byte {place}")
        (length,) = _LENGTH.unpack(head[:8])
        record, tail = file.read(length), file.read(4)
        if len(tail) < 4:
            raise DamagedRecordError(f"{path}: the record at byte {place} is cut off")
        if _CHECKSUM.unpack(tail)[0] != masked_crc32c(record):
            raise DamagedRecordError(f"{path}: the record at byte {place} is damaged")
        yield record
        place += length + 16


def compressed(data: bytes, compression: str) -> bytes:
    """Return records as a file keeps them: compressed by ``"GZIP"`` or ``"ZLIB"``, or not."""
    if compression == "GZIP":
        return gzip.compress(data)
    return zlib.compress(data) if compression == "ZLIB" else data
