"""What giulgi's errors advise, in the words of programs that know TensorFlow's names alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from giulgi.names import meant

# giulgi's names that TensorFlow has under others.
_NAMES = {
    "mean": "reduce_mean", "sum": "reduce_sum", "all": "reduce_all", "any": "reduce_any",
    "max": "reduce_max", "min": "reduce_min", "arange": "range", "moveaxis": "transpose",
    "top_k": "nn.top_k", "diagonal": "diag_part", "outer": "einsum",
}  # fmt: skip
_PHRASES = (
    # Both are the same there.
    (re.compile(r"\b(\w+)\.numpy\((\{[^{}]*\})\), or (session\.run\(\1, \2\))"), r"\3"),
    (re.compile(r"\b(\w+) @ (\w+)\.mT\b"), r"tf.matmul(\1, \2, transpose_b=True)"),
    (re.compile(r"\b(\w+)\.mT @ (\w+)\b"), r"tf.matmul(\1, \2, transpose_a=True)"),
    (re.compile(r"\b(\w+)\.numpy\(\{"), r"session.run(\1, {"),
    (re.compile(r"\b(\w+)\.astype\('(\w+)'\)"), r"tf.cast(\1, tf.\2)"),
    (re.compile(r"\b(\w+)\.astype\(int\)"), r"tf.cast(\1, tf.int32)"),
    (re.compile(r"\bgg\.Input\("), "Input("),
    (re.compile(r"\bgg\.(\w+)"), lambda found: f"tf.{_NAMES.get(found[1], found[1])}"),
)


def for_program(advice: str) -> str:
    """Return advice in which giulgi's expressions are TensorFlow's."""
    for pattern, replacement in _PHRASES:
        advice = pattern.sub(replacement, advice)
    return advice


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return what is said of a name that nothing has: those that may be meant, else all."""
    known = list(known)
    near = meant(name, known)
    advice = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"There are {known}"
    return f"Unknown {what}: {name}. {advice}"
