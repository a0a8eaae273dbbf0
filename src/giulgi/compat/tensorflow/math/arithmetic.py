"""Arithmetic, functions of numbers, comparing, and the operators of tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.operations.refusals import bools, floats, one_dtype
from giulgi.compat.tensorflow.math.arguments import is_text
from giulgi.compat.tensorflow.math.strings import string_join
from giulgi.compat.tensors.dtypes import string
from giulgi.compat.tensors.tensor import (
    alike,
    as_expression,
    as_tensor,
    of_sizes,
    register_operator,
)


def _binary(
    function: Callable[[gg.Tensor, gg.Tensor], gg.Tensor],
    type: str,
    *paths: str,
    named: str | None = None,
) -> Callable[..., Any]:
    """Return an operation of two operands, of which numbers take the other's dtype."""

    def apply(x: Any, y: Any, name: str | None = None) -> gg.Tensor:
        return function(*alike(x, y))

    apply.__doc__ = function.__doc__
    apply.__name__ = paths[0].split(".")[-1]
    check = bools("x", "y") if type.startswith("Logical") else one_dtype("x", "y")
    return operation(*paths, type=type, named=named, check=check)(apply)


# Functions that TensorFlow computes of floats only.
_OF_FLOATS = {
    "Sqrt", "Rsqrt", "Exp", "Expm1", "Log", "Log1p", "Sigmoid", "LogSigmoid", "Tanh", "Sin", "Cos",
    "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Erf", "Erfc", "Floor", "Ceil",
}  # fmt: skip


def _unary(
    function: Callable[[gg.Tensor], gg.Tensor], type: str, *paths: str
) -> Callable[..., Any]:
    """Return an operation of one operand."""

    def apply(x: Any, name: str | None = None) -> gg.Tensor:
        return function(as_expression(x))

    apply.__doc__ = function.__doc__
    apply.__name__ = paths[0].split(".")[-1]
    return operation(*paths, type=type, check=floats("x") if type in _OF_FLOATS else None)(apply)


def _whole(x: gg.Tensor) -> bool:
    return x.dtype.kind in "iu"


def _true_quotient(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """x / y, of whole numbers as floats: of 8 and 16 bits as float32, of others as float64."""
    if _whole(x):
        wide = "float32" if x.dtype.itemsize <= 2 else "float64"
        x, y = gg.cast(x, wide), gg.cast(y, wide)
    return gg.divide(x, y)


def _old_quotient(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """x / y, of whole numbers rounded down, as Python 2 did."""
    return gg.floor_divide(x, y) if _whole(x) else gg.divide(x, y)


def _truncated_quotient(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """x / y of whole numbers, cut towards 0."""
    if not _whole(x):
        return gg.trunc(gg.divide(x, y))
    rest = _truncated_remainder(x, y)
    return gg.floor_divide(x - rest, y)


def _truncated_remainder(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """What is left of x / y cut towards 0: it has the sign of x."""
    return gg.sign(x) * gg.remainder(gg.abs(x), gg.abs(y))


def _quotient_or_zero(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """x / y, and 0 where y is 0."""
    none = gg.equal(y, 0)
    return gg.where(none, gg.zeros_like(x), x / gg.where(none, gg.ones_like(y), y))


def _product_or_zero(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """x y, and 0 where y is 0, whatever x is."""
    return gg.where(gg.equal(y, 0), gg.zeros_like(x * y), x * y)


def _squared_difference(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """(x - y)^2."""
    return gg.square(x - y)


def _xor(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """Whether just one of the two holds."""
    return gg.logical_xor(x, y)


@operation(type="Add", check=one_dtype("x", "y"))
def _sum(x: Any, y: Any, name: str | None = None) -> gg.Tensor:
    a, b = alike(x, y)
    return gg.add(a, b)


@exported("add", "math.add")
def add(x: Any, y: Any, name: str | None = None) -> Any:
    """Return x + y, element by element; strings are joined."""
    if is_text(x) or is_text(y):
        return string_join([x, y], name=name)
    return _sum(x, y, name)


subtract = _binary(gg.subtract, "Sub", "subtract", "sub", "math.subtract")
multiply = _binary(gg.multiply, "Mul", "multiply", "mul", "math.multiply")
truediv = _binary(
    _true_quotient, "RealDiv", "truediv", "divide", "realdiv", "math.truediv", "math.divide",
    named="truediv",
)  # fmt: skip
div = _binary(_old_quotient, "Div", "div", "math.div", named="div")
floordiv = _binary(
    gg.floor_divide, "FloorDiv", "floordiv", "floor_div", "math.floordiv", named="floordiv"
)
mod = _binary(gg.remainder, "FloorMod", "mod", "floormod", "math.mod", "math.floormod")
pow = _binary(gg.power, "Pow", "pow", "math.pow")
maximum = _binary(gg.maximum, "Maximum", "maximum", "math.maximum")
minimum = _binary(gg.minimum, "Minimum", "minimum", "math.minimum")
less = _binary(gg.less, "Less", "less", "math.less")
less_equal = _binary(gg.less_equal, "LessEqual", "less_equal", "math.less_equal")
greater = _binary(gg.greater, "Greater", "greater", "math.greater")
greater_equal = _binary(gg.greater_equal, "GreaterEqual", "greater_equal", "math.greater_equal")
logical_and = _binary(gg.logical_and, "LogicalAnd", "logical_and", "math.logical_and")
logical_or = _binary(gg.logical_or, "LogicalOr", "logical_or", "math.logical_or")
logical_xor = _binary(_xor, "LogicalXor", "logical_xor", "math.logical_xor")
squared_difference = _binary(
    _squared_difference, "SquaredDifference", "squared_difference", "math.squared_difference"
)
atan2 = _binary(gg.atan2, "Atan2", "atan2", "math.atan2")
truncatediv = _binary(_truncated_quotient, "TruncateDiv", "truncatediv")
truncatemod = _binary(_truncated_remainder, "TruncateMod", "truncatemod")
div_no_nan = _binary(
    _quotient_or_zero, "DivNoNan", "div_no_nan", "math.divide_no_nan", "math.div_no_nan"
)
multiply_no_nan = _binary(_product_or_zero, "MulNoNan", "math.multiply_no_nan")
bitwise_and = _binary(gg.bitwise_and, "BitwiseAnd", "bitwise.bitwise_and")
bitwise_or = _binary(gg.bitwise_or, "BitwiseOr", "bitwise.bitwise_or")
bitwise_xor = _binary(gg.bitwise_xor, "BitwiseXor", "bitwise.bitwise_xor")
left_shift = _binary(gg.bitwise_left_shift, "LeftShift", "bitwise.left_shift")
right_shift = _binary(gg.bitwise_right_shift, "RightShift", "bitwise.right_shift")


# Functions of one number


def _sign(x: gg.Tensor) -> gg.Tensor:
    """-1, 0 or 1: the sign of x."""
    if x.dtype.kind != "f":
        return gg.sign(x)
    # So it depends on x, with a slope of 0: TensorFlow trains by it, though to no avail.
    return gg.where(x == x, gg.sign(x), x)


def _sigmoid(x: gg.Tensor) -> gg.Tensor:
    """1 / (1 + exp(-x))."""
    return gg.sigmoid(x)


def _log_sigmoid(x: gg.Tensor) -> gg.Tensor:
    """log(1 / (1 + exp(-x))), which stays finite for large -x."""
    # At 0 the slopes of both parts add to 1 / 2: that of minimum(x, -x) is its first argument's.
    return gg.minimum(x, 0) - gg.log1p(gg.exp(gg.minimum(x, -x)))


def _erfc(x: gg.Tensor) -> gg.Tensor:
    """1 - erf(x)."""
    return 1 - gg.erf(x)


def _is_strictly_increasing(x: gg.Tensor) -> gg.Tensor:
    flat = gg.reshape(x, (-1,))
    return gg.all(flat[1:] > flat[:-1])


negative = _unary(gg.negative, "Neg", "negative", "neg", "math.negative")
absolute = _unary(gg.abs, "Abs", "abs", "math.abs", "complex_abs")
square = _unary(gg.square, "Square", "square", "math.square")
sqrt = _unary(gg.sqrt, "Sqrt", "sqrt", "math.sqrt")
rsqrt = _unary(gg.rsqrt, "Rsqrt", "rsqrt", "math.rsqrt")
exp = _unary(gg.exp, "Exp", "exp", "math.exp")
expm1 = _unary(gg.expm1, "Expm1", "expm1", "math.expm1")
log = _unary(gg.log, "Log", "log", "math.log")
log1p = _unary(gg.log1p, "Log1p", "log1p", "math.log1p")
log_sigmoid = _unary(_log_sigmoid, "LogSigmoid", "log_sigmoid", "math.log_sigmoid")
sign = _unary(_sign, "Sign", "sign", "math.sign")
rounded = _unary(gg.round, "Round", "round", "rint", "math.round", "math.rint")
floor = _unary(gg.floor, "Floor", "floor", "math.floor")
ceil = _unary(gg.ceil, "Ceil", "ceil", "math.ceil")
reciprocal = _unary(gg.reciprocal, "Reciprocal", "reciprocal", "inv", "math.reciprocal")
sigmoid = _unary(_sigmoid, "Sigmoid", "sigmoid", "math.sigmoid")
tanh = _unary(gg.tanh, "Tanh", "tanh", "math.tanh")
sin = _unary(gg.sin, "Sin", "sin", "math.sin")
cos = _unary(gg.cos, "Cos", "cos", "math.cos")
tan = _unary(gg.tan, "Tan", "tan", "math.tan")
asin = _unary(gg.asin, "Asin", "asin", "math.asin")
acos = _unary(gg.acos, "Acos", "acos", "math.acos")
atan = _unary(gg.atan, "Atan", "atan", "math.atan")
sinh = _unary(gg.sinh, "Sinh", "sinh", "math.sinh")
cosh = _unary(gg.cosh, "Cosh", "cosh", "math.cosh")
asinh = _unary(gg.asinh, "Asinh", "asinh", "math.asinh")
acosh = _unary(gg.acosh, "Acosh", "acosh", "math.acosh")
atanh = _unary(gg.atanh, "Atanh", "atanh", "math.atanh")
erf = _unary(gg.erf, "Erf", "erf", "math.erf")
erfc = _unary(_erfc, "Erfc", "erfc", "math.erfc")
logical_not = _unary(gg.logical_not, "LogicalNot", "logical_not", "math.logical_not")
invert = _unary(gg.bitwise_invert, "Invert", "bitwise.invert")
is_nan = _unary(gg.isnan, "IsNan", "is_nan", "math.is_nan", "debugging.is_nan")
is_inf = _unary(gg.isinf, "IsInf", "is_inf", "math.is_inf", "debugging.is_inf")
is_finite = _unary(gg.isfinite, "IsFinite", "is_finite", "math.is_finite", "debugging.is_finite")
is_strictly_increasing = _unary(
    _is_strictly_increasing,
    "IsStrictlyIncreasing",
    "is_strictly_increasing",
    "math.is_strictly_increasing",
)


# Comparing, of strings too


def _comparison(
    function: Callable[[gg.Tensor, gg.Tensor], gg.Tensor],
    of_texts: Callable[[Any, Any], Any],
    type: str,
    *paths: str,
) -> Callable[..., Any]:
    @operation(type=type, check=one_dtype("x", "y"))
    def of_numbers(x: Any, y: Any, name: str | None = None) -> gg.Tensor:
        return function(*alike(x, y))

    def apply(x: Any, y: Any, name: str | None = None) -> Any:
        if not (is_text(x) or is_text(y)):
            return of_numbers(x, y, name)
        pair = [as_tensor(x, string), as_tensor(y, string)]
        shape = gg.add(pair[0].expression, pair[1].expression).known_shape
        return host_operation(type, of_texts, pair, [("bool", shape)], name).outputs[0]

    apply.__doc__ = function.__doc__
    apply.__name__ = paths[0]
    return exported(*paths)(apply)


equal = _comparison(gg.equal, lambda x, y: np.equal(x, y), "Equal", "equal", "math.equal")
not_equal = _comparison(
    gg.not_equal, lambda x, y: np.not_equal(x, y), "NotEqual", "not_equal", "math.not_equal"
)


@operation("approximate_equal", "math.approximate_equal", type="ApproximateEqual")
def approximate_equal(x: Any, y: Any, tolerance: float = 1e-5, name: str | None = None) -> Any:
    """Return whether two numbers differ by less than a tolerance."""
    a, b = alike(x, y)
    return gg.less(gg.abs(a - b), tolerance)


@operation("scalar_mul", "math.scalar_mul", type="Mul")
def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> gg.Tensor:
    """Return a number times a tensor."""
    a, b = alike(x, scalar)
    return gg.multiply(b, a)


@operation("add_n", "math.add_n", type="AddN")
def add_n(inputs: Any, name: str | None = None) -> gg.Tensor:
    """Return the sum of several tensors of one shape."""
    values = [as_expression(x) for x in (inputs if isinstance(inputs, (list, tuple)) else [inputs])]
    if not values:
        raise ValueError("inputs must be a list of at least one Tensor")
    known = next((x.known_shape for x in values if x.known_shape is not None), None)
    total = values[0]
    for value in values[1:]:
        total = gg.add(total, value)
    return total if known is None or total.known_shape is not None else of_sizes(total, known)


@exported("accumulate_n", "math.accumulate_n")
def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Any:
    """Return the sum of several tensors of one shape: :func:`add_n`."""
    del shape, tensor_dtype
    return add_n(inputs, name)


@operation("cross", "linalg.cross", "math.cross", type="Cross")
def cross(a: Any, b: Any, name: str | None = None) -> gg.Tensor:
    """Return the cross product of vectors of three numbers, which are along the last axis."""
    x, y = alike(a, b)
    (x0, x1, x2), (y0, y1, y2) = ([v[..., i] for i in range(3)] for v in (x, y))
    parts = [x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0]
    return gg.stack(parts, axis=-1)


def _with_log(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """x log(y), and 0 where x is 0."""
    none = gg.equal(x, 0)
    return gg.where(none, gg.zeros_like(x * y), x * gg.log(gg.where(none, gg.ones_like(y), y)))


def _zero_over(x: gg.Tensor, y: gg.Tensor) -> gg.Tensor:
    """x / y, and 0 where x is 0."""
    none = gg.equal(x, 0)
    return gg.where(none, gg.zeros_like(x * y), x / gg.where(none, gg.ones_like(y), y))


def _reciprocal_or_zero(x: gg.Tensor) -> gg.Tensor:
    """1 / x, and 0 where x is 0."""
    return _quotient_or_zero(gg.ones_like(x), x)


xlogy = _binary(_with_log, "Xlogy", "math.xlogy")
xdivy = _binary(_zero_over, "Xdivy", "math.xdivy")
reciprocal_no_nan = _unary(_reciprocal_or_zero, "ReciprocalNoNan", "math.reciprocal_no_nan")


@operation("math.polyval", type="Polyval")
def polyval(coeffs: Any, x: Any, name: str | None = None) -> gg.Tensor:
    """Return a polynomial, of which the coefficient of the highest power is the first."""
    value = as_expression(x)
    total: Any = gg.zeros_like(value)
    for coefficient in coeffs:
        total = total * value + as_expression(coefficient)
    return total


#: What x + y and its like are named, which tf.add(x, y) and its like are not.
_NAMES = {
    "add": "add", "subtract": "sub", "multiply": "mul", "truediv": "truediv",
    "floordiv": "floordiv", "mod": "mod", "pow": "pow",
    "logical_and": "and", "logical_or": "or", "logical_xor": "xor",
}  # fmt: skip

for _name, _function in {
    "add": add, "subtract": subtract, "multiply": multiply, "truediv": truediv,
    "floordiv": floordiv, "mod": mod, "pow": pow, "less": less, "less_equal": less_equal,
    "greater": greater, "equal": equal, "not_equal": not_equal, "greater_equal": greater_equal,
    "negative": negative, "abs": absolute,
    "logical_and": logical_and, "logical_or": logical_or, "logical_xor": logical_xor,
    "logical_not": logical_not,
}.items():  # fmt: skip
    _named = partial(_function, name=_NAMES[_name]) if _name in _NAMES else _function
    register_operator(_name, _named)
