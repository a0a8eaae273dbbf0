"""The optimizers of ``tf.train``, with the formulas and defaults of TensorFlow 1.

In the formulas w is a variable, g its gradient, r the learning rate. A table of which a batch looks
up rows moves those alone, but with Adam, which moves all.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.train.optimizer import Optimizer, Step, Update
from giulgi.compat.tensors.dtypes import float32
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.nn.optimizers.base import where_looked_up


class _Rated(Optimizer):
    """Base of optimizers that have a learning rate: a number, tensor, variable or function."""

    def __init__(self, learning_rate: Any, use_locking: bool, name: str) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = self._lr = learning_rate

    @functools.cached_property
    def _lr_t(self) -> Tensor:
        """The learning rate as a tensor, which programs run to print it."""
        return as_tensor(self._call_if_callable(self._learning_rate), float32, "learning_rate")

    @property
    def _learning_rate_tensor(self) -> Tensor:
        return self._lr_t

    def _rate(self, step: Step, variable: Any) -> gg.Tensor:
        return step.number(self._learning_rate, variable)


def of_rows(step: Step, gradient: gg.Tensor, updates: Sequence[Update]) -> list[Update]:
    """Return updates that leave those rows of a table as they are that no example looked up."""
    pairs = [(step.value(variable), new) for variable, new in updates]
    found = where_looked_up(gradient, pairs)
    return [(update[0], new) for update, (_, new) in zip(updates, found, strict=True)]


@exported("train.GradientDescentOptimizer")
class GradientDescentOptimizer(_Rated):
    """``w <- w - r g``."""

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(learning_rate, use_locking, name)

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        return [(variable, step.value(variable) - self._rate(step, variable) * gradient)]


@exported("train.MomentumOptimizer")
class MomentumOptimizer(_Rated):
    """``a <- momentum a + g``, ``w <- w - r a``; Nesterov: ``w <- w - r (g + momentum a)``."""

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        self._momentum = momentum
        self._use_nesterov = use_nesterov

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for variable in var_list:
            self._zeros_slot(variable, "momentum", self._name)

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        rate, momentum = self._rate(step, variable), step.number(self._momentum, variable)
        slot, sum_before = step.slot(variable, "momentum")
        total = momentum * sum_before + gradient
        way = gradient + momentum * total if self._use_nesterov else total
        new = step.value(variable) - rate * way
        return of_rows(step, gradient, [(variable, new), (slot, total)])


@exported("train.AdamOptimizer")
class AdamOptimizer(_Rated):
    """Running means of gradients and of their squares (Kingma, Ba, arXiv:1412.6980)::

    m <- m + (1 - beta1) (g - m),    v <- v + (1 - beta2) (g^2 - v)
    w <- w - r sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon)
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        self._beta1, self._beta2, self._epsilon = beta1, beta2, epsilon

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        self._create_non_slot_variable(self._call_if_callable(self._beta1), "beta1_power")
        self._create_non_slot_variable(self._call_if_callable(self._beta2), "beta2_power")
        for variable in var_list:
            self._zeros_slot(variable, "m", self._name)
            self._zeros_slot(variable, "v", self._name)

    def _powers(self, step: Step) -> list[tuple[Any, gg.Tensor]]:
        """Return the variables that hold powers of both betas, and their values."""
        named = [self._get_non_slot_variable(name) for name in ("beta1_power", "beta2_power")]
        return [(variable, step.value(variable)) for variable in named]

    def _means(
        self, step: Step, variable: Any, gradient: gg.Tensor
    ) -> tuple[gg.Tensor, gg.Tensor, list[Update]]:
        """Return how far to go, the new mean, and the updates of both means."""
        beta1, beta2 = (step.number(beta, variable) for beta in (self._beta1, self._beta2))
        powers = [gg.cast(value, gradient.dtype) for _, value in self._powers(step)]
        corrected = self._rate(step, variable) * gg.sqrt(1 - powers[1]) / (1 - powers[0])
        (m, mean), (v, square) = step.slot(variable, "m"), step.slot(variable, "v")
        new_mean = mean + (1 - beta1) * (gradient - mean)
        new_square = square + (1 - beta2) * (gradient * gradient - square)
        epsilon = step.number(self._epsilon, variable)
        return (
            corrected / (gg.sqrt(new_square) + epsilon),
            new_mean,
            [(m, new_mean), (v, new_square)],
        )

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        far, mean, slots = self._means(step, variable, gradient)
        return [(variable, step.value(variable) - far * mean), *slots]

    def _final_updates(self, step: Step, pairs: Sequence[tuple[Tensor, Any]]) -> list[Update]:
        betas = (self._beta1, self._beta2)
        powers = zip(self._powers(step), betas, strict=True)
        return [(power, value * step.number(beta, power)) for (power, value), beta in powers]


@exported("train.RMSPropOptimizer")
class RMSPropOptimizer(_Rated):
    """Steps as even as a running mean s of squares makes them (Tieleman, Hinton)::

        s <- s + (1 - decay) (g^2 - s),    a <- momentum a + r g / sqrt(s + epsilon)
        w <- w - a

    s begins with 1. Centered, the square of a running mean of g is taken off s.
    """

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        self._decay, self._momentum, self._epsilon = decay, momentum, epsilon
        self._centered = centered

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for variable in var_list:
            self._filled_slot(variable, "rms", self._name, 1.0)
            if self._centered:
                self._zeros_slot(variable, "mg", self._name)
            self._zeros_slot(variable, "momentum", self._name)

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        decay, momentum = (step.number(x, variable) for x in (self._decay, self._momentum))
        (s, square), (a, before) = step.slot(variable, "rms"), step.slot(variable, "momentum")
        new_square = square + (1 - decay) * (gradient * gradient - square)
        found: list[Update] = [(s, new_square)]
        spread = new_square
        if self._centered:
            m, mean = step.slot(variable, "mg")
            new_mean = mean + (1 - decay) * (gradient - mean)
            spread = spread - new_mean * new_mean
            found.append((m, new_mean))
        far = gg.rsqrt(spread + step.number(self._epsilon, variable))
        way = momentum * before + self._rate(step, variable) * gradient * far
        found += [(a, way), (variable, step.value(variable) - way)]
        return of_rows(step, gradient, found)


@exported("train.AdagradOptimizer")
class AdagradOptimizer(_Rated):
    """``s <- s + g^2``, ``w <- w - r g / sqrt(s)`` (Duchi, Hazan, Singer, 2011)."""

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for variable in var_list:
            first = self._initial_accumulator_value
            self._filled_slot(variable, "accumulator", self._name, first)

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        slot, total = step.slot(variable, "accumulator")
        total = total + gradient * gradient
        way = self._rate(step, variable) * gradient * gg.rsqrt(total)
        return [(variable, step.value(variable) - way), (slot, total)]


@exported("train.AdadeltaOptimizer")
class AdadeltaOptimizer(_Rated):
    """Steps in units of the steps before (Zeiler, arXiv:1212.5701)::

    s <- rho s + (1 - rho) g^2,    d = sqrt(u + epsilon) / sqrt(s + epsilon) g
    u <- rho u + (1 - rho) d^2,    w <- w - r d
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        self._rho, self._epsilon = rho, epsilon

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for variable in var_list:
            self._zeros_slot(variable, "accum", self._name)
            self._zeros_slot(variable, "accum_update", self._name)

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        rho, epsilon = (step.number(x, variable) for x in (self._rho, self._epsilon))
        (s, square), (u, ways) = step.slot(variable, "accum"), step.slot(variable, "accum_update")
        new_square = rho * square + (1 - rho) * gradient * gradient
        way = gg.sqrt(ways + epsilon) * gg.rsqrt(new_square + epsilon) * gradient
        new = step.value(variable) - self._rate(step, variable) * way
        found: list[Update] = [
            (variable, new), (s, new_square), (u, rho * ways + (1 - rho) * way * way)
        ]  # fmt: skip
        return of_rows(step, gradient, found)


@exported("train.FtrlOptimizer")
class FtrlOptimizer(_Rated):
    """Follow the regularized leader (McMahan et al., 2013), with p = -learning_rate_power::

        n' = n + g^2,    z <- z + g - (n'^p - n^p) / r w
        w <- (sign(z) l1 - z) / (n'^p / r + 2 l2)  where |z| > l1, else 0

    With an l2_shrinkage strength s, z takes ``g + 2 s w`` for g.
    """

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        self._power = -learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength
        self._shrinkage = l2_shrinkage_regularization_strength
        self._accum_name, self._linear_name = accum_name or name, linear_name or name

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for variable in var_list:
            first = self._initial_accumulator_value
            self._filled_slot(variable, "accum", self._accum_name, first)
            self._zeros_slot(variable, "linear", self._linear_name)

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        rate, value = self._rate(step, variable), step.value(variable)
        l1, l2 = (step.number(x, variable) for x in (self._l1, self._l2))
        (n, total), (z, linear) = step.slot(variable, "accum"), step.slot(variable, "linear")
        power = step.number(self._power, variable)
        new_total = total + gradient * gradient
        grown, before = gg.power(new_total, power), gg.power(total, power)
        shrunk = gradient + 2 * self._shrinkage * value if self._shrinkage else gradient
        new_linear = linear + shrunk - (grown - before) / rate * value
        moved = (gg.sign(new_linear) * l1 - new_linear) / (grown / rate + 2 * l2)
        new = gg.where(gg.abs(new_linear) > l1, moved, gg.zeros_like(moved))
        found: list[Update] = [(variable, new), (n, new_total), (z, new_linear)]
        return of_rows(step, gradient, found)


def _shrunk(value: gg.Tensor, rate: gg.Tensor, l1: gg.Tensor, l2: gg.Tensor) -> gg.Tensor:
    """Return weights that both penalties have made smaller."""
    return gg.sign(value) * gg.maximum(gg.abs(value) - rate * l1, 0) / (1 + rate * l2)


@exported("train.ProximalGradientDescentOptimizer")
class ProximalGradientDescentOptimizer(_Rated):
    """``p = w - r g``, ``w <- sign(p) max(|p| - r l1, 0) / (1 + r l2)``."""

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        l1, l2 = (step.number(x, variable) for x in (self._l1, self._l2))
        rate = self._rate(step, variable)
        new = _shrunk(step.value(variable) - rate * gradient, rate, l1, l2)
        return of_rows(step, gradient, [(variable, new)])


@exported("train.ProximalAdagradOptimizer")
class ProximalAdagradOptimizer(AdagradOptimizer):
    """Adagrad whose weights both penalties make smaller, at the rate ``r / sqrt(s)``."""

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        super().__init__(learning_rate, initial_accumulator_value, use_locking, name)
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        l1, l2 = (step.number(x, variable) for x in (self._l1, self._l2))
        slot, total = step.slot(variable, "accumulator")
        total = total + gradient * gradient
        rate = self._rate(step, variable) * gg.rsqrt(total)
        new = _shrunk(step.value(variable) - rate * gradient, rate, l1, l2)
        return of_rows(step, gradient, [(variable, new), (slot, total)])


@exported("train.AdagradDAOptimizer")
class AdagradDAOptimizer(_Rated):
    """Adagrad by sums over all steps so far, of which t is the number (Duchi, Hazan, Singer)::

    a <- a + g,    s <- s + g^2
    w <- -r sign(a) max(|a| - t l1, 0) / (t r l2 + sqrt(s))
    """

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ) -> None:
        super().__init__(learning_rate, use_locking, name)
        self._global_step = global_step
        self._first = initial_gradient_squared_accumulator_value
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for variable in var_list:
            self._zeros_slot(variable, "gradient_accumulator", self._name)
            squared = "gradient_squared_accumulator"
            self._filled_slot(variable, squared, self._name, self._first)

    def _updates(self, step: Step, variable: Any, gradient: gg.Tensor) -> list[Update]:
        rate = self._rate(step, variable)
        l1, l2 = (step.number(x, variable) for x in (self._l1, self._l2))
        count = step.number(self._global_step, variable) + 1
        (a, total), (s, square) = (
            step.slot(variable, f"gradient_{kind}accumulator") for kind in ("", "squared_")
        )
        total, square = total + gradient, square + gradient * gradient
        far = gg.sign(total) * gg.maximum(gg.abs(total) - count * l1, 0)
        new = -rate * far / (count * rate * l2 + gg.sqrt(square))
        return of_rows(step, gradient, [(variable, new), (a, total), (s, square)])
