"""Every op of the table: its meaning and shape at all levels of knowledge, and its gradients."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given

import giulgi as gg
from giulgi.graph import dtypes
from giulgi.graph.node import build, topological
from giulgi.graph.op import Op
from giulgi.graph.ops import indexing, joining, logic, movement, slicing
from graph.case_table import CASES
from graph.cases import Case, rngs
from graph.checks import CONSTANT, LEVELS, STATIC, Inputs, check_gradient, check_value, quick
from graph.composed_table import COMPOSED
from graph.flat_table import FLAT, NO_INPUT, STEPS, WITHOUT_GRADIENT

ALL = [*CASES, *FLAT, *COMPOSED]


def subclasses(op: type[Op]) -> set[type[Op]]:
    """Return all ops of the package that derive from one, and that nothing derives from."""
    below = [sub for sub in op.__subclasses__() if sub.__module__.startswith("giulgi.graph.")]
    return set().union(*(subclasses(sub) for sub in below)) if below else {op}


def test_every_op_has_a_case_or_a_reason_to_have_none():
    told = {case.op for case in CASES} | set(WITHOUT_GRADIENT)
    assert subclasses(Op) == told
    assert not {case.op for case in CASES} & set(WITHOUT_GRADIENT)
    with_inputs = {op for op, why in WITHOUT_GRADIENT.items() if why != NO_INPUT}
    assert {case.op for case in FLAT} == with_inputs


@pytest.mark.parametrize("case", [*CASES, *FLAT], ids=lambda case: case.name)
def test_a_case_is_about_its_op(case: Case):
    seen = set()

    @quick(10)
    @given(case.examples)
    def look(example):
        for level in case.levels or case.slope_levels:
            inputs = Inputs(example.arrays, level)
            ys = example.function(*inputs.tensors)
            ends = [y.node for y in (ys if isinstance(ys, tuple) else [ys])]
            seen.update(type(node.op) for node in topological(ends))

    look()
    assert case.op in seen


def pairs(which):
    return [
        pytest.param(case, level, id=f"{case.name}-{level}")
        for case, level in itertools.product(ALL, LEVELS)
        if level in which(case)
    ]


@pytest.mark.parametrize(("case", "level"), pairs(lambda case: case.levels))
def test_value_dtype_and_shape(case: Case, level: str):
    @quick(10)
    @given(case.examples)
    def check(example):
        check_value(
            example.function,
            example.arrays,
            example.meaning(*example.arrays),
            level=level,
            rtol=1e-13,
            atol=1e-14,
            shape_is_known=case.shape_is_known,
        )

    check()


# Ops that move elements, whatever these are. (Arithmetic over all dtypes is tested by family.)
MOVING = [
    movement.Reshape,
    movement.Transpose,
    movement.ExpandDims,
    movement.Squeeze,
    movement.Flip,
    joining.Concat,
    joining.Part,
    slicing.Slice,
    indexing.Gather,
    indexing.TakeAlong,
    logic.Where,
    logic.Choose,
]


def _as_numbers(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return np.rint(8 * array).astype(np.int64).astype(dtype)


@pytest.mark.parametrize("dtype", dtypes.ALL, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("case", [c for c in CASES if c.op in MOVING], ids=lambda c: c.name)
def test_elements_of_every_dtype_are_moved(case: Case, dtype):
    @quick(4)
    @given(case.examples)
    def check(example):
        arrays = [_as_numbers(a, dtype) if a.dtype.kind == "f" else a for a in example.arrays]
        check_value(example.function, arrays, example.meaning(*arrays), level=STATIC)

    check()


def slope_levels(case: Case):
    levels = case.levels if case.slope_levels is None else case.slope_levels
    return [level for level in levels if level != CONSTANT]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("case", "level"), pairs(slope_levels))
def test_gradient_against_finite_differences(case: Case, level: str, order: int):
    @quick(6 if level == STATIC else 3)
    @given(case.examples, rngs)
    def check(example, rng):
        check_gradient(
            example.function, example.arrays, level=level, order=order, step=case.step, rng=rng
        )

    check()


@pytest.mark.parametrize("op", [op for op, why in WITHOUT_GRADIENT.items() if why == STEPS])
def test_no_gradient_flows_through_steps(op):
    x = gg.placeholder("float64", (3,), name="x")
    y = build(op(), *(x, x + 1)[: len(op.argument_names(2))])
    assert gg.gradients(y, x, unconnected="none") is None
    assert gg.gradients(y, x).numpy({x: [1, 2, 3]}).tolist() == [0, 0, 0]
