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

_Function = Callable[[Any, Any], Any]

_MODULES, _METHODS = {"np", "numpy"}, {"astype", "mean", "std", "var", "sum", "max", "min"}
_BYTE = 255


def healed_name(node: ast.BinOp) -> str | None:
    """Return the function that is to compute a sum or a product; None if it is as it always was.

    It has a part that is told to be NumPy's, or is a number that no byte holds.
    """
    name = f"__giulgi_{type(node.op).__name__}__"
    may_differ = any(_is_of_numpy(part) or _is_no_byte(part) for part in (node.left, node.right))
    return name if may_differ and name in FUNCTIONS else None


def _is_of_numpy(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Name):
        return function.id in FUNCTIONS
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value
    return function.attr in _METHODS or (isinstance(owner, ast.Name) and owner.id in _MODULES)


def _is_no_byte(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value > _BYTE


def _healed(function: _Function) -> _Function:
    """Return an operator for which numbers beside arrays are what they once were."""

    def compute(left: Any, right: Any) -> Any:
        # Most are numbers of Python's, in loops: these are not to wait.
        if type(left) is not np.ndarray and type(right) is not np.ndarray:
            return function(left, right)
        return _beside(function, left, right)

    return compute


#: By their names in the text of a program, the operators.
FUNCTIONS: dict[str, _Function] = {
    "__giulgi_Add__": _healed(operator.add),
    "__giulgi_Sub__": _healed(operator.sub),
    "__giulgi_Mult__": _healed(operator.mul),
    "__giulgi_Div__": _healed(operator.truediv),
    "__giulgi_FloorDiv__": _healed(operator.floordiv),
}


def _beside(function: _Function, left: Any, right: Any) -> Any:
    way = _gives_way(right, left), _gives_way(left, right)
    if any(way):
        tell("A number beside an array of float32 leaves it float32, as NumPy once did.")
        return function(left, right.item()) if way[0] else function(left.item(), right)
    try:
        return function(left, right)
    except OverflowError:
        wide = _widened(left, right)
        if wide is None:
            raise
        tell("An array of small numbers grows for a number that it does not hold, as it once did.")
        return function(*wide)


def _gives_way(number: Any, array: Any) -> bool:
    """Whether the array told which floats came out: its dtype holds a number so large or small."""
    if not isinstance(number, (np.float64, np.integer)) or not isinstance(array, np.ndarray):
        return False
    if array.ndim == 0 or array.dtype.kind != "f" or array.dtype.itemsize >= number.itemsize:
        return False
    return bool(np.result_type(array.dtype, np.min_scalar_type(number)) == array.dtype)


def _widened(left: Any, right: Any) -> tuple[Any, Any] | None:
    """Return both as arrays of whole numbers that hold both; None if they are something else."""
    parts = [np.asarray(part) if isinstance(part, np.ndarray) else part for part in (left, right)]
    if {type(part) for part in parts} != {np.ndarray, int}:
        return None
    kinds = [p.dtype if isinstance(p, np.ndarray) else np.min_scalar_type(p) for p in parts]
    dtype = np.result_type(*kinds)
    return np.asarray(parts[0], dtype), np.asarray(parts[1], dtype)


def wrapped(value: Any, dtype: Any) -> Any:
    """Return whole numbers as an array of small ones, which drops what these do not hold.

    Raises:
        OverflowError: for other numbers, such as infinity, and for those that need more than 64
            bits: NumPy never took them.
    """
    array = np.array(value)
    if array.dtype.kind not in "iub":
        raise OverflowError(f"cannot convert {value!r} to {np.dtype(dtype).name}")
    tell("Numbers that an array of small ones does not hold begin anew at 0, as NumPy once did.")
    return array.astype(dtype)


#: What is healed here, for the page of documentation.
HEALED = (
    "NumPy",
    [
        "arrays of float32 beside numbers of float64",
        "arrays of uint8 beside numbers that no byte holds",
    ],
)
