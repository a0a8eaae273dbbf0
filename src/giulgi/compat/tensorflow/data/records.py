"""Files of records, and the messages that they mostly hold: ``TFRecordWriter``, ``Example``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from giulgi.compat.errors import NotFoundError
from giulgi.compat.names import TABLES, export, exported
from giulgi.compat.tensorflow.system.gfile import absent, path_of
from giulgi.formats import example_proto
from giulgi.formats.records import DamagedRecordError, compressed, framed, read_records

for _message in (example_proto.BytesList, example_proto.FloatList, example_proto.Int64List,
                 example_proto.Feature, example_proto.Features, example_proto.FeatureList,
                 example_proto.FeatureLists, example_proto.Example,
                 example_proto.SequenceExample):  # fmt: skip
    for _home in ("train", "core.example.example_pb2", "core.example.feature_pb2"):
        export(f"{_home}.{_message.__name__}", _message)


@exported("python_io.TFRecordCompressionType", "io.TFRecordCompressionType")
class TFRecordCompressionType:
    """How a file of records is compressed."""

    NONE, ZLIB, GZIP = 0, 1, 2


_COMPRESSIONS = {0: "", 1: "ZLIB", 2: "GZIP"}


@exported("python_io.TFRecordOptions", "io.TFRecordOptions")
class TFRecordOptions:
    """How a file of records is written.

    Args:
        compression_type: ``"GZIP"``, ``"ZLIB"``, or one of :class:`TFRecordCompressionType`.
    """

    def __init__(self, compression_type: Any = None, **_: Any) -> None:
        self.compression_type = compression_type


def compression_of(options: Any) -> str:
    """Return how a file is compressed: by options, a name, or a number."""
    if isinstance(options, TFRecordOptions):
        options = options.compression_type
    if isinstance(options, bytes):
        options = options.decode()
    return _COMPRESSIONS.get(options, options) or ""


@exported("python_io.TFRecordWriter", "io.TFRecordWriter")
class TFRecordWriter:
    """Writes records into a file.

    Args:
        path: the file.
        options: how it is compressed.

    Raises:
        NotFoundError: if the folder is not there.
    """

    def __init__(self, path: Any, options: Any = None) -> None:
        self._compression = compression_of(options)
        self._waiting: list[bytes] = []
        try:
            self._file: Any = Path(path_of(path)).open("wb")  # noqa: SIM115 - closed by close
        except FileNotFoundError:
            raise absent(path) from None

    def write(self, record: Any) -> None:
        """Write a record."""
        data = framed(record.encode() if isinstance(record, str) else bytes(record))
        if self._compression:
            self._waiting.append(data)
        else:
            self._file.write(data)

    def flush(self) -> None:
        """Put what was written on the disk; what is compressed waits for the end."""
        self._file.flush()

    def close(self) -> None:
        """End the file."""
        if not self._file.closed:
            if self._compression:
                self._file.write(compressed(b"".join(self._waiting), self._compression))
            self._file.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self.close()

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()


def records_of(path: Any, compression: str = "") -> Iterator[bytes]:
    """Yield the records of a file.

    Raises:
        NotFoundError: if it is not there.
        DataLossError: if it is damaged.
    """
    try:
        yield from read_records(path_of(path), compression)
    except FileNotFoundError:
        raise NotFoundError(None, None, f"{path_of(path)}; No such file or directory") from None
    except (DamagedRecordError, OSError, EOFError) as error:
        raise TABLES["tensorflow"]["errors.DataLossError"](None, None, str(error)) from None


@exported("python_io.tf_record_iterator", "io.tf_record_iterator")
def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """Return an iterator of the records of a file."""
    return records_of(path, compression_of(options))
