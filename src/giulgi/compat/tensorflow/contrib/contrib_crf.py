"""``tf.contrib.crf``: conditional random fields along sequences.

The score of tags y for scores s of each step is sum_t s[t, y_t] + sum_t T[y_t-1, y_t]; its
probability is e^score over the sum of that for all tags (Lafferty, McCallum, Pereira, 2001).
"""

from __future__ import annotations

from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensors.tensor import as_expression, as_tensor
from giulgi.compat.variables.scopes import get_variable


def _inside(x: gg.Tensor, lengths: Any) -> gg.Tensor:
    """Return (batch, time): which steps belong to the sequences."""
    count = x.shape[1] or gg.shape(x)[1]
    ends = gg.cast(as_expression(lengths), "int64")
    return gg.expand_dims(gg.arange(count, dtype="int64"), 0) < gg.expand_dims(ends, 1)


@operation("contrib.crf.crf_sequence_score", type="crf_sequence_score")
def crf_sequence_score(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any
) -> gg.Tensor:
    """Return the score of tags, (batch,), for scores (batch, time, tags)."""
    x, steps = as_expression(inputs), as_expression(transition_params)
    tags = gg.cast(as_expression(tag_indices), "int64")
    holds = gg.cast(_inside(x, sequence_lengths), x.dtype)
    own = gg.take_along_axis(x, gg.expand_dims(tags, 2), 2)[:, :, 0] * holds
    places = tags[:, :-1] * int(steps.shape[1] or 1) + tags[:, 1:]
    between = gg.gather(gg.reshape(steps, (-1,)), places) * holds[:, 1:]
    return gg.sum(own, 1) + gg.sum(between, 1)


@operation("contrib.crf.crf_log_norm", type="crf_log_norm")
def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> gg.Tensor:
    """Return ln of the sum of e^score for all tags, (batch,)."""
    x, steps = as_expression(inputs), as_expression(transition_params)
    holds = gg.transpose(_inside(x, sequence_lengths))
    by_time = gg.swapaxes(x, 0, 1)

    def step(alpha: gg.Tensor, now: gg.Tensor) -> tuple[gg.Tensor, None]:
        each = gg.expand_dims(alpha, 2) + gg.expand_dims(steps, 0)
        return gg.logsumexp(each, 1) + now, None

    last, _ = gg.scan(step, by_time[0], by_time[1:], mask=holds[1:])
    return gg.logsumexp(last, 1)


@exported("contrib.crf.crf_log_likelihood")
def crf_log_likelihood(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any = None
) -> tuple[Any, Any]:
    """Return ln of the probability of tags, (batch,), and the scores of transitions.

    Args:
        inputs: scores of each step, (batch, time, tags).
        tag_indices: the tags, (batch, time).
        sequence_lengths: (batch,)
        transition_params: scores of transitions, (tags, tags); None: a variable.
    """
    count = as_tensor(inputs).shape[2].value
    steps = transition_params
    if steps is None:
        steps = get_variable("transitions", [count, count])
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, steps)
    return _difference(score, crf_log_norm(inputs, sequence_lengths, steps)), steps


@operation(type="sub")
def _difference(x: Any, y: Any) -> gg.Tensor:
    return as_expression(x) - as_expression(y)


@exported("contrib.crf.viterbi_decode")
def viterbi_decode(score: Any, transition_params: Any) -> tuple[list[int], Any]:
    """Return the tags of the greatest score, and that score: of arrays, in NumPy.

    Args:
        score: scores of each step, (time, tags).
        transition_params: scores of transitions, (tags, tags).
    """
    x, steps = np.asarray(score), np.asarray(transition_params)
    best, back = x[0], []
    for now in x[1:]:
        each = best[:, None] + steps
        back.append(each.argmax(0))
        best = each.max(0) + now
    tags = [int(best.argmax())]
    for places in reversed(back):
        tags.append(int(places[tags[-1]]))
    return tags[::-1], best.max()


@operation("contrib.crf.crf_decode", type="crf_decode")
def crf_decode(
    potentials: Any, transition_params: Any, sequence_length: Any
) -> tuple[gg.Tensor, gg.Tensor]:
    """Return the tags of the greatest score, (batch, time), and that score, (batch,).

    Beyond the end of a sequence its last tag is repeated.
    """
    x, steps = as_expression(potentials), as_expression(transition_params)
    holds = gg.transpose(_inside(x, sequence_length))
    by_time = gg.swapaxes(x, 0, 1)
    same = gg.arange(int(x.shape[2] or 0), dtype="int64")

    def forward(best: gg.Tensor, now: Any) -> tuple[gg.Tensor, gg.Tensor]:
        scores, inside = now
        each = gg.expand_dims(best, 2) + gg.expand_dims(steps, 0)
        here = gg.expand_dims(inside, 1)
        places = gg.where(here, gg.argmax(each, 1), gg.expand_dims(same, 0))
        return gg.where(here, gg.max(each, 1) + scores, best), places

    last, back = gg.scan(forward, by_time[0], (by_time[1:], holds[1:]))
    end = gg.cast(gg.argmax(last, 1), "int64")

    def backward(tag: gg.Tensor, places: gg.Tensor) -> tuple[gg.Tensor, gg.Tensor]:
        before = gg.take_along_axis(places, gg.expand_dims(tag, 1), 1)[:, 0]
        return before, before

    _, tags = gg.scan(backward, end, gg.cast(back, "int64"), reverse=True)
    every = gg.concat([tags, gg.expand_dims(end, 0)], 0)
    return gg.cast(gg.transpose(every), "int32"), gg.max(last, 1)
