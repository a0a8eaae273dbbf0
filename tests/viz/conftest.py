"""A small run to report on, which every test may change."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from giulgi.viz.digits_run import DigitsRun, FeatureMaps

# (true digit, answer, probability of the answer): 30 right, 4 wrong.
RIGHT = [(digit, digit, 0.9) for digit in range(10) for _ in range(3)]
WRONG = [(4, 9, 0.55), (7, 1, 0.97), (4, 9, 0.80), (3, 5, 0.60)]


def _make_run(
    answers=(*RIGHT, *WRONG), sizes=(4, 6), epochs=3, looks=(31, 0), **changes
) -> DigitsRun:
    """Return a run with these answers; the rest of the probability goes to one other digit.

    That is the true digit where the answer is wrong. There are feature maps of the
    pictures ``looks``, and as many filters in the two layers as ``sizes`` says.
    """
    random = np.random.default_rng(0)
    probabilities = np.zeros((len(answers), 10), np.float32)
    for row, (truth, said, sureness) in zip(probabilities, answers, strict=True):
        row[said] = sureness
        row[truth if truth != said else (truth + 1) % 10] += 1 - sureness
    curve = np.arange(1, epochs + 1, dtype=float)
    run = DigitsRun(
        images=random.integers(0, 256, (len(answers), 28, 28)).astype(np.uint8),
        labels=np.array([truth for truth, _, _ in answers]),
        probabilities=probabilities,
        history={
            "loss": list(0.5 / curve),
            "accuracy": list(1 - 0.1 / curve),
            "val_loss": list(0.4 / curve),
            "val_accuracy": list(1 - 0.08 / curve),
        },
        filters=random.normal(size=(3, 3, sizes[0])).astype(np.float32),
        feature_maps=_make_maps(random, looks, *sizes),
        summary="Layer (type)   Output shape   Param #",
        seconds=12.3,
        facts={"Version": "0.1.0", "Backend": "reference"},
    )
    return dataclasses.replace(run, **changes)


def _make_maps(random, looks, first, second) -> FeatureMaps:
    """Return maps of so many filters in both layers, of which about half of the numbers are 0."""

    def maps(size, filters):
        values = random.normal(size=(len(looks), size, size, filters))
        return np.maximum(values, 0).astype(np.float32)

    places = np.array(looks, int)
    return FeatureMaps(places, maps(26, first), maps(24, second), maps(12, second))


@pytest.fixture(scope="session")
def make_run():
    """Make a run of 34 answers, 4 of them wrong; arguments say what is different."""
    return _make_run
