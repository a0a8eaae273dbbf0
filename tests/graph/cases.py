"""How the cases of ``case_table`` are made: shapes, axes and numbers, drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from giulgi.graph.op import Op
from graph.checks import LEVELS, STEP

Domain = Callable[[np.random.Generator, Sequence[int]], np.ndarray]


@dataclass(frozen=True)
class Example:
    """A function of tensors, the same of arrays, and arrays to try both on."""

    function: Callable[..., Any]
    meaning: Callable[..., Any]
    arrays: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Case:
    """Examples of one op (or of a function made of several, then ``op`` is None).

    Attributes:
        name: how the test is called.
        op: the op that is tested.
        examples: the strategy that draws them.
        levels: the states of knowledge in which the function can be built.
        slope_levels: those in which its gradient can be built, too.
        shape_is_known: whether inputs of known shapes make a result of known shape.
        step: how far finite differences go.
    """

    name: str
    op: type[Op] | None
    examples: st.SearchStrategy[Example]
    levels: Sequence[str] = LEVELS
    slope_levels: Sequence[str] | None = None
    shape_is_known: bool = True
    step: float = STEP


# Numbers


def real(rng: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    return rng.uniform(-2, 2, shape)


def positive(rng: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    return rng.uniform(0.3, 2, shape)


def above_one(rng: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    return rng.uniform(1.2, 3, shape)


def below_one(rng: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    return rng.uniform(-0.8, 0.8, shape)


def not_zero(rng: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    return positive(rng, shape) * rng.choice([-1, 1], shape)


def distinct(rng: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """Numbers that are at least 0.1 apart, and from 0."""
    size = int(np.prod(shape))
    return (rng.permutation(size).reshape(shape) - size // 2 + 0.5) / 5


def eighths(rng: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """Numbers that float32 holds exactly."""
    return rng.integers(-16, 17, shape) / 8


def bools(rng: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    return rng.random(shape) < 0.5


# Shapes and axes

rngs = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def shapes(least: int = 0, rank: int = 0) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw shapes of up to three axes; ``least`` is their smallest size, ``rank`` of axes."""
    return hnp.array_shapes(min_dims=rank, max_dims=3, min_side=least, max_side=3)


def broadcastable(count: int) -> st.SearchStrategy[Any]:
    """Draw shapes that meet in one, and that one."""
    return hnp.mutually_broadcastable_shapes(
        num_shapes=count, min_dims=0, max_dims=3, min_side=0, max_side=3
    )


def axes_of(rank: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw some axes, each counted from the front or from the back."""
    chosen = st.lists(st.integers(0, rank - 1), unique=True) if rank else st.just([])
    return st.tuples(chosen, st.integers(0, 7)).map(
        lambda drawn: tuple(
            axis - rank if drawn[1] >> place & 1 else axis for place, axis in enumerate(drawn[0])
        )
    )


def axis_of(rank: int) -> st.SearchStrategy[int]:
    return st.integers(-rank, rank - 1)


def cuts(shape: Sequence[int]) -> st.SearchStrategy[tuple[slice, ...]]:
    """Draw slices forward along some first axes, also beyond the ends."""
    end = st.none() | st.integers(-4, 4)
    cut = st.builds(slice, end, end, st.sampled_from([None, 1, 2, 3]))
    return st.lists(cut, max_size=len(shape)).map(tuple)


# Examples of the usual kinds


@st.composite
def elementwise(draw: Any, function: Any, meaning: Any, *domains: Domain) -> Example:
    """Inputs that are broadcast."""
    met = draw(broadcastable(len(domains)))
    rng = draw(rngs)
    arrays = (domain(rng, shape) for domain, shape in zip(domains, met.input_shapes, strict=True))
    return Example(function, meaning, tuple(np.asarray(a) for a in arrays))


@st.composite
def reduction(
    draw: Any,
    function: Any,
    meaning: Any,
    domain: Domain = real,
    *,
    least: int = 0,
    rank: int = 0,
    whole: bool = False,
) -> Example:
    """One input, reduced along one axis, several, none or (``whole``: always) all."""
    shape = draw(shapes(least, rank))
    one = axis_of(len(shape)) if shape else st.nothing()
    axis = None if whole else draw(st.none() | one | axes_of(len(shape)))
    options = {"axis": axis, "keepdims": draw(st.booleans())}
    return Example(
        lambda x: function(x, **options),
        lambda x: meaning(x, **options),
        (np.asarray(domain(draw(rngs), shape)),),
    )


@st.composite
def of_shape(draw: Any, make: Any, *, least: int = 0, rank: int = 0) -> Example:
    """One input of floats; ``make(draw, shape)`` returns the function and its meaning."""
    shape = draw(shapes(least, rank))
    function, meaning = make(draw, shape)
    return Example(function, meaning, (np.asarray(real(draw(rngs), shape)),))


@st.composite
def of_inputs(draw: Any, make: Any) -> Example:
    """Inputs of any kind: ``make(draw, rng)`` returns function, meaning and arrays."""
    function, meaning, *arrays = make(draw, draw(rngs))
    return Example(function, meaning, tuple(np.asarray(a) for a in arrays))
