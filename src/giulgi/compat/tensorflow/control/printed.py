"""How TensorFlow's ``tf.print`` and ``tf.strings.format`` write values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from giulgi.compat.tensors.tensor import Tensor

# By how many digits floats are told apart, if six or fifteen are not enough.
_DIGITS = {2: (4, 5), 4: (6, 9), 8: (15, 17)}


def number(x: Any) -> str:
    """Return an element as text: floats with as few digits as tell them from others."""
    if isinstance(x, np.bool_):
        return str(int(x))
    if not isinstance(x, np.floating):
        return str(x)
    few, many = _DIGITS[x.dtype.itemsize]
    short = f"{x:.{few}g}"
    return short if type(x)(short) == x or np.isnan(x) else f"{x:.{many}g}"


def element(x: Any) -> str:
    """Return an element as text, strings without quotation marks."""
    return x.decode(errors="replace") if isinstance(x, bytes) else number(x)


def array_text(value: Any, summarize: int = 3) -> str:
    """Return an array as text: so many elements at both ends of each axis; -1: all."""
    array = np.asarray(value)
    if not array.ndim:
        return _quoted(array[()])
    edge = summarize if summarize >= 0 else max(array.size, 1)
    return np.array2string(
        array,
        edgeitems=max(edge, 1),
        threshold=2 * max(edge, 1),
        max_line_width=1 << 30,
        formatter={"all": _quoted},
    )


_ESCAPES = {"\\": "\\\\", '"': '\\"', "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _quoted(x: Any) -> str:
    """Return an element as text, strings in quotation marks."""
    if not isinstance(x, bytes):
        return number(x)
    return '"' + "".join(_ESCAPES.get(character, character) for character in element(x)) + '"'


class _Text(str):
    """Text that shows itself without quotation marks within a list."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def tensors_in(value: Any) -> list[Tensor]:
    """Return the tensors of lists, tuples and dicts, in their order."""
    if isinstance(value, Mapping):
        return [x for part in value.values() for x in tensors_in(part)]
    if isinstance(value, (list, tuple)):
        return [x for part in value for x in tensors_in(part)]
    if isinstance(value, Tensor):
        return [value]
    return [value.as_tensor()] if hasattr(value, "as_tensor") else []


def filled(value: Any, arrays: Iterator[Any], summarize: int) -> Any:
    """Return lists, tuples and dicts with texts in the places of tensors.

    Args:
        value: what has tensors in it.
        arrays: their values, in the order of :func:`tensors_in`.
        summarize: see :func:`array_text`.
    """
    if isinstance(value, Mapping):
        return {key: filled(part, arrays, summarize) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        parts = [filled(part, arrays, summarize) for part in value]
        return parts if isinstance(value, list) else tuple(parts)
    if tensors_in(value):
        return _Text(array_text(next(arrays), summarize))
    return value
