"""Pooling, tap by tap: elementwise operations on what each tap sees at all places."""

from __future__ import annotations

import numpy as np

from giulgi.backends.cpu.planning.lowering.sliding import Sizes, Slide, fitted, padded_slide, sizes
from giulgi.graph import ops
from giulgi.graph.ops.pooling import AtTap, FromTap, GreatestTap, lowest
from giulgi.graph.ops.shape import build_shaped
from giulgi.graph.ops.slicing import Embed
from giulgi.graph.tensor import Tensor
from giulgi.graph.window import Window


def greatest_tap(tap: Tensor, x: Tensor) -> Tensor:
    """Return which tap sees the greatest element: the last that saw more than all before."""
    op = tap.op
    assert isinstance(op, GreatestTap)
    return _greatest(op.window, op.taps, x, tap)[0]


def at_tap(y: Tensor, x: Tensor, tap: Tensor) -> Tensor:
    """Return what the taps see."""
    op = y.op
    assert isinstance(op, AtTap)
    of_greatest, greatest = _greatest(op.window, op.taps, x, tap)
    if tap.node is of_greatest.node:
        return greatest  # It was at hand when the tap was found.
    x, slide = padded_slide(op.window, x, op.taps, sizes(y)[1:-1], lowest(x.dtype))
    (_, found), *others = slide.each_tap(x)
    for number, (_, seen) in enumerate(others, start=1):
        found = ops.where(tap == number, seen, found)
    return found


def _greatest(window: Window, taps: Sizes, x: Tensor, tap: Tensor) -> tuple[Tensor, Tensor]:
    """Return which tap sees the greatest element, like ``tap``, and the element."""
    x, slide = padded_slide(window, x, taps, sizes(tap)[1:-1], lowest(x.dtype))
    (_, greatest), *others = slide.each_tap(x)
    found = ops.zeros(sizes(tap), tap.dtype)
    for number, (_, seen) in enumerate(others, start=1):
        # NaN is greater than numbers, and nothing is greater than NaN.
        is_number = ops.equal(greatest, greatest)
        is_greater = ops.logical_and(ops.logical_not(seen <= greatest), is_number)
        greatest = ops.where(is_greater, seen, greatest)
        found = ops.where(is_greater, ops.constant(number, tap.dtype), found)
    return found, greatest


def from_tap(x: Tensor, dy: Tensor, tap: Tensor, *_: Tensor) -> Tensor:
    """Return dy put back to where the taps saw it."""
    op = x.op
    assert isinstance(op, FromTap)
    window, taps = op.window, op.taps
    is_tiling = window.strides == taps and window.padding == "valid"
    if is_tiling and all(step == 1 for step in window.dilation):
        return _tiled(dy, tap, taps, sizes(x))
    margins = window.margins(sizes(x)[1:-1], taps)
    padded = (
        size + before + after for size, (before, after) in zip(sizes(x)[1:-1], margins, strict=True)
    )
    whole = (sizes(x)[0], *padded, sizes(x)[-1])
    total = ops.zeros(whole, dy.dtype)
    slide = Slide(sizes(dy)[1:-1], taps, window.strides, window.dilation)
    for number, cuts in enumerate(slide.cuts()):
        part = ops.where(tap == number, dy, ops.constant(0, dy.dtype))
        total = total + build_shaped(Embed, whole, part, cuts=((None, None, 1), *cuts))
    return fitted(total, [(-before, -after) for before, after in margins])


def _tiled(dy: Tensor, tap: Tensor, taps: Sizes, shape: Sizes) -> Tensor:
    """Return dx where windows lie side by side: each element is compared with its own tap."""
    batch, *places, channels = sizes(dy)
    rank = len(taps)
    split = (batch, *(n for place in places for n in (place, 1)), channels)
    numbers = np.arange(int(np.prod(taps))).reshape(taps)
    own = numbers.reshape((1, *(n for count in taps for n in (1, count)), 1))
    is_own = ops.reshape(tap, split) == ops.constant(own, tap.dtype)
    parts = ops.where(is_own, ops.reshape(dy, split), ops.constant(0, dy.dtype))
    covered = [place * count for place, count in zip(places, taps, strict=True)]
    whole = ops.reshape(parts, (batch, *covered, channels))
    left = [(0, shape[1 + axis] - covered[axis]) for axis in range(rank)]
    return fitted(whole, left)
