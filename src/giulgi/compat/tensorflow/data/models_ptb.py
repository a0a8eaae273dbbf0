"""Words of the Penn Treebank as numbers: ``tensorflow.models.rnn.ptb.reader`` of 2016."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.compat.names import exported
from giulgi.compat.tensorflow.system.gfile import absent, path_of

Array = np.ndarray[Any, Any]

_HOME = "models.rnn.ptb.reader"


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").replace("\n", " <eos> ").split()
    except FileNotFoundError:
        raise absent(path, "put the files of the Penn Treebank there") from None


@exported(f"{_HOME}.ptb_raw_data")
def ptb_raw_data(data_path: Any = None) -> tuple[list[int], list[int], list[int], int]:
    """Return the words of training, validation and test as numbers, and how many words there are.

    Args:
        data_path: the folder of ``ptb.train.txt``, ``ptb.valid.txt`` and ``ptb.test.txt``.

    Raises:
        NotFoundError: if one of them is not there.
    """
    folder = Path(path_of(data_path or "."))
    parts = [_words(folder / f"ptb.{name}.txt") for name in ("train", "valid", "test")]
    counted = Counter(parts[0])
    # The most frequent first, equally frequent ones in the order of the alphabet.
    order = sorted(counted, key=lambda word: (-counted[word], word))
    numbers = {word: number for number, word in enumerate(order)}
    train, valid, test = ([numbers[w] for w in words if w in numbers] for words in parts)
    return train, valid, test, len(numbers)


@exported(f"{_HOME}.ptb_iterator")
def ptb_iterator(
    raw_data: Sequence[int], batch_size: int, num_steps: int
) -> Iterator[tuple[Array, Array]]:
    """Yield (batch, steps) words, and those that follow each of them.

    Raises:
        ValueError: if there are too few words for a batch.
    """
    words = np.asarray(raw_data, np.int32)
    length = len(words) // batch_size
    rows = words[: batch_size * length].reshape(batch_size, length)
    count = (length - 1) // num_steps
    if count == 0:
        raise ValueError("epoch_size == 0, decrease batch_size or num_steps")
    for start in range(0, count * num_steps, num_steps):
        end = start + num_steps
        yield rows[:, start:end], rows[:, start + 1 : end + 1]
