"""Checkpoints of TensorFlow: arrays by name in a table ``x.index`` and files ``x.data-...``.

The table holds for each name the dtype, the shape, and where in which file the bytes are; under the
empty name, how many files there are. One file ``x`` alone is a checkpoint of TensorFlow's first
years: a table of slices of arrays. It can be read, not written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.formats.checksum import crc32c, masked, masked_crc32c
from giulgi.formats.graph_proto import (
    BFLOAT16,
    DTYPES,
    TensorProto,
    TensorShapeProto,
    VersionDef,
    array_of,
    number_of,
    shape_proto,
    sizes_of,
)
from giulgi.formats.messages import Message
from giulgi.formats.sorted_table import TableError, read_table, write_table
from giulgi.formats.wire import read_varint, varint

Array = np.ndarray[Any, Any]


class CheckpointError(ValueError):
    """A checkpoint is damaged, or holds what cannot be read."""


class BundleHeaderProto(Message):
    """How many files there are."""

    FIELDS = {"num_shards": (1, "int32"), "endianness": (2, "enum"), "version": (3, VersionDef)}


class Extent(Message):
    """A range along an axis; without a length, all of it."""

    FIELDS = {"start": (1, "int64"), "length": (2, "int64")}


class TensorSliceProto(Message):
    """A slice of an array."""

    FIELDS = {"extent": (1, [Extent])}


class BundleEntryProto(Message):
    """An array: what it is, and where; or which slices make it up."""

    FIELDS = {
        "dtype": (1, "enum"), "shape": (2, TensorShapeProto), "shard_id": (3, "int32"),
        "offset": (4, "int64"), "size": (5, "int64"), "crc32c": (6, "fixed32"),
        "slices": (7, [TensorSliceProto]),
    }  # fmt: skip


class SavedSliceMeta(Message):
    """An array of a checkpoint of the first years, and its slices."""

    FIELDS = {
        "name": (1, "string"), "shape": (2, TensorShapeProto), "type": (3, "enum"),
        "slice": (4, [TensorSliceProto]),
    }  # fmt: skip


class SavedTensorSliceMeta(Message):
    """All arrays of such a checkpoint."""

    FIELDS = {"tensor": (1, [SavedSliceMeta])}


class SavedSlice(Message):
    """A slice and its elements."""

    FIELDS = {"name": (1, "string"), "slice": (2, TensorSliceProto), "data": (3, TensorProto)}


class SavedTensorSlices(Message):
    """An entry of such a checkpoint: what there is, or a slice."""

    FIELDS = {"meta": (1, SavedTensorSliceMeta), "data": (2, SavedSlice)}


# Writing


def write_checkpoint(prefix: str | Path, arrays: Mapping[str, Array]) -> list[str]:
    """Write arrays as a checkpoint of one file of data; return the paths of its files.

    Args:
        prefix: the path without the endings of the files.
        arrays: the arrays by their names; of strings, as objects of bytes.
    """
    header = BundleHeaderProto(num_shards=1, version=VersionDef(producer=1))
    entries = {b"": header.SerializeToString()}
    paths = [f"{prefix}.data-00000-of-00001", f"{prefix}.index"]
    # What is written anew takes the place of what was there at once, when it is complete.
    unfinished = f"{paths[0]}.unfinished"
    place = 0
    with Path(unfinished).open("wb") as file:
        for name in sorted(arrays, key=str.encode):
            array = np.asarray(arrays[name])
            raw, check = _raw_bytes(array)
            file.write(raw)
            entries[name.encode()] = BundleEntryProto(
                dtype=number_of(array.dtype), shape=shape_proto(array.shape),
                offset=place or None, size=len(raw) or None, crc32c=check,
            ).SerializeToString()  # fmt: skip
            place += len(raw)
    os.replace(unfinished, paths[0])
    Path(f"{paths[1]}.unfinished").write_bytes(write_table(entries))
    os.replace(f"{paths[1]}.unfinished", paths[1])
    return paths


def _raw_bytes(array: Array) -> tuple[bytes, int]:
    """Return an array as bytes, and their masked checksum."""
    if array.dtype.kind != "O":
        raw = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        data = raw.tobytes()
        return data, masked_crc32c(data)
    texts = [x.encode() if isinstance(x, str) else bytes(x) for x in array.reshape(-1).tolist()]
    # The checksum is that of the lengths as numbers of 4 or 8 bytes, and of what follows.
    wide = [len(text).to_bytes(4 if len(text) < 1 << 32 else 8, "little") for text in texts]
    lengths = b"".join(varint(len(text)) for text in texts)
    first = crc32c(b"".join(wide))
    check = masked(first).to_bytes(4, "little")
    rest = check + b"".join(texts)
    return lengths + rest, masked(crc32c(rest, first))


# Reading


class Checkpoint:
    """A checkpoint that is read.

    Args:
        prefix: the path without the endings of the files, or that of a file of the first years.

    Raises:
        FileNotFoundError: if there is none.
        CheckpointError: if it is damaged.
    """

    def __init__(self, prefix: str | Path) -> None:
        self.prefix = str(prefix)
        index = Path(f"{self.prefix}.index")
        self._is_old = not index.exists()
        if self._is_old and not Path(self.prefix).is_file():
            raise FileNotFoundError(f"there is no checkpoint {self.prefix!r}: no {index}")
        try:
            table = dict(read_table(Path(self.prefix if self._is_old else index).read_bytes()))
            if self._is_old:
                found = SavedTensorSlices.FromString(table[b""]).meta.tensor
                self._entries = {
                    meta.name: BundleEntryProto(dtype=meta.type, shape=meta.shape) for meta in found
                }
                self._slices = _old_slices(table, self._entries)
            else:
                self._header = BundleHeaderProto.FromString(table.pop(b""))
                self._table = table
                self._entries = {
                    key.decode(): BundleEntryProto.FromString(value)
                    for key, value in table.items()
                    if not key.startswith(b"\0")
                }
        except (TableError, KeyError) as error:
            raise CheckpointError(f"the checkpoint {self.prefix!r} is damaged: {error}") from None

    @property
    def names(self) -> list[str]:
        """The names of all arrays."""
        return sorted(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array."""
        return tuple(size or 0 for size in sizes_of(self._entries[name].shape) or ())

    def dtype(self, name: str) -> np.dtype[Any]:
        """Return the dtype of an array."""
        number = self._entries[name].dtype
        return np.dtype(np.float32 if number == BFLOAT16 else DTYPES[number])

    def array(self, name: str) -> Array:
        """Return an array.

        Raises:
            KeyError: if there is none of the name.
            CheckpointError: if it is damaged.
        """
        if name not in self._entries:
            raise KeyError(f"the checkpoint {self.prefix!r} has nothing of the name {name!r}")
        entry = self._entries[name]
        if not self._is_old and not entry.slices:
            return self._read(entry, name)
        whole = np.empty(self.shape(name), self.dtype(name))
        parts = self._slices[name] if self._is_old else self._parts(name, entry)
        for part, values in parts:
            place = tuple(
                slice(x.start, x.start + x.length) if x.HasField("length") else slice(None)
                for x in part.extent
            )
            whole[place] = values.reshape(whole[place].shape)
        return whole

    def _parts(self, name: str, entry: BundleEntryProto) -> Iterator[tuple[Any, Array]]:
        """Yield the slices of an array, and their values."""
        for part in entry.slices:
            key = _key_of_slice(name, part)
            if key not in self._table:
                raise CheckpointError(f"{self.prefix!r}: a slice of {name!r} is missing")
            yield part, self._read(BundleEntryProto.FromString(self._table[key]), name)

    def _read(self, entry: BundleEntryProto, name: str) -> Array:
        path = f"{self.prefix}.data-{entry.shard_id:05d}-of-{self._header.num_shards:05d}"
        with Path(path).open("rb") as file:
            file.seek(entry.offset)
            raw = file.read(entry.size)
        if len(raw) != entry.size:
            raise CheckpointError(f"{path!r} ends before {name!r}")
        sizes = [size or 0 for size in sizes_of(entry.shape) or ()]
        if entry.dtype == number_of(np.object_):
            return _texts(raw, int(np.prod(sizes))).reshape(sizes)
        if masked_crc32c(raw) != entry.crc32c:
            raise CheckpointError(f"{path!r}: {name!r} is damaged, its checksum does not fit")
        if entry.dtype != BFLOAT16 and entry.dtype not in DTYPES:
            raise CheckpointError(f"{name!r} is of a dtype, {entry.dtype}, that is not known")
        proto = TensorProto(dtype=entry.dtype, tensor_shape=entry.shape, tensor_content=raw)
        return array_of(proto)


def _texts(raw: bytes, count: int) -> Array:
    """Return strings: all lengths come first, then a checksum of these, then all bytes."""
    lengths, place = [], 0
    for _ in range(count):
        length, place = read_varint(raw, place)
        lengths.append(length)
    place += 4
    found = np.empty(count, object)
    for number, length in enumerate(lengths):
        found[number] = raw[place : place + length]
        place += length
    return found


def _old_slices(
    table: Mapping[bytes, bytes], entries: Mapping[str, BundleEntryProto]
) -> dict[str, list[tuple[Any, Array]]]:
    """Return the slices of each array, and their elements."""
    found: dict[str, list[tuple[Any, Array]]] = {}
    for key, value in table.items():
        if key:
            saved = SavedTensorSlices.FromString(value).data
            proto = TensorProto.FromString(saved.data.SerializeToString())
            proto.dtype = entries[saved.name].dtype
            counts = [len(x) for name, x in proto.ListFields() if name.endswith("_val")]
            # The shape of a slice is not told with its elements, which are all there.
            proto.tensor_shape.dim.add(size=counts[0] if counts else 0)
            found.setdefault(saved.name, []).append((saved.slice, array_of(proto)))
    return found


def _key_of_slice(name: str, part: Any) -> bytes:
    """Return the key of a slice: numbers and the name, written so that their order is kept."""
    text = name.encode().replace(b"\0", b"\0\xff").replace(b"\xff", b"\xff\0") + b"\0\1"
    found = _ordered(0) + text + _ordered(len(part.extent))
    for extent in part.extent:
        length = extent.length if extent.HasField("length") else -1
        found += _ordered_signed(extent.start) + _ordered_signed(length)
    return found


def _ordered(value: int) -> bytes:
    """Return a number as its count of bytes and these, the highest first."""
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(raw)]) + raw


def _ordered_signed(value: int) -> bytes:
    """Return a number whose first bits say how many bytes it takes, turned around if negative."""
    size = 1
    while not -(1 << (7 * size - 1)) <= value < 1 << (7 * size - 1):
        size += 1
    head = ((1 << size) - 1) << (8 - size) if size < 8 else 0xFF
    if value < 0:
        head ^= 0xFF
        raw = bytearray((value & ((1 << 8 * size) - 1)).to_bytes(size, "big"))
        raw[0] = (raw[0] & (0xFF >> size)) | (head & (0xFF << (8 - size)) & 0xFF)
        return bytes(raw)
    raw = bytearray(value.to_bytes(size, "big"))
    raw[0] |= head
    return bytes(raw)
