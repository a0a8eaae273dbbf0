"""Comparing, choosing, and the logic of bools and bits. No gradient flows through a bool."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import DTypeError, ShapeError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import SIGNED, DType, bool_, int64, is_float, is_integer, uint64
from giulgi.graph.node import build
from giulgi.graph.op import Elementwise, Op
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.elementwise import no_bool
from giulgi.graph.ops.leaves import TensorLike, constant, known_value, promote
from giulgi.graph.shapes import Shape, broadcast_shapes, is_static, merge_dims
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


class Comparison(Elementwise):
    """Two numbers in, a bool out."""

    def infer_dtype(self, *dtypes: DType) -> DType:
        """Both inputs have one dtype; the result is bool."""
        super().infer_dtype(*dtypes)
        return bool_

    def gradient(self, dy: Tensor, y: Tensor, a: Tensor, b: Tensor) -> None:
        return None


@dataclass(frozen=True)
class Equal(Comparison):
    """Whether a = b."""

    symbol = "=="

    def numpy(self, a: Array, b: Array) -> Array:
        return np.equal(a, b)


@dataclass(frozen=True)
class NotEqual(Comparison):
    """Whether a differs from b."""

    symbol = "!="

    def numpy(self, a: Array, b: Array) -> Array:
        return np.not_equal(a, b)


@dataclass(frozen=True)
class Less(Comparison):
    """Whether a < b."""

    symbol = "<"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.less(a, b)


@dataclass(frozen=True)
class LessEqual(Comparison):
    """Whether a <= b."""

    symbol = "<="

    def numpy(self, a: Array, b: Array) -> Array:
        return np.less_equal(a, b)


class Bitwise(Elementwise):
    """On the bits of integers, or on bools."""

    def infer_dtype(self, *dtypes: DType) -> DType:
        """Integers or bools, all of one dtype."""
        dtype = super().infer_dtype(*dtypes)
        if is_float(dtype):
            raise DTypeError(
                f"{self.name} is for bools and integers, not for {dtype.name}.",
                fix="compare first, in brackets: (x > 0) & (x < 1)",
            )
        return dtype

    def gradient(self, dy: Tensor, y: Tensor, *inputs: Tensor) -> None:
        return None


@dataclass(frozen=True)
class BitwiseAnd(Bitwise):
    """The bits set in both; for bool: a and b."""

    symbol = "&"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.bitwise_and(a, b)


@dataclass(frozen=True)
class BitwiseOr(Bitwise):
    """The bits set in either; for bool: a or b."""

    symbol = "|"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.bitwise_or(a, b)


@dataclass(frozen=True)
class BitwiseXor(Bitwise):
    """The bits set in one of the two; for bool: either, not both."""

    symbol = "^"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.bitwise_xor(a, b)


@dataclass(frozen=True)
class BitwiseInvert(Bitwise):
    """The bits turned over; for bool: not x."""

    symbol = "~"

    def numpy(self, x: Array) -> Array:
        return np.invert(x)


class Shift(Bitwise):
    """Bits moved by b places."""

    def infer_dtype(self, *dtypes: DType) -> DType:
        """Integers of one dtype."""
        dtype = super().infer_dtype(*dtypes)
        no_bool(self.name, dtype, "cast it first: x.astype('int32')")
        return dtype


@dataclass(frozen=True)
class ShiftLeft(Shift):
    """The bits of a moved up b places; 0 once all are moved out."""

    symbol = "<<"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.left_shift(a, b)


@dataclass(frozen=True)
class ShiftRight(Shift):
    """The bits of a moved down b places; the sign stays."""

    symbol = ">>"

    def numpy(self, a: Array, b: Array) -> Array:
        return np.right_shift(a, b)


@dataclass(frozen=True)
class Where(Elementwise):
    """a where the condition holds, b elsewhere."""

    def infer_dtype(self, condition: DType, a: DType, b: DType) -> DType:
        if condition != bool_:
            raise DTypeError(
                f"the condition is {condition.name}; it must be bool.",
                fix="compare: condition != 0",
            )
        return super().infer_dtype(a, b)

    def resolve(self, condition: Tensor, a: Tensor, b: Tensor) -> Tensor | None:
        decided = known_value(condition)
        if decided is None or decided.ndim > 0:
            return None
        chosen = a if decided else b
        result_shape = self.infer(condition, a, b).shape
        return chosen if is_static(result_shape) and chosen.known_shape == result_shape else None

    def numpy(self, condition: Array, a: Array, b: Array) -> Array:
        return np.where(condition, a, b)

    def gradient(
        self, dy: Tensor, y: Tensor, condition: Tensor, a: Tensor, b: Tensor
    ) -> tuple[None, Tensor, Tensor]:
        return None, where(condition, dy, 0), where(condition, 0, dy)


@dataclass(frozen=True)
class Choose(Op):
    """All of a if the condition, a single bool, holds; else all of b. The two have one shape."""

    def infer_dtype(self, condition: DType, a: DType, b: DType) -> DType:
        return Where().infer_dtype(condition, a, b)

    def infer_shape(self, condition: Shape, a: Shape, b: Shape) -> Shape:
        if condition != () or len(a) != len(b):
            raise ShapeError(
                "choose takes a single bool and two tensors of one shape.",
                fix="to choose element by element, use gg.where",
            )
        return tuple(merge_dims(i, j) for i, j in zip(a, b, strict=True))

    def resolve(self, condition: Tensor, a: Tensor, b: Tensor) -> Tensor | None:
        decided = known_value(condition)
        if decided is None:
            return a if a.node is b.node else None
        return a if decided else b

    def numpy(self, condition: Array, a: Array, b: Array) -> Array:
        return a if condition else b

    def gradient(
        self, dy: Tensor, y: Tensor, condition: Tensor, a: Tensor, b: Tensor
    ) -> tuple[None, Tensor, Tensor]:
        from giulgi.graph.ops.creation import zeros_like

        zero = zeros_like(dy)
        return None, choose(condition, dy, zero), choose(condition, zero, dy)


def _compared(op: Comparison, a: TensorLike, b: TensorLike, name: str | None) -> Tensor:
    """Build a comparison of numbers that, as integers, may have no dtype in common."""
    a, b = _with_room(a, b), _with_room(b, a)
    kinds = {getattr(x, "dtype", None) for x in (a, b)}
    if uint64 in kinds and not kinds.isdisjoint(SIGNED):
        return _of_signed_and_unsigned(op, constant(a), constant(b), name)
    return build(op, *promote(a, b), name=name)


def _with_room(value: TensorLike, other: TensorLike) -> TensorLike:
    """Return a Python int that the other's dtype does not hold in a dtype that does."""
    dtype = getattr(other, "dtype", None)
    if type(value) is not int or dtype is None or not is_integer(dtype):
        return value
    if np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
        return value
    for wide in (int64, uint64):
        if np.iinfo(wide).min <= value <= np.iinfo(wide).max:
            return constant(value, wide)
    return math.copysign(math.inf, value)  # Beyond all integers it compares as infinity does.


def _of_signed_and_unsigned(op: Comparison, a: Tensor, b: Tensor, name: str | None) -> Tensor:
    """Compare as uint64, except where the signed one is negative, and so the lesser."""
    signed = a if a.dtype in SIGNED else b
    where_negative = isinstance(op, NotEqual) or (not isinstance(op, Equal) and signed is a)
    as_unsigned = build(op, cast(a, uint64), cast(b, uint64))
    return where(signed < 0, where_negative, as_unsigned, name)


# What a user calls


@composed
def equal(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Whether a = b, element by element; integers are compared exactly."""
    return _compared(Equal(), a, b, name)


@composed
def not_equal(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Whether a differs from b, element by element; integers are compared exactly."""
    return _compared(NotEqual(), a, b, name)


@composed
def less(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Whether a < b, element by element; integers are compared exactly."""
    return _compared(Less(), a, b, name)


@composed
def less_equal(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Whether a <= b, element by element; integers are compared exactly."""
    return _compared(LessEqual(), a, b, name)


@composed
def greater(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Whether a > b, element by element."""
    return _turned_round(Less(), a, b, name)


@composed
def greater_equal(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Whether a >= b, element by element."""
    return _turned_round(LessEqual(), a, b, name)


def _turned_round(op: Comparison, a: TensorLike, b: TensorLike, name: str | None) -> Tensor:
    """Compare b with a. Shapes that do not meet are told in the order in which they are given."""
    shapes = [constant(x).known_shape for x in (a, b) if type(x) is not int]
    if None not in shapes:
        broadcast_shapes(*[shape for shape in shapes if shape is not None])
    return _compared(op, b, a, name)


def _as_bool(x: TensorLike) -> Tensor:
    x = constant(x)
    return x if x.dtype == bool_ else x != 0


@composed
def logical_and(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Whether both hold; numbers hold where they are not 0."""
    return build(BitwiseAnd(), _as_bool(a), _as_bool(b), name=name)


@composed
def logical_or(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Whether either holds."""
    return build(BitwiseOr(), _as_bool(a), _as_bool(b), name=name)


@composed
def logical_xor(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Whether one holds and not the other."""
    return build(BitwiseXor(), _as_bool(a), _as_bool(b), name=name)


@composed
def logical_not(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether x does not hold."""
    return build(BitwiseInvert(), _as_bool(x), name=name)


@composed
def bitwise_and(a: TensorLike, b: TensorLike) -> Tensor:
    """The bits set in both integers; for bools: a and b."""
    return build(BitwiseAnd(), *promote(a, b))


@composed
def bitwise_or(a: TensorLike, b: TensorLike) -> Tensor:
    """The bits set in either integer; for bools: a or b."""
    return build(BitwiseOr(), *promote(a, b))


@composed
def bitwise_xor(a: TensorLike, b: TensorLike) -> Tensor:
    """The bits set in one of two integers; for bools: either, not both."""
    return build(BitwiseXor(), *promote(a, b))


def bitwise_invert(x: TensorLike) -> Tensor:
    """The bits of an integer turned over; for bools: not x."""
    return build(BitwiseInvert(), constant(x))


@composed
def bitwise_left_shift(a: TensorLike, b: TensorLike) -> Tensor:
    """The bits of a moved up by b places."""
    return build(ShiftLeft(), *promote(a, b))


@composed
def bitwise_right_shift(a: TensorLike, b: TensorLike) -> Tensor:
    """The bits of a moved down by b places."""
    return build(ShiftRight(), *promote(a, b))


@composed
def where(condition: TensorLike, a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Return a where the condition holds, b elsewhere; all three are broadcast to one shape."""
    condition = constant(condition)
    if condition.dtype != bool_:
        condition = cast(condition, bool_)
    return build(Where(), condition, *promote(a, b), name=name)


@composed
def choose(condition: TensorLike, a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """Return all of a if the condition, a single bool, holds; else all of b.

    Unlike :func:`where` it decides once for the whole tensor; a and b have the same shape.
    """
    return build(Choose(), constant(condition), *promote(a, b), name=name)
