"""What columns of tables become as inputs of networks, for ``tf.feature_column``."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensorflow.data.parsing import FixedLenFeature, VarLenFeature
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.tensor import Tensor, as_tensor

Features = Mapping[str, Any]


def _feature(features: Features, key: str) -> Any:
    """Return a column of a table as a tensor with an axis of examples and one of values.

    Raises:
        ValueError: if there is none of this name.
    """
    if key not in features:
        raise ValueError(f"Feature {key} is not in features dictionary.")
    found = features[key]
    if hasattr(found, "dense_shape"):
        is_text = found.values.dtype.numpy_dtype.kind == "O"
        found = tf.sparse_tensor_to_dense(found, default_value="" if is_text else -1)
    tensor = as_tensor(found)
    return tf.expand_dims(tensor, -1) if tensor.shape.ndims == 1 else tensor


class Column:
    """What is made of a column.

    Attributes:
        name: its name, which that of its weights is made of.
        key: the name of the column in the table.
    """

    name: str
    key: str

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """What is expected of examples in records."""
        raise NotImplementedError


class DenseColumn(Column):
    """Numbers that a network takes as they are."""

    size: int

    def dense(self, features: Features, trainable: bool) -> Tensor:
        """Return (examples, size) numbers."""
        raise NotImplementedError


class CategoricalColumn(Column):
    """One of several categories, or several of them.

    Attributes:
        num_buckets: how many categories there are.
    """

    num_buckets: int

    def ids(self, features: Features) -> Tensor:
        """Return (examples, values) whole numbers below the number of categories; -1: none."""
        raise NotImplementedError

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """What is expected of examples in records."""
        return {self.key: VarLenFeature(as_dtype(getattr(self, "dtype", "int64")))}


class NumericColumn(DenseColumn):
    """Numbers; see :func:`numeric_column`."""

    def __init__(
        self, key: str, shape: Sequence[int], default: Any, dtype: Any, normalizer: Any
    ) -> None:
        self.name = self.key = key
        self.shape, self.default_value = tuple(shape), default
        self.dtype, self.normalizer_fn = as_dtype(dtype), normalizer
        self.size = prod(self.shape)

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """What is expected of examples in records."""
        return {self.key: FixedLenFeature(self.shape, self.dtype, self.default_value)}

    def dense(self, features: Features, trainable: bool = True) -> Tensor:
        """Return (examples, size) numbers."""
        x = _feature(features, self.key)
        if self.normalizer_fn is not None:
            x = self.normalizer_fn(x)
        shaped: Tensor = tf.reshape(tf.cast(x, tf.float32), [-1, self.size])
        return shaped


class BucketizedColumn(CategoricalColumn, DenseColumn):
    """In which interval a number lies; see :func:`bucketized_column`."""

    def __init__(self, source: NumericColumn, boundaries: Sequence[float]) -> None:
        self.source_column, self.boundaries = source, sorted(map(float, boundaries))
        self.name, self.key = f"{source.name}_bucketized", source.key
        self.intervals = len(boundaries) + 1
        self.num_buckets = self.size = self.intervals * source.size

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """What is expected of examples in records."""
        return self.source_column.parse_example_spec

    def _places(self, features: Features) -> Tensor:
        x = self.source_column.dense(features)
        above = tf.greater_equal(tf.expand_dims(x, -1), np.array(self.boundaries, np.float32))
        places: Tensor = tf.reduce_sum(tf.cast(above, tf.int32), -1)
        return places

    def ids(self, features: Features) -> Tensor:
        """Return the numbers of the intervals, each number of an example having its own."""
        first = np.arange(self.source_column.size, dtype=np.int32) * self.intervals
        ids: Tensor = tf.add(self._places(features), first)
        return ids

    def dense(self, features: Features, trainable: bool = True) -> Tensor:
        """Return rows with a one at the place of the interval."""
        ones = tf.one_hot(self._places(features), self.intervals)
        shaped: Tensor = tf.reshape(ones, [-1, self.size])
        return shaped


class LookedUpColumn(CategoricalColumn):
    """A category that Python finds by a value.

    Args:
        key: the name of the column.
        dtype: the type of its values.
        count: how many categories there are.
        find: the number of the category of a value, which is bytes or a whole number.
    """

    def __init__(self, key: str, dtype: Any, count: int, find: Callable[[Any], int]) -> None:
        self.name = self.key = key
        self.dtype, self.num_buckets = as_dtype(dtype), count
        self._find = find

    def ids(self, features: Features) -> Tensor:
        """Return the numbers of the categories."""
        return _found(_feature(features, self.key), self._find)


def _found(values: Tensor, find: Callable[[Any], int]) -> Tensor:
    """Return what a function of Python finds for each value; for nothing, -1."""

    def look_up(array: Any) -> Any:
        flat = np.asarray(array, object).ravel()
        ids = [-1 if value in (b"", -1) else find(value) for value in flat]
        return np.array(ids, np.int64).reshape(np.shape(array))

    return host_operation("LookUp", look_up, [values], [("int64", values.shape)]).outputs[0]


def hashed(text: bytes, count: int) -> int:
    """Return a number below a count that depends on text."""
    return zlib.crc32(text) % count


class CrossedColumn(CategoricalColumn):
    """Several categories together; see :func:`crossed_column`."""

    def __init__(self, keys: Sequence[Any], hash_bucket_size: int) -> None:
        self.keys, self.num_buckets = list(keys), hash_bucket_size
        names = [key if isinstance(key, str) else key.name for key in keys]
        self.name = "_X_".join(sorted(names))
        self.key = self.name

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """What is expected of examples in records."""
        spec: dict[str, Any] = {}
        for key in self.keys:
            spec |= (
                {key: VarLenFeature("string")} if isinstance(key, str) else key.parse_example_spec
            )
        return spec

    def ids(self, features: Features) -> Tensor:
        """Return the numbers of the combinations, one of each value with each other."""
        parts = [
            _feature(features, k) if isinstance(k, str) else k.ids(features) for k in self.keys
        ]

        def cross(*columns: Any) -> Any:
            rows = [[b""] for _ in columns[0]]
            for column in columns:
                for row, values in zip(rows, np.asarray(column, object), strict=True):
                    row[:] = [b"%b_X_%b" % (a, as_bytes(b)) for a in row for b in values]
            return np.array([[hashed(x, self.num_buckets) for x in row] for row in rows], np.int64)

        return host_operation("Cross", cross, parts, [("int64", [None, None])]).outputs[0]


def as_bytes(value: Any) -> bytes:
    """Return a value as bytes."""
    return value if isinstance(value, bytes) else str(value).encode()


class IndicatorColumn(DenseColumn):
    """How often each category is there; see :func:`indicator_column`."""

    def __init__(self, column: CategoricalColumn) -> None:
        self.categorical_column = column
        self.name, self.key, self.size = f"{column.name}_indicator", column.key, column.num_buckets

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """What is expected of examples in records."""
        return self.categorical_column.parse_example_spec

    def dense(self, features: Features, trainable: bool = True) -> Tensor:
        """Return (examples, categories) counts."""
        ones = tf.one_hot(self.categorical_column.ids(features), self.size)
        counts: Tensor = tf.reshape(tf.reduce_sum(ones, -2), [-1, self.size])
        return counts


class EmbeddingColumn(DenseColumn):
    """Vectors that are learned for categories; see :func:`embedding_column`."""

    def __init__(
        self, column: CategoricalColumn, dimension: int, combiner: str, initializer: Any,
        trainable: bool,
    ) -> None:  # fmt: skip
        self.categorical_column = column
        self.name, self.key, self.size = f"{column.name}_embedding", column.key, dimension
        self.dimension, self.combiner, self.trainable = dimension, combiner, trainable
        self.initializer = initializer or tf.truncated_normal_initializer(0.0, dimension**-0.5)

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """What is expected of examples in records."""
        return self.categorical_column.parse_example_spec

    def dense(self, features: Features, trainable: bool = True) -> Tensor:
        """Return (examples, dimension): the vectors of all categories, combined."""
        table = tf.get_variable(
            "embedding_weights", [self.categorical_column.num_buckets, self.dimension], tf.float32,
            self.initializer, trainable=trainable and self.trainable,
        )  # fmt: skip
        found = combined(table, self.categorical_column.ids(features), self.combiner)
        # Of examples from records it is not known how many values each has.
        shaped: Tensor = tf.reshape(found, [-1, self.dimension])
        return shaped


def combined(table: Any, ids: Tensor, combiner: str) -> Tensor:
    """Return the rows of a table at ids (examples, values), summed up; -1 is none.

    Args:
        table: (categories, size).
        ids: the rows.
        combiner: ``"sum"``; or, divided by the number of values, ``"mean"``; by its root,
            ``"sqrtn"``.
    """
    there = tf.cast(tf.greater_equal(ids, 0), tf.float32)
    rows = tf.gather(table, tf.maximum(ids, 0)) * tf.expand_dims(there, -1)
    total: Tensor = tf.reduce_sum(rows, -2)
    if combiner == "sum":
        return total
    count = tf.maximum(tf.reduce_sum(there, -1, keepdims=True), 1.0)
    divided: Tensor = total / (tf.sqrt(count) if combiner == "sqrtn" else count)
    return divided
