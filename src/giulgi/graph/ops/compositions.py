"""Functions of numbers that are made of others."""

from __future__ import annotations

import math

from giulgi.graph.ops.elementwise import as_float, divide, maximum, minimum, multiply
from giulgi.graph.ops.functions import exp, expm1, log, log1p, sqrt
from giulgi.graph.ops.leaves import TensorLike, constant, promote
from giulgi.graph.ops.logic import where
from giulgi.graph.tensor import Tensor


def square(x: TensorLike, name: str | None = None) -> Tensor:
    """x * x, element by element."""
    x = constant(x)
    return multiply(x, x, name)


def reciprocal(x: TensorLike, name: str | None = None) -> Tensor:
    """1 / x, element by element."""
    return divide(1, x, name)


def log2(x: TensorLike, name: str | None = None) -> Tensor:
    """ln x / ln 2."""
    return divide(log(x), math.log(2), name)


def log10(x: TensorLike, name: str | None = None) -> Tensor:
    """ln x / ln 10."""
    return divide(log(x), math.log(10), name)


def logaddexp(a: TensorLike, b: TensorLike) -> Tensor:
    """ln(e^a + e^b), without overflow: max(a, b) + ln(1 + e^-|a - b|)."""
    a, b = (as_float(t) for t in promote(a, b))
    # At a tie the first is the larger one, and the other the smaller: each has half the gradient.
    larger, smaller = maximum(a, b), minimum(b, a)
    # Equal infinities have no difference: there the larger one is already the answer.
    same = (larger == smaller) & isinf(larger)
    return larger + log1p(exp(where(same, 0, smaller - larger)))


def rsqrt(x: TensorLike, name: str | None = None) -> Tensor:
    """1 / sqrt(x), element by element."""
    return divide(1, sqrt(x), name)


def sinh(x: TensorLike) -> Tensor:
    """(e^x - e^-x) / 2, exact also near 0: ((e^x - 1) - (e^-x - 1)) / 2."""
    x = as_float(constant(x))
    return 0.5 * (expm1(x) - expm1(-x))


def cosh(x: TensorLike) -> Tensor:
    """(e^x + e^-x) / 2."""
    return 0.5 * (exp(x) + exp(-constant(x)))


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


def acosh(x: TensorLike) -> Tensor:
    """ln(x + sqrt(x^2 - 1)), for x >= 1, exact also near 1: with t = x - 1,
    ln(1 + t + sqrt(2 t + t^2)).
    """
    x = as_float(constant(x))
    far = x > 1e9
    t = where(far, 1, x) - 1
    exact = log1p(t + sqrt(2 * t + t * t))
    return where(far, log(where(far, x, 1)) + math.log(2), exact)


def atanh(x: TensorLike) -> Tensor:
    """ln((1 + x) / (1 - x)) / 2, for -1 < x < 1."""
    x = as_float(constant(x))
    return 0.5 * (log1p(x) - log1p(-x))


def hypot(a: TensorLike, b: TensorLike) -> Tensor:
    """sqrt(a^2 + b^2), without overflow: the larger times sqrt(1 + ratio^2)."""
    a, b = (abs(as_float(t)) for t in promote(a, b))
    larger = maximum(a, b)
    infinite = isinf(a) | isinf(b)
    safe = where((larger == 0) | infinite, 1, larger)
    return where(infinite, math.inf, safe * sqrt((a / safe) ** 2 + (b / safe) ** 2))


def isinf(x: TensorLike) -> Tensor:
    """Whether x is infinite, element by element."""
    return abs(as_float(constant(x))) == math.inf


def isnan(x: TensorLike) -> Tensor:
    """Whether x is NaN, element by element: NaN alone differs from itself."""
    x = as_float(constant(x))
    return x != x


def isfinite(x: TensorLike) -> Tensor:
    """Whether x is neither NaN nor infinite, element by element."""
    return abs(as_float(constant(x))) < math.inf
