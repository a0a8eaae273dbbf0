"""First values of weights: an initializer is called with a shape and returns a (random) tensor."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from giulgi.errors import ArgumentError
from giulgi.graph import ops
from giulgi.graph.ops.factoring import orthonormal
from giulgi.graph.tensor import Tensor
from giulgi.nn.lookup import made, one_of
from giulgi.signatures import names_checked

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "get",
]

Initial = Callable[..., Tensor]


class Initializer:
    """Base of initializers: called with a shape and a dtype, it returns first values of a weight.

    A plain function of shape and dtype is an initializer as well.
    """

    def __call__(self, shape: Sequence[int], dtype: Any = "float32") -> Tensor:
        """Return the first values of a weight."""
        raise NotImplementedError

    def __repr__(self) -> str:
        said = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"{type(self).__name__}({said})"


class Zeros(Initializer):
    """All 0."""

    def __call__(self, shape: Sequence[int], dtype: Any = "float32") -> Tensor:
        """Return zeros."""
        return ops.zeros(tuple(shape), dtype)


class Ones(Initializer):
    """All 1."""

    def __call__(self, shape: Sequence[int], dtype: Any = "float32") -> Tensor:
        """Return ones."""
        return ops.ones(tuple(shape), dtype)


class Constant(Initializer):
    """All of one value.

    Args:
        value: the value, or an array that is broadcast to the shape of the weight.
    """

    @names_checked
    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: Any = "float32") -> Tensor:
        """Return the value, repeated to the shape."""
        return ops.broadcast_to(ops.constant(self.value, dtype), tuple(shape))


class Identity(Initializer):
    """The identity matrix times a gain: gain where row = column, else 0.

    Args:
        gain: what stands on the diagonal.

    Raises:
        ArgumentError: when it is called, unless the shape has two axes.
    """

    @names_checked
    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = "float32") -> Tensor:
        """Return the gain on the diagonal, 0 elsewhere."""
        if len(shape) != 2:
            raise ArgumentError(f"an identity matrix has two axes, not {len(shape)}.")
        return float(self.gain) * ops.eye(shape[0], shape[1], dtype=dtype)


class _Random(Initializer):
    """Base of initializers that draw random numbers."""

    seed: int | None

    def drawn(self, shape: Sequence[int]) -> tuple[str, float, float]:
        """Return what is drawn for a shape.

        Returns:
            The name of the distribution in ``gg.random``, and its two numbers: the ends of
            "uniform"; the mean and the standard deviation of "normal" and "truncated_normal".
        """
        raise NotImplementedError

    def __call__(self, shape: Sequence[int], dtype: Any = "float32") -> Tensor:
        """Return random numbers."""
        distribution, first, second = self.drawn(shape)
        draw: Callable[..., Tensor] = getattr(ops.random, distribution)
        return draw(tuple(shape), first, second, dtype, self.seed)


class RandomUniform(_Random):
    """Random numbers, evenly spread: minval <= w < maxval.

    Args:
        minval: the lower end.
        maxval: the upper end.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.
    """

    @names_checked
    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        self.minval = minval
        self.maxval = maxval
        self.seed = seed

    def drawn(self, shape: Sequence[int]) -> tuple[str, float, float]:
        """Return what is drawn: evenly spread numbers."""
        return "uniform", self.minval, self.maxval


class RandomNormal(_Random):
    """Random numbers of the normal distribution.

    Args:
        mean: the mean.
        stddev: the standard deviation.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.
    """

    @names_checked
    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed

    def drawn(self, shape: Sequence[int]) -> tuple[str, float, float]:
        """Return what is drawn: normal numbers."""
        return "normal", self.mean, self.stddev


class TruncatedNormal(RandomNormal):
    """Random numbers of the normal distribution, within two standard deviations of the mean.

    The arguments are those of :class:`RandomNormal`.
    """

    def drawn(self, shape: Sequence[int]) -> tuple[str, float, float]:
        """Return what is drawn: normal numbers near the mean."""
        return "truncated_normal", self.mean, self.stddev


# The standard deviation of a standard normal number, given that it lies within (-2, 2).
_TRUNCATED_STDDEV = 0.87962566103423978


class VarianceScaling(_Random):
    """Random numbers whose variance is scale / fan, so that signals keep their size in a network.

    n stands for the fan. "uniform": evenly within sqrt(3 scale / n); else normal numbers.
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010; He, Zhang, Ren, Sun, arXiv:1502.01852.

    Args:
        scale: the variance times the fan.
        mode: the fan is the number of inputs ("fan_in"), of outputs ("fan_out"), or their mean
            ("fan_avg").
        distribution: "truncated_normal", "untruncated_normal" or "uniform".
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.

    Raises:
        ArgumentError: if the scale is not above 0.
        UnknownArgumentError: if there is no such mode or distribution.
    """

    @names_checked
    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        if scale <= 0:
            raise ArgumentError(f"scale is {scale}; it must be above 0.", op="VarianceScaling")
        self.scale = scale
        self.mode = one_of("mode", mode, ("fan_in", "fan_out", "fan_avg"))
        if distribution == "normal":
            distribution = "truncated_normal"
        kinds = ("truncated_normal", "untruncated_normal", "uniform")
        self.distribution = one_of("distribution", distribution, kinds)
        self.seed = seed

    def drawn(self, shape: Sequence[int]) -> tuple[str, float, float]:
        """Return what is drawn, for the fan of a shape."""
        fan_in, fan_out = fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            # A uniform number between -a and a has the variance a^2 / 3.
            limit = math.sqrt(3 * variance)
            return "uniform", -limit, limit
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            return "normal", 0.0, stddev
        return "truncated_normal", 0.0, stddev / _TRUNCATED_STDDEV


def fans(shape: Sequence[int]) -> tuple[float, float]:
    """Return how many inputs and outputs each output and input of a weight is connected to.

    The last two axes are inputs and outputs; axes before them (of a convolution's kernel) multiply
    both.
    """
    if len(shape) < 1:
        return 1.0, 1.0
    if len(shape) == 1:
        return float(shape[0]), float(shape[0])
    field = math.prod(shape[:-2])
    return float(shape[-2] * field), float(shape[-1] * field)


class _NamedScaling(VarianceScaling):
    """Base of variance scalings that go by a name.

    Args:
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.
    """

    settings: tuple[float, str, str]

    @names_checked
    def __init__(self, seed: int | None = None) -> None:
        super().__init__(*self.settings, seed=seed)


class GlorotUniform(_NamedScaling):
    """Uniform within sqrt(6 / (inputs + outputs)): for tanh, sigmoid and softmax.

    Glorot and Bengio, AISTATS 2010; also called Xavier, the first name of Glorot.
    """

    settings = (1.0, "fan_avg", "uniform")


class GlorotNormal(_NamedScaling):
    """Truncated normal with variance 2 / (inputs + outputs): for tanh, sigmoid and softmax.

    Glorot and Bengio, AISTATS 2010; also called Xavier, the first name of Glorot.
    """

    settings = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_NamedScaling):
    """Uniform within sqrt(6 / inputs): for relu.

    He, Zhang, Ren, Sun, "Delving deep into rectifiers", arXiv:1502.01852.
    """

    settings = (2.0, "fan_in", "uniform")


class HeNormal(_NamedScaling):
    """Truncated normal with variance 2 / inputs: for relu.

    He, Zhang, Ren, Sun, "Delving deep into rectifiers", arXiv:1502.01852.
    """

    settings = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_NamedScaling):
    """Uniform within sqrt(3 / inputs): for selu.

    LeCun, Bottou, Orr, Müller, "Efficient BackProp", 1998.
    """

    settings = (1.0, "fan_in", "uniform")


class LecunNormal(_NamedScaling):
    """Truncated normal with variance 1 / inputs: for selu.

    LeCun, Bottou, Orr, Müller, "Efficient BackProp", 1998.
    """

    settings = (1.0, "fan_in", "truncated_normal")


class Orthogonal(Initializer):
    """Matrices with orthonormal columns, or rows if there are more columns than rows, times gain.

    Saxe, McClelland, Ganguli, arXiv:1312.6120. The last axis is that of the columns.

    Args:
        gain: the length of each column, or row.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.gain = gain
        self.seed = seed

    def __call__(self, shape: Sequence[int], dtype: Any = "float32") -> Tensor:
        """Return such a matrix, in the given shape."""
        rows, columns = math.prod(shape[:-1]), shape[-1]
        drawn = ops.random.normal(
            (max(rows, columns), min(rows, columns)), dtype=dtype, seed=self.seed
        )
        matrix = orthonormal(drawn)
        whole = ops.reshape(matrix if rows >= columns else matrix.T, tuple(shape))
        return float(self.gain) * whole


INITIALIZERS: dict[str, Callable[[], Initial]] = {
    "zeros": Zeros,
    "zero": Zeros,
    "ones": Ones,
    "one": Ones,
    "constant": Constant,
    "identity": Identity,
    "uniform": RandomUniform,
    "random_uniform": RandomUniform,
    "normal": RandomNormal,
    "random_normal": RandomNormal,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal,
    "orthogonal": Orthogonal,
}


def get(identifier: Any) -> Initial:
    """Return an initializer by its name; a class is made, any other callable is itself.

    Raises:
        UnknownArgumentError: if there is none of the name.
    """
    return made("initializer", identifier, INITIALIZERS)
