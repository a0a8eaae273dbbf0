"""Random programs: graphs of all kinds of operations, of any shape, with updates of variables.

Floats are kept small, so that an error does not grow along the way. What rounding can change is
told apart from what is exact: only of exact values a step, such as a comparison, may be taken, or
else it would fall to different sides.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

import giulgi as gg

from .checks import Trial

DTYPES = ["float32", "float32", "float64", "int32", "int64", "uint8", "bool"]
SMALL, LARGE = [0, 1, 1, 2, 3, 4, 5, 8, 17], [1, 3, 64, 200, 513]
# Worth several workers.
LARGE_SHAPES = [(513, 200), (64, 513, 3), (130_000,), (3, 200, 200), (64, 64), (200, 513)]


# How far results may be from the reference's: numbers of about 1, after some twenty operations.
ERRORS = {np.dtype(np.float32): 2e-4, np.dtype(np.float64): 1e-10}


@dataclass(frozen=True)
class Known:
    """A tensor, and how far its value may be off; 0: it has the same bits on every backend."""

    tensor: gg.Tensor
    error: float = 0.0

    @property
    def is_exact(self) -> bool:
        return self.error == 0

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape)

    @property
    def kind(self) -> str:
        return str(self.tensor.dtype.kind)


@dataclass
class Graph:
    """A program that is being drawn.

    Attributes:
        chance: decides.
        sizes: the sizes that axes may have.
        rng: makes the numbers that are fed.
        most: the most elements of a tensor.
    """

    chance: random.Random
    sizes: Sequence[int]
    rng: np.random.Generator
    most: int
    feeds: list[gg.Tensor] = field(default_factory=list)
    arrays: list[np.ndarray] = field(default_factory=list)
    values: list[tuple[gg.Variable, np.ndarray]] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)

    # Drawing

    def maybe(self) -> bool:
        return self.chance.random() < 0.5

    def between(self, low: int, high: int) -> int:
        return self.chance.randint(low, high)

    def one_of(self, choices: Sequence[Any]) -> Any:
        return self.chance.choice(list(choices))

    def shape(self) -> tuple[int, ...]:
        if self.sizes is LARGE and self.maybe():
            return self.one_of(LARGE_SHAPES)
        shape = [self.one_of(self.sizes) for _ in range(self.between(0, 3))]
        while math.prod(shape) > self.most:
            shape.pop()
        return tuple(shape)

    def numbers(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        if dtype == "bool":
            return self.rng.random(shape) < 0.5
        if dtype.startswith("float"):
            return self.rng.uniform(-2, 2, shape).astype(dtype)
        return self.rng.integers(0, 100, shape).astype(dtype)

    def fed(self, shape: tuple[int, ...], dtype: str, array: np.ndarray | None = None) -> gg.Tensor:
        x = gg.placeholder(dtype, shape)
        self.feeds.append(x)
        self.arrays.append(self.numbers(shape, dtype) if array is None else array)
        return x

    def leaf(self) -> Known:
        """Draw a placeholder, a variable, a constant or random numbers."""
        shape, dtype = self.shape(), self.one_of(DTYPES)
        what = self.one_of(["fed", "fed", "variable", "variable", "constant", "random"])
        if what == "variable":
            made = gg.Variable(np.zeros(shape, dtype))
            self.values.append((made, self.numbers(shape, dtype)))
            return Known(made)
        if what == "constant":
            return Known(gg.constant(self.numbers(shape, dtype)))
        if what == "random":
            return Known(gg.random.uniform(shape))
        return Known(self.fed(shape, dtype))

    def pick(self, wanted: Callable[[Known], bool] = lambda known: True) -> Known:
        """Draw one of the values so far; a new one, if none is as it is wanted."""
        fitting = [known for known in self.known if wanted(known)]
        if fitting:
            # Rather a late one, so that graphs grow deep.
            return fitting[max(self.chance.randrange(len(fitting)) for _ in range(2))]
        return Known(self.fed(self.shape(), "float32"))

    def numeric(self) -> Known:
        return self.pick(lambda known: known.kind != "b")

    def floats(self) -> Known:
        return self.pick(lambda known: known.kind == "f")

    def partner(self, x: Known, dtype: Any = None) -> Known:
        """Return a value that can be broadcast with another."""
        dtype = dtype or x.tensor.dtype
        fitting = [
            known
            for known in self.known
            if known.tensor.dtype == dtype and meets(known, x, self.most)
        ]
        if fitting and self.maybe():
            return self.one_of(fitting)
        shape = [n if self.maybe() else 1 for n in x.shape]
        return Known(self.fed(tuple(shape[self.between(0, len(shape)) :]), str(dtype)))

    def axis(self, x: Known) -> int:
        return self.between(-len(x.shape), len(x.shape) - 1)


def of(tensor: gg.Tensor, *inputs: Known) -> Known:
    """Return the result of an operation that adds no error of its own."""
    return Known(tensor, max(known.error for known in inputs))


def rounded(tensor: gg.Tensor, *inputs: Known) -> Known:
    """Return the result of an operation that backends round differently."""
    own = ERRORS[np.dtype(tensor.dtype)]
    return Known(tensor, max(own, *(known.error for known in inputs)))


def meets(a: Known, b: Known, most: int) -> bool:
    try:
        return math.prod(np.broadcast_shapes(a.shape, b.shape)) <= most
    except ValueError:
        return False


# Operations: each draws its inputs and returns a new value, or None if there is nothing to do


def arithmetic(g: Graph) -> Known | None:
    a = g.numeric()
    b = g.partner(a)
    if a.kind == "f":
        how = g.one_of([lambda a, b: (a + b) * 0.5, lambda a, b: (a - b) * 0.5,
                        lambda a, b: a * b * 0.25, gg.maximum, gg.minimum,
                        lambda a, b: a / (1 + gg.abs(b))])  # fmt: skip
    else:
        how = g.one_of([gg.add, gg.subtract, gg.multiply, gg.maximum, gg.floor_divide,
                        gg.remainder, gg.bitwise_xor, gg.bitwise_right_shift])  # fmt: skip
    return of(how(a.tensor, b.tensor), a, b)


def function(g: Graph) -> Known | None:
    x = g.floats()
    how = g.one_of([gg.tanh, gg.sigmoid, gg.sin, gg.cos, gg.erf, gg.atan,
                    lambda x: gg.exp(-gg.abs(x)), lambda x: gg.log1p(gg.abs(x)),
                    lambda x: gg.sqrt(gg.abs(x) + 1)])  # fmt: skip
    return rounded(how(x.tensor), x)


def comparison(g: Graph) -> Known | None:
    a = g.pick(lambda known: known.is_exact)
    b = g.partner(a)
    if not b.is_exact:
        return None
    return Known(g.one_of([gg.less, gg.less_equal, gg.equal, gg.not_equal])(a.tensor, b.tensor))


def rounding(g: Graph) -> Known | None:
    x = g.pick(lambda known: known.is_exact and known.kind == "f")
    if not x.is_exact:
        return None
    return Known(g.one_of([gg.floor, gg.sign, gg.round, gg.negative])(x.tensor))


def casting(g: Graph) -> Known | None:
    x = g.pick()
    dtype = g.one_of(DTYPES)
    if x.kind == "f" and not dtype.startswith("float"):
        return Known(gg.cast(gg.abs(x.tensor) * 10, dtype)) if x.is_exact else None
    cast = gg.cast(x.tensor, dtype)
    # From large integers back to small floats.
    small = gg.remainder(cast, 2) if x.kind in "iu" and dtype.startswith("float") else cast
    return of(small, x)


def choosing(g: Graph) -> Known | None:
    condition = g.pick(lambda known: known.kind == "b")
    if condition.kind != "b":
        return None
    x = g.partner(condition, g.one_of(["float32", "int64"]))
    y = g.partner(x)
    if not meets(Known(gg.where(condition.tensor, x.tensor, 0)), y, g.most):
        return None
    return of(gg.where(condition.tensor, x.tensor, y.tensor), x, y)


def moving(g: Graph) -> Known | None:
    x = g.pick()
    tensor, shape = x.tensor, x.shape
    how = g.one_of(["transpose", "flip", "slice", "reshape", "broadcast", "pad", "expand"])
    if how == "transpose":
        tensor = gg.transpose(tensor, g.chance.sample(range(len(shape)), len(shape)))
    elif how == "flip" and shape:
        tensor = gg.flip(tensor, g.axis(x))
    elif how == "slice" and shape:
        start, step = g.between(0, 3), g.between(1, 3)
        axis = g.between(0, len(shape) - 1)
        tensor = tensor[(slice(None),) * axis + (slice(start, None, step),)]
    elif how == "reshape":
        size = math.prod(shape)
        first = g.one_of([n for n in range(1, 9) if size % n == 0])
        tensor = gg.reshape(
            tensor, g.one_of([(size,), (first, size // first), (size // first, first)])
        )
    elif how == "broadcast" and math.prod(shape) * 3 <= g.most:
        tensor = gg.broadcast_to(tensor, (3, *shape))
    elif how == "pad" and shape and math.prod(shape) <= g.most // 4:
        widths = [(g.between(0, 2), g.between(0, 2)) for _ in shape]
        tensor = gg.pad(tensor, widths)
    else:
        tensor = gg.expand_dims(tensor, 0) if len(shape) < 4 else tensor
    return of(tensor, x)


def joining(g: Graph) -> Known | None:
    x = g.pick(lambda known: bool(known.shape))
    if not x.shape or math.prod(x.shape) * 2 > g.most:
        return None
    axis = g.between(0, len(x.shape) - 1)
    fitting = [
        other
        for other in g.known
        if other.tensor.dtype == x.tensor.dtype
        and len(other.shape) == len(x.shape)
        and all(
            m == n for i, (m, n) in enumerate(zip(other.shape, x.shape, strict=True)) if i != axis
        )
    ]
    others = [g.one_of([*fitting, x]) for _ in range(g.between(1, 2))]
    parts = [x, *others]
    return of(gg.concat([known.tensor for known in parts], axis), *parts)


def reducing(g: Graph) -> Known | None:
    x = g.pick()
    axes = tuple(axis for axis in range(len(x.shape)) if g.maybe()) if g.maybe() else None
    keep = g.maybe()
    count = math.prod(x.shape if axes is None else [x.shape[axis] for axis in axes])
    if x.kind == "b":
        return Known(g.one_of([gg.any, gg.all])(x.tensor, axes, keepdims=keep))
    if x.kind == "f":
        if not count or g.maybe():
            return rounded(gg.sum(x.tensor, axes, keepdims=keep) / max(count, 1), x)
        return of(g.one_of([gg.max, gg.min])(x.tensor, axes, keepdims=keep), x)
    how = g.one_of([gg.sum, gg.prod, *([gg.max, gg.min] if count else [])])
    return Known(how(x.tensor, axes, keepdims=keep))


def finding(g: Graph) -> Known | None:
    x = g.pick(lambda known: known.is_exact and 0 not in known.shape and bool(known.shape))
    if not x.shape or 0 in x.shape or not x.is_exact:
        return None
    return Known(g.one_of([gg.argmax, gg.argmin])(x.tensor, g.axis(x)))


def multiplying(g: Graph) -> Known | None:
    x = g.pick(lambda known: known.kind == "f" and len(known.shape) >= 2 and 0 not in known.shape)
    if len(x.shape) < 2 or 0 in x.shape:
        return None
    dtype = str(x.tensor.dtype)
    swapped = g.maybe()
    inner = x.shape[-2] if swapped else x.shape[-1]
    columns = g.one_of([n for n in g.sizes if n])
    batch = x.shape[:-2] if g.maybe() else ()
    fitting = [
        known
        for known in g.known
        if known.tensor.dtype == x.tensor.dtype
        and known.shape[:-1] == (*batch, inner)
        and known.shape[-1]
    ]
    if fitting and g.maybe():
        other = g.one_of(fitting)
    else:
        other = Known(g.fed((*batch, inner, columns), dtype))
    product = gg.matmul(x.tensor, other.tensor, swapped) / (2 * inner)
    return rounded(product, x, other) if math.prod(product.shape) <= g.most else None


def gathering(g: Graph) -> Known | None:
    x = g.pick(lambda known: bool(known.shape) and 0 not in known.shape)
    if not x.shape or 0 in x.shape:
        return None
    axis = g.axis(x)
    size = x.shape[axis]
    how = g.one_of(["gather", "along", "scatter", "constant"])
    if how == "along":
        shape = list(x.shape)
        shape[axis] = g.one_of([1, 2, 3])
        places = g.rng.integers(-size, size, shape)
        if math.prod(shape) > g.most:
            return None
        tensor = gg.take_along_axis(x.tensor, g.fed(tuple(shape), "int64", places), axis)
    elif how == "scatter":
        if x.kind == "b":
            return None
        places = g.rng.integers(-4, 4, size)
        target = list(x.shape)
        target[axis] = 4
        updates = x.tensor / size if x.kind == "f" else x.tensor
        tensor = gg.scatter_add(updates, g.fed((size,), "int64", places), target, axis)
    else:
        shape = g.one_of([(), (1,), (3,), (2, 2)])
        if math.prod(x.shape) // size * math.prod(shape) > g.most:
            return None
        places = g.rng.integers(-size, size, shape).astype("int32")
        i = gg.constant(places) if how == "constant" else g.fed(shape, "int32", np.asarray(places))
        tensor = gg.gather(x.tensor, i, axis)
    return of(tensor, x)


OPERATIONS = [
    arithmetic, arithmetic, function, function, comparison, rounding, casting, choosing,
    moving, moving, joining, reducing, reducing, finding, multiplying, gathering,
]  # fmt: skip


@st.composite
def programs(draw: Any, *, large: bool = False) -> tuple[Trial, list[float]]:
    """Draw a program, and how far each of its results (fetches, then variables) may be off.

    A number decides all but the length, so that hypothesis can leave out what comes after a fault.
    """
    seed = draw(st.integers(0, 2**32 - 1).map(lambda n: n * 2654435761 % 2**32))
    length = draw(st.sampled_from([1, 2, 4, 8, 12] if large else [1, 3, 6, 10, 20, 30]))
    sizes, most = (LARGE, 140_000) if large else (SMALL, 2_000)
    g = Graph(random.Random(seed), sizes, np.random.default_rng(seed), most)
    g.known = [g.leaf() for _ in range(g.between(2, 6))]
    for _ in range(length):
        made = g.one_of(OPERATIONS)(g)
        if made is not None:
            g.known.append(made)
    fetched = [g.pick() for _ in range(g.between(2, 6))]
    # What came last, too: it has all the rest below it.
    fetched.append(g.known[-1])
    updates = [pair for pair in (_update(g, v) for v, _ in g.values) if pair is not None]
    trial = Trial(
        [known.tensor for known in fetched],
        g.feeds,
        g.arrays,
        [(variable, known.tensor) for variable, known in updates],
        g.values,
    )
    errors = {variable: known.error for variable, known in updates}
    return trial, [*(known.error for known in fetched), *(errors.get(v, 0) for v, _ in g.values)]


def _update(g: Graph, variable: gg.Variable) -> tuple[gg.Variable, Known] | None:
    """Draw a new value of a variable: something that fits, perhaps another variable; or none."""
    if g.between(0, 3) == 0:
        return None
    fitting = [
        known
        for known in g.known
        if known.tensor.dtype == variable.dtype
        and known.tensor is not variable
        and meets_in(known, variable.shape)
    ]
    new = g.one_of(fitting) if fitting else Known(variable)
    tensor = new.tensor
    if tuple(tensor.shape) != tuple(variable.shape):
        tensor = gg.broadcast_to(tensor, variable.shape)
    how = g.one_of(["as it is", "added", "mixed", "mixed", "flipped", "transposed"])
    if how == "added" and variable.dtype.kind == "f":
        tensor = (variable + tensor) * 0.5
    elif how == "mixed" and variable.dtype.kind == "f" and variable.shape:
        tensor = (tensor + variable - gg.flip(variable, -1)) / 3
    elif how == "flipped" and variable.shape:
        tensor = gg.flip(tensor, 0)
    elif how == "transposed" and len(variable.shape) == 2 and len(set(variable.shape)) == 1:
        tensor = gg.transpose(tensor)
    return variable, of(tensor, new)


def meets_in(known: Known, shape: Sequence[int]) -> bool:
    try:
        return np.broadcast_shapes(known.shape, tuple(shape)) == tuple(shape)
    except ValueError:
        return False
