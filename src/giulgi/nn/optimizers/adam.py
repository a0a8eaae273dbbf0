"""Adam: momentum and even steps together."""

from __future__ import annotations

from typing import Any

from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.tensor import Tensor
from giulgi.nn.optimizers.base import Optimizer, Update
from giulgi.nn.settings import epsilon_or_default, share
from giulgi.signatures import names_checked


class Adam(Optimizer):
    """Running means of the gradient and of its square (Kingma, Ba, arXiv:1412.6980)::

        m <- beta_1 m + (1 - beta_1) g
        v <- beta_2 v + (1 - beta_2) g^2
        w <- w - r sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)

    where t is the number of the step, from 1 on: m and v start at 0, and the fraction makes up for
    it. With amsgrad the largest v so far takes the place of v (Reddi et al., arXiv:1904.09237).

    Args:
        learning_rate: r.
        beta_1: how much of the past mean is kept.
        beta_2: how much of the past mean square is kept.
        epsilon: keeps the denominator from 0; None stands for 1e-7.
        amsgrad: whether to use the largest v.
        options: of every :class:`Optimizer`.
    """

    @names_checked
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        own = type(self).__name__
        self.beta_1 = share(own, "beta_1", beta_1, below_one=True)
        self.beta_2 = share(own, "beta_2", beta_2, below_one=True)
        self.epsilon = epsilon_or_default(own, epsilon)
        self.amsgrad = amsgrad

    def step(
        self, variable: Variable, gradient: Tensor, rate: Tensor
    ) -> tuple[Tensor, list[Update]]:
        """See the class."""
        t = ops.cast(self.iterations + 1, variable.dtype)
        corrected = rate * ops.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        m, v = self.slot(variable, "momentum"), self.slot(variable, "velocity")
        new_m = m + (1 - self.beta_1) * (gradient - m)
        new_v = v + (1 - self.beta_2) * (gradient * gradient - v)
        slots = [(m, new_m), (v, new_v)]
        spread = new_v
        if self.amsgrad:
            largest = self.slot(variable, "largest_velocity")
            spread = ops.maximum(largest, new_v)
            slots.append((largest, spread))
        return variable - corrected * new_m / (ops.sqrt(spread) + self.epsilon), slots
