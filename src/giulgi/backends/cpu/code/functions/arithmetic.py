"""What the elementwise functions are made of: formats, polynomials, sums and products in two parts.

A value in two parts is the unrounded sum of a number and a much smaller one, which has what the
first lost to rounding. The formulas are those of T. J. Dekker, A floating-point technique for
extending the available precision, Numerische Mathematik 18 (1971). They must not depend on whether
``Function.fma`` rounds once or twice; it does not matter where the product is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from giulgi.backends.cpu.code.ir import (
    F32,
    F64,
    I1,
    I32,
    I64,
    Function,
    Value,
    constant,
    element_of,
    lanes_of,
    vector_of,
)

Pair = tuple[Value, Value]


@dataclass(frozen=True)
class Format:
    """How a float is laid out in its bits.

    Attributes:
        integer: the type of an integer of the same width.
        fraction_bits: the bits behind the leading one.
        bias: what is added to an exponent.
        low_half: the bits that are cleared to leave the upper half of the digits.
    """

    integer: str
    fraction_bits: int
    bias: int
    low_half: int

    @property
    def magic(self) -> float:
        """1.5 * 2**fraction_bits: added to a small number, its last bit counts ones.

        So the sum is rounded to a whole number (half to even), which also stands in the low bits,
        and that serves as the conversion to an integer.
        """
        return 1.5 * 2.0**self.fraction_bits

    @property
    def smallest_normal(self) -> float:
        """The smallest number that has all its digits."""
        return 2.0 ** (1 - self.bias)


_FORMATS = {F32: Format(I32, 23, 127, 12), F64: Format(I64, 52, 1023, 27)}


def format_of(x: Value) -> Format:
    """Return the layout of a value's lanes."""
    return _FORMATS[element_of(x.type)]


def like(x: Value, number: float) -> Value:
    """Return a constant of the type of a value."""
    return constant(x.type, number)


def is_single(x: Value) -> bool:
    """Whether the lanes are of 32 bits."""
    return element_of(x.type) == F32


def to_double(f: Function, x: Value) -> Value:
    """The same numbers with more digits."""
    return f.convert("fpext", x, F64)


def to_single(f: Function, x: Value) -> Value:
    """Round to the nearest float of 32 bits."""
    return f.convert("fptrunc", x, F32)


def bits_of_float(f: Function, x: Value) -> Value:
    """Read floats as integers of the same width."""
    return f.bitcast(x, vector_of(format_of(x).integer, lanes_of(x.type)))


def absolute(f: Function, x: Value) -> Value:
    """|x|; the sign of a NaN, too, is cleared."""
    return f.intrinsic("fabs", x)


def with_sign_of(f: Function, x: Value, sign: Value) -> Value:
    """|x| with the sign of another value."""
    return f.intrinsic("copysign", x, sign)


def at_most(f: Function, x: Value, limit: float) -> Value:
    """x where it is below a limit, else the limit; NaN stays."""
    bound = like(x, limit)
    return f.select(f.fcmp("olt", bound, x), bound, x)


def at_least(f: Function, x: Value, limit: float) -> Value:
    """x where it is above a limit, else the limit; NaN stays."""
    bound = like(x, limit)
    return f.select(f.fcmp("ogt", bound, x), bound, x)


def polynomial(f: Function, x: Value, coefficients: Sequence[float]) -> Value:
    """c0 + c1 x + c2 x² + ... by Horner's rule."""
    result = like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = f.fma(result, x, coefficient)
    return result


def power_of_two(f: Function, counted: Value, offset: int = 0) -> Value:
    """2**(n + offset), from ``n + magic``; n + offset must be a normal number's exponent."""
    layout = format_of(counted)
    # The shift drops all of the magic number's bits.
    shifted = f.shl(bits_of_float(f, counted), layout.fraction_bits)
    raised = f.add(shifted, (layout.bias + offset) << layout.fraction_bits)
    return f.bitcast(raised, counted.type)


# Numbers in two parts


def quick_two_sum(f: Function, a: Value, b: Value) -> Pair:
    """a + b in two parts, if |a| >= |b| or a = 0."""
    total = f.fadd(a, b)
    return total, f.fsub(b, f.fsub(total, a))


def two_sum(f: Function, a: Value, b: Value) -> Pair:
    """a + b in two parts (Knuth)."""
    total = f.fadd(a, b)
    of_b = f.fsub(total, a)
    of_a = f.fsub(total, of_b)
    return total, f.fadd(f.fsub(a, of_a), f.fsub(b, of_b))


def split(f: Function, x: Value) -> Pair:
    """x as the sum of two numbers with half the digits each.

    The lower digits are masked away, because the usual split by a product can overflow.
    """
    mask = -(1 << format_of(x).low_half)
    high = f.bitcast(f.and_(bits_of_float(f, x), mask), x.type)
    return high, f.fsub(x, high)


def two_product(f: Function, a: Value, b: Value) -> Pair:
    """a * b in two parts.

    All the products of halves are exact, up to the last one of doubles, whose rounding is 2**-106
    of the result. So fma is used though it may round twice.
    """
    total = f.fmul(a, b)
    (a_high, a_low), (b_high, b_low) = split(f, a), split(f, b)
    error = f.fma(a_high, b_high, f.fneg(total))
    error = f.fma(a_high, b_low, error)
    error = f.fma(a_low, b_high, error)
    return total, f.fma(a_low, b_low, error)


def pair_product(f: Function, a: Pair, b: Pair) -> Pair:
    """a * b of numbers in two parts; the product of the small parts is left out."""
    high, low = two_product(f, a[0], b[0])
    low = f.fma(a[0], b[1], low)
    return high, f.fma(a[1], b[0], low)


# Rare lanes


def lane_by_lane(
    f: Function,
    rare: Value,
    values: Sequence[Value],
    worker: Callable[[Function, Value], Sequence[Value]],
) -> list[Value]:
    """Replace the rare lanes of some values by what a worker finds for each.

    Where no lane is rare this costs a test and a branch.

    Args:
        f: the function that is being written.
        rare: for each lane whether it is rare.
        values: the values so far.
        worker: writes the code for one lane, whose number it is given.
    """
    lanes = lanes_of(rare.type)
    flags = f.bitcast(rare, f"i{lanes}")
    some = f.icmp("ne", flags, 0)
    if lanes < 64:
        flags = f.convert("zext", flags, I64)
    with f.loop(0, f.select(some, constant(I64, lanes), 0), carried=values) as loop:
        chosen = f.convert("trunc", f.lshr(flags, loop.index), I1)
        found = worker(f, loop.index)
        replaced = []
        for now, new in zip(loop.carried, found, strict=True):
            kept = f.select(chosen, new, f.extract(now, loop.index))
            replaced.append(kept if lanes == 1 else f.insert(now, loop.index, kept))
        loop.carry(*replaced)
    return loop.results
