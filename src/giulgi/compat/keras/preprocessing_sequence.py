"""``keras.preprocessing.sequence``: sequences of one length, and pairs of words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.compat.keras.generators import Sequence as Batches
from giulgi.compat.names import exported

Array = np.ndarray[Any, Any]


@exported("preprocessing.sequence.pad_sequences", "utils.pad_sequences", of="keras")
def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> Array:
    """Return sequences as one array, filled up or cut to one length.

    Args:
        sequences: lists of numbers, or of rows of numbers.
        maxlen: the length; None: that of the longest.
        dtype: the dtype of the array.
        padding: whether to fill up in front ("pre") or behind ("post").
        truncating: whether to cut off in front or behind.
        value: what fills up.
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable.")
    for name, place in (("Padding", padding), ("Truncating", truncating)):
        if place not in ("pre", "post"):
            raise ValueError(f'{name} type "{place}" not understood')
    parts = [np.asarray(part) for part in sequences]
    length = max((len(part) for part in parts), default=0) if maxlen is None else int(maxlen)
    rest = next((part.shape[1:] for part in parts if len(part)), ())
    is_text = np.dtype(dtype).kind in "US" if dtype is not object else False
    result: Array = np.full((len(parts), length, *rest), value, object if is_text else dtype)
    for row, part in zip(result, parts, strict=True):
        if not len(part) or not length:
            continue
        kept = part[-length:] if truncating == "pre" else part[:length]
        if padding == "post":
            row[: len(kept)] = kept
        else:
            row[-len(kept) :] = kept
    return result


@exported("preprocessing.sequence.make_sampling_table", of="keras")
def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> Array:
    """Return for each word, by its rank, with which probability it is kept."""
    gamma = 0.577
    rank = np.arange(size)
    rank[0] = 1
    inverse = rank * (np.log(rank) + gamma) + 0.5 - 1.0 / (12.0 * rank)
    frequency = sampling_factor * inverse
    kept: Array = np.minimum(1.0, frequency / np.sqrt(frequency))
    return kept


@exported("preprocessing.sequence.skipgrams", of="keras")
def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[Any], list[Any]]:
    """Return pairs of words that stand near each other (1), and pairs drawn at random (0).

    Args:
        sequence: the numbers of words; 0 is none.
        vocabulary_size: how many words there are.
        window_size: how far near is.
        negative_samples: how many random pairs there are for each true one.
        shuffle: whether pairs are in random order.
        categorical: whether labels are one-hot.
        sampling_table: with which probability each word is kept.
        seed: of the order.
    """
    couples: list[Any] = []
    for place, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        around = range(max(0, place - window_size), min(len(sequence), place + window_size + 1))
        couples += [[word, sequence[j]] for j in around if j != place and sequence[j]]
    labels: list[Any] = [[0, 1] if categorical else 1] * len(couples)
    if negative_samples > 0:
        words = [pair[0] for pair in couples]
        random.shuffle(words)
        count = int(len(couples) * negative_samples)
        couples += [
            [words[i % len(words)], random.randint(1, vocabulary_size - 1)] for i in range(count)
        ]
        labels += [[1, 0] if categorical else 0] * count
    if shuffle:
        seed = random.randint(0, 10**6) if seed is None else seed
        for values in (couples, labels):
            random.Random(seed).shuffle(values)
    return couples, labels


@exported("preprocessing.sequence.TimeseriesGenerator", of="keras")
class TimeseriesGenerator(Batches):
    """Batches of windows of a series, with what follows each.

    Args:
        data: the series, (steps, ...).
        targets: what belongs to each step.
        length: how long a window is.
        sampling_rate: how far apart the steps of a window are.
        stride: how far apart windows are.
        start_index: where the series begins.
        end_index: where it ends.
        shuffle: whether windows are drawn at random.
        reverse: whether the steps of a window are turned around.
        batch_size: how many windows make a batch.
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
    ) -> None:
        if len(data) != len(targets):
            raise ValueError(
                f"Data and targets have to be of same length. Data length is {len(data)} while "
                f"target length is {len(targets)}"
            )
        self.data, self.targets = np.asarray(data), np.asarray(targets)
        self.length, self.sampling_rate, self.stride = length, sampling_rate, stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse, self.batch_size = shuffle, reverse, batch_size
        if self.start_index > self.end_index:
            raise ValueError(
                f"`start_index+length={self.start_index} > end_index={self.end_index}` is "
                "disallowed, as no part of the sequence would be left to be used as current step."
            )

    def __len__(self) -> int:
        span = self.end_index - self.start_index + self.batch_size * self.stride
        return span // (self.batch_size * self.stride)

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            last = min(first + self.batch_size * self.stride, self.end_index + 1)
            rows = np.arange(first, last, self.stride)
        windows = [self.data[row - self.length : row : self.sampling_rate] for row in rows]
        samples, targets = np.array(windows), np.array([self.targets[row] for row in rows])
        return (samples[:, ::-1] if self.reverse else samples), targets
