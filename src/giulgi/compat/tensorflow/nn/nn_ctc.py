"""Connectionist temporal classification: losses and labels of sequences without alignment.

Graves, Fernandez, Gomez, Schmidhuber, "Connectionist temporal classification", ICML 2006: the
probability of labels is summed over all ways to spread them over time, with blanks between them.
The last class is the blank.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.sparse import SparseTensor
from giulgi.compat.tensors.dtypes import float32, int64
from giulgi.compat.tensors.tensor import as_expression, as_tensor

_NEVER = -1e30  # The logarithm of what does not happen.


@exported("nn.ctc_loss")
def ctc_loss(
    labels: Any, inputs: Any, sequence_length: Any, preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True, ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True, logits: Any = None,
) -> Any:  # fmt: skip
    """Return -ln of the probability of labels, (batch,).

    Args:
        labels: the labels of each sequence, a SparseTensor.
        inputs: logits, (time, batch, classes + 1).
        sequence_length: the lengths of inputs, (batch,).
        preprocess_collapse_repeated: must be False.
        ctc_merge_repeated: must be True.
        ignore_longer_outputs_than_inputs: whether labels that do not fit have a loss of 0.
        time_major: whether time comes first; else the batch does.
        logits: another name of ``inputs``.
    """
    if preprocess_collapse_repeated or not ctc_merge_repeated:
        raise NotImplementedError(
            "ctc_loss is there with preprocess_collapse_repeated=False, ctc_merge_repeated=True"
        )
    if not isinstance(labels, SparseTensor):
        raise TypeError("Expected labels (first argument) to be a SparseTensor")
    x = inputs if logits is None else logits
    return _loss(
        labels.indices, labels.values, labels.dense_shape, x, sequence_length,
        ignore_longer_outputs_than_inputs, time_major,
    )  # fmt: skip


@operation(type="CTCLoss")
def _loss(
    indices: Any, values: Any, shape: Any, inputs: Any, lengths: Any, ignores: bool,
    time_major: bool,
) -> gg.Tensor:  # fmt: skip
    x = as_expression(inputs)
    x = gg.activations.log_softmax(x if time_major else gg.swapaxes(x, 0, 1))
    blank = int(x.shape[2] or 0) - 1
    dense, counts = _dense(indices, values, shape)
    ends = gg.cast(as_expression(lengths), "int64")
    total = loss_of_labels(x, dense, counts, ends, blank)
    return gg.where(total > -_NEVER / 2, 0, total) if ignores else total


def loss_of_labels(
    x: gg.Tensor, labels: gg.Tensor, counts: gg.Tensor, ends: gg.Tensor, blank: int
) -> gg.Tensor:
    """Return -ln of the probability of labels, (batch,).

    Args:
        x: logarithms of probabilities, (time, batch, classes).
        labels: rows of labels, (batch, longest), int64.
        counts: how many labels of each row count, (batch,).
        ends: how many steps of each sequence count, (batch,).
        blank: the class that is no label.
    """
    symbols = _with_blanks(labels, blank)
    positions = gg.arange(gg.shape(symbols)[1], dtype="int64")
    before = gg.concat([gg.full_like(symbols[:, :2], -1), symbols[:, :-2]], 1)
    may_skip = gg.logical_and(symbols != blank, symbols != before)
    first = gg.take_along_axis(x[0], symbols, 1)
    begin = gg.where(gg.expand_dims(positions, 0) <= 1, first, _NEVER)
    steps = gg.expand_dims(gg.arange(gg.shape(x)[0], dtype="int64"), 1)
    inside = steps < gg.expand_dims(ends, 0)

    def step(alpha: gg.Tensor, now: gg.Tensor) -> tuple[gg.Tensor, None]:
        never = gg.full_like(alpha[:, :2], _NEVER)
        one = gg.concat([never[:, :1], alpha[:, :-1]], 1)
        two = gg.where(may_skip, gg.concat([never, alpha[:, :-2]], 1), _NEVER)
        ways = gg.logsumexp(gg.stack([alpha, one, two]), 0)
        return ways + gg.take_along_axis(now, symbols, 1), None

    last, _ = gg.scan(step, begin, x[1:], mask=inside[1:])
    place = gg.expand_dims(positions, 0) - gg.expand_dims(2 * counts, 1)
    is_end = gg.logical_or(place == 0, place == -1)
    return -gg.logsumexp(gg.where(is_end, last, _NEVER), 1)


def _dense(indices: Any, values: Any, shape: Any) -> tuple[gg.Tensor, gg.Tensor]:
    """Return rows of labels, (batch, labels), and how many labels there are in each."""
    places, labels = as_expression(indices), gg.cast(as_expression(values), "int64")
    sizes = gg.cast(as_expression(shape), "int64")
    batch, longest = sizes[0], sizes[1]
    flat = gg.scatter_add(labels, places[:, 0] * longest + places[:, 1], (batch * longest,))
    dense = gg.reshape(flat, (batch, longest))
    return dense, gg.scatter_add(gg.ones_like(labels), places[:, 0], (batch,))


def _with_blanks(labels: gg.Tensor, blank: int) -> gg.Tensor:
    """Return rows of labels with blanks around each, (batch, 2 labels + 1)."""
    batch, longest = gg.size(labels, 0), gg.size(labels, 1)
    pairs = gg.stack([gg.full_like(labels, blank), labels], 2)
    spread = gg.reshape(pairs, (batch, 2 * longest))
    return gg.concat([spread, gg.full((batch, 1), blank, "int64")], 1)


# Labels


def _as_sparse(rows: list[list[int]]) -> tuple[Any, Any, Any]:
    """Return indices, values and shape of rows of labels."""
    indices = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
    shape = [len(rows), max(map(len, rows), default=0)]
    return (
        np.asarray(indices, np.int64).reshape(-1, 2),
        np.asarray([label for row in rows for label in row], np.int64),
        np.asarray(shape, np.int64),
    )


_SPARSE = ((int64, [None, 2]), (int64, [None]), (int64, [2]))


@exported("nn.ctc_greedy_decoder")
def ctc_greedy_decoder(
    inputs: Any, sequence_length: Any, merge_repeated: bool = True
) -> tuple[list[SparseTensor], Any]:
    """Return the labels of the likeliest classes of each step, and minus the sum of their logits.

    Args:
        inputs: logits, (time, batch, classes + 1).
        sequence_length: (batch,)
        merge_repeated: whether a class that follows itself counts once.
    """

    def decoded(x: Any, lengths: Any) -> Any:
        best, greatest, blank = x.argmax(2), x.max(2), x.shape[2] - 1
        rows, sums = [], []
        for example, length in enumerate(lengths):
            path = best[:length, example].tolist()
            kept = [
                label
                for t, label in enumerate(path)
                if label != blank and not (merge_repeated and t and path[t - 1] == label)
            ]
            rows.append(kept)
            sums.append([-greatest[:length, example].sum()])
        return *_as_sparse(rows), np.asarray(sums, np.float32)

    made = host_operation(
        "CTCGreedyDecoder", decoded, [inputs, sequence_length],
        [*_SPARSE, (float32, [as_tensor(inputs).shape[1], 1])],
    )  # fmt: skip
    indices, values, shape, sums = made.outputs
    return [SparseTensor(indices, values, shape)], sums


def _beams(x: Any, width: int) -> list[tuple[tuple[int, ...], float]]:
    """Return the likeliest labels, and the logarithms of their probabilities.

    Args:
        x: logarithms of probabilities, (time, classes + 1).
        width: how many labels are kept after each step.
    """
    blank = x.shape[1] - 1
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -math.inf)}
    for now in x:
        new: dict[tuple[int, ...], list[float]] = {}
        for labels, (with_blank, without) in beams.items():
            whole = np.logaddexp(with_blank, without)
            own = new.setdefault(labels, [-math.inf, -math.inf])
            own[0] = np.logaddexp(own[0], whole + now[blank])
            if labels:
                own[1] = np.logaddexp(own[1], without + now[labels[-1]])
            for label in range(blank):
                longer = new.setdefault((*labels, label), [-math.inf, -math.inf])
                begin = with_blank if labels and labels[-1] == label else whole
                longer[1] = np.logaddexp(longer[1], begin + now[label])
        ranked = sorted(new.items(), key=lambda item: -np.logaddexp(item[1][0], item[1][1]))
        beams = {labels: (p[0], p[1]) for labels, p in ranked[:width]}
    return [(labels, float(np.logaddexp(p[0], p[1]))) for labels, p in beams.items()]


@exported("nn.ctc_beam_search_decoder")
def ctc_beam_search_decoder(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1,
    merge_repeated: bool = True,
) -> tuple[list[SparseTensor], Any]:  # fmt: skip
    """Return the likeliest labels, by a search that keeps the best beginnings.

    Args:
        inputs: logits, (time, batch, classes + 1).
        sequence_length: (batch,)
        beam_width: how many beginnings are kept.
        top_paths: how many labels are returned for each sequence.
        merge_repeated: whether labels that follow themselves in the result are merged.
    """

    def decoded(x: Any, lengths: Any) -> Any:
        shifted = x - x.max(2, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(2, keepdims=True))
        found = [_beams(logs[:n, i], beam_width)[:top_paths] for i, n in enumerate(lengths)]
        results: list[Any] = []
        for path in range(top_paths):
            rows = [list(beams[path][0]) for beams in found]
            if merge_repeated:
                rows = [[a for j, a in enumerate(r) if not j or r[j - 1] != a] for r in rows]
            results += _as_sparse(rows)
        return *results, np.asarray([[p for _, p in beams] for beams in found], np.float32)

    made = host_operation(
        "CTCBeamSearchDecoder", decoded, [inputs, sequence_length],
        [*_SPARSE * top_paths, (float32, [as_tensor(inputs).shape[1], top_paths])],
    )  # fmt: skip
    parts = made.outputs[:-1]
    paths = [SparseTensor(*parts[3 * i : 3 * i + 3]) for i in range(top_paths)]
    return paths, made.outputs[-1]
