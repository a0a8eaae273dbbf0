"""Adadelta: steps in the unit of the weights, without a learning rate to choose."""

from __future__ import annotations

from typing import Any

from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.tensor import Tensor
from giulgi.nn.optimizers.base import Optimizer, Update
from giulgi.nn.settings import epsilon_or_default, share
from giulgi.signatures import names_checked


class Adadelta(Optimizer):
    """Steps as large as recent ones, by the size of recent gradients (Zeiler, arXiv:1212.5701)::

        v <- rho v + (1 - rho) g^2
        d = sqrt(u + epsilon) / sqrt(v + epsilon) g
        u <- rho u + (1 - rho) d^2
        w <- w - r d

    Args:
        learning_rate: r; 1 is that of the paper.
        rho: how much of the past is kept, from 0 to 1.
        epsilon: keeps roots from 0, and begins the first step; None stands for 1e-7.
        options: of every :class:`Optimizer`.
    """

    @names_checked
    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float | None = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        own = type(self).__name__
        self.rho = share(own, "rho", rho)
        self.epsilon = epsilon_or_default(own, epsilon)

    def step(
        self, variable: Variable, gradient: Tensor, rate: Tensor
    ) -> tuple[Tensor, list[Update]]:
        """See the class."""
        v = self.slot(variable, "accumulated_gradient")
        u = self.slot(variable, "accumulated_step")
        new_v = self.rho * v + (1 - self.rho) * gradient * gradient
        step = ops.sqrt(u + self.epsilon) / ops.sqrt(new_v + self.epsilon) * gradient
        new_u = self.rho * u + (1 - self.rho) * step * step
        return variable - rate * step, [(v, new_v), (u, new_u)]
