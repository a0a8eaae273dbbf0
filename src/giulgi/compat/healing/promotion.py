"""What NumPy's numbers become beside arrays: before NumPy 2, as small as their value allows.

An array of float32 times ``np.sqrt(2 / n)``, which is a number of float64, is of float64 today, and
was of float32; an array of uint8 times -1 is an error today, and was one of int16. TensorFlow's
programs depend on both. NumPy has no switch for it any more, so that the few sums and products in
the text of a program where it may matter become calls of a function.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from giulgi.compat.healing.telling import tell

#: The name under which a program finds :func:`computed`.
COMPUTED = "__giulgi_computed__"

_FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
}
_MODULES, _METHODS = {"np", "numpy"}, {"astype", "mean", "std", "var", "sum", "max", "min"}
_BYTE = 255


def may_differ(node: ast.BinOp) -> bool:
    """Whether a sum or a product has a part that is told to be NumPy's, or a number of no byte."""
    return type(node.op).__name__ in _FUNCTIONS and any(
        _is_of_numpy(part) or _is_no_byte(part) for part in (node.left, node.right)
    )


def _is_of_numpy(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Name):
        return function.id == COMPUTED
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value
    return function.attr in _METHODS or (isinstance(owner, ast.Name) and owner.id in _MODULES)


def _is_no_byte(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value > _BYTE


def computed(kind: str, left: Any, right: Any) -> Any:
    """Return ``left + right`` and the like, where numbers beside arrays are what they once were.

    Args:
        kind: which operator, as Python's trees name it.
        left: what is left of it.
        right: what is right of it.
    """
    function = _FUNCTIONS[kind]
    if _gives_way(right, left):
        tell("A number beside an array of float32 leaves it float32, as NumPy once did.")
        return function(left, right.item())
    if _gives_way(left, right):
        tell("A number beside an array of float32 leaves it float32, as NumPy once did.")
        return function(left.item(), right)
    try:
        return function(left, right)
    except OverflowError:
        wide = _widened(left, right)
        if wide is None:
            raise
        tell("An array of small numbers grows for a number that it does not hold, as it once did.")
        return function(*wide)


def _gives_way(number: Any, array: Any) -> bool:
    """Whether it was the array that told which floats come out."""
    if not isinstance(number, (np.float64, np.integer)) or not isinstance(array, np.ndarray):
        return False
    return array.ndim > 0 and array.dtype.kind == "f" and array.dtype.itemsize < number.itemsize


def _widened(left: Any, right: Any) -> tuple[Any, Any] | None:
    """Return both as arrays of whole numbers that hold both; None if they are something else."""
    parts = [np.asarray(part) if isinstance(part, np.ndarray) else part for part in (left, right)]
    if {type(part) for part in parts} != {np.ndarray, int}:
        return None
    kinds = [p.dtype if isinstance(p, np.ndarray) else np.min_scalar_type(p) for p in parts]
    dtype = np.result_type(*kinds)
    return np.asarray(parts[0], dtype), np.asarray(parts[1], dtype)


def wrapped(value: Any, dtype: Any) -> Any:
    """Return whole numbers as an array of small ones, which drops what these do not hold."""
    tell("Numbers that an array of small ones does not hold begin anew at 0, as NumPy once did.")
    return np.array(value).astype(dtype)


#: What is healed here, for the page of documentation.
HEALED = (
    "NumPy",
    [
        "arrays of float32 beside numbers of float64",
        "arrays of uint8 beside numbers that no byte holds",
    ],
)
