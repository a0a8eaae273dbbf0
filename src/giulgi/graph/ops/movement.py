"""Moving elements without computing: reshape, transpose, broadcast, expand, flip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph.composed import composed
from giulgi.graph.node import build
from giulgi.graph.op import Op
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.ops.shape import Shaped, as_sizes, build_shaped, elements_of, sizes_of
from giulgi.graph.shapes import (
    Shape,
    as_axes,
    broadcast_shapes,
    is_static,
    normalise_axes,
    normalise_axis,
    shape_text,
    size_of,
)
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Reshape(Shaped):
    """The elements of x, in order, in another shape; -1 stands for what is left."""

    least: ClassVar[int] = -1

    def infer_target(self, target: Shape | None, *inputs: Tensor) -> Shape | None:
        (x,) = inputs
        if target is None:
            return None
        if target.count(-1) > 1:
            raise ShapeError(
                f"{target} has -1 twice.", fix="leave one size open, and say the others"
            )
        filled = tuple(None if size == -1 else size for size in target)
        if not is_static(x.known_shape):
            return filled
        return _fill(filled, size_of(x.known_shape), x.known_shape, -1 in target)

    def normalised(self, *inputs: Tensor) -> Op:
        x = inputs[0]
        if self.shape is None or -1 not in self.shape or not is_static(x.known_shape):
            return self
        return Reshape(self.infer_target(self.shape, x))

    def resolve(self, *inputs: Tensor) -> Tensor | None:
        x = inputs[0]
        if self.shape is not None:
            return x if x.known_shape == self.shape else None
        return super().resolve(*inputs)

    def known_elements(self, *inputs: Tensor) -> Shape | None:
        return elements_of(inputs[0])

    def numpy(self, x: Array, shape: Array | None = None) -> Array:
        return x.reshape(self.concrete_shape(shape))

    def gradient(
        self, dy: Tensor, y: Tensor, x: Tensor, *shape: Tensor
    ) -> tuple[Tensor | None, ...]:
        return reshape(dy, sizes_of(x)), *(None for _ in shape)


def _fill(target: Shape, size: int, given: Shape, open_size: bool) -> Shape:
    """Return the target with its open size filled in, and check that all elements have a place."""
    known = size_of(dim for dim in target if dim is not None)
    if not open_size and None in target:
        return target
    if open_size and target.count(None) == 1 and known > 0 and size % known == 0:
        return tuple(size // known if dim is None else dim for dim in target)
    if not open_size and known == size:
        return target
    if open_size and target.count(None) > 1:
        return target
    if open_size and known == size == 0:
        raise ShapeError(
            f"the size to stand for -1 in {shape_text(target)} cannot be computed: beside a size "
            "of 0 every size would do.",
            fix="give the size itself in place of -1",
        )
    needed = f"a multiple of {known}" if open_size else str(known)
    raise ShapeError(
        f"{size} elements do not fit into the shape {shape_text(target)}.",
        axes=f"{shape_text(given)} holds {size} elements, {shape_text(target)} needs {needed}",
        fix="change one of the sizes, or write -1 for one of them: it is then computed",
    )


@dataclass(frozen=True)
class ExpandDims(Op):
    """x with new axes of size 1 at the given places of the result."""

    axes: tuple[int, ...]

    def infer_shape(self, x: Shape) -> Shape:
        rank = len(x) + len(self.axes)
        axes = normalise_axes(self.axes, rank)
        old = iter(x)
        return tuple(1 if axis in axes else next(old) for axis in range(rank))

    def normalised(self, x: Tensor) -> Op:
        if x.known_shape is None:
            return self
        return ExpandDims(normalise_axes(self.axes, x.ndim + len(self.axes)))

    def resolve(self, x: Tensor) -> Tensor | None:
        if not self.axes:
            return x
        return reshape(x, self.infer_shape(x.shape)) if is_static(x.known_shape) else None

    def known_elements(self, x: Tensor) -> Shape | None:
        return elements_of(x)

    def numpy(self, x: Array) -> Array:
        return np.expand_dims(x, self.axes)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return squeeze(dy, self.axes)


@dataclass(frozen=True)
class Squeeze(Op):
    """x without some axes of size 1 (None: without all of them)."""

    axes: tuple[int, ...] | None

    def infer_shape(self, x: Shape) -> Shape | None:
        if self.axes is None:
            return tuple(size for size in x if size != 1) if is_static(x) else None
        axes = normalise_axes(self.axes, len(x))
        for axis in axes:
            if x[axis] not in (1, None):
                raise ShapeError(
                    f"axis {axis} has size {x[axis]}; only an axis of size 1 can be left out.",
                    fix="take one element along it, x[..., 0], or reduce it, x.sum(axis)",
                )
        return tuple(size for axis, size in enumerate(x) if axis not in axes)

    def normalised(self, x: Tensor) -> Op:
        if x.known_shape is None or self.axes is None:
            return self
        return Squeeze(normalise_axes(self.axes, x.ndim))

    def resolve(self, x: Tensor) -> Tensor | None:
        if self.axes == ():
            return x
        return reshape(x, self.infer_shape(x.shape)) if is_static(x.known_shape) else None

    def known_elements(self, x: Tensor) -> Shape | None:
        return elements_of(x)

    def numpy(self, x: Array) -> Array:
        return np.squeeze(x, self.axes)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return reshape(dy, sizes_of(x))


@dataclass(frozen=True)
class Transpose(Op):
    """x with its axes in another order: axis i of the result is axis ``axes[i]`` of x.

    None reverses them.
    """

    axes: tuple[int, ...] | None

    def infer_shape(self, x: Shape) -> Shape:
        return tuple(x[axis] for axis in self._order(len(x)))

    def _order(self, rank: int) -> tuple[int, ...]:
        if self.axes is None:
            return tuple(reversed(range(rank)))
        order = tuple(normalise_axis(axis, rank) for axis in self.axes)
        if sorted(order) != list(range(rank)):
            raise ShapeError(
                f"{self.axes} does not name each of the {rank} axes once.",
                fix=f"name every axis from 0 to {rank - 1} once",
            )
        return order

    def normalised(self, x: Tensor) -> Op:
        return self if x.known_shape is None else Transpose(self._order(x.ndim))

    def resolve(self, x: Tensor) -> Tensor | None:
        return x if self.axes == tuple(range(len(self.axes or ()))) and self.axes else None

    def numpy(self, x: Array) -> Array:
        return np.transpose(x, self.axes)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        if self.axes is None:
            return transpose(dy)
        return transpose(dy, tuple(int(axis) for axis in np.argsort(self.axes)))


@dataclass(frozen=True)
class BroadcastTo(Shaped):
    """x repeated along axes where it has size 1, and along new first axes."""

    def infer_target(self, target: Shape | None, *inputs: Tensor) -> Shape | None:
        (x,) = inputs
        if target is None or x.known_shape is None:
            return target
        if len(x.known_shape) <= len(target):
            met = broadcast_shapes(x.known_shape, target)
            pairs = list(zip(met, target, strict=True))
            if all(m == t or t is None or m is None for m, t in pairs):
                return tuple(m if t is None else t for m, t in pairs)
        raise ShapeError(
            f"{shape_text(x.known_shape)} cannot be broadcast to {shape_text(target)}.",
            fix="sizes must be equal or 1, counted from the last axis",
        )

    def resolve(self, *inputs: Tensor) -> Tensor | None:
        if self.shape is not None:
            return inputs[0] if inputs[0].known_shape == self.shape else None
        return super().resolve(*inputs)

    def numpy(self, x: Array, shape: Array | None = None) -> Array:
        return np.broadcast_to(x, self.concrete_shape(shape))

    def gradient(
        self, dy: Tensor, y: Tensor, x: Tensor, *shape: Tensor
    ) -> tuple[Tensor | None, ...]:
        from giulgi.graph.ops.reductions import sum_to

        return sum_to(dy, sizes_of(x)), *(None for _ in shape)


@dataclass(frozen=True)
class Flip(Op):
    """x with its elements in reverse order along some axes."""

    axes: tuple[int, ...]

    def infer_shape(self, x: Shape) -> Shape:
        return x

    def normalised(self, x: Tensor) -> Op:
        return self if x.known_shape is None else Flip(normalise_axes(self.axes, x.ndim))

    def resolve(self, x: Tensor) -> Tensor | None:
        return None if self.axes else x

    def numpy(self, x: Array) -> Array:
        return np.flip(x, self.axes)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return flip(dy, self.axes)


# What a user calls


@composed
def reshape(x: TensorLike, shape: Any, name: str | None = None) -> Tensor:
    """Return the elements of x, in order, in another shape.

    Args:
        x: the tensor.
        shape: the new sizes; one of them may be -1, and is then computed. Sizes known only when
            fed may be tensors.
    """
    return build_shaped(Reshape, as_sizes(shape), constant(x), name=name)


def expand_dims(x: TensorLike, axis: int | Sequence[int], name: str | None = None) -> Tensor:
    """Return x with new axes of size 1, at the places ``axis`` of the result.

    Args:
        x: a tensor of any shape and dtype.
        axis: one place, or several; for x of shape (3, 4), axis 1 gives (3, 1, 4).
        name: a name for printing.

    Raises:
        ShapeError: if the result has no such axis, or one is given twice.
    """
    return build(ExpandDims(as_axes(axis)), constant(x), name=name)


def squeeze(
    x: TensorLike, axis: int | Sequence[int] | None = None, name: str | None = None
) -> Tensor:
    """Return x without axes of size 1: the given ones, or all.

    Args:
        x: a tensor of any shape and dtype.
        axis: one axis, several, or None for all of size 1.
        name: a name for printing.

    Raises:
        ShapeError: if x has no such axis, or its size is not 1.
    """
    return build(Squeeze(None if axis is None else as_axes(axis)), constant(x), name=name)


def transpose(x: TensorLike, axes: Sequence[int] | None = None, name: str | None = None) -> Tensor:
    """Return x with its axes in the given order, or reversed: y[j, i] = x[i, j].

    Args:
        x: a tensor of any shape and dtype.
        axes: for each axis of the result the axis of x that it is; None reverses them.
        name: a name for printing.

    Raises:
        ShapeError: if the axes do not name each axis of x once.
    """
    return build(Transpose(None if axes is None else tuple(axes)), constant(x), name=name)


@composed
def matrix_transpose(x: TensorLike) -> Tensor:
    """Return a matrix, or a stack of them, with the last two axes swapped."""
    x = constant(x)
    return swapaxes(x, -1, -2)


@composed
def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Tensor:
    """Return x with two axes exchanged.

    Raises:
        ShapeError: if x has no such axis, or its number of axes is not known.
    """
    x = constant(x)
    order = list(range(x.ndim))
    first, second = normalise_axis(axis1, x.ndim), normalise_axis(axis2, x.ndim)
    order[first], order[second] = order[second], order[first]
    return transpose(x, order)


@composed
def moveaxis(
    x: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]
) -> Tensor:
    """Return x with axes moved to other places; the others keep their order."""
    x = constant(x)
    sources = [normalise_axis(a, x.ndim) for a in as_axes(source)]
    targets = [normalise_axis(a, x.ndim) for a in as_axes(destination)]
    if len(sources) != len(targets):
        raise ArgumentError(
            f"{len(sources)} axes are to be moved, to {len(targets)} places.",
            fix="give as many places as axes",
        )
    order = [axis for axis in range(x.ndim) if axis not in sources]
    for target, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, axis)
    return transpose(x, order)


@composed
def broadcast_to(x: TensorLike, shape: Any, name: str | None = None) -> Tensor:
    """Return x repeated to the given shape, by NumPy's rules."""
    return build_shaped(BroadcastTo, as_sizes(shape), constant(x), name=name)


@composed
def flip(x: TensorLike, axis: int | Sequence[int] | None = None, name: str | None = None) -> Tensor:
    """Return x in reverse order along an axis, several, or all.

    Args:
        x: a tensor of any shape and dtype, which the result has, too.
        axis: one axis, several, or None for all.
        name: a name for printing.

    Raises:
        ShapeError: if x has no such axis; or for None, if its number of axes is not known.
    """
    x = constant(x)
    axes = tuple(range(x.ndim)) if axis is None else as_axes(axis)
    return build(Flip(axes), x, name=name)
