"""Tables of words: their places in a list or file, and words by their places."""

from __future__ import annotations

from typing import Any

import numpy as np

from giulgi.compat.tensorflow.data.lookup import (
    KeyValueTensorInitializer,
    StaticHashTable,
    StaticVocabularyTable,
    TextFileInitializer,
    known,
    share,
)
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor


def _index_table(
    words: Any, buckets: int, default: int, dtype: Any, name: str | None
) -> StaticHashTable:
    keys, kind = known(words, dtype)
    count = keys.shape[0]
    numbers: Any = (
        np.arange(count)
        if not isinstance(keys, Tensor)
        else tf.range(tf.cast(tf.size(keys), tf.int64))
    )
    filled = KeyValueTensorInitializer(keys, numbers, kind, "int64")
    if buckets:
        return StaticVocabularyTable(filled, buckets, kind, name)
    return StaticHashTable(filled, default, name=name)


def index_table_from_tensor(
    vocabulary_list: Any = None,
    num_oov_buckets: int = 0,
    default_value: int = -1,
    hasher_spec: Any = None,
    dtype: Any = "string",
    name: str | None = None,
    mapping: Any = None,
) -> StaticHashTable:
    """Return a table of the places of words in a list.

    Args:
        vocabulary_list: the words; in some versions called ``mapping``.
        num_oov_buckets: how many numbers there are for other words.
        default_value: the number of other words, if there are none for them.
        hasher_spec: has no meaning.
        dtype: the type of words.
        name: the name of the table.
    """
    del hasher_spec
    words = vocabulary_list if mapping is None else mapping
    if words is None:
        raise ValueError("vocabulary_list must be specified.")
    return _index_table(words, num_oov_buckets, default_value, dtype, name)


def index_table_from_file(
    vocabulary_file: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: int | None = None,
    default_value: int = -1,
    hasher_spec: Any = None,
    key_dtype: Any = "string",
    name: str | None = None,
    key_column_index: int = -2,
    value_column_index: int = -1,
    delimiter: str = "\t",
) -> StaticHashTable:
    """Return a table of the numbers of the lines of a file; see :func:`index_table_from_tensor`."""
    del hasher_spec
    filled = TextFileInitializer(
        vocabulary_file, key_dtype, key_column_index, "int64", value_column_index, vocab_size,
        delimiter,
    )  # fmt: skip
    if num_oov_buckets:
        return StaticVocabularyTable(filled, num_oov_buckets, key_dtype, name)
    return StaticHashTable(filled, default_value, name=name)


def index_to_string_table_from_tensor(
    vocabulary_list: Any = None, default_value: Any = "UNK", name: str | None = None,
    mapping: Any = None,
) -> StaticHashTable:  # fmt: skip
    """Return a table of words by their places in a list."""
    words = vocabulary_list if mapping is None else mapping
    keys, _ = known(words, "string")
    numbers = np.arange(TensorShape(keys.shape).as_list()[0] or 0)
    filled = KeyValueTensorInitializer(numbers, keys, "int64", "string")
    return StaticHashTable(filled, default_value, name=name)


def index_to_string_table_from_file(
    vocabulary_file: Any,
    vocab_size: int | None = None,
    default_value: Any = "UNK",
    name: str | None = None,
    key_column_index: int = -1,
    value_column_index: int = -2,
    delimiter: str = "\t",
) -> StaticHashTable:
    """Return a table of the lines of a file by their numbers."""
    filled = TextFileInitializer(
        vocabulary_file, "int64", key_column_index, "string", value_column_index, vocab_size,
        delimiter,
    )  # fmt: skip
    return StaticHashTable(filled, default_value, name=name)


for _function in (index_table_from_tensor, index_table_from_file,
                  index_to_string_table_from_tensor, index_to_string_table_from_file):  # fmt: skip
    share(_function.__name__, _function)
