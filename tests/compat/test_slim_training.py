"""``slim.learning.train``: data come from queues, and a program may take the steps itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


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


def test_slim_measures_the_checkpoints_of_a_folder(tf, tmp_path):
    slim, folder = tf.contrib.slim, str(tmp_path)
    slim.learning.train(_train_op(tf), folder, number_of_steps=2)
    rows = np.float32([[1, 0], [0, 1], [1, 1], [2, 0]])

    def built():
        tf.reset_default_graph()
        (row,) = tf.train.slice_input_producer([rows], shuffle=False)
        w = tf.get_variable("w", [2, 1])
        product = tf.matmul(tf.train.batch([row], batch_size=2), w)
        mean, update = tf.metrics.mean(product)
        tf.summary.scalar("measured", mean)
        return {"num_evals": 2, "eval_op": update, "final_op": mean}

    path = tf.train.latest_checkpoint(folder)
    found = slim.evaluation.evaluate_once("", path, f"{folder}/eval", **built())
    expected = np.mean(rows @ tf.train.load_variable(path, "w"))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    again = slim.evaluation.evaluation_loop(
        "", folder, f"{folder}/eval", eval_interval_secs=0, timeout=0, **built()
    )
    np.testing.assert_allclose(again, expected, rtol=1e-6)
    events = [e for file in (tmp_path / "eval").iterdir()
              for e in tf.train.summary_iterator(str(file))]  # fmt: skip
    assert [e.step for e in events for v in e.summary.value if v.tag == "measured"] == [2, 2]


def test_slim_tells_sizes_and_names_what_units_put_out(tf):
    slim = tf.contrib.slim
    x = tf.placeholder(tf.float32, [None, 8, 8, 3])
    assert slim.utils.last_dimension(x.get_shape(), min_rank=4) == 3
    with pytest.raises(ValueError, match="first size"):
        slim.utils.first_dimension(x.shape)
    with pytest.raises(ValueError, match="at least 5"):
        slim.utils.last_dimension(x.shape, min_rank=5)
    y = slim.utils.collect_named_outputs("ends", "net/unit", tf.identity(x))
    assert slim.utils.convert_collection_to_dict("ends") == {"net/unit": y}


def test_dropout_at_rest_hides_no_layer(tf):
    slim = tf.contrib.slim
    x = tf.placeholder(tf.float32, [None, 8, 8, 3])
    with slim.arg_scope([slim.conv2d], outputs_collections="convolutions"):
        y = slim.conv2d(x, 2, [1, 1], scope="one")
        slim.dropout(y, 0.5, is_training=False, scope="two")
    assert list(slim.utils.convert_collection_to_dict("convolutions")) == ["one"]
    with slim.arg_scope([slim.conv2d, slim.dropout], outputs_collections="all"):
        y = slim.conv2d(x, 2, [1, 1], scope="three")
        slim.dropout(y, 0.5, is_training=False, scope="four")
    assert list(slim.utils.convert_collection_to_dict("all")) == ["three", "four"]
