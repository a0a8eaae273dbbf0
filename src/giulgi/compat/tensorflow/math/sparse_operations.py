"""Computing with sparse tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import axes
from giulgi.compat.tensorflow.math.sparse import (
    SparseTensor,
    SparseTensorValue,
    from_dense,
    sparse_tensor_to_dense,
)
from giulgi.compat.tensors.dtypes import int64
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import as_tensor


@exported("sparse_tensor_dense_matmul", "sparse.sparse_dense_matmul", "sparse.matmul")
def sparse_tensor_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Any:
    """Return the product of a sparse matrix and a dense one."""
    sparse = SparseTensor.from_value(sp_a)
    known = sparse.get_shape()
    shape = known.as_list() if known.is_fully_defined() else sparse.dense_shape
    return _product(sparse.indices, sparse.values, shape, as_tensor(b), adjoint_a, adjoint_b, name)


@operation(type="SparseTensorDenseMatMul")
def _product(
    indices: Any, values: Any, shape: Any, b: Any, over_a: bool, over_b: bool,
    name: str | None = None,
) -> gg.Tensor:  # fmt: skip
    rows, columns = (1, 0) if over_a else (0, 1)
    dense = gg.transpose(b) if over_b else b
    parts = gg.gather(dense, indices[:, columns]) * gg.expand_dims(values, 1)
    count = shape[rows] if isinstance(shape, gg.Tensor) else int(shape[rows])
    width = dense.shape[1]
    return gg.scatter_add(
        parts, indices[:, rows], [count, gg.size(dense, 1) if width is None else width]
    )


def _reduced(function: Callable[..., gg.Tensor], *paths: str, empty: str = "zero") -> None:
    def apply(
        sp_input: Any,
        axis: Any = None,
        keepdims: Any = None,
        reduction_axes: Any = None,
        keep_dims: Any = None,
        name: str | None = None,
    ) -> Any:
        along = axes(reduction_axes if axis is None else axis)
        sparse = SparseTensor.from_value(sp_input)
        rest = 0 if empty == "zero" else sparse.dtype.min
        dense = sparse_tensor_to_dense(sparse, rest)
        return _reduction(dense, function, along, bool(keepdims or keep_dims), name)

    apply.__name__ = paths[0]
    apply.__doc__ = f"Return the {paths[0].split('_')[-1]} of a sparse tensor along axes."
    exported(*paths)(apply)


@operation(type="SparseReduce")
def _reduction(
    x: Any, function: Callable[..., gg.Tensor], along: Any, kept: bool, name: str | None = None
) -> gg.Tensor:
    return function(x, along, keepdims=kept)


_reduced(gg.sum, "sparse_reduce_sum", "sparse.reduce_sum")
_reduced(gg.max, "sparse_reduce_max", "sparse.reduce_max", empty="least")


@exported("sparse_add", "sparse.add")
def sparse_add(a: Any, b: Any, threshold: Any = 0, thresh: Any = None) -> Any:
    """Return the sum of two tensors, of which one or both are sparse."""
    from giulgi.compat.tensorflow.math.arithmetic import add

    sparse = [isinstance(x, (SparseTensor, SparseTensorValue)) for x in (a, b)]
    dense = [sparse_tensor_to_dense(x) if own else x for x, own in zip((a, b), sparse, strict=True)]
    total = add(*dense)
    return from_dense(total) if all(sparse) else total


def _by_python(type: str, function: Callable[..., Any], given: list[Any], name: Any) -> Any:
    """Return the sparse tensor whose three parts Python makes of some tensors."""
    first = next(x for x in given if isinstance(x, SparseTensor))
    parts = [y for x in given for y in (x.fed_parts() if isinstance(x, SparseTensor) else [x])]
    rank = None if first.get_shape().sizes is None else len(first.get_shape().as_list())
    outputs = [(int64, [None, rank]), (first.dtype, [None]), (int64, [rank])]
    return SparseTensor(*host_operation(type, function, parts, outputs, name).outputs)


def _in_order(places: Any, values: Any) -> tuple[Any, Any]:
    order = np.lexsort(places.T[::-1])
    return places[order], values[order]


@exported("sparse_reorder", "sparse.reorder")
def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """Return a sparse tensor with its places in order."""

    def order(places: Any, values: Any, sizes: Any) -> Any:
        return (*_in_order(places, values), sizes)

    return _by_python("SparseReorder", order, [SparseTensor.from_value(sp_input)], name)


@exported("sparse_reshape", "sparse.reshape")
def sparse_reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """Return a sparse tensor in another shape, of which one size may be -1."""

    def reshape(places: Any, values: Any, sizes: Any, wanted: Any) -> Any:
        flat = np.ravel_multi_index(tuple(places.T), tuple(sizes))
        new = np.array(wanted, np.int64)
        new[new == -1] = np.prod(sizes) // -np.prod(new) if -1 in new else 0
        return np.stack(np.unravel_index(flat, tuple(new)), 1), values, new

    given = [SparseTensor.from_value(sp_input), as_tensor(shape, int64)]
    return _by_python("SparseReshape", reshape, given, name)


@exported("sparse_transpose", "sparse.transpose")
def sparse_transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """Return a sparse tensor with its axes in another order."""
    order = None if perm is None else list(axes(perm))

    def transpose(places: Any, values: Any, sizes: Any) -> Any:
        own = list(range(len(sizes)))[::-1] if order is None else order
        return (*_in_order(places[:, own], values), sizes[own])

    return _by_python("SparseTranspose", transpose, [SparseTensor.from_value(sp_input)], name)


@exported("sparse_concat", "sparse.concat")
def sparse_concat(
    axis: Any, sp_inputs: Any, name: str | None = None, expand_nonconcat_dim: bool = False,
    concat_dim: Any = None,
) -> SparseTensor:  # fmt: skip
    """Return sparse tensors joined along an axis."""
    along = axes(axis if concat_dim is None else concat_dim)

    def concat(*parts: Any) -> Any:
        places, values, sizes, behind = [], [], None, 0
        for place in range(0, len(parts), 3):
            own, own_values, own_sizes = parts[place : place + 3]
            moved = np.array(own)
            moved[:, along] += behind
            behind += own_sizes[along]
            places.append(moved)
            values.append(own_values)
            sizes = np.array(own_sizes) if sizes is None else np.maximum(sizes, own_sizes)
        assert sizes is not None
        sizes[along] = behind
        return (*_in_order(np.concatenate(places), np.concatenate(values)), sizes)

    given = [SparseTensor.from_value(x) for x in sp_inputs]
    return _by_python("SparseConcat", concat, given, name)


@exported("sparse_slice", "sparse.slice")
def sparse_slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """Return a part of a sparse tensor."""

    def cut(places: Any, values: Any, sizes: Any, first: Any, many: Any) -> Any:
        new = np.minimum(many, sizes - first)
        inside = ((places >= first) & (places < first + new)).all(1)
        return places[inside] - first, values[inside], new

    given = [SparseTensor.from_value(sp_input), as_tensor(start, int64), as_tensor(size, int64)]
    return _by_python("SparseSlice", cut, given, name)


@exported("sparse_retain", "sparse.retain")
def sparse_retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """Return a sparse tensor with only some of what stands in it."""

    def keep(places: Any, values: Any, sizes: Any, kept: Any) -> Any:
        return places[kept], values[kept], sizes

    return _by_python(
        "SparseRetain", keep, [SparseTensor.from_value(sp_input), as_tensor(to_retain)], None
    )


@exported("sparse_softmax", "sparse.softmax")
def sparse_softmax(sp_input: Any, name: str | None = None) -> SparseTensor:
    """Return the softmax of each row over what stands in it."""

    def softmax(places: Any, values: Any, sizes: Any) -> Any:
        rows = np.ravel_multi_index(tuple(places[:, :-1].T), tuple(sizes[:-1]))
        raised = np.exp(values - values.max(initial=0))
        total = np.zeros(int(np.prod(sizes[:-1])), values.dtype)
        np.add.at(total, rows, raised)
        return places, raised / total[rows], sizes

    return _by_python("SparseSoftmax", softmax, [SparseTensor.from_value(sp_input)], name)


@exported("sparse_to_indicator", "sparse.to_indicator")
def sparse_to_indicator(sp_input: Any, vocab_size: int, name: str | None = None) -> Any:
    """Return for each row which numbers stand in it."""
    sparse = SparseTensor.from_value(sp_input)

    def mark(places: Any, values: Any, sizes: Any) -> Any:
        found = np.zeros((*sizes[:-1], vocab_size), bool)
        found[(*places[:, :-1].T, values)] = True
        return found

    shape = TensorShape(sparse.get_shape()[:-1]).concatenate([vocab_size])
    outputs = [("bool", shape)]
    return host_operation("SparseIndicator", mark, sparse.fed_parts(), outputs, name).outputs[0]


@exported("edit_distance")
def edit_distance(
    hypothesis: Any, truth: Any, normalize: bool = True, name: str = "edit_distance"
) -> Any:
    """Return how many changes make one sequence another, for each pair along the last axis.

    Levenshtein's distance: the least number of elements to insert, take away or exchange. It may be
    divided by the length of the truth.
    """
    one, other = SparseTensor.from_value(hypothesis), SparseTensor.from_value(truth)

    def distances(*parts: Any) -> Any:
        shape = np.maximum(parts[2], parts[5])[:-1]
        first, second = _sequences(*parts[:2]), _sequences(*parts[3:5])
        found = np.zeros(tuple(int(n) for n in shape), np.float32)
        for place in np.ndindex(found.shape):
            a, b = first.get(place, []), second.get(place, [])
            changes = _changes(a, b)
            if normalize:
                found[place] = changes / len(b) if b else (np.inf if a else 0)
            else:
                found[place] = changes
        return found

    rank = one.get_shape().sizes
    sizes = None if rank is None else [None] * (len(rank) - 1)
    inputs = [*one.fed_parts(), *other.fed_parts()]
    made = host_operation("EditDistance", distances, inputs, [("float32", sizes)], name)
    return made.outputs[0]


def _sequences(places: Any, values: Any) -> dict[tuple[int, ...], list[Any]]:
    found: dict[tuple[int, ...], list[Any]] = {}
    for place, value in zip(places.tolist(), values.tolist(), strict=True):
        found.setdefault(tuple(place[:-1]), []).append(value)
    return found


def _changes(a: list[Any], b: list[Any]) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]
