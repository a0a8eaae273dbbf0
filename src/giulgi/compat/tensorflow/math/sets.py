"""Sets of numbers along the last axis, and other questions about elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import static, vector
from giulgi.compat.tensorflow.math.sparse import SparseTensor, sparse_tensor_to_dense
from giulgi.compat.tensors.dtypes import int64
from giulgi.compat.tensors.tensor import Converted, Tensor, as_expression, as_tensor


def _rows(value: Any) -> Tensor:
    if isinstance(value, SparseTensor):
        found: Tensor = sparse_tensor_to_dense(value)
        return found
    return as_tensor(value)


def _combined(path: str, combine: Callable[[set[Any], set[Any]], set[Any]], said: str) -> None:
    def apply(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> SparseTensor:
        del validate_indices
        first, second = (_rows(a), _rows(b)) if aminusb else (_rows(b), _rows(a))

        def both(x: Any, y: Any) -> Any:
            places, values, widest = [], [], 0
            for place in np.ndindex(x.shape[:-1]):
                found = sorted(combine(set(x[place].tolist()), set(y[place].tolist())))
                places += [(*place, i) for i in range(len(found))]
                values += found
                widest = max(widest, len(found))
            shape = np.array([*x.shape[:-1], widest], np.int64)
            return np.array(places, np.int64).reshape(-1, x.ndim), np.array(values), shape

        rank = None if first.sizes is None else len(first.sizes)
        outputs = [(int64, [None, rank]), (first.dtype, [None]), (int64, [rank])]
        return SparseTensor(*host_operation("SetOperation", both, [first, second], outputs).outputs)

    apply.__name__ = path
    apply.__doc__ = f"Return for each row the numbers that are {said}."
    exported(f"sets.{path}", f"sets.set_{path}")(apply)


_combined("intersection", lambda a, b: a & b, "in both")
_combined("union", lambda a, b: a | b, "in one or both")
_combined("difference", lambda a, b: a - b, "in the first only")


@operation("unravel_index", type="UnravelIndex")
def unravel_index(indices: Any, dims: Any, name: str | None = None) -> gg.Tensor:
    """Return the coordinates of the elements that are numbered row by row."""
    flat = as_expression(indices)
    sizes = vector(dims)
    count: Any = sizes.shape[0]
    rest, found = gg.cast(flat, "int64"), []
    for axis in reversed(range(count)):
        found.append(rest % sizes[axis])
        rest = rest // sizes[axis]
    return gg.cast(gg.stack(found[::-1]), flat.dtype)


@exported("get_static_value", "contrib.util.constant_value")
def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """Return the value of a tensor that depends on nothing that is fed; None of others."""
    del partial
    return static(as_tensor(tensor))


@exported("is_tensor", "python.framework.tensor_util.is_tensor")
def is_tensor(x: Any) -> bool:
    """Whether something is a tensor, or a variable."""
    return isinstance(x, (Tensor, Converted, SparseTensor))
