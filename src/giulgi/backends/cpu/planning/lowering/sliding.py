"""Windows that slide over an array: what they see as a whole, or tap by tap."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from giulgi.backends.cpu.planning.operations.windows import Interleave, Windows
from giulgi.backends.cpu.planning.sources import shape_of
from giulgi.graph import ops
from giulgi.graph.node import build
from giulgi.graph.ops.slicing import Slice
from giulgi.graph.tensor import Tensor
from giulgi.graph.window import Window

Sizes = tuple[int, ...]


def sizes(x: Tensor) -> Sizes:
    """Return the shape of a tensor, of which every size is known here."""
    return shape_of(x.node)


@dataclass(frozen=True)
class Slide:
    """How a window slides over an array that has its padding already.

    Attributes:
        places: how many places there are along each axis of space.
        taps: how many elements it sees along each.
        strides: how far apart the places are.
        dilation: how far apart the elements are.
    """

    places: Sizes
    taps: Sizes
    strides: Sizes
    dilation: Sizes

    @property
    def rank(self) -> int:
        """The number of axes of space."""
        return len(self.places)

    def seen(self, x: Tensor) -> Tensor:
        """Return what the windows see: (batch, *places, *taps, channels)."""
        return build(Windows(self.places, self.taps, self.strides, self.dilation), x)

    def each_tap(self, x: Tensor) -> Iterator[tuple[Sizes, Tensor]]:
        """Yield each tap, and what it sees at all places: (batch, *places, channels)."""
        taps = itertools.product(*map(range, self.taps))
        for tap, cuts in zip(taps, self.cuts(), strict=True):
            yield tap, build(Slice(((None, None, 1), *cuts)), x)

    def cuts(self) -> Iterator[tuple[tuple[int, int, int], ...]]:
        """Yield for each tap which elements it sees along each axis: start, stop, step."""
        for tap in itertools.product(*map(range, self.taps)):
            axes = zip(tap, self.dilation, self.strides, self.places, strict=True)
            yield tuple((t * d, t * d + (count - 1) * s + 1, s) for t, d, s, count in axes)


def padded_slide(
    window: Window, x: Tensor, taps: Sizes, places: Sizes, around: float = 0
) -> tuple[Tensor, Slide]:
    """Return x with its padding, of a value, and how the window slides over it."""
    margins = window.margins(sizes(x)[1:-1], taps)
    return fitted(x, margins, around), Slide(places, taps, window.strides, window.dilation)


def fitted(x: Tensor, margins: Sequence[tuple[int, int]], around: float = 0) -> Tensor:
    """Return x with a value before and after its axes of space; or without some, if negative."""
    cuts = [
        slice(max(-before, 0), size - max(-after, 0))
        for (before, after), size in zip(margins, sizes(x)[1:-1], strict=True)
    ]
    wide = [(max(before, 0), max(after, 0)) for before, after in margins]
    return ops.pad(x[(slice(None), *cuts)], [(0, 0), *wide, (0, 0)], around)


def assembled(parts: Sequence[Tensor], places: Sequence[slice], size: int) -> Tensor:
    """Return parts side by side along the last axis, each at its place."""
    if len(parts) == 1:
        return parts[0]
    lead = sizes(parts[0])[:-1]
    starts = tuple((*(0 for _ in lead), place.start) for place in places)
    steps = (*(1 for _ in lead), places[0].step or 1)
    return build(Interleave((*lead, size), starts, steps), *parts)
