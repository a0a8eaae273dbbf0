"""The gamma function and its like; and what is asked of complex numbers, which are not there."""

from __future__ import annotations

import math
from typing import Any

import giulgi as gg
from giulgi.compat.names import advise
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensors.tensor import as_expression

# From here on the series of Stirling is exact to the last digit of float64 but a few.
_FAR = 10


def _pi_x(x: gg.Tensor) -> gg.Tensor:
    """pi x, with x moved by whole numbers to about 0, where sin and tan have all their digits."""
    return (x - gg.round(x)) * math.pi


def log_gamma(x: gg.Tensor) -> gg.Tensor:
    """log |Gamma(x)|: far from 0 by Stirling's series, nearer by Gamma(x + 1) = x Gamma(x)."""
    turned = gg.where(x < 0.5, 1 - x, x)  # Gamma(x) Gamma(1 - x) = pi / sin(pi x)
    near = turned < _FAR
    product: Any = gg.ones_like(turned)
    for k in range(_FAR):
        product = product * gg.where(near, turned + k, 1)
    far = gg.where(near, turned + _FAR, turned)
    inverse = 1 / far
    square = inverse * inverse
    tail = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
    whole = (far - 0.5) * gg.log(far) - far + 0.5 * math.log(2 * math.pi) + tail
    found = whole - gg.log(product)
    sine = gg.where(x < 0.5, gg.abs(gg.sin(_pi_x(x))), 1)
    return gg.where(x < 0.5, math.log(math.pi) - gg.log(sine) - found, found)


def log_gamma_slope(x: gg.Tensor) -> gg.Tensor:
    """The derivative of log Gamma(x), by its series far from 0."""
    turned = gg.where(x < 0.5, 1 - x, x)
    near = turned < _FAR
    before: Any = gg.zeros_like(turned)
    for k in range(_FAR):
        before = before + gg.where(near, 1 / (turned + k), 0)
    far = gg.where(near, turned + _FAR, turned)
    square = 1 / (far * far)
    tail = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))
    found = gg.log(far) - 0.5 / far - tail - before
    tangent = gg.where(x < 0.5, gg.tan(_pi_x(x)), 1)
    return gg.where(x < 0.5, found - math.pi / tangent, found)


@operation("lgamma", "math.lgamma", type="Lgamma")
def lgamma(x: Any, name: str | None = None) -> gg.Tensor:
    """Return log |Gamma(x)|."""
    return log_gamma(as_expression(x))


@operation("digamma", "math.digamma", type="Digamma")
def digamma(x: Any, name: str | None = None) -> gg.Tensor:
    """Return the derivative of log Gamma(x)."""
    return log_gamma_slope(as_expression(x))


@operation("lbeta", "math.lbeta", type="Lbeta")
def lbeta(x: Any, name: str | None = None) -> gg.Tensor:
    """Return the logarithm of the beta function of the numbers along the last axis."""
    value = as_expression(x)
    return gg.sum(log_gamma(value), -1) - log_gamma(gg.sum(value, -1))


for _path in ("igamma", "igammac", "betainc", "zeta", "polygamma"):
    for _prefix in ("", "math."):
        advise(_prefix + _path, "tf.py_func with SciPy's function of the same meaning computes it.")
