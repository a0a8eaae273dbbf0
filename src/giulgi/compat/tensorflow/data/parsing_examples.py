"""Records of examples as tensors: ``parse_example`` and its relatives."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np

from giulgi.compat.names import TABLES, exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensorflow.data.parsing import (
    Array,
    FixedLenFeature,
    FixedLenSequenceFeature,
    VarLenFeature,
    features_of,
    fixed,
    in_pieces,
    ordered,
    values_of,
    wrong,
)
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import as_tensor, constant_array
from giulgi.formats.example_reading import Values, lists_of_example, lists_of_series

Lists = Mapping[str, Values | None]
Read = Callable[[Sequence[Lists]], list[Array]]


class _Parts:
    """How features become arrays, and arrays become tensors again.

    Attributes:
        outputs: dtype and shape of each array.
    """

    def __init__(self) -> None:
        self.outputs: list[tuple[Any, Any]] = []
        self._reads: list[Read] = []
        self._keys: list[tuple[str, bool]] = []

    def add(self, key: str, outputs: Sequence[tuple[Any, Any]], read: Read) -> None:
        """Add a feature; one of three arrays is a sparse tensor."""
        self.outputs += outputs
        self._reads.append(read)
        self._keys.append((key, len(outputs) == 3))

    def arrays(self, examples: Sequence[Lists]) -> list[Array]:
        """Return the arrays of all features."""
        return [array for read in self._reads for array in read(examples)]

    def tensors(self, outputs: Sequence[Any]) -> dict[str, Any]:
        """Return tensors by the names of features."""
        remaining = iter(outputs)
        sparse: Any = TABLES["tensorflow"].get("SparseTensor")
        found = {}
        for key, is_sparse in self._keys:
            if is_sparse:
                found[key] = sparse(*[next(remaining) for _ in range(3)])
            else:
                found[key] = next(remaining)
        return found


def _sparse(lists: Sequence[Array], is_single: bool) -> list[Array]:
    """Return lists of different lengths as indices, values and shape of a sparse tensor."""
    values = np.concatenate(lists)
    columns = np.concatenate([np.arange(len(x)) for x in lists]).astype(np.int64)
    rows = np.repeat(np.arange(len(lists)), [len(x) for x in lists])
    longest = max(map(len, lists))
    if is_single:
        return [columns[:, None], values, np.array([longest])]
    return [np.stack([rows, columns], axis=1), values, np.array([len(lists), longest])]


def _padded(lists: Sequence[Array], default: Any) -> Array:
    """Return arrays of different lengths as one, those that are shorter filled up."""
    longest = max(map(len, lists))
    fill = (b"" if lists[0].dtype.kind == "O" else 0) if default is None else default
    whole = np.full([len(lists), longest, *lists[0].shape[1:]], fill, lists[0].dtype)
    for row, array in zip(whole, lists, strict=True):
        row[: len(array)] = array
    return whole


def _parts_of(features: Mapping[str, Any], batch: Any) -> _Parts:
    """Return how features are read.

    Args:
        features: what is expected, by name.
        batch: the number of examples, or [] for a single one without an axis for examples.
    """
    parts = _Parts()
    single = batch == []
    before = TensorShape(batch)
    for key, spec in ordered(features):
        dtype = as_dtype(spec.dtype)
        if isinstance(spec, VarLenFeature):
            outputs = [("int64", [None, 1 if single else 2]), (dtype, [None])]
            outputs.append(("int64", [1 if single else 2]))
            parts.add(key, outputs, _sparse_reader(key, dtype, single))
        elif isinstance(spec, FixedLenSequenceFeature):
            shape = before + TensorShape([None]) + TensorShape(spec.shape)
            parts.add(key, [(dtype, shape)], _pieces_reader(key, spec, single))
        elif isinstance(spec, FixedLenFeature):
            shape = before + TensorShape(spec.shape)
            parts.add(key, [(dtype, shape)], _fixed_reader(key, spec, single))
        else:
            raise NotImplementedError(
                f"giulgi's stand-in does not have {type(spec).__name__} of feature {key!r}: use "
                "tf.FixedLenFeature, tf.VarLenFeature or tf.FixedLenSequenceFeature"
            )
    return parts


def _sparse_reader(key: str, dtype: Any, single: bool) -> Read:
    def read(examples: Sequence[Lists]) -> list[Array]:
        lists = [values_of(lists.get(key), key, dtype) for lists in examples]
        empty = np.empty(0, dtype.numpy_dtype)
        return _sparse([empty if x is None else x for x in lists], single)

    return read


def _pieces_reader(key: str, spec: FixedLenSequenceFeature, single: bool) -> Read:
    def read(examples: Sequence[Lists]) -> list[Array]:
        lists = [in_pieces(lists.get(key), key, spec) for lists in examples]
        return [lists[0] if single else _padded(lists, spec.default_value)]

    return read


def _fixed_reader(key: str, spec: FixedLenFeature, single: bool) -> Read:
    array_of = fixed(key, spec)

    def read(examples: Sequence[Lists]) -> list[Array]:
        arrays = [array_of(lists.get(key)) for lists in examples]
        return [arrays[0] if single else np.stack(arrays)]

    return read


@exported("parse_single_example", "io.parse_single_example")
def parse_single_example(
    serialized: Any,
    features: Mapping[str, Any],
    name: str | None = None,
    example_names: Any = None,
) -> dict[str, Any]:
    """Return the features of a record of an example.

    Args:
        serialized: the record.
        features: what is expected, by name.
        name: the name of the operation.
        example_names: has no meaning.

    Returns:
        Tensors by the names of features.
    """
    del example_names
    if not features:
        raise ValueError("Missing features.")
    parts = _parts_of(features, [])

    parse = partial(_parsed, expected=_told(features))
    made = host_operation("ParseSingleExample", parse, [serialized], parts.outputs, name)
    return parts.tensors(made.outputs)


def _parsed(records: Any, expected: str) -> Any:
    """Return the arrays of a record, or of a row of them.

    Args:
        records: the record, or records.
        expected: what :func:`_told` told of features; so a file can hold a graph that parses.
    """
    array = np.asarray(records, object)
    lists = [features_of(record, lists_of_example) for record in array.ravel()]
    if not lists:
        raise wrong("parse_example needs at least one record")
    found = _parts_told(expected, array.ndim == 0).arrays(lists)
    return found if len(found) > 1 else found[0]


def _told(features: Mapping[str, Any]) -> str:
    """Return what is expected, by name, as text."""
    told = {}
    for key, spec in features.items():
        dtype = as_dtype(spec.dtype)
        fields: dict[str, Any] = {"dtype": dtype.name}
        if not isinstance(spec, VarLenFeature):
            default = spec.default_value
            fields["shape"] = TensorShape(spec.shape).as_list()
            if default is not None:
                default = constant_array(default, dtype).tolist()
            fields["default_value"] = default
        if isinstance(spec, FixedLenSequenceFeature):
            fields["allow_missing"] = bool(spec.allow_missing)
        told[key] = [type(spec).__name__, fields]
    return json.dumps(told, default=lambda value: {"latin1": value.decode("latin1")})


@lru_cache(maxsize=64)
def _parts_told(expected: str, single: bool) -> _Parts:
    def plain(value: dict[str, Any]) -> Any:
        return value["latin1"].encode("latin1") if set(value) == {"latin1"} else value

    kinds = {x.__name__: x for x in (FixedLenFeature, VarLenFeature, FixedLenSequenceFeature)}
    told = json.loads(expected, object_hook=plain)
    features = {key: kinds[kind](**fields) for key, (kind, fields) in told.items()}
    return _parts_of(features, [] if single else [None])


@exported("parse_example", "io.parse_example")
def parse_example(
    serialized: Any,
    features: Mapping[str, Any],
    name: str | None = None,
    example_names: Any = None,
) -> dict[str, Any]:
    """Return the features of records of examples; see :func:`parse_single_example`."""
    del example_names
    if not features:
        raise ValueError("Missing features.")
    records = as_tensor(serialized)
    if records.shape.ndims == 0:
        return parse_single_example(records, features, name)
    parts = _parts_of(features, records.shape[:1] if records.shape.sizes else [None])

    parse = partial(_parsed, expected=_told(features))
    made = host_operation("ParseExample", parse, [records], parts.outputs, name)
    return parts.tensors(made.outputs)


@exported("parse_single_sequence_example", "io.parse_single_sequence_example")
def parse_single_sequence_example(
    serialized: Any,
    context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the features of a record of a series: those of all of it, and those of its steps.

    Args:
        serialized: the record.
        context_features: what is expected of the whole, by name.
        sequence_features: what is expected of steps, by name: ``FixedLenSequenceFeature`` or
            ``VarLenFeature``.
        example_name: has no meaning.
        name: the name of the operation.
    """
    del example_name
    context = _parts_of(context_features or {}, [])
    steps = _Parts()
    for key, spec in ordered(sequence_features or {}):
        dtype = as_dtype(spec.dtype)
        if isinstance(spec, VarLenFeature):
            outputs = [("int64", [None, 2]), (dtype, [None]), ("int64", [2])]
            steps.add(key, outputs, _sparse_reader(key, dtype, False))
        else:
            shape = TensorShape([None]) + TensorShape(spec.shape)
            reader = _fixed_reader(key, FixedLenFeature(spec.shape, spec.dtype), False)
            steps.add(key, [(dtype, shape)], reader)

    def parse(record: Any) -> Any:
        whole, series = features_of(np.asarray(record)[()], lists_of_series)
        found = context.arrays([whole])
        for read, (key, _) in zip(steps._reads, steps._keys, strict=True):
            if key not in series:
                raise wrong(f"Feature list: {key} is required but could not be found.")
            found += read([{key: feature} for feature in series[key]])
        return found if len(found) > 1 else found[0]

    outputs = [*context.outputs, *steps.outputs]
    made = host_operation("ParseSingleSequenceExample", parse, [serialized], outputs, name).outputs
    count = len(context.outputs)
    return context.tensors(made[:count]), steps.tensors(made[count:])
