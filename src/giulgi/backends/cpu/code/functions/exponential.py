"""exp, expm1 and sigmoid.

With n the whole number nearest to x / log(2) and r = x - n log(2), which is at most log(2) / 2,

    exp(x) = 2ⁿ exp(r),  exp(r) - 1 = r + r² q(r)

where q is a polynomial. n log(2) is taken away in two parts, of which the first is exact. (W. J.
Cody, W. Waite: Software Manual for the Elementary Functions, 1980.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from giulgi.backends.cpu.code.functions.arithmetic import (
    at_least,
    at_most,
    bits_of_float,
    format_of,
    is_single,
    like,
    polynomial,
    power_of_two,
    with_sign_of,
)
from giulgi.backends.cpu.code.functions.coefficients import EXPM1, LN2
from giulgi.backends.cpu.code.ir import Function, Value, element_of


@dataclass(frozen=True)
class Reduced:
    """x = n log(2) + r.

    Attributes:
        counted: n + magic.
        number: n.
        rest: r.
        tail: exp(r) - 1.
    """

    counted: Value
    number: Value
    rest: Value
    tail: Value


def exp(f: Function, x: Value) -> Value:
    """exp(x), to 1 ulp; denormal results are rounded once."""
    single = is_single(x)
    # Beyond these the result is 0 or infinite, and n must stay small.
    bounded = at_least(f, at_most(f, x, 89.0 if single else 710.0), -104.0 if single else -746.0)
    reduced = reduce(f, bounded)
    return scale(f, f.fadd(reduced.tail, 1.0), reduced.number, reduced.counted)


def expm1(f: Function, x: Value) -> Value:
    """exp(x) - 1 = 2ⁿ (exp(r) - 1) + (2ⁿ - 1), to 2 ulp."""
    single = is_single(x)
    bounded = at_least(f, at_most(f, x, 89.0 if single else 710.0), -20.0 if single else -40.0)
    reduced = reduce(f, bounded)
    # 2ⁿ can be just too large, so half of everything is doubled in the end.
    half_power = power_of_two(f, reduced.counted, -1)
    # r is added first, and the small r² q(r) last, because this sum often cancels.
    rest = reduced.rest
    bend = f.fmul(f.fmul(rest, rest), polynomial(f, rest, EXPM1[element_of(x.type)]))
    straight = f.fma(half_power, rest, f.fsub(half_power, 0.5))
    half = f.fma(half_power, bend, straight)
    result = f.fadd(half, half)
    # Halving would take a digit off a denormal number.
    near = f.fcmp("oeq", reduced.number, 0.0)
    return with_sign_of(f, f.select(near, reduced.tail, result), x)


def sigmoid(f: Function, x: Value) -> Value:
    """1 / (1 + exp(-x)), to 2 ulp.

    Both parts of the fraction are 2**-k times what they are here, so that no exp(-x) is too large,
    and the smallest results are rounded once. As exp(-x) = 2ⁿ + 2ⁿ (exp(r) - 1), whose last product
    is exact, 1 + 2ⁿ comes first, and the sum of all is rounded only once.
    """
    single = is_single(x)
    # Beyond these the result is 0 or 1.
    bounded = at_most(f, at_least(f, x, -104.0 if single else -746.0), 20.0 if single else 40.0)
    reduced = reduce(f, f.fneg(bounded))
    middle = 64 if single else 512
    one, power = like(x, 2.0**-middle), power_of_two(f, reduced.counted, -middle)
    total = f.fadd(power, one)
    # Of a large 2ⁿ the sum does not hold the 1.
    lost = f.fsub(one, f.fsub(total, power))
    return f.fdiv(one, f.fadd(total, f.fma(power, reduced.tail, lost)))


def expm1_bounded(f: Function, x: Value) -> Value:
    """exp(x) - 1 of |x| <= 80, to 2 ulp; the sign of zero is lost."""
    reduced = reduce(f, x)
    power = power_of_two(f, reduced.counted)
    return f.fma(power, reduced.tail, f.fsub(power, 1.0))


def reduce(f: Function, x: Value) -> Reduced:
    """Find n and exp(r) - 1."""
    layout, element = format_of(x), element_of(x.type)
    first, second = LN2[element]
    counted = f.fma(x, 1.0 / math.log(2.0), layout.magic)
    number = f.fsub(counted, layout.magic)
    rest = f.fma(number, -second, f.fma(number, -first, x))
    return Reduced(counted, number, rest, expm1_near(f, rest, element))


def expm1_near(f: Function, r: Value, which: str) -> Value:
    """exp(r) - 1 of |r| <= log(2) / 2, by a set of coefficients."""
    return f.fma(f.fmul(r, r), polynomial(f, r, EXPM1[which]), r)


def scale(f: Function, x: Value, number: Value, counted: Value) -> Value:
    """Return x 2ⁿ, by two factors, as n can be beyond the exponents of one number."""
    layout = format_of(x)
    shifted = f.shl(bits_of_float(f, counted), layout.fraction_bits)
    half_counted = f.fma(number, 0.5, layout.magic)
    half = f.shl(bits_of_float(f, half_counted), layout.fraction_bits)
    one = layout.bias << layout.fraction_bits
    first = f.bitcast(f.add(half, one), x.type)
    second = f.bitcast(f.add(f.sub(shifted, half), one), x.type)
    return f.fmul(f.fmul(x, first), second)
