"""Names of layers that are given none: ``dense_1`` in Keras, ``dense`` first in TensorFlow's."""

from __future__ import annotations

from collections import Counter

from giulgi.compat.keras.boundary import is_standalone
from giulgi.names import snake_case

_counts: Counter[str] = Counter()


def next_name(base: str) -> str:
    """Return a name that no other layer has since :func:`restart`."""
    base = snake_case(base)
    _counts[base] += 1
    number = _counts[base] if is_standalone() or base == "input" else _counts[base] - 1
    return f"{base}_{number}" if number else base


def get_uid(prefix: str = "") -> int:
    """Return the next number of a prefix."""
    _counts[prefix] += 1
    return _counts[prefix]


def restart() -> None:
    """Number from the beginning again."""
    _counts.clear()
