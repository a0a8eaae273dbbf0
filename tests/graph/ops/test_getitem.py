"""``x[...]`` against NumPy: numbers, slices, None, ..., arrays of integers and of bools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import giulgi as gg
from giulgi.errors import ArgumentError, DTypeError, ShapeError
from graph.checks import CONSTANT, DATA, SIZES, STATIC, check_same, check_value, quick

X = np.arange(60).reshape(3, 4, 5)


@quick(150)
@given(hnp.basic_indices(X.shape, allow_newaxis=True))
def test_numbers_slices_and_new_axes(index):
    check_same(gg.constant(X)[index], X[index])


@st.composite
def mixed_indices(draw):
    """Draw an index of numbers, slices, None and at least one array for the axes of X."""
    meeting = draw(st.sampled_from([(), (2,), (1, 2)]))
    parts = []
    for size in X.shape[: draw(st.integers(1, 3))]:
        kind = draw(st.sampled_from(["array", "array", "number", "slice", "mask"]))
        if kind == "array":
            shape = draw(st.sampled_from([meeting, (1,) * len(meeting)]))
            parts.append(draw(hnp.arrays(np.int64, shape, elements=st.integers(-size, size - 1))))
        elif kind == "number":
            parts.append(draw(st.integers(-size, size - 1)))
        elif kind == "slice":
            parts.append(draw(st.slices(size)))
        else:
            mask = np.zeros(size, bool)
            mask[draw(st.integers(0, size - 1))] = True
            parts.append(mask)
    if draw(st.booleans()):
        added = st.sampled_from([None, Ellipsis]) if len(parts) == X.ndim else st.none()
        parts.insert(draw(st.integers(0, len(parts))), draw(added))
    return tuple(parts)


@quick(300)
@given(mixed_indices())
def test_arrays_among_numbers_and_slices(index):
    check_same(gg.constant(X)[index], X[index])


INDICES = [
    0,
    -1,
    (slice(1, None), 2),
    (Ellipsis, -1),
    (None, 1, None),
    (slice(None, None, -1), slice(None, None, 2)),
    [0, 2, 0],
    (slice(None), [0, -1]),
    ([0, 1], slice(None), [1, 2]),
    (0, slice(None), [1, 2]),
    ([[0], [2]], [1, 3]),
]


@pytest.mark.parametrize("level", [CONSTANT, STATIC, SIZES, DATA])
@pytest.mark.parametrize("index", INDICES, ids=str)
def test_at_all_levels(index, level):
    if level == DATA and index == INDICES[5]:
        index = (slice(None), slice(None, None, 2))
    check_value(lambda x: x[index], [X], X[index], level=level)


@pytest.mark.parametrize(
    "mask",
    [X[:, 0, 0] > 10, X[:, :, 0] > 10, X % 2 == 0, np.zeros(3, bool)],
    ids=["rows", "places", "elements", "none"],
)
@pytest.mark.parametrize("level", [CONSTANT, STATIC, SIZES, DATA])
def test_masks(mask, level):
    check_value(lambda x: x[mask], [X], X[mask], level=level, shape_is_known=False)
    check_value(
        lambda x, mask: gg.boolean_mask(x, mask),
        [X, mask],
        X[mask],
        level=level,
        shape_is_known=False,
    )


def test_a_mask_beside_others():
    mask = np.array([True, False, True, True])
    for index in [(slice(None), mask), (0, mask), (slice(None), mask, 1), (..., mask, [0, 1, 2])]:
        check_same(gg.constant(X)[index], X[index])


def test_an_index_may_be_a_tensor():
    i = gg.placeholder("int32", (None,))
    y = gg.constant(X)[:, i]
    assert y.shape == (3, None, 5)
    np.testing.assert_array_equal(y.numpy({i: [3, -1]}), X[:, [3, -1]])


def test_an_empty_list_picks_nothing():
    check_same(gg.constant(X)[[]], X[[]])


@pytest.mark.parametrize("index", [3, -4, (0, 4), (0, 0, 5), (slice(None), -5)])
def test_a_number_out_of_range(index):
    with pytest.raises(ShapeError, match="there is no element"):
        gg.constant(X)[index]
    x = gg.placeholder("int64", (None, None, None))
    with pytest.raises(ShapeError, match="there is no element"):
        x[index].numpy({x: X})


def test_a_number_out_of_a_length_that_depends_on_data():
    x = gg.placeholder("int64", (None,))
    y = x[x > 1][2]
    assert int(y.numpy({x: [1, 2, 3, 4]})) == 4
    with pytest.raises(ShapeError, match="there is no element 2 along axis 0"):
        y.numpy({x: [1, 2, 3]})


@pytest.mark.parametrize("index", [([0, 3],), ([0], [-5])])
def test_an_array_out_of_range(index):
    with pytest.raises(ShapeError, match="there is no element"):
        gg.constant(X)[index].numpy()


def test_a_place_beyond_a_row_is_not_taken_for_the_next_row():
    with pytest.raises(ShapeError, match="there is no element"):
        gg.constant(X)[[0], [4], [0]].numpy()


@pytest.mark.parametrize(
    ("index", "error", "problem"),
    [
        ((0, 0, 0, 0), ShapeError, "4 indices for a tensor of rank 3"),
        ((..., 0, ...), ArgumentError, "stands twice"),
        (1.5, DTypeError, "a whole number, not float32"),
        ([0.5], DTypeError, "a whole number"),
        (slice(0.5, None), DTypeError, "the ends of a slice are whole numbers, not 0.5"),
        (slice(None, None, 0), ArgumentError, "the step of a slice is 0"),
        (True, ArgumentError, "a single bool"),
        (np.array(True), ArgumentError, "a single bool"),
        ([True, False], ShapeError, r"the mask has shape \(2,\)"),
        ((slice(None), [True, False]), ShapeError, r"its place in x \(4,\)"),
        (np.ones((3, 4, 5, 1), bool), ShapeError, "the mask has shape"),
        ("a", DTypeError, "'a' is text"),
    ],
)
def test_what_is_no_index(index, error, problem):
    with pytest.raises(error, match=problem):
        gg.constant(X)[index]


def test_a_mask_that_turns_out_too_short():
    x = gg.placeholder("int64", (None, 2))
    mask = gg.placeholder("bool", (None,))
    y = x[mask]
    given_x = np.arange(6).reshape(3, 2)
    assert y.numpy({x: given_x, mask: [True, False, True]}).tolist() == [[0, 1], [4, 5]]
    with pytest.raises(ShapeError, match=r"\(2,\) and \(3,\) do not fit"):
        y.numpy({x: given_x, mask: [True, False]})


def test_a_slice_that_ends_at_a_fed_number():
    x, n = gg.placeholder("int64", (None,)), gg.placeholder("int64", ())
    with pytest.raises(ArgumentError, match="must be known when the graph is built"):
        x[:n]
    assert x[: gg.constant(2)].numpy({x: [1, 2, 3]}).tolist() == [1, 2]


@pytest.mark.parametrize("step", [-1, -2, -5])
@pytest.mark.parametrize("shape", [(None,), (4,), None])
def test_backwards_whatever_the_ends(step, shape):
    x = gg.placeholder("int64", shape)
    ends = [None, 0, 1, 2, 3, 4, 7, -1, -2, -3, -4, -5, -9]
    for start in ends:
        for stop in ends:
            found = x[start:stop:step].numpy({x: np.arange(4)})
            assert found.tolist() == list(range(4))[start:stop:step]


def test_gather_nd():
    places = np.array([[[0, 1], [2, -1]], [[1, 0], [-1, 3]]])
    check_same(gg.gather_nd(X, places), X[places[..., 0], places[..., 1]])


@pytest.mark.parametrize("x", [X % 3, X > 100, np.array(5.0)[None]])
def test_nonzero(x):
    for found, expected in zip(gg.nonzero(x), np.nonzero(x), strict=True):
        check_same(found, expected)


def test_a_mask_of_numbers_is_refused():
    with pytest.raises(DTypeError, match="a mask is of bools"):
        gg.boolean_mask(X, [1, 0, 1])


def test_a_place_out_of_range_is_an_index_error():
    x = gg.constant([1.0, 2.0])
    with pytest.raises(IndexError, match="there is no element 5 along axis 0"):
        x[5]
    with pytest.raises(IndexError, match="there is no element -3 along axis 0"):
        gg.gather(x, gg.constant([0, -3])).numpy()
