"""``tf.losses``: losses of a batch, weighted, and gathered in a collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import one_axis, static
from giulgi.compat.tensorflow.nn.nn_losses import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
)
from giulgi.compat.tensors.tensor import as_expression, as_tensor
from giulgi.graph.shapes import could_agree


@exported("losses.Reduction")
class Reduction:
    """What becomes of the losses of examples."""

    NONE = "none"
    SUM = "weighted_sum"
    MEAN = "weighted_mean"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """Return all of them."""
        return (
            cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE, cls.SUM_BY_NONZERO_WEIGHTS,
        )  # fmt: skip

    @classmethod
    def validate(cls, key: str) -> None:
        """Raise a ValueError if it is none of them."""
        if key not in cls.all():
            raise ValueError(f"Invalid ReductionKey {key}.")


def _quotient(total: gg.Tensor, count: gg.Tensor) -> gg.Tensor:
    """Return total / count, and 0 where nothing is counted."""
    return gg.where(count == 0, 0, total / gg.where(count == 0, 1, count))


def _spread(weights: Any, losses: gg.Tensor) -> gg.Tensor:
    """Return weights of the dtype of losses, with as many axes, if they have any."""
    w = gg.cast(as_expression(weights), losses.dtype)
    if w.known_shape is None or losses.known_shape is None or w.known_shape == ():
        return w
    rank = len(losses.known_shape)
    if len(w.known_shape) == rank + 1 and w.known_shape[-1] == 1:
        return gg.squeeze(w, -1)
    missing = rank - len(w.known_shape)
    return gg.expand_dims(w, tuple(range(rank - missing, rank))) if missing > 0 else w


@operation(type="value")
def _reduced(losses: Any, weights: Any, reduction: str) -> gg.Tensor:
    each = as_expression(losses)
    if each.dtype.kind != "f":
        each = gg.cast(each, "float32")
    w = _spread(weights, each)
    weighted = each * w
    if reduction == Reduction.NONE:
        return weighted
    total = gg.sum(weighted)
    if reduction == Reduction.SUM:
        return total
    if reduction == Reduction.SUM_OVER_BATCH_SIZE:
        return total / gg.cast(gg.size(each), each.dtype)
    every = w + gg.zeros_like(each)
    counted = every if reduction == Reduction.MEAN else gg.cast(every != 0, each.dtype)
    known = static(weights)
    if known is not None and known.ndim == 0 and known != 0:
        share = known if reduction == Reduction.MEAN else 1.0
        return total / (gg.cast(gg.size(each), each.dtype) * share)
    return _quotient(total, gg.sum(counted))


@exported("losses.compute_weighted_loss", "contrib.losses.compute_weighted_loss")
def compute_weighted_loss(
    losses: Any, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = Collections.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:  # fmt: skip
    """Return losses of examples as one loss, which joins a collection.

    Args:
        losses: the losses, of any shape.
        weights: what each counts, of their shape, or of fewer axes or sizes of 1.
        scope: the scope of names.
        loss_collection: the collection; None: none.
        reduction: what is made of them: by default the sum, divided by how many weights are not 0.
    """
    Reduction.validate(reduction)
    with get_default_graph().name_scope(scope or "weighted_loss"):
        loss = _reduced(losses, weights, reduction)
    if loss_collection is not None:
        get_default_graph().add_to_collection(loss_collection, loss)
    return loss


@exported("losses.add_loss", "contrib.losses.add_loss")
def add_loss(loss: Any, loss_collection: Any = Collections.LOSSES) -> None:
    """Add a loss to the collection."""
    if loss_collection is not None:
        get_default_graph().add_to_collection(loss_collection, loss)


@exported("losses.get_losses", "contrib.losses.get_losses")
def get_losses(scope: str | None = None, loss_collection: Any = Collections.LOSSES) -> list[Any]:
    """Return the losses of the collection."""
    return get_default_graph().get_collection(loss_collection, scope)


@exported("losses.get_regularization_losses", "contrib.losses.get_regularization_losses")
def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """Return the penalties of variables."""
    return get_default_graph().get_collection(Collections.REGULARIZATION_LOSSES, scope)


@operation(type="AddN")
def summed(parts: Any) -> gg.Tensor:
    """Return the sum of tensors; 0 of none."""
    values = [as_expression(part) for part in parts]
    total = values[0] if values else gg.constant(0.0, "float32")
    for value in values[1:]:
        total = total + value
    return total


@exported("losses.get_regularization_loss")
def get_regularization_loss(
    scope: str | None = None, name: str = "total_regularization_loss"
) -> Any:
    """Return the sum of the penalties of variables."""
    del name
    return summed(get_regularization_losses(scope))


@exported("losses.get_total_loss", "contrib.losses.get_total_loss")
def get_total_loss(
    add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None
) -> Any:
    """Return the sum of all losses, and of the penalties if they are wanted."""
    del name
    losses = get_losses(scope)
    return summed(
        [*losses, *(get_regularization_losses(scope) if add_regularization_losses else [])]
    )


# Losses


def _pair(labels: Any, predictions: Any) -> tuple[gg.Tensor, gg.Tensor]:
    """Return labels and predictions as floats of one shape.

    Raises:
        ValueError: if they differ.
    """
    y, p = as_expression(labels), as_expression(predictions)
    if p.dtype.kind != "f":
        p = gg.cast(p, "float32")
    y = gg.cast(y, p.dtype)
    if not could_agree(y.known_shape, p.known_shape):
        raise ValueError(f"Shapes {p.known_shape} and {y.known_shape} are incompatible")
    return y, p


def _elementwise(function: Callable[..., gg.Tensor], type: str) -> Callable[..., Any]:
    """Return a loss of labels and predictions, element by element, as an operation."""

    def apply(labels: Any, predictions: Any, *options: Any) -> gg.Tensor:
        return function(*_pair(labels, predictions), *options)

    return operation(type=type)(apply)


_squared = _elementwise(lambda y, p: gg.square(p - y), "SquaredDifference")
_absolute = _elementwise(lambda y, p: gg.abs(p - y), "Abs")
_log = _elementwise(
    lambda y, p, epsilon: -y * gg.log(p + epsilon) - (1 - y) * gg.log(1 - p + epsilon), "log_loss"
)
_hinge = _elementwise(lambda y, p: gg.maximum(0, 1 - (2 * y - 1) * p), "hinge_loss")


def _huber_formula(y: gg.Tensor, p: gg.Tensor, delta: float) -> gg.Tensor:
    error = gg.abs(p - y)
    near = gg.minimum(error, delta)
    return 0.5 * gg.square(near) + delta * (error - near)


_huber = _elementwise(_huber_formula, "huber_loss")
_cosine = _elementwise(
    lambda y, p, axis: 1 - gg.sum(y * p, axis, keepdims=True), "cosine_distance_loss"
)


def _given(labels: Any, predictions: Any) -> None:
    if labels is None:
        raise ValueError("labels must not be None.")
    if predictions is None:
        raise ValueError("predictions must not be None.")


@exported("losses.mean_squared_error")
def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = Collections.LOSSES, reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:  # fmt: skip
    """Return the mean of (predictions - labels)^2."""
    _given(labels, predictions)
    with get_default_graph().name_scope(scope or "mean_squared_error") as scope:
        each = _squared(labels, predictions)
        return compute_weighted_loss(each, weights, scope, loss_collection, reduction)


@exported("losses.absolute_difference")
def absolute_difference(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = Collections.LOSSES, reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:  # fmt: skip
    """Return the mean of |predictions - labels|."""
    _given(labels, predictions)
    with get_default_graph().name_scope(scope or "absolute_difference") as scope:
        each = _absolute(labels, predictions)
        return compute_weighted_loss(each, weights, scope, loss_collection, reduction)


@exported("losses.log_loss")
def log_loss(
    labels: Any, predictions: Any, weights: Any = 1.0, epsilon: float = 1e-7,
    scope: str | None = None, loss_collection: Any = Collections.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:  # fmt: skip
    """Return the mean of -labels ln(predictions) - (1 - labels) ln(1 - predictions)."""
    _given(labels, predictions)
    with get_default_graph().name_scope(scope or "log_loss") as scope:
        each = _log(labels, predictions, epsilon)
        return compute_weighted_loss(each, weights, scope, loss_collection, reduction)


@exported("losses.hinge_loss")
def hinge_loss(
    labels: Any, logits: Any, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = Collections.LOSSES, reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:  # fmt: skip
    """Return the mean of max(0, 1 - (2 labels - 1) logits)."""
    _given(labels, logits)
    with get_default_graph().name_scope(scope or "hinge_loss") as scope:
        each = _hinge(labels, logits)
        return compute_weighted_loss(each, weights, scope, loss_collection, reduction)


@exported("losses.huber_loss")
def huber_loss(
    labels: Any, predictions: Any, weights: Any = 1.0, delta: float = 1.0,
    scope: str | None = None, loss_collection: Any = Collections.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:  # fmt: skip
    """Return the mean of d^2 / 2 up to delta, delta d - delta^2 / 2 beyond, d the difference."""
    _given(labels, predictions)
    with get_default_graph().name_scope(scope or "huber_loss") as scope:
        each = _huber(labels, predictions, delta)
        return compute_weighted_loss(each, weights, scope, loss_collection, reduction)


@exported("losses.cosine_distance")
def cosine_distance(
    labels: Any, predictions: Any, axis: Any = None, weights: Any = 1.0,
    scope: str | None = None, loss_collection: Any = Collections.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS, dim: Any = None,
) -> Any:  # fmt: skip
    """Return the mean of 1 - sum(labels predictions) along an axis, of vectors of length 1."""
    _given(labels, predictions)
    if axis is None and dim is None:
        raise ValueError("You must specify 'axis'.")
    with get_default_graph().name_scope(scope or "cosine_distance_loss") as scope:
        each = _cosine(labels, predictions, one_axis(dim if axis is None else axis))
        return compute_weighted_loss(each, weights, scope, loss_collection, reduction)


@operation(type="smooth")
def _smoothed(labels: Any, share: float, is_sigmoid: bool) -> gg.Tensor:
    y = as_expression(labels)
    y = y if y.dtype.kind == "f" else gg.cast(y, "float32")
    if is_sigmoid:
        return y * (1 - share) + 0.5 * share
    classes = gg.cast(gg.shape(y)[-1], y.dtype)
    return y * (1 - share) + share / classes


@exported("losses.softmax_cross_entropy")
def softmax_cross_entropy(
    onehot_labels: Any, logits: Any, weights: Any = 1.0, label_smoothing: float = 0,
    scope: str | None = None, loss_collection: Any = Collections.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:  # fmt: skip
    """Return the mean of -sum(labels ln softmax(logits))."""
    _given(onehot_labels, logits)
    with get_default_graph().name_scope(scope or "softmax_cross_entropy_loss") as scope:
        y: Any = as_tensor(onehot_labels)
        if label_smoothing:
            y = _smoothed(y, label_smoothing, False)
        each = softmax_cross_entropy_with_logits_v2(y, logits, name="xentropy")
        return compute_weighted_loss(each, weights, scope, loss_collection, reduction)


@operation(type="remove_squeezable_dimensions")
def _as_classes(labels: Any, logits: Any) -> gg.Tensor:
    """Return the numbers of classes without a last axis of size 1 that logits do not have."""
    y, x = as_expression(labels), as_expression(logits)
    a, b = y.known_shape, x.known_shape
    if a is not None and b is not None and len(a) == len(b) and a[-1] in (1, None):
        y = gg.squeeze(y, -1)
    return y


@exported("losses.sparse_softmax_cross_entropy")
def sparse_softmax_cross_entropy(
    labels: Any, logits: Any, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = Collections.LOSSES, reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:  # fmt: skip
    """Return the mean of -ln softmax(logits) of the true classes, whose numbers are labels."""
    _given(labels, logits)
    with get_default_graph().name_scope(scope or "sparse_softmax_cross_entropy_loss") as scope:
        each = sparse_softmax_cross_entropy_with_logits(
            labels=_as_classes(labels, logits), logits=logits, name="xentropy"
        )
        return compute_weighted_loss(each, weights, scope, loss_collection, reduction)


@exported("losses.sigmoid_cross_entropy")
def sigmoid_cross_entropy(
    multi_class_labels: Any, logits: Any, weights: Any = 1.0, label_smoothing: float = 0,
    scope: str | None = None, loss_collection: Any = Collections.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:  # fmt: skip
    """Return the mean cross entropy of sigmoids, element by element."""
    _given(multi_class_labels, logits)
    with get_default_graph().name_scope(scope or "sigmoid_cross_entropy_loss") as scope:
        y = multi_class_labels
        if label_smoothing:
            y = _smoothed(y, label_smoothing, True)
        each = sigmoid_cross_entropy_with_logits(labels=y, logits=logits, name="xentropy")
        return compute_weighted_loss(each, weights, scope, loss_collection, reduction)


@operation(type="mean_pairwise_squared_error")
def _pairwise(labels: Any, predictions: Any) -> gg.Tensor:
    y, p = _pair(labels, predictions)
    d = gg.reshape(p - y, (gg.shape(p)[0], -1))
    count = gg.cast(gg.shape(d)[1], d.dtype)
    squares, total = gg.sum(gg.square(d), 1), gg.sum(d, 1)
    pairs = gg.maximum(count - 1, 1)
    return 2 * (squares / pairs - gg.square(total) / (count * pairs))


@exported("losses.mean_pairwise_squared_error")
def mean_pairwise_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None,
    loss_collection: Any = Collections.LOSSES,
) -> Any:  # fmt: skip
    """Return for all examples the mean of the squared differences of all pairs of errors."""
    _given(labels, predictions)
    with get_default_graph().name_scope(scope or "mean_pairwise_squared_error") as scope:
        each = _pairwise(labels, predictions)
        return compute_weighted_loss(each, weights, scope, loss_collection, Reduction.SUM)
