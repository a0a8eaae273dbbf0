"""``tf.contrib.metrics``: metrics with predictions before labels, and several at once."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.nn.metrics import accuracy, weights_of
from giulgi.compat.tensors.tensor import Tensor, as_expression


@exported("contrib.metrics.streaming_accuracy")
def streaming_accuracy(
    predictions: Any, labels: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the share of predictions that are the labels; see :func:`accuracy`."""
    return accuracy(labels, predictions, weights, metrics_collections, updates_collections, name)


@operation("contrib.metrics.accuracy", type="accuracy")
def batch_accuracy(
    predictions: Any, labels: Any, weights: Any = None, name: str | None = None
) -> gg.Tensor:
    """Return the share of predictions of one batch that are the labels."""
    p, y = as_expression(predictions), as_expression(labels)
    each = gg.cast(p == y, "float32")
    return gg.sum(each * weights_of(weights, each)) / gg.sum(weights_of(weights, each))


@exported("contrib.metrics.aggregate_metrics")
def aggregate_metrics(*value_update_tuples: Any) -> tuple[list[Any], list[Any]]:
    """Return the values and the updates of several metrics."""
    values, updates = zip(*value_update_tuples, strict=True)
    return list(values), list(updates)


@exported("contrib.metrics.aggregate_metric_map")
def aggregate_metric_map(names_to_tuples: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values and the updates of several metrics by their names."""
    pairs = dict(names_to_tuples)
    return {k: v[0] for k, v in pairs.items()}, {k: v[1] for k, v in pairs.items()}
