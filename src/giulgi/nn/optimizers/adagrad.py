"""Adagrad: steps that shrink as gradients add up."""

from __future__ import annotations

from typing import Any

from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.tensor import Tensor
from giulgi.nn.optimizers.base import Optimizer, Update
from giulgi.nn.settings import epsilon_or_default, not_negative
from giulgi.signatures import names_checked


class Adagrad(Optimizer):
    """Steps divided by the size of all gradients so far (Duchi, Hazan, Singer, JMLR 2011)::

        a <- a + g^2
        w <- w - r g / sqrt(a + epsilon)

    Args:
        learning_rate: r.
        initial_accumulator_value: where a starts.
        epsilon: keeps the root from 0; None stands for 1e-7.
        options: of every :class:`Optimizer`.
    """

    @names_checked
    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float | None = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        own = type(self).__name__
        self.initial_accumulator_value = not_negative(
            own, "initial_accumulator_value", initial_accumulator_value
        )
        self.epsilon = epsilon_or_default(own, epsilon)

    def step(
        self, variable: Variable, gradient: Tensor, rate: Tensor
    ) -> tuple[Tensor, list[Update]]:
        """See the class."""
        a = self.slot(variable, "accumulator", self.initial_accumulator_value)
        new_a = a + gradient * gradient
        return variable - rate * gradient / ops.sqrt(new_a + self.epsilon), [(a, new_a)]
