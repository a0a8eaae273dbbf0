"""``slim.learning.train``: data come from queues, and a program may take the steps itself."""

from __future__ import annotations

from typing import Any

import numpy as np


def _train_op(tf: Any, **options: Any) -> Any:
    rows = np.arange(12, dtype="float32").reshape(6, 2)
    (row,) = tf.train.slice_input_producer([rows], shuffle=False, **options)
    batch = tf.train.batch([row], batch_size=2)
    w = tf.get_variable("w", [2, 1], initializer=tf.ones_initializer())
    loss = tf.losses.mean_squared_error(tf.zeros([2, 1]), tf.matmul(batch, w))
    return tf.contrib.slim.learning.create_train_op(loss, tf.train.GradientDescentOptimizer(1e-3))


def test_queues_are_filled_while_slim_trains(tf, tmp_path):
    train = tf.contrib.slim.learning.train
    last = train(_train_op(tf), str(tmp_path), number_of_steps=3)
    assert np.isfinite(last)
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-3")


def test_a_program_may_take_slims_steps_and_say_when_to_stop(tf):
    seen = []

    def step(session, op, global_step, told):
        loss, stop = tf.contrib.slim.learning.train_step(session, op, global_step, told)
        seen.append(stop)
        return loss, len(seen) == 2

    told = {"should_stop": tf.constant(False), "should_log": tf.constant(True)}
    tf.contrib.slim.learning.train(_train_op(tf), None, step, told)
    assert seen == [False, False]


def test_slim_stops_where_the_data_end(tf, tmp_path):
    op = _train_op(tf, num_epochs=1)
    tf.contrib.slim.learning.train(op, str(tmp_path))
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-3")
