"""log and log1p.

With x = 2ᵉ (1 + f), where 1 + f lies between the roots of 1/2 and of 2,

    log(x) = e log(2) + f - f² / 2 + f³ P(f)

where P is a polynomial. e log(2) is added in two parts, of which the first is exact. (W. J. Cody,
W. Waite: Software Manual for the Elementary Functions, 1980.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from giulgi.backends.cpu.code.functions.arithmetic import (
    bits_of_float,
    format_of,
    like,
    polynomial,
    two_sum,
    with_sign_of,
)
from giulgi.backends.cpu.code.functions.coefficients import LN2, LOG1P
from giulgi.backends.cpu.code.ir import Function, Value, constant, element_of


@dataclass(frozen=True)
class Decomposed:
    """x = 2ᵉ m, where m is between the roots of 1/2 and of 2.

    Attributes:
        exponent: e.
        mantissa: m.
        raised: the exponent in place, with the bias: the bits of 2ᵉ.
    """

    exponent: Value
    mantissa: Value
    raised: Value


def log(f: Function, x: Value) -> Value:
    """log(x), to 2 ulp; -inf of 0, NaN of what is below."""
    parts = decompose_any(f, x)
    result = _sum(f, f.fsub(parts.mantissa, 1.0), parts.exponent)
    return _outside(f, x, 0.0, result)


def log1p(f: Function, x: Value) -> Value:
    """log(1 + x), to 2 ulp, with all digits near 0.

    What the sum 1 + x loses to rounding is added to f, times 2⁻ᵉ.
    """
    layout = format_of(x)
    total, lost = two_sum(f, x, like(x, 1.0))
    parts = decompose(f, total)
    twice = constant(parts.raised.type, 2 * layout.bias << layout.fraction_bits)
    inverse = f.bitcast(f.sub(twice, parts.raised), x.type)
    # Of large x the loss does not matter, and 2⁻ᵉ may not be a normal number.
    inverse = f.select(f.fcmp("olt", x, 2.0**60), inverse, 0.0)
    near = f.fma(lost, inverse, f.fsub(parts.mantissa, 1.0))
    result = _outside(f, x, -1.0, _sum(f, near, parts.exponent))
    # The sign of -0 is lost on the way.
    return with_sign_of(f, result, x)


def decompose(f: Function, x: Value) -> Decomposed:
    """Take a positive normal number apart."""
    return _decompose(f, x, like(x, format_of(x).bias))


def decompose_any(f: Function, x: Value) -> Decomposed:
    """Take a positive number apart; a denormal one is scaled to be normal."""
    layout = format_of(x)
    digits = layout.fraction_bits + 1
    small = f.fcmp("olt", x, layout.smallest_normal)
    scaled = f.select(small, f.fmul(x, 2.0**digits), x)
    bias = f.select(small, like(x, layout.bias + digits), layout.bias)
    return _decompose(f, scaled, bias)


def _decompose(f: Function, x: Value, bias: Value) -> Decomposed:
    layout = format_of(x)
    fraction = layout.fraction_bits
    bits = bits_of_float(f, x)
    # Added to the bits of sqrt(1/2), this makes those of 1: the exponent goes up at the root.
    digits = int(2.0**fraction * (2.0 * math.sqrt(0.5) - 1.0))
    rounded_up = f.add(bits, (1 << fraction) - digits)
    raised = f.and_(rounded_up, -(1 << fraction))
    mantissa = f.bitcast(f.add(f.sub(bits, raised), layout.bias << fraction), x.type)
    # The exponent's bits behind those of 2**fraction are a float that counts ones.
    leading = (layout.bias + fraction) << fraction
    counted = f.bitcast(f.or_(f.lshr(rounded_up, fraction), leading), x.type)
    exponent = f.fsub(f.fsub(counted, 2.0**fraction), bias)
    return Decomposed(exponent, mantissa, raised)


def _sum(f: Function, near: Value, exponent: Value) -> Value:
    """Return e log(2) + log(1 + f)."""
    first, second = LN2[element_of(near.type)]
    square = f.fmul(near, near)
    tail = polynomial(f, near, LOG1P[element_of(near.type)])
    tail = f.fma(f.fmul(square, near), tail, f.fmul(exponent, second))
    tail = f.fma(square, -0.5, tail)
    return f.fma(exponent, first, f.fadd(near, tail))


def _outside(f: Function, x: Value, pole: float, result: Value) -> Value:
    """Put in what a logarithm is at its pole, below it, at infinity and of NaN."""
    result = f.select(f.fcmp("olt", x, math.inf), result, x)
    result = f.select(f.fcmp("oeq", x, pole), like(x, -math.inf), result)
    return f.select(f.fcmp("olt", x, pole), like(x, math.nan), result)
