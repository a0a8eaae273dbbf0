"""Nested containers as one flat list, and back."""

from __future__ import annotations

from collections import namedtuple

import pytest

from giulgi.tree import flatten, paths, tree_map, unflatten

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "leaves"),
    [
        (1, [1]),
        ([], []),
        ((), []),
        ({}, []),
        (None, [None]),
        ([1, (2, 3)], [1, 2, 3]),
        ({"b": 1, "a": [2, {"c": 3}]}, [1, 2, 3]),
        (Point(1, [2]), [1, 2]),
        ("text", ["text"]),
        (((),), []),
    ],
)
def test_there_and_back(value, leaves):
    found, structure = flatten(value)
    assert found == leaves
    again = unflatten(structure, iter(found))
    assert again == value
    assert type(again) is type(value)


def test_structures_can_be_compared():
    def structure(value):
        return flatten(value)[1]

    assert structure([1, (2,)]) == structure(["a", (None,)])
    assert hash(structure({"a": 1})) == hash(structure({"a": 2}))
    assert structure({"a": 1}) != structure({"b": 1})
    assert structure([1]) != structure((1,))
    assert structure(Point(1, 2)) != structure((1, 2))
    assert structure(1) != structure([])


def test_map():
    assert tree_map(lambda v: v * 2, {"a": [1, Point(2, 3)]}) == {"a": [2, Point(4, 6)]}


def test_paths_say_how_leaves_are_reached():
    Pair = namedtuple("Pair", "first second")
    value = {"a": [1, (2, 3)], 0: Pair(4, {})}
    leaves, structure = flatten(value)
    found = paths(structure, "x")
    assert found == ["x['a'][0]", "x['a'][1][0]", "x['a'][1][1]", "x[0].first"]
    assert [eval(path, {"x": value}) for path in found] == leaves
