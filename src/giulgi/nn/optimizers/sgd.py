"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import Any

from giulgi.graph.ops.state import Variable
from giulgi.graph.tensor import Tensor
from giulgi.nn.optimizers.base import Optimizer, Update
from giulgi.nn.settings import share
from giulgi.signatures import names_checked


class SGD(Optimizer):
    """Gradient descent: w <- w - r g.

    With momentum (Polyak, 1964) m is remembered for each variable, and starts at 0::

        m <- momentum m - r g
        w <- w + m

    and with Nesterov's (1983) look ahead ``w <- w + momentum m - r g``.

    Args:
        learning_rate: r.
        momentum: the share of the last step that is taken again, from 0 to 1.
        nesterov: whether to look ahead.
        options: of every :class:`Optimizer`.
    """

    @names_checked
    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.momentum = share(type(self).__name__, "momentum", momentum)
        self.nesterov = nesterov

    def step(
        self, variable: Variable, gradient: Tensor, rate: Tensor
    ) -> tuple[Tensor, list[Update]]:
        """See the class."""
        if not self.momentum:
            return variable - rate * gradient, []
        m = self.slot(variable, "momentum")
        new_m = self.momentum * m - rate * gradient
        if self.nesterov:
            return variable + self.momentum * new_m - rate * gradient, [(m, new_m)]
        return variable + new_m, [(m, new_m)]
