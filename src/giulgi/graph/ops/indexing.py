"""Elements picked by their place: gather, its inverse scatter-add, and one-hot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import DTypeError, ShapeError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import DEFAULT_FLOAT, DType, int64, is_integer
from giulgi.graph.node import build
from giulgi.graph.op import Op, Spec
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.creation import arange
from giulgi.graph.ops.leaves import TensorLike, constant, known_value
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import expand_dims, reshape
from giulgi.graph.ops.shape import (
    Shaped,
    as_sizes,
    build_shaped,
    elements_of,
    sizes_of,
)
from giulgi.graph.shapes import Dim, Shape, normalise_axis, require_place, shape_text
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


def _require_indices(dtype: DType) -> None:
    if not is_integer(dtype):
        raise DTypeError(
            f"places are whole numbers, not {dtype.name}.", fix="indices.astype('int64')"
        )


def _require_places(places: Array | None, size: Dim, axis: int) -> None:
    """Raise a ShapeError if an axis has not all places, as far as both are known."""
    if places is not None and size is not None and places.size:
        require_place(int(places.min()), size, axis)
        require_place(int(places.max()), size, axis)


@dataclass(frozen=True)
class Gather(Op):
    """The slices of x at some places along an axis: y[..., i, ...] = x[..., indices[i], ...].

    A negative index counts from the end; one out of range is an error.
    """

    axis: int

    def infer_dtype(self, x: DType, indices: DType) -> DType:
        _require_indices(indices)
        return x

    def infer_shape(self, x: Shape, indices: Shape) -> Shape:
        axis = normalise_axis(self.axis, len(x))
        return x[:axis] + indices + x[axis + 1 :]

    def normalised(self, x: Tensor, indices: Tensor) -> Op:
        if x.known_shape is None:
            return self
        axis = normalise_axis(self.axis, x.ndim)
        _require_places(known_value(indices), x.shape[axis], axis)
        return Gather(axis)

    def known_elements(self, x: Tensor, indices: Tensor) -> Shape | None:
        elements, places = elements_of(x), known_value(indices)
        if elements is None or places is None:
            return None
        return tuple(elements[int(place)] for place in places.ravel())

    def numpy(self, x: Array, indices: Array) -> Array:
        _require_places(indices, x.shape[self.axis], self.axis)
        # NumPy has no places of uint64; after the check they fit.
        return np.take(x, indices.astype(np.int64, copy=False), self.axis)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor, indices: Tensor) -> tuple[Tensor, None]:
        return scatter_add(dy, indices, sizes_of(x), self.axis), None


@dataclass(frozen=True)
class ScatterAdd(Shaped):
    """Zeros of a shape, to which slices are added at places along an axis; repeated places add up.

    The inverse of gather: y[..., indices[i], ...] += updates[..., i, ...].
    """

    axis: int

    def infer_dtype(self, updates: DType, indices: DType) -> DType:
        _require_indices(indices)
        return updates

    def infer_target(self, target: Shape | None, *inputs: Tensor) -> Shape | None:
        updates, indices = inputs
        if target is not None and None not in (updates.known_shape, indices.known_shape):
            expected = Gather(self.axis).infer_shape(target, indices.shape)
            given = updates.shape
            if len(expected) != len(given) or any(
                e != g for e, g in zip(expected, given, strict=True) if None not in (e, g)
            ):
                raise ShapeError(
                    f"updates have shape {shape_text(given)}; these places need "
                    f"{shape_text(expected)}.",
                    fix="one update for each index",
                )
        return target

    def normalised(self, *inputs: Tensor) -> Op:
        target = self.target(*inputs)
        if target is None:
            return self
        return ScatterAdd(self.shape, normalise_axis(self.axis, len(target)))

    def numpy(self, updates: Array, indices: Array, shape: Array | None = None) -> Array:
        result = np.zeros(self.concrete_shape(shape), updates.dtype)
        _require_places(indices, result.shape[self.axis], self.axis)
        # A view with the axis in front, so that whole slices can be added at each place.
        in_front = np.moveaxis(result, self.axis, 0)
        axes = tuple(range(self.axis, self.axis + indices.ndim))
        np.add.at(in_front, indices, np.moveaxis(updates, axes, tuple(range(indices.ndim))))
        return result

    def gradient(
        self, dy: Tensor, y: Tensor, updates: Tensor, indices: Tensor, *shape: Tensor
    ) -> tuple[Tensor | None, ...]:
        return gather(dy, indices, self.axis), None, *(None for _ in shape)


@dataclass(frozen=True)
class TakeAlong(Op):
    """For each line of x along an axis the elements at that line's own places.

    For axis 1 of a matrix: y[i, j] = x[i, indices[i, j]].
    """

    axis: int

    def infer_dtype(self, x: DType, indices: DType) -> DType:
        _require_indices(indices)
        return x

    def infer_shape(self, x: Shape, indices: Shape) -> Shape:
        axis = normalise_axis(self.axis, len(x))
        fits = len(x) == len(indices) and all(
            a == b or None in (a, b)
            for i, (a, b) in enumerate(zip(x, indices, strict=True))
            if i != axis
        )
        if not fits:
            raise ShapeError(
                f"x has shape {shape_text(x)}, the indices {shape_text(indices)}; they may "
                f"differ along axis {axis} alone.",
                fix="give the indices the shape of x with another size along the axis; "
                "gg.expand_dims adds a missing axis",
            )
        return indices

    def normalised(self, x: Tensor, indices: Tensor) -> Op:
        return self if x.known_shape is None else TakeAlong(normalise_axis(self.axis, x.ndim))

    def numpy(self, x: Array, indices: Array) -> Array:
        _require_places(indices, x.shape[self.axis], self.axis)
        return np.take_along_axis(x, indices, self.axis)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor, indices: Tensor) -> tuple[Tensor, None]:
        return build_shaped(AddAlong, sizes_of(x), dy, indices, axis=self.axis), None


@dataclass(frozen=True)
class AddAlong(Shaped):
    """The inverse of take-along: zeros, y[i, indices[i, j]] += updates[i, j] for axis 1."""

    axis: int

    def infer_dtype(self, updates: DType, indices: DType) -> DType:
        _require_indices(indices)
        return updates

    def numpy(self, updates: Array, indices: Array, shape: Array | None = None) -> Array:
        result = np.zeros(self.concrete_shape(shape), updates.dtype)
        places: list[Array] = list(np.indices(indices.shape, sparse=True))
        places[self.axis] = indices
        np.add.at(result, tuple(places), updates)
        return result

    def gradient(
        self, dy: Tensor, y: Tensor, updates: Tensor, indices: Tensor, *shape: Tensor
    ) -> tuple[Tensor | None, ...]:
        return take_along_axis(dy, indices, self.axis), None, *(None for _ in shape)


@dataclass(frozen=True)
class NonZero(Op):
    """The places of all elements that are not 0, one row (of int64) for each.

    How many there are depends on the data, so this runs on the reference backend.
    """

    name = "nonzero"

    def infer(self, x: Tensor) -> Spec:
        """One row for each element found, one column for each axis."""
        return Spec((None, None if x.known_shape is None else x.ndim), int64)

    def numpy(self, x: Array) -> Array:
        return np.argwhere(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> None:
        return None


# What a user calls


def gather(x: TensorLike, indices: TensorLike, axis: int = 0, name: str | None = None) -> Tensor:
    """Return the slices of x at the given places along an axis.

    Args:
        x: (..., n, ...), n along the axis.
        indices: integers from -n to n - 1, of any shape.
        axis: the axis.
        name: a name for printing.

    Returns:
        x with that axis replaced by the axes of the indices.
    """
    return build(Gather(axis), constant(x), constant(indices), name=name)


@composed
def take(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Tensor:
    """Return the elements (along an axis: the slices) of x at the given places."""
    if axis is None:
        return gather(reshape(x, (-1,)), indices, 0)
    return gather(x, indices, axis)


@composed
def scatter_add(
    updates: TensorLike, indices: TensorLike, shape: Any, axis: int = 0, name: str | None = None
) -> Tensor:
    """Return zeros of a shape, to which updates are added at places along an axis.

    It is what :func:`gather` does, backwards; updates at the same place add up.
    """
    return build_shaped(
        ScatterAdd, as_sizes(shape), constant(updates), constant(indices), axis=axis, name=name
    )


def take_along_axis(
    x: TensorLike, indices: TensorLike, axis: int = -1, name: str | None = None
) -> Tensor:
    """Return for each line along an axis the elements at that line's own places.

    For axis 1 of a matrix: y[i, j] = x[i, indices[i, j]].

    Args:
        x: a tensor of any dtype.
        indices: integers from -n to n - 1, n the size of x along the axis; of the shape of x but
            for that axis.
        axis: the axis.
        name: a name for printing.

    Returns:
        The shape of the indices, in the dtype of x.

    Raises:
        DTypeError: if the indices are no integers.
        ShapeError: if the two differ along another axis.
        PlaceError: if there is no such place, as soon as it is known.
    """
    return build(TakeAlong(axis), constant(x), constant(indices), name=name)


@composed
def one_hot(
    indices: TensorLike,
    depth: int,
    *,
    on_value: float = 1,
    off_value: float = 0,
    axis: int = -1,
    dtype: Any = DEFAULT_FLOAT,
    name: str | None = None,
) -> Tensor:
    """Return rows of ``depth`` numbers that are 1 at the given place and 0 elsewhere.

    A place outside 0 .. depth - 1 gives a row of zeros.

    Args:
        indices: integers of any shape.
        depth: the number of classes.
        on_value: what stands at the place.
        off_value: what stands elsewhere.
        axis: where the new axis goes.
        dtype: the dtype of the result.
        name: a name for printing.
    """
    indices = constant(indices)
    if not is_integer(indices.dtype):
        raise DTypeError(
            f"classes are whole numbers, not {indices.dtype.name}.",
            op="one_hot",
            fix="labels.astype('int64')",
        )
    place = normalise_axis(axis, indices.ndim + 1)
    # As int64, since a small dtype, such as that of labels, may not hold all classes.
    spread = expand_dims(cast(indices, int64), place)
    classes = arange(depth, dtype=int64)
    classes = reshape(classes, (-1,) + (1,) * (indices.ndim - place))
    if (on_value, off_value) == (1, 0):
        return cast(spread == classes, dtype, name)
    return where(spread == classes, cast(on_value, dtype), cast(off_value, dtype), name)
