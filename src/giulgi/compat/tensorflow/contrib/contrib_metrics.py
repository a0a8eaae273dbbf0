"""``tf.contrib.metrics``: metrics with predictions before labels, and several at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.names import export, exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.nn import metrics
from giulgi.compat.tensorflow.nn.metrics import weights_of
from giulgi.compat.tensorflow.nn.metrics_ranked import recall_at_k
from giulgi.compat.tensorflow.nn.metrics_thresholds import auc
from giulgi.compat.tensors.tensor import Tensor, as_expression


def _streaming(kind: Callable[..., tuple[Tensor, Tensor]]) -> Callable[..., Any]:
    """Return a metric that is given predictions before labels."""

    def streaming(predictions: Any, labels: Any, *args: Any, **kwargs: Any) -> Any:
        return kind(labels, predictions, *args, **kwargs)

    streaming.__doc__ = f"See ``tf.metrics.{kind.__name__}``: predictions come before labels here."
    return streaming


for _kind in (
    metrics.accuracy, auc, metrics.mean_absolute_error, metrics.mean_iou,
    metrics.mean_squared_error, metrics.precision, metrics.recall, recall_at_k,
    metrics.root_mean_squared_error,
):  # fmt: skip
    _made = _streaming(_kind)
    _made.__name__ = f"streaming_{_kind.__name__}"
    export(f"contrib.metrics.{_made.__name__}", _made)

export("contrib.metrics.streaming_sparse_recall_at_k", _streaming(recall_at_k))


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
