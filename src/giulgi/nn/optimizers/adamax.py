"""Adamax: Adam with the largest gradient in place of the mean square."""

from __future__ import annotations

from typing import Any

from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.tensor import Tensor
from giulgi.nn.optimizers.base import Optimizer, Update
from giulgi.nn.settings import epsilon_or_default, share
from giulgi.signatures import names_checked


class Adamax(Optimizer):
    """A running mean of the gradient, divided by its largest size (arXiv:1412.6980, section 7)::

        m <- beta_1 m + (1 - beta_1) g
        u <- max(beta_2 u, |g|)
        w <- w - r / (1 - beta_1^t) m / (u + epsilon)

    where t is the number of the step, from 1 on.

    Args:
        learning_rate: r.
        beta_1: how much of the past mean is kept.
        beta_2: how much of the past size is kept.
        epsilon: keeps the denominator from 0; None stands for 1e-7.
        options: of every :class:`Optimizer`.
    """

    @names_checked
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        own = type(self).__name__
        self.beta_1 = share(own, "beta_1", beta_1, below_one=True)
        self.beta_2 = share(own, "beta_2", beta_2, below_one=True)
        self.epsilon = epsilon_or_default(own, epsilon)

    def step(
        self, variable: Variable, gradient: Tensor, rate: Tensor
    ) -> tuple[Tensor, list[Update]]:
        """See the class."""
        t = ops.cast(self.iterations + 1, variable.dtype)
        m, u = self.slot(variable, "momentum"), self.slot(variable, "largest_gradient")
        new_m = m + (1 - self.beta_1) * (gradient - m)
        new_u = ops.maximum(self.beta_2 * u, ops.abs(gradient))
        step = rate / (1 - self.beta_1**t) * new_m / (new_u + self.epsilon)
        return variable - step, [(m, new_m), (u, new_u)]
