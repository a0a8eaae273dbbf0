"""Random numbers, which repeat under ``tf.set_random_seed`` and under seeds of their own."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph, is_eager
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import as_results, operation
from giulgi.compat.tensorflow.math.arguments import kind, known_elements, numbers, sizes, static
from giulgi.compat.tensorflow.math.layouts import layout
from giulgi.compat.tensorflow.math.seeded import (
    Stream,
    bell,
    cut_bell,
    even,
    name_of,
    operations_before,
    whole,
)
from giulgi.compat.tensors.dtypes import as_dtype, float32
from giulgi.compat.tensors.tensor import Converted, Tensor, as_expression, as_tensor
from giulgi.tree import flatten

_LOW = 0xFFFFFFFF
# What stands for the seed of the graph where only an operation has one.
_NO_GRAPH_SEED = 87654321
#: More numbers than these giulgi draws itself, faster, and others than TensorFlow's.
MOST_BY_PYTHON = 16_000_000


def seeds_of(seed: Any = None, before: int = 0) -> tuple[int, int] | None:
    """Return the seed of the graph and that of an operation; None where neither has one.

    Under a seed of the graph an operation without one of its own takes its place in the graph, so
    that each draws other numbers, and the same ones when the graph is built again.

    Args:
        seed: the operation's own.
        before: how many operations TensorFlow makes for its arguments.
    """
    graph = get_default_graph()
    if seed is None and graph.seed is None:
        return None
    if seed is None and graph.is_eager:
        own = next_seed(graph)
    elif seed is None:
        own = operations_before(graph) + before
    else:
        own = int(numbers(seed, "a seed"))
    whole = _NO_GRAPH_SEED if graph.seed is None else graph.seed
    return (whole, own) if whole or own else (0, 2**31 - 1)


def next_seed(graph: Any) -> int:
    """Return the seed of the next operation that has none, of a program that computes at once."""
    known = graph.notes.get("seeds")
    if known is None or known[0] != graph.seed:
        known = graph.notes["seeds"] = (graph.seed, random.Random(graph.seed))
    return int(known[1].randint(0, 2**31 - 1))


def stream_of(graph: Any, seeds: tuple[int, int], draw: Callable[..., Any]) -> Stream:
    """Return what an operation draws; the same seeds go on where a program computes at once."""
    if not graph.is_eager:
        return Stream(seeds, draw)
    places = graph.notes.setdefault("streams", {})
    key = (seeds, name_of(draw))
    return Stream(seeds, draw, places.setdefault(key, WeakKeyDictionary()))


def own_seed(seed: Any = None) -> int | None:
    """Return the seeds of an operation as one for giulgi's random numbers; None: there is none."""
    # In each round of a loop other numbers are drawn: there seeds have no meaning.
    found = None if get_default_graph().is_in_a_loop else seeds_of(seed)
    return None if found is None else ((found[0] & _LOW) << 32) | (found[1] & _LOW)


def _drawn_as_then(
    draw: Callable[..., Any], shape: Any, dtype: Any, seed: Any, arguments: int
) -> Tensor | None:
    """Return what TensorFlow draws for the seeds; None where there are none, or too much is asked.

    Args:
        draw: makes the numbers.
        shape: the shape.
        dtype: the dtype, float32 or int32.
        seed: the operation's own seed.
        arguments: how many operations TensorFlow makes for arguments that are numbers.
    """
    known = sizes(shape)
    is_known = isinstance(known, tuple) and all(isinstance(n, int) for n in known)
    if get_default_graph().is_in_a_loop or (is_known and math.prod(known) > MOST_BY_PYTHON):
        return None
    seeds = seeds_of(seed, arguments)
    if seeds is None:
        return None
    stream = stream_of(get_default_graph(), seeds, draw)
    if is_known:
        made = host_operation("RandomStream", partial(stream, known), [], [(dtype, known)])
    else:
        several = known_elements(known) if isinstance(known, gg.Tensor) else known
        declared = several and [n if isinstance(n, int) else None for n in several]
        made = host_operation("RandomStream", stream, [as_tensor(shape)], [(dtype, declared)])
    return made.outputs[0]


def _made(
    type: str,
    name: str | None,
    drawn: Tensor | None,
    plain: Callable[[], gg.Tensor],
    combine: Callable[[gg.Tensor], gg.Tensor],
    *given: Any,
) -> Any:
    """Return an operation of numbers that were drawn, or else are giulgi's own."""
    leaves = flatten(list(given))[0]
    inputs = [as_tensor(x) for x in leaves if isinstance(x, (Tensor, Converted))]
    if drawn is not None:
        inputs.append(drawn)
    unit = settled(plain()) if drawn is None else drawn.expression
    return as_results(type, name, inputs, combine(unit))


def settled(drawn: gg.Tensor) -> gg.Tensor:
    """Return what is drawn; where a program computes at once, the numbers."""
    if not is_eager() or drawn.node.symbolic:
        return drawn
    from giulgi.compat.eager.lazy import values

    return gg.constant(values([drawn.node])[0], copy=False)


def _uniform(*args: Any) -> gg.Tensor:
    return settled(gg.random.uniform(*args))


def _constants(*values: Any) -> int:
    """Return how many of some arguments are numbers, and no tensors."""
    return sum(not isinstance(value, (Tensor, Converted, gg.Tensor)) for value in values)


def _normal(type: str, draw: Callable[..., Any], plain: Any, *paths: str) -> Callable[..., Any]:
    def apply(
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = float32,
        seed: Any = None,
        name: str | None = None,
    ) -> Any:
        own = kind(dtype)
        drawn = None
        if own == np.float32:
            count = _constants(shape, mean, stddev)
            drawn = _drawn_as_then(draw, shape, own, seed, count)
        middle, wide = _number(mean, own), _number(stddev, own)
        return _made(
            type, name, drawn,
            lambda: plain(sizes(shape), 0.0, 1.0, own, own_seed(seed)),
            lambda unit: unit * wide + middle,
            shape, mean, stddev,
        )  # fmt: skip

    apply.__name__ = type
    apply.__doc__ = plain.__doc__
    return exported(*paths)(apply)


def _number(value: Any, dtype: Any) -> gg.Tensor:
    return gg.cast(as_expression(value), dtype)


random_normal = _normal("random_normal", bell, gg.random.normal, "random_normal", "random.normal")
truncated_normal = _normal(
    "truncated_normal", cut_bell, gg.random.truncated_normal,
    "truncated_normal", "random.truncated_normal",
)  # fmt: skip


@exported("random_uniform", "random.uniform")
def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Return evenly distributed numbers from minval up to, not including, maxval."""
    declared = as_dtype(dtype)
    if declared.is_integer:
        if maxval is None:
            raise ValueError("Must specify maxval for integer dtype")
        return _whole_numbers(shape, minval, maxval, declared.numpy_dtype, seed, name)
    own = declared.numpy_dtype
    most = 1.0 if maxval is None else maxval
    drawn = None
    if own == np.float32:
        drawn = _drawn_as_then(even, shape, own, seed, _constants(shape, minval, most))
    low, high = (_number(v, own) for v in (minval, most))
    return _made(
        "random_uniform", name, drawn,
        lambda: _uniform(sizes(shape), 0.0, 1.0, own, own_seed(seed)),
        lambda unit: unit * (high - low) + low,
        shape, minval, most,
    )  # fmt: skip


def _whole_numbers(shape: Any, low: Any, high: Any, dtype: Any, seed: Any, name: str | None) -> Any:
    known = [static(v) for v in (low, high)]
    ends = [int(v.ravel()[0]) for v in known if v is not None and v.size == 1]
    drawn = None
    if len(ends) == 2 and dtype == np.int32:
        draw = partial(whole, low=ends[0], high=ends[1])
        drawn = _drawn_as_then(draw, shape, dtype, seed, _constants(shape, low, high))

    def plain() -> gg.Tensor:
        if len(ends) == 2:
            return gg.random.randint(ends[0], ends[1], sizes(shape), dtype, own_seed(seed))
        unit = _uniform(sizes(shape), 0.0, 1.0, "float64", own_seed(seed))
        least, most = (gg.cast(as_expression(v), "float64") for v in (low, high))
        return gg.cast(gg.floor(unit * (most - least)) + least, dtype)

    return _made("random_uniform_int", name, drawn, plain, lambda x: x, shape, low, high)


@layout("random_shuffle", "random.shuffle", type="RandomShuffle", texts=("value",))
def random_shuffle(value: Any, seed: Any = None, name: str | None = None) -> gg.Tensor:
    """Return the parts of a tensor along its first axis in a random order."""
    x = as_expression(value)
    keys = _uniform([gg.size(x, 0)], 0.0, 1.0, "float64", own_seed(seed))
    return gg.gather(x, gg.argsort(keys))


@operation("random_crop", "image.random_crop", "random.random_crop", type="random_crop")
def random_crop(value: Any, size: Any, seed: Any = None, name: str | None = None) -> gg.Tensor:
    """Return a part of a tensor, of a given size, from a random place."""
    x = as_expression(value)
    wanted = sizes(size)
    if isinstance(wanted, gg.Tensor):
        wanted = tuple(wanted[i] for i in range(x.ndim))
    first = own_seed(seed)
    for axis, (count, size) in enumerate(zip(wanted, x.shape, strict=True)):
        if isinstance(count, int) and count in (-1, size):
            continue
        room = gg.cast(gg.size(x, axis) - count + 1, "float64")
        drawn = _uniform((), 0.0, 1.0, "float64", None if first is None else first + axis)
        place = gg.cast(gg.floor(drawn * room), "int64")
        x = gg.gather(x, place + gg.arange(count), axis)
    return x


@operation("multinomial", "random.multinomial", "random.categorical", type="Multinomial")
def multinomial(
    logits: Any,
    num_samples: Any,
    seed: Any = None,
    name: str | None = None,
    output_dtype: Any = None,
    dtype: Any = None,
) -> gg.Tensor:
    """Return for each row of logits the numbers of drawn classes.

    The class of the greatest logit - log(-log(u)) is drawn with its probability (Gumbel).
    """
    x = gg.cast(as_expression(logits), "float64")
    count = as_expression(num_samples)
    many = [gg.size(x, 0), sizes(count)[0] if count.known_shape == () else count, gg.size(x, 1)]
    unit = _uniform(many, 1e-300, 1.0, "float64", own_seed(seed))
    noise = -gg.log(-gg.log(unit))
    own = output_dtype if dtype is None else dtype
    return gg.cast(
        gg.argmax(gg.expand_dims(x, 1) + noise, 2), kind("int64" if own is None else own)
    )


@exported("random.get_seed", "get_seed")
def get_seed(op_seed: Any) -> tuple[int | None, int | None]:
    """Return the seed of the graph, and that of an operation."""
    graph = get_default_graph()
    if graph.seed is None:
        return (None, None) if op_seed is None else (_NO_GRAPH_SEED, op_seed)
    return graph.seed, graph.size if op_seed is None else op_seed


# By Python, with NumPy's generators


def _generator(seed: int | None) -> np.random.Generator:
    return np.random.default_rng(seed)


def _drawn(type: str, shape: Any, dtype: Any, seed: Any, draw: Any, given: Any, name: Any) -> Any:
    """Return what one of NumPy's generators draws; it goes on from run to run."""
    generator = _generator(own_seed(seed))
    made = host_operation(
        type, lambda *values: draw(generator, *values), given, [(dtype, shape)], name
    )
    return made.outputs[0]


@exported("random_gamma", "random.gamma")
def random_gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Return numbers of gamma distributions, a block of the shape for each alpha."""
    front = tuple(numbers(shape, "shape")) if not isinstance(shape, int) else (shape,)
    form, rate = np.broadcast_arrays(
        np.asarray(_static(alpha)), np.asarray(1.0 if beta is None else _static(beta))
    )
    return _drawn(
        "RandomGamma", (*front, *form.shape), dtype, seed,
        lambda generator: generator.gamma(form, 1 / rate, (*front, *form.shape)), [], name,
    )  # fmt: skip


@exported("random_poisson", "random.poisson")
def random_poisson(
    lam: Any = None, shape: Any = (), dtype: Any = float32, seed: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Return numbers of Poisson distributions, a block of the shape for each mean."""
    front = tuple(numbers(shape, "shape")) if not isinstance(shape, int) else (shape,)
    mean = np.asarray(_static(lam))
    return _drawn(
        "RandomPoisson", (*front, *mean.shape), dtype, seed,
        lambda generator: generator.poisson(mean, (*front, *mean.shape)), [], name,
    )  # fmt: skip


def _static(value: Any) -> Any:
    known = static(value)
    if known is None:
        raise NotImplementedError("the numbers of this distribution must be known, not fed")
    return known


# By the seed alone


def _stateless(path: str, draw: Any) -> None:
    def apply(shape: Any, seed: Any, *args: Any, **kwargs: Any) -> Any:
        first, second = numbers(seed, "the seed")
        options = {key: value for key, value in kwargs.items() if key != "name"}
        whole = ((first & _LOW) << 32) | (second & _LOW)
        return _drawn_by(draw, shape, whole, args, options)

    apply.__name__ = path
    apply.__doc__ = "Return random numbers that depend on the seed, of two numbers, alone."
    exported(f"random.{path}")(apply)


def _drawn_by(draw: Any, shape: Any, seed: int, args: Any, options: dict[str, Any]) -> Any:
    """Return what one generator of NumPy begins with, for a seed."""
    dtype = as_dtype(options.pop("dtype", float32))
    sizes_ = tuple(numbers(shape, "shape"))
    array = draw(np.random.default_rng(seed), sizes_, *args, **options)
    return as_tensor(np.asarray(array, dtype.numpy_dtype))


def _even(generator: Any, shape: Any, minval: Any = 0, maxval: Any = 1) -> Any:
    return generator.uniform(minval, maxval, shape)


def _bell(generator: Any, shape: Any, mean: Any = 0.0, stddev: Any = 1.0) -> Any:
    return generator.normal(mean, stddev, shape)


def _cut_bell(generator: Any, shape: Any, mean: Any = 0.0, stddev: Any = 1.0) -> Any:
    found = generator.normal(size=shape)
    while (far := np.abs(found) > 2).any():
        found[far] = generator.normal(size=int(far.sum()))
    return found * stddev + mean


_stateless("stateless_uniform", _even)
_stateless("stateless_normal", _bell)
_stateless("stateless_truncated_normal", _cut_bell)
