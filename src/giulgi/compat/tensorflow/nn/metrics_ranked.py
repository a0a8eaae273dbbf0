"""Metrics of the k greatest predictions: ``tf.metrics.precision_at_k``, ``recall_at_k`` and more.

Labels are the numbers of true classes: (..., count), or (...) for one class each. Predictions are
(..., classes); those at ``top_k`` are the numbers of the classes held most probable, (..., k).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.nn.metrics import (
    Gathered,
    inputs_of,
    mean_of,
    ratio,
    weights_of,
)
from giulgi.compat.tensors.tensor import Tensor, as_expression


def _true_classes(labels: Any, rank: int) -> gg.Tensor:
    y = gg.cast(as_expression(labels), "int64")
    return gg.expand_dims(y, -1) if y.ndim == rank - 1 else y


def _found(labels: Any, top: gg.Tensor) -> tuple[gg.Tensor, gg.Tensor]:
    """Return which of the k predictions are true (..., k), and which labels are found (..., n)."""
    y = _true_classes(labels, top.ndim)
    same = gg.expand_dims(top, -1) == gg.expand_dims(y, -2)
    return gg.any(same, -1), gg.any(same, -2)


def _top(predictions: Any, k: int) -> gg.Tensor:
    return gg.top_k(as_expression(predictions), k)[1]


def _of_class(places: gg.Tensor, classes: gg.Tensor, class_id: Any) -> gg.Tensor:
    """Return as numbers where something holds; of one class alone, if one is asked for."""
    if class_id is not None:
        places = places & (classes == gg.cast(as_expression(class_id), classes.dtype))
    return gg.cast(places, "float32")


def _share_of_top(
    default: str, labels: Any, top: gg.Tensor, class_id: Any, weights: Any, inputs: Any,
    collections: Any, name: str | None, *, of_labels: bool,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the share that is found: of labels, or of predictions."""
    held, known = _found(labels, top)
    classes = _true_classes(labels, top.ndim) if of_labels else top
    right = known if of_labels else held
    found = gg.sum(_of_class(right, classes, class_id), -1)
    rest = gg.sum(_of_class(~right, classes, class_id), -1)
    w = weights_of(weights, found)
    kinds = "true_positive", "false_negative" if of_labels else "false_positive"
    sums = dict(zip(kinds, (gg.sum(found * w), gg.sum(rest * w)), strict=True))
    return Gathered(name or default, sums, inputs, lambda a, b: ratio(a, a + b), collections).pair


def _export_share(kind: str, told: str, *, of_labels: bool) -> Callable[..., Any]:
    """Export a share of the k greatest predictions and of classes told; return the first."""

    @exported(f"metrics.{kind}_at_k", f"metrics.sparse_{kind}_at_k")
    def at_k(
        labels: Any, predictions: Any, k: int, class_id: Any = None, weights: Any = None,
        metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        return _share_of_top(
            f"{kind}_at_{k}", labels, _top(predictions, k), class_id, weights,
            inputs_of(labels, predictions, weights), (metrics_collections, updates_collections),
            name, of_labels=of_labels,
        )  # fmt: skip

    @exported(f"metrics.{kind}_at_top_k")
    def at_top_k(
        labels: Any, predictions_idx: Any, k: int | None = None, class_id: Any = None,
        weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
        name: str | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        return _share_of_top(
            f"{kind}_at_{k or 'top_k'}", labels, gg.cast(as_expression(predictions_idx), "int64"),
            class_id, weights, inputs_of(labels, predictions_idx, weights),
            (metrics_collections, updates_collections), name, of_labels=of_labels,
        )  # fmt: skip

    at_k.__name__, at_top_k.__name__ = f"{kind}_at_k", f"{kind}_at_top_k"
    at_k.__doc__ = f"Return the share of {told.format('the k greatest predictions')}."
    at_top_k.__doc__ = f"Return the share of {told.format('the classes held most probable')}."
    return at_k


precision_at_k = _export_share("precision", "{} that are true", of_labels=False)
recall_at_k = _export_share("recall", "true classes among {}", of_labels=True)


@exported("metrics.average_precision_at_k", "metrics.sparse_average_precision_at_k")
def average_precision_at_k(
    labels: Any, predictions: Any, k: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the mean of average precisions: sum over i of P(i) true(i) / min(k, count).

    P(i) is the share of the i greatest predictions that are true, and true(i) is 1 if the i-th is.
    """
    held, known = _found(labels, _top(predictions, k))
    true = gg.cast(held, "float32")
    precision = gg.cumsum(true, -1) / gg.arange(1, k + 1, dtype="float32")
    count = gg.cast(gg.size(known, -1), "float32")
    each = gg.sum(precision * true, -1) / gg.minimum(count, k)
    return mean_of(
        f"average_precision_at_{k}", each, weights, inputs_of(labels, predictions, weights),
        (metrics_collections, updates_collections), name,
    )  # fmt: skip
