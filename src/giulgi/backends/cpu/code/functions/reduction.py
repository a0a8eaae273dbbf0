"""Angles reduced by quarter turns: x = q π / 2 + r with a whole q and |r| <= π / 4.

Near x, π / 2 is taken away in parts with so few digits that their products with q are exact (W. J.
Cody, W. Waite: Software Manual for the Elementary Functions, 1980). An x that is large, or so near
a multiple of π / 2 that the parts do not suffice, is multiplied in integers by those binary digits
of 2 / π that matter to it (M. H. Payne, R. N. Hanek: Radian reduction for trigonometric functions,
SIGNUM Newsletter 18, 1983). The worst double is 2**-61 away from a multiple of π / 2 (J.-M. Muller:
Elementary Functions, 3rd edition, 2016, section 11.3.2), the worst float 2**-31.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from giulgi.backends.cpu.code.functions.arithmetic import (
    Pair,
    absolute,
    format_of,
    is_single,
    lane_by_lane,
    like,
    pair_product,
    quick_two_sum,
    to_double,
    to_single,
    two_sum,
)
from giulgi.backends.cpu.code.functions.coefficients import HALF_PI, HALF_PI_PAIR, TWO_OVER_PI_WORDS
from giulgi.backends.cpu.code.ir import (
    F32,
    F64,
    I32,
    I64,
    Function,
    Value,
    constant,
    lanes_of,
    vector_of,
)

_I128 = "i128"
# Up to here q has at most 20 bits.
_FAR = 2.0**20
# Three parts of π / 2 give r to 2**-99: of a smaller r that were less than 56 bits.
_TOO_NEAR = 2.0**-43


@dataclass(frozen=True)
class Angle:
    """An angle as quarter turns and a rest.

    Attributes:
        quarters: an integer with the last bits of q.
        rest: r.
        low: what r lost to rounding.
    """

    quarters: Value
    rest: Value
    low: Value


def reduce_angle(f: Function, x: Value) -> Angle:
    """Reduce x, which may be any number; r is NaN if x is infinite."""
    if is_single(x):
        return _reduce_single(f, to_double(f, x))
    first, second, third = HALF_PI[F64]
    counted, q = _nearest(f, x)
    # The products with the first two parts are exact, and so is the first difference.
    rest = f.fma(q, -first, x)
    high, low = two_sum(f, rest, f.fmul(q, -second))
    high, low = quick_two_sum(f, high, f.fma(q, -third, low))
    too_near = f.and_(f.fcmp("olt", absolute(f, high), _TOO_NEAR), f.fcmp("one", q, 0.0))
    rare = f.or_(f.fcmp("ogt", absolute(f, x), _FAR), too_near)
    counted, high, low = lane_by_lane(
        f, rare, (counted, high, low), lambda f, lane: _reduce_far(f, f.extract(x, lane))
    )
    return Angle(f.bitcast(counted, vector_of(I64, lanes_of(x.type))), high, low)


def _reduce_single(f: Function, x: Value) -> Angle:
    """Reduce doubles that were floats.

    Two parts of π / 2 give r to 2**-66, and no float of this size comes nearer to 0 than 2**-31.
    """
    first, second = HALF_PI[F32]
    counted, q = _nearest(f, x)
    rest = f.fma(q, -second, f.fma(q, -first, x))
    rare = f.fcmp("ogt", absolute(f, x), _FAR)
    counted, rest = lane_by_lane(
        f, rare, (counted, rest), lambda f, lane: _reduce_far(f, f.extract(x, lane))[:2]
    )
    bits = f.bitcast(counted, vector_of(I64, lanes_of(x.type)))
    high = to_single(f, rest)
    low = to_single(f, f.fsub(rest, to_double(f, high)))
    return Angle(f.convert("trunc", bits, I32), high, low)


def _nearest(f: Function, x: Value) -> Pair:
    """Return q + magic, and q."""
    magic = format_of(x).magic
    counted = f.fma(x, 2.0 / math.pi, magic)
    return counted, f.fsub(counted, magic)


def _reduce_far(f: Function, x: Value) -> list[Value]:
    """Reduce one double: q + magic, r and its low part."""
    name, result = "reduce_far", vector_of(F64, 4)
    if name not in f.module.functions:
        worker = f.module.function(name, [(F64, "x")], result)
        values = _write_reduce_far(worker, worker.parameters[0])
        packed = Value(result, "poison")
        for lane, value in enumerate(values):
            packed = worker.insert(packed, lane, value)
        worker.ret(packed)
    found = f.call(name, result, x)
    return [f.extract(found, lane) for lane in range(3)]


def _write_reduce_far(f: Function, x: Value) -> list[Value]:
    turned = _product_with_two_over_pi(f, x)
    # Its unit is 2**-126: the two highest bits count quarter turns, but rounded to the nearest.
    quarters = f.lshr(f.add(turned, 1 << 125), 126)
    fraction = f.sub(turned, f.shl(quarters, 126))
    is_below = f.icmp("slt", fraction, 0)
    size = f.select(is_below, f.sub(constant(_I128, 0), fraction), fraction)
    # 126 bits are three doubles of 42 bits.
    parts = []
    for shift in (84, 42, 0):
        digits = f.convert("trunc", f.and_(f.lshr(size, shift), (1 << 42) - 1), I64)
        parts.append(f.fmul(f.convert("sitofp", digits, F64), 2.0 ** (shift - 126)))
    high, low = quick_two_sum(f, parts[0], parts[1])
    high, low = quick_two_sum(f, high, f.fadd(low, parts[2]))
    half_pi = tuple(like(x, part) for part in HALF_PI_PAIR[F64])
    high, low = quick_two_sum(f, *pair_product(f, (high, low), (half_pi[0], half_pi[1])))
    # All of this was of |x|.
    is_negative = f.fcmp("olt", x, 0.0)
    turn_back = f.binary("xor", is_below, is_negative)
    high = f.select(turn_back, f.fneg(high), high)
    low = f.select(turn_back, f.fneg(low), low)
    whole = f.convert("sitofp", f.convert("trunc", quarters, I64), F64)
    counted = f.fadd(f.select(is_negative, f.fneg(whole), whole), format_of(x).magic)
    # Of an infinite x this makes it NaN.
    return [counted, f.fadd(high, f.fsub(x, x)), low]


def _product_with_two_over_pi(f: Function, x: Value) -> Value:
    """|x| 2 / π modulo 4 in units of 2**-126, as an integer of 128 bits."""
    bits = f.bitcast(x, I64)
    mantissa = f.or_(f.and_(bits, (1 << 52) - 1), 1 << 52)
    exponent = f.sub(f.and_(f.lshr(bits, 52), 0x7FF), 1023 + 52)
    # Digits of 2 / π whose product with the mantissa's unit is 4 or more do not matter.
    place = f.add(exponent, 64 - 2)
    place = f.select(f.icmp("slt", place, 0), constant(I64, 0), place)
    table = f.module.table("two_over_pi", I64, [_signed(word) for word in TWO_OVER_PI_WORDS])
    address = f.offset(table, f.lshr(place, 6), I64)
    words = [f.load(I64, f.offset(address, k, I64)) for k in range(4)]
    shift = f.and_(place, 63)
    window = [f.intrinsic("fshl", words[k], words[k + 1], shift) for k in range(3)]
    wide = f.convert("zext", mantissa, _I128)
    top, middle, bottom = (f.mul(wide, f.convert("zext", word, _I128)) for word in window)
    return f.add(f.add(f.shl(top, 64), middle), f.lshr(bottom, 64))


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word
