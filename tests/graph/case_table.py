"""One case, or more, for every op through which gradients flow.

They are tried in all states of knowledge: value, dtype, shape, and the gradient to second order. A
new op has to be entered here, or in ``flat_table``: ``test_case_table`` sees to that.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import giulgi as gg
from giulgi.graph.ops import (
    casting,
    contraction,
    creation,
    elementwise,
    functions,
    identities,
    indexing,
    joining,
    logic,
    movement,
    reductions,
    slicing,
    state,
)
from giulgi.graph.ops.shape import build_shaped, sizes_of
from graph.cases import (
    Case,
    axes_of,
    axis_of,
    below_one,
    bools,
    broadcastable,
    cuts,
    distinct,
    eighths,
    not_zero,
    of_inputs,
    of_shape,
    positive,
    real,
    reduction,
    shapes,
)
from graph.cases import elementwise as on_elements
from graph.checks import CONSTANT, DATA, RANK, SIZES, STATIC, each
from graph.control_table import LOOPS
from graph.convolution_table import CONVOLUTIONS
from graph.pooling_table import POOLING
from graph.solving_table import SOLVING

RANK_KNOWN = (CONSTANT, STATIC, SIZES, DATA)


def one(op: Any, function: Any, meaning: Any, *domains: Any) -> Case:
    return Case(op.__name__, op, on_elements(function, meaning, *domains))


ARITHMETIC = [
    one(elementwise.Add, gg.add, np.add, real, real),
    one(elementwise.Subtract, gg.subtract, np.subtract, real, real),
    one(elementwise.Multiply, gg.multiply, np.multiply, real, real),
    one(elementwise.Divide, gg.divide, np.divide, real, not_zero),
    one(elementwise.Remainder, gg.remainder, lambda a, b: a - b * np.floor(a / b), real, not_zero),
    one(elementwise.Power, gg.power, np.power, positive, real),
    Case(
        "Power of negative numbers",
        elementwise.Power,
        on_elements(lambda x: x**3, lambda x: x * x * x, not_zero),
    ),
    one(elementwise.Maximum, gg.maximum, np.maximum, real, real),
    one(elementwise.Minimum, gg.minimum, np.minimum, real, real),
    one(elementwise.Negative, gg.negative, lambda x: 0 - x, not_zero),
    one(elementwise.Abs, gg.abs, lambda x: np.sqrt(x * x), not_zero),
    Case(
        "Cast",
        casting.Cast,
        on_elements(
            lambda x: gg.cast(gg.cast(x, "float32") * 3, "float64"), lambda x: 3 * x, eighths
        ),
        # As coarse as float32, which is exact for a straight line.
        step=2.0**-6,
    ),
]

FUNCTIONS = [
    one(functions.Exp, gg.exp, each(math.exp), real),
    one(functions.Expm1, gg.expm1, each(math.expm1), real),
    one(functions.Log, gg.log, each(math.log), positive),
    one(functions.Log1p, gg.log1p, each(math.log1p), below_one),
    one(functions.Sqrt, gg.sqrt, each(math.sqrt), positive),
    one(functions.Sin, gg.sin, each(math.sin), real),
    one(functions.Cos, gg.cos, each(math.cos), real),
    one(functions.Tan, gg.tan, each(math.tan), below_one),
    one(functions.Asin, gg.asin, each(math.asin), below_one),
    one(functions.Acos, gg.acos, each(math.acos), below_one),
    one(functions.Atan, gg.atan, each(math.atan), real),
    one(functions.Atan2, gg.atan2, each(math.atan2), not_zero, not_zero),
    one(functions.Tanh, gg.tanh, each(math.tanh), real),
    one(functions.Sigmoid, gg.sigmoid, each(lambda x: 1 / (1 + math.exp(-x))), real),
    one(functions.Erf, gg.erf, each(math.erf), real),
]


def choose(draw: Any, rng: Any) -> Any:
    size = draw(shapes())
    meaning = lambda c, a, b: a if c else b  # noqa: E731
    return logic.choose, meaning, bools(rng, ()), real(rng, size), real(rng, size)


CHOOSING = [
    one(logic.Where, gg.where, np.where, bools, real, real),
    Case("Choose", logic.Choose, of_inputs(choose)),
]


def reshape(draw: Any, size: Any) -> Any:
    wanted = list(reversed(size)) if draw(st.booleans()) else [1, *size]
    open_axis = draw(st.integers(-1, len(wanted) - 1))
    if open_axis >= 0 and math.prod(wanted[:open_axis] + wanted[open_axis + 1 :]) > 0:
        wanted[open_axis] = -1
    return lambda x: gg.reshape(x, wanted), lambda x: np.array(x.ravel()).reshape(wanted)


def transpose(draw: Any, size: Any) -> Any:
    order = draw(st.none() | st.permutations(range(len(size))))
    return lambda x: gg.transpose(x, order), lambda x: np.transpose(x, order)


def expand_dims(draw: Any, size: Any) -> Any:
    axes = draw(axes_of(len(size) + 1).filter(lambda axes: len(axes) < 2)) or (0, -1)
    return lambda x: gg.expand_dims(x, axes), lambda x: np.expand_dims(x, axes)


def squeeze(draw: Any, rng: Any) -> Any:
    size = draw(shapes(rank=1))
    axes = draw(axes_of(len(size)))
    size = tuple(
        1 if axis in axes or axis - len(size) in axes else dim for axis, dim in enumerate(size)
    )
    return lambda x: gg.squeeze(x, axes), lambda x: np.squeeze(x, axes), real(rng, size)


def broadcast(draw: Any, rng: Any) -> Any:
    met = draw(broadcastable(2))
    function = lambda x, like: gg.broadcast_to(x, gg.shape(like))  # noqa: E731
    return (
        lambda x, y: function(x, x + y),
        lambda x, y: x + 0 * y,
        *(real(rng, size) for size in met.input_shapes),
    )


def flip(draw: Any, size: Any) -> Any:
    axes = draw(axes_of(len(size)))
    return lambda x: gg.flip(x, axes), lambda x: np.flip(x, axes)


MOVEMENT = [
    Case("Reshape", movement.Reshape, of_shape(reshape)),
    Case("Transpose", movement.Transpose, of_shape(transpose)),
    Case("ExpandDims", movement.ExpandDims, of_shape(expand_dims)),
    Case("Squeeze", movement.Squeeze, of_inputs(squeeze)),
    Case("BroadcastTo", movement.BroadcastTo, of_inputs(broadcast)),
    Case("Flip", movement.Flip, of_shape(flip)),
]


def concat(draw: Any, rng: Any) -> Any:
    size = draw(shapes(rank=1))
    axis = draw(axis_of(len(size)))
    lengths = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    parts = []
    for length in lengths:
        own = list(size)
        own[axis] = length
        parts.append(real(rng, own))
    return lambda *xs: gg.concat(xs, axis), lambda *xs: np.concatenate(xs, axis), *parts


def part(draw: Any, rng: Any) -> Any:
    size = list(draw(shapes(rank=1)))
    axis = draw(axis_of(len(size)))
    sizes = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    size[axis] = sum(sizes)
    which = draw(st.integers(0, len(sizes) - 1))
    return (
        lambda x: gg.split(x, sizes, axis)[which],
        lambda x: np.split(x, np.cumsum(sizes)[:-1], axis)[which],
        real(rng, size),
    )


def equal_parts(draw: Any, rng: Any) -> Any:
    size = list(draw(shapes(rank=1)))
    axis, count = draw(axis_of(len(size))), draw(st.integers(1, 3))
    size[axis] *= count
    which = draw(st.integers(0, count - 1))
    return (
        lambda x: gg.split(x, count, axis)[which],
        lambda x: np.split(x, count, axis)[which],
        real(rng, size),
    )


JOINING = [
    Case("Concat", joining.Concat, of_inputs(concat)),
    Case("Part", joining.Part, of_inputs(part)),
    Case("Part of equal parts", joining.Part, of_inputs(equal_parts), RANK_KNOWN),
]


def cut(draw: Any, size: Any) -> Any:
    where = draw(cuts(size))
    return lambda x: x[where], lambda x: x[where]


def embed(draw: Any, rng: Any) -> Any:
    size = draw(shapes())
    where = draw(cuts(size))
    plain = tuple((c.start, c.stop, c.step or 1) for c in where)

    def meaning(x: np.ndarray) -> np.ndarray:
        whole = np.zeros(size)
        whole[where] = x
        return whole

    hole = np.zeros(size)[where].shape
    return lambda x: slicing.embed(x, size, plain), meaning, real(rng, hole)


def pad(draw: Any, size: Any) -> Any:
    widths = [(draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in size]
    value = draw(st.sampled_from([0.0, 1.5]))
    return (
        lambda x: gg.pad(x, widths, value),
        lambda x: np.pad(x, widths, constant_values=value),
    )


SLICING = [
    Case("Slice", slicing.Slice, of_shape(cut)),
    Case("Embed", slicing.Embed, of_inputs(embed)),
    Case("Pad", slicing.Pad, of_shape(pad, rank=1), RANK_KNOWN),
]


def places(draw: Any, size: int) -> np.ndarray:
    """Draw places along an axis: of any shape, repeated, negative."""
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
    return draw(hnp.arrays(np.int64, shape, elements=st.integers(-size, size - 1)))


def gather(draw: Any, rng: Any) -> Any:
    size = draw(shapes(least=1, rank=1))
    axis = draw(axis_of(len(size)))
    return (
        lambda x, i: gg.gather(x, i, axis),
        lambda x, i: np.take(x, i, axis),
        real(rng, size),
        places(draw, size[axis]),
    )


def scatter_add(draw: Any, rng: Any) -> Any:
    size = draw(shapes(least=1, rank=1))
    axis = draw(axis_of(len(size)))
    where = places(draw, size[axis])
    updates = np.take(np.zeros(size), where, axis)

    def meaning(updates: np.ndarray, where: np.ndarray) -> np.ndarray:
        whole = np.zeros(size)
        for place in np.ndindex(where.shape):
            front = (slice(None),) * (axis % len(size))
            whole[(*front, where[place])] += updates[(*front, *place)]
        return whole

    return (
        lambda x, i: gg.scatter_add(x, i, size, axis),
        meaning,
        real(rng, updates.shape),
        where,
    )


def along(draw: Any, rng: Any) -> Any:
    size = list(draw(shapes(least=1, rank=1)))
    axis = draw(axis_of(len(size)))
    taken = list(size)
    taken[axis] = draw(st.integers(0, 3))
    where = rng.integers(-size[axis], size[axis], taken)
    return size, axis, where


def take_along(draw: Any, rng: Any) -> Any:
    size, axis, where = along(draw, rng)
    return (
        lambda x, i: gg.take_along_axis(x, i, axis),
        lambda x, i: np.take_along_axis(x, i, axis),
        real(rng, size),
        where,
    )


def add_along(draw: Any, rng: Any) -> Any:
    size, axis, where = along(draw, rng)

    def meaning(updates: np.ndarray, where: np.ndarray) -> np.ndarray:
        whole = np.zeros(size)
        for place in np.ndindex(where.shape):
            target = list(place)
            target[axis] = where[place]
            whole[tuple(target)] += updates[place]
        return whole

    return (
        lambda x, i: build_shaped(indexing.AddAlong, tuple(size), x, i, axis=axis),
        meaning,
        real(rng, where.shape),
        where,
    )


INDEXING = [
    Case("Gather", indexing.Gather, of_inputs(gather)),
    Case("ScatterAdd", indexing.ScatterAdd, of_inputs(scatter_add)),
    Case("TakeAlong", indexing.TakeAlong, of_inputs(take_along)),
    Case("AddAlong", indexing.AddAlong, of_inputs(add_along)),
]


def sum_to(draw: Any, rng: Any) -> Any:
    met = draw(broadcastable(2))

    def meaning(x: np.ndarray, like: np.ndarray) -> np.ndarray:
        added = x.ndim - like.ndim
        stretched = [i + added for i, dim in enumerate(like.shape) if dim == 1]
        return x.sum(axis=tuple(stretched), keepdims=True).sum(axis=tuple(range(added)))

    return (
        lambda x, like: reductions.sum_to(x, sizes_of(like)),
        meaning,
        real(rng, met.result_shape),
        real(rng, met.input_shapes[0]),
    )


REDUCTIONS = [
    Case("Sum", reductions.Sum, reduction(gg.sum, np.sum)),
    Case("Prod", reductions.Prod, reduction(gg.prod, np.prod), slope_levels=RANK_KNOWN),
    Case("Prod of all", reductions.Prod, reduction(gg.prod, np.prod, whole=True)),
    Case("Max", reductions.Max, reduction(gg.max, np.max, distinct, least=1)),
    Case("Min", reductions.Min, reduction(gg.min, np.min, distinct, least=1)),
    Case("SumTo", reductions.SumTo, of_inputs(sum_to)),
]


def matmul(draw: Any, rng: Any) -> Any:
    met = draw(
        hnp.mutually_broadcastable_shapes(
            signature="(m,n),(n,p)->(m,p)", max_dims=2, min_side=0, max_side=3
        )
    )
    swap_a, swap_b = draw(st.booleans()), draw(st.booleans())
    a, b = (real(rng, size) for size in met.input_shapes)

    def laid_out(x: np.ndarray, swap: bool) -> np.ndarray:
        return np.swapaxes(x, -1, -2) if swap else x

    return (
        lambda a, b: gg.matmul(a, b, swap_a, swap_b),
        lambda a, b: np.einsum("...ij,...jk->...ik", laid_out(a, swap_a), laid_out(b, swap_b)),
        laid_out(a, swap_a),
        laid_out(b, swap_b),
    )


def arange(draw: Any, rng: Any) -> Any:
    count = draw(st.integers(0, 4))
    return (
        lambda start, step: gg.arange(start, start + step * (count - 0.5), step),
        lambda start, step: start + step * np.arange(count),
        real(rng, ()),
        not_zero(rng, ()),
    )


def assign(draw: Any, size: Any) -> Any:
    variable = gg.Variable(np.zeros(size))
    return lambda x: gg.assign(variable, x) * 2, lambda x: x * 2


OTHERS = [
    Case("MatMul", contraction.MatMul, of_inputs(matmul)),
    Case("Arange", creation.Arange, of_inputs(arange), shape_is_known=False),
    # A look does not assign, so that this one has no value as a constant.
    Case("Assign", state.Assign, of_shape(assign), levels=(), slope_levels=(STATIC, SIZES, RANK)),
    one(identities.Tag, lambda x: identities.tag(x, "a layer") * 2, lambda x: 2 * x, real),
    one(identities.Default, lambda x: gg.placeholder_with_default(x) * 2, lambda x: 2 * x, real),
]

CASES = [
    *ARITHMETIC,
    *FUNCTIONS,
    *CHOOSING,
    *LOOPS,
    *MOVEMENT,
    *JOINING,
    *SLICING,
    *INDEXING,
    *REDUCTIONS,
    *CONVOLUTIONS,
    *POOLING,
    *SOLVING,
    *OTHERS,
]
