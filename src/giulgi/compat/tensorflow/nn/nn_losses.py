"""Losses of logits: cross entropies, and the square of a norm."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import is_modern
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import one_axis, ranked
from giulgi.compat.tensors.tensor import Converted, Tensor, alike, as_expression, as_tensor
from giulgi.graph.shapes import could_agree


def _labels_and_logits(function: str, first: Any, labels: Any, logits: Any) -> tuple[Any, Any]:
    """Return labels and logits, also of positional arguments, which once came as logits, labels."""
    if first is not None and is_modern():  # TensorFlow 2 has labels first.
        labels, logits = first, labels if logits is None else logits
    elif first is not None:
        labels, logits = (logits, first) if labels is None else (labels, first)
    if labels is None or logits is None:
        raise ValueError(f"Both labels and logits must be provided to {function}.")
    return labels, logits


def _of_labels(labels: Any, logits: Any) -> tuple[gg.Tensor, gg.Tensor]:
    """Return labels in the dtype of the logits, and the logits, as floats."""
    is_tensor = isinstance(logits, (Tensor, Converted, gg.Tensor))
    y, x = as_expression(labels), as_expression(logits, None if is_tensor else "float32")
    return gg.cast(y, x.dtype), x


def _cross_entropy(labels: Any, logits: Any, axis: Any) -> gg.Tensor:
    y, x = _of_labels(labels, logits)
    if (
        y.known_shape is not None
        and x.known_shape is not None
        and len(y.known_shape) != len(x.known_shape)
    ):
        y = gg.reshape(y, gg.shape(x))  # Both are taken as matrices of classes.
    if not could_agree(y.known_shape, x.known_shape):
        raise ValueError(
            f"logits and labels must be broadcastable: logits_size={x.known_shape} "
            f"labels_size={y.known_shape}"
        )
    place = one_axis(axis, -1)
    x = x - gg.stop_gradient(gg.max(x, place, keepdims=True))
    total = gg.log(gg.sum(gg.exp(x), place, keepdims=True))
    # TensorFlow's slope is softmax(x) - y also where y does not add to 1, as in rows of zeros: that
    # of what is 0 here makes up for it.
    missing = gg.stop_gradient(1 - gg.sum(y, place)) * gg.squeeze(
        total - gg.stop_gradient(total), place
    )
    return gg.sum(y * (total - x), place) + missing


@operation(
    "nn.softmax_cross_entropy_with_logits", type="SoftmaxCrossEntropyWithLogits",
    named="softmax_cross_entropy_with_logits_sg",
)  # fmt: skip
def softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, dim: Any = -1,
    name: str | None = None, axis: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return -sum(labels ln softmax(logits)) along the last axis; labels have no gradient.

    Two positional arguments are logits and labels, as they were until 2017.

    Raises:
        ValueError: if labels or logits are not given, or do not fit together.
    """
    y, x = _labels_and_logits("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    return _cross_entropy(gg.stop_gradient(as_expression(y)), x, dim if axis is None else axis)


@operation(
    "nn.softmax_cross_entropy_with_logits_v2", type="SoftmaxCrossEntropyWithLogits",
    named="softmax_cross_entropy_with_logits",
)  # fmt: skip
def softmax_cross_entropy_with_logits_v2(
    labels: Any, logits: Any, axis: Any = None, name: str | None = None, dim: Any = None
) -> gg.Tensor:
    """Return -sum(labels ln softmax(logits)) along the last axis, with gradients for both."""
    return _cross_entropy(labels, logits, dim if axis is None else axis)


@operation(
    "nn.sparse_softmax_cross_entropy_with_logits", type="SparseSoftmaxCrossEntropyWithLogits"
)
def sparse_softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> gg.Tensor:
    """Return -ln softmax(logits) of the true class.

    Args:
        _sentinel: logits, where labels follow without a name, as until 2017.
        labels: the numbers of the true classes, whole numbers of one axis fewer than the logits.
        logits: (..., classes).
        name: the name of the operation.

    Raises:
        ValueError: if labels or logits are not given, or differ in their axes.
    """
    function = "sparse_softmax_cross_entropy_with_logits"
    labels, logits = _labels_and_logits(function, _sentinel, labels, logits)
    y, x = as_expression(labels), as_expression(logits)
    if y.dtype.kind not in "iu":
        raise TypeError(
            f"Value passed to parameter 'labels' has DataType {y.dtype.name} not in list of "
            "allowed values: int32, int64"
        )
    a, b = y.known_shape, x.known_shape
    if a is not None and b is not None and len(a) != len(b) - 1:
        raise ValueError(
            f"Rank mismatch: Rank of labels (received {len(a)}) should equal rank of logits minus "
            f"1 (received {len(b)})."
        )
    if a is not None and b is not None and not could_agree(a, b[:-1]):
        raise ValueError(
            "Shape mismatch: The shape of labels (received "
            f"{a}) should equal the shape of logits except for the last dimension (received {b})."
        )
    if b is not None:
        y = ranked(y, len(b) - 1)
    places = gg.expand_dims(gg.cast(y, "int64"), -1)
    return -gg.squeeze(gg.take_along_axis(gg.activations.log_softmax(x), places, -1), -1)


@operation("nn.sigmoid_cross_entropy_with_logits", type="logistic_loss")
def sigmoid_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None,
    targets: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return -labels ln sigmoid(logits) - (1 - labels) ln(1 - sigmoid(logits)), element by element.

    Two positional arguments are logits and labels, as they were until 2017.

    Raises:
        ValueError: if labels or logits are not given, or do not fit together.
    """
    function = "sigmoid_cross_entropy_with_logits"
    labels, logits = _labels_and_logits(
        function, _sentinel, targets if labels is None else labels, logits
    )
    y, x = _of_labels(labels, logits)
    if not could_agree(y.known_shape, x.known_shape):
        raise ValueError(
            f"logits and labels must have the same shape ({x.known_shape} vs {y.known_shape})"
        )
    # At 0 the slopes of both parts add to 1 / 2: that of minimum(-x, x) is its first argument's.
    return gg.maximum(x, 0) - x * y + gg.log1p(gg.exp(gg.minimum(-x, x)))


@operation("nn.weighted_cross_entropy_with_logits", type="logistic_loss")
def weighted_cross_entropy_with_logits(
    targets: Any = None, logits: Any = None, pos_weight: Any = None, name: str | None = None,
    labels: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return the cross entropy of sigmoids in which what is true counts ``pos_weight`` times."""
    y, x = _of_labels(targets if labels is None else labels, logits)
    _, weight = alike(x, pos_weight)
    factor = 1 + (weight - 1) * y
    # At 0 the slopes of both parts add to -1 / 2: that of minimum(x, -x) is its first argument's.
    tail = gg.log1p(gg.exp(gg.minimum(x, -x))) + gg.maximum(-x, 0)
    return (1 - y) * x + factor * tail


@operation("nn.l2_loss", type="L2Loss")
def l2_loss(t: Any, name: str | None = None) -> gg.Tensor:
    """Return sum(t^2) / 2."""
    return gg.sum(gg.square(as_expression(t))) / 2


@operation("nn.log_poisson_loss", type="log_poisson_loss")
def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> gg.Tensor:
    """Return exp(log_input) - log_input targets, with Stirling's formula if wanted in full."""
    y, x = _of_labels(targets, log_input)
    loss = gg.exp(x) - x * y
    if not compute_full_loss:
        return loss
    stirling = y * gg.log(y) - y + 0.5 * gg.log(2 * gg.pi * y)
    return loss + gg.where((y >= 0) & (y <= 1), 0, stirling)


@exported("contrib.nn.deprecated_flipped_softmax_cross_entropy_with_logits")
def flipped_softmax_cross_entropy(
    logits: Any, labels: Any, dim: int = -1, name: str | None = None
) -> Any:
    """Return the cross entropy with the arguments in their order of former times."""
    return softmax_cross_entropy_with_logits(
        labels=as_tensor(labels), logits=logits, dim=dim, name=name
    )
