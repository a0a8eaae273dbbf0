"""Whether the shapes of truth and prediction fit together, and what is said if they do not."""

from __future__ import annotations

from giulgi.errors import ShapeError
from giulgi.graph import ops
from giulgi.graph.dtypes import DEFAULT_FLOAT, is_float
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.shapes import shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn.weighting import may_equal

_FLATTEN = "layers.Flatten() in front of the Dense layers makes one row of each example"


def label_error(y: Tensor, p: Tensor) -> ShapeError:
    """Return the error for labels that are not one class number for each prediction."""
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


def require_class_scores(name: str, y: Tensor, p: Tensor) -> None:
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


def same_shape(name: str, y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    """Return both as floats of one shape: (batch,) meets (batch, 1); anything else must be equal.

    Broadcasting is not allowed here: (batch,) against (batch, 1) would silently compare all
    examples with all others.
    """
    given, p = constant(y_true), constant(y_pred)
    p = p if is_float(p.dtype) else ops.cast(p, DEFAULT_FLOAT)
    y = ops.cast(_rank_of(given, p), p.dtype)
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


def _rank_of(y: Tensor, p: Tensor) -> Tensor:
    if y.known_shape is None or p.known_shape is None:
        return y
    if y.ndim == p.ndim - 1 and p.shape[-1] == 1:
        return ops.expand_dims(y, -1)
    if y.ndim == p.ndim + 1 and y.shape[-1] == 1:
        return ops.squeeze(y, -1)
    return y


def as_examples(y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    """Return truth and prediction so that an average along the last axis is one of each example.

    The truth gets the rank of the prediction, if it differs only in a last axis of size 1. Of two
    vectors, (batch,), whose only axis is that of the examples, each number becomes a row:
    (batch, 1).
    """
    p = constant(y_pred)
    y = _rank_of(constant(y_true), p)
    if y.known_shape is not None and p.known_shape is not None and y.ndim == p.ndim == 1:
        return ops.expand_dims(y, -1), ops.expand_dims(p, -1)
    return y, p


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
