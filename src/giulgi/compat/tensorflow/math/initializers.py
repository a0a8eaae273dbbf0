"""First values of variables: functions of a shape and a dtype."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.creation import ones, zeros
from giulgi.compat.tensorflow.math.random import own_seed, random_normal, random_uniform
from giulgi.compat.tensorflow.math.random import truncated_normal as random_truncated_normal
from giulgi.compat.tensors.dtypes import DType, as_dtype, float32
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import as_tensor


class Initializer:
    """Makes first values: it is called with a shape, and perhaps a dtype."""

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """Return the values."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments with which it was made."""
        return {
            key: value.name if isinstance(value, DType) else value
            for key, value in vars(self).items()
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """Return one of the given arguments."""
        return cls(**config)


def _sizes(shape: Any) -> list[int]:
    return [int(size) for size in TensorShape(shape).as_list() if size is not None]


@exported("zeros_initializer", "initializers.zeros")
class Zeros(Initializer):
    """Zeros. Called with a shape at once, as in version 0.x, it gives the zeros."""

    def __new__(cls, shape: Any = None, dtype: Any = float32) -> Any:
        """Return the initializer, or the values of a shape."""
        if isinstance(shape, (list, tuple, TensorShape)):
            return zeros(shape, dtype)
        return super().__new__(cls)

    def __init__(self, dtype: Any = float32, *_: Any) -> None:
        self.dtype = as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """Return the values."""
        return zeros(shape, self.dtype if dtype is None else dtype)


@exported("ones_initializer", "initializers.ones")
class Ones(Initializer):
    """Ones. Called with a shape at once, as in version 0.x, it gives the ones."""

    def __new__(cls, shape: Any = None, dtype: Any = float32) -> Any:
        """Return the initializer, or the values of a shape."""
        if isinstance(shape, (list, tuple, TensorShape)):
            return ones(shape, dtype)
        return super().__new__(cls)

    def __init__(self, dtype: Any = float32, *_: Any) -> None:
        self.dtype = as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """Return the values."""
        return ones(shape, self.dtype if dtype is None else dtype)


@exported("constant_initializer", "initializers.constant")
class Constant(Initializer):
    """A given value: one number for all elements, or one for each; the last one is repeated."""

    def __init__(self, value: Any = 0, dtype: Any = float32, verify_shape: bool = False) -> None:
        self.value = value
        self.dtype = as_dtype(dtype)
        self.verify_shape = verify_shape

    def __call__(
        self,
        shape: Any,
        dtype: Any = None,
        partition_info: Any = None,
        verify_shape: Any = None,
    ) -> Any:
        """Return the values."""
        from giulgi.compat.tensorflow.math.leaves import constant

        return constant(self.value, self.dtype if dtype is None else dtype, _sizes(shape))


class _Random(Initializer):
    """Base of initializers that draw random numbers."""

    dtype: DType
    seed: Any

    def _type(self, dtype: Any) -> DType:
        return self.dtype if dtype is None else as_dtype(dtype)


@exported("random_uniform_initializer", "initializers.random_uniform")
class RandomUniform(_Random):
    """Evenly distributed numbers."""

    def __init__(
        self, minval: Any = 0, maxval: Any = None, seed: Any = None, dtype: Any = float32
    ) -> None:
        self.minval, self.maxval, self.seed, self.dtype = minval, maxval, seed, as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """Return the values."""
        return random_uniform(shape, self.minval, self.maxval, self._type(dtype), self.seed)


@exported("random_normal_initializer", "initializers.random_normal")
class RandomNormal(_Random):
    """Normally distributed numbers."""

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 1.0, seed: Any = None, dtype: Any = float32
    ) -> None:
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """Return the values."""
        return random_normal(shape, self.mean, self.stddev, self._type(dtype), self.seed)


@exported("truncated_normal_initializer", "initializers.truncated_normal")
class TruncatedNormal(_Random):
    """Normally distributed numbers within two standard deviations."""

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 1.0, seed: Any = None, dtype: Any = float32
    ) -> None:
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """Return the values."""
        return random_truncated_normal(shape, self.mean, self.stddev, self._type(dtype), self.seed)


def fans(shape: Any) -> tuple[float, float]:
    """Return how many numbers go into an output of a layer, and out of an input."""
    sizes = _sizes(shape)
    if not sizes:
        return 1.0, 1.0
    if len(sizes) == 1:
        return float(sizes[0]), float(sizes[0])
    field = math.prod(sizes[:-2])
    return float(sizes[-2] * field), float(sizes[-1] * field)


# The standard deviation of a normal distribution that is cut at two of them.
_CUT_DEVIATION = 0.87962566103423978


@exported("variance_scaling_initializer", "initializers.variance_scaling")
class VarianceScaling(_Random):
    """Random numbers of the variance scale / n; n inputs, outputs, or the mean of both.

    Args:
        scale: the scale.
        mode: "fan_in", "fan_out" or "fan_avg".
        distribution: "truncated_normal", "untruncated_normal" or "uniform"; "normal" is cut, too.
        seed: a seed of its own.
        dtype: the dtype where none is asked for.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        dtype: Any = float32,
    ) -> None:
        if scale <= 0:
            raise ValueError("`scale` must be positive float.")
        if mode not in {"fan_in", "fan_out", "fan_avg"}:
            raise ValueError(f"Invalid `mode` argument: {mode}")
        self.scale, self.mode, self.distribution = scale, mode, distribution.lower()
        self.seed, self.dtype = seed, as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """Return the values."""
        into, out = fans(shape)
        count = {"fan_in": into, "fan_out": out, "fan_avg": (into + out) / 2}[self.mode]
        variance = self.scale / max(1.0, count)
        own = self._type(dtype)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return random_uniform(shape, -limit, limit, own, self.seed)
        if self.distribution == "untruncated_normal":
            return random_normal(shape, 0.0, math.sqrt(variance), own, self.seed)
        deviation = math.sqrt(variance) / _CUT_DEVIATION
        return random_truncated_normal(shape, 0.0, deviation, own, self.seed)


class _Scaled(VarianceScaling):
    """Base of variance scaling under names of its own."""

    options: tuple[float, str, str] = (1.0, "fan_in", "truncated_normal")

    def __init__(self, seed: Any = None, dtype: Any = float32) -> None:
        super().__init__(*self.options, seed, dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments with which it was made."""
        return {"seed": self.seed, "dtype": self.dtype.name}


@exported("glorot_uniform_initializer", "initializers.glorot_uniform")
class GlorotUniform(_Scaled):
    """Even numbers of the variance 2 / (inputs + outputs)."""

    options = (1.0, "fan_avg", "uniform")


@exported("glorot_normal_initializer", "initializers.glorot_normal")
class GlorotNormal(_Scaled):
    """Normal numbers of the variance 2 / (inputs + outputs)."""

    options = (1.0, "fan_avg", "truncated_normal")


@exported("initializers.he_normal")
class HeNormal(_Scaled):
    """Normal numbers of the variance 2 / inputs."""

    options = (2.0, "fan_in", "truncated_normal")


@exported("initializers.he_uniform")
class HeUniform(_Scaled):
    """Even numbers of the variance 2 / inputs."""

    options = (2.0, "fan_in", "uniform")


@exported("initializers.lecun_normal")
class LecunNormal(_Scaled):
    """Normal numbers of the variance 1 / inputs."""

    options = (1.0, "fan_in", "truncated_normal")


@exported("initializers.lecun_uniform")
class LecunUniform(_Scaled):
    """Even numbers of the variance 1 / inputs."""

    options = (1.0, "fan_in", "uniform")


@exported("uniform_unit_scaling_initializer", "initializers.uniform_unit_scaling")
class UniformUnitScaling(_Random):
    """Even numbers that keep the size of what a layer is given."""

    def __init__(self, factor: float = 1.0, seed: Any = None, dtype: Any = float32) -> None:
        self.factor, self.seed, self.dtype = factor, seed, as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """Return the values."""
        count = max(1.0, float(math.prod(_sizes(shape)[:-1])))
        limit = math.sqrt(3 / count) * self.factor
        return random_uniform(shape, -limit, limit, self._type(dtype), self.seed)


@exported("orthogonal_initializer", "initializers.orthogonal")
class Orthogonal(_Random):
    """A matrix whose rows, or columns, are orthogonal and of one length."""

    def __init__(self, gain: float = 1.0, seed: Any = None, dtype: Any = float32) -> None:
        self.gain, self.seed, self.dtype = gain, seed, as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """Return the values."""
        sizes = _sizes(shape)
        if len(sizes) < 2:
            raise ValueError("The tensor to initialize must be at least two-dimensional")
        return _orthogonal(sizes, self.gain, self._type(dtype), own_seed(self.seed))


@operation(type="Orthogonal")
def _orthogonal(shape: Any, gain: float, dtype: DType, seed: int | None) -> gg.Tensor:
    made = gg.initializers.Orthogonal(gain=gain, seed=seed)
    return made(tuple(shape), dtype.numpy_dtype)


@exported("initializers.identity")
class Identity(Initializer):
    """The unit matrix."""

    def __init__(self, gain: float = 1.0, dtype: Any = float32) -> None:
        self.gain, self.dtype = gain, as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """Return the values."""
        own = self.dtype if dtype is None else as_dtype(dtype)
        rows, columns = _sizes(shape)
        return as_tensor(self.gain * np.eye(rows, columns), own)


# contrib.layers


@exported(
    "contrib.layers.xavier_initializer",
    "contrib.layers.xavier_initializer_conv2d",
    "contrib.layers.python.layers.initializers.xavier_initializer",
)
def xavier_initializer(uniform: bool = True, seed: Any = None, dtype: Any = float32) -> Any:
    """Return an initializer of the variance 2 / (inputs + outputs)."""
    return VarianceScaling(1.0, "fan_avg", "uniform" if uniform else "normal", seed, dtype)


@exported("contrib.layers.variance_scaling_initializer")
def variance_scaling_initializer(
    factor: float = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: Any = None,
    dtype: Any = float32,
) -> Any:
    """Return an initializer of the variance factor / n; see :class:`VarianceScaling`."""
    kind = "uniform" if uniform else "normal"
    return VarianceScaling(factor, mode.lower(), kind, seed, dtype)


def default_initializer(dtype: DType) -> Initializer:
    """Return what makes the first value of a variable where none is given."""
    return GlorotUniform() if dtype.is_floating else Zeros()
