"""Expressions of that time give the numbers, shapes and dtypes that TensorFlow gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .math_values import CASES, computed


@pytest.fixture(scope="module")
def golden():
    with np.load(Path(__file__).parent / "golden" / "expressions.npz") as file:
        return dict(file)


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: CASES[number][:60])
def test_an_expression_gives_what_it_gave(tf, golden, number):
    found = computed(tf, CASES[number])
    count = sum(key.startswith(f"{number}_") for key in golden)
    assert len(found) == count
    for place, array in enumerate(found):
        wanted = golden[f"{number}_{place}"]
        assert (array.shape, array.dtype.kind) == (wanted.shape, wanted.dtype.kind)
        if array.dtype.kind == "S":
            assert array.tolist() == wanted.tolist()
        else:
            assert array.dtype == wanted.dtype
            np.testing.assert_allclose(array, wanted, 3e-5, 3e-5)


def test_the_largest_of_no_elements_is_the_least_number(tf):
    with tf.Session() as session:
        x = tf.zeros([0, 3])
        assert session.run(tf.reduce_max(x, 0)).tolist() == [-np.inf] * 3
        assert session.run(tf.reduce_min(x)) == np.inf
        assert session.run(tf.reduce_max(tf.zeros([2, 0], tf.int32), 1)).tolist() == [-(2**31)] * 2


def test_strings_are_added(tf):
    folder, names = tf.constant("a/"), tf.placeholder(tf.string, [None])
    with tf.Session() as session:
        found = session.run([folder + names, names + ".png", tf.add("x", names)], {names: ["b"]})
    assert [list(x) for x in found] == [[b"a/b"], [b"b.png"], [b"xb"]]


def test_texts_have_empty_ones_like_them(tf):
    fed = tf.placeholder(tf.string, [None, 2])
    with tf.Session() as session:
        assert session.run(tf.zeros_like(["apple", "peach"])).tolist() == [b"", b""]
        assert session.run(tf.zeros_like(fed), {fed: [["a", "b"]]}).tolist() == [[b"", b""]]
        assert session.run(tf.zeros_like([[1, 2]], dtype=tf.string)).tolist() == [[b"", b""]]
        assert session.run(tf.ones_like(["apple", "peach"], dtype=tf.int32)).tolist() == [1, 1]
    for make in (lambda: tf.ones_like(["apple"]), lambda: tf.ones([2], tf.string)):
        with pytest.raises(TypeError, match="Expected string"):
            make()


def test_eigenvalues_and_vectors_are_a_plain_pair(tf):
    """It is printed as what TensorFlow 1 gave: a tuple of two arrays."""
    with tf.Session() as session:
        found = session.run(tf.self_adjoint_eig(tf.constant([[2.0, 1.0], [1.0, 2.0]])))
    assert type(found) is tuple
    np.testing.assert_allclose(found[0], [1.0, 3.0], rtol=1e-6)
    np.testing.assert_allclose(abs(found[1]), np.full((2, 2), 0.5**0.5), rtol=1e-6)
