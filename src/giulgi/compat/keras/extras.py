"""Names that belong to no family: schedules of learning rates, and modules in modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.keras.boundary import called
from giulgi.compat.keras.layer import Layer
from giulgi.compat.keras.utils import CustomObjectScope
from giulgi.compat.modules import StandIn
from giulgi.compat.names import export, exported
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.tensor import Tensor, as_tensor

# Old programs find TensorFlow in the backend, and what was meant to be its own.
export("backend.tf", StandIn("tensorflow"), of="keras")
for _path in ("backend.common._EPSILON", "backend._EPSILON", "backend.tensorflow_backend._EPSILON"):
    export(_path, 1e-7, of="keras")
export("layers.core.Layer", Layer, of="keras")
export("utils.generic_utils.custom_object_scope", CustomObjectScope, of="keras")


@exported("backend._to_tensor", "backend.tensorflow_backend._to_tensor", of="keras")
def to_tensor(x: Any, dtype: Any) -> Tensor:
    """Return numbers as a tensor of a dtype."""
    return as_tensor(np.asarray(x, as_dtype(dtype).numpy_dtype))


@exported("applications.imagenet_utils._obtain_input_shape", of="keras")
def obtain_input_shape(
    input_shape: Any, default_size: int, min_size: int, data_format: str = "channels_last",
    require_flatten: bool = True, weights: Any = None, **options: Any,
) -> tuple[int | None, ...]:  # fmt: skip
    """Return the shape of the pictures that a network takes.

    Args:
        input_shape: what a program gives; None: nothing.
        default_size: how high and wide they are, where that has to be known.
        min_size: how high and wide they have to be at least.
        data_format: where the channels are.
        require_flatten: whether the size has to be known.
        weights: has no meaning.
        options: ``include_top``, which this argument was called before.
    """
    del weights
    is_first = data_format == "channels_first"
    if input_shape is None:
        size = default_size if options.get("include_top", require_flatten) else None
        return (3, size, size) if is_first else (size, size, 3)
    sizes = input_shape[1:] if is_first else input_shape[:2]
    if any(n is not None and n < min_size for n in sizes):
        raise ValueError(
            f"Input size must be at least {min_size}x{min_size}; got `input_shape={input_shape}`"
        )
    return tuple(input_shape)


class LearningRateSchedule:
    """Base of schedules: ``rate`` says which learning rate belongs to a number of steps."""

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after so many steps."""
        return called(self.rate, type(self).__name__, None, [step], {})

    def rate(self, step: Any) -> gg.Tensor:
        """Return the learning rate, as an expression."""
        raise NotImplementedError(f"{type(self).__name__} does not say its learning rate")


export("optimizers.schedules.LearningRateSchedule", LearningRateSchedule, of="keras")


def _steps(step: Any) -> gg.Tensor:
    return gg.cast(gg.constant(step), "float32")


@exported("optimizers.schedules.ExponentialDecay", of="keras")
class ExponentialDecay(LearningRateSchedule):
    """The rate becomes ``decay_rate`` times as large in every ``decay_steps`` steps."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float,
        staircase: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        del name
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase = decay_rate, staircase

    def rate(self, step: Any) -> gg.Tensor:
        """initial * decay_rate^(step / decay_steps)."""
        times = _steps(step) / self.decay_steps
        times = gg.floor(times) if self.staircase else times
        return self.initial_learning_rate * gg.power(gg.constant(self.decay_rate), times)


@exported("optimizers.schedules.InverseTimeDecay", of="keras")
class InverseTimeDecay(ExponentialDecay):
    """The rate is divided by 1 + decay_rate * step / decay_steps."""

    def rate(self, step: Any) -> gg.Tensor:
        """initial / (1 + decay_rate step / decay_steps)."""
        times = _steps(step) / self.decay_steps
        times = gg.floor(times) if self.staircase else times
        return self.initial_learning_rate / (1.0 + self.decay_rate * times)


@exported("optimizers.schedules.PolynomialDecay", of="keras")
class PolynomialDecay(LearningRateSchedule):
    """The rate goes to ``end_learning_rate`` within ``decay_steps`` steps, and stays there."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, end_learning_rate: float = 1e-4,
        power: float = 1.0, cycle: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        del name
        if cycle:
            raise NotImplementedError("PolynomialDecay begins no new cycles: cycle=False")
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power = end_learning_rate, power

    def rate(self, step: Any) -> gg.Tensor:
        """end + (initial - end) (1 - step / decay_steps)^power."""
        left = 1.0 - gg.minimum(_steps(step), self.decay_steps) / self.decay_steps
        span = self.initial_learning_rate - self.end_learning_rate
        return self.end_learning_rate + span * gg.power(left, self.power)


@exported("optimizers.schedules.PiecewiseConstantDecay", of="keras")
class PiecewiseConstantDecay(LearningRateSchedule):
    """The rate is one of ``values``: the next behind each of ``boundaries``."""

    def __init__(
        self, boundaries: Sequence[float], values: Sequence[float], name: str | None = None
    ) -> None:
        del name
        self.boundaries, self.values = list(boundaries), list(values)

    def rate(self, step: Any) -> gg.Tensor:
        """values[i] up to boundaries[i]."""
        rate = gg.constant(float(self.values[-1]))
        for boundary, value in zip(self.boundaries[::-1], self.values[-2::-1], strict=True):
            rate = gg.where(_steps(step) <= boundary, float(value), rate)
        return rate
