"""Resizing: pictures with other numbers of points, each made of those around its place.

Points are thought in the middle of squares. So place o of m is the place (o + 1/2) n / m - 1/2 of
the n that are given. Along an axis the result is linear in x:

* enlarged, it is a product with a matrix of weights, whose transpose gives the gradient;
* made smaller, it looks at few elements of many: it gathers both neighbours of each place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from giulgi.errors import ArgumentError, ShapeError, UnknownArgumentError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import float64
from giulgi.graph.ops.casting import as_float, cast
from giulgi.graph.ops.contraction import matmul
from giulgi.graph.ops.convolutions import channels_first, channels_last
from giulgi.graph.ops.creation import arange
from giulgi.graph.ops.elementwise import maximum
from giulgi.graph.ops.functions import sin
from giulgi.graph.ops.indexing import gather
from giulgi.graph.ops.joining import enlarged
from giulgi.graph.ops.leaves import TensorLike, constant, settled_value
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import expand_dims, reshape
from giulgi.graph.ops.reductions import sum
from giulgi.graph.ops.shape import dims_of
from giulgi.graph.tensor import Tensor
from giulgi.names import suggestion

# How much an element counts, by its distance from a place


def _triangle(distance: Tensor) -> Tensor:
    return maximum(1 - distance, 0)


def _cubic(distance: Tensor) -> Tensor:
    """Keys, IEEE Transactions on Acoustics, Speech, and Signal Processing 29 (1981); a = -1/2."""
    near = (1.5 * distance - 2.5) * distance * distance + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return where(distance < 1, near, where(distance < 2, far, 0))


def _lanczos(radius: int, distance: Tensor) -> Tensor:
    """sinc(x) sinc(x / radius); Duchon, Journal of Applied Meteorology 18 (1979)."""
    angle = math.pi * where(distance == 0, 1, distance)
    waves = radius * sin(angle) * sin(angle / radius) / (angle * angle)
    return where(distance == 0, 1, where(distance < radius, waves, 0))


Weighing = Callable[[Tensor], Tensor]
_WEIGHINGS: dict[str, Weighing] = {
    "bilinear": _triangle,
    "bicubic": _cubic,
    "lanczos3": partial(_lanczos, 3),
    "lanczos5": partial(_lanczos, 5),
}
METHODS = ("nearest", *_WEIGHINGS)


# One axis


def _nearest(x: Tensor, axis: int, n: Any, m: Any) -> Tensor:
    """Return the element in whose square each place lies."""
    return gather(x, _settled((2 * arange(m) + 1) * n // (2 * m)), axis)


def _between(x: Tensor, axis: int, n: int, m: int) -> Tensor:
    """Return what lies between both neighbours of each place, of which there are less than n."""
    twice = (2 * arange(m) + 1) * n - m  # The place, times 2 m.
    before = _settled(twice // (2 * m))
    share = _settled(cast(twice % (2 * m), float64) / (2 * m))
    share = reshape(cast(share, x.dtype), (-1, *[1] * (x.ndim - 1 - axis)))
    return gather(x, before, axis) * (1 - share) + gather(x, before + 1, axis) * share


def _weighted(x: Tensor, axis: int, n: Any, m: Any, weigh: Weighing, antialias: bool) -> Tensor:
    """Return the product with the matrix (m, n) of how much each element counts for each place."""
    step = cast(n, float64) / cast(m, float64)
    places = (arange(m) + 0.5) * step - 0.5
    distances = abs(expand_dims(places, 1) - arange(n))
    # Made smaller, each place stands for all elements that were there.
    weights = weigh(distances / maximum(step, 1) if antialias else distances)
    matrix = _settled(cast(weights / sum(weights, 1, keepdims=True), x.dtype))
    sizes = dims_of(x)
    rows = matmul(matrix, reshape(x, (*sizes[: axis + 1], math.prod(sizes[axis + 1 :]))))
    return reshape(rows, (*sizes[:axis], m, *sizes[axis + 1 :]))


def _settled(x: Tensor) -> Tensor:
    """Return a tensor that depends on constants alone as a constant, any other as it is."""
    value = settled_value(x)
    return x if value is None else constant(value)


# What a user calls


@composed
def resize(
    x: TensorLike,
    size: Any,
    method: str = "bilinear",
    *,
    antialias: bool = False,
    data_format: str = "channels_last",
) -> Tensor:
    """Return pictures with other numbers of points, each made of those around its place.

    Place o of m along an axis of size n is the place p = (o + 1/2) n / m - 1/2 of x, and

        y[o] = sum over i of w(p - i) x[i] / sum over i of w(p - i)

    with w(d) = max(1 - abs(d), 0) for "bilinear". (NumPy's ``resize``, which repeats numbers, is
    something else.)

    Args:
        x: (batch, *space, channels); (batch, channels, *space) if channels are first.
        size: the sizes of the result along the axes of space; one number is for all axes.
        method: "bilinear"; "nearest", the element in whose square p lies; or "bicubic", "lanczos3",
            "lanczos5" for wider w, which may leave the range of x.
        antialias: whether w is stretched by n / m where that is more than 1, so that all elements
            count when pictures become smaller.
        data_format: "channels_last" or "channels_first".

    Returns:
        (batch, *size, channels), or (batch, channels, *size). Integers become float32, unless they
        are picked by "nearest".

    Raises:
        ShapeError: if x has no axis of space.
        ArgumentError: if a size is less than 1, or there are not as many as axes of space.
        UnknownArgumentError: if there is no such method.
    """
    x = constant(x)
    if x.ndim < 3:
        raise ShapeError("there is no axis of space.", fix="x is as (128, 28, 28, 3)")
    if method not in METHODS:
        raise UnknownArgumentError(
            f"there is no method {method!r}.", fix=suggestion(str(method), METHODS)
        )
    sizes = _sizes(size, x.ndim - 2)
    x = channels_last(x if method == "nearest" else as_float(x), data_format)
    if method == "nearest" and (counts := _whole_counts(x, sizes)):
        return channels_first(enlarged(x, counts), data_format)
    for axis in range(len(sizes), 0, -1):
        x = _along(x, axis, sizes[axis - 1], method, antialias)
    return channels_first(x, data_format)


def _whole_counts(x: Tensor, sizes: Sequence[Any]) -> Sequence[int] | None:
    """Return how many times each axis of x goes into its new size; None if one does not."""
    pairs = [(n, m) for n, m in zip(x.shape[1:-1], sizes, strict=True)]
    if all(n and isinstance(m, int) and m % n == 0 for n, m in pairs):
        return [1, *(m // n for n, m in pairs if n), 1]
    return None


def _along(x: Tensor, axis: int, m: Any, method: str, antialias: bool) -> Tensor:
    n = dims_of(x)[axis]
    if isinstance(n, int) and n == m:
        return x
    if method == "nearest":
        return _nearest(x, axis, n, m)
    is_smaller = isinstance(n, int) and isinstance(m, int) and m < n
    if method == "bilinear" and is_smaller and not antialias:
        return _between(x, axis, n, m)
    return _weighted(x, axis, n, m, _WEIGHINGS[method], antialias)


def _sizes(given: Any, rank: int) -> Sequence[Any]:
    sizes = list(given) if isinstance(given, (list, tuple)) else [given] * rank
    if len(sizes) != rank or any(
        not isinstance(size, Tensor) and (type(size) is not int or size < 1) for size in sizes
    ):
        raise ArgumentError(
            f"size is {given!r}; there are {rank} axes of space.",
            fix=f"give one whole number of at least 1, or {rank} of them",
        )
    return sizes
