"""Tables of keys and values: ``tf.lookup``, ``tf.contrib.lookup``."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.compat.errors import FailedPreconditionError
from giulgi.compat.graphs.graph import Collections, Operation, get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensorflow.data.elements import as_array, is_tensor
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensorflow.system.gfile import absent, path_of
from giulgi.compat.tensors.dtypes import DType, as_dtype
from giulgi.compat.tensors.tensor import Tensor, as_tensor

Array = np.ndarray[Any, Any]

_MODULES = ("lookup", "contrib.lookup", "python.ops.lookup_ops")


def share(name: str, thing: Any, *more: str) -> None:
    """Give a thing its name in all modules of tables."""
    for module in (*_MODULES, *more):
        export(f"{module}.{name}", thing)


class TextFileIndex:
    """What of a line is taken: the whole, or its number; columns are told by their numbers."""

    WHOLE_LINE, LINE_NUMBER = -2, -1


class KeyValueTensorInitializer:
    """Fills a table with keys and values.

    Args:
        keys: the keys.
        values: as many values.
        key_dtype: the type of keys.
        value_dtype: the type of values.
        name: has no meaning.
    """

    def __init__(
        self,
        keys: Any,
        values: Any,
        key_dtype: Any = None,
        value_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        del name
        self.keys, self.key_dtype = known(keys, key_dtype)
        self.values, self.value_dtype = known(values, value_dtype)

    def inputs(self) -> list[Any]:
        """Return keys and values: tensors, or arrays where they are known."""
        return [self.keys, self.values]


def known(values: Any, dtype: Any) -> tuple[Any, DType]:
    """Return values as an array if they are known, else as a tensor; and their type."""
    if is_tensor(values):
        tensor = as_tensor(values)
        return tensor, tensor.dtype
    array = as_array(values, None if dtype is None else as_dtype(dtype))
    if dtype is None and array.dtype == np.int32:
        array = array.astype(np.int64)
    return array, as_dtype(array.dtype)


class TextFileInitializer(KeyValueTensorInitializer):
    """Fills a table with the lines of a file.

    Args:
        filename: the file.
        key_dtype: the type of keys.
        key_index: what of a line is the key; see :class:`TextFileIndex`.
        value_dtype: the type of values.
        value_index: what of a line is the value.
        vocab_size: how many lines are read; None: all.
        delimiter: what is between columns.
        name: has no meaning.
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
    ) -> None:
        lines = lines_of(filename)[:vocab_size]
        keys = _columns(lines, key_index, key_dtype, delimiter)
        values = _columns(lines, value_index, value_dtype, delimiter)
        super().__init__(keys, values, key_dtype, value_dtype, name)


def lines_of(filename: Any) -> list[bytes]:
    """Return the lines of a file.

    Raises:
        NotFoundError: if it is not there.
    """
    try:
        return Path(path_of(filename)).read_bytes().splitlines()
    except FileNotFoundError:
        raise absent(filename) from None


def _columns(lines: list[bytes], index: int, dtype: Any, delimiter: str) -> list[Any]:
    if index == TextFileIndex.LINE_NUMBER:
        return list(range(len(lines)))
    found = lines
    if index != TextFileIndex.WHOLE_LINE:
        found = [line.split(delimiter.encode())[index] for line in lines]
    kind = as_dtype(dtype)
    return found if kind.name == "string" else [kind.numpy_dtype.type(word) for word in found]


class StaticHashTable:
    """Values by keys, which stay as they are.

    Args:
        initializer: the keys and values.
        default_value: the value of what is no key.
        shared_name: has no meaning.
        name: the name of the table.
    """

    def __init__(
        self,
        initializer: KeyValueTensorInitializer,
        default_value: Any,
        shared_name: str | None = None,
        name: str | None = None,
    ) -> None:
        del shared_name
        self.key_dtype, self.value_dtype = initializer.key_dtype, initializer.value_dtype
        self.name = get_default_graph().unique_name(name or "hash_table")
        self.default_value = _plain(default_value)
        self._found: dict[Any, Any] | None = None
        inputs = initializer.inputs()
        tensors = [x for x in inputs if is_tensor(x)]
        if not tensors:
            self._fill(*inputs)

        def fill(*arrays: Any) -> None:
            given = iter(arrays)
            self._fill(*[next(given) if is_tensor(x) else x for x in inputs])

        self.initializer: Operation = host_operation("InitializeTable", fill, tensors)
        get_default_graph().add_to_collection(Collections.TABLE_INITIALIZERS, self.initializer)

    @property
    def init(self) -> Operation:
        """The operation that fills it."""
        return self.initializer

    @property
    def resource_handle(self) -> Any:
        """What stands for the table: itself."""
        return self

    def _fill(self, keys: Any, values: Any) -> None:
        pairs = zip(np.ravel(keys).tolist(), np.ravel(values).tolist(), strict=True)
        self._found = dict(pairs)

    def _table(self) -> dict[Any, Any]:
        if self._found is None:
            raise FailedPreconditionError(
                None, None, f"Table not initialized: run tf.tables_initializer() for {self.name}"
            )
        return self._found

    def _value(self, key: Any) -> Any:
        return self._table().get(key, self.default_value)

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """Return the values of keys, of any shape; of a sparse tensor those of its values."""
        if hasattr(keys, "dense_shape"):
            return type(keys)(keys.indices, self.lookup(keys.values, name), keys.dense_shape)
        given = as_tensor(keys, self.key_dtype)
        dtype = self.value_dtype.numpy_dtype

        def find(array: Any) -> Array:
            flat = [self._value(key) for key in np.ravel(np.asarray(array)).tolist()]
            made = np.empty(len(flat), dtype)
            made[:] = flat
            return made.reshape(np.shape(array))

        outputs = [(self.value_dtype, given.shape)]
        return host_operation("LookupTableFind", find, [given], outputs, name).outputs[0]

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)

    def size(self, name: str | None = None) -> Tensor:
        """Return how many keys there are."""
        count = lambda: np.int64(len(self._table()))  # noqa: E731
        outputs: Any = [("int64", [])]
        return host_operation("LookupTableSize", count, outputs=outputs, name=name).outputs[0]


def _plain(value: Any) -> Any:
    """Return a value as Python's, text as bytes."""
    if is_tensor(value):
        host = as_tensor(value).op.host
        value = host.function() if host is not None else as_tensor(value).expression.numpy()
    if isinstance(value, str):
        return value.encode()
    return np.asarray(value).tolist() if isinstance(value, (np.ndarray, np.generic)) else value


class StaticVocabularyTable(StaticHashTable):
    """Numbers of words; of those that are not known a number beyond, by a hash.

    Args:
        initializer: the words and their numbers; None: there are none.
        num_oov_buckets: how many numbers there are for others.
        lookup_key_dtype: the type of words.
        name: the name of the table.
    """

    def __init__(
        self,
        initializer: KeyValueTensorInitializer | None,
        num_oov_buckets: int,
        lookup_key_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        empty = KeyValueTensorInitializer([], [], lookup_key_dtype or "string", "int64")
        super().__init__(initializer or empty, -1, name=name or "hash_bucket")
        self._buckets = num_oov_buckets

    def _value(self, key: Any) -> Any:
        table = self._table()
        if key in table or not self._buckets:
            return table.get(key, -1)
        text = key if isinstance(key, bytes) else str(key).encode()
        return len(table) + zlib.crc32(text) % self._buckets


class MutableHashTable(StaticHashTable):
    """Values by keys, which change while a program runs.

    Args:
        key_dtype: the type of keys.
        value_dtype: the type of values.
        default_value: the value of what is no key.
        shared_name: has no meaning.
        name: the name of the table.
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        shared_name: str | None = None,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
        **_: Any,
    ) -> None:
        del checkpoint
        empty = KeyValueTensorInitializer([], [], key_dtype, value_dtype)
        super().__init__(empty, default_value, shared_name, name)

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Operation:
        """Return an operation that gives keys values."""

        def put(some_keys: Any, some_values: Any) -> None:
            pairs = zip(np.ravel(some_keys).tolist(), np.ravel(some_values).tolist(), strict=True)
            self._table().update(pairs)

        inputs = [as_tensor(keys, self.key_dtype), as_tensor(values, self.value_dtype)]
        return host_operation("LookupTableInsert", put, inputs, name=name)

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """Return all keys, and their values."""

        def read() -> Any:
            table = self._table()
            return list(table), list(table.values())

        outputs = [(self.key_dtype, [None]), (self.value_dtype, [None])]
        made = host_operation("LookupTableExport", read, outputs=outputs, name=name)
        keys, values = made.outputs
        return keys, values


@exported("tables_initializer", "initialize_all_tables", "initializers.tables_initializer")
def tables_initializer(name: str = "init_all_tables") -> Any:
    """Return an operation that fills all tables of the graph."""
    return tf.group(*get_default_graph().get_collection(Collections.TABLE_INITIALIZERS), name=name)


@exported("python.ops.resources.shared_resources", "python.ops.resources.local_resources")
def shared_resources() -> list[Any]:
    """Return resources that must be initialized: none must."""
    return []


@exported("python.ops.resources.initialize_resources")
def initialize_resources(resource_list: Iterable[Any], name: str = "init") -> Any:
    """Return an operation that initializes resources."""
    return tf.group(*resource_list, name=name)


for _thing in (KeyValueTensorInitializer, TextFileInitializer, TextFileIndex, StaticHashTable,
               StaticVocabularyTable, MutableHashTable):  # fmt: skip
    share(_thing.__name__, _thing)
share("HashTable", StaticHashTable)
share("IdTableWithHashBuckets", StaticVocabularyTable)
share("MutableDenseHashTable", MutableHashTable, "lookup.experimental")
