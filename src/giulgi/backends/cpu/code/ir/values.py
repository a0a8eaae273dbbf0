"""Types, values and constants of LLVM's intermediate language, as text."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

I1, I8, I16, I32, I64 = "i1", "i8", "i16", "i32", "i64"
F32, F64, PTR, VOID = "float", "double", "ptr", "void"

_BITS = {I1: 1, I8: 8, I16: 16, I32: 32, I64: 64, F32: 32, F64: 64, PTR: 64}


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the program: its type, and what it is called in the text."""

    type: str
    text: str

    def __str__(self) -> str:
        return f"{self.type} {self.text}"


#: The address of nothing.
NULL = Value(PTR, "null")


def vector_of(element: str, lanes: int) -> str:
    """Return the type of a vector; of one lane it is the element itself."""
    return element if lanes == 1 else f"<{lanes} x {element}>"


def lanes_of(type_: str) -> int:
    """Return the number of lanes; 1 for what is no vector."""
    return int(type_[1 : type_.index(" ")]) if type_.startswith("<") else 1


def element_of(type_: str) -> str:
    """Return the type of one lane."""
    return type_[type_.index("x ") + 2 : -1] if type_.startswith("<") else type_


def bits_of(type_: str) -> int:
    """Return the number of bits of one lane."""
    return _BITS[element_of(type_)]


def is_float_type(type_: str) -> bool:
    """Whether the lanes are floats."""
    return element_of(type_) in (F32, F64)


def constant(type_: str, number: float | int | bool) -> Value:
    """Return a constant; a vector has the number in every lane."""
    element = element_of(type_)
    text = number_text(element, number)
    if type_ == element:
        return Value(type_, text)
    return Value(type_, f"splat ({element} {text})")


def constant_vector(element: str, numbers: Sequence[float | int]) -> Value:
    """Return a vector of constants, one for each lane."""
    said = ", ".join(f"{element} {number_text(element, number)}" for number in numbers)
    return Value(vector_of(element, len(numbers)), f"<{said}>")


def number_text(element: str, number: float | int | bool) -> str:
    """Return a number as LLVM writes it."""
    if element == F32:
        # LLVM writes a float by the bits of the equal double.
        return _double_text(_rounded_to_single(float(number)))
    if element == F64:
        return _double_text(float(number))
    if element == I1:
        return "true" if number else "false"
    return str(int(number))


def _rounded_to_single(number: float) -> float:
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)
    return rounded


def _double_text(number: float) -> str:
    return f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"


def short_name(element: str) -> str:
    """Return how an element type is written in an intrinsic's name."""
    return {F32: "f32", F64: "f64", PTR: "p0"}.get(element, element)
