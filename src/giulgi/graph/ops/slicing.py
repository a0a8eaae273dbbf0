"""Parts of a tensor: slices, their inverse, padding, splitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph.dtypes import is_float
from giulgi.graph.node import build
from giulgi.graph.op import Op
from giulgi.graph.ops.leaves import TensorLike, constant, known_value, settled_value
from giulgi.graph.ops.shape import Shaped, as_sizes, build_shaped, elements_of, sizes_of
from giulgi.graph.shapes import Dim, Shape, is_static, normalise_axis, require_place
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]

# Start, stop and step (> 0) along one axis; None is the beginning, or the end.
Cut = tuple[int | None, int | None, int]
WHOLE: Cut = (None, None, 1)


def _normal_cut(cut: Cut, size: Dim) -> Cut:
    """Return the cut with both ends counted from the front, where the size is known."""
    if size is None:
        return (None, cut[1], cut[2]) if cut[0] == 0 else cut
    start, stop, step = slice(*cut).indices(size)
    return (start, max(start, stop), step)


def _cut_size(cut: Cut, size: Dim) -> Dim:
    if size is None:
        return None
    return len(range(*slice(*cut).indices(size)))


def _cuts_text(cuts: Sequence[Cut]) -> str:
    parts = []
    for start, stop, step in cuts:
        said = f"{'' if start in (None, 0) else start}:{'' if stop is None else stop}"
        parts.append(said if step == 1 else f"{said}:{step}")
    return ", ".join(parts)


@dataclass(frozen=True)
class Slice(Op):
    """x[start:stop:step, ...]: every step-th element from start up to stop along each axis.

    Attributes:
        cuts: what is taken along each axis.
        picks: axes along which the cut is for one element, which must be there.
    """

    cuts: tuple[Cut, ...]
    picks: tuple[int, ...] = ()

    def infer_shape(self, x: Shape) -> Shape:
        if len(self.cuts) > len(x):
            raise ShapeError(
                f"{len(self.cuts)} slices for a tensor of rank {len(x)}.",
                fix="give at most one slice for each axis",
            )
        cut = tuple(
            1 if axis in self.picks else _cut_size(c, size)
            for axis, (c, size) in enumerate(zip(self.cuts, x, strict=False))
        )
        return cut + x[len(cut) :]

    def normalised(self, x: Tensor) -> Op:
        if x.known_shape is None or len(self.cuts) > x.ndim:
            return self
        self._require_picks(x.shape)
        cuts = self.cuts + (WHOLE,) * (x.ndim - len(self.cuts))
        picks = tuple(axis for axis in self.picks if x.shape[axis] is None)
        return Slice(
            tuple(
                cut if axis in picks else _normal_cut(cut, size)
                for axis, (cut, size) in enumerate(zip(cuts, x.shape, strict=True))
            ),
            picks,
        )

    def _require_picks(self, x: Shape) -> None:
        for axis in self.picks:
            place, size = self.cuts[axis][0], x[axis]
            assert place is not None
            if size is not None:
                # As the user wrote it: x[:, 3] is a slice only here.
                require_place(place, size, axis, f"x[{', '.join([':'] * axis + [str(place)])}]")

    def resolve(self, x: Tensor) -> Tensor | None:
        if x.known_shape is None:
            return x if not self.cuts else None
        whole = all(
            cut == WHOLE or cut == (0, size, 1)
            for cut, size in zip(self.cuts, x.known_shape, strict=True)
        )
        return x if whole else None

    def known_elements(self, x: Tensor) -> Shape | None:
        elements = elements_of(x)
        if elements is None or len(self.cuts) != 1:
            return None
        return elements[slice(*self.cuts[0])]

    def numpy(self, x: Array) -> Array:
        self._require_picks(x.shape)
        return x[tuple(slice(*cut) for cut in self.cuts)]

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return embed(dy, sizes_of(x), self.cuts)

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}[{_cuts_text(self.cuts)}]"


@dataclass(frozen=True)
class Embed(Shaped):
    """Zeros of a shape, with x at ``[start:stop:step, ...]``: the inverse of a slice."""

    cuts: tuple[Cut, ...]

    def infer_target(self, target: Shape | None, *inputs: Tensor) -> Shape | None:
        (x,) = inputs
        if target is not None and is_static(target) and is_static(x.known_shape):
            hole = Slice(self.cuts).infer_shape(target)
            if hole != x.known_shape:
                raise ShapeError(f"x has shape {x.known_shape}, and its place {hole}.")
        return target

    def numpy(self, x: Array, shape: Array | None = None) -> Array:
        result = np.zeros(self.concrete_shape(shape), x.dtype)
        result[tuple(slice(*cut) for cut in self.cuts)] = x
        return result

    def gradient(
        self, dy: Tensor, y: Tensor, x: Tensor, *shape: Tensor
    ) -> tuple[Tensor | None, ...]:
        return build(Slice(self.cuts), dy), *(None for _ in shape)


class ExactFloat(float):
    """A float as an attribute of an op: 0.0 and -0.0 differ, and NaN is NaN."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExactFloat) and self.hex() == other.hex()

    def __hash__(self) -> int:
        return hash(self.hex())


@dataclass(frozen=True)
class Pad(Op):
    """x with ``low`` elements of a value before and ``high`` after it along each axis."""

    low: tuple[int, ...]
    high: tuple[int, ...]
    value: float

    def infer_shape(self, x: Shape) -> Shape:
        if len(self.low) != len(x):
            raise ShapeError(
                f"widths for {len(self.low)} axes, and a tensor of rank {len(x)}.",
                fix="give one pair (before, after) for each axis",
            )
        return tuple(
            None if size is None else size + low + high
            for size, low, high in zip(x, self.low, self.high, strict=True)
        )

    def resolve(self, x: Tensor) -> Tensor | None:
        return None if any(self.low) or any(self.high) else x

    def numpy(self, x: Array) -> Array:
        widths = list(zip(self.low, self.high, strict=True))
        return np.pad(x, widths, constant_values=x.dtype.type(self.value))

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        cuts = tuple(
            (low, -high if high else None, 1) for low, high in zip(self.low, self.high, strict=True)
        )
        return build(Slice(cuts), dy)


# What a user calls


def embed(x: TensorLike, shape: Any, cuts: Sequence[Cut]) -> Tensor:
    """Return zeros of the given shape with x at the cuts: the inverse of a slice."""
    return build_shaped(Embed, as_sizes(shape), constant(x), cuts=tuple(cuts))


def slice_axis(x: Tensor, axis: int, start: int | None, stop: int | None, step: int = 1) -> Tensor:
    """Return x[start:stop:step] along one axis."""
    axis = normalise_axis(axis, x.ndim)
    return build(Slice((WHOLE,) * axis + ((start, stop, step),)), x)


def pad(
    x: TensorLike,
    widths: int | Sequence[int] | Sequence[Sequence[int]],
    value: float = 0,
    name: str | None = None,
) -> Tensor:
    """Return x with elements of a value around it.

    Args:
        x: the tensor.
        widths: a pair (before, after) for each axis; one pair, or one number, serves all axes.
        value: what is put there, a number that is known when the graph is built.
        name: a name for printing.

    Raises:
        ArgumentError: if the widths do not fit the axes, or the value is not known.
    """
    x = constant(x)
    pairs = _pairs(widths, x.ndim)
    if any(width < 0 for pair in pairs for width in pair):
        raise ArgumentError("a width is negative.", op="pad", fix="to cut, use a slice: x[1:]")
    low, high = (tuple(int(pair[i]) for pair in pairs) for i in (0, 1))
    return build(Pad(low, high, _exact(value)), x, name=name)


def _exact(value: Any) -> float:
    known = settled_value(constant(value))
    if known is None or known.size != 1:
        raise ArgumentError(
            "the value must be one number, known when the graph is built.",
            op="pad",
            fix="gg.where chooses between x and a value that is fed",
        )
    return ExactFloat(value) if is_float(known.dtype) else known.item()


def _pairs(widths: Any, rank: int) -> list[list[int]]:
    """Return one pair of widths for each axis, from one number, one pair, or all pairs."""
    given = np.asarray(known_widths(widths))
    shapes = {(), (1,), (2,), (1, 2), (rank, 1), (rank, 2)}
    if given.dtype.kind not in "iu" or given.shape not in shapes:
        raise ArgumentError(
            f"{widths!r} does not give whole numbers of elements before and after each of "
            f"{rank} axes.",
            op="pad",
            fix="pad(x, ((1, 1), (2, 2))): a pair (before, after) for each axis",
        )
    return np.broadcast_to(given, (rank, 2)).tolist()


def known_widths(widths: Any) -> Any:
    """Return padding widths as numbers, also if they are given as a constant tensor."""
    if isinstance(widths, Tensor):
        value = known_value(widths)
        if value is None:
            raise ArgumentError(
                "the widths must be known when the graph is built.", op="pad", fix="give numbers"
            )
        return value
    return widths
