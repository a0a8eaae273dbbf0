"""Numbers as a person would write them."""

from __future__ import annotations

import math

import pytest

from giulgi.viz import wording


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.981, "98.1"),
        (1.0, "100"),
        (0.9999, ">99.9"),
        (0.0001, "<0.1"),
        (0.0, "0"),
        (math.nan, "NaN"),
    ],
)
def test_percent(share, text):
    assert wording.percent(share).removesuffix("\u202f%") == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 digits"), (1, "1 digit"), (10_000, "10,000 digits")]
)
def test_count(number, text):
    assert wording.count(number, "digit") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4 seconds"),
        (9.96, "10 seconds"),
        (89.4, "89 seconds"),
        (200, "3 min 20 s"),
        (3960, "1 h 6 min"),
    ],
)
def test_duration(seconds, text):
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0746, "0.0746"),
        (0.1, "0.100"),
        (2.302585, "2.30"),
        (123.4, "123"),
        (1e-7, "1e-07"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_measure(value, text):
    assert wording.measure(value) == text
