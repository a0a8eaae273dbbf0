"""Tensors whose rows differ in length: ``tf.RaggedTensor``, lightly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import is_modern
from giulgi.compat.names import export, exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensors.dtypes import DType, int64
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor


class RaggedTensor:
    """Rows of different lengths: all their values one after another, and where each row begins.

    Attributes:
        values: the values of all rows.
        row_splits: where rows begin, and where the last one ends.
    """

    def __init__(self, values: Any, row_splits: Any) -> None:
        self.values = values if isinstance(values, RaggedTensor) else as_tensor(values)
        self.row_splits = as_tensor(row_splits, int64)

    # How it is made

    @classmethod
    def from_row_splits(cls, values: Any, row_splits: Any, **_: Any) -> RaggedTensor:
        """Return rows by where they begin."""
        return cls(values, row_splits)

    @classmethod
    def from_row_lengths(cls, values: Any, row_lengths: Any, **_: Any) -> RaggedTensor:
        """Return rows by their lengths."""
        lengths = np.asarray(as_tensor(row_lengths).numpy(), np.int64)
        return cls(values, np.concatenate([[0], np.cumsum(lengths)]))

    @classmethod
    def from_value_rowids(
        cls, values: Any, value_rowids: Any, nrows: Any = None, **_: Any
    ) -> RaggedTensor:
        """Return rows by the row that each value belongs to."""
        rows = np.asarray(as_tensor(value_rowids).numpy(), np.int64)
        count = int(rows.max(initial=-1)) + 1 if nrows is None else int(nrows)
        return cls.from_row_lengths(values, np.bincount(rows, minlength=count))

    @classmethod
    def from_tensor(cls, tensor: Any, lengths: Any = None, padding: Any = None) -> RaggedTensor:
        """Return the rows of a matrix, cut to lengths, or without what fills them up."""
        array = np.asarray(as_tensor(tensor).numpy())
        ends = np.full(len(array), array.shape[1])
        if lengths is not None:
            ends = np.asarray(as_tensor(lengths).numpy())
        elif padding is not None:
            kept = array != padding
            ends = np.where(kept.any(1), array.shape[1] - kept[:, ::-1].argmax(1), 0)
        pairs = zip(array, ends, strict=True)
        return constant([row[:end].tolist() for row, end in pairs], dtype=array.dtype)

    # What is known of it

    @property
    def dtype(self) -> DType:
        """The type of its elements."""
        return self.values.dtype

    @property
    def flat_values(self) -> Tensor:
        """The values without any rows."""
        inner: Any = self.values
        return inner.flat_values if isinstance(inner, RaggedTensor) else inner

    @property
    def shape(self) -> TensorShape:
        """The shape: of rows nothing is known."""
        splits = self.row_splits.sizes
        count = None if splits is None or splits[0] is None else splits[0] - 1
        inner: Any = self.values
        return TensorShape([count, None, *list(inner.shape)[1:]])

    @property
    def ragged_rank(self) -> int:
        """How many axes have rows of different lengths."""
        inner: Any = self.values
        return 1 + (inner.ragged_rank if isinstance(inner, RaggedTensor) else 0)

    def nrows(self, out_type: Any = None) -> Any:
        """Return the number of rows."""
        del out_type
        return as_tensor(np.int64(len(self)))

    def row_lengths(self, axis: int = 1) -> Any:
        """Return the lengths of rows."""
        del axis
        return self.row_splits[1:] - self.row_splits[:-1]

    def row_starts(self) -> Any:
        """Return where rows begin."""
        return self.row_splits[:-1]

    def value_rowids(self) -> Any:
        """Return the row that each value belongs to."""
        lengths = self.row_lengths().numpy()
        return as_tensor(np.repeat(np.arange(len(lengths)), lengths))

    def bounding_shape(self, axis: Any = None, **_: Any) -> Any:
        """Return the shape of the smallest array that holds all rows."""
        shape = np.array(_bounds(self.to_list()), np.int64)
        return as_tensor(shape if axis is None else shape[axis])

    # As something else

    def to_list(self) -> list[Any]:
        """Return the rows as lists."""
        splits = self.row_splits.numpy()
        inner: Any = self.values
        values = inner.to_list() if isinstance(inner, RaggedTensor) else inner.numpy().tolist()
        return [values[a:b] for a, b in pairwise(splits)]

    def numpy(self) -> Any:
        """Return an array of arrays."""
        rows = self.to_list()
        made = np.empty(len(rows), object)
        for place, row in enumerate(rows):
            made[place] = np.array(row, self.dtype.numpy_dtype)
        return made

    def to_tensor(self, default_value: Any = None, name: Any = None, shape: Any = None) -> Tensor:
        """Return an array in which rows are filled up."""
        kind = self.dtype
        fill = default_value
        if fill is None:
            fill = b"" if kind.numpy_dtype.kind == "O" else 0
        wanted = None if shape is None else [None if n in (None, -1) else int(n) for n in shape]
        if isinstance(self.values, RaggedTensor):
            rows = self.to_list()
            made = np.full(_bounds(rows), fill, kind.numpy_dtype)
            _fill(made, rows)
            return as_tensor(made)

        def filled(values: Any, splits: Any) -> Any:
            lengths = np.diff(splits)
            width = int(lengths.max(initial=0))
            count = len(lengths)
            if wanted is not None:
                width, count = wanted[1] or width, wanted[0] or count
            made = np.full((count, width, *np.shape(values)[1:]), fill, kind.numpy_dtype)
            for place in range(min(count, len(lengths))):
                row = values[splits[place] : splits[place + 1]][:width]
                made[place, : len(row)] = row
            return made

        sizes: list[int | None] = [None, None, *(self.values.sizes or (None,))[1:]]
        if wanted is not None:
            sizes[: len(wanted)] = wanted
        inputs = [self.values, self.row_splits]
        operation = host_operation(
            "RaggedToTensor", filled, inputs, [(kind, sizes)], name, has_gradient=True
        )
        return operation.outputs[0]

    def to_sparse(self, name: Any = None) -> Any:
        """Return a sparse tensor of the same elements."""
        from giulgi.compat.tensorflow.math.sparse import SparseTensor

        del name
        rows = self.to_list()
        places = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
        indices = np.array(places, np.int64).reshape(-1, 2)
        return SparseTensor(indices, self.values, np.array(_bounds(rows), np.int64))

    def with_values(self, new_values: Any) -> RaggedTensor:
        """Return rows of other values."""
        return RaggedTensor(new_values, self.row_splits)

    with_flat_values = with_values

    def __len__(self) -> int:
        return len(self.row_splits) - 1

    def __iter__(self) -> Iterator[Any]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, tuple):
            first, *rest = index
            part = self[first]
            if isinstance(first, slice) and rest:
                rows = [row[rest[0]] for row in part.to_list()]
                if isinstance(rest[0], slice):
                    return constant(rows, dtype=self.dtype)
                return as_tensor(np.array(rows, self.dtype.numpy_dtype))
            return part[tuple(rest)] if rest else part
        splits = self.row_splits.numpy()
        if isinstance(index, slice):
            return constant(self.to_list()[index], dtype=self.dtype)
        place = int(index) % len(self)
        return self.values[int(splits[place]) : int(splits[place + 1])]

    def __repr__(self) -> str:
        return f"<tf.RaggedTensor {self.to_list()}>"

    # Element by element

    def _with(self, other: Any, sign: str, swapped: bool = False) -> RaggedTensor:
        own: Any = self.values
        given = other.values if isinstance(other, RaggedTensor) else other
        pair = (given, own) if swapped else (own, given)
        return self.with_values(getattr(as_tensor(pair[0]), sign)(pair[1]))

    def __add__(self, other: Any) -> RaggedTensor:
        return self._with(other, "__add__")

    def __radd__(self, other: Any) -> RaggedTensor:
        return self._with(other, "__add__")

    def __sub__(self, other: Any) -> RaggedTensor:
        return self._with(other, "__sub__")

    def __mul__(self, other: Any) -> RaggedTensor:
        return self._with(other, "__mul__")

    def __rmul__(self, other: Any) -> RaggedTensor:
        return self._with(other, "__mul__")


export("RaggedTensor", RaggedTensor)


def _bounds(rows: Any) -> list[int]:
    if not isinstance(rows, list):
        return []
    inner = [_bounds(row) for row in rows]
    depth = max((len(b) for b in inner), default=0)
    return [len(rows), *(max((b[i] for b in inner if len(b) > i), default=0) for i in range(depth))]


def _fill(array: Any, rows: Any) -> None:
    for place, row in enumerate(rows):
        if isinstance(row, list):
            _fill(array[place], row)
        else:
            array[place] = row


@exported("ragged.constant")
def constant(pylist: Any, dtype: Any = None, ragged_rank: Any = None, name: Any = None,
             **_: Any) -> Any:  # fmt: skip
    """Return nested lists as a ragged tensor."""
    del name
    rows = [row.tolist() if isinstance(row, np.ndarray) else list(row) for row in pylist]
    splits = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    values: Sequence[Any] = [value for row in rows for value in row]
    is_nested = bool(values) and all(isinstance(v, (list, tuple, np.ndarray)) for v in values)
    if is_nested and ragged_rank != 1:
        return RaggedTensor(constant(values, dtype), splits)
    return RaggedTensor(as_tensor(np.array([]) if not values and dtype is None else values, dtype),
                        splits)  # fmt: skip


@exported("ragged.stack")
def stack(values: Any, axis: int = 0, name: Any = None) -> RaggedTensor:
    """Return tensors as rows."""
    del axis, name
    return constant([as_tensor(v).numpy().tolist() for v in values])


@exported("ragged.range")
def ragged_range(starts: Any, limits: Any = None, deltas: Any = 1, **_: Any) -> RaggedTensor:
    """Return rows of numbers that go up by a step."""
    first, last = (0, starts) if limits is None else (starts, limits)
    a, b, c = np.broadcast_arrays(
        *(np.asarray(as_tensor(x).numpy()) for x in (first, last, deltas))
    )
    rows = zip(a.ravel(), b.ravel(), c.ravel(), strict=True)
    return constant([np.arange(x, y, z).tolist() for x, y, z in rows])


@exported("ragged.map_flat_values")
def map_flat_values(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Return rows of what a function gives for their values."""
    first = next(x for x in args if isinstance(x, RaggedTensor))
    given = [x.values if isinstance(x, RaggedTensor) else x for x in args]
    return first.with_values(op(*given, **kwargs))


def parts_of_texts(texts: Tensor, parts: Any) -> Any:
    """Return the parts of texts, a row for each; of one text a tensor."""

    def rows(array: Any) -> Any:
        found = [parts(text) for text in np.ravel(array).tolist()]
        splits = np.concatenate([[0], np.cumsum([len(row) for row in found])]).astype(np.int64)
        return np.array([piece for row in found for piece in row], object), splits

    made = host_operation("StringSplit", rows, [texts], [("string", [None]), (int64, [None])])
    values, splits = made.outputs
    return values if texts.sizes == () else RaggedTensor(values, splits)


def is_wanted(result_type: str | None) -> bool:
    """Whether parts of texts are to be rows: of TensorFlow 2 on."""
    return result_type == "RaggedTensor" or (result_type is None and is_modern())
