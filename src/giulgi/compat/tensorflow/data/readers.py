"""Readers of files whose paths come out of a queue: ``tf.TextLineReader`` and its kin."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from giulgi.compat.graphs.graph import Operation
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation, session_storage
from giulgi.compat.tensorflow.data.dataset_readers import content_of, fixed_records_of, lines_of
from giulgi.compat.tensorflow.data.queues import QueueBase
from giulgi.compat.tensorflow.data.records import compression_of, records_of
from giulgi.compat.tensors.tensor import Tensor
from giulgi.storage import Storage

Pair = tuple[bytes, bytes]


class _Place:
    """Where a reader is in one session."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.records: Iterator[Pair] = iter(())
        self.produced = self.completed = 0
        self.is_within = False


@exported("ReaderBase")
class ReaderBase:
    """Reads records of one file after another, whose paths a queue gives."""

    def __init__(self) -> None:
        self._places: WeakKeyDictionary[Storage, _Place] = WeakKeyDictionary()
        self._lock = threading.Lock()

    @property
    def reader_ref(self) -> ReaderBase:
        """What stands for the reader: itself."""
        return self

    @property
    def supports_serialize(self) -> bool:
        """Whether its place can be kept: it cannot."""
        return False

    def _records(self, path: bytes) -> Iterator[Pair]:
        """Yield key and value of each record of a file."""
        raise NotImplementedError

    def _place(self) -> _Place:
        with self._lock:
            return self._places.setdefault(session_storage.get(), _Place())

    def _take(self, queue: QueueBase, count: int, is_up_to: bool) -> list[Pair]:
        place = self._place()
        found: list[Pair] = []
        with place.lock:
            while len(found) < count:
                record = next(place.records, None)
                if record is not None:
                    found.append(record)
                    place.produced += 1
                    continue
                place.completed += place.is_within
                place.is_within = False
                if found and is_up_to:
                    break
                ((path,),) = queue.state.take(1)
                name = path.item() if isinstance(path, np.ndarray) else path
                place.records, place.is_within = self._records(name), True
        return found

    def read(self, queue: QueueBase, name: str | None = None) -> tuple[Tensor, Tensor]:
        """Return key and value of the next record, as strings.

        A run raises ``tf.errors.OutOfRangeError`` after the last record of the last file.
        """
        take = lambda: self._take(queue, 1, False)[0]  # noqa: E731
        outputs: Any = [("string", []), ("string", [])]
        key, value = host_operation("ReaderRead", take, outputs=outputs, name=name).outputs
        return key, value

    def read_up_to(
        self, queue: QueueBase, num_records: Any, name: str | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return keys and values of so many records; fewer at the end of a file."""

        def take(count: Any) -> list[Any]:
            columns = zip(*self._take(queue, int(count), True), strict=True)
            return [np.array(column, object) for column in columns]

        outputs = [("string", [None]), ("string", [None])]
        made = host_operation("ReaderReadUpTo", take, [num_records], outputs, name)
        keys, values = made.outputs
        return keys, values

    def _number(self, kind: str, name: str | None) -> Tensor:
        read = lambda: np.int64(getattr(self._place(), kind))  # noqa: E731
        outputs: Any = [("int64", [])]
        return host_operation("ReaderNumber", read, outputs=outputs, name=name).outputs[0]

    def num_records_produced(self, name: str | None = None) -> Tensor:
        """Return how many records were read."""
        return self._number("produced", name)

    def num_work_units_completed(self, name: str | None = None) -> Tensor:
        """Return how many files were read."""
        return self._number("completed", name)

    def reset(self, name: str | None = None) -> Operation:
        """Return an operation that leaves the file, and counts anew."""

        def begin() -> None:
            with self._lock:
                self._places.pop(session_storage.get(), None)

        return host_operation("ReaderReset", begin, name=name)


@exported("TextLineReader")
class TextLineReader(ReaderBase):
    """Reads lines; the key is the path and the number of the line.

    Args:
        skip_header_lines: how many lines at the beginning of a file are left out.
        name: has no meaning.
    """

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None) -> None:
        del name
        super().__init__()
        self._skipped = skip_header_lines or 0

    def _records(self, path: bytes) -> Iterator[Pair]:
        numbered = itertools.islice(enumerate(lines_of(path), 1), self._skipped, None)
        return ((b"%b:%d" % (path, number), line) for number, line in numbered)


@exported("WholeFileReader")
class WholeFileReader(ReaderBase):
    """Reads whole files; the key is the path."""

    def __init__(self, name: str | None = None) -> None:
        del name
        super().__init__()

    def _records(self, path: bytes) -> Iterator[Pair]:
        yield path, content_of(path)


@exported("IdentityReader")
class IdentityReader(ReaderBase):
    """Gives what the queue gives, as key and as value."""

    def __init__(self, name: str | None = None) -> None:
        del name
        super().__init__()

    def _records(self, path: bytes) -> Iterator[Pair]:
        yield path, path


@exported("TFRecordReader")
class TFRecordReader(ReaderBase):
    """Reads records; the key is the path and the place of the record.

    Args:
        name: has no meaning.
        options: how files are compressed.
    """

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        del name
        super().__init__()
        self._compression = compression_of(options)

    def _records(self, path: bytes) -> Iterator[Pair]:
        place = 0
        for record in records_of(path, self._compression):
            yield b"%b:%d" % (path, place), record
            place += len(record) + 16


@exported("FixedLengthRecordReader")
class FixedLengthRecordReader(ReaderBase):
    """Reads pieces that all have the same size; the key is the path and the number of the piece.

    Args:
        record_bytes: the size of a piece.
        header_bytes: what comes before the first piece.
        footer_bytes: what comes after the last one.
        hop_bytes: how far apart pieces begin; 0: they follow each other.
        name: has no meaning.
        encoding: ``"ZLIB"``, or nothing.
    """

    def __init__(
        self,
        record_bytes: int,
        header_bytes: int | None = None,
        footer_bytes: int | None = None,
        hop_bytes: int | None = None,
        name: str | None = None,
        encoding: Any = None,
    ) -> None:
        del name
        super().__init__()
        if hop_bytes and hop_bytes != record_bytes:
            raise NotImplementedError(
                "giulgi's stand-in for tf.FixedLengthRecordReader does not have hop_bytes: read "
                "the file as a whole, and take its pieces with tf.substr"
            )
        self._sizes = int(record_bytes), int(header_bytes or 0), int(footer_bytes or 0)
        self._encoding = compression_of(encoding)

    def _records(self, path: bytes) -> Iterator[Pair]:
        pieces = fixed_records_of(path, *self._sizes, self._encoding, is_strict=False)
        return ((b"%b:%d" % (path, number), piece) for number, piece in enumerate(pieces))
