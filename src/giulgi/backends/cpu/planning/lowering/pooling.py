"""Pooling, tap by tap: elementwise operations on what each tap sees at all places."""

from __future__ import annotations

import itertools

import numpy as np

from giulgi.backends.cpu.planning.lowering.sliding import Sizes, fitted, padded_slide, sizes
from giulgi.backends.cpu.planning.operations.windows import Interleave
from giulgi.graph import ops
from giulgi.graph.node import build
from giulgi.graph.ops.pooling import AtTap, FromTap, GreatestTap, lowest
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
    margins = window.margins(sizes(x)[1:-1], taps)
    is_tiling = window.strides == taps and all(step == 1 for step in window.dilation)
    if is_tiling and not any(before for before, _ in margins):
        return _tiled(dy, tap, taps, sizes(x))
    return _overlapping(x, dy, tap)


def _overlapping(x: Tensor, dy: Tensor, tap: Tensor) -> Tensor:
    """Return dx where several windows may see an element, or none.

    Elements that are as far apart as windows are seen by the same taps, each by those of other
    windows. They are computed together, and then stand between the others.
    """
    op = x.op
    assert isinstance(op, FromTap)
    space, strides = sizes(x)[1:-1], op.window.strides
    firsts = list(itertools.product(*map(range, map(min, strides, space))))
    looks = [_looks(op, space, first) for first in firsts]
    counts = [tuple(map(len, map(range, first, space, strides))) for first in firsts]
    dy, tap, before = _with_room(dy, tap, looks, counts)
    parts = [
        _sum_of_looks(op, dy, tap, before, look, count)
        for look, count in zip(looks, counts, strict=True)
    ]
    starts = tuple((0, *first, 0) for first in firsts)
    return build(Interleave(sizes(x), starts, (1, *strides, 1)), *parts)


# Along an axis: which tap sees an element, and from which window on.
Look = tuple[int, int]


def _looks(op: FromTap, space: Sizes, first: Sizes) -> list[list[Look]]:
    """Return for each axis who sees the elements that lie a stride apart, from a first one on."""
    margins = op.window.margins(space, op.taps)
    found = []
    for axis, (taps, stride) in enumerate(zip(op.taps, op.window.strides, strict=True)):
        place = first[axis] + margins[axis][0]
        away = [(number, place - number * op.window.dilation[axis]) for number in range(taps)]
        found.append([(n, start // stride) for n, start in away if start % stride == 0])
    return found


def _with_room(
    dy: Tensor, tap: Tensor, looks: list[list[list[Look]]], counts: list[Sizes]
) -> tuple[Tensor, Tensor, Sizes]:
    """Return both with zeros around for windows that are not there, and how many are before."""
    margins = []
    for axis, there in enumerate(sizes(dy)[1:-1]):
        starts = [
            (start, count[axis])
            for look, count in zip(looks, counts, strict=True)
            for _, start in look[axis]
        ]
        before = max((-start for start, _ in starts), default=0)
        after = max((start + count - there for start, count in starts), default=0)
        margins.append((max(before, 0), max(after, 0)))
    return fitted(dy, margins), fitted(tap, margins), tuple(before for before, _ in margins)


def _sum_of_looks(
    op: FromTap, dy: Tensor, tap: Tensor, before: Sizes, looks: list[list[Look]], count: Sizes
) -> Tensor:
    """Return what comes back to elements that lie a stride apart: of each tap that sees them."""
    zero = ops.constant(0, dy.dtype)
    total = None
    for along in itertools.product(*looks):
        number = int(np.ravel_multi_index([n for n, _ in along], op.taps))
        starts = [start + room for (_, start), room in zip(along, before, strict=True)]
        cut = (..., *(slice(s, s + n) for s, n in zip(starts, count, strict=True)), slice(None))
        part = ops.where(tap[cut] == ops.constant(number, tap.dtype), dy[cut], zero)
        total = part if total is None else total + part
    shape = (sizes(dy)[0], *count, sizes(dy)[-1])
    return ops.zeros(shape, dy.dtype) if total is None else total


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
