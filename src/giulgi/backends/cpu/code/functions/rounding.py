"""Rounding to whole numbers, signs and extremes.

LLVM has instructions for rounding, but of a plain x86-64 makes them calls into the C library. So it
is done by arithmetic: near 2**fraction_bits a float counts ones, and adding that number rounds.
"""

from __future__ import annotations

from giulgi.backends.cpu.code.functions.arithmetic import absolute, format_of, like, with_sign_of
from giulgi.backends.cpu.code.ir import Function, Value


def round_half_even(f: Function, x: Value) -> Value:
    """The nearest whole number; of two, the even one. The sign of zero stays."""
    whole = 2.0 ** format_of(x).fraction_bits
    size = absolute(f, x)
    rounded = f.fsub(f.fadd(size, whole), whole)
    # What is larger is whole already.
    rounded = f.select(f.fcmp("olt", size, whole), rounded, size)
    return with_sign_of(f, rounded, x)


def floor(f: Function, x: Value) -> Value:
    """The largest whole number that is not above x."""
    rounded = round_half_even(f, x)
    excess = f.select(f.fcmp("ogt", rounded, x), like(x, 1.0), 0.0)
    return with_sign_of(f, f.fsub(rounded, excess), x)


def ceil(f: Function, x: Value) -> Value:
    """The smallest whole number that is not below x."""
    rounded = round_half_even(f, x)
    lack = f.select(f.fcmp("olt", rounded, x), like(x, 1.0), 0.0)
    return with_sign_of(f, f.fadd(rounded, lack), x)


def trunc(f: Function, x: Value) -> Value:
    """x without what is behind the point."""
    return with_sign_of(f, floor(f, absolute(f, x)), x)


def sqrt(f: Function, x: Value) -> Value:
    """The root of x, correctly rounded: processors have an instruction for it."""
    return f.intrinsic("sqrt", x)


def sign(f: Function, x: Value) -> Value:
    """-1, 0 or 1; NaN stays."""
    zero, one = like(x, 0.0), like(x, 1.0)
    below = f.select(f.fcmp("olt", x, 0.0), like(x, -1.0), f.fadd(x, zero))
    return f.select(f.fcmp("ogt", x, 0.0), one, below)


def maximum(f: Function, a: Value, b: Value) -> Value:
    """The larger of the two; NaN if one is NaN; of zeros with different signs, the first.

    The order of operands makes the inner choice one instruction of x86, and where b is a constant
    the outer one is left out by LLVM: so is the rectifier one instruction.
    """
    larger = f.select(f.fcmp("ogt", b, a), b, a)
    return f.select(f.fcmp("uno", b, b), b, larger)


def minimum(f: Function, a: Value, b: Value) -> Value:
    """The smaller of the two; NaN if one is NaN; of zeros with different signs, the first."""
    smaller = f.select(f.fcmp("olt", b, a), b, a)
    return f.select(f.fcmp("uno", b, b), b, smaller)
