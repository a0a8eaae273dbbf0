"""Parts of tensors by their places: slices, gathered rows, masks, and what is put at places."""

from __future__ import annotations

from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import export
from giulgi.compat.operations.operation import operation
from giulgi.compat.operations.refusals import one_dtype
from giulgi.compat.tensorflow.math.arguments import (
    kind,
    known_elements,
    numbers,
    one_axis,
    ranked,
    settled_elements,
    sizes,
    static,
    vector,
)
from giulgi.compat.tensorflow.math.layouts import layout
from giulgi.compat.tensors.tensor import alike, as_expression, of_sizes, register_operator
from giulgi.graph.node import build
from giulgi.graph.ops.indexing import NonZero
from giulgi.graph.ops.shape import dims_of

export("newaxis", None)


# x[...]


@layout(type="strided_slice", texts=("x",))
def _getitem(x: Any, index: Any, name: str | None = None) -> gg.Tensor:
    return taken(as_expression(x), index)


def getitem(x: Any, index: Any) -> Any:
    """Return ``x[index]``: numbers, slices, tf.newaxis, ..., and tensors in any of these."""
    parts = index if isinstance(index, tuple) else (index,)
    pieces = [
        (part.start, part.stop, part.step) if isinstance(part, slice) else part for part in parts
    ]
    # Slices are told as triples, so that the tensors in them are found.
    marks = ["slice" if isinstance(part, slice) else "one" for part in parts]
    return _getitem(x, [pieces, marks])


register_operator("getitem", getitem)


def taken(x: gg.Tensor, index: Any) -> gg.Tensor:
    """Return the part of x at an index as :func:`getitem` writes it."""
    plain: list[Any] = []
    later: list[tuple[int, Any]] = []  # the axis of the result, counted from either end
    axis = 0
    parts = [slice(*p) if mark == "slice" else p for p, mark in zip(*index, strict=True)]
    for place, part in enumerate(parts):
        part = _settled(part)
        if isinstance(part, gg.Tensor) and part.dtype == np.bool_:
            return gg.boolean_mask(x, part)
        if isinstance(part, (gg.Tensor, list)) or (
            isinstance(part, slice) and any(isinstance(b, gg.Tensor) for b in _bounds(part))
        ):
            later.append((axis, part))
            plain.append(slice(None))
        else:
            plain.append(part)
        if part is Ellipsis:
            axis = -_kept(parts[place + 1 :])
        elif not isinstance(part, int):
            axis += 1
    y = x[tuple(plain)]
    # From behind, so that an axis that goes does not move those that are still to come.
    places = [(axis if axis >= 0 else y.ndim + axis, part) for axis, part in later]
    for axis, part in reversed(places):
        y = _picked(y, axis, part)
    return y


def _kept(parts: list[Any]) -> int:
    """Return how many axes of the plainly sliced tensor these parts of an index leave."""
    return sum(not isinstance(_settled(part), int) for part in parts)


def _bounds(part: slice) -> tuple[Any, Any, Any]:
    return part.start, part.stop, part.step


def _settled(part: Any) -> Any:
    """Return a part of an index with numbers for all that is known."""
    if isinstance(part, slice):
        return slice(*(_settled(bound) for bound in _bounds(part)))
    if part is None or part is Ellipsis or isinstance(part, (bool, str)):
        return part
    if isinstance(part, gg.Tensor):
        known = static(part)
        if known is None or known.dtype == np.bool_:
            return part
        return int(known) if known.size == 1 and known.ndim == 0 else known.tolist()
    if isinstance(part, (list, np.ndarray)):
        array = np.asarray(part)
        return gg.constant(array) if array.dtype == np.bool_ else array.tolist()
    return int(part)


def _picked(x: gg.Tensor, axis: int, part: Any) -> gg.Tensor:
    """Return x at one place, or in a range of places, that is known when it is fed."""
    if not isinstance(part, slice):
        return gg.gather(x, part, axis)
    size = gg.size(x, axis)
    step = 1 if part.step is None else part.step
    start, stop = (
        default if bound is None else _clipped(bound, size)
        for bound, default in ((part.start, gg.constant(0, "int64")), (part.stop, size))
    )
    return gg.gather(x, gg.arange(start, stop, gg.cast(as_expression(step), "int64")), axis)


def _clipped(bound: Any, size: gg.Tensor) -> gg.Tensor:
    place = gg.cast(as_expression(bound), "int64")
    return gg.clip(gg.where(place < 0, place + size, place), gg.constant(0, "int64"), size)


@layout("slice", type="Slice", texts=("input_",))
def slice_(input_: Any, begin: Any, size: Any, name: str | None = None) -> gg.Tensor:
    """Return so many elements from a place on, along each axis; -1 for all that follow."""
    x = as_expression(input_)
    starts, counts = known_elements(begin), known_elements(size)
    if starts is None or counts is None:
        raise ValueError("the lengths of begin and size must be known when the graph is built")
    x = ranked(x, len(counts))
    first, many = vector(begin), vector(size)
    for axis, (start, count) in enumerate(zip(starts, counts, strict=True)):
        if start is not None and count is not None:
            end = None if count == -1 else start + count
            x = x[(*[slice(None)] * axis, slice(start, end))]
        elif count is None:
            left = gg.cast(gg.size(x, axis) - first[axis], many.dtype)
            wanted = gg.where(many[axis] == -1, left, many[axis])
            x = gg.gather(x, first[axis] + gg.arange(wanted), axis)
        elif count == -1:
            x = gg.gather(x, gg.arange(first[axis], gg.size(x, axis)), axis)
        else:
            x = gg.gather(x, first[axis] + gg.arange(count), axis)
    if x.known_shape is None or None not in x.known_shape:
        return x
    return of_sizes(x, [None if n == -1 else n for n in counts])


@layout("strided_slice", type="StridedSlice", texts=("input_",))
def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> gg.Tensor:
    """Return every so manieth element from begin to end, along each axis."""
    known = known_elements(begin)
    if known is None:
        raise ValueError("the length of begin must be known when the graph is built")
    first, last = settled_elements(begin), settled_elements(end)
    steps = numbers([1] * len(known) if strides is None else strides, "strides")
    parts: list[Any] = []
    for axis, step in enumerate(steps):
        bit = 1 << axis
        if ellipsis_mask & bit:
            parts.append(Ellipsis)
        elif new_axis_mask & bit:
            parts.append(None)
        elif shrink_axis_mask & bit:
            parts.append(first[axis])
        else:
            start = None if begin_mask & bit else first[axis]
            stop = None if end_mask & bit else last[axis]
            parts.append(slice(start, stop, step))
    pieces = [_bounds(p) if isinstance(p, slice) else p for p in parts]
    marks = ["slice" if isinstance(p, slice) else "one" for p in parts]
    return taken(as_expression(input_), [pieces, marks])


# By places


@layout("gather", "gather_v2", type="GatherV2", texts=("params",))
def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> gg.Tensor:
    """Return the parts of a tensor at places along an axis."""
    x, places = as_expression(params), as_expression(indices)
    along = one_axis(axis, batch_dims)
    if not batch_dims:
        return gg.gather(x, places, along)
    if batch_dims != 1 or along != 1:
        raise NotImplementedError("tf.gather has batch_dims 0, or 1 with axis 1")
    rows = gg.reshape(gg.arange(gg.size(x, 0)), [-1] + [1] * (places.ndim - 1))
    return gg.gather_nd(
        x, gg.stack([gg.broadcast_to(rows, gg.shape(places)), gg.cast(places, "int64")], axis=-1)
    )


@layout("gather_nd", "manip.gather_nd", type="GatherNd", texts=("params",))
def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: int = 0) -> gg.Tensor:
    """Return the parts of a tensor at full coordinates."""
    if batch_dims:
        raise NotImplementedError("tf.gather_nd has batch_dims=0 only")
    return gg.gather_nd(as_expression(params), as_expression(indices))


@layout("batch_gather", type="BatchGather", texts=("params",))
def batch_gather(params: Any, indices: Any, name: str | None = None) -> gg.Tensor:
    """Return in each row the elements at that row's own places."""
    return gg.take_along_axis(as_expression(params), as_expression(indices), -1)


def scattered(indices: gg.Tensor, updates: gg.Tensor, shape: Any) -> gg.Tensor:
    """Return zeros of a shape to which updates are added at full coordinates."""
    whole = sizes(shape)
    depth: Any = indices.shape[-1]
    if isinstance(whole, gg.Tensor):
        rank: Any = whole.shape[0]
        whole = tuple(whole[i] for i in range(rank))
    flat: Any = 0
    count: Any = 1
    for i in range(depth):
        size = whole[i] if isinstance(whole[i], int) else gg.cast(whole[i], "int64")
        flat = flat * size + gg.cast(indices[..., i], "int64")
        count = count * size
    rest = list(whole[depth:])
    rows = gg.reshape(updates, [-1, *rest])
    added = gg.scatter_add(rows, gg.reshape(flat, (-1,)), [count, *rest])
    return gg.reshape(added, list(whole))


@operation("scatter_nd", "manip.scatter_nd", type="ScatterNd")
def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> gg.Tensor:
    """Return zeros of a shape to which updates are added at full coordinates."""
    return scattered(as_expression(indices), as_expression(updates), shape)


@operation("tensor_scatter_add", "tensor_scatter_nd_add", type="TensorScatterAdd")
def tensor_scatter_add(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> gg.Tensor:
    """Return a tensor to which updates are added at full coordinates."""
    x, y = alike(tensor, updates)
    return x + scattered(as_expression(indices), y, gg.shape(x))


@operation("tensor_scatter_sub", "tensor_scatter_nd_sub", type="TensorScatterSub")
def tensor_scatter_sub(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> gg.Tensor:
    """Return a tensor from which updates are taken at full coordinates."""
    x, y = alike(tensor, updates)
    return x - scattered(as_expression(indices), y, gg.shape(x))


@operation("tensor_scatter_update", "tensor_scatter_nd_update", type="TensorScatterUpdate")
def tensor_scatter_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> gg.Tensor:
    """Return a tensor with updates at full coordinates."""
    x, y = alike(tensor, updates)
    return replaced(x, as_expression(indices), y)


def replaced(x: gg.Tensor, indices: gg.Tensor, updates: gg.Tensor) -> gg.Tensor:
    """Return x with updates at full coordinates, each of which is there once."""
    shape = gg.shape(x)
    touched = scattered(indices, gg.ones_like(updates), shape)
    return gg.where(gg.equal(touched, 0), x, scattered(indices, updates, shape))


# By conditions


@layout("where", "where_v2", type="Where", texts=("x", "y"), check=one_dtype("x", "y"))
def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> gg.Tensor:
    """Return the places where a condition holds; or x where it holds, and y elsewhere.

    A condition with one axis chooses rows.
    """
    holds = as_expression(condition)
    if x is None and y is None:
        return build(NonZero(), holds)
    a, b = alike(x, y)
    return _chosen(holds, a, b)


def _chosen(holds: gg.Tensor, a: gg.Tensor, b: gg.Tensor) -> gg.Tensor:
    if holds.known_shape is not None and holds.ndim == 1 and a.known_shape is None:
        raise ValueError("whether rows are chosen depends on the number of axes")
    if holds.known_shape is not None and a.known_shape is not None:
        more = max(a.ndim, 0 if b.known_shape is None else b.ndim) - holds.ndim
        if holds.ndim == 1 and more > 0:
            holds = gg.expand_dims(holds, tuple(range(1, 1 + more)))
    return gg.where(gg.cast(holds, "bool"), a, b)


@layout("select", type="Select", texts=("x", "y"), check=one_dtype("x", "y"))
def select(condition: Any, x: Any, y: Any, name: str | None = None) -> gg.Tensor:
    """Return x where a condition holds, and y elsewhere: ``tf.where`` of former times."""
    return _chosen(as_expression(condition), *alike(x, y))


@layout("boolean_mask", type="boolean_mask", texts=("tensor",))
def boolean_mask(
    tensor: Any, mask: Any, name: str | None = "boolean_mask", axis: Any = None
) -> gg.Tensor:
    """Return the elements, or rows, of a tensor where a mask holds."""
    x, holds = as_expression(tensor), gg.cast(as_expression(mask), "bool")
    along = one_axis(axis)
    if not along:
        return gg.boolean_mask(x, holds)
    return x[(*[slice(None)] * along, holds)]


# Parted by numbers, and put together again


@layout("dynamic_partition", type="DynamicPartition", texts=("data",))
def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[gg.Tensor]:
    """Return for each number the rows of the data that have it."""
    x, numbers_ = as_expression(data), as_expression(partitions)
    return [gg.boolean_mask(x, gg.equal(numbers_, i)) for i in range(int(num_partitions))]


@layout("dynamic_stitch", type="DynamicStitch", texts=("data",))
def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> gg.Tensor:
    """Return one tensor with the rows of the data at their places; the last one given counts."""
    places, rows = [], []
    for own, values in zip(indices, data, strict=True):
        index, x = as_expression(own), as_expression(values)
        places.append(gg.cast(gg.reshape(index, (-1,)), "int64"))
        rows.append(gg.reshape(x, [-1, *dims_of(x)[index.ndim :]]))
    all_places, all_rows = gg.concat(places), gg.concat(rows)
    found = gg.equal(gg.expand_dims(gg.arange(gg.max(all_places) + 1), 1), all_places)
    order = gg.arange(gg.size(all_places))
    return gg.gather(all_rows, gg.max(gg.where(found, order, -1), 1))


@operation("invert_permutation", "math.invert_permutation", type="InvertPermutation")
def invert_permutation(x: Any, name: str | None = None) -> gg.Tensor:
    """Return for each number from 0 on where it stands."""
    places = as_expression(x)
    return gg.cast(gg.argsort(places), places.dtype)


@operation("sort", "contrib.framework.sort", type="Sort")
def sort(
    values: Any, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None
) -> gg.Tensor:
    """Return elements in order along an axis."""
    return gg.sort(as_expression(values), one_axis(axis), descending=direction == "DESCENDING")


@operation("argsort", "contrib.framework.argsort", type="ArgSort")
def argsort(
    values: Any,
    axis: Any = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> gg.Tensor:
    """Return the places of elements, in the order of the elements."""
    places = gg.argsort(as_expression(values), one_axis(axis), descending=direction == "DESCENDING")
    return gg.cast(places, "int32")


@operation("searchsorted", type="SearchSorted")
def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = "int32",
    name: str | None = None,
) -> gg.Tensor:
    """Return where values would stand in a sequence that is in order."""
    order, wanted = alike(sorted_sequence, values)
    a, b = gg.expand_dims(order, -2), gg.expand_dims(wanted, -1)
    before = a < b if side == "left" else a <= b
    return gg.cast(gg.sum(gg.cast(before, "int64"), -1), kind(out_type))
