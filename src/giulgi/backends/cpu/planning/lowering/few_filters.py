"""Convolutions with few filters, such as the last one of a network that paints pictures.

A product with what windows see has as many columns as there are filters, and its code works on
many columns at once: with one filter it would do that many times the work. But the sum over the
taps can be taken apart. Each element of x is multiplied with all taps first, which makes a product
with as many columns as taps and filters,

    z[n, p, t, c] = sum over i of x[n, p, i] kernel[t, i, c]

and then each place of y adds what it sees of that, one number a tap:

    y[n, o, c] = sum over t of z[n, o + t, t, c]

Large windows are taken apart along their last axis alone; along the others the product sums.

The kernel's gradient is a product of what windows see of dy, which has fewer channels than x, and
of x.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from giulgi.backends.cpu.planning.lowering.sliding import Slide, fitted, sizes
from giulgi.backends.cpu.planning.operations.windows import TensorDot
from giulgi.graph import ops
from giulgi.graph.node import build
from giulgi.graph.tensor import Tensor

# Fewer filters than half the columns that code works on at once, ...
_FEW_FILTERS = 4
# ... and more channels than what the sums over taps cost besides.
_MANY_CHANNELS = 8
# So many columns are made at the least, if there are taps enough.
_COLUMNS = 32


def has_few_filters(slide: Slide, channels: int, filters: int) -> bool:
    """Whether a convolution is better taken apart; of windows that move by one element."""
    return (
        filters <= _FEW_FILTERS
        and channels >= max(_MANY_CHANNELS, 4 * filters)
        and slide.taps[-1] > 1
        and all(stride == 1 for stride in slide.strides)
    )


def slid_apart(slide: Slide, x: Tensor, kernel: Tensor) -> Tensor:
    """Return the sums of what windows see of x, which is padded, weighted by a kernel."""
    *_, channels, filters = sizes(kernel)
    # Of what is taken apart along all axes there is not much more than of x.
    is_small = prod(slide.taps) * filters <= max(_COLUMNS, channels)
    summed = () if is_small else tuple(range(slide.rank - 1))
    inside, outside = _divided(slide, sizes(x)[1:-1], summed)

    apart = tuple(axis for axis in range(slide.rank) if axis not in summed)
    order = (*summed, slide.rank, *apart, slide.rank + 1)
    rows = prod(slide.taps[axis] for axis in summed) * channels
    matrix = ops.reshape(ops.transpose(kernel, order), (rows, -1))
    by_tap = (
        build(TensorDot(slide.rank + 1), inside.seen(x), matrix)
        if summed
        else build(TensorDot(1), x, matrix)
    )

    seen = [
        of_all[..., number * filters : (number + 1) * filters]
        for number, (_, of_all) in enumerate(outside.each_tap(by_tap))
    ]
    return sum(seen[1:], start=seen[0])


def _divided(slide: Slide, space: tuple[int, ...], summed: tuple[int, ...]) -> tuple[Slide, Slide]:
    """Return how windows slide that see the taps along some axes of x, and along the others."""
    axes = range(slide.rank)
    inside = replace(
        slide,
        places=tuple(slide.places[a] if a in summed else space[a] for a in axes),
        taps=tuple(slide.taps[a] if a in summed else 1 for a in axes),
    )
    outside = replace(slide, taps=tuple(1 if a in summed else slide.taps[a] for a in axes))
    return inside, outside


def weighed_apart(slide: Slide, x: Tensor, dy: Tensor) -> Tensor:
    """Return for each weight of a kernel the sum of what it sees of the padded x, times dy."""
    reach = [(taps - 1) * apart for taps, apart in zip(slide.taps, slide.dilation, strict=True)]
    # Element p of x is seen by tap t from place p - t: by the last tap from the earliest place.
    back = replace(slide, places=sizes(x)[1:-1])
    seen = back.seen(fitted(dy, [(far, far) for far in reach]))
    places = tuple(range(slide.rank + 1))
    taps = tuple(range(slide.rank + 1, 2 * slide.rank + 2))
    turned = build(
        TensorDot(slide.rank + 1),
        ops.transpose(seen, (*taps, *places)),
        ops.reshape(x, (-1, sizes(x)[-1])),
    )
    return ops.swapaxes(ops.flip(turned, tuple(range(slide.rank))), -1, -2)
