"""Distributions of numbers, as TensorBoard shows them: how many are in each of many buckets."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from giulgi.formats.event_proto import HistogramProto

Array = np.ndarray[Any, Any]


def _limits() -> Array:
    """Return the limits of TensorBoard's histograms: each a tenth more than the one before."""
    found, limit = [], 1e-12
    while limit < 1e20:
        found.append(limit)
        limit *= 1.1
    positive = np.array([*found, sys.float_info.max])
    return np.concatenate([-positive[::-1], [0.0], positive])


_LIMITS = _limits()
_LIMITS_LISTED = _LIMITS.tolist()
_LAST = len(_LIMITS) - 1
_FEW = 50


def _buckets(values: Array) -> Array:
    """Return in which bucket each value is."""
    found = _LIMITS.searchsorted(values.astype(np.float64, copy=False), "right")
    return np.minimum(found, _LAST)


@cache
def _buckets_of_halves() -> tuple[Array, Array]:
    """Return the bucket of each upper half of a float32, and whether all values of it are there.

    A half tells the sign, the exponent and 7 bits of the mantissa: so much finer than the buckets
    that few values are in a half which a limit cuts.
    """
    halves = np.arange(1 << 16, dtype=np.uint32) << np.uint32(16)
    ends = [(halves | np.uint32(low)).view(np.float32) for low in (0, 0xFFFF)]
    with np.errstate(invalid="ignore"):
        first, last = (_buckets(np.nan_to_num(end)) for end in ends)
    return first, first == last


def _counts(flat: Array, wide: Array) -> Array:
    """Return how many values each bucket has."""
    if flat.dtype != np.float32 or flat.size < 4096:
        return np.bincount(_buckets(wide), minlength=len(_LIMITS))
    halves = (flat.view(np.uint32) >> np.uint32(16)).astype(np.uint16)
    buckets, is_whole = _buckets_of_halves()
    of_halves = np.bincount(halves, minlength=1 << 16)
    found = np.bincount(buckets, of_halves * is_whole, len(_LIMITS))
    return found + np.bincount(_buckets(flat[~is_whole[halves]]), minlength=len(_LIMITS))


@dataclass(frozen=True)
class Distribution:
    """How numbers are spread.

    Attributes:
        of_all: the least, the greatest, how many there are, their sum, and that of their squares.
        limits: below which each bucket's values are; of empty buckets in a row one is kept.
        counts: how many values each bucket has.
    """

    of_all: tuple[float, float, float, float, float]
    limits: Array
    counts: Array

    @classmethod
    def of(cls, values: Array) -> Distribution:
        """Return the distribution of numbers.

        Raises:
            ValueError: if one of them is infinite or no number.
        """
        flat = np.asarray(values).reshape(-1)
        if not flat.size:
            return cls((0.0,) * 5, np.array([sys.float_info.max]), np.zeros(1))
        least, most = float(flat.min()), float(flat.max())
        if not (-np.inf < least and most < np.inf):
            raise ValueError("Nan or Inf in summary histogram")
        if flat.size <= _FEW:
            return cls(*_of_few(flat.tolist()))
        wide = flat.astype(np.float64, copy=False)
        counts = _counts(flat, wide)
        has_values = counts > 0
        is_kept = has_values.copy()
        # Before each bucket that has values, and at the end, there is one that has none.
        is_kept[:-1] |= has_values[1:]
        is_kept[-1] = True
        # Not wide @ wide: the threads of BLAS wait for each other where there is other work.
        squares = float(np.einsum("i,i->", wide, wide))
        of_all = (least, most, flat.size, float(wide.sum()), squares)
        return cls(of_all, _LIMITS[is_kept], counts[is_kept].astype(np.float64))

    def message(self) -> HistogramProto:
        """Return it as a message."""
        least, most, count, total, squares = self.of_all
        if not count:
            return HistogramProto(bucket_limit=self.limits, bucket=self.counts)
        return HistogramProto(
            min=least, max=most, num=count, sum=total, sum_squares=squares,
            bucket_limit=self.limits, bucket=self.counts,
        )  # fmt: skip


def _of_few(values: list[float]) -> tuple[Any, Array, Array]:
    """Return what :class:`Distribution` holds: for few values Python is sooner done than NumPy."""
    counts = Counter(min(bisect_right(_LIMITS_LISTED, value), _LAST) for value in values)
    kept = sorted({*counts, *(place - 1 for place in counts if place), _LAST})
    squares = sum(value * value for value in values)
    of_all = (min(values), max(values), len(values), sum(values), squares)
    limits = np.array([_LIMITS_LISTED[place] for place in kept])
    return of_all, limits, np.array([counts[place] for place in kept], np.float64)


def histogram_of(values: Array) -> HistogramProto:
    """Return the distribution of numbers as a message; see :meth:`Distribution.of`."""
    return Distribution.of(values).message()
