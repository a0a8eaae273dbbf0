"""Penalties on the size of weights, which are added to the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from giulgi.graph import ops
from giulgi.graph.tensor import Tensor
from giulgi.nn.lookup import made
from giulgi.signatures import names_checked

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "get",
    "l1",
    "l1_l2",
    "l2",
]

Penalty = Callable[[Tensor], Tensor]


class L1L2:
    """l1 * sum(|w|) + l2 * sum(w^2).

    Args:
        l1: the factor of the sum of sizes, which drives weights to exactly 0.
        l2: the factor of the sum of squares, which keeps weights small.
    """

    @names_checked
    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = l1
        self.l2 = l2

    def __call__(self, w: Tensor) -> Tensor:
        """Return the penalty of a weight, a single number."""
        penalty = ops.zeros((), w.dtype)
        if self.l1:
            penalty = penalty + self.l1 * ops.sum(ops.abs(w))
        if self.l2:
            penalty = penalty + self.l2 * ops.sum(ops.square(w))
        return penalty

    def __repr__(self) -> str:
        return f"{type(self).__name__}(l1={self.l1}, l2={self.l2})"


class L1(L1L2):
    """l1 * sum(|w|).

    Args:
        l1: the factor of the sum.
    """

    @names_checked
    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """l2 * sum(w^2).

    Args:
        l2: the factor of the sum.
    """

    @names_checked
    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


@names_checked
def l1(l1: float = 0.01) -> L1:
    """Return the penalty l1 * sum(|w|)."""
    return L1(l1)


@names_checked
def l2(l2: float = 0.01) -> L2:
    """Return the penalty l2 * sum(w^2)."""
    return L2(l2)


@names_checked
def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """Return the penalty l1 * sum(|w|) + l2 * sum(w^2)."""
    return L1L2(l1, l2)


REGULARIZERS: dict[str, Callable[[], Penalty]] = {"l1": L1, "l2": L2, "l1_l2": l1_l2}


def get(identifier: Any) -> Penalty | None:
    """Return a regularizer by its name; None is none; a class is made; a function is itself.

    Raises:
        UnknownArgumentError: if there is none of the name.
    """
    return None if identifier is None else made("regularizer", identifier, REGULARIZERS)
