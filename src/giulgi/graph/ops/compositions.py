"""Functions that are made of others: of each element, of pairs, and of neighbours."""

from __future__ import annotations

import math

import numpy as np

from giulgi.errors import ArgumentError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import float64, is_bool, is_float
from giulgi.graph.ops import reductions
from giulgi.graph.ops.casting import as_float, cast
from giulgi.graph.ops.elementwise import divide, maximum, minimum, multiply
from giulgi.graph.ops.functions import exp, expm1, log, log1p, sqrt
from giulgi.graph.ops.leaves import TensorLike, constant, promote
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.slicing import slice_axis
from giulgi.graph.tensor import Tensor


@composed
def square(x: TensorLike, name: str | None = None) -> Tensor:
    """x * x, element by element."""
    x = constant(x)
    return multiply(x, x, name)


@composed
def reciprocal(x: TensorLike, name: str | None = None) -> Tensor:
    """1 / x, element by element."""
    return divide(1, x, name)


@composed
def log2(x: TensorLike, name: str | None = None) -> Tensor:
    """ln x / ln 2."""
    return divide(log(x), math.log(2), name)


@composed
def log10(x: TensorLike, name: str | None = None) -> Tensor:
    """ln x / ln 10."""
    return divide(log(x), math.log(10), name)


@composed
def logaddexp(a: TensorLike, b: TensorLike) -> Tensor:
    """ln(e^a + e^b), without overflow: max(a, b) + ln(1 + e^-|a - b|)."""
    a, b = (as_float(t) for t in promote(a, b))
    # At a tie the first is the larger one, and the other the smaller: each has half the gradient.
    larger, smaller = maximum(a, b), minimum(b, a)
    # Equal infinities have no difference: there the larger one is already the answer.
    same = (larger == smaller) & isinf(larger)
    return larger + log1p(exp(where(same, 0, smaller - larger)))


@composed
def rsqrt(x: TensorLike, name: str | None = None) -> Tensor:
    """1 / sqrt(x), element by element."""
    return divide(1, sqrt(x), name)


@composed
def sinh(x: TensorLike) -> Tensor:
    """(e^x - e^-x) / 2, exact also near 0: ((e^x - 1) - (e^-x - 1)) / 2."""
    x = as_float(constant(x))
    return 0.5 * (expm1(x) - expm1(-x))


@composed
def cosh(x: TensorLike) -> Tensor:
    """(e^x + e^-x) / 2."""
    x = as_float(constant(x))
    return 0.5 * (exp(x) + exp(-x))


@composed
def asinh(x: TensorLike) -> Tensor:
    """ln(x + sqrt(x^2 + 1)), exact also near 0 and far from it."""
    x = as_float(constant(x))
    # Not sign and abs: their slopes at 0 are 0, and that of asinh is 1.
    sign = where(x < 0, constant(-1, x.dtype), 1)
    size = sign * x
    # Far out x^2 would overflow, and asinh x is ln 2x.
    far = size > 1e9
    near = where(far, 1, size)
    exact = log1p(near + near * near / (1 + sqrt(near * near + 1)))
    return sign * where(far, log(where(far, size, 1)) + math.log(2), exact)


@composed
def acosh(x: TensorLike) -> Tensor:
    """ln(x + sqrt(x^2 - 1)), for x >= 1, exact also near 1: with t = x - 1,
    ln(1 + t + sqrt(2 t + t^2)).
    """
    x = as_float(constant(x))
    far = x > 1e9
    t = where(far, 1, x) - 1
    exact = log1p(t + sqrt(2 * t + t * t))
    return where(far, log(where(far, x, 1)) + math.log(2), exact)


@composed
def atanh(x: TensorLike) -> Tensor:
    """ln((1 + x) / (1 - x)) / 2, for -1 < x < 1."""
    x = as_float(constant(x))
    return 0.5 * (log1p(x) - log1p(-x))


@composed
def hypot(a: TensorLike, b: TensorLike) -> Tensor:
    """sqrt(a^2 + b^2), without overflow: the larger times sqrt(1 + ratio^2)."""
    a, b = (abs(as_float(t)) for t in promote(a, b))
    larger = maximum(a, b)
    infinite = isinf(a) | isinf(b)
    safe = where((larger == 0) | infinite, 1, larger)
    return where(infinite, math.inf, safe * sqrt((a / safe) ** 2 + (b / safe) ** 2))


@composed
def isinf(x: TensorLike) -> Tensor:
    """Whether x is infinite, element by element."""
    return abs(as_float(constant(x))) == math.inf


@composed
def isnan(x: TensorLike) -> Tensor:
    """Whether x is NaN, element by element: NaN alone differs from itself."""
    x = as_float(constant(x))
    return x != x


@composed
def isfinite(x: TensorLike) -> Tensor:
    """Whether x is neither NaN nor infinite, element by element."""
    return abs(as_float(constant(x))) < math.inf


@composed
def isclose(
    a: TensorLike,
    b: TensorLike,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    *,
    equal_nan: bool = False,
) -> Tensor:
    """Whether |a - b| <= atol + rtol |b|, element by element.

    Infinities are close to themselves alone. Integers are compared as float64.

    Args:
        a: the first tensor.
        b: the second, with which the allowed distance grows.
        rtol: the allowed distance, as a part of |b|.
        atol: the allowed distance where b is 0.
        equal_nan: whether NaN is close to NaN.

    Returns:
        bools, in the shape in which a and b meet.
    """
    a, b = (x if is_float(x.dtype) else cast(x, float64) for x in promote(a, b))
    # An infinite b would allow every distance.
    close = (abs(a - b) <= atol + rtol * abs(b)) & isfinite(b)
    close = close | (a == b)
    return close | (isnan(a) & isnan(b)) if equal_nan else close


@composed
def allclose(
    a: TensorLike,
    b: TensorLike,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    *,
    equal_nan: bool = False,
) -> Tensor:
    """Whether all elements of a and b are close, as :func:`isclose` says it: one bool."""
    return reductions.all(isclose(a, b, rtol, atol, equal_nan=equal_nan))


@composed
def nan_to_num(
    x: TensorLike,
    *,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:
    """Return x with numbers in place of NaN and the infinities, element by element.

    No gradient flows to an element that is replaced.

    Args:
        x: the tensor; integers and bools stay as they are.
        nan: what stands for NaN.
        posinf: what stands for infinity; None: the largest number of the dtype.
        neginf: what stands for -infinity; None: the least number of the dtype.
    """
    x = constant(x)
    if not is_float(x.dtype):
        return x
    largest = float(np.finfo(x.dtype).max)
    finite = where(x == math.inf, largest if posinf is None else posinf, x)
    finite = where(x == -math.inf, -largest if neginf is None else neginf, finite)
    return where(isnan(x), nan, finite)


@composed
def diff(x: TensorLike, n: int = 1, axis: int = -1) -> Tensor:
    """Return the differences of neighbours along an axis: y[i] = x[i + 1] - x[i].

    Args:
        x: a tensor of at least one axis. Of bools the result says which neighbours differ.
        n: how many times differences are taken.
        axis: the axis.

    Returns:
        The shape of x with n elements less along the axis, but not less than 0.

    Raises:
        ArgumentError: if n is negative.
        ShapeError: if x has no such axis.
    """
    if n < 0:
        raise ArgumentError(f"n is {n}; it cannot be negative.", fix="n=1 for x[1:] - x[:-1]")
    x = constant(x)
    for _ in range(n):
        later, earlier = slice_axis(x, axis, 1, None), slice_axis(x, axis, None, -1)
        x = later != earlier if is_bool(x.dtype) else later - earlier
    return x
