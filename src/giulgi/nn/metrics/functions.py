"""The formulas of the metrics: one number for each example, or for each of its outputs."""

from __future__ import annotations

from collections.abc import Callable

from giulgi.graph import ops
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.tensor import Tensor

MetricFunction = Callable[..., Tensor]


def accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """1 where the prediction equals the truth, else 0, element by element.

    Args:
        y_true: the truth.
        y_pred: the prediction, of the same shape.
    """
    y, p = constant(y_true), constant(y_pred)
    return ops.cast(ops.cast(y, p.dtype) == p, "float32")


def binary_accuracy(y_true: TensorLike, y_pred: TensorLike, threshold: float = 0.5) -> Tensor:
    """The share of answers that are right, with yes where p > threshold: (batch, n) -> (batch,).

    Args:
        y_true: 0 or 1, (batch, n).
        y_pred: p, (batch, n).
        threshold: from where on it is a yes.
    """
    y, p = constant(y_true), constant(y_pred)
    if y.known_shape is not None and p.known_shape is not None and y.ndim == p.ndim - 1:
        y = ops.expand_dims(y, -1)
    said = ops.cast(p > threshold, "float32")
    return ops.mean(ops.cast(ops.cast(y, "float32") == said, "float32"), -1)


def categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """1 where the largest score is that of the true class: (batch, classes) -> (batch,).

    Args:
        y_true: the true class, one-hot, (batch, classes).
        y_pred: the scores, (batch, classes).
    """
    return ops.cast(ops.argmax(y_true, -1) == ops.argmax(y_pred, -1), "float32")


def sparse_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """1 where the largest score is that of the true class: (batch,), (batch, classes) -> (batch,).

    Args:
        y_true: the number of the true class, (batch,) or (batch, 1).
        y_pred: the scores, (batch, classes).
    """
    y, p = _class_numbers(y_true, y_pred)
    return ops.cast(y == ops.argmax(p, -1), "float32")


def top_k_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike, k: int = 5) -> Tensor:
    """1 where fewer than k scores are above that of the true class: (batch, classes) -> (batch,).

    Args:
        y_true: the true class, one-hot, (batch, classes).
        y_pred: the scores, (batch, classes).
        k: among how many of the best the true class may be.
    """
    return sparse_top_k_categorical_accuracy(ops.argmax(y_true, -1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike, k: int = 5) -> Tensor:
    """1 where fewer than k scores are above that of the true class: (batch,) for each example.

    Args:
        y_true: the number of the true class, (batch,) or (batch, 1).
        y_pred: the scores, (batch, classes).
        k: among how many of the best the true class may be.
    """
    y, p = _class_numbers(y_true, y_pred)
    own = ops.take_along_axis(p, ops.expand_dims(y, -1), -1)
    above = ops.count_nonzero(p > own, -1)
    return ops.cast(above < k, "float32")


def _class_numbers(y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    y, p = ops.cast(constant(y_true), "int64"), constant(y_pred)
    if y.known_shape is not None and p.known_shape is not None and y.ndim == p.ndim:
        y = ops.squeeze(y, -1)
    return y, p
