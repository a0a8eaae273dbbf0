"""Comparing, choosing, bits; and that what is not chosen does no harm."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import giulgi as gg
from giulgi.errors import DTypeError, ShapeError
from giulgi.graph import dtypes
from giulgi.graph.ops import choose
from graph.checks import check_at_all_levels, check_same, gradient_of, quick, values

named = {"ids": lambda value: getattr(value, "name", None)}


@pytest.mark.parametrize("dtype", dtypes.ALL, **named)
@pytest.mark.parametrize(
    "name", ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
)
def test_comparisons_as_numpy(name, dtype):
    @quick(8)
    @given(values(dtype, (3, 1)), values(dtype, (2,)))
    def check(a, b):
        b[0] = a[0, 0]  # So that some are equal.
        check_same(getattr(gg, name)(a, b), getattr(np, name)(a, b))

    check()


@pytest.mark.parametrize("op", [operator.and_, operator.or_, operator.xor])
@pytest.mark.parametrize("dtype", [dtypes.bool_, *dtypes.INTEGERS], **named)
def test_bits_as_numpy(op, dtype):
    @quick(8)
    @given(values(dtype), values(dtype))
    def check(a, b):
        check_same(op(gg.constant(a), b), op(a, b))
        check_same(~gg.constant(a), ~a)

    check()


@quick(30)
@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, 40))
def test_shifts_as_python(number, places):
    x = gg.constant(number, "int32")
    wrapped = ((number << places) + 2**31) % 2**32 - 2**31
    assert int(x << places) == wrapped
    assert int(x >> places) == number >> places


def test_logic_of_numbers():
    a, b = np.array([0.0, 2.0, -1.0, np.nan]), np.array([1, 0, 3, 0])
    for name in ("logical_and", "logical_or", "logical_xor"):
        check_same(getattr(gg, name)(a, b), getattr(np, name)(a, b))
    check_same(gg.logical_not(a), np.logical_not(a))


@pytest.mark.parametrize("function", [gg.bitwise_and, gg.bitwise_or, gg.bitwise_xor])
def test_bits_of_floats_are_refused(function):
    with pytest.raises(DTypeError, match="for bools and integers, not for float32"):
        function(gg.constant(1.0), gg.constant(2.0))


def test_shifting_bools_is_refused():
    with pytest.raises(DTypeError, match="no meaning for dtype bool"):
        gg.constant(True) << True


def test_where_broadcasts_all_three():
    condition, a, b = np.array([[True], [False]]), np.array([1.0, 2.0, 3.0]), np.array(0.0)
    check_at_all_levels(gg.where, [condition, a, b], np.where(condition, a, b))


def test_where_takes_a_condition_of_numbers():
    check_same(gg.where([0, 3, -1], 1.0, 2.0), np.float32([2, 1, 1]))


def test_where_with_a_known_condition_becomes_the_chosen_one():
    x = gg.placeholder("float32", (3,))
    assert gg.where(True, x, 0).node is x.node
    assert gg.where(False, x, 0).known_shape == (3,)
    assert gg.where(False, x, 0).numpy({x: [1, 2, 3]}).tolist() == [0, 0, 0]


def test_what_where_does_not_choose_does_no_harm():
    x = np.array([4.0, np.nan, np.inf])
    taken = np.array([True, False, False])
    assert gg.where(taken, x, 1.0).tolist() == [4, 1, 1]
    assert gradient_of(lambda x: gg.where(taken, 2 * x, 1.0), x).tolist() == [2, 0, 0]
    # A slope that is infinite at what is not chosen needs a second where, inside.
    safe = gradient_of(
        lambda x: gg.where(x > 0, gg.sqrt(gg.where(x > 0, x, 1)), 0), np.array([4.0, 0.0])
    )
    assert safe.tolist() == [0.25, 0]


def test_choose_decides_for_the_whole_tensor():
    a, b = np.array([1.0, np.inf]), np.array([3.0, 4.0])
    for condition in (np.array(True), np.array(False)):
        check_at_all_levels(choose, [condition, a, b], a if condition else b)


def test_choose_keeps_infinite_gradients_out_of_the_other():
    p = gg.placeholder("bool", ())
    x, y = gg.constant(np.array([0.0])), gg.constant(np.array([1.0]))
    slopes = gg.gradients(gg.sqrt(choose(p, x, y)), [x, y])
    session = gg.Session()
    assert [g.tolist() for g in session.run(slopes, {p: True})] == [[np.inf], [0]]
    assert [g.tolist() for g in session.run(slopes, {p: False})] == [[0], [0.5]]


def test_choose_wants_one_condition_and_equal_shapes():
    with pytest.raises(ShapeError, match="a single bool and two tensors of one shape"):
        choose([True, False], [1, 2], [3, 4])
    with pytest.raises(ShapeError, match="sizes 2 and 3 differ"):
        choose(gg.placeholder("bool", ()), [1, 2], [3, 4, 5])


INTEGERS = [np.iinfo(d) for d in ("int8", "uint8", "int32", "int64", "uint64")]
NUMBERS = [-(2**70), -(2**63), -129, -1, 0, 1, 127, 128, 255, 300, 2**63, 2**64 - 1, 2**70]


@pytest.mark.parametrize("limits", INTEGERS, ids=lambda limits: limits.dtype.name)
@pytest.mark.parametrize(
    "compare", [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
)
def test_integers_are_compared_exactly(limits, compare):
    numbers = [limits.min, 0, 1, limits.max - 1, limits.max]
    x = gg.placeholder(limits.dtype, (5,), name="x")
    values = np.array(numbers, limits.dtype)
    for other in NUMBERS:
        assert compare(x, other).numpy({x: values}).tolist() == [compare(n, other) for n in numbers]
        assert compare(other, x).numpy({x: values}).tolist() == [compare(other, n) for n in numbers]
    for other in INTEGERS:
        for number in (other.min, 0, other.max):
            found = compare(x, np.array(number, other.dtype)).numpy({x: values})
            assert found.tolist() == [compare(n, int(number)) for n in numbers]
