"""floor_divide and remainder of floats, with the results of NumPy to the last bit.

NumPy, like Python, takes the exact remainder of a division rounded towards 0, as C's fmod does, and
derives the other results from it in rounded arithmetic; so is it done here.
"""

from __future__ import annotations

import math

from giulgi.backends.cpu.code.functions.arithmetic import (
    Pair,
    absolute,
    is_single,
    lane_by_lane,
    like,
    to_double,
    to_single,
    two_product,
    with_sign_of,
)
from giulgi.backends.cpu.code.functions.rounding import floor
from giulgi.backends.cpu.code.ir import F64, I64, Function, Value, constant

# With quotients below this the product in `_step` is exact.
_FAR_QUOTIENT = 2.0**50
_STEP_BITS = 48
_LARGE = 2.0**1000


def floor_divide(f: Function, a: Value, b: Value) -> Value:
    """The largest whole number that is not above a / b, as ``numpy.floor_divide``."""
    rest, differs = _rest(f, a, b)
    quotient = f.fdiv(f.fsub(a, rest), b)
    quotient = f.fsub(quotient, f.select(differs, like(a, 1.0), 0.0))
    whole = floor(f, quotient)
    # The quotient was nearly whole, but for rounding.
    is_short = f.fcmp("ogt", f.fsub(quotient, whole), 0.5)
    whole = f.fadd(whole, f.select(is_short, like(a, 1.0), 0.0))
    rounded = f.fdiv(a, b)
    whole = f.select(f.fcmp("oeq", quotient, 0.0), with_sign_of(f, like(a, 0.0), rounded), whole)
    return f.select(f.fcmp("oeq", b, 0.0), rounded, whole)


def remainder(f: Function, a: Value, b: Value) -> Value:
    """a - b floor(a / b), which has the sign of b, as ``numpy.remainder``."""
    rest, differs = _rest(f, a, b)
    result = f.select(differs, f.fadd(rest, b), rest)
    return f.select(f.fcmp("oeq", rest, 0.0), with_sign_of(f, result, b), result)


def _rest(f: Function, a: Value, b: Value) -> Pair:
    """Return fmod(a, b), and whether it has another sign than b."""
    rest = _fmod(f, a, b)
    zero = like(a, 0.0)
    below = f.binary("xor", f.fcmp("olt", b, 0.0), f.fcmp("olt", rest, 0.0))
    return rest, f.and_(below, f.fcmp("une", rest, zero))


def _fmod(f: Function, a: Value, b: Value) -> Value:
    """The exact a - b trunc(a / b); NaN if a is infinite or b is 0."""
    if is_single(a):
        return to_single(f, _fmod(f, to_double(f, a), to_double(f, b)))
    size, unit = absolute(f, a), absolute(f, b)
    rest = _step(f, size, unit)
    far = f.fcmp("oge", f.fdiv(size, unit), _FAR_QUOTIENT)
    rare = f.or_(far, f.fcmp("ogt", size, _LARGE))
    (rest,) = lane_by_lane(
        f,
        rare,
        (rest,),
        lambda f, lane: (_fmod_far(f, f.extract(size, lane), f.extract(unit, lane)),),
    )
    rest = f.select(f.fcmp("oeq", unit, math.inf), size, rest)
    defined = f.and_(f.fcmp("olt", size, math.inf), f.fcmp("ogt", unit, 0.0))
    return with_sign_of(f, f.select(defined, rest, math.nan), a)


def _step(f: Function, a: Value, b: Value) -> Value:
    """The remainder of a >= 0 by b > 0, exactly, if a / b is not far.

    With q the whole number nearest to a / b, a - q b has no more digits than b, and it is found
    exactly by subtracting the two parts of the product. If it is below 0, q was one too large.
    """
    whole = 2.0**52
    q = f.fsub(f.fadd(f.fdiv(a, b), whole), whole)
    high, low = two_product(f, q, b)
    rest = f.fsub(f.fsub(a, high), low)
    return f.select(f.fcmp("olt", rest, 0.0), f.fadd(rest, b), rest)


def _fmod_far(f: Function, a: Value, b: Value) -> Value:
    """The remainder of one a >= 0 by b > 0 with a large quotient."""
    name = "fmod_far"
    if name not in f.module.functions:
        worker = f.module.function(name, [(F64, "a"), (F64, "b")], F64)
        worker.ret(_write_fmod_far(worker, *worker.parameters))
    return f.call(name, F64, a, b)


def _write_fmod_far(f: Function, a: Value, b: Value) -> Value:
    """Take remainders by b 2**48ⁿ, ..., b 2**48, b: each leaves that by the next unchanged."""
    distance = f.sub(_exponent(f, a), _exponent(f, b))
    distance = f.select(f.icmp("slt", distance, 0), constant(I64, 0), distance)
    steps = f.binary("udiv", distance, constant(I64, _STEP_BITS))
    # One number cannot hold 2**48ⁿ, but its cubic root.
    third = f.shl(f.add(f.mul(steps, _STEP_BITS // 3), 1023), 52)
    factor = f.bitcast(third, F64)
    large = f.fmul(f.fmul(f.fmul(b, factor), factor), factor)
    with f.loop(0, f.add(steps, 1), carried=(a, large)) as loop:
        rest, unit = loop.carried
        # Near the largest number the product could overflow.
        is_large = f.fcmp("ogt", rest, _LARGE)
        down = f.select(is_large, constant(F64, 2.0**-100), 1.0)
        up = f.select(is_large, constant(F64, 2.0**100), 1.0)
        following = f.fmul(_step(f, f.fmul(rest, down), f.fmul(unit, down)), up)
        loop.carry(following, f.fmul(unit, 2.0**-_STEP_BITS))
    return loop.results[0]


def _exponent(f: Function, x: Value) -> Value:
    """The exponent of a positive double, with some bias."""
    small = f.fcmp("olt", x, 2.0**-1022)
    normal = f.select(small, f.fmul(x, 2.0**54), x)
    exponent = f.lshr(f.bitcast(normal, I64), 52)
    return f.sub(exponent, f.select(small, constant(I64, 54), 0))
