"""Convolutions as products with what windows see.

For a convolution, for what goes back to its input, and for what goes back to its kernel there is
one way to compute them, a product of a matrix and what windows see of an array:

* y is the product of what the windows see of x, and the kernel;
* the kernel's gradient is the product of the same, transposed, and dy;
* the input's gradient is a convolution of dy, put between zeros, with the kernel turned around. If
  the stride is s, every s-th element of it has been seen by the same taps: there are s convolutions
  along an axis, each with its part of the taps, whose results are interleaved. Where the window has
  one place only, nothing is summed, and it is a product of dy and the kernel.

A depthwise convolution has nothing to sum but its taps. It is a sum of products, tap by tap. One
with few filters is taken apart (``few_filters``).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from math import gcd

from giulgi.backends.cpu.planning.lowering.few_filters import (
    has_few_filters,
    slid_apart,
    weighed_apart,
)
from giulgi.backends.cpu.planning.lowering.sliding import (
    Sizes,
    Slide,
    assembled,
    fitted,
    padded_slide,
    sizes,
)
from giulgi.backends.cpu.planning.operations.windows import Interleave, TensorDot
from giulgi.graph import ops
from giulgi.graph.node import build
from giulgi.graph.ops.convolutions import Convolution, ConvolutionInput, ConvolutionKernel
from giulgi.graph.tensor import Tensor
from giulgi.graph.window import Window

# Groups of channels


@dataclass(frozen=True)
class _Part:
    """Channels and filters of a convolution that have to do with each other.

    Attributes:
        channels: which channels of x.
        filters: which filters of the kernel, and channels of y.
        is_depthwise: whether each filter sees one channel, that of its own number.
    """

    channels: slice
    filters: slice
    is_depthwise: bool

    def of_x(self, x: Tensor) -> Tensor:
        """Return the channels of x or dx."""
        return x[..., self.channels]

    def of_y(self, y: Tensor) -> Tensor:
        """Return the filters of y, dy or a kernel."""
        return y[..., self.filters]


def _parts(groups: int, kernel: Sizes) -> list[_Part]:
    """Return the parts of a convolution with a kernel of this shape."""
    seen, filters = kernel[-2:]
    each = filters // groups
    if groups == 1:
        return [_Part(slice(None), slice(None), is_depthwise=False)]
    if seen == 1:
        return [_Part(slice(None), slice(j, None, each), is_depthwise=True) for j in range(each)]
    return [
        _Part(slice(i * seen, (i + 1) * seen), slice(i * each, (i + 1) * each), is_depthwise=False)
        for i in range(groups)
    ]


# The three operations


def convolution(y: Tensor, x: Tensor, kernel: Tensor) -> Tensor:
    """Return the product of what windows see, and the kernel."""
    op = y.op
    assert isinstance(op, Convolution)
    x, slide = padded_slide(op.window, x, sizes(kernel)[:-2], sizes(y)[1:-1])
    parts = _parts(op.groups, sizes(kernel))
    made = [_slid(slide, part.of_x(x), part.of_y(kernel), part.is_depthwise) for part in parts]
    return assembled(made, [part.filters for part in parts], sizes(kernel)[-1])


def _slid(slide: Slide, x: Tensor, kernel: Tensor, is_depthwise: bool) -> Tensor:
    """Return the sums of what windows see, weighted by a kernel."""
    if is_depthwise:
        weighted = [seen * kernel[(*tap, 0)] for tap, seen in slide.each_tap(x)]
        return sum(weighted[1:], start=weighted[0])
    if has_few_filters(slide, *sizes(kernel)[-2:]):
        return slid_apart(slide, x, kernel)
    matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
    return build(TensorDot(slide.rank + 1), slide.seen(x), matrix)


def convolution_kernel(kernel: Tensor, x: Tensor, dy: Tensor, *_: Tensor) -> Tensor:
    """Return the product of what windows see, transposed, and dy."""
    op = kernel.op
    assert isinstance(op, ConvolutionKernel)
    x, slide = padded_slide(op.window, x, sizes(kernel)[:-2], sizes(dy)[1:-1])
    parts = _parts(op.groups, sizes(kernel))
    made = [_weighed(slide, part.of_x(x), part.of_y(dy), part.is_depthwise) for part in parts]
    return assembled(made, [part.filters for part in parts], sizes(kernel)[-1])


def _weighed(slide: Slide, x: Tensor, dy: Tensor, is_depthwise: bool) -> Tensor:
    """Return for each weight of a kernel the sum of what it sees times dy."""
    places = tuple(range(slide.rank + 1))
    if is_depthwise:
        sums = [ops.sum(seen * dy, places) for _, seen in slide.each_tap(x)]
        return ops.reshape(ops.stack(sums), (*slide.taps, 1, dy.shape[-1]))
    if has_few_filters(slide, sizes(x)[-1], sizes(dy)[-1]):
        return weighed_apart(slide, x, dy)
    taps = tuple(range(slide.rank + 1, 2 * slide.rank + 2))
    seen = ops.transpose(slide.seen(x), (*taps, *places))
    return build(TensorDot(slide.rank + 1), seen, ops.reshape(dy, (-1, dy.shape[-1])))


def convolution_input(x: Tensor, dy: Tensor, kernel: Tensor, *_: Tensor) -> Tensor:
    """Return the convolution of dy with the kernel turned around."""
    op = x.op
    assert isinstance(op, ConvolutionInput)
    parts = _parts(op.groups, sizes(kernel))
    made = [
        _spread(op.window, sizes(x), part.of_y(dy), part.of_y(kernel), part.is_depthwise)
        for part in parts
    ]
    if parts[0].is_depthwise:
        return sum(made[1:], start=made[0])
    return assembled(made, [part.channels for part in parts], sizes(x)[-1])


@dataclass(frozen=True)
class _Phase:
    """Every stride-th element of x along an axis: all of them have been seen by the same taps.

    Attributes:
        start: the first of them.
        places: how many there are.
        taps: which taps have seen them.
        dilation: how far apart, in dy, what these taps made of one element is.
        margin: how much dy needs before and after it.
    """

    start: int
    places: int
    taps: range
    dilation: int
    margin: tuple[int, int]


def _phases(window: Window, axis: int, size: int, taps: int, made: int) -> list[_Phase]:
    """Return the phases along an axis of x, of a size, of which so many places were made.

    Tap t of place o saw element p where o * stride + t * dilation = p + before. So with p + before
    = q * stride + r, only taps with t * dilation = r modulo the stride saw it, from place o = q +
    (r - t * dilation) / stride.
    """
    stride, dilation = window.strides[axis], window.dilation[axis]
    before, _ = window.margin(axis, size, taps)
    step, apart = stride // gcd(stride, dilation), dilation // gcd(stride, dilation)
    found = []
    for start in range(min(stride, size)):
        q, r = divmod(start + before, stride)
        first = next((t for t in range(taps) if (t * dilation - r) % stride == 0), taps)
        seen = range(first, taps, step)
        places = len(range(start, size, stride))
        # The last tap comes first, since it saw from the earliest place.
        behind = q + (r - first * dilation) // stride - (len(seen) - 1) * apart
        needed = places + (len(seen) - 1) * apart
        found.append(_Phase(start, places, seen, apart, (-behind, needed + behind - made)))
    return found


def _spread(window: Window, shape: Sizes, dy: Tensor, kernel: Tensor, is_depthwise: bool) -> Tensor:
    """Return what dy gives back to x, which has this shape."""
    rank = window.rank
    for axis in range(rank):
        is_alone = sizes(dy)[1 + axis] == 1 and window.dilation[axis] == 1
        if is_alone and sizes(kernel)[axis] > 1:
            return _spread_from_one(axis, window, shape, dy, kernel, is_depthwise)
    channels = sizes(kernel)[-1 if is_depthwise else -2]
    of_axes = zip(shape[1:-1], sizes(kernel), sizes(dy)[1:-1], strict=False)
    axes = [_phases(window, axis, *of_axis) for axis, of_axis in enumerate(of_axes)]
    parts, starts = [], []
    for phases in itertools.product(*axes):
        places = tuple(phase.places for phase in phases)
        starts.append((0, *(phase.start for phase in phases), 0))
        if not all(phase.taps for phase in phases):
            parts.append(ops.zeros((shape[0], *places, channels), dy.dtype))
            continue
        slide = Slide(
            places,
            tuple(len(phase.taps) for phase in phases),
            (1,) * rank,
            tuple(phase.dilation for phase in phases),
        )
        seen = kernel[tuple(slice(p.taps.start, p.taps.stop, p.taps.step) for p in phases)]
        turned = ops.flip(seen, tuple(range(rank)))
        turned = turned if is_depthwise else ops.swapaxes(turned, -1, -2)
        padded = fitted(dy, [phase.margin for phase in phases])
        parts.append(_slid(slide, padded, turned, is_depthwise))
    if len(parts) == 1:
        return parts[0]
    whole = (shape[0], *shape[1:-1], channels)
    return build(Interleave(whole, tuple(starts), (1, *window.strides, 1)), *parts)


def _spread_from_one(
    axis: int, window: Window, shape: Sizes, dy: Tensor, kernel: Tensor, is_depthwise: bool
) -> Tensor:
    """Return what dy gives back to x, if the window has one place along an axis.

    Each tap has then seen an element of its own, and there is nothing to sum: the taps count as
    channels. As a convolution of dy between zeros it would be taps times the work.
    """
    rank, taps = window.rank, sizes(kernel)[axis]
    channels = sizes(kernel)[-1 if is_depthwise else -2]
    by_tap = ops.moveaxis(kernel, axis, rank if is_depthwise else rank - 1)
    others = [1 if other == axis else size for other, size in enumerate(sizes(kernel)[:-2])]
    if is_depthwise:
        dy = ops.concat([dy] * taps, -1)
        by_tap = ops.reshape(by_tap, (*others, 1, taps * channels))
    else:
        by_tap = ops.reshape(by_tap, (*others, taps * channels, sizes(kernel)[-1]))
    margins = list(window.margins(shape[1:-1], sizes(kernel)[:-2]))
    before, _ = margins[axis]
    margins[axis] = (0, 0)
    alone = replace(window, padding=tuple(margins))
    space = [1 if other == axis else size for other, size in enumerate(shape[1:-1])]
    made = _spread(alone, (shape[0], *space, taps * channels), dy, by_tap, is_depthwise)
    space.pop(axis)
    x = ops.moveaxis(ops.reshape(made, (shape[0], *space, taps, channels)), rank, 1 + axis)
    cuts = [(0, 0)] * rank
    cuts[axis] = (-before, shape[1 + axis] + before - taps)
    return fitted(x, cuts)
