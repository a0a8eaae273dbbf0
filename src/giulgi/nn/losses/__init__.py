"""Losses: how far a prediction is from the truth, one number for each example.

Each loss is a function of ``(y_true, y_pred)`` that returns one value for each example (the last
axis is summed or averaged), and a class of the same meaning that averages them.
"""

from __future__ import annotations

from typing import Any

from giulgi.nn.lookup import instance, look_up
from giulgi.nn.losses.base import Loss, LossOf
from giulgi.nn.losses.classes import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from giulgi.nn.losses.functions import (
    LossFunction,
    binary_crossentropy,
    categorical_crossentropy,
    mae,
    mean_absolute_error,
    mean_squared_error,
    mse,
    sparse_categorical_crossentropy,
)

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "LossOf",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "get",
    "mae",
    "mean_absolute_error",
    "mean_squared_error",
    "mse",
    "sparse_categorical_crossentropy",
]

LOSSES: dict[str, LossFunction] = {
    "mean_squared_error": mean_squared_error,
    "mse": mse,
    "mean_absolute_error": mean_absolute_error,
    "mae": mae,
    "binary_crossentropy": binary_crossentropy,
    "categorical_crossentropy": categorical_crossentropy,
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
}


def get(identifier: Any) -> Loss:
    """Return a loss by its name, or made of a class, or of a function ``(y_true, y_pred)``.

    Raises:
        UnknownArgumentError: if there is no loss of the name.
    """
    identifier = instance(identifier)
    if isinstance(identifier, Loss):
        return identifier
    return LossOf(identifier if callable(identifier) else look_up("loss", identifier, LOSSES))
