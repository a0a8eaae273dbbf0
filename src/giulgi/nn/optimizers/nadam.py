"""Nadam: Adam with Nesterov's look ahead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.tensor import Tensor
from giulgi.nn.optimizers.base import GradientPair, Optimizer, Update
from giulgi.nn.settings import epsilon_or_default, not_negative, share
from giulgi.signatures import names_checked


class Nadam(Optimizer):
    """Adam with Nesterov's momentum (Dozat, ICLR 2016)::

        a_t = beta_1 (1 - 0.96^(s t) / 2)
        m <- beta_1 m + (1 - beta_1) g
        v <- beta_2 v + (1 - beta_2) g^2
        d = (1 - a_t) / (1 - a_1...a_t) g + a_(t+1) / (1 - a_1...a_(t+1)) m
        w <- w - r d / (sqrt(v / (1 - beta_2^t)) + epsilon)

    where t is the number of the step, from 1 on.

    Args:
        learning_rate: r.
        beta_1: how much of the past mean is kept.
        beta_2: how much of the past mean square is kept.
        epsilon: keeps the denominator from 0; None stands for 1e-7.
        schedule_decay: s, how fast the momentum grows from half of beta_1 to all of it.
        options: of every :class:`Optimizer`.
    """

    @names_checked
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        schedule_decay: float = 0.004,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        own = type(self).__name__
        self.beta_1 = share(own, "beta_1", beta_1, below_one=True)
        self.beta_2 = share(own, "beta_2", beta_2, below_one=True)
        self.epsilon = epsilon_or_default(own, epsilon)
        self.schedule_decay = not_negative(own, "schedule_decay", schedule_decay)
        self._product = Variable(1.0, "momentum_product", "float32", trainable=False)

    @property
    def variables(self) -> list[Variable]:
        """Everything the optimizer remembers."""
        return [*super().variables, self._product]

    def _momentum(self, ahead: int) -> Tensor:
        """Return the momentum of the next step, or of one so many steps further."""
        t = ops.cast(self.iterations + 1 + ahead, "float32")
        return self.beta_1 * (1 - 0.5 * 0.96 ** (self.schedule_decay * t))

    def updates(self, pairs: Iterable[GradientPair]) -> list[Update]:
        """Return the new values of variables and slots, and of the product of all momenta."""
        return [*super().updates(pairs), (self._product, self._product * self._momentum(0))]

    def step(
        self, variable: Variable, gradient: Tensor, rate: Tensor
    ) -> tuple[Tensor, list[Update]]:
        """See the class."""
        t = ops.cast(self.iterations + 1, variable.dtype)
        now, then = self._momentum(0), self._momentum(1)
        product = self._product * now
        m, v = self.slot(variable, "momentum"), self.slot(variable, "velocity")
        new_m = m + (1 - self.beta_1) * (gradient - m)
        new_v = v + (1 - self.beta_2) * (gradient * gradient - v)
        of_gradient = ops.cast((1 - now) / (1 - product), variable.dtype)
        of_mean = ops.cast(then / (1 - product * then), variable.dtype)
        spread = ops.sqrt(new_v / (1 - self.beta_2**t)) + self.epsilon
        step = rate * (of_gradient * gradient + of_mean * new_m) / spread
        return variable - step, [(m, new_m), (v, new_v)]
