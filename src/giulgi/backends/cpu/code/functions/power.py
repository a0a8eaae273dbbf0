"""power(a, b) = 2**(b log2(a)) of floats.

An error of the logarithm is multiplied by b log2(a), which can be 1074 in size. So of floats it is
computed in doubles, and of doubles in two parts each. With a = 2ᵉ m and s = (m - 1) / (m + 1),

    log2(a) = e + 2 / log(2) atanh(s),  atanh(s) = s (1 + z (1 / 3 + z P(z)))  with z = s²
"""

from __future__ import annotations

import math

from giulgi.backends.cpu.code.functions.arithmetic import (
    Pair,
    absolute,
    at_least,
    at_most,
    bits_of_float,
    format_of,
    is_single,
    like,
    pair_product,
    polynomial,
    power_of_two,
    quick_two_sum,
    to_double,
    to_single,
    two_product,
    two_sum,
)
from giulgi.backends.cpu.code.functions.coefficients import ATANH, THIRD, TWO_OVER_LN2
from giulgi.backends.cpu.code.functions.exponential import expm1_near, scale
from giulgi.backends.cpu.code.functions.logarithm import decompose_any
from giulgi.backends.cpu.code.functions.rounding import round_half_even
from giulgi.backends.cpu.code.ir import F64, Function, Value


def power(f: Function, a: Value, b: Value) -> Value:
    """a to the power of b, to 1 ulp of floats and 2 ulp of doubles.

    Special values are those of C99 (annex F.9.4.4) and NumPy: a**0 = 1**b = 1 even with NaN; of a
    negative a the power is NaN, unless b is whole: then its sign is that of (-1)**b.
    """
    # An infinite b would make 0 * inf of a = 1. So large, it does the same.
    limit = 1e30 if is_single(a) else 1e300
    bounded = at_least(f, at_most(f, b, limit), -limit)
    of_size = _power_in_doubles if is_single(a) else _power_in_pairs
    result = of_size(f, absolute(f, a), bounded)
    is_negative = f.icmp("slt", bits_of_float(f, a), 0)
    is_whole = _is_whole(f, b)
    is_odd = f.and_(is_whole, f.xor(_is_whole(f, f.fmul(b, 0.5)), 1))
    result = f.select(f.and_(is_negative, is_odd), f.fneg(result), result)
    # -0 and -inf have powers that are not whole.
    is_ordinary = f.and_(f.fcmp("olt", a, 0.0), f.fcmp("ogt", a, -math.inf))
    undefined = f.and_(is_ordinary, f.xor(is_whole, 1))
    result = f.select(undefined, like(a, math.nan), result)
    is_one = f.or_(f.fcmp("oeq", a, 1.0), f.fcmp("oeq", b, 0.0))
    return f.select(is_one, like(a, 1.0), result)


def _is_whole(f: Function, x: Value) -> Value:
    return f.fcmp("oeq", round_half_even(f, x), x)


def _power_in_doubles(f: Function, a: Value, b: Value) -> Value:
    """a**b of floats a >= 0, by doubles of which 35 bits are right."""
    parts = decompose_any(f, a)
    mantissa = to_double(f, parts.mantissa)
    # Newton's iteration makes of the quotient of floats one of doubles, which divide slowly.
    rough = to_double(f, f.fdiv(like(a, 1.0), f.fadd(parts.mantissa, 1.0)))
    denominator = f.fadd(mantissa, 1.0)
    inverse = f.fmul(rough, f.fma(f.fneg(rough), denominator, 2.0))
    s = f.fmul(f.fsub(mantissa, 1.0), inverse)
    square = f.fmul(s, s)
    series = f.fma(square, polynomial(f, square, ATANH["middle"]), 1.0 / 3.0)
    atanh = f.fma(f.fmul(s, square), series, s)
    exponent = to_double(f, _at_ends(f, a, parts.exponent))
    product = f.fmul(f.fma(atanh, TWO_OVER_LN2[F64][0], exponent), to_double(f, b))
    # Beyond, a float is 0 or infinite.
    counted, _, rest = _nearest(f, at_least(f, at_most(f, product, 200.0), -200.0))
    near = expm1_near(f, f.fmul(rest, math.log(2.0)), "middle")
    return to_single(f, f.fmul(f.fadd(near, 1.0), power_of_two(f, counted)))


def _power_in_pairs(f: Function, a: Value, b: Value) -> Value:
    """a**b of a >= 0."""
    high, low = _log2(f, a)
    high = _at_ends(f, a, high)
    product, error = two_product(f, b, high)
    error = f.fma(b, low, error)
    # Beyond, the result is 0 or infinite, and the error may be NaN.
    error = f.select(f.fcmp("olt", absolute(f, product), 1100.0), error, 0.0)
    bounded = at_least(f, at_most(f, product, 1100.0), -1100.0)
    counted, number, rest = _nearest(f, bounded)
    near = expm1_near(f, f.fma(rest, math.log(2.0), f.fmul(error, math.log(2.0))), F64)
    return scale(f, f.fadd(near, 1.0), number, counted)


def _at_ends(f: Function, a: Value, logarithm: Value) -> Value:
    """Put in the logarithm of 0, of infinity and of NaN."""
    finite = f.select(f.fcmp("olt", a, math.inf), logarithm, a)
    return f.select(f.fcmp("oeq", a, 0.0), like(a, -math.inf), finite)


def _nearest(f: Function, x: Value) -> tuple[Value, Value, Value]:
    """Return n + magic, n and x - n, with the nearest whole number n."""
    magic = format_of(x).magic
    counted = f.fadd(x, magic)
    number = f.fsub(counted, magic)
    return counted, number, f.fsub(x, number)


def _log2(f: Function, a: Value) -> Pair:
    """log2(a) in two parts, with an error of 2**-65 of the result."""
    parts = decompose_any(f, a)
    s = _quotient(f, parts.mantissa)
    square = pair_product(f, s, s)
    # From here on the terms are small enough for one part.
    tail = f.fmul(square[0], polynomial(f, square[0], ATANH[F64]))
    third = like(a, THIRD[F64][0])
    factor = quick_two_sum(f, third, f.fadd(tail, THIRD[F64][1]))
    bend = pair_product(f, s, pair_product(f, square, factor))
    high, low = quick_two_sum(f, s[0], bend[0])
    atanh = (high, f.fadd(low, f.fadd(bend[1], s[1])))
    scaling = (like(a, TWO_OVER_LN2[F64][0]), like(a, TWO_OVER_LN2[F64][1]))
    fraction = pair_product(f, atanh, scaling)
    high, low = quick_two_sum(f, parts.exponent, fraction[0])
    return quick_two_sum(f, high, f.fadd(low, fraction[1]))


def _quotient(f: Function, mantissa: Value) -> Pair:
    """(m - 1) / (m + 1) in two parts: the second divides what the first leaves."""
    numerator = f.fsub(mantissa, 1.0)
    denominator = two_sum(f, mantissa, like(mantissa, 1.0))
    inverse = f.fdiv(like(mantissa, 1.0), denominator[0])
    quotient = f.fmul(numerator, inverse)
    product, error = two_product(f, quotient, denominator[0])
    left = f.fsub(f.fsub(numerator, product), error)
    left = f.fma(f.fneg(quotient), denominator[1], left)
    return quotient, f.fmul(left, inverse)
