"""sin, cos and tan: polynomials of the angle's rest after whole quarter turns."""

from __future__ import annotations

from giulgi.backends.cpu.code.functions.arithmetic import is_single, like, polynomial
from giulgi.backends.cpu.code.functions.coefficients import COS, SIN, TAN
from giulgi.backends.cpu.code.functions.reduction import Angle, reduce_angle
from giulgi.backends.cpu.code.ir import Function, Value, bits_of, element_of


def sin(f: Function, x: Value) -> Value:
    """sin(x), to 2 ulp for every x; NaN if x is infinite."""
    # The sign of -0 is lost on the way.
    return f.select(f.fcmp("oeq", x, 0.0), x, _sine(f, reduce_angle(f, x), 0))


def cos(f: Function, x: Value) -> Value:
    """cos(x), to 2 ulp for every x; NaN if x is infinite."""
    return _sine(f, reduce_angle(f, x), 1)


def tan(f: Function, x: Value) -> Value:
    """tan(x), to 2 ulp for every x; NaN if x is infinite.

    With t = tan(r), it is t after an even number of quarter turns and -1 / t after an odd one.
    """
    angle = reduce_angle(f, x)
    r = angle.rest
    square = f.fmul(r, r)
    tail = f.fmul(f.fmul(r, square), polynomial(f, square, TAN[element_of(r.type)]))
    # The derivative of tan is 1 + tan².
    rough = f.fadd(r, tail)
    tail = f.fadd(tail, f.fma(angle.low, f.fmul(rough, rough), angle.low))
    t = f.fadd(r, tail)
    inverse = f.fdiv(like(t, -1.0), t)
    # What t lost to rounding.
    lost = f.fsub(tail, f.fsub(t, r))
    inverse = f.fma(f.fmul(inverse, inverse), lost, inverse)
    result = f.select(_is_odd(f, angle.quarters), inverse, t)
    return f.select(f.fcmp("oeq", x, 0.0), x, result)


def _sine(f: Function, angle: Angle, ahead: int) -> Value:
    """The sine of an angle that is some quarter turns ahead."""
    quarters = f.add(angle.quarters, ahead)
    result = f.select(_is_odd(f, quarters), _cos_near(f, angle), _sin_near(f, angle))
    # After half a turn the sign is the other.
    flip = f.shl(f.and_(quarters, 2), bits_of(result.type) - 2)
    return f.bitcast(f.xor(f.bitcast(result, quarters.type), flip), result.type)


def _sin_near(f: Function, angle: Angle) -> Value:
    """sin(r) = r + r z S(z) with z = r²."""
    r = angle.rest
    square = f.fmul(r, r)
    tail = f.fmul(f.fmul(r, square), polynomial(f, square, SIN[element_of(r.type)]))
    # Of floats the error stays below 2 ulp without it.
    if not is_single(r):
        tail = f.fma(angle.low, f.fma(square, -0.5, like(r, 1.0)), tail)
    return f.fadd(r, tail)


def _cos_near(f: Function, angle: Angle) -> Value:
    """cos(r) = 1 + z (z C(z) - 1 / 2) with z = r²."""
    r = angle.rest
    square = f.fmul(r, r)
    factor = f.fma(square, polynomial(f, square, COS[element_of(r.type)]), -0.5)
    if is_single(r):
        return f.fma(square, factor, 1.0)
    return f.fadd(f.fma(square, factor, f.fmul(f.fneg(r), angle.low)), 1.0)


def _is_odd(f: Function, quarters: Value) -> Value:
    return f.icmp("ne", f.and_(quarters, 1), 0)
