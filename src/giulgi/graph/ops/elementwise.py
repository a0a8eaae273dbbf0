"""Arithmetic on each element, with NumPy's broadcasting.

The gradient rules here speak of single elements; where an input was broadcast, its gradient is
summed back to its shape in one place for all of them (``graph/gradients.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import DTypeError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import DType, is_bool, is_float
from giulgi.graph.node import build
from giulgi.graph.op import Elementwise
from giulgi.graph.ops.casting import as_float
from giulgi.graph.ops.leaves import TensorLike, constant, known_value, promote
from giulgi.graph.shapes import broadcast_shapes, is_static
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


def no_bool(op: str, dtype: DType, instead: str) -> None:
    """Raise the error of an op that has no meaning for bool."""
    if is_bool(dtype):
        raise DTypeError(f"{op} has no meaning for dtype bool.", fix=instead)


class Arithmetic(Elementwise):
    """Arithmetic is for numbers; for bool there are the logical operations."""

    def infer_dtype(self, *dtypes: DType) -> DType:
        """All inputs have one dtype, which is not bool."""
        dtype = super().infer_dtype(*dtypes)
        no_bool(self.name, dtype, "use & | ^ ~, or count with x.astype('int64')")
        return dtype


def _is_number(x: Tensor, number: float) -> bool:
    """Whether x is a constant of this one number; 0.0 and -0.0 are told apart."""
    value = known_value(x)
    if value is None or value.size != 1:
        return False
    return value.item() == number and np.signbit(value.item()) == np.signbit(number)


def _unless_broadcast(x: Tensor, other: Tensor) -> Tensor | None:
    """Return x, if it has the shape in which it meets the other tensor."""
    if not (is_static(x.known_shape) and is_static(other.known_shape)):
        return None
    return x if broadcast_shapes(x.known_shape, other.known_shape) == x.known_shape else None


def _without_neutral(a: Tensor, b: Tensor, number: float) -> Tensor | None:
    """Return the one of a and b that meets a number which changes nothing, on either side."""
    if _is_number(b, number):
        return _unless_broadcast(a, b)
    return _unless_broadcast(b, a) if _is_number(a, number) else None


@dataclass(frozen=True)
class Add(Elementwise):
    """a + b; for bool: a or b."""

    symbol = "+"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.add(a, b)

    def simplified(self, a: Tensor, b: Tensor) -> Tensor | None:
        # Of floats -0.0 changes nothing; 0.0 makes 0.0 of -0.0.
        return _without_neutral(a, b, -0.0 if is_float(a.dtype) else 0)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        return dy, dy


@dataclass(frozen=True)
class Subtract(Arithmetic):
    """a - b."""

    symbol = "-"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.subtract(a, b)

    def simplified(self, a: Tensor, b: Tensor) -> Tensor | None:
        return _unless_broadcast(a, b) if _is_number(b, 0) else None

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        return dy, -dy


@dataclass(frozen=True)
class Multiply(Elementwise):
    """a * b; for bool: a and b."""

    symbol = "*"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.multiply(a, b)

    def simplified(self, a: Tensor, b: Tensor) -> Tensor | None:
        return _without_neutral(a, b, 1)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        return dy * b, dy * a


@dataclass(frozen=True)
class Divide(Arithmetic):
    """a / b, for floats."""

    symbol = "/"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.divide(a, b)

    def simplified(self, a: Tensor, b: Tensor) -> Tensor | None:
        return _unless_broadcast(a, b) if _is_number(b, 1) else None

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        return dy / b, -dy * y / b


@dataclass(frozen=True)
class FloorDivide(Arithmetic):
    """The largest whole number <= a / b; an integer divided by 0 gives 0, as in NumPy."""

    symbol = "//"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.floor_divide(a, b)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> None:
        return None


@dataclass(frozen=True)
class Remainder(Arithmetic):
    """a - b * floor(a / b): it has the sign of b."""

    symbol = "%"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.remainder(a, b)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        return dy, -dy * floor_divide(a, b)


@dataclass(frozen=True)
class Power(Arithmetic):
    """a to the power b."""

    symbol = "**"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.power(a, b)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        from giulgi.graph.ops.functions import log
        from giulgi.graph.ops.logic import where

        # d/da = b a^(b-1), which is 0 where b = 0, also for a = 0.
        exponent = known_value(b)
        if exponent is not None and exponent.all():
            lower = exponent - 1
            by_a = b * power(a, lower if lower.ndim else lower.item())
        else:
            by_a = where(b == 0, 0, b * power(a, where(b == 0, 1, b - 1)))
        # d/db = a^b ln a, taken as 0 where a <= 0, where a^b is no smooth function of b.
        by_b = y * log(where(a > 0, a, 1))
        return dy * by_a, dy * by_b


@dataclass(frozen=True)
class Maximum(Elementwise):
    """The larger of a and b; NaN if either is. At a tie the gradient goes to a."""

    def numpy(self, a: Array, b: Array) -> Array:
        return np.maximum(a, b)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        from giulgi.graph.ops.logic import where

        return where(b > a, 0, dy), where(b > a, dy, 0)


@dataclass(frozen=True)
class Minimum(Elementwise):
    """The smaller of a and b; NaN if either is. At a tie the gradient goes to a."""

    def numpy(self, a: Array, b: Array) -> Array:
        return np.minimum(a, b)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        from giulgi.graph.ops.logic import where

        return where(b < a, 0, dy), where(b < a, dy, 0)


@dataclass(frozen=True)
class Negative(Arithmetic):
    """-x."""

    symbol = "-"

    def numpy(self, x: Array) -> Array:
        return np.negative(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return -dy


@dataclass(frozen=True)
class Abs(Elementwise):
    """|x|; its slope at 0 is taken as 0."""

    def numpy(self, x: Array) -> Array:
        return np.abs(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy * sign(x)


@dataclass(frozen=True)
class Sign(Arithmetic):
    """-1, 0 or 1 as x is below, at or above 0; NaN for NaN."""

    def numpy(self, x: Array) -> Array:
        return np.sign(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> None:
        return None


# What a user calls


@composed
def add(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """a + b, element by element.

    Args:
        a, b: numbers of any shapes that meet by NumPy's broadcasting.
        name: a name for printing.

    Returns:
        The shape and the dtype in which the two meet; a Python number takes the other's dtype.

    Raises:
        ShapeError: if counted from the last axis two sizes differ, and neither is 1.
        DTypeError: if no dtype holds both, as for int64 with uint64.
    """
    return build(Add(), *promote(a, b), name=name)


@composed
def subtract(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """a - b, element by element; shapes, dtypes and errors as in :func:`add`, not for bools."""
    return build(Subtract(), *promote(a, b), name=name)


@composed
def multiply(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """a * b, element by element; shapes, dtypes and errors as in :func:`add`."""
    return build(Multiply(), *promote(a, b), name=name)


@composed
def divide(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """a / b, element by element, as in :func:`add`; integers are divided as float32."""
    a, b = promote(a, b)
    return build(Divide(), as_float(a), as_float(b), name=name)


@composed
def floor_divide(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """floor(a / b), element by element; see :func:`add`. An integer divided by 0 gives 0."""
    return build(FloorDivide(), *promote(a, b), name=name)


@composed
def remainder(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """a - b floor(a / b), element by element: Python's ``%``; see :func:`add`."""
    return build(Remainder(), *promote(a, b), name=name)


@composed
def power(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """a ** b, element by element; the exponents 1, 2, 0.5 become x, x * x, sqrt(x)."""
    # Python's own numbers alone: NumPy's have a dtype, in which the two must meet.
    if type(b) in (int, float) and isinstance(a, Tensor) and not is_bool(a.dtype):
        if b == 1 and not (isinstance(b, float) and not is_float(a.dtype)):
            return a.read()
        if b == 2 and not (isinstance(b, float) and not is_float(a.dtype)):
            return multiply(a, a, name)
        if b == 0.5:
            from giulgi.graph.ops.functions import sqrt

            return sqrt(a, name)
    return build(Power(), *promote(a, b), name=name)


@composed
def maximum(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """The larger of a and b, element by element; NaN where either is.

    The gradient goes to the larger one. Where the two are equal, all of it goes to a and none to
    b: ``maximum(x, 0)`` has slope 1 at x = 0, and ``maximum(0, x)`` slope 0. (The reduction
    :func:`giulgi.max` shares it instead.) Where either is NaN it goes to a, too.
    """
    return build(Maximum(), *promote(a, b), name=name)


@composed
def minimum(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """The smaller of a and b, element by element; NaN where either is.

    The gradient goes to the smaller one; where the two are equal, all of it to a and none to b, as
    in :func:`maximum`.
    """
    return build(Minimum(), *promote(a, b), name=name)


def negative(x: TensorLike, name: str | None = None) -> Tensor:
    """-x, element by element, in the shape and dtype of x; not for bools."""
    return build(Negative(), constant(x), name=name)


def positive(x: TensorLike, name: str | None = None) -> Tensor:
    """Return x itself."""
    return constant(x, name=name)


def abs(x: TensorLike, name: str | None = None) -> Tensor:
    """|x|, element by element, in the shape and dtype of x."""
    return build(Abs(), constant(x), name=name)


def sign(x: TensorLike, name: str | None = None) -> Tensor:
    """-1, 0 or 1 by the sign of x, in the shape and dtype of x; not for bools."""
    return build(Sign(), constant(x), name=name)


@composed
def clip(
    x: TensorLike, min: TensorLike = None, max: TensorLike = None, name: str | None = None
) -> Tensor:
    """Return x where it lies between min and max, else the nearer of the two.

    A bound that is None is not there. At a bound the gradient flows to x.
    """
    result = constant(x)
    if min is not None:
        result = maximum(result, min)
    if max is not None:
        result = minimum(result, max)
    return result if name is None else Tensor(result.node, name)
