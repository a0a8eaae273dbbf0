"""Cases, as in ``case_table``, of the ops through which no gradient flows; and why none does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

import giulgi as gg
from giulgi.graph.ops import elementwise, functions, identities, leaves, logic, reductions, state
from giulgi.graph.ops.factoring import Orthonormal, orthonormal
from giulgi.graph.ops.indexing import NonZero
from giulgi.graph.ops.pooling import GreatestTap
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.ops.shape import ShapeOf, SizeOf
from giulgi.graph.ops.sorting import ArgSort
from graph.case_table import RANK_KNOWN
from graph.cases import (
    Case,
    Domain,
    Example,
    axis_of,
    bools,
    eighths,
    not_zero,
    of_inputs,
    of_shape,
    real,
    reduction,
)
from graph.cases import elementwise as on_elements
from graph.checks import each
from graph.order_table import ARGSORT
from graph.pooling_table import GREATEST
from graph.solving_table import ORIENTATION


def flat(op: Any, function: Any, meaning: Any, *domains: Domain) -> Case:
    return Case(op.__name__, op, on_elements(function, meaning, *domains), slope_levels=())


def whole(rng: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    return rng.integers(-9, 10, shape)


def few(rng: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    return rng.integers(0, 5, shape)


ON_ELEMENTS = [
    flat(elementwise.FloorDivide, gg.floor_divide, np.floor_divide, eighths, not_zero),
    flat(elementwise.Sign, gg.sign, lambda x: (x > 0) * 1.0 - (x < 0), eighths),
    flat(functions.Floor, gg.floor, each(math.floor), eighths),
    flat(functions.Ceil, gg.ceil, each(math.ceil), eighths),
    flat(functions.Trunc, gg.trunc, each(math.trunc), eighths),
    flat(functions.Round, gg.round, each(round), eighths),
    flat(logic.Equal, lambda a, b: a == b, np.equal, eighths, eighths),
    flat(logic.NotEqual, lambda a, b: a != b, np.not_equal, eighths, eighths),
    flat(logic.Less, lambda a, b: a < b, np.less, eighths, eighths),
    flat(logic.LessEqual, lambda a, b: a <= b, np.less_equal, eighths, eighths),
    flat(logic.BitwiseAnd, lambda a, b: a & b, np.bitwise_and, whole, whole),
    flat(logic.BitwiseOr, lambda a, b: a | b, np.bitwise_or, whole, whole),
    flat(logic.BitwiseXor, lambda a, b: a ^ b, np.bitwise_xor, whole, whole),
    flat(logic.BitwiseInvert, lambda x: ~x, np.invert, bools),
    flat(logic.ShiftLeft, lambda a, b: a << b, np.left_shift, whole, few),
    flat(logic.ShiftRight, lambda a, b: a >> b, np.right_shift, whole, few),
    flat(identities.StopGradient, gg.stop_gradient, np.array, real),
]


def place_of(name: str) -> st.SearchStrategy[Example]:
    def make(draw: Any, shape: Any) -> Any:
        options = {"axis": draw(axis_of(len(shape))), "keepdims": draw(st.booleans())}
        return (
            lambda x: getattr(gg, name)(x, **options),
            lambda x: getattr(np, name)(x, **options),
        )

    return of_shape(make, least=1, rank=1)


def shape_of(draw: Any, shape: Any) -> Any:
    return gg.shape, lambda x: np.array(x.shape, np.int64)


def size_of(draw: Any, shape: Any) -> Any:
    return gg.size, lambda x: np.int64(x.size)


def nonzero(draw: Any, shape: Any) -> Any:
    return lambda x: gg.nonzero(x > 0), lambda x: np.nonzero(x > 0)


def columns(draw: Any, rng: Any) -> Any:
    rows = draw(st.integers(1, 4))
    matrix = rng.normal(size=(rows, draw(st.integers(1, rows)))) + np.eye(rows)[:, :1]

    def meaning(x: Any) -> Any:
        """Gram and Schmidt: of each column what is not along those before."""
        found: list[Any] = []
        for column in x.T:
            left = column - sum(q * (q @ column) for q in found)
            found.append(left / np.linalg.norm(left))
        return np.stack(found, axis=1)

    return orthonormal, meaning, matrix


OF_SHAPES = [
    Case("Orthonormal", Orthonormal, of_inputs(columns), slope_levels=()),
    Case("AnyOf", reductions.AnyOf, reduction(gg.any, np.any, bools), slope_levels=()),
    Case("AllOf", reductions.AllOf, reduction(gg.all, np.all, bools), slope_levels=()),
    Case("Argmax", reductions.Argmax, place_of("argmax"), slope_levels=()),
    Case("Argmin", reductions.Argmin, place_of("argmin"), slope_levels=()),
    Case("ShapeOf", ShapeOf, of_shape(shape_of), slope_levels=()),
    Case("SizeOf", SizeOf, of_shape(size_of), slope_levels=()),
    Case("NonZero", NonZero, of_shape(nonzero, rank=1), RANK_KNOWN, (), shape_is_known=False),
]

FLAT = [*ON_ELEMENTS, *OF_SHAPES, GREATEST, ARGSORT, ORIENTATION]

NO_INPUT = "it has no input"
STEPS = "its slope is 0 wherever it has one"
NO_FLOAT = "its inputs or its result are no floats"
# Why the other ops have no gradient.
WITHOUT_GRADIENT: dict[Any, str] = {
    leaves.Constant: NO_INPUT,
    leaves.Placeholder: NO_INPUT,
    state.ReadVariable: NO_INPUT,
    RandomBits: NO_INPUT,
    identities.StopGradient: "it is there to stop gradients",
    Orthonormal: "it is for first values",
    ORIENTATION.op: "a matrix turns space over or it does not",
    ArgSort: NO_FLOAT,
    elementwise.FloorDivide: STEPS,
    elementwise.Sign: STEPS,
    functions.Floor: STEPS,
    functions.Ceil: STEPS,
    functions.Trunc: STEPS,
    functions.Round: STEPS,
    logic.Equal: NO_FLOAT,
    logic.NotEqual: NO_FLOAT,
    logic.Less: NO_FLOAT,
    logic.LessEqual: NO_FLOAT,
    logic.BitwiseAnd: NO_FLOAT,
    logic.BitwiseOr: NO_FLOAT,
    logic.BitwiseXor: NO_FLOAT,
    logic.BitwiseInvert: NO_FLOAT,
    logic.ShiftLeft: NO_FLOAT,
    logic.ShiftRight: NO_FLOAT,
    reductions.AnyOf: NO_FLOAT,
    reductions.AllOf: NO_FLOAT,
    reductions.Argmax: NO_FLOAT,
    reductions.Argmin: NO_FLOAT,
    ShapeOf: NO_FLOAT,
    SizeOf: NO_FLOAT,
    NonZero: NO_FLOAT,
    GreatestTap: NO_FLOAT,
}
