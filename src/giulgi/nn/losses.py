"""Losses: how far a prediction is from the truth, one number for each example.

Each loss is a function of ``(y_true, y_pred)`` that returns one value for each example (the last
axis is summed or averaged), and a class of the same meaning that averages them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from giulgi.errors import ShapeError
from giulgi.graph import ops
from giulgi.graph.dtypes import DEFAULT_FLOAT, is_float
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.shapes import shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn.activations import log_softmax, softplus
from giulgi.nn.lookup import function_name, look_up
from giulgi.nn.weighting import fit_weights, may_equal
from giulgi.source import scope

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
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

# Probabilities are kept this far from 0 and 1, so that no logarithm is infinite.
_EPSILON = 1e-7

_FLATTEN = "layers.Flatten() in front of the Dense layers makes one row of each example"

_REDUCTIONS = {
    kind: kind for kind in ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none")
}

LossFunction = Callable[[Any, Any], Tensor]


def mean_squared_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """mean((y_true - y_pred)^2) along the last axis: (batch, n) -> (batch,)."""
    y_true, y_pred = _same_shape("mean_squared_error", y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), -1)


def mean_absolute_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """mean(|y_true - y_pred|) along the last axis: (batch, n) -> (batch,)."""
    y_true, y_pred = _same_shape("mean_absolute_error", y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), -1)


def binary_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
) -> Tensor:
    """-(y ln p + (1 - y) ln(1 - p)), averaged along the last axis.

    Args:
        y_true: 0 or 1 (or a probability), (batch, n).
        y_pred: the probability p, or its logit x = ln(p / (1 - p)), (batch, n).
        from_logits: whether ``y_pred`` is x. The loss is then y softplus(-x) + (1 - y) softplus(x).
        label_smoothing: s moves the truth towards 1/2: y (1 - s) + s / 2.

    Returns:
        (batch,)
    """
    y, p = _same_shape("binary_crossentropy", y_true, y_pred)
    if label_smoothing:
        y = y * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        values = y * softplus(-p) + (1 - y) * softplus(p)
    else:
        p = ops.clip(p, _EPSILON, 1 - _EPSILON)
        values = -(y * ops.log(p) + (1 - y) * ops.log(1 - p))
    return ops.mean(values, -1)


def categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """-sum(y ln p) over the classes.

    Args:
        y_true: the probability of each class, usually one-hot, (batch, classes).
        y_pred: predicted probabilities (made to sum to 1), or their logits, (batch, classes).
        from_logits: whether ``y_pred`` is logits x. The loss is then -sum(y log_softmax(x)).
        label_smoothing: s moves the truth towards all classes alike: y (1 - s) + s / classes.
        axis: the axis of the classes.

    Returns:
        (batch,)
    """
    name = "categorical_crossentropy"
    _require_class_scores(name, constant(y_true), constant(y_pred))
    y, p = _same_shape(name, y_true, y_pred)
    if label_smoothing:
        classes = ops.cast(ops.size(p, axis), p.dtype)
        y = y * (1 - label_smoothing) + label_smoothing / classes
    return -ops.sum(y * _log_probabilities(p, from_logits, axis), axis)


def sparse_categorical_crossentropy(
    y_true: TensorLike, y_pred: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """-ln p of the true class.

    Args:
        y_true: the number of the true class, from 0 on, (batch,) or (batch, 1).
        y_pred: predicted probabilities (made to sum to 1), or their logits, (batch, classes).
        from_logits: whether ``y_pred`` is logits.
        axis: the axis of the classes.

    Returns:
        (batch,)
    """
    y, p = constant(y_true), constant(y_pred)
    if y.known_shape is not None and p.known_shape is not None:
        if y.ndim == p.ndim and y.shape[axis] == 1:
            y = ops.squeeze(y, axis)
        if y.ndim != p.ndim - 1:
            raise _label_error(y, p)
    places = ops.expand_dims(ops.cast(y, "int64"), axis)
    log_p = _log_probabilities(p, from_logits, axis)
    return -ops.squeeze(ops.take_along_axis(log_p, places, axis), axis)


def _log_probabilities(p: Tensor, from_logits: bool, axis: int) -> Tensor:
    if from_logits:
        return log_softmax(p, axis)
    p = p / ops.sum(p, axis, keepdims=True)
    return ops.log(ops.clip(p, _EPSILON, 1 - _EPSILON))


def _label_error(y: Tensor, p: Tensor) -> ShapeError:
    one_hot = y.known_shape == p.known_shape
    return ShapeError(
        "this loss wants one class number for each prediction"
        + (", not one-hot rows." if one_hot else "."),
        op="sparse_categorical_crossentropy",
        arguments=[("y_true", y.description), ("y_pred", p.description)],
        axes=f"y_true has rank {y.ndim}, y_pred {p.ndim}; that of y_true should be one less",
        fix=_label_fix(y, p),
    )


def _label_fix(y: Tensor, p: Tensor) -> str:
    if y.known_shape == p.known_shape:
        return "for one-hot labels use categorical_crossentropy"
    if y.ndim < p.ndim - 1:
        return _FLATTEN
    return "labels of shape (batch,), predictions of shape (batch, classes)"


def _require_class_scores(name: str, y: Tensor, p: Tensor) -> None:
    """Tell a beginner who gives class numbers where one-hot rows are wanted."""
    if y.known_shape is None or p.known_shape is None or not p.ndim:
        return
    numbers = y.ndim == p.ndim - 1 or (y.ndim == p.ndim and y.shape[-1] == 1)
    if numbers and p.shape[-1] not in (1, None):
        raise ShapeError(
            "the labels are class numbers, and this loss wants one-hot rows.",
            op=name,
            arguments=[("y_true", y.description), ("y_pred", p.description)],
            axes=f"y_true {shape_text(y.shape)} and y_pred {shape_text(p.shape)}",
            fix="use sparse_categorical_crossentropy, or make rows with "
            f"gg.one_hot(labels, {p.shape[-1]})",
        )


def _same_shape(name: str, y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    """Return both as floats of one shape: (batch,) meets (batch, 1); anything else must be equal.

    Broadcasting is not allowed here: (batch,) against (batch, 1) would silently compare all
    examples with all others.
    """
    given, p = constant(y_true), constant(y_pred)
    p = p if is_float(p.dtype) else ops.cast(p, DEFAULT_FLOAT)
    y = ops.cast(same_rank(given, p), p.dtype)
    if y.known_shape is None or p.known_shape is None:
        return y, p
    if y.ndim != p.ndim or not all(map(may_equal, y.shape, p.shape)):
        raise ShapeError(
            "the truth and the prediction have different shapes.",
            op=name,
            arguments=[("y_true", given.description), ("y_pred", p.description)],
            axes=f"y_true {shape_text(given.shape)} and y_pred {shape_text(p.shape)}",
            fix=_same_shape_fix(name, given, p),
        )
    return y, p


def same_rank(y: Tensor, p: Tensor) -> Tensor:
    """Return the truth with a last axis of size 1 added or taken off, if p differs only in that."""
    if y.known_shape is None or p.known_shape is None:
        return y
    if y.ndim == p.ndim - 1 and p.shape[-1] == 1:
        return ops.expand_dims(y, -1)
    if y.ndim == p.ndim + 1 and y.shape[-1] == 1:
        return ops.squeeze(y, -1)
    return y


def _same_shape_fix(name: str, y: Tensor, p: Tensor) -> str:
    if name == "binary_crossentropy" and y.ndim == p.ndim and p.shape[-1] == 1:
        return (
            f"if y is one-hot: Dense({y.shape[-1]}, activation='softmax') with "
            "categorical_crossentropy;\nfor a yes or no give y one column of 0 and 1"
        )
    if y.ndim == p.ndim and y.shape[-1] is not None:
        return f"the last layer needs one unit for each number of a target: Dense({y.shape[-1]})"
    if y.ndim == p.ndim - 1 == 1:
        return (
            "for one quantity the last layer is Dense(1); for class numbers the loss is "
            "sparse_categorical_crossentropy"
        )
    if y.ndim < p.ndim:
        return _FLATTEN
    return "the last layer needs one unit for each number of a target"


class Loss:
    """A loss over a batch.

    Args:
        function: ``(y_true, y_pred)`` -> one value for each example.
        name: its name.
        reduction: how the weighted values of the examples become one number:
            "sum_over_batch_size" (or "mean") divides their sum by the number of values,
            "mean_with_sample_weight" by the sum of the weights; "sum"; or "none".
        options: further arguments of the function.
    """

    def __init__(
        self,
        function: Callable[..., Tensor],
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        **options: Any,
    ) -> None:
        self.reduction = look_up("reduction", str(reduction).lower(), _REDUCTIONS)
        self.function = function
        self.name = name or function_name(function)
        self.options = options

    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Return one value for each example."""
        p = constant(y_pred)
        with scope(self.name):
            y = same_rank(constant(y_true), p)
            return constant(self.function(y, p, **self.options))

    def __call__(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None
    ) -> Tensor:
        """Return the mean: sum(weight * value) / number of values, or as the reduction says."""
        values = self.values(y_true, y_pred)
        if sample_weight is None:
            return self._reduced(values, ops.ones_like(values))
        weights = fit_weights(sample_weight, values)
        return self._reduced(values * weights, weights)

    def _reduced(self, values: Tensor, weights: Tensor) -> Tensor:
        if self.reduction == "none":
            return values
        if self.reduction == "sum":
            return ops.sum(values)
        if self.reduction == "mean_with_sample_weight":
            return ops.sum(values) / ops.sum(ops.broadcast_to(weights, ops.shape(values)))
        return ops.mean(values)

    def __repr__(self) -> str:
        return f"Loss({self.name})"


class MeanSquaredError(Loss):
    """The mean of :func:`mean_squared_error`."""

    def __init__(
        self, reduction: str = "sum_over_batch_size", name: str = "mean_squared_error"
    ) -> None:
        super().__init__(mean_squared_error, name, reduction)


class MeanAbsoluteError(Loss):
    """The mean of :func:`mean_absolute_error`."""

    def __init__(
        self, reduction: str = "sum_over_batch_size", name: str = "mean_absolute_error"
    ) -> None:
        super().__init__(mean_absolute_error, name, reduction)


class BinaryCrossentropy(Loss):
    """The mean of :func:`binary_crossentropy`."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str = "sum_over_batch_size",
        name: str = "binary_crossentropy",
    ) -> None:
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(binary_crossentropy, name, reduction, **options)


class CategoricalCrossentropy(Loss):
    """The mean of :func:`categorical_crossentropy`."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            name,
            reduction,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(Loss):
    """The mean of :func:`sparse_categorical_crossentropy`."""

    def __init__(
        self,
        from_logits: bool = False,
        axis: int = -1,
        reduction: str = "sum_over_batch_size",
        name: str = "sparse_categorical_crossentropy",
    ) -> None:
        options = {"from_logits": from_logits, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, name, reduction, **options)


# Their short names.
mse = mean_squared_error
mae = mean_absolute_error

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
    """Return a loss by its name, or made of a class, or of a function ``(y_true, y_pred)``."""
    if inspect.isclass(identifier):
        identifier = identifier()
    if isinstance(identifier, Loss):
        return identifier
    if callable(identifier):
        return Loss(identifier, function_name(identifier))
    return Loss(look_up("loss", identifier, LOSSES))
