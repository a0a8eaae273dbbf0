"""Cases, as in ``case_table``, of functions that are made of several ops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

import giulgi as gg
from graph.case_table import RANK_KNOWN
from graph.cases import (
    Case,
    above_one,
    axis_of,
    below_one,
    not_zero,
    of_inputs,
    of_shape,
    positive,
    real,
    reduction,
    shapes,
)
from graph.cases import elementwise as on_elements
from graph.checks import CONSTANT, SIZES, STATIC, each
from graph.order_table import ORDER
from graph.resizing_table import RESIZING


def composed(function: Any, meaning: Any, *domains: Any) -> Case:
    return Case(function.__name__, None, on_elements(function, meaning, *domains))


COMPOSITIONS = [
    composed(gg.square, lambda x: x**2, real),
    composed(gg.reciprocal, lambda x: 1 / x, not_zero),
    composed(gg.rsqrt, lambda x: x**-0.5, positive),
    composed(gg.log2, each(math.log2), positive),
    composed(gg.log10, each(math.log10), positive),
    composed(gg.logaddexp, lambda a, b: np.log(np.exp(a) + np.exp(b)), real, real),
    composed(gg.sinh, each(math.sinh), real),
    composed(gg.cosh, each(math.cosh), real),
    composed(gg.asinh, each(math.asinh), real),
    composed(gg.acosh, each(math.acosh), above_one),
    composed(gg.atanh, each(math.atanh), below_one),
    composed(gg.hypot, each(math.hypot), not_zero, not_zero),
    Case("clip", None, on_elements(lambda x: gg.clip(x, -1, 1), lambda x: np.clip(x, -1, 1), real)),
    composed(gg.nan_to_num, np.nan_to_num, real),
]


def var(draw: Any, size: Any) -> Any:
    axis = draw(st.none() | axis_of(len(size)))
    options = {"axis": axis, "correction": draw(st.sampled_from([0, 1])), "keepdims": True}
    return lambda x: gg.var(x, **options), lambda x: np.var(x, **options)


STATISTICS = [
    Case("mean", None, reduction(gg.mean, np.mean, least=1)),
    Case("var", None, of_shape(var, least=2, rank=1)),
    Case("std", None, reduction(gg.std, np.std, least=2, rank=1, whole=True)),
    Case("norm", None, reduction(gg.norm, np.linalg.norm, not_zero, least=1, whole=True)),
    Case(
        "logsumexp",
        None,
        reduction(gg.logsumexp, lambda x, **o: np.log(np.sum(np.exp(x), **o)), least=1),
    ),
]


def tile(draw: Any, size: Any) -> Any:
    counts = draw(st.lists(st.integers(0, 2), max_size=4))
    return lambda x: gg.tile(x, counts), lambda x: np.tile(x, counts)


def repeat(draw: Any, size: Any) -> Any:
    count, axis = draw(st.integers(0, 3)), draw(st.none() | axis_of(len(size)))
    return lambda x: gg.repeat(x, count, axis), lambda x: np.repeat(x, count, axis)


def roll(draw: Any, size: Any) -> Any:
    shift, axis = draw(st.integers(-4, 4)), draw(st.none() | axis_of(len(size)))
    return lambda x: gg.roll(x, shift, axis), lambda x: np.roll(x, shift, axis)


def stack(draw: Any, size: Any) -> Any:
    axis = draw(axis_of(len(size) + 1))
    return lambda x: gg.stack([x, 2 * x], axis), lambda x: np.stack([x, 2 * x], axis)


def triangle(draw: Any, size: Any) -> Any:
    k, lower = draw(st.integers(-2, 2)), draw(st.booleans())
    return (
        lambda x: (gg.tril if lower else gg.triu)(x, k),
        lambda x: (np.tril if lower else np.triu)(x, k),
    )


def diag(draw: Any, size: Any) -> Any:
    k = draw(st.integers(-4, 4))
    return lambda x: gg.diag(x[0], k), lambda x: np.diag(x[0], k)


def diagonal(draw: Any, size: Any) -> Any:
    offset, (axis1, axis2) = draw(st.integers(-4, 4)), draw(st.permutations(range(len(size))))[:2]
    options = {"offset": offset, "axis1": axis1, "axis2": axis2 - len(size)}
    return lambda x: gg.diagonal(x, **options), lambda x: np.diagonal(x, **options)


def trace(draw: Any, size: Any) -> Any:
    offset = draw(st.integers(-4, 4))
    return lambda x: gg.trace(x, offset), lambda x: np.trace(x, offset)


def diff(draw: Any, size: Any) -> Any:
    n, axis = draw(st.integers(0, 3)), draw(axis_of(len(size)))
    return lambda x: gg.diff(x, n, axis), lambda x: np.diff(x, n, axis)


def joined(draw: Any, rng: Any) -> Any:
    name = draw(st.sampled_from(["vstack", "hstack"]))
    size = draw(shapes())
    return (
        lambda a, b: getattr(gg, name)([a, b]),
        lambda a, b: getattr(np, name)([a, b]),
        real(rng, size),
        real(rng, size),
    )


def moveaxis(draw: Any, size: Any) -> Any:
    source, target = draw(axis_of(len(size))), draw(axis_of(len(size)))
    return lambda x: gg.moveaxis(x, source, target), lambda x: np.moveaxis(x, source, target)


def swapaxes(draw: Any, size: Any) -> Any:
    first, second = draw(axis_of(len(size))), draw(axis_of(len(size)))
    return lambda x: gg.swapaxes(x, first, second), lambda x: np.swapaxes(x, first, second)


MOVING = [
    Case("tile", None, of_shape(tile), RANK_KNOWN),
    Case("repeat", None, of_shape(repeat, rank=1), RANK_KNOWN),
    Case("roll", None, of_shape(roll, rank=1), RANK_KNOWN),
    Case("stack", None, of_shape(stack)),
    Case("diag", None, of_shape(diag, least=1, rank=2), RANK_KNOWN),
    Case("diagonal", None, of_shape(diagonal, rank=2), RANK_KNOWN),
    Case("trace", None, of_shape(trace, rank=2), RANK_KNOWN),
    Case("diff", None, of_shape(diff, rank=1), RANK_KNOWN),
    Case("vstack and hstack", None, of_inputs(joined), RANK_KNOWN),
    Case("tril and triu", None, of_shape(triangle, rank=2)),
    Case("moveaxis", None, of_shape(moveaxis, rank=1), RANK_KNOWN),
    Case("swapaxes", None, of_shape(swapaxes, rank=1), RANK_KNOWN),
]


def dot(draw: Any, rng: Any) -> Any:
    n = draw(st.integers(0, 3))
    a = draw(st.sampled_from([(n,), (2, n), (2, 3, n)]))
    b = draw(st.sampled_from([(n,), (n, 2), (3, n, 2)]))
    return gg.dot, np.dot, real(rng, a), real(rng, b)


def vectors(draw: Any, rng: Any) -> Any:
    n = draw(st.integers(0, 3))
    a = draw(st.sampled_from([(n,), (2, n), (3, 2, n)]))
    b = draw(st.sampled_from([(n,), (n, 2), (3, n, 2)]))
    return gg.matmul, np.matmul, real(rng, a), real(rng, b)


def tensordot(draw: Any, rng: Any) -> Any:
    n, m = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    a, b, axes = draw(
        st.sampled_from(
            [
                ((2, n, m), (n, m, 3), 2),
                ((2, n, m), (m, 3, n), ([1, -1], [-1, 0])),
                ((n, 2), (n, 3), (0, 0)),
                ((n,), (m, 2), 0),
            ]
        )
    )
    return (
        lambda a, b: gg.tensordot(a, b, axes),
        lambda a, b: np.tensordot(a, b, axes),
        real(rng, a),
        real(rng, b),
    )


FORMULAS = [
    "ij,jk->ik",
    "ij,jk",
    "ij->ji",
    "ij->",
    "i,j->ij",
    "bij,bjk->bik",
    "ij,kj->ikj",
    "ij,ij->i",
    "a,b,c->cab",
    "ij,jk,kl->il",
    "ijk,ik->jk",
    "bhqd,bhkd->bhqk",
]


def einsum(draw: Any, rng: Any) -> Any:
    formula = draw(st.sampled_from(FORMULAS))
    sizes = {letter: draw(st.integers(0, 3)) for letter in set(formula) if letter.isalpha()}
    terms = formula.partition("->")[0].split(",")
    return (
        lambda *xs: gg.einsum(formula, *xs),
        lambda *xs: np.einsum(formula, *xs),
        *(real(rng, [sizes[letter] for letter in term]) for term in terms),
    )


def outer(draw: Any, rng: Any) -> Any:
    return gg.outer, np.outer, real(rng, draw(shapes())), real(rng, draw(shapes()))


def vecdot(draw: Any, rng: Any) -> Any:
    size = draw(shapes(rank=1))
    axis = draw(axis_of(len(size)))
    return (
        lambda a, b: gg.vecdot(a, b, axis),
        lambda a, b: np.sum(a * b, axis),
        real(rng, size),
        real(rng, size),
    )


PRODUCTS = [
    Case("dot", None, of_inputs(dot), RANK_KNOWN),
    Case("matmul of vectors", None, of_inputs(vectors), RANK_KNOWN),
    Case("tensordot", None, of_inputs(tensordot), RANK_KNOWN),
    Case("einsum", None, of_inputs(einsum), RANK_KNOWN),
    Case("outer", None, of_inputs(outer)),
    Case("vecdot", None, of_inputs(vecdot)),
]


def mixed_index(draw: Any, size: Any) -> Any:
    places = np.array([[0, -1], [1, 1]])
    index = draw(
        st.sampled_from(
            [
                (0, slice(None), places),
                (slice(None), places, places.T),
                (places, slice(None), [0, 1]),
                (places, 1),
                (Ellipsis, None, 1),
                (slice(None, None, -1), [0, -1]),
                (places, None, 0, slice(1, None)),
            ]
        )
    )
    return lambda x: x[index], lambda x: x[index]


def gather_nd(draw: Any, rng: Any) -> Any:
    places = rng.integers(-2, 2, (3, draw(st.integers(1, 3))))
    return (
        lambda x: gg.gather_nd(x, places),
        lambda x: x[tuple(places.T)],
        real(rng, (2, 2, 2)),
    )


def masked(draw: Any, rng: Any) -> Any:
    mask = rng.random((2, 3)) < 0.5
    return lambda x: gg.boolean_mask(x, mask), lambda x: x[mask], real(rng, (2, 3, 2))


def linspace(draw: Any, rng: Any) -> Any:
    count, endpoint = draw(st.integers(0, 4)), draw(st.booleans())
    return (
        lambda a, b: gg.linspace(a, b, count, endpoint=endpoint, dtype="float64"),
        lambda a, b: np.linspace(a, b, count, endpoint=endpoint),
        real(rng, ()),
        real(rng, ()),
    )


def meshgrid(draw: Any, rng: Any) -> Any:
    indexing, which = draw(st.sampled_from(["xy", "ij"])), draw(st.integers(0, 2))
    return (
        lambda *xs: gg.meshgrid(*xs, indexing=indexing)[which],
        lambda *xs: np.meshgrid(*xs, indexing=indexing)[which],
        *(real(rng, (draw(st.integers(0, 3)),)) for _ in range(3)),
    )


PICKING = [
    Case("x[...]", None, of_shape(mixed_index, least=3, rank=3), (CONSTANT, STATIC, SIZES)),
    Case("gather_nd", None, of_inputs(gather_nd), RANK_KNOWN),
    Case("boolean_mask", None, of_inputs(masked), RANK_KNOWN, shape_is_known=False),
    Case("linspace", None, of_inputs(linspace)),
    Case("meshgrid", None, of_inputs(meshgrid)),
]

COMPOSED = [*COMPOSITIONS, *STATISTICS, *MOVING, *PRODUCTS, *PICKING, *ORDER, *RESIZING]
