"""What ``evaluate(metrics=...)`` of ``tf.contrib.learn`` measures besides."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from giulgi.compat.names import exported
from giulgi.compat.tensorflow.public import tf


@exported("contrib.learn.PredictionKey")
class PredictionKey:
    """What the predictions of a model are called."""

    CLASSES, PROBABILITIES, LOGITS, LOGISTIC = "classes", "probabilities", "logits", "logistic"
    SCORES, TOP_K, GENERIC = "scores", "top_k", "output"


@exported("contrib.learn.MetricKey")
class MetricKey:
    """What the metrics of a model are called."""

    LOSS, AUC, AUC_PR, ACCURACY = "loss", "auc", "auc_precision_recall", "accuracy"
    PREDICTION_MEAN, LABEL_MEAN = "prediction/mean", "label/mean"


@exported("contrib.learn.MetricSpec")
@dataclass
class MetricSpec:
    """A metric, and of what it is.

    Attributes:
        metric_fn: takes predictions and labels, perhaps weights, and returns a value and its
            update.
        prediction_key: which of the predictions; None: there is one.
        label_key: which of the labels; None: there is one.
        weight_key: the feature that says how much an example counts.
    """

    metric_fn: Callable[..., Any]
    prediction_key: str | None = None
    label_key: str | None = None
    weight_key: str | None = None

    def create_metric_ops(self, inputs: Any, labels: Any, predictions: Any) -> Any:
        """Return the value and its update.

        Args:
            inputs: the features.
            labels: the labels.
            predictions: what is predicted.

        Raises:
            ValueError: if it is not said which of several predictions or labels is meant.
        """
        expected = _chosen("labels", labels, self.label_key)
        given = {"weights": inputs[self.weight_key]} if self.weight_key else {}
        found = _chosen("predictions", predictions, self.prediction_key)
        wanted = inspect.signature(self.metric_fn).parameters
        # Labels before predictions, or after: as the function calls them.
        if "predictions" in wanted and {"labels", "targets"} & {*wanted}:
            given["labels" if "labels" in wanted else "targets"] = expected
            return self.metric_fn(predictions=found, **given)
        return self.metric_fn(found, expected, **given)


def _chosen(what: str, given: Any, key: str | None) -> Any:
    if not isinstance(given, dict):
        return given
    if key is None:
        if len(given) == 1:
            return next(iter(given.values()))
        raise ValueError(f"MetricSpec without a key for {what} cannot choose among {[*given]}")
    if key not in given:
        raise KeyError(f"MetricSpec: there are no {what} {key!r} among {[*given]}")
    return given[key]


def as_then(predictions: Any) -> Any:
    """Return predictions of an estimator as those of ``tf.contrib.learn`` were called."""
    if not isinstance(predictions, dict):
        return predictions
    if "class_ids" in predictions:
        return {**predictions, "classes": tf.reshape(predictions["class_ids"], [-1])}
    if [*predictions] == ["predictions"]:
        return {"scores": tf.squeeze(predictions["predictions"], [1])}
    return predictions


def measured(metrics: Any, features: Any, labels: Any, predictions: Any) -> dict[str, Any]:
    """Return metrics by name, each as its value and its update.

    Args:
        metrics: for each name, or pair of a name and a prediction's, a :class:`MetricSpec` or a
            function.
        features: the features.
        labels: the labels.
        predictions: what is predicted.
    """
    known = as_then(predictions)
    found = {}
    for name, metric in metrics.items():
        own, key = name if isinstance(name, tuple) else (name, None)
        if not hasattr(metric, "create_metric_ops"):
            metric = MetricSpec(metric, key or _likely(known))
        found[own] = metric.create_metric_ops(features, labels, known)
    return found


def _likely(predictions: Any) -> str | None:
    """Return which prediction a metric is of that does not say it."""
    is_classed = isinstance(predictions, dict) and "classes" in predictions
    return PredictionKey.CLASSES if is_classed else None
