"""What the tests of the graph share.

A function of tensors is tried in all states of knowledge: its inputs may be constants, fed with
known shapes, fed with unknown sizes, fed with unknown rank, or have sizes that depend on data and
are not known even when a program is made. Always the value must be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis.extra import numpy as hnp

import giulgi as gg
from giulgi.graph.shapes import could_be

# What is known of the inputs while the graph is built, from all to least.
CONSTANT, STATIC, SIZES, RANK, DATA = "constant", "static", "sizes", "rank", "data"
LEVELS = (CONSTANT, STATIC, SIZES, RANK, DATA)

# A power of two, with directions that are multiples of 1/8: no rounding in x + step * direction.
STEP = 2.0**-17


def quick(examples: int) -> Any:
    """Settings for hypothesis: always the same few examples."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


class Inputs:
    """Arrays as tensors at one level of knowledge.

    Attributes:
        fed: the placeholders (none for constants), to be fed with the arrays.
        tensors: what a function is applied to.
    """

    def __init__(self, arrays: Sequence[Any], level: str) -> None:
        self.arrays = [np.asarray(array) for array in arrays]
        self.fed = [] if level == CONSTANT else [_placeholder(a, level) for a in self.arrays]
        if level == CONSTANT:
            self.tensors = [gg.constant(array) for array in self.arrays]
        elif level == DATA:
            self.tensors = [
                _of_hidden_length(x, array) for x, array in zip(self.fed, self.arrays, strict=True)
            ]
        else:
            self.tensors = self.fed

    @property
    def feeds(self) -> dict[gg.Tensor, np.ndarray]:
        return dict(zip(self.fed, self.arrays, strict=bool(self.fed)))


def _placeholder(array: np.ndarray, level: str) -> gg.Tensor:
    shapes = {SIZES: (None,) * array.ndim, RANK: None}
    return gg.placeholder(array.dtype, shapes.get(level, array.shape), name="x")


def _of_hidden_length(x: gg.Tensor, array: np.ndarray) -> gg.Tensor:
    """Return all of x by way of a mask: how much a mask keeps is known once it is computed."""
    if not array.ndim:
        return x
    return gg.boolean_mask(x, np.ones(array.shape[0], bool))


def check_value(
    function: Callable[..., Any],
    arrays: Sequence[Any],
    expected: Any,
    *,
    level: str,
    rtol: float = 0,
    atol: float = 0,
    shape_is_known: bool = True,
) -> None:
    """Check value, dtype and shape of a function (of one or several results) at a level."""
    inputs = Inputs(arrays, level)
    results = function(*inputs.tensors)
    several = isinstance(results, (list, tuple))
    pairs = zip(results, expected, strict=True) if several else [(results, expected)]
    for result, wanted in pairs:
        wanted = np.asarray(wanted)
        value = result.numpy(inputs.feeds)
        assert value.dtype == wanted.dtype == result.dtype
        assert could_be(result.known_shape, value.shape)
        if level in (CONSTANT, STATIC) and shape_is_known:
            assert result.known_shape == value.shape
        np.testing.assert_allclose(value, wanted, rtol=rtol, atol=atol, strict=True)


def check_at_all_levels(
    function: Callable[..., Any],
    arrays: Sequence[Any],
    expected: Any,
    *,
    levels: Sequence[str] = LEVELS,
    **tolerance: Any,
) -> None:
    """Check value, dtype and shape of a function in every state of knowledge of its inputs."""
    for level in levels:
        check_value(function, arrays, expected, level=level, **tolerance)


def check_gradient(
    function: Callable[..., gg.Tensor],
    arrays: Sequence[Any],
    *,
    level: str,
    order: int = 1,
    step: float = STEP,
    rng: np.random.Generator,
) -> None:
    """Check the gradients by all inputs of floats against central differences.

    The result is made one number by random weights, and the inputs move in a random direction.
    For the second order the slope in one direction is itself differentiated in another.
    """
    inputs = Inputs(arrays, level)
    floats = [i for i, array in enumerate(inputs.arrays) if array.dtype.kind == "f"]
    y = function(*inputs.tensors)
    weights = _eighths(rng, gg.Program([y], inputs.fed)(*inputs.arrays)[0].shape)
    value = gg.sum(y * weights)
    for _ in range(order - 1):
        value, _ = _slope(value, inputs, floats, rng)
    slope, direction = _slope(value, inputs, floats, rng)
    program = gg.Program([value, slope], inputs.fed)

    def moved_by(amount: float) -> float:
        moved = list(inputs.arrays)
        for i in floats:
            moved[i] = moved[i] + amount * direction[i]
        return float(program(*moved)[0])

    at, told = program(*inputs.arrays)
    measured = (moved_by(step) - moved_by(-step)) / (2 * step)
    np.testing.assert_allclose(told, measured, rtol=2e-5, atol=2e-7 * (1 + abs(float(at))))


def _slope(
    value: gg.Tensor, inputs: Inputs, floats: Sequence[int], rng: np.random.Generator
) -> tuple[gg.Tensor, dict[int, np.ndarray]]:
    """Return the slope of a number in a random direction of the inputs, and the direction."""
    direction = {i: _eighths(rng, inputs.arrays[i].shape) for i in floats}
    found = gg.gradients(value, [inputs.fed[i] for i in floats])
    slope = gg.constant(np.float64(0))
    for i, gradient in zip(floats, found, strict=True):
        assert gradient.dtype == inputs.arrays[i].dtype
        assert could_be(gradient.known_shape, inputs.arrays[i].shape)
        slope = slope + gg.sum(gradient * direction[i])
    return slope, direction


def _eighths(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.integers(-8, 9, shape) / 8


def gradient_of(function: Callable[..., gg.Tensor], *xs: Any, by: int = 0, order: int = 1) -> Any:
    """Return the gradient of the sum of a function's result by one of its inputs, in float64."""
    tensors = [gg.constant(np.asarray(x, np.float64)) for x in xs]
    # Inputs of equal value are one node; here they are to be different ones.
    tensors = [gg.stop_gradient(x) if i == by else x for i, x in enumerate(tensors)]
    y = function(*tensors)
    for _ in range(order):
        y = gg.gradients(y, tensors[by])
    return y.numpy()


def each(function: Callable[..., float]) -> Callable[..., np.ndarray]:
    """Return a function of Python numbers, such as ``math.exp``, as one of arrays of float64."""
    return np.vectorize(function, otypes=[np.float64])


def values(dtype: Any, shape: Any = (3, 4)) -> Any:
    """Draw arrays over the whole range of a dtype: NaN, infinities, zeros of both signs."""
    return hnp.arrays(dtype, shape, elements=hnp.from_dtype(np.dtype(dtype)))


def check_same(result: gg.Tensor, expected: Any) -> None:
    """Check that value, dtype and shape are exactly those of an array."""
    value = result.numpy()
    expected = np.asarray(expected)
    assert value.dtype == expected.dtype
    np.testing.assert_array_equal(value, expected, strict=True)
