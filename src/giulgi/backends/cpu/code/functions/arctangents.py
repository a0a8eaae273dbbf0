"""asin, acos, atan and atan2: odd functions by polynomials in the square of a small argument."""

from __future__ import annotations

import math

from giulgi.backends.cpu.code.functions.arithmetic import (
    absolute,
    bits_of_float,
    like,
    polynomial,
    with_sign_of,
)
from giulgi.backends.cpu.code.functions.coefficients import ASIN, ATAN, PI
from giulgi.backends.cpu.code.ir import Function, Value, element_of


def asin(f: Function, x: Value) -> Value:
    """asin(x), to 2 ulp; NaN if |x| > 1.

    Beyond 1/2 it is π / 2 - 2 asin(s) with s = sqrt((1 - |x|) / 2). As π / 4 - 2 s is small, it is
    taken first.
    """
    high, low = PI[element_of(x.type)]
    is_far, s, tail = _asin_of_small(f, x)
    near = f.fadd(s, tail)
    rest = f.fsub(f.fma(s, -2.0, high / 4.0), f.fma(tail, 2.0, -low / 2.0))
    far = f.fadd(rest, high / 4.0)
    return with_sign_of(f, f.select(is_far, far, near), x)


def acos(f: Function, x: Value) -> Value:
    """acos(x) = π / 2 - asin(x), to 2 ulp; NaN if |x| > 1.

    Near 1 it is 2 asin(s) with s = sqrt((1 - x) / 2), and near -1 it is π less that of -x.
    """
    high, low = PI[element_of(x.type)]
    is_far, s, tail = _asin_of_small(f, x)
    signed_s, signed_tail = with_sign_of(f, s, x), with_sign_of(f, tail, x)
    near = f.fsub(like(x, high / 2.0), f.fsub(signed_s, f.fsub(like(x, low / 2.0), signed_tail)))
    twice = f.fadd(f.fadd(s, tail), f.fadd(s, tail))
    beyond = f.fadd(f.fsub(like(x, high), twice), low)
    far = f.select(f.fcmp("olt", x, 0.0), beyond, twice)
    return f.select(is_far, far, near)


def _asin_of_small(f: Function, x: Value) -> tuple[Value, Value, Value]:
    """Return whether |x| > 1/2, and asin(s) = s + tail for s = |x| or sqrt((1 - |x|) / 2)."""
    size = absolute(f, x)
    is_far = f.fcmp("ogt", size, 0.5)
    square = f.select(is_far, f.fma(size, -0.5, like(x, 0.5)), f.fmul(x, x))
    s = f.select(is_far, f.intrinsic("sqrt", square), size)
    tail = f.fmul(f.fmul(s, square), polynomial(f, square, ASIN[element_of(x.type)]))
    return is_far, s, tail


def atan(f: Function, x: Value) -> Value:
    """atan(x), to 2 ulp; beyond 1 it is π / 2 - atan(1 / |x|)."""
    high, low = (part / 2.0 for part in PI[element_of(x.type)])
    size = absolute(f, x)
    is_far = f.fcmp("ogt", size, 1.0)
    u = f.select(is_far, f.fdiv(like(x, 1.0), size), size)
    near = _atan_of_small(f, u)
    far = f.fsub(like(x, high), f.fsub(near, like(x, low)))
    return with_sign_of(f, f.select(is_far, far, near), x)


def atan2(f: Function, y: Value, x: Value) -> Value:
    """The angle of the point (x, y), to 2 ulp, in all four quadrants and of all special values.

    With u the smaller of |x| and |y| by the larger, the angle to the nearer axis is atan(u).
    """
    high, low = PI[element_of(x.type)]
    size_x, size_y = absolute(f, x), absolute(f, y)
    steep = f.fcmp("ogt", size_y, size_x)
    small, large = f.select(steep, size_x, size_y), f.select(steep, size_y, size_x)
    u = f.fdiv(small, large)
    # 0 / 0 is 0 here and inf / inf is 1: as if both went there at the same pace along an axis.
    u = f.select(f.fcmp("oeq", large, 0.0), large, u)
    u = f.select(f.fcmp("oeq", small, math.inf), like(x, 1.0), u)
    angle = _atan_of_small(f, u)
    zero = like(x, 0.0)
    is_left = f.icmp("slt", bits_of_float(f, x), 0)
    axis_high = f.select(is_left, like(x, high), zero)
    axis_low = f.select(is_left, like(x, low), zero)
    axis_high = f.select(steep, like(x, high / 2.0), axis_high)
    axis_low = f.select(steep, like(x, low / 2.0), axis_low)
    # It is turned back from the y-axis on the right, and from the x-axis on the left.
    backward = f.binary("xor", steep, is_left)
    angle = f.select(backward, f.fneg(angle), angle)
    # Added to 0, the smallest angles stay as they are.
    angle = f.fadd(axis_high, f.fadd(angle, axis_low))
    angle = f.select(f.fcmp("uno", x, y), f.fadd(x, y), angle)
    return with_sign_of(f, angle, y)


def _atan_of_small(f: Function, u: Value) -> Value:
    """atan(u) of 0 <= u <= 1."""
    square = f.fmul(u, u)
    return f.fma(f.fmul(u, square), polynomial(f, square, ATAN[element_of(u.type)]), u)
