"""Many numbers to one: sums, products, extremes, and what is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import ShapeError
from giulgi.graph.dtypes import DType, bool_, int64, is_bool, uint64
from giulgi.graph.node import build
from giulgi.graph.op import Op
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.creation import eye, ones_like
from giulgi.graph.ops.elementwise import maximum, no_bool
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import broadcast_to, expand_dims, reshape
from giulgi.graph.ops.shape import Shaped, Sizes, as_sizes, build_shaped, size, sizes_of
from giulgi.graph.shapes import Dim, Shape, as_axes, is_static, normalise_axes, normalise_axis
from giulgi.graph.tensor import Axes, Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Reduction(Op):
    """Base: over the given axes (None: all of them), which stay with size 1 if keepdims."""

    axes: tuple[int, ...] | None
    keepdims: bool

    def infer_shape(self, x: Shape) -> Shape:
        axes = normalise_axes(self.axes, len(x))
        if self.keepdims:
            return tuple(1 if axis in axes else dim for axis, dim in enumerate(x))
        return tuple(dim for axis, dim in enumerate(x) if axis not in axes)

    def infer_shape_of_unknown_rank(self, x: None) -> Shape | None:
        return () if self.axes is None and not self.keepdims else None

    def normalised(self, x: Tensor) -> Op:
        if x.known_shape is None:
            return self
        return type(self)(normalise_axes(self.axes, x.ndim), self.keepdims)

    def restore(self, reduced: Tensor, x: Tensor) -> Tensor:
        """Give a reduced tensor the shape of x again, by repeating it."""
        if not self.keepdims and self.axes is not None:
            reduced = expand_dims(reduced, self.axes)
        return broadcast_to(reduced, sizes_of(x))

    def formula(self, *inputs: str) -> str:
        said = inputs[0] if self.axes is None else f"{inputs[0]}, axis={_axes_text(self.axes)}"
        return f"{self.name}({said}{', keepdims=True' if self.keepdims else ''})"


def _axes_text(axes: tuple[int, ...]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(axes)


class Total(Reduction):
    """Base of sum and product: small integers are added up in 64 bits, as in NumPy."""

    def infer_dtype(self, x: DType) -> DType:
        if x.kind == "u":
            return uint64
        return int64 if x.kind in "bi" else x


@dataclass(frozen=True)
class Sum(Total):
    """The sum of the elements."""

    def resolve(self, x: Tensor) -> Tensor | None:
        return x if self.axes == () and x.dtype == self.infer_dtype(x.dtype) else None

    def numpy(self, x: Array) -> Array:
        return np.sum(x, self.axes, keepdims=self.keepdims)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return self.restore(dy, x)


@dataclass(frozen=True)
class Prod(Total):
    """The product of the elements."""

    def numpy(self, x: Array) -> Array:
        return np.prod(x, self.axes, keepdims=self.keepdims)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        if self.axes is None:  # The rank is not known, and not needed.
            others = reshape(_others_along(reshape(x, (-1,)), 0), sizes_of(x))
        else:
            others = _product_of_others(x, self.axes)
        return self.restore(dy, x) * others


def _product_of_others(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Return, for each element, the product of all others along the axes.

    Those are the others in its own line along the first axis, and all other lines.
    """
    if not axes:
        return ones_like(x)
    others = _others_along(x, axes[0])
    if len(axes) == 1:
        return others
    lines = prod(x, axes[0], keepdims=True)
    return others * _product_of_others(lines, axes[1:])


def _others_along(x: Tensor, axis: int) -> Tensor:
    """Return, for each element, the product of all others along an axis.

    Dividing the product by the element would fail at 0. So the elements are laid out as a square
    with one row for each, in which its own place holds 1.
    """
    before, count, after = _sizes_around(x, axis)
    lines = reshape(x, [before, 1, count, after])
    own_place = expand_dims(eye(count, dtype="bool"), -1)
    return reshape(prod(where(own_place, 1, lines), 2), sizes_of(x))


def _sizes_around(x: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the number of elements in the axes before one, along it, and in those after it."""
    count = size(x, axis)
    if x.known_shape is not None:
        axis = normalise_axis(axis, x.ndim)
        return size(x, range(axis)), count, size(x, range(axis + 1, x.ndim))
    # Of an unknown rank only the axes on one side can be told; where x is empty, any size does.
    known = size(x, range(axis) if axis >= 0 else range(axis + 1, 0))
    rest = size(x) // maximum(known * count, 1)
    return (known, count, rest) if axis >= 0 else (rest, count, known)


class Extreme(Reduction):
    """Base of max and min."""

    def infer_shape(self, x: Shape) -> Shape:
        _require_elements(x, normalise_axes(self.axes, len(x)))
        return super().infer_shape(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        """Where several elements are the extreme one, they share the gradient."""
        is_extreme = cast(x == self.restore(y, x), x.dtype)
        shared = sum(is_extreme, self.axes, keepdims=self.keepdims)
        return is_extreme * self.restore(dy / shared, x)


def _require_elements(x: Shape, axes: tuple[int, ...]) -> None:
    empty = [axis for axis in axes if x[axis] == 0]
    if empty:
        raise ShapeError(
            "there is no largest or smallest of no elements.",
            axes=f"axis {empty[0]} has size 0",
            fix="check how x was made; an empty batch is a common cause",
        )


@dataclass(frozen=True)
class Max(Extreme):
    """The largest element; NaN if any is."""

    def numpy(self, x: Array) -> Array:
        return np.max(x, self.axes, keepdims=self.keepdims)


@dataclass(frozen=True)
class Min(Extreme):
    """The smallest element; NaN if any is."""

    def numpy(self, x: Array) -> Array:
        return np.min(x, self.axes, keepdims=self.keepdims)


class Quantifier(Reduction):
    """Base of any and all, on bools."""

    def infer_dtype(self, x: DType) -> DType:
        if not is_bool(x):
            no_bool(self.name, bool_, "compare first: x != 0")
        return bool_

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> None:
        return None


@dataclass(frozen=True)
class AnyOf(Quantifier):
    """Whether any element holds."""

    name = "any"

    def numpy(self, x: Array) -> Array:
        return np.any(x, self.axes, keepdims=self.keepdims)


@dataclass(frozen=True)
class AllOf(Quantifier):
    """Whether all elements hold."""

    name = "all"

    def numpy(self, x: Array) -> Array:
        return np.all(x, self.axes, keepdims=self.keepdims)


@dataclass(frozen=True)
class ArgExtreme(Op):
    """Base: the place of the extreme element along one axis, the first of several."""

    axis: int
    keepdims: bool

    def infer_dtype(self, x: DType) -> DType:
        return int64

    def infer_shape(self, x: Shape) -> Shape:
        axis = normalise_axis(self.axis, len(x))
        _require_elements(x, (axis,))
        kept: tuple[Dim, ...] = (1,) if self.keepdims else ()
        return x[:axis] + kept + x[axis + 1 :]

    def normalised(self, x: Tensor) -> Op:
        if x.known_shape is None:
            return self
        return type(self)(normalise_axis(self.axis, x.ndim), self.keepdims)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> None:
        return None


@dataclass(frozen=True)
class Argmax(ArgExtreme):
    """The place of the largest element along an axis."""

    def numpy(self, x: Array) -> Array:
        return np.argmax(x, self.axis, keepdims=self.keepdims)


@dataclass(frozen=True)
class Argmin(ArgExtreme):
    """The place of the smallest element along an axis."""

    def numpy(self, x: Array) -> Array:
        return np.argmin(x, self.axis, keepdims=self.keepdims)


@dataclass(frozen=True)
class SumTo(Shaped):
    """x summed along the axes in which a shape was broadcast to that of x."""

    def infer_target(self, target: Shape | None, *inputs: Tensor) -> Shape | None:
        return target

    def resolve(self, *inputs: Tensor) -> Tensor | None:
        """Become a plain sum, as soon as the axes that were broadcast are known."""
        x, target = inputs[0], self.target(*inputs)
        if target is None or x.known_shape is None:
            return None
        if x.known_shape == target and is_static(target):
            return x
        if None in target:
            return super().resolve(*inputs)
        added = len(x.shape) - len(target)
        stretched = [
            axis
            for axis, dim in enumerate(x.shape)
            if axis >= added and target[axis - added] == 1 and dim != 1
        ]
        summed = sum(x, stretched, keepdims=True) if stretched else x
        return sum(summed, tuple(range(added))) if added else summed

    def numpy(self, x: Array, shape: Array | None = None) -> Array:
        target = self.concrete_shape(shape)
        added = x.ndim - len(target)
        axes = [i for i in range(x.ndim) if i < added or target[i - added] != x.shape[i]]
        return np.sum(x, tuple(axes), keepdims=True).reshape(target)

    def gradient(
        self, dy: Tensor, y: Tensor, x: Tensor, *shape: Tensor
    ) -> tuple[Tensor | None, ...]:
        return broadcast_to(dy, sizes_of(x)), *(None for _ in shape)


# What a user calls


def axes_of(axis: Axes) -> tuple[int, ...] | None:
    """Return one axis, several, or all (None) as a tuple or None."""
    return None if axis is None else as_axes(axis)


def sum_to(x: Tensor, shape: Sizes) -> Tensor:
    """Return x summed along the axes in which ``shape`` was broadcast to the shape of x."""
    return build_shaped(SumTo, as_sizes(shape), x)


def sum(
    x: TensorLike, axis: Axes = None, *, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The sum along an axis, several, or all.

    Args:
        x: numbers or bools of any shape.
        axis: one axis, several, or None for all.
        keepdims: whether the axes stay, with size 1.
        name: a name for printing.

    Returns:
        The shape of x without the axes; 0 where there are no elements. Floats keep their dtype;
        bools and integers become int64, unsigned ones uint64.

    Raises:
        ShapeError: if x has no such axis, or one is given twice.
    """
    return build(Sum(axes_of(axis), keepdims), constant(x), name=name)


def prod(
    x: TensorLike, axis: Axes = None, *, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The product along an axis, several, or all; 1 where there are no elements.

    The arguments, the result's shape and dtype, and the errors are those of :func:`sum`.
    """
    return build(Prod(axes_of(axis), keepdims), constant(x), name=name)


def max(
    x: TensorLike, axis: Axes = None, *, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The largest element along an axis, several, or all; NaN if any is.

    Elements that are equally large share the gradient: of k of them each has 1 / k. So the result
    does not depend on their order. (For two tensors :func:`giulgi.maximum` decides for the first.)

    Raises:
        ShapeError: if there are no elements.
    """
    return build(Max(axes_of(axis), keepdims), constant(x), name=name)


def min(
    x: TensorLike, axis: Axes = None, *, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The smallest element along an axis, several, or all; NaN if any is.

    Elements that are equally small share the gradient, as in :func:`max`.

    Raises:
        ShapeError: if there are no elements.
    """
    return build(Min(axes_of(axis), keepdims), constant(x), name=name)


def any(
    x: TensorLike, axis: Axes = None, *, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Whether any element along an axis, several, or all, is not 0; axes as in :func:`sum`."""
    x = constant(x)
    x = x if is_bool(x.dtype) else x != 0
    return build(AnyOf(axes_of(axis), keepdims), x, name=name)


def all(
    x: TensorLike, axis: Axes = None, *, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Whether all elements along an axis, several, or all, are not 0; axes as in :func:`sum`."""
    x = constant(x)
    x = x if is_bool(x.dtype) else x != 0
    return build(AllOf(axes_of(axis), keepdims), x, name=name)


def argmax(
    x: TensorLike, axis: int | None = None, *, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The place of the largest element along an axis; None: in the flattened tensor."""
    return _arg_extreme(Argmax, constant(x), axis, keepdims, name)


def argmin(
    x: TensorLike, axis: int | None = None, *, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The place of the smallest element along an axis; None: in the flattened tensor."""
    return _arg_extreme(Argmin, constant(x), axis, keepdims, name)


def _arg_extreme(
    op: type[ArgExtreme], x: Tensor, axis: int | None, keepdims: bool, name: str | None
) -> Tensor:
    if axis is not None:
        return build(op(axis, keepdims), x, name=name)
    place = build(op(0, False), reshape(x, (-1,)), name=name)
    return reshape(place, (1,) * x.ndim) if keepdims else place
