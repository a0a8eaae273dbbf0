"""Shapes whose dimensions, or even number of dimensions, may not be known until fed.

A shape is a tuple of sizes; ``None`` stands for a size that is not known yet. Where even the
rank is unknown the whole shape is ``None``.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any, TypeGuard

from giulgi.errors import DTypeError, PlaceError, ShapeError

Dim = int | None
Shape = tuple[Dim, ...]


def is_static(shape: Shape | None) -> TypeGuard[tuple[int, ...]]:
    """Whether the rank and every dimension are known."""
    return shape is not None and None not in shape


def size_of(shape: Iterable[int]) -> int:
    """Return the number of elements of a static shape."""
    size = 1
    for dim in shape:
        size *= dim
    return size


def shape_text(shape: Shape | None) -> str:
    """Return the shape as a person reads it: ``(?, 784)``, or ``(...)`` for an unknown rank."""
    if shape is None:
        return "(...)"
    inner = ", ".join("?" if dim is None else str(dim) for dim in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def normalise_axis(axis: int, rank: int) -> int:
    """Return the axis counted from the front.

    Raises:
        ShapeError: if there is no such axis.
        DTypeError: if it is not a whole number.
    """
    axis = _whole_axis(axis)
    if not -rank <= axis < rank:
        fix = f"use an axis from {-rank} to {rank - 1}" if rank else "a scalar has no axes"
        raise ShapeError(f"there is no axis {axis} in a tensor of rank {rank}.", fix=fix)
    return axis % rank


def require_place(place: int, size: int, axis: int, op: str = "") -> None:
    """Raise a PlaceError if an axis of this size has no element at the place."""
    if not -size <= place < size:
        raise PlaceError(
            f"there is no element {place} along axis {axis}.",
            op=op,
            axes=f"axis {axis} has size {size}",
            fix=f"use a place from {-size} to {size - 1}" if size else "the tensor is empty",
        )


def as_sequence(value: Any) -> list[Any]:
    """Return one thing, or several, as a list; a tensor or an array without axes is one thing."""
    if not isinstance(value, Iterable) or getattr(value, "shape", None) == ():
        return [value]
    return list(value)


def as_axes(axis: int | Sequence[int]) -> tuple[int, ...]:
    """Return one axis, or several, as a tuple.

    Raises:
        DTypeError: if one is not a whole number.
    """
    return tuple(_whole_axis(one) for one in as_sequence(axis))


def _whole_axis(axis: Any) -> int:
    try:
        return operator.index(axis)
    except TypeError:
        raise DTypeError(f"an axis is a whole number, not {axis!r}.") from None


def normalise_axes(axes: Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """Return the axes counted from the front, in order; all of them for ``None``.

    Raises:
        ShapeError: if there is no such axis, or one is given twice.
    """
    if axes is None:
        return tuple(range(rank))
    found = sorted(normalise_axis(axis, rank) for axis in axes)
    if len(set(found)) < len(found):
        raise ShapeError(f"an axis is given twice in {tuple(axes)}.", fix="name each axis once")
    return tuple(found)


def broadcast_shapes(*shapes: Shape) -> Shape:
    """Return the shape in which all shapes meet by NumPy's broadcasting.

    Axes are matched from the last; sizes must be equal or 1. An unknown size that meets a known
    size other than 1 must turn out to be that size (or 1).

    Raises:
        ShapeError: if two sizes differ and neither is 1.
    """
    stretched = [shape for shape in shapes if shape]
    if not stretched:
        return ()
    if stretched.count(stretched[0]) == len(stretched):
        return stretched[0]
    rank = max(len(shape) for shape in shapes)
    result: list[Dim] = []
    for axis in range(-rank, 0):
        sizes = [shape[axis] for shape in shapes if len(shape) >= -axis]
        result.append(_broadcast_axis(sizes, axis, shapes))
    return tuple(result)


def _broadcast_axis(sizes: Sequence[Dim], axis: int, shapes: Sequence[Shape]) -> Dim:
    known = {size for size in sizes if size is not None and size != 1}
    if len(known) > 1:
        said = " and ".join(str(size) for size in sizes if size in known)
        raise ShapeError(
            "the shapes " + " and ".join(shape_text(s) for s in shapes) + " do not fit together: "
            "counted from the last axis, sizes must be equal or 1.",
            axes=f"axis {axis}: {said}",
            fix=_broadcast_fix(shapes),
        )
    if known:
        return known.pop()
    return None if None in sizes else 1


def _broadcast_fix(shapes: Sequence[Shape]) -> str:
    """Suggest the added axis that would make two shapes meet, if there is one."""
    if len(shapes) == 2:
        long, short = sorted(shapes, key=len, reverse=True)
        for position in range(1, len(long) - len(short) + 1):
            widened = short + (1,) * position
            if all(
                a == b or a is None or b is None or 1 in (a, b)
                for a, b in zip(reversed(long), reversed(widened), strict=False)
            ):
                return (
                    f"give the one of shape {shape_text(short)} the shape {shape_text(widened)} "
                    "with reshape or expand_dims"
                )
    return "check which of the two has the shape that you meant; x.reshape(...) or x.T may help"


def merge_dims(a: Dim, b: Dim) -> Dim:
    """Return the size two equal dimensions must have, given what is known of each.

    Raises:
        ShapeError: if both are known and differ.
    """
    if a is None or b is None:
        return b if a is None else a
    if a != b:
        raise ShapeError(f"sizes {a} and {b} differ.")
    return a


def could_agree(a: Shape | None, b: Shape | None) -> bool:
    """Whether two shapes, of which sizes or the rank may be unknown, can be one."""
    if a is None or b is None:
        return True
    return len(a) == len(b) and all(
        x == y or x is None or y is None for x, y in zip(a, b, strict=True)
    )


def could_be(declared: Shape | None, given: Sequence[int]) -> bool:
    """Whether a value of shape ``given`` fits a declared shape with unknown dimensions."""
    if declared is None or declared == given:
        return True
    return len(declared) == len(given) and all(
        d is None or d == g for d, g in zip(declared, given, strict=True)
    )
