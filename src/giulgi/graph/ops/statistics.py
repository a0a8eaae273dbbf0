"""Means, variances and other summaries, made of reductions."""

from __future__ import annotations

from giulgi.graph.composed import composed
from giulgi.graph.dtypes import DEFAULT_FLOAT, float64, is_float
from giulgi.graph.ops.casting import as_float, cast
from giulgi.graph.ops.compositions import isfinite, square
from giulgi.graph.ops.elementwise import maximum
from giulgi.graph.ops.functions import exp, log, sqrt
from giulgi.graph.ops.identities import stop_gradient
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import reshape, squeeze
from giulgi.graph.ops.reductions import axes_of, max, sum
from giulgi.graph.ops.shape import size
from giulgi.graph.tensor import Axes, Tensor


@composed
def mean(
    x: TensorLike, axis: Axes = None, *, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The sum divided by the number of elements, y = sum(x) / n.

    Args:
        x: numbers or bools of any shape.
        axis: one axis, several, or None for all.
        keepdims: whether the axes stay, with size 1.
        name: a name for printing.

    Returns:
        The shape of x without the axes; NaN where there are no elements. Floats keep their dtype.
        Of integers and bools it is a float32, which is added up in float64.

    Raises:
        ShapeError: if x has no such axis.
    """
    x = constant(x)
    terms = x if is_float(x.dtype) else cast(x, float64)
    total = sum(terms, axis, keepdims=keepdims) / cast(size(x, axis), terms.dtype)
    total = total if is_float(x.dtype) else cast(total, DEFAULT_FLOAT)
    return total if name is None else Tensor(total.node, name)


@composed
def var(
    x: TensorLike, axis: Axes = None, *, correction: float = 0, keepdims: bool = False
) -> Tensor:
    """The mean squared distance from the mean.

    Args:
        x: the tensor.
        axis: one axis, several, or None for all.
        correction: subtracted from the number of elements that the sum of squares is divided by;
            1 for the unbiased estimate from a sample.
        keepdims: whether the axes stay, with size 1.

    Returns:
        The shape of x without the axes, in its dtype; of integers and bools as float32. Where the
        correction leaves nothing to divide by it is infinite, or NaN.

    Raises:
        ShapeError: if x has no such axis.
    """
    x = as_float(constant(x))
    distance = x - mean(x, axis, keepdims=True)
    if correction == 0:
        return mean(square(distance), axis, keepdims=keepdims)
    count = maximum(cast(size(x, axis), x.dtype) - correction, 0)
    return sum(square(distance), axis, keepdims=keepdims) / count


@composed
def std(
    x: TensorLike, axis: Axes = None, *, correction: float = 0, keepdims: bool = False
) -> Tensor:
    """The square root of :func:`var`."""
    return sqrt(var(x, axis, correction=correction, keepdims=keepdims))


@composed
def logsumexp(x: TensorLike, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """ln(sum(e^x)), without overflow: the largest element is taken out of the sum first."""
    x = as_float(constant(x))
    largest = stop_gradient(max(x, axis, keepdims=True))
    largest = where(isfinite(largest), largest, 0)
    result = log(sum(exp(x - largest), axis, keepdims=True)) + largest
    if keepdims:
        return result
    return reshape(result, ()) if axis is None else squeeze(result, axes_of(axis))


@composed
def count_nonzero(x: TensorLike, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """The number of elements that are not 0, as int64."""
    return sum(constant(x) != 0, axis, keepdims=keepdims)


@composed
def norm(x: TensorLike, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """The Euclidean length sqrt(sum(x^2)) along an axis, several, or all."""
    return sqrt(sum(square(as_float(constant(x))), axis, keepdims=keepdims))
