"""Convolutions of enlarged arrays, as networks have them that paint pictures.

Where each element of x is repeated s times before a window of several taps slides over it by one
element, neighbouring taps see the same element of x, and their weights can be added up first. Place
o = q s + p of the result, p from 0 to s - 1, sees with tap t the element

    floor((o + t - before) / s) = q + floor((p + t - before) / s)

of x. So for each p there is a smaller kernel, and all together are one convolution of x itself,
with s times as many filters, whose results are put between each other. With two axes of space, 5
taps become 3, and 9 products are left of 25. Which weights are added up is told by a matrix of
zeros and ones, by which the gradients go back as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from giulgi.backends.cpu.planning.lowering.sliding import Sizes, sizes
from giulgi.graph import ops
from giulgi.graph.node import build
from giulgi.graph.ops.convolutions import Convolution, ConvolutionInput, ConvolutionKernel
from giulgi.graph.ops.leaves import constant
from giulgi.graph.ops.movement import BroadcastTo, Reshape
from giulgi.graph.ops.reductions import Sum
from giulgi.graph.tensor import Tensor
from giulgi.graph.window import Window

Array = np.ndarray[Any, Any]

# Which part of the products may be left, so that adding weights up first pays.
_WORTH = 0.6


@dataclass(frozen=True)
class _Smaller:
    """A convolution of an enlarged array, as one of the array itself.

    Attributes:
        times: how often each element is repeated along each axis of space.
        window: how the smaller convolution moves.
        taps: of its kernel.
        places: of its result.
        sums: (phases * taps, taps of the large kernel): 1 where a weight is part of a sum.
    """

    times: Sizes
    window: Window
    taps: Sizes
    places: Sizes
    sums: Array

    @property
    def _rank(self) -> int:
        return len(self.times)

    def kernel(self, large: Tensor) -> Tensor:
        """Return the kernel (*taps, channels, phases * filters) of sums of weights."""
        *_, channels, filters = sizes(large)
        weights = ops.reshape(large, (-1, channels * filters))
        sums = ops.matmul(constant(self.sums.astype(large.dtype)), weights)
        by_phase = ops.reshape(sums, (-1, *self.taps, channels, filters))
        return ops.reshape(ops.moveaxis(by_phase, 0, -2), (*self.taps, channels, -1))

    def large_kernel(self, gradient: Tensor, shape: Sizes) -> Tensor:
        """Return for each weight of the large kernel what its sums are given."""
        *_, channels, filters = shape
        apart = ops.reshape(gradient, (*self.taps, channels, -1, filters))
        by_phase = ops.reshape(ops.moveaxis(apart, -2, 0), (-1, channels * filters))
        weights = ops.matmul(constant(self.sums.T.astype(gradient.dtype)), by_phase)
        return ops.reshape(weights, shape)

    def joined(self, phases: Tensor) -> Tensor:
        """Return (batch, *places, phases * filters) as (batch, *places * times, filters)."""
        rank, batch = self._rank, sizes(phases)[0]
        apart = ops.reshape(phases, (batch, *self.places, *self.times, -1))
        pairs = [axis for a in range(rank) for axis in (1 + a, 1 + rank + a)]
        between = ops.transpose(apart, (0, *pairs, 1 + 2 * rank))
        large = [q * s for q, s in zip(self.places, self.times, strict=True)]
        return ops.reshape(between, (batch, *large, -1))

    def phases(self, large: Tensor) -> Tensor:
        """Return the inverse of :meth:`joined`."""
        rank, (batch, *_) = self._rank, sizes(large)
        pairs = [size for each in zip(self.places, self.times, strict=True) for size in each]
        between = ops.reshape(large, (batch, *pairs, -1))
        order = (0, *range(1, 2 * rank, 2), *range(2, 2 * rank + 1, 2), 2 * rank + 1)
        return ops.reshape(ops.transpose(between, order), (batch, *self.places, -1))


def of_smaller_arrays(tensor: Tensor) -> Tensor:
    """Return the same, of the array itself where a convolution takes an enlarged one."""
    op = tensor.op
    if isinstance(op, Convolution):
        found = _enlarged(tensor.inputs[0])
        if found and (how := _smaller(op, found, sizes(tensor.inputs[1]), sizes(tensor))):
            y = build(Convolution(how.window, 1), found[0], how.kernel(tensor.inputs[1]))
            return how.joined(y)
    if isinstance(op, ConvolutionKernel):
        found = _enlarged(tensor.inputs[0])
        dy = tensor.inputs[1]
        if found and (how := _smaller(op, found, sizes(tensor), sizes(dy))):
            channels, filters = sizes(tensor)[-2:]
            shape = (*how.taps, channels, prod(how.times) * filters)
            small = build(ConvolutionKernel(shape, how.window, 1), found[0], how.phases(dy))
            return how.large_kernel(small, sizes(tensor))
    if isinstance(op, Sum):
        return _of_smaller_gradient(tensor, op)
    return tensor


def _of_smaller_gradient(tensor: Tensor, op: Sum) -> Tensor:
    """Return the sum of what all that an element was repeated to is given."""
    split = tensor.inputs[0]
    given = split.inputs[0] if isinstance(split.op, Reshape) else split
    if not isinstance(given.op, ConvolutionInput):
        return tensor
    dy, kernel = given.inputs[:2]
    times = _times_of_sum(sizes(given), sizes(split), op.axes)
    if times is None:
        return tensor
    small = tuple(size // count for size, count in zip(sizes(given), times, strict=True))
    how = _smaller(given.op, (None, small, times), sizes(kernel), sizes(dy))
    if how is None:
        return tensor
    back = ConvolutionInput(small, how.window, 1)
    return ops.reshape(build(back, how.phases(dy), how.kernel(kernel)), sizes(tensor))


def _enlarged(large: Tensor) -> tuple[Tensor, Sizes, Sizes] | None:
    """Return what is enlarged, its shape, and how often along each axis; None if nothing is."""
    copies = large.inputs[0] if isinstance(large.op, Reshape) else large
    if not isinstance(copies.op, BroadcastTo) or not isinstance(copies.inputs[0].op, Reshape):
        return None
    x = copies.inputs[0].inputs[0]
    if x.ndim != large.ndim or 0 in sizes(x):
        return None
    times = tuple(a // b for a, b in zip(sizes(large), sizes(x), strict=True))
    axes = [(size, count) for size, count in zip(sizes(x), times, strict=True)]
    spread = tuple(n for size, count in axes for n in ((size, count) if count > 1 else (size,)))
    before = tuple(n for size, count in axes for n in ((size, 1) if count > 1 else (size,)))
    if sizes(copies) != spread or sizes(copies.inputs[0]) != before:
        return None
    return x, sizes(x), times


def _times_of_sum(large: Sizes, split: Sizes, axes: Sequence[int] | None) -> Sizes | None:
    """Return how often each element was repeated, if a sum is over all that it was repeated to.

    Args:
        large: the shape of an enlarged array.
        split: its shape where what an element was repeated to has an axis of its own, behind.
        axes: what is summed over.
    """
    if axes is None:
        return None
    left = [axis for axis in range(len(split)) if axis not in axes]
    times = tuple(split[axis + 1] if axis + 1 in axes else 1 for axis in left)
    small = tuple(split[axis] for axis in left)
    is_so = len(left) == len(large) and len(split) - len(left) == sum(n > 1 for n in times)
    whole = tuple(size * count for size, count in zip(small, times, strict=True))
    return times if is_so and whole == large else None


def _smaller(
    op: Any, enlarged: tuple[Any, Sizes, Sizes], kernel: Sizes, made: Sizes
) -> _Smaller | None:
    """Return the convolution of the array itself; None if that makes less than it costs.

    Args:
        op: the convolution, or one of what goes back.
        enlarged: the array, its shape, and how often each element is repeated along each axis.
        kernel: the shape of the kernel.
        made: the shape of the result of the convolution.
    """
    _, small, all_times = enlarged
    window, times, taps = op.window, all_times[1:-1], kernel[:-2]
    if all_times[0] != 1 or all_times[-1] != 1 or prod(times) == 1 or op.groups != 1:
        return None
    if any(n != 1 for n in (*window.strides, *window.dilation)):
        return None
    large = tuple(size * count for size, count in zip(small, all_times, strict=True))[1:-1]
    margins, places, tables = [], [], []
    for axis, (before, _) in enumerate(window.margins(large, taps)):
        count = times[axis]
        seen = (np.arange(count)[:, None] + np.arange(taps[axis]) - before) // count
        first, last = int(seen.min()), int(seen.max())
        places.append(made[1 + axis] // count)
        margins.append((-first, places[axis] + last - small[1 + axis]))
        tables.append(seen[:, None] == np.arange(first, last + 1)[:, None])
    is_whole = all(q * s == o for q, s, o in zip(places, times, made[1:-1], strict=True))
    fewer = tuple(table.shape[1] for table in tables)
    if not is_whole or min(min(pair) for pair in margins) < 0:
        return None
    if prod(fewer) > _WORTH * prod(taps):
        return None
    rank = (1,) * len(times)
    return _Smaller(times, Window(rank, rank, tuple(margins)), fewer, tuple(places), _sums(tables))


def _sums(tables: Sequence[Array]) -> Array:
    """Return which weights are added up, told for each axis as (phases, fewer taps, taps)."""
    whole = reduce(np.multiply.outer, [table.astype(np.int8) for table in tables])
    rank = len(tables)
    order = [3 * axis + part for part in range(3) for axis in range(rank)]
    return whole.transpose(order).reshape(-1, prod(table.shape[2] for table in tables))
