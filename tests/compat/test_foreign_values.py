"""Variables of strings and complex numbers: as any other, though Python keeps them."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def begun(tf):
    text, number = tf.Variable(["ab", "c"]), tf.Variable([1 + 2j], dtype=tf.complex64)
    other = tf.Variable(3.0)
    with tf.Session() as session:
        yield session, text, number, other


def test_they_are_initialized_and_assigned(tf, begun):
    session, text, number, other = begun
    with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value"):
        session.run(text)
    session.run(tf.global_variables_initializer())
    first = session.run([text, number, other])
    assert [x.tolist() for x in first] == [[b"ab", b"c"], [1 + 2j], 3]
    assert session.run(tf.assign(text, ["x", "y"])).tolist() == [b"x", b"y"]
    with tf.control_dependencies([tf.assign_add(number, [2 + 2j])]):
        size = tf.abs(number.read_value())
    assert session.run(size).tolist() == [5]
    number.load([1j], session)
    assert session.run([text[0], tf.imag(number)[0]]) == [b"x", 1]
    assert session.run(tf.report_uninitialized_variables()).size == 0


def test_each_session_has_its_own(tf, begun):
    session, text, _, _ = begun
    with tf.Session() as second:
        for own in (session, second):
            own.run(tf.global_variables_initializer())
        second.run(text.assign(["x", "y"]))
        assert session.run(text).tolist() == [b"ab", b"c"]


def test_they_are_saved_and_restored(tf, begun, tmp_path):
    session, text, number, _ = begun
    session.run(tf.global_variables_initializer())
    saver = tf.train.Saver()
    path = saver.save(session, str(tmp_path / "model"))
    session.run([text.assign(["", ""]), number.assign([0])])
    saver.restore(session, path)
    assert [x.tolist() for x in session.run([text, number])] == [[b"ab", b"c"], [1 + 2j]]
    real = tf.Variable([0.0])
    with pytest.raises(TypeError, match="complex"):
        tf.train.Saver({number.op.name: real}).restore(session, path)


def test_others_are_trained_beside_them(tf, begun):
    session, _, number, other = begun
    step = tf.train.GradientDescentOptimizer(0.5).minimize(tf.square(other))
    session.run(tf.global_variables_initializer())
    session.run(step)
    assert session.run(other) == 0
    assert np.iscomplexobj(session.run(number))


@pytest.mark.parametrize(("own", "other"), [(b"ab", b"c"), (1 + 2j, 3j)])
def test_they_may_be_fed_instead_of_a_value_of_their_own(tf, own, other):
    x = tf.placeholder_with_default([own], [None])
    twice = x + x
    with tf.Session() as session:
        assert session.run([x, twice])[1].tolist() == [own + own]
        assert session.run(twice, {x: [other, own]}).tolist() == [other + other, own + own]
