"""Metrics of probabilities that are held to be true above thresholds: ``tf.metrics.auc`` and more.

Each counts for every threshold how many are rightly and wrongly held to be true and false.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.nn.metrics import (
    FN,
    FP,
    TN,
    TP,
    as_float,
    four_counts,
    inputs_of,
    of_counts,
)  # fmt: skip
from giulgi.compat.tensors.tensor import Tensor, as_expression

# What shares are divided by at least; and by how much the outer thresholds lie outside of 0 to 1.
_SMALL = 1e-7


def _lines(num_thresholds: int) -> list[float]:
    """Return thresholds from 0 to 1, the outer ones a little outside."""
    inner = np.arange(1, num_thresholds - 1) / (num_thresholds - 1)
    return [-_SMALL, *inner, 1 + _SMALL]


def _at_thresholds(
    default: str, which: Sequence[str], formula: Any, labels: Any, predictions: Any,
    thresholds: Any, weights: Any, collections: Any, name: str | None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return a function of some of the four counts, which have an element for each threshold."""
    lines = np.asarray(thresholds, np.float32)
    y, p = (gg.reshape(as_expression(x), (1, -1)) for x in (labels, predictions))
    held = gg.cast(p, "float32") > gg.constant(lines[:, None])
    flat = None if weights is None else gg.reshape(as_float(weights), (1, -1))
    return of_counts(
        name or default, four_counts(gg.cast(y, "bool"), held, flat, 1), which, formula,
        inputs_of(labels, predictions, weights), collections,
    )  # fmt: skip


@exported("metrics.auc")
def auc(
    labels: Any, predictions: Any, weights: Any = None, num_thresholds: int = 200,
    metrics_collections: Any = None, updates_collections: Any = None, curve: str = "ROC",
    name: str | None = None, summation_method: str = "trapezoidal", thresholds: Any = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the area under a curve, by trapezoids between thresholds, and what adds a batch.

    Args:
        labels: what is true.
        predictions: probabilities.
        weights: what each counts.
        num_thresholds: how many thresholds from 0 to 1.
        metrics_collections: the collections that the value joins.
        updates_collections: those that the update joins.
        curve: "ROC", of recall over the share of what is false that is held to be true; or "PR",
            of precision over recall.
        name: the scope of its variables.
        summation_method: must be "trapezoidal".
        thresholds: the thresholds themselves.
    """
    if summation_method != "trapezoidal":
        raise NotImplementedError(f"auc(summation_method={summation_method!r}) is not there")

    def area(tp: gg.Tensor, fn: gg.Tensor, tn: gg.Tensor, fp: gg.Tensor) -> gg.Tensor:
        small = 1e-6
        found = (tp + small) / (tp + fn + small)
        x, h = (
            (fp / (fp + tn + small), found)
            if curve == "ROC"
            else (found, (tp + small) / (tp + fp + small))
        )
        return gg.sum((x[:-1] - x[1:]) * (h[:-1] + h[1:]) / 2)

    lines = _lines(num_thresholds) if thresholds is None else thresholds
    return _at_thresholds(
        "auc", (TP, FN, TN, FP), area, labels, predictions, lines, weights,
        (metrics_collections, updates_collections), name,
    )  # fmt: skip


def _export_at_thresholds(default: str, which: Sequence[str], formula: Any, doc: str) -> None:
    @exported(f"metrics.{default}")
    def call(
        labels: Any, predictions: Any, thresholds: Any, weights: Any = None,
        metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        return _at_thresholds(
            default, which, formula, labels, predictions, thresholds, weights,
            (metrics_collections, updates_collections), name,
        )  # fmt: skip

    call.__name__ = default
    call.__doc__ = f"{doc} at each threshold, and what adds a batch."


def _share(part: gg.Tensor, rest: gg.Tensor) -> gg.Tensor:
    return part / (_SMALL + part + rest)


for _which in (TP, FN, TN, FP):
    _export_at_thresholds(
        f"{_which}_at_thresholds", (_which,), lambda count: count,
        f"Return the number of {_which.replace('_', ' ')}",
    )  # fmt: skip
_export_at_thresholds(
    "precision_at_thresholds", (TP, FP), _share,
    "Return the share of what is held to be true that is",
)  # fmt: skip
_export_at_thresholds(
    "recall_at_thresholds", (TP, FN), _share,
    "Return the share of what is true that is held to be",
)  # fmt: skip


@exported("metrics.sensitivity_at_specificity")
def sensitivity_at_specificity(
    labels: Any, predictions: Any, specificity: float, weights: Any = None,
    num_thresholds: int = 200, metrics_collections: Any = None, updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the share of what is true that is found, where the specificity is nearest to one."""

    def at_nearest(tp: gg.Tensor, fn: gg.Tensor, tn: gg.Tensor, fp: gg.Tensor) -> gg.Tensor:
        return _share(tp, fn)[gg.argmin(gg.abs(_share(tn, fp) - specificity))]

    return _at_thresholds(
        "sensitivity_at_specificity", (TP, FN, TN, FP), at_nearest, labels, predictions,
        _lines(num_thresholds), weights, (metrics_collections, updates_collections), name,
    )  # fmt: skip


@exported("metrics.specificity_at_sensitivity")
def specificity_at_sensitivity(
    labels: Any, predictions: Any, sensitivity: float, weights: Any = None,
    num_thresholds: int = 200, metrics_collections: Any = None, updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the share of what is false that is found, where the sensitivity is nearest to one."""

    def at_nearest(tp: gg.Tensor, fn: gg.Tensor, tn: gg.Tensor, fp: gg.Tensor) -> gg.Tensor:
        # Of several thresholds the greatest, at which most of what is false is found.
        away = gg.flip(gg.abs(_share(tp, fn) - sensitivity), 0)
        return gg.flip(_share(tn, fp), 0)[gg.argmin(away)]

    return _at_thresholds(
        "specificity_at_sensitivity", (TP, FN, TN, FP), at_nearest, labels, predictions,
        _lines(num_thresholds), weights, (metrics_collections, updates_collections), name,
    )  # fmt: skip
