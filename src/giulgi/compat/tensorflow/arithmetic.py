"""Arithmetic, comparing, and the operators of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.operation import operation
from giulgi.compat.tensor import alike, as_expression, register_operator


def _binary(
    function: Callable[[gg.Tensor, gg.Tensor], gg.Tensor], type: str, *paths: str
) -> Callable[..., Any]:
    """Return an operation of two operands, of which numbers take the other's dtype."""

    def apply(x: Any, y: Any, name: str | None = None) -> gg.Tensor:
        return function(*alike(x, y))

    apply.__doc__ = function.__doc__
    apply.__name__ = paths[0].split(".")[-1]
    return operation(*paths, type=type)(apply)


def _unary(
    function: Callable[[gg.Tensor], gg.Tensor], type: str, *paths: str
) -> Callable[..., Any]:
    """Return an operation of one operand."""

    def apply(x: Any, name: str | None = None) -> gg.Tensor:
        return function(as_expression(x))

    apply.__doc__ = function.__doc__
    apply.__name__ = paths[0].split(".")[-1]
    return operation(*paths, type=type)(apply)


def _true_quotient(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """x / y, of whole numbers as floats: of 8 and 16 bits as float32, of others as float64."""
    if x.dtype.kind in "iu":
        wide = "float32" if x.dtype.itemsize <= 2 else "float64"
        x, y = gg.cast(x, wide), gg.cast(y, wide)
    return gg.divide(x, y)


def _old_quotient(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """x / y, of whole numbers rounded down, as Python 2 did."""
    return gg.floor_divide(x, y) if x.dtype.kind in "iu" else gg.divide(x, y)


add = _binary(gg.add, "Add", "add", "math.add")
subtract = _binary(gg.subtract, "Sub", "subtract", "sub", "math.subtract")
multiply = _binary(gg.multiply, "Mul", "multiply", "mul", "math.multiply")
truediv = _binary(
    _true_quotient, "RealDiv", "truediv", "divide", "realdiv", "math.truediv", "math.divide"
)
div = _binary(_old_quotient, "Div", "div")
floordiv = _binary(gg.floor_divide, "FloorDiv", "floordiv", "floor_div", "math.floordiv")
mod = _binary(gg.remainder, "FloorMod", "mod", "floormod", "math.mod", "math.floormod")
pow = _binary(gg.power, "Pow", "pow", "math.pow")
less = _binary(gg.less, "Less", "less", "math.less")
less_equal = _binary(gg.less_equal, "LessEqual", "less_equal", "math.less_equal")
greater = _binary(gg.greater, "Greater", "greater", "math.greater")
greater_equal = _binary(gg.greater_equal, "GreaterEqual", "greater_equal", "math.greater_equal")
negative = _unary(gg.negative, "Neg", "negative", "neg", "math.negative")
absolute = _unary(gg.abs, "Abs", "abs", "math.abs")
square = _unary(gg.square, "Square", "square", "math.square")


@operation("reduce_mean", "math.reduce_mean", type="Mean")
def reduce_mean(
    input_tensor: Any,
    axis: Any = None,
    keepdims: Any = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
) -> gg.Tensor:
    """Return the mean of elements along axes."""
    x = as_expression(input_tensor)
    axes = reduction_indices if axis is None else axis
    axes = tuple(axes) if isinstance(axes, list) else axes
    return gg.mean(x, axes, keepdims=bool(keepdims or keep_dims))


for _name, _function in {
    "add": add, "subtract": subtract, "multiply": multiply, "truediv": truediv,
    "floordiv": floordiv, "mod": mod, "pow": pow, "less": less, "less_equal": less_equal,
    "greater": greater, "greater_equal": greater_equal, "negative": negative, "abs": absolute,
}.items():  # fmt: skip
    register_operator(_name, _function)
