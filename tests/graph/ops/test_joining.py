"""Concat, stack, split, tile, repeat, roll."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, DTypeError, ShapeError
from giulgi.graph.node import topological
from graph.checks import (
    CONSTANT,
    DATA,
    SIZES,
    STATIC,
    check_at_all_levels,
    check_same,
    gradient_of,
)

X = np.arange(6).reshape(2, 3)
RANK_KNOWN = (CONSTANT, STATIC, SIZES, DATA)


def test_concat_meets_in_one_dtype():
    check_same(
        gg.concat([X, X[:, :1].astype(np.float32)], 1),
        np.concatenate([X, X[:, :1]], 1).astype(np.float32),
    )
    check_same(gg.concat([X, [[7, 8, 9]]]), np.concatenate([X, [[7, 8, 9]]]))


def test_concat_of_all_elements():
    check_at_all_levels(
        lambda a, b: gg.concat([a, b], None), [X, X[0]], np.concatenate([X, X[0]], None)
    )


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_stack(axis):
    check_at_all_levels(lambda a, b: gg.stack([a, b], axis), [X, X + 1], np.stack([X, X + 1], axis))


@pytest.mark.parametrize("join", [gg.concat, gg.stack])
def test_nothing_to_join(join):
    with pytest.raises(ArgumentError, match="there is nothing"):
        join([])


def test_sizes_that_differ():
    with pytest.raises(ShapeError, match="axis 1: 3 and 2"):
        gg.concat([X, X[:, :2]])
    with pytest.raises(ShapeError, match="differ in their number of axes"):
        gg.concat([X, X[0]])
    x = gg.placeholder("int64", (None, None))
    with pytest.raises(ShapeError, match="axis 0: 2 and 5"):
        gg.concat([X, x], 1).numpy({x: np.zeros((5, 1), int)})


@pytest.mark.parametrize(
    ("shapes", "axes", "fix"),
    [
        (
            [(2, 3), (2, 4)],
            "axis 1: 3 and 4",
            "make axis 1 equal, or join along axis 1: gg.concat(xs, axis=1)",
        ),
        ([(2, 3), (3, 2)], "axis 1: 3 and 2", "make axis 1 equal"),
        (
            [(1, 2, 3), (1, 4, 5)],
            "axis 1: 2 and 4, axis 2: 3 and 5",
            "make axis 1 and axis 2 equal",
        ),
        ([(2, 3), (2, 4), (5, 4)], "axis 1: 3 and 4", "make axis 1 equal"),
    ],
)
def test_another_axis_is_advised_only_if_all_others_agree(shapes, axes, fix):
    with pytest.raises(ShapeError) as caught:
        gg.concat([gg.zeros(shape) for shape in shapes])
    assert caught.value.axes == axes
    assert caught.value.fix == fix
    if "join along" in fix:
        gg.concat([gg.zeros(shape) for shape in shapes], 1)


@pytest.mark.parametrize(
    ("shapes", "said", "axes", "fix"),
    [
        ([(2,), (3,)], "(2,) and (3,)", "axis 0: 2 and 3", "gg.concat(xs, axis=0)"),
        ([(2, 3), (2, 3), (2, 4)], "(2, 3) and (2, 4)", "axis 1: 3 and 4", "concat(xs, axis=1)"),
        ([(2, 3), (3, 2)], "(2, 3) and (3, 2)", "axis 0: 2 and 3, axis 1: 3 and 2", "same shape"),
        ([(2,), (2, 3)], "(2,) and (2, 3)", "the number of axes: 1 and 2", "same shape"),
    ],
)
def test_stack_tells_the_shapes_that_it_is_given(shapes, said, axes, fix):
    with pytest.raises(ShapeError, match=r"^stack: tensors that are stacked") as caught:
        gg.stack([gg.zeros(shape) for shape in shapes], axis=-1)
    assert f"these have {said}." in caught.value.problem
    assert caught.value.axes == axes
    assert fix in caught.value.fix
    assert ("concat" in caught.value.fix) == ("concat" in fix)


def test_concat_with_one_known_size_knows_it():
    x = gg.placeholder("float32", (None, None))
    assert gg.concat([x, np.zeros((4, 2), np.float32)], 1).shape == (4, None)


@pytest.mark.parametrize("parts", [3, np.int64(3), [1, 2], [0, 3], np.array([2, 1])])
def test_split(parts):
    places = parts if isinstance(parts, (int, np.integer)) else np.cumsum(parts)[:-1]
    expected = np.split(X, places, 1)
    check_at_all_levels(lambda x: gg.split(x, parts, 1), [X], expected, levels=RANK_KNOWN)


def test_split_by_a_tensor():
    sizes = gg.placeholder("int64", (2,))
    first, second = gg.split(X, sizes, 1)
    assert first.numpy({sizes: [1, 2]}).tolist() == [[0], [3]]
    assert second.numpy({sizes: [1, 2]}).tolist() == [[1, 2], [4, 5]]
    with pytest.raises(ShapeError, match="do not add up"):
        first.numpy({sizes: [1, 1]})


def test_split_that_does_not_add_up():
    with pytest.raises(ShapeError, match="no multiple of 2"):
        gg.split(X, 2, 1)
    with pytest.raises(ShapeError, match="do not add up"):
        gg.split(X, [1, 1], 1)
    x = gg.placeholder("int64", (2, None))
    with pytest.raises(ShapeError, match="do not add up"):
        gg.split(x, 2, 1)[0].numpy({x: X})


def test_gradient_of_a_part_is_zero_elsewhere_even_by_infinity():
    x = gg.placeholder("float64", (None,))
    first, _ = gg.split(x, 2)
    slopes = gg.gradients(first * 3, x).numpy({x: [1.0, np.inf]})
    assert slopes.tolist() == [3, 0]


@pytest.mark.parametrize("name", ["vstack", "hstack"])
@pytest.mark.parametrize("x", [X, X[0], X[0, 0], X[None]], ids=["matrix", "vector", "number", "3"])
def test_vstack_and_hstack(name, x):
    ours, numpys = getattr(gg, name), getattr(np, name)
    check_at_all_levels(
        lambda x: ours([x, 2 * x, x]), [x], numpys([x, 2 * x, x]), levels=RANK_KNOWN
    )


def test_vstack_and_hstack_of_several_ranks_and_dtypes():
    check_same(gg.vstack([X, X[0].astype(float)]), np.vstack([X, X[0].astype(float)]))
    check_same(gg.hstack([X[0], 7, [8]]), np.hstack([X[0], 7, [8]]))
    with pytest.raises(ShapeError, match=r"^vstack: .* differ in another"):
        gg.vstack([X, X[:, :2]])
    with pytest.raises(ShapeError, match=r"^vstack: .* these have \(2,\) and \(3,\)"):
        gg.vstack([X[0, :2], X[0]])
    with pytest.raises(ArgumentError, match=r"^hstack: there is nothing to join"):
        gg.hstack([])


@pytest.mark.parametrize("counts", [2, (2, 1), (1, 3), (0, 2), (2, 1, 3), (3, 2, 1, 2), ()])
@pytest.mark.parametrize("x", [X, X[0], X[0, 0]], ids=["matrix", "vector", "number"])
def test_tile(x, counts):
    check_at_all_levels(lambda x: gg.tile(x, counts), [x], np.tile(x, counts), levels=RANK_KNOWN)


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_repeat(count, axis):
    check_at_all_levels(
        lambda x: gg.repeat(x, count, axis), [X], np.repeat(X, count, axis), levels=RANK_KNOWN
    )


@pytest.mark.parametrize("repeated", [lambda: gg.tile(X, -1), lambda: gg.repeat(X, -1, 0)])
def test_negative_counts(repeated):
    with pytest.raises((ArgumentError, ShapeError), match="negative"):
        repeated()


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("shift", [0, 1, -1, 3, 7, -8])
def test_roll(shift, axis):
    check_at_all_levels(
        lambda x: gg.roll(x, shift, axis), [X], np.roll(X, shift, axis), levels=RANK_KNOWN
    )


def test_roll_of_nothing():
    x = gg.placeholder("float32", (None,))
    assert gg.roll(x, 2, 0).numpy({x: []}).shape == (0,)


def test_gradient_adds_up_what_is_repeated():
    weights = np.arange(1.0, 7.0)
    found = gradient_of(lambda x: gg.repeat(x, 2) * weights, [1.0, 1.0, 1.0])
    assert found.tolist() == [3, 7, 11]
    found = gradient_of(lambda x: gg.tile(x, 2) * weights, [1.0, 1.0, 1.0])
    assert found.tolist() == [5, 7, 9]
    found = gradient_of(lambda x: gg.concat([x, x, x]), [1.0, 1.0])
    assert found.tolist() == [3, 3]


def _nodes(y):
    return len(topological([y.node]))


def test_tile_is_the_same_few_nodes_however_often():
    x = gg.placeholder("float32", (None, 3), name="x")
    few, many = gg.tile(x, (5, 7)), gg.tile(x, (500, 300))
    assert _nodes(few) == _nodes(many)
    assert many.shape == (None, 900)


@pytest.mark.parametrize("size", [1, None])
def test_gradients_of_joined_tensors_grow_with_their_number(size):
    def joined(count):
        xs = [gg.placeholder("float32", (size, 2)) for _ in range(count)]
        y = gg.concat(xs, 0)
        slopes = gg.gradients(gg.sum(y * y), xs)
        twice = gg.gradients([gg.sum(slope * slope) for slope in slopes], xs)
        return len(topological(t.node for t in twice))

    ten, twenty, forty = joined(10), joined(20), joined(40)
    assert forty - twenty <= 2 * (twenty - ten) + 10


def test_gradients_by_parts_of_unknown_sizes():
    x, sizes = gg.placeholder("float32", (None,)), gg.placeholder("int64", (3,))
    weights = [1.0, 10.0, 100.0]
    total = sum(gg.sum(p * p) * w for p, w in zip(gg.split(x, sizes), weights, strict=True))
    feeds = {x: np.arange(6.0), sizes: [1, 3, 2]}
    assert gg.gradients(total, x).numpy(feeds).tolist() == [0, 20, 40, 60, 800, 1000]
    second = gg.gradients(gg.sum(gg.gradients(total, x)), x)
    assert second.numpy(feeds).tolist() == [2, 20, 20, 20, 200, 200]


def test_parts_that_do_not_make_the_whole_once_it_is_known():
    x = gg.placeholder("float32", (None,), name="x")
    (first, _) = gg.split(x, [1, 3])
    assert first.numpy({x: np.arange(4)}).tolist() == [0]
    with pytest.raises(ShapeError, match="the parts do not add up to the whole"):
        first.numpy({x: np.arange(5)})


def test_what_is_joined_may_come_one_by_one():
    assert gg.stack(gg.constant(i) for i in range(3)).tolist() == [0, 1, 2]
    assert gg.concat(gg.ones((i,), "int64") for i in range(3)).tolist() == [1, 1, 1]
    with pytest.raises(ArgumentError, match="stands in a list"):
        gg.stack(3)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda x: gg.tile(x, 2.5), "a number of repetitions is a whole number, not 2.5"),
        (lambda x: gg.roll(x, 0.5, 0), "a shift is a whole number, not 0.5"),
    ],
)
def test_counts_are_whole_numbers(build, said):
    with pytest.raises(DTypeError, match=said):
        build(gg.ones((2, 2)))
    assert gg.tile(np.arange(2), gg.constant(2)).tolist() == [0, 1, 0, 1]


def test_an_axis_may_be_a_constant():
    x = gg.ones((2, 3))
    assert gg.sum(x, gg.constant(1)).tolist() == [3, 3]
    assert float(gg.sum(x, gg.constant([0, 1]))) == 6
    with pytest.raises(DTypeError, match="an axis is a whole number, not 'a'"):
        gg.sum(x, "a")
