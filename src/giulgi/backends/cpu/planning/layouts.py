"""Where the elements of a value lie in memory: an offset, and a stride for each axis.

Operations that only move elements (transpose, slice, flip, broadcast, most reshapes) cost nothing:
what they return is the same memory in another layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Shape = tuple[int, ...]
Mark = TypeVar("Mark")


def row_major(shape: Shape) -> tuple[int, ...]:
    """Return the strides of elements that lie one after another, the last axis fastest."""
    strides = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


@dataclass(frozen=True)
class Layout:
    """The place of each element: ``offset + sum over axes of index * stride``, in elements."""

    shape: Shape
    strides: tuple[int, ...]
    offset: int = 0

    @classmethod
    def of(cls, shape: Shape) -> Layout:
        """Return the layout of a value that lies by itself, in order."""
        return cls(shape, row_major(shape))

    @property
    def is_plain(self) -> bool:
        """Whether the elements lie in order, from the beginning, without gaps."""
        wanted = row_major(self.shape)
        return self.offset == 0 and all(
            size == 1 or own == other
            for size, own, other in zip(self.shape, self.strides, wanted, strict=True)
        )

    def transpose(self, axes: Sequence[int]) -> Layout:
        """Return it with the axes in another order."""
        return Layout(
            tuple(self.shape[axis] for axis in axes),
            tuple(self.strides[axis] for axis in axes),
            self.offset,
        )

    def cut(self, cuts: Sequence[tuple[int | None, int | None, int]]) -> Layout:
        """Return every step-th element from start to stop along the first axes, all of the rest."""
        offset, shape, strides = self.offset, [], []
        whole = [(None, None, 1)] * (len(self.shape) - len(cuts))
        for cut, size, stride in zip([*cuts, *whole], self.shape, self.strides, strict=True):
            taken = range(*slice(*cut).indices(size))
            offset += (taken.start if len(taken) else 0) * stride
            shape.append(len(taken))
            strides.append(taken.step * stride)
        return Layout(tuple(shape), tuple(strides), offset)

    def flip(self, axes: Sequence[int]) -> Layout:
        """Return it with the order along some axes reversed."""
        offset, strides = self.offset, list(self.strides)
        for axis in axes:
            offset += max(self.shape[axis] - 1, 0) * strides[axis]
            strides[axis] = -strides[axis]
        return Layout(self.shape, tuple(strides), offset)

    def broadcast(self, shape: Shape) -> Layout:
        """Return it repeated along new first axes, and along axes of size 1."""
        added = len(shape) - len(self.shape)
        strides = [0] * added
        for size, stride, wanted in zip(self.shape, self.strides, shape[added:], strict=True):
            strides.append(0 if size == 1 and wanted != 1 else stride)
        return Layout(shape, tuple(strides), self.offset)

    def windows(
        self, places: Shape, taps: Shape, strides: Sequence[int], dilation: Sequence[int]
    ) -> Layout:
        """Return what windows see that move over all axes but the first and the last.

        It is (first, *places, *taps, last); neighbouring windows share elements.
        """
        first, *space, last = self.strides
        moved = (own * step for own, step in zip(space, strides, strict=True))
        tapped = (own * step for own, step in zip(space, dilation, strict=True))
        shape = (self.shape[0], *places, *taps, self.shape[-1])
        return Layout(shape, (first, *moved, *tapped, last), self.offset)

    def reshape(self, shape: Shape) -> Layout | None:
        """Return it in another shape; None if the elements cannot be reached by strides."""
        if 0 in shape:
            return Layout(shape, row_major(shape), self.offset)
        old = [(n, s) for n, s in zip(self.shape, self.strides, strict=True) if n != 1]
        strides: list[int] = []
        place = 0  # of the next old axis
        left, step = 1, 0  # what is left of the old axes taken so far, and their stride
        for size in shape:
            if size == 1:
                strides.append(0)
                continue
            while left % size or left == 1:
                if place == len(old):
                    return None
                count, stride = old[place]
                if left > 1 and step != count * stride:
                    return None  # The two axes do not follow each other in memory.
                left, step = left * count, stride
                place += 1
            left //= size
            strides.append(step * left)
        return Layout(shape, tuple(strides), self.offset)


def collapse(
    shape: Shape, layouts: Sequence[Sequence[int]], classes: Sequence[Mark]
) -> tuple[list[int], list[list[int]], list[Mark]]:
    """Join axes that follow each other in memory for all values, and leave out those of size 1.

    Args:
        shape: the sizes of the axes.
        layouts: for each value its strides along the axes.
        classes: for each axis what it is for; only axes of one class are joined.

    Returns:
        The sizes, the strides of each value, and the classes of the axes that are left.
    """
    sizes: list[int] = []
    strides: list[list[int]] = [[] for _ in layouts]
    left: list[Mark] = []
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        joins = (
            bool(sizes)
            and left[-1] == classes[axis]
            and all(own[-1] == size * s[axis] for own, s in zip(strides, layouts, strict=True))
        )
        if joins:
            sizes[-1] *= size
            for own, given in zip(strides, layouts, strict=True):
                own[-1] = given[axis]
        else:
            sizes.append(size)
            left.append(classes[axis])
            for own, given in zip(strides, layouts, strict=True):
                own.append(given[axis])
    return sizes, strides, left
