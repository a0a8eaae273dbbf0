"""A value whose gradient a function of the program gives; see the stand-in's own_gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from giulgi.graph.op import Spec
from giulgi.graph.ops.identities import Tag
from giulgi.graph.tensor import Tensor as Expression


@dataclass(frozen=True)
class WithGradient(Tag):
    """A value, the first input, whose gradients by the others a function of its own gives."""

    def infer(self, *inputs: Expression) -> Spec:
        """It is the value."""
        return Spec(inputs[0].known_shape, inputs[0].dtype)

    def known_elements(self, *inputs: Expression) -> Any:
        """Return what is known of the value."""
        return None

    def numpy(self, *inputs: Any) -> Any:
        """Return the value."""
        return inputs[0]

    def gradient(  # type: ignore[override]
        self, dy: Expression, y: Expression, *inputs: Expression
    ) -> tuple[Expression | None, ...]:
        """Ask the function."""
        return None, *self.label(dy)

    def formula(self, *inputs: str) -> str:
        """Tell the value."""
        return inputs[0]


def lost(dy: Expression) -> list[Expression | None]:
    """Say that a gradient was a function of the program that saved a graph."""
    raise LookupError("the gradient of this was a function of the program that saved the graph")
