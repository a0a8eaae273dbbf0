"""A state of a loop before each step and after the last, all in one piece of memory.

The state before a step is the one after the step before. Where all of them are kept, for the
gradient of the loop, those after the steps are the same array, one further: nothing is copied. This
operation stands in no graph of a user; lowering puts it in the place of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.graph.control.scan import Scan
from giulgi.graph.op import Spec
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class History(Scan):
    """A state of all steps and the one that the first step is given, which lies first.

    In a loop that goes backwards it lies last.

    Attributes:
        state: which of the states; ``output`` is its new value.
    """

    state: int

    def infer(self, *inputs: Tensor) -> Spec:
        """There is one more than there are steps."""
        spec = super().infer(*inputs)
        assert spec.shape is not None
        assert spec.shape[0] is not None
        return Spec((spec.shape[0] + 1, *spec.shape[1:]), spec.dtype)

    def collected(self, values: list[Array], inputs: Sequence[Array]) -> Array:
        """Put the first state to those of all steps."""
        steps, first = super().collected(values, inputs), inputs[self.state][None]
        return np.concatenate([steps, first] if self.loop.reverse else [first, steps])
