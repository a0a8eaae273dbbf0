"""Learning rates that change with the number of steps, as tensors."""

from __future__ import annotations

from math import pi
from typing import Any

import giulgi as gg
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensors.tensor import as_expression, constant_array


def _number(value: Any, like: gg.Tensor | None = None) -> gg.Tensor:
    """Return a setting as an expression of floats: of the dtype of another, else its own."""
    if isinstance(value, gg.Tensor):
        return value if like is None else gg.cast(value, like.dtype)
    if like is not None:
        return gg.cast(as_expression(value), like.dtype)
    array = constant_array(value)
    return gg.constant(array if array.dtype.kind == "f" else array.astype("float32"))


def _share(global_step: Any, decay_steps: Any, like: gg.Tensor) -> gg.Tensor:
    """Return how many times ``decay_steps`` have passed."""
    if global_step is None:
        raise ValueError("global_step is required for a learning rate that decays.")
    return _number(global_step, like) / _number(decay_steps, like)


@operation("train.exponential_decay", type="ExponentialDecay")
def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> gg.Tensor:
    """Return ``rate decay_rate^(step / decay_steps)``; with staircase, the exponent is whole."""
    rate = _number(learning_rate)
    share = _share(global_step, decay_steps, rate)
    return rate * gg.power(_number(decay_rate, rate), gg.floor(share) if staircase else share)


@operation("train.natural_exp_decay", type="NaturalExpDecay")
def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> gg.Tensor:
    """Return ``rate exp(-decay_rate step / decay_steps)``."""
    rate = _number(learning_rate)
    share = _share(global_step, decay_steps, rate)
    return rate * gg.exp(-_number(decay_rate, rate) * (gg.floor(share) if staircase else share))


@operation("train.inverse_time_decay", type="InverseTimeDecay")
def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> gg.Tensor:
    """Return ``rate / (1 + decay_rate step / decay_steps)``."""
    rate = _number(learning_rate)
    share = _share(global_step, decay_steps, rate)
    return rate / (1 + _number(decay_rate, rate) * (gg.floor(share) if staircase else share))


@operation("train.polynomial_decay", type="PolynomialDecay")
def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> gg.Tensor:
    """Return ``end + (rate - end) (1 - step / decay_steps)^power``.

    After decay_steps the rate stays; with ``cycle`` it begins anew over twice, three times ... as
    many steps.
    """
    rate = _number(learning_rate)
    share = _share(global_step, decay_steps, rate)
    if cycle:
        share = share / gg.maximum(gg.ceil(share), 1)
    left = 1 - gg.minimum(share, 1)
    end = _number(end_learning_rate, rate)
    return end + (rate - end) * gg.power(left, _number(power, rate))


@operation("train.piecewise_constant", "train.piecewise_constant_decay", type="PiecewiseConstant")
def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> gg.Tensor:
    """Return the first value up to the first boundary, and so on; the last after the last one."""
    if len(boundaries) != len(values) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")
    step = as_expression(x)
    first = _number(values[0])
    found = first
    for boundary, value in zip(boundaries, values[1:], strict=True):
        after = gg.greater(step, _number(boundary, step))
        found = gg.where(after, _number(value, first), found)
    return found


def _cosine(share: gg.Tensor) -> gg.Tensor:
    return 0.5 * (1 + gg.cos(pi * share))


@operation("train.cosine_decay", type="CosineDecay")
def cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    alpha: float = 0.0,
    name: str | None = None,
) -> gg.Tensor:
    """Return ``rate ((1 - alpha) (1 + cos(pi step / decay_steps)) / 2 + alpha)``."""
    rate = _number(learning_rate)
    share = gg.minimum(_share(global_step, decay_steps, rate), 1)
    return rate * ((1 - alpha) * _cosine(share) + alpha)


@operation("train.cosine_decay_restarts", type="CosineDecayRestarts")
def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: float = 2.0,
    m_mul: float = 1.0,
    alpha: float = 0.0,
    name: str | None = None,
) -> gg.Tensor:
    """Return a rate that falls as a cosine again and again.

    Each fall takes ``t_mul`` times the steps of the one before, from ``m_mul`` times its rate.
    """
    rate = _number(learning_rate)
    share = _share(global_step, first_decay_steps, rate)
    if t_mul == 1.0:
        falls = gg.floor(share)
        share = share - falls
    else:
        falls = gg.floor(gg.log(1 - share * (1 - t_mul)) / gg.log(_number(t_mul, rate)))
        before = (1 - gg.power(_number(t_mul, rate), falls)) / (1 - t_mul)
        share = (share - before) / gg.power(_number(t_mul, rate), falls)
    height = gg.power(_number(m_mul, rate), falls)
    return rate * ((1 - alpha) * height * _cosine(share) + alpha)


@operation("train.linear_cosine_decay", type="LinearCosineDecay")
def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: float = 0.5,
    alpha: float = 0.0,
    beta: float = 0.001,
    name: str | None = None,
) -> gg.Tensor:
    """Return ``rate ((alpha + 1 - s) (1 + cos(2 pi num_periods s)) / 2 + beta)`` of the share s."""
    rate = _number(learning_rate)
    share = gg.minimum(_share(global_step, decay_steps, rate), 1)
    return rate * ((alpha + 1 - share) * _cosine(2 * num_periods * share) + beta)
