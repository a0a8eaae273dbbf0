"""Shapes with unknown sizes: broadcasting, axes, text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from giulgi.errors import DTypeError, ShapeError
from giulgi.graph import shapes
from graph.checks import quick


@quick(60)
@given(hnp.mutually_broadcastable_shapes(num_shapes=3, min_side=0, max_dims=4))
def test_broadcasting_as_numpy(met):
    assert shapes.broadcast_shapes(*met.input_shapes) == met.result_shape


@quick(60)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_dims=3), st.data())
def test_broadcasting_of_sizes_known_in_part_says_nothing_wrong(met, data):
    hidden = [
        tuple(None if data.draw(st.booleans()) else dim for dim in shape)
        for shape in met.input_shapes
    ]
    assert shapes.could_be(shapes.broadcast_shapes(*hidden), met.result_shape)


@pytest.mark.parametrize(
    ("given_shapes", "met"),
    [
        ([(None, 3), (1, 3)], (None, 3)),
        ([(None, 3), (2, 1)], (2, 3)),
        ([(None,), (None,)], (None,)),
        ([(None, 0), (1,)], (None, 0)),
        ([(), (None,)], (None,)),
        ([], ()),
    ],
)
def test_broadcasting_of_unknown_sizes(given_shapes, met):
    assert shapes.broadcast_shapes(*given_shapes) == met


@pytest.mark.parametrize(
    ("a", "b", "axes", "fix"),
    [
        ((2, 3), (4,), "axis -1: 3 and 4", "check which"),
        ((2, 3), (2,), "axis -1: 3 and 2", r"(2,) the shape (2, 1)"),
        ((None, 3), (2,), "axis -1: 3 and 2", r"(2,) the shape (2, 1)"),
        ((2, 3, 4), (2, 3), "axis -2: 3 and 2", r"(2, 3) the shape (2, 3, 1)"),
        ((2, 0), (2, 3), "axis -1: 0 and 3", "check which"),
    ],
)
def test_shapes_that_do_not_meet(a, b, axes, fix):
    with pytest.raises(ShapeError) as caught:
        shapes.broadcast_shapes(a, b)
    assert caught.value.axes == axes
    assert fix in caught.value.fix


def test_axes():
    assert shapes.normalise_axes(None, 2) == (0, 1)
    assert shapes.normalise_axes((-1, 0), 3) == (0, 2)
    assert shapes.normalise_axis(np.int64(-1), 2) == 1
    assert shapes.as_axes(1) == (1,)
    assert shapes.as_axes([0, -1]) == (0, -1)
    with pytest.raises(ShapeError, match="there is no axis 0 in a tensor of rank 0") as caught:
        shapes.normalise_axis(0, 0)
    assert caught.value.fix == "a scalar has no axes"
    with pytest.raises(ShapeError, match="given twice"):
        shapes.normalise_axes((1, -1), 2)
    with pytest.raises(DTypeError, match="an axis is a whole number"):
        shapes.normalise_axis("0", 2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shape", "text"),
    [((), "()"), ((3,), "(3,)"), ((None, 784), "(?, 784)"), (None, "(...)"), ((None,), "(?,)")],
)
def test_text(shape, text):
    assert shapes.shape_text(shape) == text


def test_what_could_be():
    assert shapes.could_be(None, (1, 2))
    assert shapes.could_be((None, 2), (5, 2))
    assert not shapes.could_be((None, 2), (5, 3))
    assert not shapes.could_be((None,), ())


def test_merging():
    assert shapes.merge_dims(None, 3) == shapes.merge_dims(3, None) == 3
    assert shapes.merge_dims(None, None) is None
    with pytest.raises(ShapeError, match="sizes 2 and 3 differ"):
        shapes.merge_dims(2, 3)
