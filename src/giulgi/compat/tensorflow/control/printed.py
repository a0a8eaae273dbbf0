"""How TensorFlow's ``tf.print`` and ``tf.strings.format`` write values."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from pprint import pformat
from typing import Any

import numpy as np

from giulgi.compat.tensorflow.math.sparse import SparseTensor
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


# A tensor in a text: its number as a character behind a NUL. No text that is told by ``repr`` has
# a NUL, and as wide as TensorFlow's own marks are, lists break into lines where its lists do.
_FIRST = 0x10000
_MARK = re.compile("\0(.)\1*", re.DOTALL)


class _Shown:
    """What shows itself as a text within a list."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class Told:
    """Tensors, and lists, tuples and dicts of them and of anything else, as one text.

    Args:
        values: tensors and so on. Strings are told as they are, and those in lists in quotes.
        sep: what stands between them.

    Attributes:
        tensors: whose arrays are needed to tell the text.
    """

    def __init__(self, values: Sequence[Any], sep: str) -> None:
        self.tensors: list[Tensor] = []
        first = values[0] if len(values) == 1 else None
        self._is_alone = isinstance(first, Tensor)
        self._parts: list[str | int] = []
        for place, value in enumerate(values):
            self._parts.append(sep if place else "")
            if isinstance(value, str):
                self._parts.append(value)
            else:
                # Every other part is the number of a tensor.
                found = _MARK.split(pformat(self._marked(value)))
                self._parts += [ord(x) - _FIRST if i % 2 else x for i, x in enumerate(found)]

    def _marked(self, value: Any) -> Any:
        """Return lists, tuples and dicts with marks in the places of tensors."""
        if isinstance(value, dict):
            made = copy.copy(value)
            made.update((key, self._marked(part)) for key, part in value.items())
            return made
        if isinstance(value, Mapping):
            return {key: self._marked(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            parts = [self._marked(part) for part in value]
            if hasattr(value, "_fields"):
                return type(value)._make(parts)  # type: ignore[union-attr]
            return parts if isinstance(value, list) else tuple(parts)
        if isinstance(value, SparseTensor):
            three = map(self._mark, (value.indices, value.values, value.dense_shape))
            return _Shown("'SparseTensor(indices={}, values={}, shape={})'".format(*three))
        if isinstance(value, Tensor):
            return _Shown(self._mark(value) + "\1\1")
        if hasattr(value, "as_tensor"):
            return _Shown(self._mark(value.as_tensor()) + "\1\1")
        return value

    def _mark(self, tensor: Tensor) -> str:
        self.tensors.append(tensor)
        return f"\0{chr(_FIRST + len(self.tensors) - 1)}"

    def text(self, arrays: Sequence[Any], summarize: int) -> str:
        """Return the text.

        Args:
            arrays: the values of the tensors.
            summarize: see :func:`array_text`.
        """
        if self._is_alone and not np.ndim(arrays[0]):
            return element(np.asarray(arrays[0])[()])  # Text has no quotation marks then.
        return "".join(
            part if isinstance(part, str) else array_text(arrays[part], summarize)
            for part in self._parts
        )
