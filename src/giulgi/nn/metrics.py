"""Metrics: what is reported while training, averaged over all examples seen so far."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from giulgi.graph import ops
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor
from giulgi.nn import losses
from giulgi.nn.lookup import function_name, look_up
from giulgi.nn.weighting import fit_weights
from giulgi.source import scope

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

Update = tuple[Variable, Tensor]
MetricFunction = Callable[..., Tensor]


def accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """1 where the prediction equals the truth, else 0, element by element."""
    y, p = constant(y_true), constant(y_pred)
    return ops.cast(ops.cast(y, p.dtype) == p, "float32")


def binary_accuracy(y_true: TensorLike, y_pred: TensorLike, threshold: float = 0.5) -> Tensor:
    """The share of answers that are right, with yes where p > threshold: (batch, n) -> (batch,)."""
    y, p = constant(y_true), constant(y_pred)
    if y.known_shape is not None and p.known_shape is not None and y.ndim == p.ndim - 1:
        y = ops.expand_dims(y, -1)
    said = ops.cast(p > threshold, "float32")
    return ops.mean(ops.cast(ops.cast(y, "float32") == said, "float32"), -1)


def categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """1 where the largest score is that of the true class: (batch, classes) -> (batch,)."""
    return ops.cast(ops.argmax(y_true, -1) == ops.argmax(y_pred, -1), "float32")


def sparse_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """The same for class numbers: (batch,) and (batch, classes) -> (batch,)."""
    y, p = _class_numbers(y_true, y_pred)
    return ops.cast(y == ops.argmax(p, -1), "float32")


def top_k_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike, k: int = 5) -> Tensor:
    """1 where fewer than k scores are above that of the true class (one-hot)."""
    return sparse_top_k_categorical_accuracy(ops.argmax(y_true, -1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike, k: int = 5) -> Tensor:
    """1 where fewer than k scores are above that of the true class (a number)."""
    y, p = _class_numbers(y_true, y_pred)
    own = ops.take_along_axis(p, ops.expand_dims(y, -1), -1)
    above = ops.count_nonzero(p > own, -1)
    return ops.cast(above < k, "float32")


def _class_numbers(y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    y, p = ops.cast(constant(y_true), "int64"), constant(y_pred)
    if y.known_shape is not None and p.known_shape is not None and y.ndim == p.ndim:
        y = ops.squeeze(y, -1)
    return y, p


class Metric:
    """Base of metrics: state in variables, and the graph that updates and reads it.

    A program that trains includes ``updates``; ``result`` is computed when someone asks.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def variables(self) -> list[Variable]:
        """The state."""
        return [value for value in vars(self).values() if isinstance(value, Variable)]

    def updates(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> list[Update]:
        """Return each variable of the state with its value after this batch."""
        raise NotImplementedError

    def value(self) -> Tensor:
        """Return the result as a tensor of the state."""
        raise NotImplementedError

    def result(self) -> float:
        """Return the result as a number."""
        return float(self.value())

    def reset_state(self) -> None:
        """Forget all batches."""
        for variable in self.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None
    ) -> None:
        """Take a batch into account now."""
        weights = None if sample_weight is None else constant(sample_weight)
        updates = self.updates(constant(y_true), constant(y_pred), weights)
        values = [new.numpy() for _, new in updates]
        for (variable, _), value in zip(updates, values, strict=True):
            variable.assign(value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Mean(Metric):
    """The mean of values: sum(weight * value) / sum(weight). It is 0 before the first."""

    def __init__(self, name: str = "mean") -> None:
        super().__init__(name)
        with scope(name):
            # 64 bits, so that counts of more than 2^24 examples stay exact.
            self.total = Variable(0.0, "total", "float64", trainable=False)
            self.count = Variable(0.0, "count", "float64", trainable=False)

    def add(self, values: Tensor, weights: Tensor | None = None) -> list[Update]:
        """Return the updates that add values to the mean."""
        values = ops.cast(values, "float64")
        if weights is None:
            count = ops.cast(ops.size(values), "float64")
            return [(self.total, self.total + ops.sum(values)), (self.count, self.count + count)]
        weights = fit_weights(weights, values)
        weights = ops.broadcast_to(weights, ops.shape(values))
        return [
            (self.total, self.total + ops.sum(values * weights)),
            (self.count, self.count + ops.sum(weights)),
        ]

    def value(self) -> Tensor:
        """Return total / count."""
        return ops.where(self.count == 0, 0.0, self.total / self.count)


class MeanOf(Mean):
    """The mean over all examples of a function of truth and prediction.

    Args:
        function: ``(y_true, y_pred)`` -> one value for each example.
        name: its name.
        options: further arguments of the function.
    """

    def __init__(self, function: MetricFunction, name: str | None = None, **options: Any) -> None:
        super().__init__(name or function_name(function))
        self.function = function
        self.options = options

    def updates(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> list[Update]:
        """Return the updates that add this batch to the mean."""
        with scope(self.name):
            y = losses.same_rank(y_true, y_pred)
            return self.add(constant(self.function(y, y_pred, **self.options)), sample_weight)


class Accuracy(MeanOf):
    """The mean of :func:`accuracy`."""

    def __init__(self, name: str = "accuracy") -> None:
        super().__init__(accuracy, name)


class BinaryAccuracy(MeanOf):
    """The mean of :func:`binary_accuracy`."""

    def __init__(self, name: str = "binary_accuracy", threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, threshold=threshold)


class CategoricalAccuracy(MeanOf):
    """The mean of :func:`categorical_accuracy`."""

    def __init__(self, name: str = "categorical_accuracy") -> None:
        super().__init__(categorical_accuracy, name)


class SparseCategoricalAccuracy(MeanOf):
    """The mean of :func:`sparse_categorical_accuracy`."""

    def __init__(self, name: str = "sparse_categorical_accuracy") -> None:
        super().__init__(sparse_categorical_accuracy, name)


class TopKCategoricalAccuracy(MeanOf):
    """The mean of :func:`top_k_categorical_accuracy`."""

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy") -> None:
        super().__init__(top_k_categorical_accuracy, name, k=k)


class SparseTopKCategoricalAccuracy(MeanOf):
    """The mean of :func:`sparse_top_k_categorical_accuracy`."""

    def __init__(self, k: int = 5, name: str = "sparse_top_k_categorical_accuracy") -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, k=k)


class MeanSquaredError(MeanOf):
    """The mean squared error."""

    def __init__(self, name: str = "mean_squared_error") -> None:
        super().__init__(losses.mean_squared_error, name)


class MeanAbsoluteError(MeanOf):
    """The mean absolute error."""

    def __init__(self, name: str = "mean_absolute_error") -> None:
        super().__init__(losses.mean_absolute_error, name)


METRICS: dict[str, MetricFunction] = {
    "binary_accuracy": binary_accuracy,
    "categorical_accuracy": categorical_accuracy,
    "sparse_categorical_accuracy": sparse_categorical_accuracy,
    "top_k_categorical_accuracy": top_k_categorical_accuracy,
    "sparse_top_k_categorical_accuracy": sparse_top_k_categorical_accuracy,
    **losses.LOSSES,
}
_ACCURACY_NAMES = ("accuracy", "acc")


def get(identifier: Any, y_true: Shape | None = None, y_pred: Shape | None = None) -> Metric:
    """Return a metric by its name, or made of a function ``(y_true, y_pred)``.

    Args:
        identifier: a metric, a function, or a name. "accuracy" becomes the accuracy that fits
            the shapes: binary for one output, categorical for one-hot rows, else sparse.
        y_true: the shape of the truth.
        y_pred: the shape of the prediction.
    """
    if inspect.isclass(identifier):
        identifier = identifier()
    if isinstance(identifier, Metric):
        return identifier
    if callable(identifier):
        return MeanOf(identifier)
    if isinstance(identifier, str) and identifier.lower() in _ACCURACY_NAMES:
        return MeanOf(_fitting_accuracy(y_true, y_pred), identifier)
    return MeanOf(check_name(identifier), identifier)


def check_name(name: Any) -> MetricFunction:
    """Return the function of the metric of a name.

    Raises:
        UnknownArgumentError: if there is none.
    """
    return look_up("metric", name, {**METRICS, **dict.fromkeys(_ACCURACY_NAMES, accuracy)})


def _fitting_accuracy(y_true: Shape | None, y_pred: Shape | None) -> MetricFunction:
    if not y_pred or y_pred[-1] == 1:
        return binary_accuracy
    if y_true is not None and (len(y_true) < len(y_pred) or y_true[-1] == 1):
        return sparse_categorical_accuracy
    return categorical_accuracy


def is_better_larger(name: str) -> bool:
    """Whether a larger value of the metric of this name is better."""
    return name.removeprefix("val_").endswith(("accuracy", "acc"))
