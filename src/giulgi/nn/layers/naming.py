"""Names of layers that are given none."""

from __future__ import annotations

from collections import Counter

from giulgi.names import snake_case

_names: Counter[str] = Counter()


def next_name(class_name: str) -> str:
    """Return a name that no other layer has: dense, dense_1, ..."""
    base = snake_case(class_name)
    number = _names[base]
    _names[base] += 1
    return f"{base}_{number}" if number else base
