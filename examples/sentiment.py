"""Praise or blame? A recurrent network reads sentences of film reviews, word by word.

    python examples/sentiment.py

The sentences were rated by twenty people each, from -4 to 4; here it counts only whether the mean
is above 0. A fifth of them is held out. Beside the network stands what needs none: to say always
what is more frequent, and naive Bayes, which knows how often each word is in praise and in blame.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import giulgi as gg

FILE = Path(__file__).parent / "data" / "movie-reviews.csv.gz"
LENGTH = 40  # Longer sentences are cut off, shorter ones filled up with 0.
FILL, UNKNOWN, FIRST_WORD = 0, 1, 2


def load() -> tuple[list[list[str]], np.ndarray]:
    """Return the words of each sentence, and 1 for praise, 0 for blame."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sentences = [re.findall(r"[a-z']+", row["text"].lower()) for row in rows]
    return sentences, np.array([float(row["score"]) > 0 for row in rows], np.float32)


def vocabulary(sentences: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return a number for each word that is there more than once."""
    counts = Counter(word for sentence in sentences for word in sentence)
    known = [word for word, count in counts.most_common() if count > 1]
    return {word: number for number, word in enumerate(known, start=FIRST_WORD)}


def encoded(sentences: Sequence[Sequence[str]], numbers: dict[str, int]) -> np.ndarray:
    """Return sentences as rows of numbers, all of one length."""
    rows = np.full((len(sentences), LENGTH), FILL)
    for row, sentence in zip(rows, sentences, strict=True):
        own = [numbers.get(word, UNKNOWN) for word in sentence[:LENGTH]]
        row[: len(own)] = own
    return rows


def naive_bayes(x: np.ndarray, y: np.ndarray, words: int, held_out: np.ndarray) -> np.ndarray:
    """Return 1 where the words of a sentence are more frequent in praise than in blame."""
    praise, blame = (
        np.bincount(x[y == kind].ravel(), minlength=words + FIRST_WORD) + 1.0 for kind in (1, 0)
    )
    weights = np.log(praise / praise[FIRST_WORD:].sum()) - np.log(blame / blame[FIRST_WORD:].sum())
    weights[[FILL, UNKNOWN]] = 0
    return (weights[held_out].sum(axis=1) + np.log(y.mean() / (1 - y.mean())) > 0).astype(float)


def network(words: int) -> gg.Sequential:
    """Return a network that reads in both directions, and says how likely praise is."""
    model = gg.Sequential(
        [
            gg.Input((LENGTH,), dtype="int64"),
            gg.layers.Embedding(words + FIRST_WORD, 64, mask_zero=True),
            gg.layers.Dropout(0.5),
            gg.layers.Bidirectional(gg.layers.LSTM(32)),
            gg.layers.Dropout(0.5),
            gg.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def main() -> None:
    """Train, and print how often each is right about sentences that it has not seen."""
    gg.set_seed(0)
    sentences, praise = load()
    order = np.random.default_rng(0).permutation(len(sentences))
    sentences, praise = [sentences[i] for i in order], praise[order]
    count = len(sentences) * 4 // 5
    numbers = vocabulary(sentences[:count])
    x = encoded(sentences, numbers)
    (x, held_out), (y, truth) = (x[:count], x[count:]), (praise[:count], praise[count:])

    model = network(len(numbers))
    model.fit(x, y, batch_size=64, epochs=4, validation_split=0.1)

    more_frequent = np.full_like(truth, round(float(y.mean())))
    guesses = {
        "always the more frequent": more_frequent,
        "naive Bayes": naive_bayes(x, y, len(numbers), held_out),
        "the network": (model.predict(held_out, verbose=0)[:, 0] > 0.5).astype(float),
    }
    print(f"\nRight about {len(truth):,} sentences that were held out:")
    for name, guess in guesses.items():
        print(f"  {name:<26} {np.mean(guess == truth):.1%}")


if __name__ == "__main__":
    main()
