"""``tf.contrib.losses.metric_learning``: losses of distances between examples."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensors.tensor import as_expression

_HOME = "contrib.losses.metric_learning"


def _of_one_kind(labels: Any) -> gg.Tensor:
    """Return (examples, examples): whether two have the same label."""
    y = gg.reshape(as_expression(labels), (-1,))
    return gg.expand_dims(y, 0) == gg.expand_dims(y, 1)


@operation(f"{_HOME}.contrastive_loss", type="contrastive_loss")
def contrastive_loss(
    labels: Any, embeddings_anchor: Any, embeddings_positive: Any, margin: float = 1.0
) -> gg.Tensor:
    """Return the mean of y d^2 + (1 - y) max(margin - d, 0)^2.

    Args:
        labels: (pairs,): whether the two of a pair are alike.
        embeddings_anchor: (pairs, features).
        embeddings_positive: (pairs, features).
        margin: how far apart they are to be that are not alike.
    """
    a, b = as_expression(embeddings_anchor), as_expression(embeddings_positive)
    d, y = gg.sqrt(gg.sum(gg.square(a - b), 1)), gg.cast(as_expression(labels), a.dtype)
    return gg.mean(y * gg.square(d) + (1 - y) * gg.square(gg.maximum(margin - d, 0)))


@operation(f"{_HOME}.npairs_loss", type="npairs_loss")
def npairs_loss(
    labels: Any, embeddings_anchor: Any, embeddings_positive: Any, reg_lambda: float = 0.002,
    print_losses: bool = False,
) -> gg.Tensor:  # fmt: skip
    """Return the cross entropy of similarities, and a penalty of long embeddings.

    The products of each anchor with all of the others are logits, and those that have its label
    are the classes that are right.
    """
    del print_losses
    a, b = as_expression(embeddings_anchor), as_expression(embeddings_positive)
    penalty = gg.mean(gg.sum(gg.square(a), 1)) + gg.mean(gg.sum(gg.square(b), 1))
    same = gg.cast(_of_one_kind(labels), a.dtype)
    right = same / gg.sum(same, 1, keepdims=True)
    logs = gg.activations.log_softmax(a @ gg.transpose(b))
    return 0.25 * reg_lambda * penalty - gg.mean(gg.sum(right * logs, 1))


@operation(f"{_HOME}.triplet_semihard_loss", type="triplet_semihard_loss")
def triplet_semihard_loss(labels: Any, embeddings: Any, margin: float = 1.0) -> gg.Tensor:
    """Return the mean of max(margin + d(a, p) - d(a, n), 0) over all pairs of one label.

    For each pair n is the nearest example of another label that is farther away than p; if there
    is none, the farthest of all with another label. d are squares of distances.

    Args:
        labels: (examples,): whole numbers.
        embeddings: (examples, features), of length 1 as a rule.
        margin: by how much others are to be farther away.
    """
    x, same = as_expression(embeddings), _of_one_kind(labels)
    squares = gg.sum(gg.square(x), 1, keepdims=True)
    d = gg.maximum(squares + gg.transpose(squares) - 2 * x @ gg.transpose(x), 0)
    own = gg.cast(gg.eye(gg.shape(d)[0]), x.dtype)
    d = d * (1 - own)
    others = gg.expand_dims(d, 1)  # (anchors, 1, others)
    fits = ~gg.expand_dims(same, 1) & (others > gg.expand_dims(d, 2))
    nearest = gg.min(gg.where(fits, others, float("inf")), 2)
    lowest = gg.min(d, 1, keepdims=True)
    farthest = gg.max(gg.where(same, lowest, d), 1, keepdims=True)
    negative = gg.where(gg.any(fits, 2), nearest, farthest)
    pairs = gg.cast(same, x.dtype) - own
    return gg.sum(gg.maximum((margin + d - negative) * pairs, 0)) / gg.sum(pairs)
