"""Random numbers under a seed are those that TensorFlow drew: those below are from TensorFlow."""

from __future__ import annotations

import numpy as np


def near(found, wanted):
    np.testing.assert_allclose(np.ravel(found)[: len(wanted)], wanted, atol=6e-6)


def test_normal_numbers_go_on_from_run_to_run(tf, run):
    x = tf.random_normal([4], seed=3)
    near(run(x), [1.06166, -0.87858, 0.11187, 0.18512])
    near(run(x), [-0.14378, 0.38764, -1.09728, 1.26557])
    with tf.Session() as other:
        near(other.run(x), [1.06166, -0.87858, 0.11187, 0.18512])


def test_truncated_numbers(tf, run):
    x = tf.truncated_normal([300], seed=5)
    near(run(x), [-1.17808, -0.70994, -1.74816, -0.49537, -0.86415, 1.2457])
    assert abs(run(tf.reduce_sum(x)) + 11.09667) < 1e-4


def test_even_numbers_of_both_seeds(tf, run):
    tf.set_random_seed(1)
    x = tf.random_uniform([4], seed=3)
    near(run(x), [0.77879, 0.8012, 0.72437, 0.23089])
    near(run(x), [0.60315, 0.06146, 0.76444, 0.09613])


def test_a_graph_without_other_seeds_begins_as_it_did(tf, run):
    """The place of an operation in the graph is its seed, as in TensorFlow 1."""
    tf.set_random_seed(777)
    tf.placeholder(tf.float32, [None, 2])
    tf.placeholder(tf.float32, [None, 1])
    w = tf.Variable(tf.random_normal([2, 2]))
    run(w.initializer)
    near(run(w), [0.80269563, 0.67861295, -1.21728313, -0.3051686])


def test_operations_are_counted_as_tensorflow_has_them(tf):
    from giulgi.compat.graphs.graph import get_default_graph
    from giulgi.compat.tensorflow.math.seeded import operations_before

    def count(build):
        before = operations_before(get_default_graph())
        build()
        return operations_before(get_default_graph()) - before

    x = tf.placeholder(tf.float32, [None, 2])
    assert count(lambda: tf.placeholder(tf.float32)) == 1
    assert count(lambda: tf.Variable(tf.random_normal([2, 2]))) == 9
    assert count(lambda: tf.Variable(tf.zeros([3]))) == 4
    assert count(lambda: tf.Variable(3.0)) == 4
    assert count(lambda: tf.get_variable("a", [2, 2])) == 10
    assert count(lambda: tf.get_variable("b", [2], initializer=tf.zeros_initializer())) == 4
    assert count(lambda: tf.reduce_mean(tf.square(x * 2 - 1))) == 7
    assert count(lambda: tf.reshape(x, [-1, 2])) == 2
    assert count(lambda: x[:, 0]) == 4


def test_numbers_of_a_shape_that_is_fed(tf, run):
    x = tf.placeholder(tf.float32, [None, 2])
    noise = tf.random_normal(tf.shape(x), seed=3)
    near(run(noise, {x: np.zeros((2, 2))}), [1.06166, -0.87858, 0.11187, 0.18512])
    slope = tf.gradients(tf.random_normal([2], x[0], 1.0, seed=4), x)[0]
    assert run(slope, {x: np.zeros((1, 2))}).tolist() == [[1, 1]]


def test_shapes_that_are_computed_are_known_as_far_as_they_are(tf):
    tf.set_random_seed(0)
    x = tf.placeholder(tf.float32, [None, 8])
    size = tf.shape(x)
    assert tf.random_normal(size).shape.as_list() == [None, 8]
    assert tf.random_uniform(size, seed=1).shape.as_list() == [None, 8]
    assert tf.truncated_normal(tf.stack([size[0], 4])).shape.as_list() == [None, 4]
    with tf.Session() as session:
        assert session.run(tf.random_normal(size), {x: np.ones((3, 8))}).shape == (3, 8)


def test_an_imported_graph_draws_as_the_one_that_was_saved(tf, run):
    tf.set_random_seed(3)
    size = tf.placeholder(tf.int32, [1], name="size")
    tf.truncated_normal(size, name="bell")
    tf.random_uniform([3], 5, 90, tf.int32, name="whole")
    w = tf.Variable(tf.random_uniform([2]), name="w")
    tf.global_variables_initializer()
    names = ["bell:0", "whole:0", "init", "w:0"]
    with tf.Session() as session:
        first = session.run(names[:2], {size: [4]}), session.run(names[2:3]), session.run(w)
        meta = tf.train.export_meta_graph()
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(meta)
        again = session.run(names[:2], {"size:0": [4]}), session.run(names[2:3]), session.run("w:0")
    np.testing.assert_array_equal(first[0][0], again[0][0])
    np.testing.assert_array_equal(first[0][1], again[0][1])
    assert again[0][1].min() >= 5
    np.testing.assert_array_equal(first[2], again[2])


def test_initializers_of_keras_with_seeds_of_their_own(tf, run):
    keras = tf.keras.initializers
    near(run(keras.RandomNormal(1.0, 2.0, seed=3)([4])), [3.12332, -0.75716, 1.22374, 1.37024])
    near(run(keras.TruncatedNormal(stddev=0.5, seed=5)([300])), [-0.58904, -0.35497, -0.87408])
    layer = tf.keras.layers.Conv2D(2, 1, kernel_initializer=keras.glorot_uniform(seed=0))
    layer(tf.zeros([1, 4, 4, 6]))
    run(tf.global_variables_initializer())
    near(run(layer.kernel), [-0.69133, 0.81435, 0.60408, -0.7824])
