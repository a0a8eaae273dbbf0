"""The formulas of the losses: one number for each example."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from giulgi.graph import ops
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.tensor import Tensor
from giulgi.nn.activations import log_softmax, softplus
from giulgi.nn.losses.logits import logits_of_sigmoid, logits_of_softmax
from giulgi.nn.losses.shapes import label_error, require_class_scores, same_shape

# Probabilities are kept this far from 0 and 1, so that no logarithm is infinite; those that a
# softmax or sigmoid gives are not, as their loss is that of the logits.
_EPSILON = 1e-7

LossFunction = Callable[[Any, Any], Tensor]


def mean_squared_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """mean((y_true - y_pred)^2) along the last axis.

    Args:
        y_true: the truth, (batch, n).
        y_pred: the prediction, (batch, n).

    Returns:
        (batch,)

    Raises:
        ShapeError: if the two have different shapes.
    """
    y_true, y_pred = same_shape("mean_squared_error", y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), -1)


def mean_absolute_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """mean(|y_true - y_pred|) along the last axis.

    Args:
        y_true: the truth, (batch, n).
        y_pred: the prediction, (batch, n).

    Returns:
        (batch,)

    Raises:
        ShapeError: if the two have different shapes.
    """
    y_true, y_pred = same_shape("mean_absolute_error", y_true, y_pred)
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

    Raises:
        ShapeError: if the two do not fit together.
    """
    y, p = same_shape("binary_crossentropy", y_true, y_pred)
    if label_smoothing:
        y = y * (1 - label_smoothing) + label_smoothing / 2
    x = p if from_logits else logits_of_sigmoid(p)
    if x is not None:
        values = y * softplus(-x) + (1 - y) * softplus(x)
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

    Raises:
        ShapeError: if the two do not fit together.
    """
    name = "categorical_crossentropy"
    require_class_scores(name, constant(y_true), constant(y_pred))
    y, p = same_shape(name, y_true, y_pred)
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

    Raises:
        ShapeError: if the two do not fit together.
    """
    y, p = constant(y_true), constant(y_pred)
    if y.known_shape is not None and p.known_shape is not None:
        if y.ndim == p.ndim and y.shape[axis] == 1:
            y = ops.squeeze(y, axis)
        if y.ndim != p.ndim - 1:
            raise label_error(y, p)
    places = ops.expand_dims(ops.cast(y, "int64"), axis)
    log_p = _log_probabilities(p, from_logits, axis)
    return -ops.squeeze(ops.take_along_axis(log_p, places, axis), axis)


def _log_probabilities(p: Tensor, from_logits: bool, axis: int) -> Tensor:
    x = p if from_logits else logits_of_softmax(p, axis)
    if x is not None:
        return log_softmax(x, axis)
    p = p / ops.sum(p, axis, keepdims=True)
    return ops.log(ops.clip(p, _EPSILON, 1 - _EPSILON))


# Their short names.
mse = mean_squared_error
mae = mean_absolute_error
