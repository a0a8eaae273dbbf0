"""Columns of tables as inputs of networks: ``tf.feature_column``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.compat.names import advise, exported
from giulgi.compat.tensorflow.estimator.feature_kinds import (
    BucketizedColumn,
    CategoricalColumn,
    Column,
    CrossedColumn,
    DenseColumn,
    EmbeddingColumn,
    Features,
    IndicatorColumn,
    LookedUpColumn,
    NumericColumn,
    as_bytes,
    combined,
    hashed,
)
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensorflow.system.gfile import path_of
from giulgi.compat.tensors.tensor import Tensor


@exported("feature_column.numeric_column")
def numeric_column(
    key: str,
    shape: Any = (1,),
    default_value: Any = None,
    dtype: Any = "float32",
    normalizer_fn: Callable[[Any], Any] | None = None,
) -> NumericColumn:
    """Return numbers.

    Args:
        key: the name of the column.
        shape: the shape of the numbers of an example.
        default_value: what takes their place where they are missing.
        dtype: their type.
        normalizer_fn: a function of them whose result is taken instead.
    """
    sizes = [shape] if isinstance(shape, int) else list(shape)
    return NumericColumn(key, sizes, default_value, dtype, normalizer_fn)


@exported("feature_column.bucketized_column")
def bucketized_column(source_column: NumericColumn, boundaries: Sequence[float]) -> Any:
    """Return in which interval numbers lie; a boundary belongs to the interval above it."""
    return BucketizedColumn(source_column, boundaries)


def _vocabulary(words: Sequence[Any], default: int, extra: int) -> tuple[int, Callable[[Any], int]]:
    """Return how many categories there are, and what finds the one of a value."""
    known = {w.encode() if isinstance(w, str) else w: number for number, w in enumerate(words)}

    def find(value: Any) -> int:
        number = known.get(value)
        if number is None and extra:
            return len(known) + hashed(as_bytes(value), extra)
        return default if number is None else number

    return len(known) + extra, find


@exported("feature_column.categorical_column_with_vocabulary_list")
def categorical_column_with_vocabulary_list(
    key: str,
    vocabulary_list: Sequence[Any],
    dtype: Any = None,
    default_value: int = -1,
    num_oov_buckets: int = 0,
) -> CategoricalColumn:
    """Return categories by a list of values.

    Args:
        key: the name of the column.
        vocabulary_list: the values, whose places are the numbers of the categories.
        dtype: their type; None: that of the list.
        default_value: the number of what is not in the list; -1: none.
        num_oov_buckets: how many categories more there are, for what is not in the list.
    """
    kind = dtype or np.asarray(vocabulary_list).dtype
    count, find = _vocabulary(list(vocabulary_list), default_value, num_oov_buckets)
    return LookedUpColumn(key, kind, count, find)


@exported("feature_column.categorical_column_with_vocabulary_file")
def categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: Any,
    vocabulary_size: int | None = None,
    num_oov_buckets: int = 0,
    default_value: int | None = None,
    dtype: Any = "string",
) -> CategoricalColumn:
    """Return categories by the lines of a file; see the column with a list for the arguments."""
    words = Path(path_of(vocabulary_file)).read_bytes().splitlines()[:vocabulary_size]
    default = -1 if default_value is None else default_value
    count, find = _vocabulary(words, default, num_oov_buckets)
    return LookedUpColumn(key, dtype, count, find)


@exported("feature_column.categorical_column_with_hash_bucket")
def categorical_column_with_hash_bucket(
    key: str, hash_bucket_size: int, dtype: Any = "string"
) -> CategoricalColumn:
    """Return categories by a hash of the value; different values may have the same category."""
    find = lambda value: hashed(as_bytes(value), hash_bucket_size)  # noqa: E731
    return LookedUpColumn(key, dtype, hash_bucket_size, find)


@exported("feature_column.categorical_column_with_identity")
def categorical_column_with_identity(
    key: str, num_buckets: int, default_value: int | None = None
) -> CategoricalColumn:
    """Return categories whose numbers are the values."""

    def find(value: Any) -> int:
        if 0 <= value < num_buckets:
            return int(value)
        if default_value is None:
            raise ValueError(f"{key}: {value} is not between 0 and {num_buckets - 1}")
        return default_value

    return LookedUpColumn(key, "int64", num_buckets, find)


@exported("feature_column.crossed_column")
def crossed_column(keys: Sequence[Any], hash_bucket_size: int, hash_key: Any = None) -> Any:
    """Return combinations of categories, by a hash."""
    del hash_key
    return CrossedColumn(keys, hash_bucket_size)


@exported("feature_column.indicator_column")
def indicator_column(categorical_column: CategoricalColumn) -> IndicatorColumn:
    """Return how often each category is there."""
    return IndicatorColumn(categorical_column)


@exported("feature_column.embedding_column")
def embedding_column(
    categorical_column: CategoricalColumn,
    dimension: int,
    combiner: str = "mean",
    initializer: Any = None,
    ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: Any = None,
    max_norm: Any = None,
    trainable: bool = True,
) -> EmbeddingColumn:
    """Return vectors that are learned for categories.

    Args:
        categorical_column: the categories.
        dimension: the size of the vectors.
        combiner: what is made of several: ``"mean"``, ``"sum"`` or ``"sqrtn"``.
        initializer: of their first values; None: truncated normal numbers.
        ckpt_to_load_from: has no meaning.
        tensor_name_in_ckpt: has no meaning.
        max_norm: has no meaning.
        trainable: whether they are learned.
    """
    del ckpt_to_load_from, tensor_name_in_ckpt, max_norm
    return EmbeddingColumn(categorical_column, dimension, combiner, initializer, trainable)


def _sorted(feature_columns: Any) -> list[Any]:
    several = [feature_columns] if isinstance(feature_columns, Column) else feature_columns
    return sorted(several, key=lambda column: column.name)


@exported("feature_column.input_layer")
def input_layer(
    features: Features,
    feature_columns: Any,
    weight_collections: Any = None,
    trainable: bool = True,
    cols_to_vars: Any = None,
) -> Tensor:
    """Return all columns side by side, in the order of their names.

    Raises:
        ValueError: if one is of categories: it needs an indicator or an embedding.
    """
    del weight_collections, cols_to_vars
    parts = []
    with tf.variable_scope(None, default_name="input_layer"):
        for column in _sorted(feature_columns):
            if not isinstance(column, DenseColumn):
                raise ValueError(
                    "Items of feature_columns must be a _DenseColumn. You can wrap a categorical "
                    f"column with an embedding_column or indicator_column. Given: {column.name}"
                )
            with tf.variable_scope(None, default_name=column.name):
                parts.append(column.dense(features, trainable))
    joined: Tensor = parts[0] if len(parts) == 1 else tf.concat(parts, 1)
    return joined


@exported("feature_column.linear_model")
def linear_model(
    features: Features,
    feature_columns: Any,
    units: int = 1,
    sparse_combiner: str = "sum",
    weight_collections: Any = None,
    trainable: bool = True,
    cols_to_vars: Any = None,
) -> Tensor:
    """Return a linear function of all columns, (examples, units), whose weights begin at 0."""
    del weight_collections, cols_to_vars
    zeros = tf.zeros_initializer()
    total: Any = None
    with tf.variable_scope(None, default_name="linear_model"):
        for column in _sorted(feature_columns):
            is_categorical = isinstance(column, CategoricalColumn)
            count = column.num_buckets if is_categorical else column.size
            with tf.variable_scope(None, default_name=column.name):
                weights = tf.get_variable(
                    "weights", [count, units], tf.float32, zeros, trainable=trainable
                )
                if is_categorical:
                    part = combined(weights, column.ids(features), sparse_combiner)
                else:
                    part = tf.matmul(column.dense(features, trainable), weights)
            total = part if total is None else total + part
        bias = tf.get_variable("bias_weights", [units], tf.float32, zeros, trainable=trainable)
    summed: Tensor = total + bias
    return summed


@exported("feature_column.make_parse_example_spec")
def make_parse_example_spec(feature_columns: Iterable[Column]) -> dict[str, Any]:
    """Return what is expected of examples in records, for ``tf.parse_example``."""
    spec: dict[str, Any] = {}
    for column in feature_columns:
        spec |= column.parse_example_spec
    return spec


for _name in ("shared_embedding_columns", "weighted_categorical_column",
              "sequence_numeric_column", "sequence_categorical_column_with_identity"):  # fmt: skip
    advise(
        f"feature_column.{_name}",
        "Use tf.feature_column.embedding_column of each column, or tf.nn.embedding_lookup.",
    )
