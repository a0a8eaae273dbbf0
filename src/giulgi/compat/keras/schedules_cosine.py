"""Schedules of learning rates that follow a cosine."""

from __future__ import annotations

import math
from typing import Any

import giulgi as gg
from giulgi.compat.keras.extras import LearningRateSchedule
from giulgi.compat.names import exported


def _steps(step: Any) -> gg.Tensor:
    return gg.cast(gg.constant(step), "float32")


@exported("optimizers.schedules.CosineDecay", "experimental.CosineDecay", of="keras")
class CosineDecay(LearningRateSchedule):
    """The rate goes to ``alpha`` times its first value along half a cosine."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, alpha: float = 0.0,
        name: str | None = None,
    ) -> None:  # fmt: skip
        del name
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.alpha = alpha

    def rate(self, step: Any) -> gg.Tensor:
        """initial ((1 - alpha) (1 + cos(pi step / decay_steps)) / 2 + alpha)."""
        done = gg.minimum(_steps(step) / float(self.decay_steps), 1.0)
        fallen = 0.5 * (1.0 + gg.cos(math.pi * done))
        return self.initial_learning_rate * ((1.0 - self.alpha) * fallen + self.alpha)


@exported(
    "optimizers.schedules.CosineDecayRestarts", "experimental.CosineDecayRestarts", of="keras"
)
class CosineDecayRestarts(LearningRateSchedule):
    """The rate goes down along half a cosine, and begins anew, each time for longer and lower."""

    def __init__(
        self, initial_learning_rate: float, first_decay_steps: int, t_mul: float = 2.0,
        m_mul: float = 1.0, alpha: float = 0.0, name: str | None = None,
    ) -> None:  # fmt: skip
        del name
        self.initial_learning_rate, self.first_decay_steps = (
            initial_learning_rate, first_decay_steps,
        )  # fmt: skip
        self.t_mul, self.m_mul, self.alpha = t_mul, m_mul, alpha

    def rate(self, step: Any) -> gg.Tensor:
        """That of :class:`CosineDecay`, of how far it is since it began anew."""
        done = _steps(step) / float(self.first_decay_steps)
        if self.t_mul == 1.0:
            times = gg.floor(done)
            share = done - times
        else:
            times = gg.floor(gg.log(1.0 - done * (1.0 - self.t_mul)) / math.log(self.t_mul))
            before = (1.0 - gg.power(gg.constant(self.t_mul), times)) / (1.0 - self.t_mul)
            share = (done - before) / gg.power(gg.constant(self.t_mul), times)
        fallen = 0.5 * gg.power(gg.constant(self.m_mul), times) * (1.0 + gg.cos(math.pi * share))
        return self.initial_learning_rate * ((1.0 - self.alpha) * fallen + self.alpha)
