"""What a network did with handwritten digits, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from giulgi.errors import DataError, ShapeError

SIDE = 28
"""Rows and columns of a picture."""

DIGITS = 10
"""How many digits there are to tell apart."""

CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")
"""The keys of a history."""


@dataclass(frozen=True)
class FeatureMaps:
    """What the filters of two convolutions, and the pooling behind them, made of k pictures.

    Args:
        indices: int (k,), which pictures: their places among the ``images`` of a run.
        first: float (k, rows, columns, filters), the maps of the first convolution.
        second: the maps of the second convolution, likewise.
        pooled: the maps of the second convolution after pooling.

    Raises:
        ShapeError: if an array does not have such a shape.
        DataError: if a number is NaN or infinite.
    """

    indices: npt.NDArray[np.integer[Any]]
    first: npt.NDArray[np.float32]
    second: npt.NDArray[np.float32]
    pooled: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        k = len(self.indices)
        for name in ("first", "second", "pooled"):
            maps: npt.NDArray[np.float32] = getattr(self, name)
            if maps.ndim != 4 or len(maps) != k:
                raise ShapeError(
                    f"{name} has the shape {maps.shape}, and should have "
                    f"({k}, rows, columns, filters)."
                )
            _check_finite(name, maps)


@dataclass(frozen=True)
class DigitsRun:
    """A network trained on digits, and its answers to n pictures it has never seen.

    Args:
        images: uint8 (n, 28, 28), from 0 (background) to 255 (ink).
        labels: int (n,), the true digits.
        probabilities: float (n, 10), what the network gave to each digit.
        history: for each of ``loss``, ``accuracy``, ``val_loss`` and ``val_accuracy`` a value
            per epoch.
        filters: float (rows, columns, n), the filters of the first convolution.
        feature_maps: what the filters made of some of the pictures.
        summary: the text table of the network.
        seconds: how long the training took.
        facts: names and values for the small print, such as the version and the CPU.

    Raises:
        ShapeError: if an array does not have the shape above.
        DataError: if a label is not a digit, a number is NaN or infinite, the history lacks a
            curve, or there is a feature map of a picture that does not exist.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.integer[Any]]
    probabilities: npt.NDArray[np.float32]
    history: Mapping[str, Sequence[float]]
    filters: npt.NDArray[np.float32]
    feature_maps: FeatureMaps
    summary: str
    seconds: float
    facts: Mapping[str, str]

    def __post_init__(self) -> None:
        n = len(self.images)
        _check_shape("images", self.images, (n, SIDE, SIDE), "(n, 28, 28)")
        _check_shape("labels", self.labels, (n,), f"({n},), one label per image")
        _check_shape("probabilities", self.probabilities, (n, DIGITS), f"({n}, 10)")
        n_filters = self.feature_maps.first.shape[-1]
        _check_shape(
            "filters",
            self.filters,
            (*self.filters.shape[:2], n_filters),
            f"(rows, columns, {n_filters}), one filter per map of the first convolution",
        )
        if n == 0:
            raise DataError("There is no picture to report on: images has length 0.")
        if self.labels.min() < 0 or self.labels.max() >= DIGITS:
            raise DataError(
                f"labels go from {self.labels.min()} to {self.labels.max()}, and digits go from "
                "0 to 9.",
                fix="give the digits themselves, not one-hot rows or other classes",
            )
        _check_finite("probabilities", self.probabilities)
        _check_finite("filters", self.filters)
        _check_places(self.feature_maps.indices, n)
        _check_history(self.history)

    @property
    def epochs(self) -> int:
        """How many epochs the history tells of."""
        return len(self.history["loss"])


def _check_shape(
    name: str, array: npt.NDArray[Any], expected: tuple[int, ...], wording: str
) -> None:
    if array.shape != expected:
        raise ShapeError(f"{name} has the shape {array.shape}, and should have {wording}.")


def _check_places(indices: npt.NDArray[np.integer[Any]], n: int) -> None:
    outside = [int(index) for index in indices if not 0 <= index < n]
    if outside:
        raise DataError(
            f"There is a feature map of picture {outside[0]}, and there are {n} pictures, "
            f"0 to {n - 1}."
        )


def _check_finite(name: str, array: npt.NDArray[Any]) -> None:
    if not np.isfinite(array).all():
        raise DataError(
            f"{name} holds NaN or infinite numbers.",
            fix="the training has diverged: try a smaller learning rate",
        )


def _check_history(history: Mapping[str, Sequence[float]]) -> None:
    missing = [key for key in CURVES if key not in history]
    if missing:
        raise DataError(
            f"The history lacks {', '.join(missing)}.",
            fix="fit with metrics=['accuracy'] and with validation_data or validation_split",
        )
    lengths = {key: len(history[key]) for key in CURVES}
    if len(set(lengths.values())) > 1:
        raise DataError(f"The curves of the history differ in length: {lengths}.")
