"""RMSprop: steps of even size in every direction."""

from __future__ import annotations

from typing import Any

from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.tensor import Tensor
from giulgi.nn.optimizers.base import Optimizer, Update
from giulgi.nn.settings import epsilon_or_default, share
from giulgi.signatures import names_checked


class RMSprop(Optimizer):
    """Steps divided by the size of recent gradients (Hinton, lecture 6e, 2012)::

        v <- rho v + (1 - rho) g^2
        w <- w - r g / sqrt(v + epsilon)

    If centered, the mean gradient a <- rho a + (1 - rho) g is remembered, too, and a^2 taken off v
    under the root. With momentum the steps are added up: m <- momentum m + step, w <- w - m.

    Args:
        learning_rate: r.
        rho: how much of the past is kept, from 0 to 1.
        momentum: the share of the last step that is taken again.
        epsilon: keeps the root from 0; None stands for 1e-7.
        centered: whether the variance of the gradient takes the place of its mean square.
        options: of every :class:`Optimizer`.
    """

    @names_checked
    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float | None = 1e-7,
        centered: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        own = type(self).__name__
        self.rho = share(own, "rho", rho)
        self.momentum = share(own, "momentum", momentum)
        self.epsilon = epsilon_or_default(own, epsilon)
        self.centered = centered

    def step(
        self, variable: Variable, gradient: Tensor, rate: Tensor
    ) -> tuple[Tensor, list[Update]]:
        """See the class."""
        v = self.slot(variable, "velocity")
        new_v = self.rho * v + (1 - self.rho) * gradient * gradient
        slots = [(v, new_v)]
        spread = new_v
        if self.centered:
            a = self.slot(variable, "average_gradient")
            new_a = self.rho * a + (1 - self.rho) * gradient
            slots.append((a, new_a))
            spread = new_v - new_a * new_a
        step = rate * gradient / ops.sqrt(spread + self.epsilon)
        if self.momentum:
            m = self.slot(variable, "momentum")
            step = self.momentum * m + step
            slots.append((m, step))
        return variable - step, slots
