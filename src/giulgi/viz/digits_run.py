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
class DigitsRun:
    """A network trained on digits, and its answers to n pictures it has never seen.

    Args:
        images: uint8 (n, 28, 28), from 0 (background) to 255 (ink).
        labels: int (n,), the true digits.
        probabilities: float (n, 10), what the network gave to each digit.
        history: for each of ``loss``, ``accuracy``, ``val_loss`` and ``val_accuracy`` a value
            per epoch.
        first_layer: float (784, units), the kernel of the first dense layer.
        summary: the text table of the network.
        seconds: how long the training took.
        facts: names and values for the small print, such as the version and the CPU.

    Raises:
        ShapeError: if an array does not have the shape above.
        DataError: if a label is not a digit, a number is NaN or infinite, or the history lacks
            a curve.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.integer[Any]]
    probabilities: npt.NDArray[np.float32]
    history: Mapping[str, Sequence[float]]
    first_layer: npt.NDArray[np.float32]
    summary: str
    seconds: float
    facts: Mapping[str, str]

    def __post_init__(self) -> None:
        n = len(self.images)
        _check_shape("images", self.images, (n, SIDE, SIDE), "(n, 28, 28)")
        _check_shape("labels", self.labels, (n,), f"({n},), one label per image")
        _check_shape("probabilities", self.probabilities, (n, DIGITS), f"({n}, 10)")
        units = self.first_layer.shape[-1] if self.first_layer.ndim else 0
        _check_shape("first_layer", self.first_layer, (SIDE * SIDE, units), "(784, units)")
        if n == 0:
            raise DataError("There is no picture to report on: images has length 0.")
        if self.labels.min() < 0 or self.labels.max() >= DIGITS:
            raise DataError(
                f"labels go from {self.labels.min()} to {self.labels.max()}, and digits go from "
                "0 to 9.",
                fix="give the digits themselves, not one-hot rows or other classes",
            )
        _check_finite("probabilities", self.probabilities)
        _check_finite("first_layer", self.first_layer)
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
