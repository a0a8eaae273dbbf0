"""Schedules, limits and means: their numbers are TensorFlow's."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.compat import cases_of_training as cases

GOLDEN = json.loads(
    (Path(__file__).parent / "golden" / "training.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("kind", ["schedules", "clipping"])
def test_numbers_are_those_of_tensorflow(tf, kind):
    found, expected = getattr(cases, kind)(tf), GOLDEN[kind]
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=2e-6, atol=1e-8, err_msg=name)


def test_means_are_those_of_tensorflow(tf):
    found, expected = cases.averages(tf), GOLDEN["averages"]
    for mine, theirs in zip(found["values"], expected["values"], strict=True):
        for mean, other in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(mean, other, rtol=2e-6)
    assert found["mean"] == expected["mean"]
    assert set(found["names"]) >= {"v/ExponentialMovingAverage", "step"}


def test_means_that_are_assigned(tf):
    from tensorflow.python.training.moving_averages import assign_moving_average

    found = cases.assigned_averages(tf, assign_moving_average)
    np.testing.assert_allclose(found, GOLDEN["assigned averages"], rtol=2e-6)


def test_gradients_of_what_has_no_influence_are_none(tf):
    used, unused = tf.Variable(1.0), tf.Variable(2.0)
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    pairs = optimizer.compute_gradients(used * 2.0)
    assert [variable for _, variable in pairs] == [used, unused]
    assert pairs[1][0] is None
    with pytest.raises(ValueError, match="No gradients provided"):
        optimizer.minimize(used * 2.0, var_list=[unused])


def test_a_step_is_one_program(tf):
    x = tf.placeholder(tf.float32, [None, 3])
    w = tf.Variable([[1.0], [2.0], [3.0]])
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w)))
    rate = tf.train.exponential_decay(0.1, tf.train.get_or_create_global_step(), 10, 0.5)
    train = tf.train.AdamOptimizer(rate).minimize(loss, tf.train.get_global_step())
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        run = session._prepared([train, loss], {x: np.ones((2, 3), "f")})
        assert run.prepared.is_plain


def test_rates_may_be_variables_that_change(tf):
    rate, w = tf.Variable(0.5, trainable=False), tf.Variable(1.0)
    train = tf.train.GradientDescentOptimizer(rate).minimize(w * 1.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        rate.load(0.25, session)
        session.run(train)
        assert session.run(w) == 0.25


def test_slots_are_named_and_found(tf):
    w = tf.Variable([1.0, 2.0], name="w")
    optimizer = tf.train.AdamOptimizer(0.1)
    with tf.variable_scope("inside"):
        optimizer.minimize(tf.reduce_sum(w * w))
    assert optimizer.get_slot_names() == ["m", "v"]
    assert optimizer.get_slot(w, "m").name == "inside/w/Adam:0"
    assert optimizer.get_slot(w, "z") is None
    assert len(optimizer.variables()) == 4
    assert tf.trainable_variables() == [w]


def test_an_optimizer_of_a_programs_own(tf):
    class Halving(tf.train.Optimizer):
        def __init__(self):
            super().__init__(False, "Halving")

        def _create_slots(self, var_list):
            for variable in var_list:
                self._zeros_slot(variable, "seen", self._name)

        def _apply_dense(self, grad, var):
            seen = self.get_slot(var, "seen").assign_add(grad)
            return tf.group(var.assign_sub(grad * 0.5), seen)

    w = tf.Variable([4.0, 8.0])
    step = tf.train.get_or_create_global_step()
    optimizer = Halving()
    train = optimizer.minimize(tf.reduce_sum(w * w) / 2.0, step)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        session.run(train)
        assert session.run(w).tolist() == [1.0, 2.0]
        assert session.run(optimizer.get_slot(w, "seen")).tolist() == [6.0, 12.0]
        assert tf.train.global_step(session, step) == 2


def test_constraints_hold_after_each_step(tf):
    w = tf.Variable([1.0, -1.0], constraint=lambda x: tf.maximum(x, 0.0))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(w))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        np.testing.assert_allclose(session.run(w), [0.9, 0.0], rtol=1e-6)
