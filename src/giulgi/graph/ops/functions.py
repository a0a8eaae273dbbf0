"""Functions of one number: exponentials, logarithms, roots, angles, rounding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import DTypeError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import DType, int64, is_float, uint64
from giulgi.graph.node import build
from giulgi.graph.op import Elementwise
from giulgi.graph.ops.casting import as_float, cast
from giulgi.graph.ops.elementwise import divide, multiply, no_bool
from giulgi.graph.ops.leaves import TensorLike, constant, promote
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


class FloatFunction(Elementwise):
    """A function of floats. (What a user calls casts integers first.)"""

    def infer_dtype(self, *dtypes: DType) -> DType:
        """All inputs have one dtype, and it is a float."""
        dtype = super().infer_dtype(*dtypes)
        if not is_float(dtype):
            raise DTypeError(
                f"{self.name} is computed on floats, not on {dtype.name}.",
                fix="x.astype('float32')",
            )
        return dtype


@dataclass(frozen=True)
class Exp(FloatFunction):
    """e to the power x."""

    def numpy(self, x: Array) -> Array:
        return np.exp(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy * y


@dataclass(frozen=True)
class Expm1(FloatFunction):
    """e^x - 1, exact also near x = 0."""

    def numpy(self, x: Array) -> Array:
        return np.expm1(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy * (y + 1)


@dataclass(frozen=True)
class Log(FloatFunction):
    """The natural logarithm."""

    def numpy(self, x: Array) -> Array:
        return np.log(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy / x


@dataclass(frozen=True)
class Log1p(FloatFunction):
    """ln(1 + x), exact also near x = 0."""

    def numpy(self, x: Array) -> Array:
        return np.log1p(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy / (1 + x)


@dataclass(frozen=True)
class Sqrt(FloatFunction):
    """The square root."""

    def numpy(self, x: Array) -> Array:
        return np.sqrt(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy / (2 * y)


@dataclass(frozen=True)
class Sin(FloatFunction):
    """The sine of an angle in radians."""

    def numpy(self, x: Array) -> Array:
        return np.sin(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy * cos(x)


@dataclass(frozen=True)
class Cos(FloatFunction):
    """The cosine of an angle in radians."""

    def numpy(self, x: Array) -> Array:
        return np.cos(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return -dy * sin(x)


@dataclass(frozen=True)
class Tan(FloatFunction):
    """The tangent of an angle in radians."""

    def numpy(self, x: Array) -> Array:
        return np.tan(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy * (1 + y * y)


@dataclass(frozen=True)
class Asin(FloatFunction):
    """The angle between -pi/2 and pi/2 whose sine is x."""

    def numpy(self, x: Array) -> Array:
        return np.arcsin(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy / sqrt(1 - x * x)


@dataclass(frozen=True)
class Acos(FloatFunction):
    """The angle between 0 and pi whose cosine is x."""

    def numpy(self, x: Array) -> Array:
        return np.arccos(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return -dy / sqrt(1 - x * x)


@dataclass(frozen=True)
class Atan(FloatFunction):
    """The angle between -pi/2 and pi/2 whose tangent is x."""

    def numpy(self, x: Array) -> Array:
        return np.arctan(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy / (1 + x * x)


@dataclass(frozen=True)
class Atan2(FloatFunction):
    """The angle of the point (a along the vertical, b along the horizontal axis)."""

    def numpy(self, a: Array, b: Array) -> Array:
        return np.arctan2(a, b)

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        squared_radius = a * a + b * b
        return dy * b / squared_radius, -dy * a / squared_radius


@dataclass(frozen=True)
class Tanh(FloatFunction):
    """(e^x - e^-x) / (e^x + e^-x)."""

    def numpy(self, x: Array) -> Array:
        return np.tanh(x)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy * (1 - y * y)


@dataclass(frozen=True)
class Sigmoid(FloatFunction):
    """1 / (1 + e^-x)."""

    def numpy(self, x: Array) -> Array:
        # e^-|x| never overflows: 1 / (1 + e^-x) for x >= 0, e^x / (1 + e^x) below.
        small = np.exp(-np.abs(x))
        return np.where(x >= 0, 1, small) / (1 + small)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy * y * (1 - y)


@dataclass(frozen=True)
class Erf(FloatFunction):
    """2 / sqrt(pi) times the integral of e^-t^2 from 0 to x."""

    def numpy(self, x: Array) -> Array:
        values = [math.erf(v) for v in x.ravel().tolist()]
        return np.array(values, x.dtype).reshape(x.shape)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> Tensor:
        return dy * (2 / math.sqrt(math.pi)) * exp(-x * x)


class Rounding(Elementwise):
    """To a whole number, which an integer is already. Its slope is 0 wherever it has one."""

    def infer_dtype(self, *dtypes: DType) -> DType:
        """Numbers of any dtype but bool; integers stay as they are."""
        dtype = super().infer_dtype(*dtypes)
        no_bool(self.name, dtype, "cast it first: x.astype('float32')")
        return dtype

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> None:
        return None


@dataclass(frozen=True)
class Floor(Rounding):
    """The largest whole number <= x."""

    def numpy(self, x: Array) -> Array:
        return np.floor(x) if x.dtype.kind == "f" else x


@dataclass(frozen=True)
class Ceil(Rounding):
    """The smallest whole number >= x."""

    def numpy(self, x: Array) -> Array:
        return np.ceil(x) if x.dtype.kind == "f" else x


@dataclass(frozen=True)
class Trunc(Rounding):
    """x without its fraction."""

    def numpy(self, x: Array) -> Array:
        return np.trunc(x) if x.dtype.kind == "f" else x


@dataclass(frozen=True)
class Round(Rounding):
    """The nearest whole number; halves go to the even one."""

    def numpy(self, x: Array) -> Array:
        return np.rint(x) if x.dtype.kind == "f" else x


# What a user calls


def exp(x: TensorLike, name: str | None = None) -> Tensor:
    """e^x, element by element.

    Args:
        x: numbers of any shape.
        name: a name for printing.

    Returns:
        The shape and dtype of x; of integers and bools a float32. So do all functions of this file.
    """
    return build(Exp(), as_float(constant(x)), name=name)


def expm1(x: TensorLike, name: str | None = None) -> Tensor:
    """e^x - 1, exact also near 0."""
    return build(Expm1(), as_float(constant(x)), name=name)


def log(x: TensorLike, name: str | None = None) -> Tensor:
    """The natural logarithm, element by element; -inf at 0, NaN below."""
    return build(Log(), as_float(constant(x)), name=name)


def log1p(x: TensorLike, name: str | None = None) -> Tensor:
    """ln(1 + x), exact also near 0."""
    return build(Log1p(), as_float(constant(x)), name=name)


def sqrt(x: TensorLike, name: str | None = None) -> Tensor:
    """The square root, element by element; NaN below 0."""
    return build(Sqrt(), as_float(constant(x)), name=name)


def sin(x: TensorLike, name: str | None = None) -> Tensor:
    """The sine, x in radians."""
    return build(Sin(), as_float(constant(x)), name=name)


def cos(x: TensorLike, name: str | None = None) -> Tensor:
    """The cosine, x in radians."""
    return build(Cos(), as_float(constant(x)), name=name)


def tan(x: TensorLike, name: str | None = None) -> Tensor:
    """The tangent, x in radians."""
    return build(Tan(), as_float(constant(x)), name=name)


def asin(x: TensorLike, name: str | None = None) -> Tensor:
    """The angle between -pi/2 and pi/2 whose sine is x."""
    return build(Asin(), as_float(constant(x)), name=name)


def acos(x: TensorLike, name: str | None = None) -> Tensor:
    """The angle between 0 and pi whose cosine is x."""
    return build(Acos(), as_float(constant(x)), name=name)


def atan(x: TensorLike, name: str | None = None) -> Tensor:
    """The angle between -pi/2 and pi/2 whose tangent is x."""
    return build(Atan(), as_float(constant(x)), name=name)


def atan2(y: TensorLike, x: TensorLike, name: str | None = None) -> Tensor:
    """The angle of the point (x, y), between -pi and pi."""
    return build(Atan2(), *(as_float(t) for t in promote(y, x)), name=name)


def tanh(x: TensorLike, name: str | None = None) -> Tensor:
    """The hyperbolic tangent, element by element."""
    return build(Tanh(), as_float(constant(x)), name=name)


def sigmoid(x: TensorLike, name: str | None = None) -> Tensor:
    """1 / (1 + e^-x), element by element."""
    return build(Sigmoid(), as_float(constant(x)), name=name)


def erf(x: TensorLike, name: str | None = None) -> Tensor:
    """The error function, element by element."""
    return build(Erf(), as_float(constant(x)), name=name)


def floor(x: TensorLike, name: str | None = None) -> Tensor:
    """The largest whole number <= x, element by element."""
    return build(Floor(), constant(x), name=name)


def ceil(x: TensorLike, name: str | None = None) -> Tensor:
    """The smallest whole number >= x, element by element."""
    return build(Ceil(), constant(x), name=name)


def trunc(x: TensorLike, name: str | None = None) -> Tensor:
    """x without its fraction, element by element."""
    return build(Trunc(), constant(x), name=name)


@composed
def round(x: TensorLike, decimals: int = 0, name: str | None = None) -> Tensor:
    """The nearest whole number, halves to the even one, element by element.

    With decimals, the nearest multiple of 10 to the power -decimals: x times 10^decimals is
    rounded, and divided again. Integers are rounded exactly.

    Args:
        x: numbers of any shape; integers stay integers.
        decimals: how many places after the point are kept; negative ones count before it.
        name: a name for printing.

    Returns:
        The shape and dtype of x.

    Raises:
        DTypeError: if x is of bools.
    """
    x = constant(x)
    if decimals == 0:
        return build(Round(), x, name=name)
    if is_float(x.dtype):
        scale = 10.0 ** abs(decimals)
        if decimals > 0:
            return divide(round(x * scale), scale, name)
        return multiply(round(divide(x, scale)), scale, name)
    no_bool("round", x.dtype, "cast it first: x.astype('float32')")
    y = x if decimals > 0 else _round_integers(x, 10**-decimals)
    return y if name is None else Tensor(y.node, name)


def _round_integers(x: Tensor, scale: int) -> Tensor:
    """Return the nearest multiples of an even number; halfway, the even multiple."""
    wide = x if x.dtype == uint64 else cast(x, int64)
    if scale > np.iinfo(wide.dtype).max:
        return x * 0  # The nearest multiple that the dtype has.
    count, rest = wide // scale, wide % scale
    up = (rest > scale // 2) | ((rest == scale // 2) & (count % 2 == 1))
    return cast((count + cast(up, wide.dtype)) * scale, x.dtype)
