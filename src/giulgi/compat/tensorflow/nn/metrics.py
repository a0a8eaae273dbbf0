"""``tf.metrics``: values that are gathered over many batches, in local variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensors.tensor import Tensor, as_expression, as_tensor, record
from giulgi.compat.variables.scopes import variable_scope
from giulgi.compat.variables.variable import Variable


def local(name: str, shape: Sequence[int] = (), dtype: Any = np.float32) -> Variable:
    """Return a local variable of zeros, in the open scope."""
    return Variable(
        np.zeros(tuple(shape), dtype),
        trainable=False,
        collections=[Collections.LOCAL_VARIABLES, Collections.METRIC_VARIABLES],
        name=name,
    )


class Gathered:
    """A metric that is a function of sums.

    Args:
        name: the scope of its variables.
        sums: the name of each sum, and what a batch adds to it.
        inputs: what that is computed of.
        formula: a function of the sums.
        collections: the collections that the value and the update join.
        afterwards: another function of the sums, of which the update is one; None: the formula.
    """

    def __init__(
        self, name: str, sums: dict[str, gg.Tensor], inputs: Sequence[Any], formula: Any,
        collections: Sequence[Any] = (None, None), afterwards: Any = None,
    ) -> None:  # fmt: skip
        with variable_scope(name):
            cells = {key: local(key, _static(x)) for key, x in sums.items()}
            olds = [cell.as_tensor() for cell in cells.values()]
            value = formula(*[x.expression for x in olds])
            self.value = record("value", "value", olds, [value]).outputs[0]
            news = [x.expression + s for x, s in zip(olds, sums.values(), strict=True)]
            self.update = record(
                "update_op", "update_op", [*olds, *map(as_tensor, inputs)],
                [(afterwards or formula)(*news)],
                assigns=list(zip(cells.values(), news, strict=True)),
            ).outputs[0]  # fmt: skip
        for where, what in zip(collections, (self.value, self.update), strict=True):
            if where:
                get_default_graph().add_to_collections(where, what)

    @property
    def pair(self) -> tuple[Tensor, Tensor]:
        """The value, and what adds a batch and returns the value after it."""
        return self.value, self.update


def _static(x: gg.Tensor) -> tuple[int, ...]:
    return tuple(size or 0 for size in x.known_shape or ())


def ratio(total: gg.Tensor, count: gg.Tensor) -> gg.Tensor:
    """Return total / count, 0 where nothing counts."""
    return gg.where(count > 0, total / gg.where(count > 0, count, 1), 0)


def weights_of(weights: Any, like: gg.Tensor) -> gg.Tensor:
    """Return what each element counts."""
    if weights is None:
        return gg.ones_like(like)
    w = gg.cast(as_expression(weights), like.dtype)
    if w.known_shape and like.known_shape and len(w.known_shape) < len(like.known_shape):
        rank = len(like.known_shape)
        w = gg.expand_dims(w, tuple(range(len(w.known_shape), rank)))
    return w + gg.zeros_like(like)


def inputs_of(*given: Any) -> list[Any]:
    """Return what is given as tensors."""
    return [as_tensor(x) for x in given if x is not None]


def as_float(x: Any) -> gg.Tensor:
    """Return numbers as float32."""
    value = as_expression(x)
    return value if value.dtype == np.float32 else gg.cast(value, "float32")


def mean_of(
    default: str, each: gg.Tensor, weights: Any, inputs: Sequence[Any], collections: Any,
    name: str | None, last: Any = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the mean of elements over all batches."""
    w = weights_of(weights, each)
    sums = {"total": gg.sum(each * w), "count": gg.sum(w)}

    def formula(total: gg.Tensor, count: gg.Tensor) -> gg.Tensor:
        value = ratio(total, count)
        return value if last is None else last(value)

    return Gathered(name or default, sums, inputs, formula, collections).pair


@exported("metrics.mean", "contrib.metrics.streaming_mean")
def mean(
    values: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the mean of all values so far, and what adds a batch."""
    return mean_of(
        "mean", as_float(values), weights, inputs_of(values, weights),
        (metrics_collections, updates_collections), name,
    )  # fmt: skip


def _alike(labels: Any, predictions: Any) -> tuple[gg.Tensor, gg.Tensor]:
    """Return labels and predictions of as many axes: a last one of size 1 is left out."""
    y, p = as_expression(labels), as_expression(predictions)
    a, b = y.known_shape, p.known_shape
    if a is not None and b is not None:
        if len(a) == len(b) + 1 and a[-1] in (1, None):
            y = gg.squeeze(y, -1)
        elif len(b) == len(a) + 1 and b[-1] in (1, None):
            p = gg.squeeze(p, -1)
    return y, p


@exported("metrics.accuracy")
def accuracy(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the share of predictions that are the labels, and what adds a batch."""
    y, p = _alike(labels, predictions)
    each = gg.cast(gg.cast(p, y.dtype) == y, "float32")
    return mean_of(
        "accuracy", each, weights, inputs_of(labels, predictions, weights),
        (metrics_collections, updates_collections), name,
    )  # fmt: skip


@exported("metrics.mean_absolute_error")
def mean_absolute_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the mean of |predictions - labels|, and what adds a batch."""
    y, p = _alike(labels, predictions)
    return mean_of(
        "mean_absolute_error", gg.abs(as_float(p) - as_float(y)), weights,
        inputs_of(labels, predictions, weights), (metrics_collections, updates_collections), name,
    )  # fmt: skip


@exported("metrics.mean_squared_error")
def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the mean of (predictions - labels)^2, and what adds a batch."""
    y, p = _alike(labels, predictions)
    return mean_of(
        "mean_squared_error", gg.square(as_float(p) - as_float(y)), weights,
        inputs_of(labels, predictions, weights), (metrics_collections, updates_collections), name,
    )  # fmt: skip


@exported("metrics.root_mean_squared_error")
def root_mean_squared_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the root of the mean of (predictions - labels)^2, and what adds a batch."""
    y, p = _alike(labels, predictions)
    return mean_of(
        "root_mean_squared_error", gg.square(as_float(p) - as_float(y)), weights,
        inputs_of(labels, predictions, weights), (metrics_collections, updates_collections), name,
        gg.sqrt,
    )  # fmt: skip


@exported("metrics.mean_tensor")
def mean_tensor(
    values: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the mean of each element over all batches, and what adds a batch."""
    x = as_float(values)
    w = weights_of(weights, x)
    return Gathered(
        name or "mean", {"total_tensor": x * w, "count_tensor": w}, inputs_of(values, weights),
        ratio, (metrics_collections, updates_collections),
    ).pair  # fmt: skip


@exported("metrics.percentage_below")
def percentage_below(
    values: Any, threshold: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the share of values below a threshold, and what adds a batch."""
    each = gg.cast(as_float(values) < threshold, "float32")
    return mean_of(
        "percentage_below_threshold", each, weights, inputs_of(values, weights),
        (metrics_collections, updates_collections), name,
    )  # fmt: skip


@exported("metrics.mean_relative_error")
def mean_relative_error(
    labels: Any, predictions: Any, normalizer: Any, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the mean of |labels - predictions| / normalizer, 0 where that is 0."""
    y, p = _alike(labels, predictions)
    n = as_float(normalizer)
    each = gg.where(n == 0, 0, gg.abs(as_float(y) - as_float(p)) / gg.where(n == 0, 1, n))
    return mean_of(
        "mean_relative_error", each, weights, inputs_of(labels, predictions, normalizer, weights),
        (metrics_collections, updates_collections), name,
    )  # fmt: skip


@exported("metrics.mean_cosine_distance")
def mean_cosine_distance(
    labels: Any, predictions: Any, dim: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return 1 - the mean of the products of unit vectors along an axis."""
    each = gg.sum(as_float(labels) * as_float(predictions), dim, keepdims=True)
    return mean_of(
        "mean_cosine_distance", each, weights, inputs_of(labels, predictions, weights),
        (metrics_collections, updates_collections), name, lambda mean: 1 - mean,
    )  # fmt: skip


# Of true and false


#: The counts of true and false, by the names of their variables.
TP, FN, TN, FP = "true_positives", "false_negatives", "true_negatives", "false_positives"


def four_counts(
    true: gg.Tensor, held: gg.Tensor, weights: Any, axis: int | None = None
) -> dict[str, gg.Tensor]:
    """Return how many are rightly and wrongly held to be true and false, by their names."""
    w = weights_of(weights, gg.cast(true, "float32"))
    no, out = gg.logical_not(true), gg.logical_not(held)
    cases = {
        TP: gg.logical_and(true, held), FN: gg.logical_and(true, out),
        TN: gg.logical_and(no, out), FP: gg.logical_and(no, held),
    }  # fmt: skip
    return {name: gg.sum(gg.cast(case, "float32") * w, axis) for name, case in cases.items()}


def of_counts(
    name: str, counts: dict[str, gg.Tensor], which: Sequence[str], formula: Any,
    inputs: Sequence[Any], collections: Any,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return a function of some of the four counts over all batches."""
    return Gathered(name, {key: counts[key] for key in which}, inputs, formula, collections).pair


def _of_labels(
    default: str, which: Sequence[str], formula: Any, labels: Any, predictions: Any, weights: Any,
    collections: Any, name: str | None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    true, held = (gg.cast(x, "bool") for x in _alike(labels, predictions))
    return of_counts(
        name or default, four_counts(true, held, weights), which, formula,
        inputs_of(labels, predictions, weights), collections,
    )  # fmt: skip


@exported("metrics.precision")
def precision(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the share of what is held to be true that is, and what adds a batch."""
    return _of_labels(
        "precision", (TP, FP), lambda a, b: ratio(a, a + b), labels,
        predictions, weights, (metrics_collections, updates_collections), name,
    )  # fmt: skip


@exported("metrics.recall")
def recall(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the share of what is true that is held to be, and what adds a batch."""
    return _of_labels(
        "recall", (TP, FN), lambda a, b: ratio(a, a + b), labels,
        predictions, weights, (metrics_collections, updates_collections), name,
    )  # fmt: skip


def _count(which: str) -> None:
    @exported(f"metrics.{which}")
    def call(
        labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
        updates_collections: Any = None, name: str | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        return _of_labels(
            which, (which,), lambda count: count, labels, predictions, weights,
            (metrics_collections, updates_collections), name,
        )  # fmt: skip

    call.__name__ = which
    call.__doc__ = f"Return the number of {which.replace('_', ' ')}, and what adds a batch."


for _which in (TP, FP, FN, TN):
    _count(_which)


def _confusion(labels: Any, predictions: Any, num_classes: int, weights: Any) -> gg.Tensor:
    """Return how often each class (row) is held to be each (column)."""
    y, p = (gg.reshape(gg.cast(as_expression(x), "int64"), (-1,)) for x in (labels, predictions))
    true = gg.one_hot(y, num_classes)
    if weights is not None:
        true = true * gg.expand_dims(gg.reshape(as_float(weights), (-1,)), 1)
    return gg.matmul(gg.transpose(true), gg.one_hot(p, num_classes))


@exported("metrics.mean_iou")
def mean_iou(
    labels: Any, predictions: Any, num_classes: int, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the mean over classes of intersection over union; and the matrix after a batch."""
    matrix = _confusion(labels, predictions, num_classes, weights)

    def share(total: gg.Tensor) -> gg.Tensor:
        both = gg.diagonal(total)
        union = gg.sum(total, 0) + gg.sum(total, 1) - both
        present = gg.cast(union > 0, "float32")
        return ratio(gg.sum(ratio(both, union)), gg.sum(present))

    return Gathered(
        name or "mean_iou", {"total_confusion_matrix": matrix},
        inputs_of(labels, predictions, weights), share, (metrics_collections, updates_collections),
        lambda total: total,
    ).pair  # fmt: skip


@exported("metrics.mean_per_class_accuracy")
def mean_per_class_accuracy(
    labels: Any, predictions: Any, num_classes: int, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the mean over classes of the share that is found, and what adds a batch."""
    matrix = _confusion(labels, predictions, num_classes, weights)
    sums = {"count": gg.sum(matrix, 1), "total": gg.diagonal(matrix)}
    return Gathered(
        name or "mean_per_class_accuracy", sums, inputs_of(labels, predictions, weights),
        lambda count, total: gg.mean(ratio(total, count)),
        (metrics_collections, updates_collections), lambda count, total: ratio(total, count),
    ).pair  # fmt: skip
