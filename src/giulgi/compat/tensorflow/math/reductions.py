"""Sums, means and others along axes; places of the greatest; running sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.operations.operation import operation
from giulgi.compat.operations.refusals import bools, no_bools
from giulgi.compat.tensorflow.math.arguments import axes, kind, one_axis
from giulgi.compat.tensors.tensor import as_expression


def _reduction(function: Callable[..., gg.Tensor], type: str, *paths: str) -> Callable[..., Any]:
    """Return an operation that makes one number of all along some axes."""

    def apply(
        input_tensor: Any,
        axis: Any = None,
        keepdims: Any = None,
        name: str | None = None,
        reduction_indices: Any = None,
        keep_dims: Any = None,
    ) -> gg.Tensor:
        along = axes(reduction_indices if axis is None else axis)
        return function(as_expression(input_tensor), along, keepdims=bool(keepdims or keep_dims))

    apply.__doc__ = function.__doc__
    apply.__name__ = paths[0]
    check = bools("input_tensor") if type in ("All", "Any") else no_bools("input_tensor")
    return operation(*paths, *(f"math.{path}" for path in paths), type=type, check=check)(apply)


def _mean(x: gg.Tensor, axis: Any, keepdims: bool) -> gg.Tensor:
    """Return the mean; of whole numbers it is one, too, cut towards 0."""
    mean = gg.mean(x, axis, keepdims=keepdims)
    return mean if x.dtype.kind == "f" else gg.cast(mean, x.dtype)


def _sum(x: gg.Tensor, axis: Any, keepdims: bool) -> gg.Tensor:
    """Return the sum, in the dtype of what is summed."""
    return gg.cast(gg.sum(x, axis, keepdims=keepdims), x.dtype)


def _product(x: gg.Tensor, axis: Any, keepdims: bool) -> gg.Tensor:
    """Return the product, in the dtype of what is multiplied."""
    return gg.cast(gg.prod(x, axis, keepdims=keepdims), x.dtype)


def _euclidean(x: gg.Tensor, axis: Any, keepdims: bool) -> gg.Tensor:
    """Return the root of the sum of squares."""
    return gg.sqrt(gg.sum(gg.square(x), axis, keepdims=keepdims))


def _extreme(function: Callable[..., gg.Tensor], sign: int) -> Callable[..., gg.Tensor]:
    """Return max or min, which are of no elements what any other is beyond: the end of numbers."""

    def apply(x: gg.Tensor, axis: Any, keepdims: bool) -> gg.Tensor:
        sizes = x.known_shape
        if sizes is None or 0 not in sizes or x.dtype.kind not in "fiu":
            return function(x, axis, keepdims=keepdims)
        whole = gg.cast(gg.sum(x, axis, keepdims=keepdims), x.dtype)  # Zeros, if there are any.
        limits: Any = np.iinfo(x.dtype) if x.dtype.kind in "iu" else None
        end = -sign * np.inf if limits is None else limits.min if sign > 0 else limits.max
        return whole + gg.constant(end, x.dtype)

    apply.__doc__ = function.__doc__
    return apply


reduce_mean = _reduction(_mean, "Mean", "reduce_mean")
reduce_sum = _reduction(_sum, "Sum", "reduce_sum")
reduce_max = _reduction(_extreme(gg.max, 1), "Max", "reduce_max")
reduce_min = _reduction(_extreme(gg.min, -1), "Min", "reduce_min")
reduce_prod = _reduction(_product, "Prod", "reduce_prod")
reduce_all = _reduction(gg.all, "All", "reduce_all")
reduce_any = _reduction(gg.any, "Any", "reduce_any")
reduce_logsumexp = _reduction(gg.logsumexp, "LogSumExp", "reduce_logsumexp")
reduce_euclidean_norm = _reduction(_euclidean, "EuclideanNorm", "reduce_euclidean_norm")
reduce_std = _reduction(gg.std, "ReduceStd", "reduce_std")
reduce_variance = _reduction(gg.var, "ReduceVariance", "reduce_variance")


@operation("count_nonzero", "math.count_nonzero", type="CountNonzero")
def count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: Any = None,
    dtype: Any = "int64",
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
    input: Any = None,
) -> gg.Tensor:
    """Return how many elements along axes are not 0."""
    x = as_expression(input if input_tensor is None else input_tensor)
    along = axes(reduction_indices if axis is None else axis)
    count = gg.count_nonzero(x, along, keepdims=bool(keepdims or keep_dims))
    return gg.cast(count, kind(dtype))


def _place(function: Callable[..., gg.Tensor], type: str, *paths: str) -> Callable[..., Any]:
    def apply(
        input: Any,
        axis: Any = None,
        name: str | None = None,
        dimension: Any = None,
        output_type: Any = "int64",
    ) -> gg.Tensor:
        along = one_axis(dimension if axis is None else axis)
        return gg.cast(function(as_expression(input), along), kind(output_type))

    apply.__doc__ = function.__doc__
    apply.__name__ = paths[0]
    return operation(*paths, type=type)(apply)


argmax = _place(gg.argmax, "ArgMax", "argmax", "arg_max", "math.argmax")
argmin = _place(gg.argmin, "ArgMin", "argmin", "arg_min", "math.argmin")


def _running(function: Callable[..., gg.Tensor], type: str, *paths: str) -> Callable[..., Any]:
    def apply(
        x: Any,
        axis: Any = 0,
        exclusive: bool = False,
        reverse: bool = False,
        name: str | None = None,
    ) -> gg.Tensor:
        value = as_expression(x)
        return gg.cast(function(value, one_axis(axis), exclusive, reverse), value.dtype)

    apply.__doc__ = function.__doc__
    apply.__name__ = paths[0]
    return operation(*paths, type=type)(apply)


cumsum = _running(gg.cumsum, "Cumsum", "cumsum", "math.cumsum")
cumprod = _running(gg.cumprod, "Cumprod", "cumprod", "math.cumprod")


@operation("bincount", "math.bincount", type="Bincount")
def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = "int32",
    name: str | None = None,
) -> gg.Tensor:
    """Return how often each number from 0 on is there, or the sum of its weights."""
    places = gg.reshape(as_expression(arr), (-1,))
    count: Any = gg.cast(gg.max(places), "int64") + 1
    if minlength is not None:
        count = gg.maximum(count, gg.cast(as_expression(minlength), "int64"))
    if maxlength is not None:
        count = gg.minimum(count, gg.cast(as_expression(maxlength), "int64"))
    numbers = gg.arange(count)
    found = gg.equal(gg.expand_dims(gg.cast(places, "int64"), 0), gg.expand_dims(numbers, 1))
    if weights is None:
        return gg.cast(gg.sum(gg.cast(found, "int64"), 1), kind(dtype))
    heavy = gg.reshape(as_expression(weights), (1, -1))
    return gg.sum(gg.where(found, heavy, gg.zeros_like(heavy)), 1)


@operation("confusion_matrix", "math.confusion_matrix", type="ConfusionMatrix")
def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    dtype: Any = "int32",
    name: str | None = None,
    weights: Any = None,
) -> gg.Tensor:
    """Return how often each class (a row) was taken for each class (a column)."""
    a, b = (gg.cast(gg.reshape(as_expression(v), (-1,)), "int64") for v in (labels, predictions))
    count: Any = gg.maximum(gg.max(a), gg.max(b)) + 1 if num_classes is None else num_classes
    own = kind(dtype)
    classes = gg.arange(gg.cast(as_expression(count), "int64"))
    rows, columns = (
        gg.cast(gg.equal(gg.expand_dims(v, 1), gg.expand_dims(classes, 0)), "float32")
        for v in (a, b)
    )
    if weights is not None:
        rows = rows * gg.expand_dims(gg.cast(as_expression(weights), "float32"), 1)
    return gg.cast(gg.matmul(rows, columns, transpose_a=True), own)
