"""The shape of tensors that are joined into one, and what is said where theirs do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from giulgi.errors import ShapeError
from giulgi.graph.shapes import Dim, Shape, normalise_axis, shape_text


def joined_shape(shapes: Sequence[Shape], axis: int) -> Shape:
    """Return the shape of tensors that are joined one after another along an axis.

    Raises:
        ShapeError: if they are of different ranks, or differ along another axis.
    """
    rank = len(shapes[0])
    if any(len(shape) != rank for shape in shapes):
        raise ShapeError(
            "the tensors differ in their number of axes.",
            fix="give all the same number of axes; gg.stack joins along a new one",
        )
    axis = normalise_axis(axis, rank)
    differing = _differing_axes(shapes)
    if any(other != axis for other in differing):
        raise _unequal(shapes, differing, axis)
    joined: list[Dim] = [next(iter(_known_sizes(shapes, i)), None) for i in range(rank)]
    sizes = [shape[axis] for shape in shapes]
    joined[axis] = None if None in sizes else sum(s for s in sizes if s is not None)
    return tuple(joined)


def _unequal(shapes: Sequence[Shape], differing: Sequence[int], joined: int) -> ShapeError:
    others = [axis for axis in differing if axis != joined]
    fix = f"make axis {' and axis '.join(map(str, others))} equal"
    if len(differing) == 1:  # Along any other axis they could not be joined, either.
        fix += f", or join along axis {others[0]}: gg.concat(xs, axis={others[0]})"
    return ShapeError(
        f"the tensors are joined along axis {joined}, and differ in another.",
        axes=_sizes_text(shapes, others),
        fix=fix,
    )


def require_one_shape(shapes: Sequence[Shape]) -> None:
    """Raise a ShapeError if shapes of tensors that are to be stacked are known to differ."""
    ranks = [len(shape) for shape in shapes]
    same_rank = len(set(ranks)) <= 1
    differing = _differing_axes(shapes) if shapes and same_rank else []
    if same_rank and not differing:
        return
    fix = "give all the same shape"
    if len(differing) == 1:
        fix += f"; gg.concat(xs, axis={differing[0]}) joins them along an axis that they have"
    raise ShapeError(
        "tensors that are stacked have one shape, and these have "
        f"{_different(shape_text(shape) for shape in shapes)}.",
        axes=_sizes_text(shapes, differing) or f"the number of axes: {_different(ranks)}",
        fix=fix,
    )


def _differing_axes(shapes: Sequence[Shape]) -> list[int]:
    """Return the axes along which shapes of one rank are known to differ."""
    return [axis for axis in range(len(shapes[0])) if len(_known_sizes(shapes, axis)) > 1]


def _known_sizes(shapes: Sequence[Shape], axis: int) -> list[int]:
    """Return the different sizes of an axis, as far as they are known, in their order."""
    return list(dict.fromkeys(size for shape in shapes if (size := shape[axis]) is not None))


def _sizes_text(shapes: Sequence[Shape], axes: Iterable[int]) -> str:
    return ", ".join(f"axis {axis}: {_different(_known_sizes(shapes, axis))}" for axis in axes)


def _different(facts: Iterable[object]) -> str:
    return " and ".join(map(str, dict.fromkeys(facts)))
