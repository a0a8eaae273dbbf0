"""Further distributions: of waiting, counting and shares, with longer tails, and mixtures."""

from __future__ import annotations

import math
from typing import Any

from giulgi.compat.names import TABLES, export
from giulgi.compat.tensorflow.math.distributions import Categorical, Distribution, _floats
from giulgi.compat.tensors.dtypes import int32
from giulgi.compat.tensors.tensor import Tensor, as_tensor

_TF = TABLES["tensorflow"]


def _log_beta(a: Any, b: Any) -> Any:
    return _TF["lgamma"](a) + _TF["lgamma"](b) - _TF["lgamma"](a + b)


class _Placed(Distribution):
    """Base of distributions of a place ``loc`` and a width ``scale``."""

    def __init__(
        self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True,
        name: str | None = None,
    ) -> None:  # fmt: skip
        self.loc, self.scale = _floats(loc, scale)
        whole = self.loc + _TF["zeros_like"](self.scale)
        super().__init__(whole, name or type(self).__name__)

    def _z(self, value: Any) -> Any:
        return (value - self.loc) / self.scale

    def _wide(self, x: Any) -> Any:
        return x + _TF["zeros_like"](self._template)


class Laplace(_Placed):
    """exp(-|x - loc| / scale) / (2 scale)."""

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        unit = self._unit(wanted, seed) - 0.5
        return self.loc - self.scale * _TF["sign"](unit) * _TF["log1p"](-2 * _TF["abs"](unit))

    def _log_prob(self, value: Any) -> Any:
        return -_TF["abs"](self._z(value)) - math.log(2) - _TF["log"](self.scale)

    def _entropy(self) -> Any:
        return self._wide(1 + math.log(2) + _TF["log"](self.scale))

    def _mean(self) -> Any:
        return self._wide(self.loc)

    def _variance(self) -> Any:
        return self._wide(2 * _TF["square"](self.scale))

    def _mode(self) -> Any:
        return self._mean()


class Gumbel(_Placed):
    """exp(-(z + exp(-z))) / scale with z = (x - loc) / scale: the largest of many."""

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        return self.loc - self.scale * _TF["log"](-_TF["log"](self._unit(wanted, seed) + 1e-20))

    def _log_prob(self, value: Any) -> Any:
        z = self._z(value)
        return -(z + _TF["exp"](-z)) - _TF["log"](self.scale)

    def _mean(self) -> Any:
        return self._wide(self.loc + 0.5772156649015329 * self.scale)

    def _variance(self) -> Any:
        return self._wide(_TF["square"](self.scale) * (math.pi**2 / 6))

    def _mode(self) -> Any:
        return self._wide(self.loc)


class Logistic(_Placed):
    """exp(-z) / (scale (1 + exp(-z))^2) with z = (x - loc) / scale."""

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        unit = self._unit(wanted, seed)
        return self.loc + self.scale * (_TF["log"](unit + 1e-20) - _TF["log1p"](-unit))

    def _log_prob(self, value: Any) -> Any:
        z = self._z(value)
        return -z - 2 * _TF["nn.softplus"](-z) - _TF["log"](self.scale)

    def _mean(self) -> Any:
        return self._wide(self.loc)

    def _variance(self) -> Any:
        return self._wide(_TF["square"](self.scale) * (math.pi**2 / 3))


class StudentT(Distribution):
    """A bell with longer tails, of ``df`` degrees of freedom, at ``loc`` with width ``scale``."""

    def __init__(
        self, df: Any, loc: Any, scale: Any, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "StudentT",
    ) -> None:  # fmt: skip
        self.df, self.loc, self.scale = _floats(df, loc, scale)
        super().__init__(self.loc + _TF["zeros_like"](self.scale * self.df), name)

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        normal = _TF["random_normal"](self._whole(wanted), dtype=self.dtype, seed=seed)
        half = self.df / 2 + _TF["zeros_like"](self._template)
        chi = 2 * _TF["random_gamma"](wanted, half, dtype=self.dtype, seed=seed)
        return self.loc + self.scale * normal / _TF["sqrt"](chi / self.df)

    def _log_prob(self, value: Any) -> Any:
        z, half = (value - self.loc) / self.scale, self.df / 2
        whole = _TF["lgamma"](half + 0.5) - _TF["lgamma"](half)
        whole = whole - 0.5 * _TF["log"](self.df * math.pi) - _TF["log"](self.scale)
        return whole - (half + 0.5) * _TF["log1p"](_TF["square"](z) / self.df)

    def _mean(self) -> Any:
        return self.loc + _TF["zeros_like"](self._template)


class Exponential(Distribution):
    """rate exp(-rate x): how long one waits."""

    def __init__(
        self, rate: Any, validate_args: bool = False, allow_nan_stats: bool = True,
        name: str = "Exponential",
    ) -> None:  # fmt: skip
        (self.rate,) = _floats(rate)
        super().__init__(self.rate, name)

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        return -_TF["log1p"](-self._unit(wanted, seed)) / self.rate

    def _log_prob(self, value: Any) -> Any:
        return _TF["log"](self.rate) - self.rate * value

    def _entropy(self) -> Any:
        return 1 - _TF["log"](self.rate)

    def _mean(self) -> Any:
        return 1 / self.rate

    def _variance(self) -> Any:
        return 1 / _TF["square"](self.rate)


class Gamma(Distribution):
    """rate^a x^(a - 1) exp(-rate x) / Gamma(a), with a the ``concentration``."""

    def __init__(
        self, concentration: Any, rate: Any, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "Gamma",
    ) -> None:  # fmt: skip
        self.concentration, self.rate = _floats(concentration, rate)
        super().__init__(self.concentration + _TF["zeros_like"](self.rate), name)

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        drawn = _TF["random_gamma"](wanted, self._template, dtype=self.dtype, seed=seed)
        return drawn / self.rate

    def _log_prob(self, value: Any) -> Any:
        a, x = self.concentration, as_tensor(value, self.dtype)
        whole = a * _TF["log"](self.rate) - _TF["lgamma"](a)
        return whole + (a - 1) * _TF["log"](x) - self.rate * x

    def _entropy(self) -> Any:
        a = self.concentration
        return a - _TF["log"](self.rate) + _TF["lgamma"](a) + (1 - a) * _TF["digamma"](a)

    def _mean(self) -> Any:
        return self.concentration / self.rate

    def _variance(self) -> Any:
        return self.concentration / _TF["square"](self.rate)


class Beta(Distribution):
    """x^(a - 1) (1 - x)^(b - 1) / B(a, b): shares between 0 and 1."""

    def __init__(
        self, concentration1: Any = None, concentration0: Any = None, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "Beta",
    ) -> None:  # fmt: skip
        self.concentration1, self.concentration0 = _floats(concentration1, concentration0)
        super().__init__(self.concentration1 + _TF["zeros_like"](self.concentration0), name)
        self.total_concentration = self.concentration1 + self.concentration0

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        zeros = _TF["zeros_like"](self._template)
        a, b = (
            _TF["random_gamma"](wanted, x + zeros, dtype=self.dtype, seed=seed)
            for x in (self.concentration1, self.concentration0)
        )
        return a / (a + b)

    def _log_prob(self, value: Any) -> Any:
        a, b, x = self.concentration1, self.concentration0, as_tensor(value, self.dtype)
        return (a - 1) * _TF["log"](x) + (b - 1) * _TF["log1p"](-x) - _log_beta(a, b)

    def _entropy(self) -> Any:
        a, b, psi = self.concentration1, self.concentration0, _TF["digamma"]
        least = _log_beta(a, b) + (a + b - 2) * psi(a + b)
        return least - (a - 1) * psi(a) - (b - 1) * psi(b)

    def _mean(self) -> Any:
        return self.concentration1 / self.total_concentration

    def _variance(self) -> Any:
        mean = self._mean()
        return mean * (1 - mean) / (self.total_concentration + 1)


class Dirichlet(Distribution):
    """Shares along the last axis, which sum to 1: the product of x^(a - 1) over B(a)."""

    def __init__(
        self, concentration: Any, validate_args: bool = False, allow_nan_stats: bool = True,
        name: str = "Dirichlet",
    ) -> None:  # fmt: skip
        (self.concentration,) = _floats(concentration)
        super().__init__(self.concentration, name, 1)

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        drawn = _TF["random_gamma"](wanted, self.concentration, dtype=self.dtype, seed=seed)
        return drawn / _TF["reduce_sum"](drawn, -1, keepdims=True)

    def _log_prob(self, value: Any) -> Any:
        powers = (self.concentration - 1) * _TF["log"](as_tensor(value, self.dtype))
        return _TF["reduce_sum"](powers, -1) - _TF["lbeta"](self.concentration)

    def _mean(self) -> Any:
        return self.concentration / _TF["reduce_sum"](self.concentration, -1, keepdims=True)


class Poisson(Distribution):
    """rate^k exp(-rate) / k!: how often something happens."""

    def __init__(
        self, rate: Any = None, log_rate: Any = None, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "Poisson",
    ) -> None:  # fmt: skip
        if (rate is None) == (log_rate is None):
            raise ValueError("Must specify exactly one of `rate` and `log_rate`.")
        (given,) = _floats(log_rate if rate is None else rate)
        self.rate = _TF["exp"](given) if rate is None else given
        self.log_rate = given if rate is None else _TF["log"](given)
        super().__init__(self.rate, name)

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        return _TF["random_poisson"](self.rate, wanted, dtype=self.dtype, seed=seed)

    def _log_prob(self, value: Any) -> Any:
        x = as_tensor(value, self.dtype)
        return x * self.log_rate - self.rate - _TF["lgamma"](1 + x)

    def _mean(self) -> Any:
        return _TF["identity"](self.rate)

    def _variance(self) -> Any:
        return _TF["identity"](self.rate)


class OneHotCategorical(Categorical):
    """One of several classes, told by a row of zeros and a one."""

    def __init__(
        self, logits: Any = None, probs: Any = None, dtype: Any = int32,
        validate_args: bool = False, allow_nan_stats: bool = True,
        name: str = "OneHotCategorical",
    ) -> None:  # fmt: skip
        super().__init__(logits, probs, dtype, validate_args, allow_nan_stats, name)

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        places = super()._drawn(wanted, seed)
        return _TF["one_hot"](places, self.event_size, dtype=self._result)

    def _log_prob(self, value: Any) -> Any:
        return super()._log_prob(_TF["argmax"](value, -1))

    def _mean(self) -> Any:
        return _TF["identity"](self.probs)

    def _mode(self) -> Any:
        return _TF["one_hot"](super()._mode(), self.event_size, dtype=self._result)


class MultivariateNormalTriL(Distribution):
    """Normal distributions of vectors: loc + scale_tril times independent numbers."""

    def __init__(
        self, loc: Any = None, scale_tril: Any = None, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "MultivariateNormalTriL",
    ) -> None:  # fmt: skip
        if scale_tril is None:
            raise ValueError("scale_tril must be given")
        (self.scale_tril,) = _floats(scale_tril)
        rows = _TF["zeros_like"](self.scale_tril[..., 0])
        self.loc = rows if loc is None else _TF["cast"](loc, self.scale_tril.dtype)
        super().__init__(self.loc + rows, name, 1)

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        normal = _TF["random_normal"](self._whole(wanted), dtype=self.dtype, seed=seed)
        return self.loc + _TF["reduce_sum"](self.scale_tril * normal[..., None, :], -1)

    def _log_diagonal(self) -> Any:
        return _TF["reduce_sum"](_TF["log"](_TF["matrix_diag_part"](self.scale_tril)), -1)

    def _log_prob(self, value: Any) -> Any:
        apart = as_tensor(value, self.dtype) - self.loc
        whole = self.scale_tril + _TF["zeros_like"](apart)[..., None]
        z = _TF["matrix_triangular_solve"](whole, apart[..., None])[..., 0]
        width = int(self.event_shape[0])
        return (
            -0.5 * _TF["reduce_sum"](_TF["square"](z), -1)
            - 0.5 * width * math.log(2 * math.pi) - self._log_diagonal()
        )  # fmt: skip

    def _mean(self) -> Any:
        return _TF["identity"](self._template)


class Mixture(Distribution):
    """Each number is of one of several distributions, which ``cat`` draws."""

    def __init__(
        self, cat: Any, components: Any, validate_args: bool = False,
        allow_nan_stats: bool = True, use_static_graph: bool = False, name: str = "Mixture",
    ) -> None:  # fmt: skip
        self.cat, self.components = cat, list(components)
        self.num_components = len(self.components)
        first = self.components[0]
        super().__init__(first._template, name, first.event_shape.ndims or 0)

    def _shares(self, x: Any) -> Any:
        """Return (..., components), with axes of size 1 for those of an event."""
        for _ in range(self._event):
            x = _TF["expand_dims"](x, -2)
        return x

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        every = _TF["stack"]([part._drawn(wanted, seed) for part in self.components], -1)
        chosen = _TF["one_hot"](
            self.cat._drawn(wanted, seed), self.num_components, dtype=every.dtype
        )
        return _TF["reduce_sum"](every * self._shares(chosen), -1)

    def _log_prob(self, value: Any) -> Any:
        every = _TF["stack"]([part._log_prob(value) for part in self.components], -1)
        return _TF["reduce_logsumexp"](every + self.cat._logs, -1)

    def _mean(self) -> Any:
        every = _TF["stack"]([part._mean() for part in self.components], -1)
        return _TF["reduce_sum"](every * self._shares(self.cat.probs), -1)


class MixtureSameFamily(Distribution):
    """A mixture whose parts are along the last axis of one distribution's parameters."""

    def __init__(
        self, mixture_distribution: Any, components_distribution: Any,
        validate_args: bool = False, allow_nan_stats: bool = True,
        name: str = "MixtureSameFamily",
    ) -> None:  # fmt: skip
        self.mixture_distribution = mixture_distribution
        self.components_distribution = parts = components_distribution
        self._axis = -1 - (parts.event_shape.ndims or 0)
        template = _TF["reduce_sum"](parts._template, self._axis)
        super().__init__(template, name, -1 - self._axis)

    def _shares(self, x: Any) -> Any:
        for _ in range(self._event):
            x = _TF["expand_dims"](x, -1)
        return x

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        every = self.components_distribution._drawn(wanted, seed)
        places = self.mixture_distribution._drawn(wanted, seed)
        count = self.mixture_distribution.event_size
        chosen = _TF["one_hot"](places, count, dtype=every.dtype)
        return _TF["reduce_sum"](every * self._shares(chosen), self._axis)

    def _log_prob(self, value: Any) -> Any:
        wide = _TF["expand_dims"](as_tensor(value, self.dtype), self._axis)
        every = self.components_distribution._log_prob(wide)
        return _TF["reduce_logsumexp"](every + self.mixture_distribution._logs, -1)

    def _mean(self) -> Any:
        every = self.components_distribution._mean()
        shares = self._shares(self.mixture_distribution.probs)
        return _TF["reduce_sum"](every * shares, self._axis)


_PUBLIC: tuple[type[Distribution], ...] = (
    Laplace, StudentT, Exponential, Gamma, Beta, Dirichlet,
)  # fmt: skip
_OF_CONTRIB: tuple[type[Distribution], ...] = (
    Gumbel, Logistic, Poisson, OneHotCategorical, MultivariateNormalTriL, Mixture,
    MixtureSameFamily,
)  # fmt: skip

for _kind in _PUBLIC:
    export(f"distributions.{_kind.__name__}", _kind)
for _kind in (*_PUBLIC, *_OF_CONTRIB):
    export(f"contrib.distributions.{_kind.__name__}", _kind)
