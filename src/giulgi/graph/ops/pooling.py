"""Pooling: the greatest element, or the mean, of what a window sees; channels are last.

The greatest element is found in two steps. GreatestTap says which tap of each window sees it, and
AtTap looks there: it only picks elements, so that its gradient, FromTap, puts each back to where it
was picked. A mean is the sum that a convolution with a kernel of ones makes, channel by channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from giulgi.errors import ShapeError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import DType, is_float
from giulgi.graph.node import build
from giulgi.graph.op import Op
from giulgi.graph.ops.casting import as_float
from giulgi.graph.ops.convolutions import channels_first, channels_last, convolution
from giulgi.graph.ops.creation import ones, ones_like
from giulgi.graph.ops.elementwise import divide
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.ops.shape import Shaped, build_shaped, sizes_of
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor
from giulgi.graph.window import Window, as_window, steps_of

Array = np.ndarray[Any, Any]


def lowest(dtype: DType) -> float:
    """Return the number of a dtype that is greater than none: what stands around x."""
    return -np.inf if is_float(dtype) else int(np.iinfo(dtype).min)


@dataclass(frozen=True)
class GreatestTap(Op):
    """Which tap of a window sees the greatest element of x, for each place and channel.

    Taps count from 0, the last axis of space fastest. Of equal elements the first is meant; NaN is
    greater than any number.
    """

    window: Window
    taps: tuple[int, ...]

    def infer_dtype(self, x: DType) -> DType:
        return np.dtype(np.uint8 if prod(self.taps) <= 256 else np.int32)

    def infer_shape(self, x: Shape) -> Shape:
        _require_rank(self.window, x)
        return (x[0], *self.window.all_places(x[1:-1], self.taps), x[-1])

    def numpy(self, x: Array) -> Array:
        padded = _padded(self.window, x, self.taps)
        places = self.window.all_places(x.shape[1:-1], self.taps)
        found = np.zeros((x.shape[0], *places, x.shape[-1]), self.infer_dtype(x.dtype))
        greatest = None
        for number, tap in enumerate(np.ndindex(*self.taps)):
            seen = padded[:, *self.window.seen(tap, places)]
            if greatest is None:
                greatest = seen.copy()
                continue
            is_greater = ~(seen <= greatest) & (greatest == greatest)
            found[is_greater] = number
            greatest[is_greater] = seen[is_greater]
        return found


@dataclass(frozen=True)
class AtTap(Op):
    """What one tap of each window sees: y[n, o, c] = x[n, o * stride + t * dilation - before, c].

    The tap t is of each place and channel its own; the first input is x, the second tells the taps.
    """

    window: Window
    taps: tuple[int, ...]

    def infer_dtype(self, x: DType, tap: DType) -> DType:
        return x

    def infer_shape(self, x: Shape, tap: Shape) -> Shape:
        return tap

    def numpy(self, x: Array, tap: Array) -> Array:
        padded = _padded(self.window, x, self.taps)
        y = np.empty(tap.shape, x.dtype)
        for number, at in enumerate(np.ndindex(*self.taps)):
            chosen = tap == number
            y[chosen] = padded[:, *self.window.seen(at, tap.shape[1:-1])][chosen]
        return y

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor, tap: Tensor) -> tuple[Tensor, None]:
        how = {"window": self.window, "taps": self.taps}
        return build_shaped(FromTap, sizes_of(x), dy, tap, **how), None


@dataclass(frozen=True)
class FromTap(Shaped):
    """dy put back to where the taps saw it, added up where several windows saw the same."""

    window: Window
    taps: tuple[int, ...]

    def infer_dtype(self, dy: DType, tap: DType) -> DType:
        return dy

    def numpy(self, dy: Array, tap: Array, shape: Array | None = None) -> Array:
        sizes = self.concrete_shape(shape)
        margins = self.window.margins(sizes[1:-1], self.taps)
        padded = np.pad(np.zeros(sizes, dy.dtype), ((0, 0), *margins, (0, 0)))
        for number, at in enumerate(np.ndindex(*self.taps)):
            part = np.where(tap == number, dy, dy.dtype.type(0))
            padded[:, *self.window.seen(at, dy.shape[1:-1])] += part
        return padded[:, *self.window.inside(sizes[1:-1], self.taps)]

    def gradient(
        self, dx: Tensor, x: Tensor, dy: Tensor, tap: Tensor, *shape: Tensor
    ) -> tuple[Tensor | None, ...]:
        return build(AtTap(self.window, self.taps), dx, tap), None, *(None for _ in shape)


def _require_rank(window: Window, x: Shape) -> None:
    if len(x) != window.rank + 2:
        raise ShapeError(
            f"with {window.rank} axes of space, x is (batch, *space, channels), and has "
            f"{len(x)} axes.",
            fix="for two axes of space x is as (128, 28, 28, 32)",
        )


def _padded(window: Window, x: Array, taps: tuple[int, ...]) -> Array:
    margins = window.margins(x.shape[1:-1], taps)
    around = x.dtype.type(lowest(x.dtype))
    return np.pad(x, ((0, 0), *margins, (0, 0)), constant_values=around)


# What a user calls


@composed
def max_pool(
    x: TensorLike,
    size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str | int | Sequence[int | Sequence[int]] = "valid",
    data_format: str = "channels_last",
    name: str | None = None,
) -> Tensor:
    """Return the greatest element of what each window sees.

    y[n, o, c] = max over t of x[n, o stride + t - before, c]. The gradient goes to the greatest
    element, to the first of them if there are several.

    Args:
        x: (batch, *space, channels); (batch, channels, *space) if channels are first.
        size: how many elements a window sees, along all axes of space or along each.
        strides: how far the window moves; None: by its size.
        padding: as for :func:`convolution`; what is around x is never the greatest.
        data_format: "channels_last" or "channels_first".
        name: a name for printing.

    Returns:
        (batch, *places, channels), or (batch, channels, *places).

    Raises:
        ShapeError: if the window is longer than x.
        ArgumentError: if an option is not one of those named.
    """
    x, window, taps = _pooled(constant(x), size, strides, padding, data_format)
    tap = build(GreatestTap(window, taps), x)
    return channels_first(build(AtTap(window, taps), x, tap, name=name), data_format)


@composed
def average_pool(
    x: TensorLike,
    size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str | int | Sequence[int | Sequence[int]] = "valid",
    data_format: str = "channels_last",
    name: str | None = None,
) -> Tensor:
    """Return the mean of what each window sees; what is around x is not counted.

    y[n, o, c] = mean over t of x[n, o stride + t - before, c].

    Args:
        x: (batch, *space, channels); (batch, channels, *space) if channels are first.
        size: how many elements a window sees, along all axes of space or along each.
        strides: how far the window moves; None: by its size.
        padding: as for :func:`convolution`.
        data_format: "channels_last" or "channels_first".
        name: a name for printing.

    Returns:
        (batch, *places, channels), or (batch, channels, *places); of integers as float32.

    Raises:
        ShapeError: if the window is longer than x.
        ArgumentError: if an option is not one of those named.
    """
    x, window, taps = _pooled(as_float(constant(x)), size, strides, padding, data_format)
    sums = _summed(x, window, taps)
    counts: Tensor | int = prod(taps)
    if window.padding != "valid":
        # All examples and channels have the same windows.
        counts = _summed(ones_like(x[:1, ..., :1]), window, taps)
    return channels_first(divide(sums, counts, name=name), data_format)


def _pooled(
    x: Tensor, size: Any, strides: Any, padding: Any, data_format: str
) -> tuple[Tensor, Window, tuple[int, ...]]:
    """Return x with channels last, and its windows."""
    if x.ndim < 3:
        raise ShapeError(
            "there is no axis of space.",
            arguments=[("x", x.description)],
            fix="x is (batch, *space, channels), as (128, 28, 28, 32)",
        )
    rank = x.ndim - 2
    taps = steps_of("size", size, rank)
    window = as_window(rank, taps if strides is None else strides, 1, padding)
    return channels_last(x, data_format), window, taps


def _summed(x: Tensor, window: Window, taps: tuple[int, ...]) -> Tensor:
    """Return the sum of what each window sees."""
    channels = x.shape[-1]
    if channels is None:
        raise ShapeError("the number of channels must be known.", arguments=[("x", x.description)])
    # Each channel is a group of its own; without any, there is one group of none.
    kernel = ones((*taps, min(channels, 1), channels), x.dtype)
    groups = max(channels, 1)
    return convolution(x, kernel, window.strides, window.padding, groups=groups)
