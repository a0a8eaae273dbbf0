"""tanh."""

from __future__ import annotations

from giulgi.backends.cpu.code.functions.arithmetic import (
    absolute,
    at_most,
    is_single,
    like,
    polynomial,
    power_of_two,
    with_sign_of,
)
from giulgi.backends.cpu.code.functions.coefficients import TANH
from giulgi.backends.cpu.code.functions.exponential import reduce
from giulgi.backends.cpu.code.ir import Function, Value, element_of


def tanh(f: Function, x: Value) -> Value:
    """tanh(x), to 2 ulp.

    Up to 0.55 it is x + x z P(z) with z = x², beyond 1 - 2 / (exp(2 |x|) + 1): there an error of
    the quotient is made small by being taken from 1. (W. J. Cody, W. Waite: Software Manual for the
    Elementary Functions, 1980.)
    """
    size = absolute(f, x)
    square = f.fmul(x, x)
    series = polynomial(f, square, TANH[element_of(x.type)])
    near = f.fma(f.fmul(size, square), series, size)
    # From here on the result is rounded to 1.
    bounded = at_most(f, size, 10.0 if is_single(x) else 20.0)
    reduced = reduce(f, f.fadd(bounded, bounded))
    power = power_of_two(f, reduced.counted)
    divisor = f.fma(power, reduced.tail, f.fadd(power, 1.0))
    far = f.fsub(like(x, 1.0), f.fdiv(like(x, 2.0), divisor))
    return with_sign_of(f, f.select(f.fcmp("ogt", size, 0.55), far, near), x)
