"""erf."""

from __future__ import annotations

from giulgi.backends.cpu.code.functions.arithmetic import (
    absolute,
    at_most,
    is_single,
    polynomial,
    with_sign_of,
)
from giulgi.backends.cpu.code.functions.coefficients import ERF, LOG_ERFC
from giulgi.backends.cpu.code.functions.exponential import expm1_bounded
from giulgi.backends.cpu.code.ir import Function, Value, element_of


def erf(f: Function, x: Value) -> Value:
    """erf(x) = 2 / sqrt(π) times the integral of exp(-t²) from 0 to x, to 2 ulp.

    Up to 1 it is x + x P(x²), beyond 1 - exp(L(|x| - 1)) with a polynomial L for the logarithm of
    1 - erf. The less is taken from 1, the less does an error of L matter.
    """
    element = element_of(x.type)
    near = f.fma(x, polynomial(f, f.fmul(x, x), ERF[element]), x)
    # From here on the result is rounded to 1.
    bounded = at_most(f, absolute(f, x), 4.0 if is_single(x) else 6.0)
    logarithm = polynomial(f, f.fsub(bounded, 1.0), LOG_ERFC[element])
    far = with_sign_of(f, expm1_bounded(f, logarithm), x)
    return f.select(f.fcmp("ogt", bounded, 1.0), far, near)
