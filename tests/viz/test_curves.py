"""The parts of the learning curves that are arithmetic."""

from __future__ import annotations

import math

import pytest

from giulgi.viz import curves, wording


@pytest.mark.parametrize(
    ("heights", "placed"),
    [
        ([], []),
        ([50], [50]),
        ([20, 80], [20, 80]),
        ([50, 54], [42, 62]),  # both give way by the same amount
        ([0, 0], [0, 20]),  # not below the area
        ([99, 100], [80, 100]),  # not above it
    ],
)
def test_labels_are_spread(heights, placed):
    assert curves.spread(heights, gap=20, top=100) == pytest.approx(placed)


def test_a_loss_begins_at_zero():
    assert curves.from_zero([0.3, 0.1, math.nan]) == (0, 0.3)
    assert curves.from_zero([math.inf]) == (0, 1)
    assert curves.from_zero([-2, 1]) == (-2, 1)


def test_an_accuracy_ends_at_one():
    assert curves.up_to_one([0.91, 0.98]) == (0.91, 1)
    # Lines that are all but at the top still have an axis.
    assert curves.up_to_one([1.0]) == (0.998, 1)


@pytest.mark.parametrize("lowest", [0.0, 0.1, 0.65, 0.9183, 0.979, 0.9951, 1.0])
def test_no_tick_says_more_than_all(lowest: float):
    scale = curves.Scale(*curves.up_to_one([lowest]), wording.percent, wording.round_percent)
    line = curves.Line("held out", [lowest, 1.0], curves.HELD_OUT)
    svg = curves.curves("accuracy", [line], scale)
    assert ">100\u202f%<" in svg
    assert ">100." not in svg
    assert not any(f">10{digit}" in svg for digit in range(1, 10))
