"""Sums and others of rows that belong together, and elements that are there once."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import is_text, kind, static
from giulgi.compat.tensors.dtypes import as_dtype, string
from giulgi.compat.tensors.tensor import as_expression, as_tensor
from giulgi.graph.ops.shape import dims_of

_Rows = tuple[gg.Tensor, gg.Tensor, Any]  # rows, the number of the segment of each, how many


def _sum(x: gg.Tensor, ids: gg.Tensor, count: Any) -> gg.Tensor:
    """Return the sums of the rows of each segment."""
    inside = (ids >= 0) & (ids < count)
    rows = gg.where(_beside(inside, x), x, gg.zeros_like(x))
    return gg.scatter_add(rows, gg.where(inside, ids, 0), [count, *dims_of(x)[1:]])


def _beside(values: gg.Tensor, x: gg.Tensor) -> gg.Tensor:
    """Return a value for each row in a shape that meets the rows."""
    return gg.reshape(values, [-1, *[1] * (x.ndim - 1)])


def _counts(x: gg.Tensor, ids: gg.Tensor, count: Any) -> gg.Tensor:
    """Return how many rows each segment has, at least 1, beside the segments."""
    ones = _sum(gg.cast(gg.ones_like(ids), x.dtype), ids, count)
    return _beside(gg.maximum(ones, 1), x)


def _mean(x: gg.Tensor, ids: gg.Tensor, count: Any) -> gg.Tensor:
    """Return the means of the rows of each segment."""
    return _sum(x, ids, count) / _counts(x, ids, count)


def _by_root(x: gg.Tensor, ids: gg.Tensor, count: Any) -> gg.Tensor:
    """Return the sums of each segment by the root of how many rows it has."""
    return _sum(x, ids, count) / gg.sqrt(_counts(x, ids, count))


def _spread(x: gg.Tensor, ids: gg.Tensor, count: Any, empty: Any) -> gg.Tensor:
    """Return for each segment all rows, with another number in place of those of others."""
    own = gg.equal(gg.expand_dims(gg.arange(gg.cast(as_expression(count), "int64")), 1), ids)
    where = gg.reshape(own, [-1, gg.size(ids), *[1] * (x.ndim - 1)])
    return gg.where(where, gg.expand_dims(x, 0), gg.constant(empty, x.dtype))


def _max(x: gg.Tensor, ids: gg.Tensor, count: Any) -> gg.Tensor:
    """Return the greatest of the rows of each segment."""
    return gg.max(_spread(x, ids, count, as_dtype(x.dtype).min), 1)


def _min(x: gg.Tensor, ids: gg.Tensor, count: Any) -> gg.Tensor:
    """Return the least of the rows of each segment."""
    return gg.min(_spread(x, ids, count, as_dtype(x.dtype).max), 1)


def _product(x: gg.Tensor, ids: gg.Tensor, count: Any) -> gg.Tensor:
    """Return the products of the rows of each segment."""
    return gg.cast(gg.prod(_spread(x, ids, count, 1), 1), x.dtype)


def _or_zero(function: Callable[..., gg.Tensor]) -> Callable[..., gg.Tensor]:
    """Return a function that gives 0 for segments without rows."""

    def apply(x: gg.Tensor, ids: gg.Tensor, count: Any) -> gg.Tensor:
        found = function(x, ids, count)
        some = _sum(gg.ones_like(ids), ids, count) > 0
        return gg.where(_beside(some, x), found, gg.zeros_like(found))

    apply.__doc__ = function.__doc__
    return apply


def _rows(data: Any, ids: Any, count: Any) -> _Rows:
    x, numbers = as_expression(data), gg.cast(as_expression(ids), "int64")
    axes = numbers.ndim
    if axes != 1:
        x = gg.reshape(x, [-1, *dims_of(x)[axes:]])
        numbers = gg.reshape(numbers, (-1,))
    if count is None:
        return x, numbers, _settled(gg.max(numbers) + 1)
    return x, numbers, _settled(gg.cast(as_expression(count), "int64"))


def _settled(count: gg.Tensor) -> Any:
    known = static(count)
    return count if known is None else int(known.ravel()[0])


def _ordered(function: Callable[..., gg.Tensor], name: str) -> None:
    def apply(data: Any, segment_ids: Any, name: str | None = None) -> gg.Tensor:
        return function(*_rows(data, segment_ids, None))

    apply.__doc__, apply.__name__ = function.__doc__, name
    operation(name, f"math.{name}", type="".join(map(str.capitalize, name.split("_"))))(apply)


def _unordered(function: Callable[..., gg.Tensor], name: str) -> None:
    def apply(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> gg.Tensor:
        return function(*_rows(data, segment_ids, num_segments))

    apply.__doc__, apply.__name__ = function.__doc__, name
    operation(name, f"math.{name}", type="".join(map(str.capitalize, name.split("_"))))(apply)


def _sparse(function: Callable[..., gg.Tensor], name: str) -> None:
    def apply(
        data: Any,
        indices: Any,
        segment_ids: Any,
        name: str | None = None,
        num_segments: Any = None,
    ) -> gg.Tensor:
        x = gg.gather(as_expression(data), as_expression(indices))
        return function(*_rows(x, segment_ids, num_segments))

    apply.__doc__, apply.__name__ = function.__doc__, name
    operation(name, f"sparse.{name[7:]}", type="".join(map(str.capitalize, name.split("_"))))(apply)


for _name, _function in {
    "segment_sum": _sum, "segment_mean": _mean, "segment_max": _or_zero(_max),
    "segment_min": _or_zero(_min), "segment_prod": _product,
}.items():  # fmt: skip
    _ordered(_function, _name)

for _name, _function in {
    "unsorted_segment_sum": _sum, "unsorted_segment_mean": _mean, "unsorted_segment_max": _max,
    "unsorted_segment_min": _min, "unsorted_segment_prod": _product,
    "unsorted_segment_sqrt_n": _by_root,
}.items():  # fmt: skip
    _unordered(_function, _name)

for _name, _function in {
    "sparse_segment_sum": _sum, "sparse_segment_mean": _mean, "sparse_segment_sqrt_n": _by_root,
}.items():  # fmt: skip
    _sparse(_function, _name)


# Elements that are there once, by Python


def _first_places(array: Any) -> tuple[Any, Any, Any]:
    """Return the elements in the order of their first places, which each is, and how often."""
    flat = np.ravel(array)
    _, first, inverse, counts = np.unique(
        flat, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return flat[np.sort(first)], rank[inverse.ravel()], counts[order]


Unique = namedtuple("Unique", ["y", "idx"])
UniqueWithCounts = namedtuple("UniqueWithCounts", ["y", "idx", "count"])
ListDiff = namedtuple("ListDiff", ["out", "idx"])


@exported("unique")
def unique(x: Any, out_idx: Any = "int32", name: str | None = None) -> Any:
    """Return the elements without repetition, in their order, and which of them each was."""
    value = as_tensor(x)
    outputs = [(value.dtype, [None]), (kind(out_idx), value.sizes)]
    made = host_operation("Unique", lambda a: _first_places(a)[:2], [value], outputs, name)
    return Unique(*made.outputs)


@exported("unique_with_counts")
def unique_with_counts(x: Any, out_idx: Any = "int32", name: str | None = None) -> Any:
    """Return what :func:`unique` does, and how often each element is there."""
    value = as_tensor(x)
    own = kind(out_idx)
    outputs = [(value.dtype, [None]), (own, value.sizes), (own, [None])]
    made = host_operation("UniqueWithCounts", _first_places, [value], outputs, name)
    return UniqueWithCounts(*made.outputs)


@exported("setdiff1d", "listdiff", "list_diff")
def setdiff1d(x: Any, y: Any, index_dtype: Any = "int32", name: str | None = None) -> Any:
    """Return the elements of x that are not in y, and their places."""
    value = as_tensor(x)
    other = as_tensor(y, string if is_text(value) else value.dtype)

    def differ(a: Any, b: Any) -> Any:
        taken = set(b.tolist())
        places = np.array([i for i, v in enumerate(a.tolist()) if v not in taken], np.int64)
        return a[places], places

    outputs = [(value.dtype, [None]), (kind(index_dtype), [None])]
    made = host_operation("ListDiff", differ, [value, other], outputs, name)
    return ListDiff(*made.outputs)


@exported("histogram_fixed_width")
def histogram_fixed_width(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = "int32", name: str | None = None
) -> Any:
    """Return how many values lie in each part of a range; what is outside is in the last parts."""
    places = histogram_fixed_width_bins(values, value_range, nbins)
    return _counted(places, nbins, dtype, name)


@operation(type="HistogramFixedWidth")
def _counted(places: Any, nbins: Any, dtype: Any, name: str | None = None) -> gg.Tensor:
    flat = gg.cast(gg.reshape(places, (-1,)), "int64")
    count = _settled(gg.cast(as_expression(nbins), "int64"))
    return gg.cast(gg.scatter_add(gg.ones_like(flat), flat, [count]), kind(dtype))


@operation("histogram_fixed_width_bins", type="HistogramFixedWidthBins")
def histogram_fixed_width_bins(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = "int32", name: str | None = None
) -> gg.Tensor:
    """Return in which part of a range each value lies."""
    x, ends = as_expression(values), as_expression(value_range)
    low, high = gg.cast(ends[0], x.dtype), gg.cast(ends[1], x.dtype)
    count = gg.cast(as_expression(nbins), x.dtype)
    place = gg.floor((x - low) / (high - low) * count)
    return gg.cast(gg.clip(place, 0, count - 1), kind(dtype))
