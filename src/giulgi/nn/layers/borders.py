"""Layers that put zeros around pictures, or cut their borders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.checks import is_whole_number, listed
from giulgi.nn.layers.spatial import Spatial, axes_text, checked_data_format
from giulgi.signatures import names_checked

Borders = int | Sequence[int] | Sequence[Sequence[int]]


def borders_for(layer: Layer, what: str, given: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """Return how many elements at the beginning and the end of each axis of space are meant.

    Raises:
        ArgumentError: if it is not a whole number >= 0, one for each axis, or a pair for each.
    """
    each = [given] * rank if is_whole_number(given) else listed(given)
    if rank == 1 and len(each) == 2:
        each = [each]  # (1, 2) is the pair of the only axis.
    pairs = [[part, part] if is_whole_number(part) else listed(part) for part in each]
    are_pairs = len(pairs) == rank and all(len(pair) == 2 for pair in pairs)
    if not are_pairs or any(not is_whole_number(n) or n < 0 for pair in pairs for n in pair):
        raise ArgumentError(
            f"{what} is {given!r}; the layer has {axes_text(rank)}.",
            op=type(layer).__name__,
            fix=f"{what}=1 for all sides, or a pair (before, after) for each axis",
        )
    return tuple((int(before), int(after)) for before, after in pairs)


class _Borders(Spatial):
    """Base of layers that change the borders of space."""

    def _for_all_axes(self, borders: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the borders of all axes, those of the batch and of channels being none."""
        if self.data_format == "channels_last":
            return [(0, 0), *borders, (0, 0)]
        return [(0, 0), (0, 0), *borders]


class ZeroPadding(_Borders):
    """Base of layers that put zeros around.

    Args:
        padding: how many zeros, on all sides; a number for each axis of space; or pairs
            (before, after).
        data_format: "channels_last" (the default) or "channels_first".
        options: of every :class:`Layer`.
    """

    @names_checked
    def __init__(self, padding: Borders = 1, data_format: str | None = None, **options: Any):
        super().__init__(**options)
        self.padding = borders_for(self, "padding", padding, self.rank)
        self.data_format = checked_data_format(data_format)

    def call(self, x: Tensor) -> Tensor:
        """Return x with zeros around it."""
        self.require_rank(x.known_shape)
        return ops.pad(x, self._for_all_axes(self.padding))


class Cropping(_Borders):
    """Base of layers that cut borders.

    Args:
        cropping: how many elements are cut, on all sides; a number for each axis of space; or pairs
            (before, after).
        data_format: "channels_last" (the default) or "channels_first".
        options: of every :class:`Layer`.
    """

    @names_checked
    def __init__(self, cropping: Borders = 1, data_format: str | None = None, **options: Any):
        super().__init__(**options)
        self.cropping = borders_for(self, "cropping", cropping, self.rank)
        self.data_format = checked_data_format(data_format)

    def call(self, x: Tensor) -> Tensor:
        """Return what is left of x."""
        self.require_rank(x.known_shape)
        cuts = []
        for axis, (before, after) in enumerate(self._for_all_axes(self.cropping)):
            size = x.shape[axis]
            if size is not None and before + after >= size and before + after:
                raise ShapeError(
                    f"nothing is left of axis {axis}: it has {size} elements, and "
                    f"{before + after} are cut.",
                    op=type(self).__name__,
                    arguments=[("inputs", x.description)],
                    axes=f"axis {axis} of the inputs ({size})",
                    fix="cut less",
                )
            cuts.append(slice(before, -after if after else None))
        return x[tuple(cuts)]


class ZeroPadding1D(ZeroPadding):
    """Zeros before and after the steps of (batch, steps, channels)."""

    rank = 1


class ZeroPadding2D(ZeroPadding):
    """Zeros around the pictures of (batch, height, width, channels)."""

    rank = 2


class ZeroPadding3D(ZeroPadding):
    """Zeros around the three axes of space of (batch, a, b, c, channels)."""

    rank = 3


class Cropping1D(Cropping):
    """The steps of (batch, steps, channels) without the first and the last."""

    rank = 1


class Cropping2D(Cropping):
    """The pictures of (batch, height, width, channels) without their borders.

    Args:
        cropping: how many elements are cut; as of :class:`Cropping`, but none if nothing is said.
        data_format: "channels_last" (the default) or "channels_first".
        options: of every :class:`Layer`.
    """

    rank = 2

    @names_checked
    def __init__(self, cropping: Borders = 0, data_format: str | None = None, **options: Any):
        super().__init__(cropping, data_format, **options)


class Cropping3D(Cropping):
    """The three axes of space of (batch, a, b, c, channels) without their borders."""

    rank = 3
