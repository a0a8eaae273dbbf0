"""What windows see of an array, as another view of its memory, and sums over it.

These operations stand in no graph of a user. Convolutions and pooling become them before code is
made (``lowering/``): a convolution is a product with what its windows see, of which nothing is
copied. Neighbouring windows overlap, so that one element of memory is in several places of a view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.graph.op import Op
from giulgi.graph.shapes import Shape

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Windows(Op):
    """What a window sees from each of its places.

    x is (batch, *space, channels), the result (batch, *places, *taps, channels), and its element
    [n, o, t, c] is x[n, o * stride + t * dilation, c], along each axis of space.

    Attributes:
        places: how many places there are along each axis of space.
        taps: how many elements a window sees along each.
        strides: how far apart the places are.
        dilation: how far apart the elements are.
    """

    places: tuple[int, ...]
    taps: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]

    def infer_shape(self, x: Shape) -> Shape:
        return (x[0], *self.places, *self.taps, x[-1])

    def numpy(self, x: Array) -> Array:
        n, *space, c = x.strides
        strides = (
            n,
            *(own * step for own, step in zip(space, self.strides, strict=True)),
            *(own * step for own, step in zip(space, self.dilation, strict=True)),
            c,
        )
        shape = (x.shape[0], *self.places, *self.taps, x.shape[-1])
        return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


@dataclass(frozen=True)
class TensorDot(Op):
    """Sums of products over the last axes of a, and the rows of a matrix b.

    a is (*kept, *summed), b (product of the summed sizes, columns), the result (*kept, columns).

    Attributes:
        summed: how many axes of a are summed over.
    """

    summed: int

    def infer_shape(self, a: Shape, b: Shape) -> Shape:
        return (*a[: len(a) - self.summed], b[1])

    def numpy(self, a: Array, b: Array) -> Array:
        kept = a.shape[: a.ndim - self.summed]
        return (a.reshape(-1, b.shape[0]) @ b).reshape(*kept, b.shape[1])


@dataclass(frozen=True)
class Interleave(Op):
    """Parts put together at places that are steps apart: [start::step] along each axis.

    Attributes:
        shape: of the result; each of its elements is in one of the parts.
        starts: for each part the place of its first element along each axis.
        steps: how far apart its elements lie along each axis.
    """

    shape: tuple[int, ...]
    starts: tuple[tuple[int, ...], ...]
    steps: tuple[int, ...]

    def infer_shape(self, *parts: Shape) -> Shape:
        return self.shape

    def cuts(self, part: int, sizes: tuple[int, ...]) -> list[tuple[int, int, int]]:
        """Return where a part of these sizes lies."""
        return [
            (start, start + (size - 1) * step + 1, step)
            for start, step, size in zip(self.starts[part], self.steps, sizes, strict=True)
        ]

    def numpy(self, *parts: Array) -> Array:
        result = np.empty(self.shape, parts[0].dtype)
        for number, part in enumerate(parts):
            result[tuple(slice(*cut) for cut in self.cuts(number, part.shape))] = part
        return result
