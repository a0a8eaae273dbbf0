"""``x[...]`` as NumPy has it, made of slices, gathers and masks."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, DTypeError, ShapeError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import bool_, int64, is_bool, is_integer
from giulgi.graph.node import build
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.indexing import NonZero, gather
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import (
    broadcast_to,
    expand_dims,
    flip,
    moveaxis,
    reshape,
    squeeze,
)
from giulgi.graph.ops.shape import dims_of, size
from giulgi.graph.ops.slicing import WHOLE, Cut, Slice, slice_axis
from giulgi.graph.shapes import shape_text
from giulgi.graph.tensor import Tensor


def getitem(x: Tensor, index: Any) -> Tensor:
    """Return ``x[index]`` as NumPy has it: numbers, slices, None, ..., integer and bool arrays."""
    x = x.read()
    parts = [_as_index(part) for part in (index if isinstance(index, tuple) else (index,))]
    sliced, arrays = _basic_part(x, _masks_as_places(x, _without_ellipsis(parts, x)))
    if not arrays:
        return sliced
    return _gather_many(sliced, list(arrays.values()), list(arrays), _side_by_side(parts))


def _as_index(part: Any) -> Any:
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    if isinstance(part, (bool, np.bool_)):
        raise ArgumentError("a single bool is no index.", op="x[...]", fix="use gg.where")
    if isinstance(part, (int, np.integer)):
        return int(part)
    tensor = constant(part, int64 if isinstance(part, list) and not part else None)
    if is_bool(tensor.dtype) and tensor.known_shape == ():
        raise ArgumentError("a single bool is no index.", op="x[...]", fix="use gg.where")
    if not (is_integer(tensor.dtype) or tensor.dtype == bool_):
        raise DTypeError(
            f"an index is a whole number, not {tensor.dtype.name}.",
            op="x[...]",
            fix="i.astype('int64')",
        )
    return tensor


def _without_ellipsis(parts: list[Any], x: Tensor) -> list[Any]:
    places = [i for i, part in enumerate(parts) if part is Ellipsis]
    if not places:
        return parts
    if len(places) > 1:
        raise ArgumentError("'...' stands twice in an index.", op="x[...]")
    filling = [slice(None)] * (x.ndim - sum(_axes_used(part) for part in parts))
    return parts[: places[0]] + filling + parts[places[0] + 1 :]


def _axes_used(part: Any) -> int:
    """Return how many axes of x an index is for: a mask has one for each of its own."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, Tensor) and is_bool(part.dtype) else 1


def _masks_as_places(x: Tensor, parts: list[Any]) -> list[Any]:
    """Return the index with each mask replaced by the places where it holds, axis by axis."""
    result: list[Any] = []
    axis = 0
    for part in parts:
        if isinstance(part, Tensor) and is_bool(part.dtype):
            result += _places_in(x, part, axis)
        else:
            result.append(part)
        axis += _axes_used(part)
    return result


def _places_in(x: Tensor, mask: Tensor, axis: int) -> tuple[Tensor, ...]:
    """Return where the mask holds, which is for the axes of x from the given one on."""
    if x.known_shape is None:
        return nonzero(mask)
    covered = x.shape[axis : axis + mask.ndim]
    if len(covered) < mask.ndim or any(
        wanted != given and None not in (wanted, given)
        for wanted, given in zip(covered, mask.shape, strict=True)
    ):
        raise ShapeError(
            f"the mask has shape {shape_text(mask.shape)}, and its place in x "
            f"{shape_text(covered)}.",
            op="x[mask]",
            arguments=[("x", x.description), ("mask", mask.description)],
            fix="give the mask the sizes of the axes of x that it stands for",
        )
    sizes = dims_of(x)[axis : axis + mask.ndim]
    # Sizes that are not known yet must turn out to be those of x.
    return nonzero(broadcast_to(mask, sizes))


def _side_by_side(parts: list[Any]) -> bool:
    """Whether all numbers and arrays of the index stand next to each other, as it was written."""
    picking = [i for i, part in enumerate(parts) if isinstance(part, (int, Tensor))]
    return picking[-1] - picking[0] < len(picking)


def _basic_part(x: Tensor, parts: list[Any]) -> tuple[Tensor, dict[int, Tensor]]:
    """Apply all but the integer arrays; return those with the axis of the result they are for."""
    if x.known_shape is not None and sum(p is not None for p in parts) > x.ndim:
        raise ShapeError(
            f"{len(parts)} indices for a tensor of rank {x.ndim}.",
            op="x[...]",
            arguments=[("x", x.description)],
            fix="give at most one index for each axis",
        )
    cuts: list[Cut] = []
    flipped: list[int] = []  # axes of x
    dropped: list[int] = []  # axes of the sliced tensor
    added: list[int] = []  # axes of the result
    arrays: dict[int, Tensor] = {}
    result_axis = 0
    for part in parts:
        if part is None:
            added.append(result_axis)
            result_axis += 1
            continue
        axis = len(cuts)
        if isinstance(part, int):
            cuts.append((part, part + 1 if part != -1 else None, 1))
            dropped.append(axis)
            continue
        if isinstance(part, Tensor):
            cuts.append(WHOLE)
            arrays[result_axis] = part
        else:
            cut, backwards = _cut_of_slice(part)
            cuts.append(cut)
            flipped += [axis] if backwards else []
        result_axis += 1
    x = flip(x, flipped) if flipped else x
    y = build(Slice(tuple(cuts), tuple(dropped)), x)
    y = squeeze(y, dropped) if dropped else y
    y = expand_dims(y, added) if added else y
    return y, arrays


def _cut_of_slice(part: slice) -> tuple[Cut, bool]:
    """Return the cut with a step > 0, and whether it is for the axis turned around."""
    start, stop, step = (_bound(v) for v in (part.start, part.stop, part.step))
    step = 1 if step is None else step
    if step == 0:
        raise ArgumentError("the step of a slice is 0.", op="x[...]")
    if step > 0:
        return (start, stop, step), False
    return (_turned(start), _turned(stop), -step), True


def _turned(place: int | None) -> int | None:
    """Return the place from the other end: the first, 0, is the last, -1."""
    return None if place is None else -1 - place


def _bound(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, Tensor) and value.node.symbolic:
        raise ArgumentError(
            "the ends of a slice must be known when the graph is built.",
            op="x[...]",
            fix="gg.gather(x, gg.arange(start, stop)), which is computed when fed",
        )
    try:
        return operator.index(value)
    except TypeError:
        raise DTypeError(
            f"the ends of a slice are whole numbers, not {value!r}.", op="x[...]", fix="int(...)"
        ) from None


def _gather_many(
    x: Tensor, indices: Sequence[Tensor], axes: Sequence[int], side_by_side: bool
) -> Tensor:
    """Return x at several axes' integer arrays at once, by NumPy's rules.

    The axes are brought side by side and made one; then it is one gather. What is gathered stands
    where the axes stood, if the whole index has them side by side; otherwise in front.
    """
    place = axes[0] if side_by_side else 0
    if len(indices) == 1:
        return gather(x if place == axes[0] else moveaxis(x, axes[0], 0), indices[0], place)
    targets = list(range(place, place + len(axes)))
    moved = moveaxis(x, axes, targets)
    dims = [cast(size(moved, axis), int64) for axis in targets]
    flat_index: Any = 0
    outside: Any = constant(False)
    for places, dim in zip(indices, dims, strict=True):
        wrapped = cast(places, int64)
        wrapped = where(wrapped < 0, wrapped + dim, wrapped)
        outside = outside | (wrapped < 0) | (wrapped >= dim)
        flat_index = flat_index * dim + wrapped
    # A place outside its own axis must not pass for a place in the next row.
    flat_index = where(outside, size(moved), flat_index)
    # Not -1 for the joined axis: where another axis is empty, it could not be computed.
    sizes = dims_of(moved)
    joined = [*sizes[:place], size(moved, targets), *sizes[place + len(axes) :]]
    return gather(reshape(moved, joined), flat_index, place)


@composed
def gather_nd(x: TensorLike, indices: TensorLike) -> Tensor:
    """Return the slices of x at full coordinates: the last axis of ``indices`` holds them."""
    x, indices = constant(x), constant(indices)
    depth = indices.shape[-1]
    if depth is None:
        raise ShapeError("the number of coordinates must be known.", op="gather_nd")
    columns = [squeeze(part, -1) for part in _columns(indices, depth)]
    return _gather_many(x, columns, list(range(depth)), side_by_side=True)


def _columns(x: Tensor, count: int) -> list[Tensor]:
    return [slice_axis(x, -1, i, i + 1) for i in range(count)]


@composed
def nonzero(x: TensorLike) -> tuple[Tensor, ...]:
    """Return the places of all elements that are not 0: one vector for each axis."""
    x = constant(x)
    places = build(NonZero(), x)
    return tuple(squeeze(column, -1) for column in _columns(places, x.ndim))


@composed
def boolean_mask(x: TensorLike, mask: TensorLike) -> Tensor:
    """Return the elements of x (or slices, if the mask has fewer axes) where the mask holds."""
    x, mask = constant(x), constant(mask)
    if not is_bool(mask.dtype):
        raise DTypeError("a mask is of bools.", op="boolean_mask", fix="compare: mask != 0")
    return getitem(x, mask)
