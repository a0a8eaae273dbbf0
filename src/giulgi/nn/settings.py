"""Numbers that are given as settings: of Python's or NumPy's kinds, within their limits."""

from __future__ import annotations

from typing import Any

import numpy as np

from giulgi.errors import ArgumentError
from giulgi.graph.tensor import Tensor


def as_number(value: Any) -> float | None:
    """Return a number, also one of NumPy's, an array or a tensor of no axes; None if it is none."""
    if isinstance(value, Tensor) and not value.node.symbolic and value.shape == ():
        value = value.numpy()
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        value = value.item()
    return float(value) if isinstance(value, (int, float)) else None


def share(op: str, name: str, value: Any, *, below_one: bool = False) -> float:
    """Return a share.

    Args:
        op: who it is given to.
        name: the name of the argument.
        value: what is given.
        below_one: whether it must be smaller than 1.

    Raises:
        ArgumentError: if it is no number from 0 to 1.
    """
    number = as_number(value)
    if number is not None and 0 <= number <= 1 and (number < 1 or not below_one):
        return number
    limits = "from 0 up to, not including, 1" if below_one else "from 0 to 1"
    raise ArgumentError(f"{name} is {value!r}; it is a number {limits}.", op=op, fix=f"{name}=0.9")


def not_negative(op: str, name: str, value: Any) -> float:
    """Return a number from 0 on.

    Raises:
        ArgumentError: if it is none.
    """
    number = as_number(value)
    if number is None or not 0 <= number < np.inf:
        raise ArgumentError(f"{name} is {value!r}; it is a number, not below 0.", op=op)
    return number


def limit(op: str, name: str, value: Any) -> float | None:
    """Return a limit, a number above 0; None is none.

    Raises:
        ArgumentError: if it is no such number.
    """
    number = as_number(value)
    if value is not None and (number is None or not number > 0):
        raise ArgumentError(
            f"{name} is {value!r}; it is a number above 0.",
            op=op,
            fix=f"{name}=1.0, or leave it out: None is no limit",
        )
    return number


def epsilon_or_default(op: str, value: Any) -> float:
    """Return what keeps a denominator from 0; None, as in Keras 2, stands for 1e-7.

    Raises:
        ArgumentError: if it is negative, or no number.
    """
    return 1e-7 if value is None else not_negative(op, "epsilon", value)
