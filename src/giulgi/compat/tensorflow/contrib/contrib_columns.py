"""``tf.contrib.layers``'s columns of features: those of ``tf.feature_column`` of former times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.estimator import feature_columns as later


@exported("contrib.layers.real_valued_column")
def real_valued_column(
    column_name: str, dimension: int = 1, default_value: Any = None, dtype: Any = "float32",
    normalizer: Any = None,
) -> Any:  # fmt: skip
    """Return numbers."""
    return later.numeric_column(column_name or "x", (dimension,), default_value, dtype, normalizer)


@exported("contrib.layers.sparse_column_with_hash_bucket")
def sparse_column_with_hash_bucket(
    column_name: str, hash_bucket_size: int, combiner: Any = None, dtype: Any = "string", **_: Any
) -> Any:
    """Return categories by a hash of the value."""
    del combiner
    return later.categorical_column_with_hash_bucket(column_name, hash_bucket_size, dtype)


@exported("contrib.layers.sparse_column_with_keys")
def sparse_column_with_keys(
    column_name: str, keys: Sequence[Any], default_value: int = -1, combiner: Any = None,
    dtype: Any = None,
) -> Any:  # fmt: skip
    """Return categories by a list of values."""
    del combiner
    return later.categorical_column_with_vocabulary_list(column_name, keys, dtype, default_value)


@exported("contrib.layers.sparse_column_with_vocabulary_file")
def sparse_column_with_vocabulary_file(
    column_name: str, vocabulary_file: Any, num_oov_buckets: int = 0, vocab_size: Any = None,
    default_value: int = -1, combiner: Any = None, dtype: Any = "string",
) -> Any:  # fmt: skip
    """Return categories by the lines of a file."""
    del combiner
    return later.categorical_column_with_vocabulary_file(
        column_name, vocabulary_file, vocab_size, num_oov_buckets, default_value, dtype
    )


@exported("contrib.layers.sparse_column_with_integerized_feature")
def sparse_column_with_integerized_feature(
    column_name: str, bucket_size: int, combiner: Any = None, dtype: Any = "int64"
) -> Any:
    """Return categories whose numbers are the values."""
    del combiner, dtype
    return later.categorical_column_with_identity(column_name, bucket_size)


@exported("contrib.layers.crossed_column")
def crossed_column(columns: Iterable[Any], hash_bucket_size: int, **_: Any) -> Any:
    """Return combinations of categories, by a hash."""
    return later.crossed_column(list(columns), hash_bucket_size)


@exported("contrib.layers.embedding_column")
def embedding_column(
    sparse_id_column: Any, dimension: int, combiner: str | None = "mean", initializer: Any = None,
    **_: Any,
) -> Any:  # fmt: skip
    """Return vectors that are learned for categories."""
    return later.embedding_column(sparse_id_column, dimension, combiner or "mean", initializer)


@exported("contrib.layers.input_from_feature_columns")
def input_from_feature_columns(
    columns_to_tensors: Any, feature_columns: Iterable[Any], *_: Any, **__: Any
) -> Any:
    """Return what columns make of features, side by side."""
    return later.input_layer(columns_to_tensors, list(feature_columns))


export("contrib.layers.bucketized_column", later.bucketized_column)
export("contrib.layers.one_hot_column", later.indicator_column)
export("contrib.layers.create_feature_spec_for_parsing", later.make_parse_example_spec)
