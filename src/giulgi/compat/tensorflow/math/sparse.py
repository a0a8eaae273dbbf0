"""Sparse tensors: the places of what is not 0, and what stands there."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import is_text, static
from giulgi.compat.tensorflow.math.indexing import scattered
from giulgi.compat.tensorflow.math.leaves import placeholder
from giulgi.compat.tensors.dtypes import int64
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Converted, Tensor, as_expression, as_tensor

SparseTensorValue = namedtuple("SparseTensorValue", ["indices", "values", "dense_shape"])
exported("SparseTensorValue")(SparseTensorValue)


@exported("SparseTensor", "sparse.SparseTensor", "python.framework.sparse_tensor.SparseTensor")
class SparseTensor:
    """A tensor told by the places of what is not 0.

    Args:
        indices: (n, rank) places.
        values: (n,) what stands there.
        dense_shape: the shape of the whole.
        shape: ``dense_shape`` under its name before version 1.0.
    """

    def __init__(
        self, indices: Any, values: Any, dense_shape: Any = None, shape: Any = None
    ) -> None:
        whole = shape if dense_shape is None else dense_shape
        self.indices = as_tensor(_places(indices), int64)
        self.values = as_tensor(values)
        self.dense_shape = as_tensor(TensorShape(whole) if _is_plain(whole) else whole, int64)

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """Return the sparse tensor of a value, or the one that it is."""
        if isinstance(sparse_tensor_value, cls):
            return sparse_tensor_value
        return cls(*sparse_tensor_value)

    @property
    def dtype(self) -> Any:
        """The type of what stands there."""
        return self.values.dtype

    @property
    def op(self) -> Any:
        """The operation that makes it."""
        return self.values.op

    @property
    def name(self) -> str:
        """The name of what stands there."""
        return self.values.name

    @property
    def graph(self) -> Any:
        """The graph it belongs to."""
        return self.values.graph

    @property
    def shape(self) -> TensorShape:
        """The shape of the whole, as far as it is known."""
        return self.get_shape()

    def get_shape(self) -> TensorShape:
        """Return the shape of the whole, as far as it is known."""
        known = static(self.dense_shape) if self.dense_shape.op.host is None else None
        if known is not None:
            return TensorShape([int(n) for n in known])
        rank = self.dense_shape.sizes
        return TensorShape(None if not rank or rank[0] is None else [None] * rank[0])

    def with_values(self, values: Any) -> SparseTensor:
        """Return one with something else at the same places."""
        return SparseTensor(self.indices, values, self.dense_shape)

    def fed_parts(self) -> list[Tensor]:
        """Return the tensors that are fed with a value of it."""
        return [self.indices, self.values, self.dense_shape]

    def fetched_parts(self) -> tuple[list[Tensor], Callable[[list[Any]], Any]]:
        """Return the tensors of which a fetched value is made, and how."""
        return self.fed_parts(), lambda parts: SparseTensorValue(*parts)

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Return its value in a session; None: the default one."""
        from giulgi.compat.sessions.session import required_session

        return required_session(session).run(self, feed_dict)

    def __mul__(self, other: Any) -> SparseTensor:
        return self.with_values(_with_dense(self.indices, self.values, other, "multiply"))

    def __truediv__(self, other: Any) -> SparseTensor:
        return self.with_values(_with_dense(self.indices, self.values, other, "divide"))

    def __repr__(self) -> str:
        parts = f"indices={self.indices}, values={self.values}, dense_shape={self.dense_shape}"
        return f"SparseTensor({parts})"


def _is_plain(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and not any(
        isinstance(v, (Tensor, Converted)) for v in value
    )


def _places(indices: Any) -> Any:
    """Return places as an array of rank 2, also where there is none."""
    if isinstance(indices, list) and not indices:
        return np.zeros((0, 1), np.int64)
    return indices


@operation(type="SparseDense")
def _with_dense(
    indices: Any, values: Any, other: Any, function: str, name: str | None = None
) -> gg.Tensor:
    x = as_expression(other, values.dtype if not hasattr(other, "dtype") else None)
    if x.known_shape != ():
        places = indices[:, indices.shape[-1] - x.ndim :]
        if None in x.shape:
            places = gg.minimum(places, gg.cast(gg.shape(x) - 1, places.dtype))
        elif 1 in x.shape:  # An axis of one element is that element everywhere.
            places = gg.minimum(places, gg.constant([(n or 1) - 1 for n in x.shape], places.dtype))
        x = gg.gather_nd(x, places)
    return {"multiply": gg.multiply, "divide": gg.divide}[function](
        values, gg.cast(x, values.dtype)
    )


@exported("sparse_placeholder", "sparse.placeholder")
def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """Return a sparse tensor whose value is fed: a ``SparseTensorValue``, or its three parts."""
    own = name or "Placeholder"
    rank, known = None, None
    if isinstance(shape, (Tensor, Converted)):
        known = as_tensor(shape, int64)
        rank = known.sizes[0] if known.sizes else None
    elif shape is not None:
        told = TensorShape(shape)
        rank = len(told.as_list())
        known = as_tensor(told, int64) if told.is_fully_defined() else None
    return SparseTensor(
        placeholder(int64, [None, rank], f"{own}/indices"),
        placeholder(dtype, [None], f"{own}/values"),
        placeholder(int64, [rank], f"{own}/shape") if known is None else known,
    )


# To dense ones and back


@exported("sparse_to_dense")
def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: str | None = None,
) -> Any:
    """Return a tensor with values at places, and another value everywhere else."""
    del validate_indices
    if is_text(sparse_values) or not _is_rank_known(sparse_indices, output_shape):
        return _by_python(sparse_indices, output_shape, sparse_values, default_value, name)
    return _to_dense(sparse_indices, output_shape, sparse_values, default_value, name)


@operation(type="SparseToDense")
def _to_dense(
    sparse_indices: Any, output_shape: Any, sparse_values: Any, default_value: Any,
    name: str | None = None,
) -> gg.Tensor:  # fmt: skip
    places, values = as_expression(sparse_indices), as_expression(sparse_values)
    if places.ndim < 2:
        places = gg.reshape(places, (-1, 1))
    count = gg.size(places, 0)
    values = gg.broadcast_to(values, [count])
    whole = scattered(places, values, output_shape)
    rest = as_expression(default_value, None if hasattr(default_value, "dtype") else values.dtype)
    if static(rest) is not None and not np.any(static(rest)):
        return whole
    there = scattered(places, gg.ones_like(values), output_shape)
    return gg.where(gg.equal(there, 0), gg.cast(rest, values.dtype), whole)


def _is_rank_known(indices: Any, shape: Any) -> bool:
    """Whether it is known how many axes a tensor has that is told by places."""
    places, sizes_ = as_tensor(indices), as_tensor(shape, int64)
    known = (places.sizes, sizes_.sizes)
    return None not in known and not any(None in n[-1:] for n in known if n is not None)


def _by_python(indices: Any, shape: Any, values: Any, default: Any, name: Any) -> Any:
    """Return a dense tensor that Python fills: one of strings, or of any number of axes."""
    own = as_tensor(values)
    empty = b"" if is_text(own) and default in (0, None) else default

    def fill(places: Any, sizes: Any, found: Any, rest: Any) -> Any:
        whole = np.full(tuple(int(n) for n in sizes), np.asarray(rest)[()], rest.dtype)
        whole[tuple(np.reshape(places, (-1, len(sizes))).T)] = found
        return whole

    whole = as_tensor(shape, int64)
    known = static(whole) if whole.op.host is None else None
    sizes_ = None if known is None else [int(n) for n in known]
    inputs = [as_tensor(indices), whole, own, as_tensor(empty, own.dtype)]
    made = host_operation(
        "SparseToDense", fill, inputs, [(own.dtype, sizes_)], name, has_gradient=True
    )
    return made.outputs[0]


@exported("sparse_tensor_to_dense", "sparse.to_dense")
def sparse_tensor_to_dense(
    sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: str | None = None
) -> Any:
    """Return a sparse tensor as a dense one."""
    sparse = SparseTensor.from_value(sp_input)
    rest = 0 if default_value is None else default_value
    known = sparse.get_shape()
    shape = known.as_list() if known.is_fully_defined() else sparse.dense_shape
    return sparse_to_dense(sparse.indices, shape, sparse.values, rest, validate_indices, name)


@exported("sparse.from_dense", "contrib.layers.dense_to_sparse")
def from_dense(tensor: Any, eos_token: Any = 0, name: str | None = None) -> SparseTensor:
    """Return a dense tensor as a sparse one, without the elements that are 0."""
    x = as_tensor(tensor)
    rest = (b"" if eos_token == 0 else eos_token) if is_text(x) else eos_token

    def parts(array: Any) -> Any:
        places = np.argwhere(np.not_equal(array, rest))
        return places, array[tuple(places.T)], np.array(array.shape, np.int64)

    rank = None if x.sizes is None else len(x.sizes)
    outputs = [(int64, [None, rank]), (x.dtype, [None]), (int64, [rank])]
    return SparseTensor(*host_operation("DenseToSparse", parts, [x], outputs, name).outputs)


@exported("convert_to_tensor_or_sparse_tensor")
def convert_to_tensor_or_sparse_tensor(
    value: Any, dtype: Any = None, name: str | None = None
) -> Any:
    """Return what is meant as a tensor; what is sparse stays so."""
    if isinstance(value, (SparseTensor, SparseTensorValue)):
        return SparseTensor.from_value(value)
    return as_tensor(value, dtype, name)
