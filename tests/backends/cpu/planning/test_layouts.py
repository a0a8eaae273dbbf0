"""Layouts against NumPy: the same elements at the same places, by brute force."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided

from giulgi.backends.cpu.planning.layouts import Layout, collapse, row_major

from ..checks import few

# Large enough for whatever the layouts below reach, in either direction from the middle.
MEMORY = np.arange(20_000)
START = 10_000


def seen(layout: Layout) -> np.ndarray:
    """Return the elements that a layout reaches."""
    strides = [stride * MEMORY.itemsize for stride in layout.strides]
    return as_strided(MEMORY[START + layout.offset :], layout.shape, strides)


@st.composite
def layouts(draw: Any, *, least: int = 0) -> Layout:
    """Draw a layout as transposing, cutting, flipping and broadcasting make them, or any."""
    shape = tuple(draw(st.lists(st.integers(least, 4), max_size=4)))
    if draw(st.booleans()):
        strides = tuple(draw(st.integers(-30, 30)) for _ in shape)
        return Layout(shape, strides, draw(st.integers(-50, 50)))
    layout = Layout.of(shape)
    for _ in range(draw(st.integers(0, 3))):
        how = draw(st.sampled_from(["transpose", "cut", "flip", "broadcast"]))
        if how == "transpose":
            layout = layout.transpose(draw(st.permutations(range(len(layout.shape)))))
        elif how == "cut":
            layout = layout.cut(draw(cuts_of(len(layout.shape), forward=least == 0)))
        elif how == "flip":
            layout = layout.flip(draw(some_axes(len(layout.shape))))
        elif len(layout.shape) < 4:
            layout = layout.broadcast((draw(st.integers(max(least, 1), 3)), *layout.shape))
    return layout


def some_axes(rank: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, rank - 1), unique=True) if rank else st.just([])


def cuts_of(rank: int, *, forward: bool = True) -> st.SearchStrategy[list[Any]]:
    """Draw cuts along some first axes; they take something only if they may also take nothing."""
    end = st.none() | st.integers(-5, 5) if forward else st.none()
    step = st.sampled_from([1, 2, 3, -1, -2])
    return st.lists(st.tuples(end, end, step), max_size=rank)


@few(300)
@given(st.data())
def test_transposing(data):
    layout = data.draw(layouts())
    order = data.draw(st.permutations(range(len(layout.shape))))
    found = seen(layout.transpose(order))
    np.testing.assert_array_equal(found, seen(layout).transpose(order), strict=True)


@few(300)
@given(st.data())
def test_cutting_out(data):
    layout = data.draw(layouts())
    cuts = data.draw(cuts_of(len(layout.shape)))
    wanted = seen(layout)[tuple(slice(*cut) for cut in cuts)]
    np.testing.assert_array_equal(seen(layout.cut(cuts)), wanted, strict=True)


@few(300)
@given(st.data())
def test_flipping(data):
    layout = data.draw(layouts())
    axes = data.draw(some_axes(len(layout.shape)))
    found = seen(layout.flip(axes))
    np.testing.assert_array_equal(found, np.flip(seen(layout), tuple(axes)), strict=True)


@few(300)
@given(st.data())
def test_broadcasting(data):
    layout = data.draw(layouts())
    sizes = [data.draw(st.integers(0, 3)) if n == 1 else n for n in layout.shape]
    shape = (*data.draw(st.lists(st.integers(0, 3), max_size=2)), *sizes)
    found = seen(layout.broadcast(shape))
    np.testing.assert_array_equal(found, np.broadcast_to(seen(layout), shape), strict=True)


def factored(draw: Any, size: int) -> tuple[int, ...]:
    """Draw a shape of so many elements."""
    found = []
    while size > 1 and len(found) < 4:
        found.append(draw(st.sampled_from([n for n in range(1, size + 1) if size % n == 0])))
        size //= found[-1]
    return (*found, *([size] if size > 1 else []))


@few(600)
@given(st.data())
def test_reshaping_finds_the_elements_or_says_that_strides_cannot(data):
    layout = data.draw(layouts())
    size = math.prod(layout.shape)
    shape = factored(data.draw, size) if size else (0, data.draw(st.integers(0, 3)))
    found = layout.reshape(shape)
    wanted = seen(layout).reshape(shape)
    if found is not None:
        np.testing.assert_array_equal(seen(found), wanted, strict=True)
    elif math.prod(layout.shape):
        # NumPy, too, has to copy.
        assert not np.shares_memory(wanted, MEMORY)


@few(300)
@given(st.data())
def test_reshaping_what_lies_in_order_is_always_possible(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 4), max_size=4)))
    other = factored(data.draw, math.prod(shape))
    found = Layout.of(shape).reshape(other)
    assert found is not None
    assert found.is_plain


@few(300)
@given(layouts())
def test_plain_is_what_lies_in_order_from_the_beginning(layout):
    in_order = START + np.arange(math.prod(layout.shape)).reshape(layout.shape)
    if math.prod(layout.shape) > 0:
        assert layout.is_plain == np.array_equal(seen(layout), in_order)
    assert Layout.of(layout.shape).is_plain
    assert row_major(layout.shape) == Layout.of(layout.shape).strides


@few(400)
@given(st.data())
def test_joining_axes_reaches_the_same_elements_in_the_same_order(data):
    first = data.draw(layouts(least=1))
    rank = len(first.shape)
    others = [
        Layout(first.shape, tuple(data.draw(st.integers(-9, 9)) for _ in range(rank))),
        Layout.of(first.shape),
        Layout(first.shape, (0,) * rank),
    ]
    together = [first, *others[: data.draw(st.integers(0, 3))]]
    classes = [data.draw(st.sampled_from("ab")) for _ in range(rank)]
    sizes, strides, left = collapse(first.shape, [own.strides for own in together], classes)
    for layout, own in zip(together, strides, strict=True):
        joined = seen(Layout(tuple(sizes), tuple(own), layout.offset))
        np.testing.assert_array_equal(joined.ravel(), seen(layout).ravel(), strict=True)
    # Axes of different classes are never one: what is left alternates as what was given.
    assert 1 not in sizes
    assert len(left) == len(sizes)
    for kind in "ab":
        joined_size = math.prod(n for n, own in zip(sizes, left, strict=True) if own == kind)
        given_size = math.prod(
            n for n, own in zip(first.shape, classes, strict=True) if own == kind
        )
        assert joined_size == given_size


def test_axes_in_order_are_joined_to_one():
    shape = (2, 3, 1, 4)
    assert collapse(shape, [row_major(shape)], [None] * 4) == ([24], [[1]], [None])
    assert collapse(shape, [row_major(shape)], "aabb") == ([6, 4], [[4, 1]], ["a", "b"])
