"""Random numbers that are functions of a seed and a position, not of order or threads.

Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011
(doi:10.1145/2063384.2063405): Philox 4x32 with ten rounds. A block of four numbers is a keyed,
scrambled counter. Here each of its words has 32 bits, and

* the counter is (block low, block high xor seed high, run low, run high),
* the key is (seed low, stream),

with low and high the halves of a number of 64 bits: block b holds the elements 4 b to 4 b + 3,
every run of a program has a number, every random node a stream of its own. A seed counts modulo
2^64. Two seeds whose low halves are equal never share a counter, up to 2^34 elements.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from giulgi.errors import ArgumentError
from giulgi.graph.dtypes import (
    DEFAULT_FLOAT,
    DType,
    as_dtype,
    float64,
    is_float,
    is_integer,
    uint32,
)
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.functions import cos, log, log1p, sqrt
from giulgi.graph.ops.joining import concat
from giulgi.graph.ops.leaves import TensorLike, constant, known_value
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.shape import Shaped, Sizes, as_sizes, build_shaped, sizes_of
from giulgi.graph.shapes import size_of
from giulgi.graph.tensor import Tensor

__all__ = [
    "bernoulli",
    "normal",
    "randint",
    "truncated_normal",
    "uniform",
]

Array = np.ndarray[Any, Any]

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


def philox(counter: Sequence[Any], key: tuple[int, int]) -> list[Array]:
    """Return Philox 4x32-10: four uint32 arrays, scrambled from four words of counters.

    Args:
        counter: four arrays (or numbers) of words below 2^32.
        key: two words below 2^32.
    """
    c0, c1, c2, c3 = (np.asarray(c, np.uint64) for c in counter)
    for round_number in range(_ROUNDS):
        k0, k1 = (
            np.uint64((k + round_number * step) & 0xFFFFFFFF)
            for k, step in zip(key, _KEY_STEPS, strict=True)
        )
        product0, product1 = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (
            (product1 >> _32) ^ c1 ^ k0,
            product1 & _LOW,
            (product0 >> _32) ^ c3 ^ k1,
            product0 & _LOW,
        )
    return [np.asarray(c, np.uint32) for c in (c0, c1, c2, c3)]


def _halves(number: int) -> tuple[int, int]:
    """Return the low and the high half of a number of 64 bits."""
    return number & 0xFFFFFFFF, (number >> 32) & 0xFFFFFFFF


def random_words(count: int, seed: int, stream: int, run: int) -> Array:
    """Return ``count`` random uint32 of a stream, for one run of a program."""
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    (seed_low, seed_high), (run_low, run_high) = _halves(seed), _halves(run)
    counter = [blocks & _LOW, (blocks >> _32) ^ np.uint64(seed_high), run_low, run_high]
    words = philox(counter, (seed_low, stream & 0xFFFFFFFF))
    return np.stack(np.broadcast_arrays(*words), axis=-1).reshape(-1)[:count]


@dataclass(frozen=True)
class RandomBits(Shaped):
    """Random uint32 of a shape.

    Attributes:
        stream: which of the independent streams.
        seed: a seed of its own, or None for the seed of the storage it runs in.
        number: tells draws of the same stream apart, before and after ``gg.set_seed``.
    """

    pure: ClassVar[bool] = False
    random: ClassVar[bool] = True

    stream: int
    seed: int | None
    number: int

    def infer_dtype(self, *dtypes: DType) -> DType:
        return uint32

    def numpy(self, shape: Array | None = None, *, seed: int = 0, run: int = 0) -> Array:
        """Draw, given the seed of the storage and the number of the run."""
        sizes = self.concrete_shape(shape)
        own = seed if self.seed is None else self.seed
        return random_words(size_of(sizes), own, self.stream, run).reshape(sizes)

    def gradient(self, dy: Tensor, y: Tensor, *shape: Tensor) -> tuple[None, ...]:
        return tuple(None for _ in shape)

    def formula(self, *inputs: str) -> str:
        shape = inputs[0] if self.shape is None else str(self.shape)
        own = "" if self.seed is None else f", seed={self.seed}"
        return f"random_bits({shape}, stream={self.stream}{own})"

    def __reduce__(self) -> Any:
        # A copy draws other numbers, unless it has a seed of its own.
        return _copied_bits, (self.attributes(),)


def _copied_bits(attributes: dict[str, Any]) -> RandomBits:
    return redrawn(RandomBits(**attributes))


_streams = itertools.count(1)
_numbers = itertools.count(1)


def restart_streams() -> None:
    """Number the streams of random nodes from the beginning again, for a run to be repeated."""
    global _streams
    _streams = itertools.count(1)


def _bits(shape: Sizes, seed: int | None) -> Tensor:
    seed = None if seed is None else _whole(seed, "seed")
    # A seed of one's own makes the numbers: they are the same wherever it is given.
    stream, number = (next(_streams), next(_numbers)) if seed is None else (0, 0)
    return build_shaped(RandomBits, shape, stream=stream, seed=seed, number=number)


def _whole(value: Any, what: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise ArgumentError(f"{what} is a whole number, not {value!r}.", fix="int(...)") from None


def redrawn(op: RandomBits) -> RandomBits:
    """Return an op that draws other numbers; the same one, if it has a seed of its own."""
    if op.seed is not None:
        return op
    return replace(op, stream=next(_streams), number=next(_numbers))


def _unit(shape: Sizes, dtype: DType, seed: int | None) -> Tensor:
    """Return floats from 0 up to, not including, 1: as many random bits as the fraction holds."""
    if dtype != float64:
        return cast(_bits(shape, seed) >> 8, dtype) * 2.0**-24
    pair = _bits(_with_axis(shape, 2), seed)
    high, low = pair[0], pair[1]
    return (cast(high >> 5, dtype) * 2.0**26 + cast(low >> 6, dtype)) * 2.0**-53


def _with_axis(shape: Sizes, first: int) -> Sizes:
    if isinstance(shape, tuple):
        return (first, *shape)
    return concat([constant([first], shape.dtype), shape])


def _float_dtype(dtype: Any) -> DType:
    kind = as_dtype(dtype)
    if not is_float(kind):
        raise ArgumentError(f"random floats cannot be {kind.name}.", fix="dtype='float32'")
    return kind


# What a user calls, as gg.random.*


def uniform(
    shape: Any = (),
    low: TensorLike = 0.0,
    high: TensorLike = 1.0,
    dtype: Any = DEFAULT_FLOAT,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Floats spread evenly over low <= x < high (high itself only where x is rounded to it).

    Args:
        shape: the shape; sizes known only when fed may be tensors.
        low: the lower end, broadcast to the shape.
        high: the upper end, broadcast to the shape.
        dtype: float32 or float64.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.
        name: a name for printing.

    Raises:
        ArgumentError: if low is above high, as far as both are known; or if the dtype is no float.
    """
    kind = _float_dtype(dtype)
    y = _unit(as_sizes(shape), kind, seed)
    is_unit = all(isinstance(end, (int, float)) for end in (low, high)) and (low, high) == (0, 1)
    if not is_unit:
        low, high = constant(low, kind), constant(high, kind)
        ends = known_value(low), known_value(high)
        if ends[0] is not None and ends[1] is not None and (ends[0] > ends[1]).any():
            raise ArgumentError(
                "the lower end is above the upper end.",
                op="uniform",
                arguments=[("low", f"{ends[0]}"), ("high", f"{ends[1]}")],
                fix="exchange low and high",
            )
        y = y * (high - low) + low
    return y if name is None else Tensor(y.node, name)


def normal(
    shape: Any = (),
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: Any = DEFAULT_FLOAT,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Floats of the normal distribution.

    Box and Muller (1958): of two uniform numbers u, v, sqrt(-2 ln(1 - u)) cos(2 pi v).

    Args:
        shape: the shape; sizes known only when fed may be tensors.
        mean: the mean, broadcast to the shape.
        stddev: the standard deviation, broadcast to the shape.
        dtype: float32 or float64.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.
        name: a name for printing.
    """
    kind = _float_dtype(dtype)
    pair = _unit(_with_axis(as_sizes(shape), 2), kind, seed)
    radius = sqrt(-2.0 * log1p(-pair[0]))
    y = radius * cos((2 * math.pi) * pair[1]) * constant(stddev, kind) + constant(mean, kind)
    return y if name is None else Tensor(y.node, name)


def truncated_normal(
    shape: Any = (),
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: Any = DEFAULT_FLOAT,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Floats of the normal distribution within two standard deviations of the mean.

    By inversion: the normal quantile of a uniform number between Phi(-2) and Phi(2).
    """
    kind = _float_dtype(dtype)
    edge = math.erf(2 / math.sqrt(2))
    unit = _unit(as_sizes(shape), kind, seed)
    y = math.sqrt(2) * _inverse_erf((2 * unit - 1) * edge)
    y = y * constant(stddev, kind) + constant(mean, kind)
    return y if name is None else Tensor(y.node, name)


# Giles, "Approximating the erfinv function", GPU Computing Gems (2012): polynomials in
# w = -ln(1 - x^2), near the middle (w < 5) and towards the ends; relative error below 4e-7.
_NEAR = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
    -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
_FAR = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
    -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip


def _polynomial(x: Tensor, coefficients: Sequence[float]) -> Tensor:
    """Return the polynomial by Horner's rule, the highest power's coefficient first."""
    y: Any = coefficients[0]
    for coefficient in coefficients[1:]:
        y = y * x + coefficient
    return constant(y)


def _inverse_erf(x: Tensor) -> Tensor:
    w = -log((1 - x) * (1 + x))
    near = _polynomial(w - 2.5, _NEAR)
    far = _polynomial(sqrt(where(w < 5, 5, w)) - 3, _FAR)
    return where(w < 5, near, far) * x


def bernoulli(
    p: TensorLike, shape: Any = None, dtype: Any = "bool", seed: int | None = None
) -> Tensor:
    """True with probability p (in another dtype: 1), else False (0).

    Args:
        p: the probability, broadcast to the shape.
        shape: the shape; None: that of p.
        dtype: the dtype of the result.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.

    Raises:
        ArgumentError: if p is known, and not between 0 and 1.
    """
    p = constant(p, DEFAULT_FLOAT)
    known = known_value(p)
    if known is not None and not ((known >= 0) & (known <= 1)).all():
        raise ArgumentError(
            f"a probability lies between 0 and 1; p is {known}.",
            op="bernoulli",
            fix="of percentages p / 100; of logits gg.sigmoid(p)",
        )
    sizes = sizes_of(p) if shape is None else as_sizes(shape)
    return cast(_unit(sizes, DEFAULT_FLOAT, seed) < p, dtype)


def randint(
    low: int, high: int, shape: Any = (), dtype: Any = "int64", seed: int | None = None
) -> Tensor:
    """Whole numbers with low <= x < high, all equally likely.

    A 64-bit random number is taken modulo the range; for a range of n the bias is below n / 2^64.

    Args:
        low: the lowest number.
        high: the one above the highest.
        shape: the shape; sizes known only when fed may be tensors.
        dtype: the dtype of the result.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.

    Raises:
        ArgumentError: if there is no such number, or if the dtype does not hold all of them.
    """
    low, high, kind = _whole(low, "low"), _whole(high, "high"), as_dtype(dtype)
    if high <= low:
        raise ArgumentError(f"no whole number is >= {low} and < {high}.", op="randint")
    if is_integer(kind) and not np.iinfo(kind).min <= low < high <= np.iinfo(kind).max + 1:
        raise ArgumentError(
            f"{kind.name} does not hold all numbers from {low} to {high - 1}.",
            op="randint",
            fix="dtype='int64'",
        )
    pair = cast(_bits(_with_axis(as_sizes(shape), 2), seed), "uint64")
    wide = (pair[0] << 32) | pair[1]
    offset = cast(wide % (high - low), "int64")
    return cast(offset + low, kind)
