"""Data sets of what is in files: lines, records, and tables of text."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.compat.errors import InvalidArgumentError
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.data.dataset import Dataset
from giulgi.compat.tensorflow.data.dataset_base import number_of
from giulgi.compat.tensorflow.data.dataset_functions import Values
from giulgi.compat.tensorflow.data.dataset_steps import Begin
from giulgi.compat.tensorflow.data.elements import Element, TensorSpec
from giulgi.compat.tensorflow.data.parsing import Csv
from giulgi.compat.tensorflow.data.records import compression_of, records_of
from giulgi.compat.tensorflow.system.gfile import absent, path_of
from giulgi.compat.tensors.tensor import Tensor, as_tensor

_TEXT = TensorSpec([], "string")


def content_of(path: Any, compression: str = "") -> bytes:
    """Return what is in a file.

    Raises:
        NotFoundError: if it is not there.
    """
    try:
        raw = Path(path_of(path)).read_bytes()
    except FileNotFoundError:
        raise absent(path) from None
    if compression == "GZIP":
        return gzip.decompress(raw)
    return zlib.decompress(raw) if compression == "ZLIB" else raw


def lines_of(path: Any, compression: str = "") -> Iterator[bytes]:
    """Yield the lines of a file, without what ends them."""
    if compression:
        lines = content_of(path, compression).split(b"\n")
        yield from (line.replace(b"\r", b"") for line in (lines if lines[-1] else lines[:-1]))
        return
    try:
        with Path(path_of(path)).open("rb") as file:
            for line in file:
                yield line.removesuffix(b"\n").replace(b"\r", b"")
    except FileNotFoundError:
        raise absent(path) from None


def fixed_records_of(
    path: Any,
    size: int,
    header: int = 0,
    footer: int = 0,
    compression: str = "",
    is_strict: bool = True,
) -> Iterator[bytes]:
    """Yield the records of a file that all have the same size.

    Args:
        path: the file.
        size: the size of a record.
        header: what comes before the first.
        footer: what comes after the last.
        compression: how the file is compressed.
        is_strict: whether what is left after the last whole record is an error.

    Raises:
        InvalidArgumentError: if what is between header and footer is no whole number of records.
    """
    content = content_of(path, compression)
    inner = content[header : len(content) - footer]
    if len(inner) % size and is_strict:
        raise InvalidArgumentError(
            None,
            None,
            f"Excpected size of {path_of(path)} - header - footer ({len(inner)}) to be a multiple "
            f"of {size}",
        )
    yield from (inner[place : place + size] for place in range(0, len(inner) - size + 1, size))


class _OfFiles(Dataset):
    """Elements of files, one file after another.

    Args:
        filenames: one or several paths, or a data set of paths.
        read: takes a path and the values of inputs, and yields elements.
        spec: what elements look like.
        more: other inputs.
    """

    def __init__(
        self,
        filenames: Any,
        read: Callable[[Any, Values], Iterator[Any]],
        spec: Any = _TEXT,
        more: Sequence[Tensor] = (),
    ) -> None:
        if isinstance(filenames, Dataset):
            files, inputs = filenames.bind, list(filenames.inputs)
        else:
            names = as_tensor(filenames if not isinstance(filenames, Path) else str(filenames))
            inputs = [names]

            def files(values: Values) -> Begin:
                return lambda: ([path] for path in np.ravel(values[names]))

        def bind(values: Values) -> Begin:
            begin = files(values)
            return lambda: (element for (path,) in begin() for element in read(path, values))

        super().__init__(spec, bind, [*inputs, *more])


def _each(records: Iterator[bytes]) -> Iterator[Element]:
    return ([record] for record in records)


@exported("data.TextLineDataset", "contrib.data.TextLineDataset")
class TextLineDataset(_OfFiles):
    """The lines of files.

    Args:
        filenames: one or several paths, or a data set of paths.
        compression_type: ``"GZIP"``, ``"ZLIB"``, or nothing.
        buffer_size: has no meaning.
        num_parallel_reads: has no meaning.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        del buffer_size, num_parallel_reads, name
        kind = compression_of(compression_type)
        super().__init__(filenames, lambda path, _: _each(lines_of(path, kind)))


@exported("data.TFRecordDataset", "contrib.data.TFRecordDataset")
class TFRecordDataset(_OfFiles):
    """The records of files; see :class:`TextLineDataset` for the arguments."""

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        del buffer_size, num_parallel_reads, name
        kind = compression_of(compression_type)
        super().__init__(filenames, lambda path, _: _each(records_of(path, kind)))


@exported("data.FixedLengthRecordDataset", "contrib.data.FixedLengthRecordDataset")
class FixedLengthRecordDataset(_OfFiles):
    """Pieces of files that all have the same size.

    Args:
        filenames: one or several paths, or a data set of paths.
        record_bytes: the size of a piece.
        header_bytes: what comes before the first piece.
        footer_bytes: what comes after the last one.
        buffer_size: has no meaning.
        compression_type: ``"GZIP"``, ``"ZLIB"``, or nothing.
    """

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        del buffer_size, num_parallel_reads, name
        kind = compression_of(compression_type)
        sizes = [number_of(size or 0) for size in (record_bytes, header_bytes, footer_bytes)]

        def read(path: Any, values: Values) -> Iterator[Element]:
            size, header, footer = [number(values) for number, _ in sizes]
            return _each(fixed_records_of(path, size, header, footer, kind))

        super().__init__(filenames, read, more=[x for _, inputs in sizes for x in inputs])


@exported("data.experimental.CsvDataset", "contrib.data.CsvDataset")
class CsvDataset(_OfFiles):
    """The rows of tables of text; see ``tf.decode_csv``.

    Args:
        filenames: one or several paths, or a data set of paths.
        record_defaults: for each column its type, or what takes the place of nothing.
        compression_type: ``"GZIP"``, ``"ZLIB"``, or nothing.
        buffer_size: has no meaning.
        header: whether the first line of a file is left out.
        field_delim: what is between columns.
        use_quote_delim: whether quotation marks are around text that holds it.
        na_value: what stands for nothing, too.
        select_cols: which columns; None: all.
    """

    def __init__(
        self,
        filenames: Any,
        record_defaults: Sequence[Any],
        compression_type: Any = None,
        buffer_size: Any = None,
        header: bool = False,
        field_delim: str = ",",
        use_quote_delim: bool = True,
        na_value: str = "",
        select_cols: Sequence[int] | None = None,
        exclude_cols: Sequence[int] | None = None,
    ) -> None:
        del buffer_size
        kind = compression_of(compression_type)
        csv = Csv(record_defaults, field_delim, use_quote_delim, na_value, select_cols)
        csv.excluded = frozenset(exclude_cols or ())

        def read(path: Any, values: Values) -> Iterator[Element]:
            lines = lines_of(path, kind)
            if header:
                next(lines, None)
            return (csv.row(line) for line in lines)

        specs = tuple(TensorSpec([], dtype) for dtype in csv.dtypes)
        super().__init__(filenames, read, specs)
