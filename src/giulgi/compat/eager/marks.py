"""A mark at what was there before a tape was opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.graph.op import Op
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor as Expression

Array = np.ndarray[Any, Any]

# The tape whose gradients are asked for; 0: none.
_asked: ContextVar[int] = ContextVar("asked_tape", default=0)


@dataclass(frozen=True)
class Earlier(Op):
    """x, which was there before a tape was opened: its gradients end here, those of others not.

    Attributes:
        tape: the number of the tape.
    """

    tape: int

    def infer_shape(self, x: Shape) -> Shape:
        """It is that of x."""
        return x

    def known_elements(self, x: Expression) -> Shape | None:
        """Return what is known of x."""
        return x.op.known_elements(*x.inputs)

    def simplified(self, x: Expression) -> Expression:
        """In a program it is x itself."""
        return x

    def numpy(self, x: Array) -> Array:
        """Return x."""
        return x

    def gradient(self, dy: Expression, y: Expression, x: Expression) -> Expression | None:
        """Return none to the tape, what comes to others."""
        return None if _asked.get() == self.tape else dy


@contextmanager
def asked_of(tape: int) -> Iterator[None]:
    """Let gradients be those that a tape knows of."""
    token = _asked.set(tape)
    try:
        yield
    finally:
        _asked.reset(token)
