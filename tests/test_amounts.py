"""Large numbers as a person would say them."""

import pytest

from giulgi.amounts import amount


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (0, "B", "0 B"), (999, "B", "999 B"), (24_920, "B", "24.9 kB"),
        (256_000_000, "B", "256 MB"), (8.59e9, "B", "8.59 GB"), (1, "groups", "1 group"),
        (2, "groups", "2 groups"), (30_800_000, "operations", "30.8 M operations"),
    ],
)  # fmt: skip
def test_amounts(number, unit, text):
    assert amount(number, unit) == text
