"""Numbers out of text, bytes and records: ``decode_csv``, ``decode_raw``, ``parse_example``."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from giulgi.compat.errors import InvalidArgumentError
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensors.dtypes import DType, as_dtype
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor, constant_array
from giulgi.formats.example_proto import Example
from giulgi.formats.example_reading import Values

T = TypeVar("T")

Array = np.ndarray[Any, Any]


def wrong(message: str) -> InvalidArgumentError:
    """Return the error for a value that does not fit."""
    return InvalidArgumentError(None, None, message)


def elementwise(function: Callable[[Any], Any], values: Any) -> Array:
    """Return an array of objects with a function applied to each element."""
    array = np.asarray(values, object)
    made = np.empty(array.shape, object)
    for place in np.ndindex(array.shape):
        made[place] = function(array[place])
    return made


# Tables of text


class Csv:
    """How a line of a table becomes values.

    Args:
        defaults: for each column its type, or a list of what takes the place of nothing; an empty
            list, or a type alone, if a value must be there.
        delimiter: what is between columns.
        quotes: whether quotation marks are around text that holds it.
        nothing: what stands for no value, beside an empty field.
        columns: which columns; None: all.

    Attributes:
        dtypes: the type of each column.
        excluded: columns that are left out.
    """

    def __init__(
        self,
        defaults: Sequence[Any],
        delimiter: str = ",",
        quotes: bool = True,
        nothing: str = "",
        columns: Sequence[int] | None = None,
    ) -> None:
        pairs = [_column(default) for default in defaults]
        self.dtypes = [dtype for dtype, _ in pairs]
        self._defaults = [default for _, default in pairs]
        self._options: Any = {"delimiter": delimiter, "strict": True}
        if not quotes:
            self._options["quoting"] = csv.QUOTE_NONE
        self._nothing = {"", nothing}
        self._columns = columns
        self.excluded: frozenset[int] = frozenset()

    def row(self, line: Any) -> list[Any]:
        """Return the values of a line.

        Raises:
            InvalidArgumentError: if there are too few or too many, or one does not fit.
        """
        text = line.decode("utf-8", "surrogateescape") if isinstance(line, bytes) else str(line)
        fields = next(csv.reader([text], **self._options), [])
        if self.excluded:
            fields = [f for i, f in enumerate(fields) if i not in self.excluded]
        if self._columns is not None:
            fields = [fields[column] for column in self._columns]
        if len(fields) != len(self.dtypes):
            raise wrong(
                f"Expect {len(self.dtypes)} fields but have {len(fields)} in record: {text!r}"
            )
        return [self._value(place, field) for place, field in enumerate(fields)]

    def _value(self, place: int, field: str) -> Any:
        dtype, default = self.dtypes[place], self._defaults[place]
        if field in self._nothing:
            if default is None:
                raise wrong(f"Field {place} is required but missing in record!")
            return default
        if dtype.numpy_dtype.kind == "O":
            return field.encode("utf-8", "surrogateescape")
        try:
            return dtype.numpy_dtype.type(field.strip())
        except ValueError:
            raise wrong(f"Field {place} in record is not a valid {dtype.name}: {field}") from None


def _column(default: Any) -> tuple[DType, Any]:
    """Return the type of a column, and what takes the place of nothing; None if nothing does."""
    if isinstance(default, (DType, type, np.dtype)):
        return as_dtype(default), None
    if isinstance(default, Tensor):
        made = default.op.host
        array = made.function() if made is not None else default.expression.numpy()
        return default.dtype, np.ravel(array)[0] if np.size(array) else None
    array = constant_array(default).ravel()
    dtype = as_dtype(array.dtype)
    if not array.size:
        return dtype, None
    return dtype, array[0] if array.dtype.kind == "O" else dtype.numpy_dtype.type(array[0])


@exported("decode_csv", "io.decode_csv")
def decode_csv(
    records: Any,
    record_defaults: Sequence[Any],
    field_delim: str = ",",
    use_quote_delim: bool = True,
    name: str | None = None,
    na_value: str = "",
    select_cols: Sequence[int] | None = None,
) -> list[Tensor]:
    """Return the columns of lines of a table.

    Args:
        records: lines, of any shape.
        record_defaults: for each column a list of what takes the place of nothing, by which its
            type is told; or its type, if a value must be there.
        field_delim: what is between columns.
        use_quote_delim: whether quotation marks are around text that holds it.
        name: the name of the operation.
        na_value: what stands for nothing, beside an empty field.
        select_cols: which columns; None: all.
    """
    table = Csv(record_defaults, field_delim, use_quote_delim, na_value, select_cols)
    lines = as_tensor(records)

    def decode(values: Any) -> list[Array]:
        array = np.asarray(values, object)
        columns = [np.empty(array.shape, dtype.numpy_dtype) for dtype in table.dtypes]
        for place in np.ndindex(array.shape):
            for column, value in zip(columns, table.row(array[place]), strict=True):
                column[place] = value
        return columns if len(columns) > 1 else columns[0]  # type: ignore[return-value]

    outputs = [(dtype, lines.shape) for dtype in table.dtypes]
    return list(host_operation("DecodeCSV", decode, [lines], outputs, name).outputs)


@exported("decode_raw", "io.decode_raw")
def decode_raw(
    bytes: Any = None,
    out_type: Any = None,
    little_endian: bool = True,
    name: str | None = None,
    input_bytes: Any = None,
) -> Tensor:
    """Return bytes as the numbers that they are; a new last axis is as long as it takes.

    Args:
        bytes: strings, of any shape; also ``input_bytes``.
        out_type: the type of the numbers.
        little_endian: whether the lowest byte of a number comes first.
        name: the name of the operation.
    """
    given = as_tensor(input_bytes if bytes is None else bytes)
    dtype = as_dtype(out_type)
    stored = dtype.numpy_dtype.newbyteorder("<" if little_endian else ">")

    def decode(values: Any) -> Array:
        array = np.asarray(values, object)
        rows = [np.frombuffer(raw, np.uint8) for raw in array.ravel()]
        sizes = {row.size for row in rows}
        if len(sizes) > 1:
            raise wrong(f"DecodeRaw requires input strings to all be the same size: {sizes}")
        if sizes and sizes.pop() % stored.itemsize:
            raise wrong(
                f"Input to DecodeRaw has length {rows[0].size} that is not a multiple of "
                f"{stored.itemsize}, the size of {dtype.name}"
            )
        length = rows[0].size // stored.itemsize if rows else 0
        whole = np.concatenate(rows).view(stored) if rows else np.empty(0, stored)
        return whole.astype(dtype.numpy_dtype).reshape(*array.shape, length)

    shape = given.shape.concatenate([None]) if given.shape.sizes is not None else None
    return host_operation("DecodeRaw", decode, [given], [(dtype, shape)], name).outputs[0]


@exported("decode_json_example", "io.decode_json_example")
def decode_json_example(json_examples: Any, name: str | None = None) -> Tensor:
    """Return examples told in JSON as they are told in records."""
    given = as_tensor(json_examples)

    def decode(values: Any) -> Array:
        return elementwise(_example_of_json, values)

    return host_operation(
        "DecodeJSONExample", decode, [given], [("string", given.shape)], name
    ).outputs[0]


def _example_of_json(text: bytes) -> bytes:
    import base64

    example = Example()
    for key, feature in json.loads(text)["features"]["feature"].items():
        made = example.features.feature[key]
        for kind, wanted in (("bytesList", "bytes_list"), ("floatList", "float_list"),
                             ("int64List", "int64_list")):  # fmt: skip
            for value in feature.get(kind, feature.get(wanted, {})).get("value", []):
                is_bytes = wanted == "bytes_list"
                getattr(made, wanted).value.append(base64.b64decode(value) if is_bytes else value)
    return example.SerializeToString()


# What is expected of examples


@exported("FixedLenFeature", "io.FixedLenFeature")
class FixedLenFeature(NamedTuple):
    """A list that always has the same length.

    Attributes:
        shape: the shape it is brought into.
        dtype: the type of its elements.
        default_value: what takes its place where it is missing; None: it must be there.
    """

    shape: Any
    dtype: Any
    default_value: Any = None


@exported("VarLenFeature", "io.VarLenFeature")
class VarLenFeature(NamedTuple):
    """A list of any length, also missing: it becomes a ``SparseTensor``."""

    dtype: Any


@exported("FixedLenSequenceFeature", "io.FixedLenSequenceFeature")
class FixedLenSequenceFeature(NamedTuple):
    """A list of any number of pieces of one shape.

    Attributes:
        shape: the shape of a piece.
        dtype: the type of its elements.
        allow_missing: whether it may be missing.
        default_value: what fills up those of a batch that are shorter.
    """

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


def values_of(feature: Values | None, key: str, dtype: DType) -> Array | None:
    """Return the values of a list, or None if it is missing.

    Raises:
        InvalidArgumentError: if it holds others.
    """
    if feature is None:
        return None
    if feature.dtype != dtype.name:
        raise wrong(
            f"Key: {key}.  Data types don't match. Expected type: {dtype.name}, and the feature "
            f"holds {feature.dtype}"
        )
    return feature.array


def features_of(serialized: Any, read: Callable[[bytes], T]) -> T:
    """Return what is read of a record.

    Raises:
        InvalidArgumentError: if it is none.
    """
    try:
        return read(serialized)
    except ValueError:
        raise wrong(f"Could not parse example input, value: {serialized[:40]!r}") from None


def fixed(key: str, spec: FixedLenFeature) -> Callable[[Values | None], Array]:
    """Return a function that returns a list of fixed length as an array.

    The function raises an InvalidArgumentError if the list is missing, or has another length.
    """
    dtype, sizes = as_dtype(spec.dtype), [size or 0 for size in TensorShape(spec.shape).as_list()]
    count = math.prod(sizes)

    def array_of(feature: Values | None) -> Array:
        found = values_of(feature, key, dtype)
        if found is None:
            return missing()
        if found.size != count:
            raise wrong(
                f"Key: {key}.  Number of {dtype.name} values != expected.  Values size: "
                f"{found.size} but output shape: {sizes}"
            )
        return found.reshape(sizes)

    def missing() -> Array:
        if spec.default_value is None:
            said = f"Feature: {key} (data type: {dtype.name})"
            raise wrong(f"{said} is required but could not be found.")
        default = constant_array(spec.default_value, dtype)
        return np.broadcast_to(default.reshape(sizes) if default.size > 1 else default, sizes)

    return array_of


def in_pieces(feature: Values | None, key: str, spec: FixedLenSequenceFeature) -> Array:
    """Return a list of any number of pieces as an array, with a first axis for them."""
    dtype, shape = as_dtype(spec.dtype), TensorShape(spec.shape).as_list()
    found = values_of(feature, key, dtype)
    if found is None:
        if not spec.allow_missing:
            raise wrong(f"Feature: {key} is required but could not be found.")
        return np.empty([0, *[size or 0 for size in shape]], dtype.numpy_dtype)
    return found.reshape([-1, *[size or 0 for size in shape]])


def ordered(features: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return what is expected by name, in the order of names."""
    return sorted(features.items())
