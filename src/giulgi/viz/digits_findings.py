"""What the answers of a network say about it: counts, mix-ups, and its surest mistakes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from giulgi.viz.digits_run import DIGITS

Indices = npt.NDArray[np.intp]

# From this probability on the network is called sure of itself.
SURE = 0.9


@dataclass(frozen=True)
class MixUp:
    """One digit taken for another: how often, and the pictures (surest first)."""

    truth: int
    said: int
    pictures: Indices

    @property
    def times(self) -> int:
        """How often it happened."""
        return len(self.pictures)


@dataclass(frozen=True)
class Findings:
    """What the answers to n pictures say.

    Args:
        answers: int (n,), the digit with the highest probability, per picture.
        confusion: int (10, 10), how often the digit of the row was called the digit of the
            column.
        mistakes: the pictures that were read wrong, the surest answer first.
        second_choices: in how many mistakes the true digit came second.
        sure_mistakes: in how many mistakes the answer got more than 90 % of the probability.
        examples: for each digit the first picture that was read right, or None.
    """

    answers: Indices
    confusion: npt.NDArray[np.int64]
    mistakes: Indices
    second_choices: int
    sure_mistakes: int
    examples: tuple[int | None, ...]

    @property
    def total(self) -> int:
        """How many pictures there are."""
        return len(self.answers)

    @property
    def wrong(self) -> int:
        """How many were read wrong."""
        return len(self.mistakes)

    @property
    def accuracy(self) -> float:
        """The share that was read right."""
        return 1 - self.wrong / self.total

    def recall(self, digit: int) -> float | None:
        """Return the share of one digit that was read right; None if it never occurs."""
        occurs = int(self.confusion[digit].sum())
        return int(self.confusion[digit, digit]) / occurs if occurs else None

    def mix_ups(self, labels: npt.NDArray[Any], limit: int) -> list[MixUp]:
        """Return the most frequent mix-ups, the most frequent first."""
        counts = self.confusion.copy()
        np.fill_diagonal(counts, 0)
        # A stable sort: pairs that happened equally often stay in the order of the digits.
        order = np.argsort(-counts, axis=None, kind="stable")[:limit]
        return [
            MixUp(truth, said, self._mixed_up(labels, truth, said))
            for truth, said in (divmod(int(pair), DIGITS) for pair in order)
            if counts[truth, said]
        ]

    def worth_a_look(self, chosen: Iterable[int] = ()) -> Indices:
        """Return pictures to look into, each once.

        First come those that are chosen, or else the mistake it was surest of; then one of each
        digit that was read right.
        """
        first = list(chosen) or [int(index) for index in self.mistakes[:1]]
        right = [index for index in self.examples if index is not None]
        return np.array(list(dict.fromkeys(first + right)), np.intp)

    def _mixed_up(self, labels: npt.NDArray[Any], truth: int, said: int) -> Indices:
        mistakes = self.mistakes
        chosen = (labels[mistakes] == truth) & (self.answers[mistakes] == said)
        return mistakes[chosen]


def find(labels: npt.NDArray[np.integer[Any]], probabilities: npt.NDArray[np.float32]) -> Findings:
    """Return what the answers to n pictures say.

    Args:
        labels: int (n,), the true digits.
        probabilities: float (n, 10), what the network gave to each digit.
    """
    truths = labels.astype(np.intp)
    answers = probabilities.argmax(axis=1)
    confusion = np.zeros((DIGITS, DIGITS), np.int64)
    np.add.at(confusion, (truths, answers), 1)

    wrong = np.flatnonzero(answers != truths)
    sureness = probabilities[wrong, answers[wrong]]
    mistakes = wrong[np.argsort(-sureness, kind="stable")]

    # The rank of the true digit: how many digits were thought more likely.
    of_truth = probabilities[mistakes, truths[mistakes]]
    rank = (probabilities[mistakes] > of_truth[:, np.newaxis]).sum(axis=1)
    return Findings(
        answers=answers,
        confusion=confusion,
        mistakes=mistakes,
        second_choices=int((rank <= 1).sum()),
        sure_mistakes=int((sureness > SURE).sum()),
        examples=tuple(_first(answers, truths, digit) for digit in range(DIGITS)),
    )


def _first(answers: Indices, labels: Indices, digit: int) -> int | None:
    """Return the first picture of a digit that was read right."""
    found = np.flatnonzero((labels == digit) & (answers == digit))
    return int(found[0]) if len(found) else None
