"""Metrics: what is reported while training, usually averaged over all examples seen so far."""

from __future__ import annotations

from typing import Any

from giulgi.graph.shapes import Shape
from giulgi.nn import losses
from giulgi.nn.lookup import instance, look_up
from giulgi.nn.metrics.base import Mean, MeanOf, Metric
from giulgi.nn.metrics.classes import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from giulgi.nn.metrics.functions import (
    MetricFunction,
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "Mean",
    "MeanAbsoluteError",
    "MeanOf",
    "MeanSquaredError",
    "Metric",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "get",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]

METRICS: dict[str, MetricFunction] = {
    "binary_accuracy": binary_accuracy,
    "categorical_accuracy": categorical_accuracy,
    "sparse_categorical_accuracy": sparse_categorical_accuracy,
    "top_k_categorical_accuracy": top_k_categorical_accuracy,
    "sparse_top_k_categorical_accuracy": sparse_top_k_categorical_accuracy,
    **losses.LOSSES,
}
# Names that stand for the accuracy that fits the outputs.
ACCURACY_NAMES = ("accuracy", "acc")


def get(identifier: Any, y_true: Shape | None = None, y_pred: Shape | None = None) -> Metric:
    """Return a metric by its name, or made of a function ``(y_true, y_pred)``.

    Args:
        identifier: a metric, a function, or a name. "accuracy" becomes the accuracy that fits
            the shapes: binary for one output, categorical for one-hot rows, else sparse.
        y_true: the shape of the truth.
        y_pred: the shape of the prediction.

    Raises:
        UnknownArgumentError: if there is no metric of the name.
    """
    identifier = instance(identifier)
    if isinstance(identifier, Metric):
        return identifier
    if callable(identifier):
        return MeanOf(identifier)
    if isinstance(identifier, str) and identifier.lower() in ACCURACY_NAMES:
        return MeanOf(_fitting_accuracy(y_true, y_pred), identifier)
    return MeanOf(check_name(identifier), identifier)


def check_name(name: Any) -> MetricFunction:
    """Return the function of the metric of a name.

    Raises:
        UnknownArgumentError: if there is none.
    """
    return look_up("metric", name, {**METRICS, **dict.fromkeys(ACCURACY_NAMES, accuracy)})


def _fitting_accuracy(y_true: Shape | None, y_pred: Shape | None) -> MetricFunction:
    # Of a vector the only axis is that of the examples, so there is one output.
    if y_pred is None or len(y_pred) < 2 or y_pred[-1] == 1:
        return binary_accuracy
    if y_true is not None and (len(y_true) < len(y_pred) or y_true[-1] == 1):
        return sparse_categorical_accuracy
    return categorical_accuracy


def is_better_larger(name: str) -> bool:
    """Whether a larger value of the metric of this name is better."""
    return name.removeprefix("val_").endswith(("accuracy", "acc"))
