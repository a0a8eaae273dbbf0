"""Elementwise functions as instructions.

Each takes a function that is being written and values of floats or doubles with any number of
lanes, and writes the instructions for its result. None calls a library. The results are within 2
ulp of the exact ones for every number, denormal, infinite and NaN ones too, with or without
instructions for a * b + c; those of rounding, division, extremes and signs are those of NumPy.
"""

from giulgi.backends.cpu.code.functions.arctangents import acos, asin, atan, atan2
from giulgi.backends.cpu.code.functions.arithmetic import absolute
from giulgi.backends.cpu.code.functions.division import floor_divide, remainder
from giulgi.backends.cpu.code.functions.error_function import erf
from giulgi.backends.cpu.code.functions.exponential import exp, expm1, sigmoid
from giulgi.backends.cpu.code.functions.hyperbolic import tanh
from giulgi.backends.cpu.code.functions.logarithm import log, log1p
from giulgi.backends.cpu.code.functions.power import power
from giulgi.backends.cpu.code.functions.rounding import (
    ceil,
    floor,
    maximum,
    minimum,
    round_half_even,
    sign,
    sqrt,
    trunc,
)
from giulgi.backends.cpu.code.functions.trigonometric import cos, sin, tan

__all__ = [
    "absolute",
    "acos",
    "asin",
    "atan",
    "atan2",
    "ceil",
    "cos",
    "erf",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "power",
    "remainder",
    "round_half_even",
    "sigmoid",
    "sign",
    "sin",
    "sqrt",
    "tan",
    "tanh",
    "trunc",
]
