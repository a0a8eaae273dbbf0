"""A variable after an assignment: its new value, and still the variable for gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.graph.op import Op
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Assigned(Op):
    """The value that a variable was assigned, read from the variable.

    A gradient goes to the variable, wherever its value came from: what was assigned is no part of
    what is differentiated.
    """

    def infer_shape(self, value: Shape, variable: Shape) -> Shape:
        """The shape is that of both."""
        return value

    def numpy(self, value: Array, variable: Array) -> Array:
        """Return the value."""
        return value

    def gradient(
        self, dy: Tensor, y: Tensor, value: Tensor, variable: Tensor
    ) -> tuple[Tensor | None, ...]:
        """Give it to the variable."""
        return None, dy

    def simplified(self, value: Tensor, variable: Tensor) -> Tensor:
        """What is computed is the value."""
        return value
