"""``tf.distributions``: numbers that are drawn, how likely they are, and how far two are apart."""

from __future__ import annotations

import math
from typing import Any

from giulgi.compat.graphs.functions import name_scope
from giulgi.compat.names import TABLES, export, exported
from giulgi.compat.tensors.dtypes import as_dtype, int32
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import Tensor, as_tensor

_TF = TABLES["tensorflow"]
_TABLE = "distributions.{0}", "contrib.distributions.{0}"


def _floats(*values: Any) -> list[Tensor]:
    """Return parameters as tensors of the floating dtype that one of them has."""
    tensors = [as_tensor(value) for value in values if isinstance(value, Tensor)]
    dtype = next((x.dtype for x in tensors if x.dtype.is_floating), as_dtype("float32"))
    return [_TF["cast"](value, dtype) for value in values]


class Distribution:
    """What a distribution is asked: each answer is a tensor, for all parameters at once.

    Args:
        template: a tensor of the shape of the parameters together.
        name: the scope of all its operations.
        event: how many of the last axes of the template are one event.
    """

    def __init__(self, template: Tensor, name: str, event: int = 0) -> None:
        self._template, self.name, self._event = template, name, event

    @property
    def dtype(self) -> Any:
        """The dtype of what is drawn."""
        return self._template.dtype

    @property
    def batch_shape(self) -> TensorShape:
        """The shape of the parameters."""
        return self._template.shape[: self._rank - self._event]

    @property
    def event_shape(self) -> TensorShape:
        """The shape of one event."""
        return self._template.shape[self._rank - self._event :]

    @property
    def _rank(self) -> int:
        rank = self._template.shape.ndims
        if rank is None:
            raise ValueError(f"{self.name}: the rank of the parameters is not known")
        return rank

    def sample(self, sample_shape: Any = (), seed: Any = None, name: str = "sample") -> Any:
        """Return numbers that are drawn: a block of a shape, for each of the parameters."""
        with name_scope(f"{self.name}/{name}"):
            return self._drawn(_TF["reshape"](_TF["cast"](sample_shape, int32), [-1]), seed)

    def log_prob(self, value: Any, name: str = "log_prob") -> Any:
        """Return the logarithm of how likely, or how dense, a value is."""
        with name_scope(f"{self.name}/{name}"):
            return self._log_prob(value)

    def prob(self, value: Any, name: str = "prob") -> Any:
        """Return how likely, or how dense, a value is."""
        with name_scope(f"{self.name}/{name}"):
            return _TF["exp"](self._log_prob(value))

    def entropy(self, name: str = "entropy") -> Any:
        """Return the entropy in nats."""
        with name_scope(f"{self.name}/{name}"):
            return self._entropy()

    def mean(self, name: str = "mean") -> Any:
        """Return the mean."""
        with name_scope(f"{self.name}/{name}"):
            return self._mean()

    def variance(self, name: str = "variance") -> Any:
        """Return the variance."""
        with name_scope(f"{self.name}/{name}"):
            return self._variance()

    def stddev(self, name: str = "stddev") -> Any:
        """Return the standard deviation."""
        with name_scope(f"{self.name}/{name}"):
            return _TF["sqrt"](self._variance())

    def mode(self, name: str = "mode") -> Any:
        """Return what is most likely."""
        with name_scope(f"{self.name}/{name}"):
            return self._mode()

    def kl_divergence(self, other: Distribution, name: str = "kl_divergence") -> Any:
        """Return the divergence (Kullback-Leibler) from this distribution to another."""
        if type(other) is not type(self) and not isinstance(other, type(self)):
            raise NotImplementedError(
                f"No KL(distribution_a || distribution_b) for {type(self).__name__} and "
                f"{type(other).__name__}"
            )
        with name_scope(f"{self.name}/{name}"):
            return self._divergence(other)

    def _whole(self, wanted: Tensor) -> Any:
        """Return the shape of so many draws."""
        return _TF["concat"]([wanted, _TF["shape"](self._template)], 0)

    def _unit(self, wanted: Tensor, seed: Any) -> Any:
        return _TF["random_uniform"](self._whole(wanted), dtype=self.dtype, seed=seed)

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        raise self._without("sample")

    def _log_prob(self, value: Any) -> Any:
        raise self._without("log_prob")

    def _entropy(self) -> Any:
        raise self._without("entropy")

    def _mean(self) -> Any:
        raise self._without("mean")

    def _variance(self) -> Any:
        raise self._without("variance")

    def _mode(self) -> Any:
        raise self._without("mode")

    def _divergence(self, other: Any) -> Any:
        raise self._without("kl_divergence")

    def _without(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} has no {what}")


class Normal(Distribution):
    """Normal distributions of means ``loc`` and standard deviations ``scale``."""

    def __init__(
        self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True,
        name: str = "Normal",
    ) -> None:  # fmt: skip
        self.loc, self.scale = _floats(loc, scale)
        super().__init__(self.loc + _TF["zeros_like"](self.scale), name)

    def cdf(self, value: Any, name: str = "cdf") -> Any:
        """Return how likely a number up to a value is."""
        with name_scope(f"{self.name}/{name}"):
            return 0.5 * (1 + _TF["erf"](self._z(value) / math.sqrt(2)))

    def _z(self, value: Any) -> Any:
        return (value - self.loc) / self.scale

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        shape = self._whole(wanted)
        return self.loc + self.scale * _TF["random_normal"](shape, dtype=self.dtype, seed=seed)

    def _log_prob(self, value: Any) -> Any:
        square = _TF["square"](self._z(value))
        return -0.5 * square - (0.5 * math.log(2 * math.pi) + _TF["log"](self.scale))

    def _entropy(self) -> Any:
        whole = self.scale + _TF["zeros_like"](self.loc)
        return 0.5 * math.log(2 * math.pi * math.e) + _TF["log"](whole)

    def _mean(self) -> Any:
        return self._template

    _mode = _mean

    def _variance(self) -> Any:
        return _TF["square"](self.scale + _TF["zeros_like"](self.loc))

    def _divergence(self, other: Any) -> Any:
        ratio = _TF["square"](self.scale / other.scale)
        far = _TF["square"]((self.loc - other.loc) / other.scale)
        return 0.5 * (far + ratio - 1 - _TF["log"](ratio))


class Uniform(Distribution):
    """Even distributions from ``low`` up to, not including, ``high``."""

    def __init__(
        self, low: Any = 0.0, high: Any = 1.0, validate_args: bool = False,
        allow_nan_stats: bool = True, name: str = "Uniform",
    ) -> None:  # fmt: skip
        self.low, self.high = _floats(low, high)
        super().__init__(self.low + _TF["zeros_like"](self.high), name)

    def range(self, name: str = "range") -> Any:
        """Return high - low."""
        return self.high - self.low

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        return self.low + self.range() * self._unit(wanted, seed)

    def _log_prob(self, value: Any) -> Any:
        x = _TF["cast"](value, self.dtype)
        within = _TF["logical_and"](x >= self.low, x < self.high)
        inside = _TF["cast"](within, self.dtype)
        return _TF["log"](inside / self.range())

    def _entropy(self) -> Any:
        return _TF["log"](self.range())

    def _mean(self) -> Any:
        return (self.low + self.high) / 2

    def _variance(self) -> Any:
        return _TF["square"](self.range()) / 12


class Bernoulli(Distribution):
    """Whether something happens, 1 or 0: the logit, or the probability, is given."""

    def __init__(
        self, logits: Any = None, probs: Any = None, dtype: Any = int32,
        validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Bernoulli",
    ) -> None:  # fmt: skip
        if (logits is None) == (probs is None):
            raise ValueError("Must pass probs or logits, but not both.")
        if probs is not None:
            (self.probs,) = _floats(probs)
            self.logits = _TF["log"](self.probs) - _TF["log1p"](-self.probs)
        else:
            (self.logits,) = _floats(logits)
            self.probs = _TF["sigmoid"](self.logits)
        self._result = as_dtype(dtype)
        super().__init__(self.logits, name)

    @property
    def dtype(self) -> Any:
        """The dtype of what is drawn."""
        return self._result

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        unit = _TF["random_uniform"](self._whole(wanted), dtype=self.probs.dtype, seed=seed)
        return _TF["cast"](unit < self.probs, self._result)

    def _log_prob(self, value: Any) -> Any:
        happened = _TF["cast"](value, self.logits.dtype)
        return happened * self.logits - _TF["nn.softplus"](self.logits)

    def _entropy(self) -> Any:
        return _TF["nn.softplus"](self.logits) - self.logits * self.probs

    def _mean(self) -> Any:
        return _TF["identity"](self.probs)

    def _variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def _mode(self) -> Any:
        return _TF["cast"](self.probs > 0.5, self._result)

    def _divergence(self, other: Any) -> Any:
        apart = self.probs * (self.logits - other.logits)
        return apart - _TF["nn.softplus"](self.logits) + _TF["nn.softplus"](other.logits)


class Categorical(Distribution):
    """One of several classes: the logits, or the probabilities, are along the last axis."""

    def __init__(
        self, logits: Any = None, probs: Any = None, dtype: Any = int32,
        validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Categorical",
    ) -> None:  # fmt: skip
        if (logits is None) == (probs is None):
            raise ValueError("Must pass probs or logits, but not both.")
        if probs is not None:
            (self.probs,) = _floats(probs)
            self.logits = _TF["log"](self.probs)
        else:
            (self.logits,) = _floats(logits)
            self.probs = _TF["nn.softmax"](self.logits)
        self._result = as_dtype(dtype)
        self._logs = _TF["nn.log_softmax"](self.logits)
        super().__init__(_TF["reduce_max"](self.logits, -1), name)

    @property
    def dtype(self) -> Any:
        """The dtype of what is drawn."""
        return self._result

    @property
    def event_size(self) -> Any:
        """How many classes there are; a constant where that is known."""
        known = self.logits.shape[-1:].as_list()[0] if self.logits.shape.ndims else None
        return _TF["shape"](self.logits)[-1] if known is None else _TF["constant"](known)

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        rows = _TF["reshape"](self.logits, [-1, self.event_size])
        drawn = _TF["multinomial"](rows, _TF["reduce_prod"](wanted), seed=seed)
        return _TF["cast"](
            _TF["reshape"](_TF["transpose"](drawn), self._whole(wanted)), self._result
        )

    def _log_prob(self, value: Any) -> Any:
        chosen = _TF["one_hot"](_TF["cast"](value, int32), self.event_size, dtype=self._logs.dtype)
        # The logarithm of what cannot be is -inf, and 0 times that nothing.
        return _TF["reduce_sum"](_product(chosen, self._logs), -1)

    def _entropy(self) -> Any:
        return -_TF["reduce_sum"](_product(self.probs, self._logs), -1)

    def _mode(self) -> Any:
        return _TF["cast"](_TF["argmax"](self.logits, -1), self._result)

    def _divergence(self, other: Any) -> Any:
        return _TF["reduce_sum"](_product(self.probs, self._logs - other._logs), -1)


def _product(share: Any, logarithm: Any) -> Any:
    """Return a product that is 0 where the share is."""
    whole = logarithm + _TF["zeros_like"](share)
    return share * _TF["where"](
        share + _TF["zeros_like"](logarithm) > 0, whole, _TF["zeros_like"](whole)
    )


class Independent(Distribution):
    """A distribution of which the last axes of the parameters are one event."""

    def __init__(
        self, distribution: Any, reinterpreted_batch_ndims: int | None = None,
        validate_args: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        self.distribution = distribution
        rank = distribution.batch_shape.ndims
        event = rank - 1 if reinterpreted_batch_ndims is None else reinterpreted_batch_ndims
        self._axes = list(range(-event, 0))
        super().__init__(distribution._template, name or f"Independent{distribution.name}", event)

    @property
    def dtype(self) -> Any:
        """The dtype of what is drawn."""
        return self.distribution.dtype

    def _summed(self, x: Any) -> Any:
        return _TF["reduce_sum"](x, self._axes)

    def _drawn(self, wanted: Tensor, seed: Any) -> Any:
        return self.distribution._drawn(wanted, seed)

    def _log_prob(self, value: Any) -> Any:
        return self._summed(self.distribution._log_prob(value))

    def _entropy(self) -> Any:
        return self._summed(self.distribution._entropy())

    def _mean(self) -> Any:
        return self.distribution._mean()

    def _variance(self) -> Any:
        return self.distribution._variance()

    def _mode(self) -> Any:
        return self.distribution._mode()

    def _divergence(self, other: Any) -> Any:
        return self._summed(self.distribution._divergence(other.distribution))


class MultivariateNormalDiag(Independent):
    """Normal distributions of vectors whose elements do not depend on each other."""

    def __init__(
        self, loc: Any = None, scale_diag: Any = None, scale_identity_multiplier: Any = None,
        validate_args: bool = False, allow_nan_stats: bool = True,
        name: str = "MultivariateNormalDiag",
    ) -> None:  # fmt: skip
        if loc is None and scale_diag is None:
            raise ValueError("give loc, scale_diag or both: they tell how long a vector is")
        middle = _TF["zeros_like"](scale_diag) if loc is None else loc
        wide = _TF["ones_like"](middle) if scale_diag is None else scale_diag
        if scale_identity_multiplier is not None:
            more = as_tensor(scale_identity_multiplier)[..., None]
            wide = more * _TF["ones_like"](middle) if scale_diag is None else wide + more
        super().__init__(Normal(middle, wide), 1, name=name)
        self.loc = self.distribution.loc


for _kind in (Distribution, Normal, Uniform, Bernoulli, Categorical):
    for _path in _TABLE:
        export(_path.format(_kind.__name__), _kind)
export("contrib.distributions.Independent", Independent)
export("contrib.distributions.MultivariateNormalDiag", MultivariateNormalDiag)


@exported(*(path.format("kl_divergence") for path in _TABLE))
def kl_divergence(
    distribution_a: Any, distribution_b: Any, allow_nan_stats: bool = True, name: str | None = None
) -> Any:
    """Return the divergence (Kullback-Leibler) from one distribution to another."""
    return distribution_a.kl_divergence(distribution_b, name or "kl_divergence")
