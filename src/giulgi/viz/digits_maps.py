"""Pictures of a network's filters, and of what they make of a digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from giulgi.viz import pictures
from giulgi.viz.digits_run import FeatureMaps

Array = npt.NDArray[np.floating[Any]]

# The few largest numbers would leave all others pale, so the full colour begins below them.
_FULL_COLOUR = 0.98


@dataclass(frozen=True)
class Filters:
    """The filters of a convolution as pictures, in their order, and their common scale."""

    rows: int
    columns: int
    pictures: tuple[str, ...]
    scale: float


@dataclass(frozen=True)
class Maps:
    """What all filters of one layer made of a picture, in the order of the filters.

    Args:
        rows: of each map.
        columns: of each map.
        pictures: the maps.
        blank: how many maps are zero everywhere.
    """

    rows: int
    columns: int
    pictures: tuple[str, ...]
    blank: int

    @property
    def numbers(self) -> int:
        """How many numbers all the maps are together."""
        return self.rows * self.columns * len(self.pictures)


@dataclass(frozen=True)
class Inside:
    """What became of one picture, from layer to layer."""

    index: int
    first: Maps
    second: Maps
    pooled: Maps


def filters(kernel: Array) -> Filters:
    """Return the filters (rows, columns, n) of a convolution as pictures."""
    rows, columns, n = kernel.shape
    scale = _scale(np.abs(kernel))
    drawn = tuple(pictures.weights(kernel[..., number], scale) for number in range(n))
    return Filters(rows, columns, drawn, scale)


def insides(maps: FeatureMaps) -> list[Inside]:
    """Return what became of each picture that has feature maps."""
    return [
        Inside(int(index), _maps(maps.first[k]), _maps(maps.second[k]), _maps(maps.pooled[k]))
        for k, index in enumerate(maps.indices)
    ]


def _maps(values: Array) -> Maps:
    """Return the maps (rows, columns, filters) of one layer in a scale of their own."""
    rows, columns, n = values.shape
    # Of what is there at all: most of a map is often blank.
    scale = _scale(values[values > 0])
    drawn = tuple(pictures.strengths(values[..., number], scale) for number in range(n))
    blank = int((values <= 0).all(axis=(0, 1)).sum())
    return Maps(rows, columns, drawn, blank)


def _scale(sizes: Array) -> float:
    """Return the size that has the full colour; 1 where there is nothing to show."""
    scale = float(np.quantile(sizes, _FULL_COLOUR)) if sizes.size else 0.0
    return scale or 1.0
