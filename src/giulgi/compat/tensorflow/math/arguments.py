"""What arguments of that time mean: axes, sizes, and numbers that are given as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.shapes import Dimension, TensorShape, UnknownDimension
from giulgi.compat.tensors.tensor import Converted, Tensor, as_expression, as_tensor, of_sizes
from giulgi.graph.ops.leaves import settled_value
from giulgi.graph.ops.shape import elements_of


def is_text(value: Any) -> bool:
    """Whether a value is a tensor of strings, or strings that become one."""
    if isinstance(value, (Tensor, Converted)):
        return as_tensor(value).dtype.numpy_dtype.kind == "O"
    if isinstance(value, (str, bytes)):
        return True
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "OSU"
    return isinstance(value, (list, tuple)) and any(map(is_text, value))


def static(value: Any) -> np.ndarray[Any, Any] | None:
    """Return the value of what depends on nothing that is fed; None of anything else."""
    if isinstance(value, (Tensor, Converted)):
        tensor = as_tensor(value)
        if tensor.op.type == "Const" and tensor.op.host is not None:  # of text
            (found,) = tensor.op.host(tensor.op, [])
            return found
        value = tensor.expression
    if isinstance(value, gg.Tensor):
        return settled_value(value)
    if isinstance(value, TensorShape):
        value = value.as_list()
    if isinstance(value, (list, tuple)) and any(map(_is_symbolic, value)):
        parts = [static(part) for part in value]
        return None if any(part is None for part in parts) else np.stack(parts)  # type: ignore[arg-type]
    return np.asarray(value)


def _is_symbolic(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_is_symbolic, value))
    return isinstance(value, (Tensor, Converted, gg.Tensor))


def numbers(value: Any, what: str) -> Any:
    """Return whole numbers that must be known while the graph is built, as Python's.

    Raises:
        ValueError: if they depend on what is fed.
    """
    known = static(value)
    if known is None:
        raise ValueError(f"{what} must be known when the graph is built: give numbers")
    return np.asarray(known, np.int64).tolist()


def axes(value: Any) -> Any:
    """Return an axis as a number, several as a tuple, None as None."""
    if value is None or type(value) is int:
        return value
    found = numbers(value, "an axis")
    return tuple(np.ravel(found).tolist()) if isinstance(found, list) else found


def one_axis(value: Any, default: int = 0) -> int:
    """Return an axis as a number."""
    found = axes(value)
    if found is None:
        return default
    return int(found[0] if isinstance(found, tuple) else found)


def sizes(value: Any) -> Any:
    """Return a shape as giulgi takes it: numbers, and expressions for what is known when fed."""
    if isinstance(value, (Tensor, Converted)):
        value = as_tensor(value).expression
    if isinstance(value, gg.Tensor):
        known = settled_value(value)
        return value if known is None else tuple(int(n) for n in np.ravel(known))
    if isinstance(value, TensorShape):
        return tuple(-1 if n is None else n for n in value.as_list())
    if isinstance(value, (int, np.integer)):
        return (int(value),)
    return tuple(_size(part) for part in (value if isinstance(value, Sequence) else list(value)))


def _size(value: Any) -> Any:
    if isinstance(value, Dimension):
        return int(value)
    if value is None or isinstance(value, UnknownDimension):
        return -1
    known = static(value)
    if known is not None:
        return int(np.ravel(known)[0]) if known.size else 0
    found = as_expression(value)
    return found if found.known_shape == () else gg.reshape(found, ())


def vector(value: Any, dtype: Any = "int64") -> gg.Tensor:
    """Return sizes or places as one expression, whether they are known or not."""
    if isinstance(value, (Tensor, Converted, gg.Tensor)):
        return gg.cast(as_expression(value), dtype)
    parts = sizes(value)
    if all(isinstance(part, int) for part in parts):
        return gg.constant(np.asarray(parts, dtype))
    return gg.stack([gg.cast(part, dtype) for part in parts])


def known_elements(value: Any) -> list[int | None] | None:
    """Return the elements of a vector of sizes, None for each that is not known."""
    found = elements_of(vector(value))
    return None if found is None else list(found)


def settled_elements(value: Any) -> list[Any]:
    """Return the elements of a vector of known length: numbers where they are known."""
    several = vector(value)
    return [several[i] if n is None else n for i, n in enumerate(known_elements(value) or [])]


def ranked(x: gg.Tensor, rank: int) -> gg.Tensor:
    """Return an expression whose number of axes is known, given what it must be."""
    return of_sizes(x, [None] * rank) if x.known_shape is None else x


def is_axis(value: Any) -> bool:
    """Whether an argument is the number of an axis."""
    if isinstance(value, (int, np.integer)):
        return True
    return (
        isinstance(value, (Tensor, gg.Tensor)) and value.shape == () and static(value) is not None
    )


def of_one_rank(values: Sequence[gg.Tensor]) -> list[gg.Tensor]:
    """Return expressions that have as many axes as each other, if it is known of one."""
    rank = next((x.ndim for x in values if x.known_shape is not None), None)
    return [x if rank is None else ranked(x, rank) for x in values]


def kind(dtype: Any) -> Any:
    """Return NumPy's dtype for one of TensorFlow's."""
    return as_dtype(dtype).numpy_dtype
