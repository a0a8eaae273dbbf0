"""Losses that compare the true class with a few others that are drawn, and the drawing.

To draw n different classes, numbers are drawn one after another, and those that came before are
left out, until there are n. How many draws that took, t, tells how often a class of probability p
is expected among them: 1 - (1 - p)^t. Here a fixed number of draws is made at once, more than are
nearly ever needed, so that all of it is arithmetic; what is missing then is filled up with classes
that were not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import advise
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import numbers
from giulgi.compat.tensorflow.nn.embeddings import looked_up, one_table
from giulgi.compat.tensors.tensor import alike, as_expression

# More draws than this at once would cost more than they are worth.
_MOST_DRAWS = 2048


class _Distribution:
    """Classes from 0 to n - 1, and how likely each is.

    Args:
        weights: for each class a number in proportion to its probability.
    """

    def __init__(self, weights: np.ndarray[Any, Any]) -> None:
        self.p = weights / weights.sum()
        self._ends = np.cumsum(self.p).astype(np.float32)

    def drawn(self, count: int, seed: int | None) -> gg.Tensor:
        """Return so many classes, drawn independently."""
        u = gg.random.uniform((count, 1), seed=seed)
        return gg.sum(gg.cast(u >= gg.constant(self._ends[None, :-1]), "int64"), 1)

    def probability(self, classes: gg.Tensor) -> gg.Tensor:
        """Return how likely classes are."""
        return gg.gather(gg.constant(self.p.astype(np.float32)), classes)


class _LogUniform(_Distribution):
    """P(k) = ln((k + 2) / (k + 1)) / ln(n + 1): classes in the order of how frequent they are."""

    def __init__(self, count: int) -> None:
        super().__init__(np.log1p(1 / (np.arange(count) + 1.0)))
        self.count = count

    def drawn(self, count: int, seed: int | None) -> gg.Tensor:
        u = gg.random.uniform((count,), seed=seed)
        classes = gg.cast(gg.exp(u * math.log(self.count + 1)), "int64") - 1
        return gg.clip(classes, 0, self.count - 1)

    def probability(self, classes: gg.Tensor) -> gg.Tensor:
        k = gg.cast(classes, "float32")
        return gg.log((k + 2) / (k + 1)) / math.log(self.count + 1)


class _Uniform(_Distribution):
    """All classes alike."""

    def __init__(self, count: int) -> None:
        super().__init__(np.ones(count))
        self.count = count

    def drawn(self, count: int, seed: int | None) -> gg.Tensor:
        return gg.random.randint(0, self.count, (count,), seed=seed)


def _tries(p: np.ndarray[Any, Any], wanted: int) -> float:
    """Return about how many draws there are until so many different classes came."""
    low, high = float(wanted), float(wanted)
    while np.sum(-np.expm1(high * np.log1p(-np.minimum(p, 1 - 1e-12)))) < wanted - 0.5:
        high *= 2
        if high > 1e9:
            break
    for _ in range(60):
        middle = (low + high) / 2
        found = np.sum(-np.expm1(middle * np.log1p(-np.minimum(p, 1 - 1e-12))))
        low, high = (middle, high) if found < wanted - 0.5 else (low, middle)
    return high


def sampled(
    distribution: _Distribution, true_classes: gg.Tensor, count: int, unique: bool, seed: Any
) -> tuple[gg.Tensor, gg.Tensor, gg.Tensor]:
    """Return classes that are drawn, and how often the true and these are expected among them."""
    own = None if seed is None else int(numbers(seed, "seed"))
    if not unique:
        found = distribution.drawn(count, own)
        true, other = (distribution.probability(c) * count for c in (true_classes, found))
        return found, true, other
    if count > len(distribution.p):
        raise ValueError(
            f"{count} different classes cannot be drawn of {len(distribution.p)}: num_sampled must "
            "be at most the number of classes"
        )
    tries = _tries(distribution.p, count)
    draws = min(math.ceil(1.5 * tries + 6 * math.sqrt(tries) + 16), max(_MOST_DRAWS, 2 * count))
    found, needed = _first_different(distribution, count, draws, own)
    needed = gg.cast(needed, "float32")

    def expected(classes: gg.Tensor) -> gg.Tensor:
        return -gg.expm1(needed * gg.log1p(-distribution.probability(classes)))

    return found, expected(true_classes), expected(found)


def _first_different(
    distribution: _Distribution, count: int, draws: int, seed: int | None
) -> tuple[gg.Tensor, gg.Tensor]:
    """Return the first different classes of so many draws, and how many draws that took."""
    classes = distribution.drawn(draws, seed)
    # Behind the draws stand all classes in their order, as far as some might be missing.
    spare = min(count, len(distribution.p))
    line = gg.concat([classes, gg.arange(spare, dtype="int64")], 0)
    earlier = gg.constant(np.tri(draws + spare, k=-1).astype(bool))
    same = gg.expand_dims(line, 1) == gg.expand_dims(line, 0)
    is_new = gg.logical_not(gg.any(gg.logical_and(same, earlier), 1))
    place = gg.cumsum(gg.cast(is_new, "int64")) - 1
    slots = gg.expand_dims(gg.arange(count, dtype="int64"), 1)
    chosen = gg.logical_and(gg.expand_dims(is_new, 0), gg.expand_dims(place, 0) == slots)
    found = gg.sum(gg.where(chosen, gg.expand_dims(line, 0), 0), 1)
    order = gg.arange(1, draws + spare + 1, dtype="int64")
    needed = gg.max(gg.where(chosen, gg.expand_dims(order, 0), 0))
    return found, gg.minimum(needed, draws)


def _results(
    distribution: _Distribution, true_classes: Any, num_sampled: Any, unique: bool, seed: Any
) -> tuple[gg.Tensor, gg.Tensor, gg.Tensor]:
    true = gg.cast(as_expression(true_classes), "int64")
    return sampled(distribution, true, int(numbers(num_sampled, "num_sampled")), unique, seed)


@operation(
    "nn.log_uniform_candidate_sampler", "random.log_uniform_candidate_sampler",
    type="LogUniformCandidateSampler",
)  # fmt: skip
def log_uniform_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int,
    seed: Any = None, name: str | None = None,
) -> tuple[gg.Tensor, gg.Tensor, gg.Tensor]:  # fmt: skip
    """Return classes that are drawn, the frequent more often, and how often each is expected."""
    return _results(_LogUniform(int(range_max)), true_classes, num_sampled, unique, seed)


@operation(
    "nn.uniform_candidate_sampler", "random.uniform_candidate_sampler",
    type="UniformCandidateSampler",
)  # fmt: skip
def uniform_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int,
    seed: Any = None, name: str | None = None,
) -> tuple[gg.Tensor, gg.Tensor, gg.Tensor]:  # fmt: skip
    """Return classes that are drawn, all alike, and how often each is expected."""
    return _results(_Uniform(int(range_max)), true_classes, num_sampled, unique, seed)


@operation(
    "nn.fixed_unigram_candidate_sampler", "random.fixed_unigram_candidate_sampler",
    type="FixedUnigramCandidateSampler",
)  # fmt: skip
def fixed_unigram_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int,
    vocab_file: str = "", distortion: float = 1.0, num_reserved_ids: int = 0, num_shards: int = 1,
    shard: int = 0, unigrams: Sequence[float] = (), seed: Any = None, name: str | None = None,
) -> tuple[gg.Tensor, gg.Tensor, gg.Tensor]:  # fmt: skip
    """Return classes that are drawn in proportion to counts^distortion."""
    counts = list(unigrams)
    if vocab_file:
        with open(vocab_file, encoding="utf-8") as lines:
            counts = [float(line.rsplit(",", 1)[-1]) for line in lines if line.strip()]
    weights = np.asarray([0.0] * num_reserved_ids + counts) ** distortion
    if num_reserved_ids:
        weights[:num_reserved_ids] = 0
    return _results(_Distribution(weights), true_classes, num_sampled, unique, seed)


advise(
    "nn.learned_unigram_candidate_sampler",
    "Use tf.nn.fixed_unigram_candidate_sampler with the counts of the classes.",
)


# Losses


def _swapped(labels: gg.Tensor, inputs: gg.Tensor) -> tuple[gg.Tensor, gg.Tensor]:
    """Return labels and inputs, which until 2017 came the other way round."""
    if labels.dtype.kind == "f" and inputs.dtype.kind in "iu":
        return inputs, labels
    return labels, inputs


def _sampled_logits(
    weights: Any, biases: Any, labels: Any, inputs: Any, num_sampled: int, num_classes: int,
    num_true: int, sampled_values: Any, remove_accidental_hits: bool, partition_strategy: str,
) -> tuple[gg.Tensor, gg.Tensor]:  # fmt: skip
    """Return the logits of the true classes (batch, true) and of those drawn (batch, sampled)."""
    y, x = _swapped(as_expression(labels), as_expression(inputs))
    y = gg.reshape(gg.cast(y, "int64"), (-1, num_true))
    table, offsets = (one_table(part, partition_strategy) for part in (weights, biases))
    if sampled_values is None:
        drawn = sampled(_LogUniform(int(num_classes)), y, int(num_sampled), True, None)
    else:
        drawn = tuple(map(as_expression, sampled_values))  # type: ignore[assignment]
    classes, true_expected, expected = map(gg.stop_gradient, drawn)
    classes = gg.cast(classes, "int64")
    flat = gg.reshape(y, (-1,))
    every = gg.concat([flat, classes], 0)
    rows, own = looked_up(table, every), looked_up(offsets, every)
    count = int(classes.shape[0] or num_sampled)
    true_rows = gg.reshape(rows[:-count], (-1, num_true, table.shape[1]))
    true_logits = gg.sum(gg.expand_dims(x, 1) * true_rows, 2)
    true_logits = true_logits + gg.reshape(own[:-count], (-1, num_true))
    logits = gg.matmul(x, gg.transpose(rows[-count:])) + own[-count:]
    if remove_accidental_hits:
        hits = gg.any(gg.expand_dims(y, 2) == gg.reshape(classes, (1, 1, -1)), 1)
        logits = gg.where(hits, logits - 1e30, logits)
    true_expected = gg.reshape(true_expected, (-1, num_true))
    return true_logits - gg.log(true_expected), logits - gg.log(expected)


@operation("nn.nce_loss", type="nce_loss")
def nce_loss(
    weights: Any, biases: Any, labels: Any = None, inputs: Any = None, num_sampled: Any = None,
    num_classes: Any = None, num_true: int = 1, sampled_values: Any = None,
    remove_accidental_hits: bool = False, partition_strategy: str = "mod",
    name: str = "nce_loss",
) -> gg.Tensor:  # fmt: skip
    """Return for each example how badly the true classes are told from some that are drawn.

    Noise-contrastive estimation (Gutmann, Hyvärinen, 2010): the cross entropy of sigmoids, of the
    true classes as 1 and of those drawn as 0, each logit less the log of how often it is expected.

    Args:
        weights: (classes, width), or a list of parts of it.
        biases: (classes,)
        labels: the true classes, (batch, num_true).
        inputs: (batch, width); until 2017 it came before the labels, which is noticed.
        num_sampled: how many classes are drawn for the whole batch.
        num_classes: how many there are.
        num_true: the number of true classes of an example.
        sampled_values: classes that were drawn, as a sampler returns them.
        remove_accidental_hits: whether a true class that is drawn is left out.
        partition_strategy: how a list of parts was cut: "mod" or "div".
        name: the name of the operation.
    """
    true, other = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
        remove_accidental_hits, partition_strategy,
    )  # fmt: skip
    shares = 1 / num_true
    positive = gg.activations.softplus(-true) * shares + gg.activations.softplus(true) * (
        1 - shares
    )
    return gg.sum(positive, 1) + gg.sum(gg.activations.softplus(other), 1)


@operation("nn.sampled_softmax_loss", type="sampled_softmax_loss")
def sampled_softmax_loss(
    weights: Any, biases: Any, labels: Any = None, inputs: Any = None, num_sampled: Any = None,
    num_classes: Any = None, num_true: int = 1, sampled_values: Any = None,
    remove_accidental_hits: bool = True, partition_strategy: str = "mod",
    name: str = "sampled_softmax_loss", seed: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return the cross entropy of the softmax over the true classes and some that are drawn.

    (Jean, Cho, Memisevic, Bengio, arXiv:1412.2007.) The arguments are those of :func:`nce_loss`.
    """
    true, other = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
        remove_accidental_hits, partition_strategy,
    )  # fmt: skip
    logs = gg.activations.log_softmax(gg.concat(alike(true, other), 1))
    return -gg.sum(logs[:, :num_true], 1) / num_true
