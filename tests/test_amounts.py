"""Large numbers as a person would say them."""

import pytest

from giulgi.amounts import amount


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (0, "B", "0 B"), (999, "B", "999 B"), (24_920, "B", "24.9 kB"),
        (256_000_000, "B", "256 MB"), (8.59e9, "B", "8.59 GB"), (1, "groups", "1 group"),
        (2, "groups", "2 groups"), (999_499, "B", "999 kB"), (999_999, "B", "1 MB"),
        (999_950_000, "operations", "1 G operations"), (1e13, "operations", "10 T operations"),
        (1.2345e16, "B", "12,345 TB"), (30_800_000, "operations", "30.8 M operations"),
    ],
)  # fmt: skip
def test_amounts(number, unit, text):
    assert amount(number, unit) == text
