"""``tf.layers`` and ``tf.contrib.layers``: values, names, sharing, penalties and updates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def _names(tf: Any) -> list[str]:
    return [v.op.name for v in tf.global_variables()]


def _numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.RandomState(seed).randn(*shape).astype(np.float32)


def test_dense(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.layers.dense(x, 2, activation=tf.nn.relu)
    z = tf.layers.dense(inputs=y, units=4, name="out", use_bias=False)
    assert (y.name, z.op.name) == ("dense/Relu:0", "out/MatMul")
    assert _names(tf) == ["dense/kernel", "dense/bias", "out/kernel"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        w, b, v = session.run(tf.trainable_variables())
        found = session.run([y, z], {x: _numbers(5, 3)})
    assert not b.any()
    limit = np.sqrt(6 / 5)
    assert np.abs(w).max() <= limit
    np.testing.assert_allclose(found[0], np.maximum(_numbers(5, 3) @ w, 0), atol=1e-6)
    np.testing.assert_allclose(found[1], found[0] @ v, atol=1e-6)


def test_dense_of_sequences(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [None, None, 3])
    y = tf.layers.dense(x, 2)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        w = session.run(tf.trainable_variables()[0])
        np.testing.assert_allclose(
            session.run(y, {x: _numbers(2, 5, 3)}), _numbers(2, 5, 3) @ w, atol=1e-6
        )


def test_names_are_made_unique_but_shared_in_a_scope_that_reuses(tf: Any) -> None:
    def network(x: Any, reuse: Any) -> Any:
        with tf.variable_scope("net", reuse=reuse):
            h = tf.layers.dense(x, 3)
            return tf.layers.dense(h, 2)

    x = tf.constant(_numbers(4, 5))
    first, second = network(x, False), network(x, True)
    other = tf.layers.dense(x, 1), tf.layers.dense(x, 1)
    assert _names(tf) == [
        "net/dense/kernel", "net/dense/bias", "net/dense_1/kernel", "net/dense_1/bias",
        "dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias",
    ]  # fmt: skip
    assert other[1].op.name == "dense_1/BiasAdd"
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        a, b = session.run([first, second])
    np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="net/dense/kernel already exists"):
        network(x, None)


def test_reuse_of_a_named_layer(tf: Any) -> None:
    x = tf.constant(_numbers(4, 5))
    tf.layers.dense(x, 3, name="d", reuse=tf.AUTO_REUSE)
    tf.layers.dense(x, 3, name="d", reuse=True)
    assert _names(tf) == ["d/kernel", "d/bias"]


def test_a_layer_called_twice_has_one_set_of_variables(tf: Any) -> None:
    layer = tf.layers.Dense(2, kernel_initializer=tf.ones_initializer())
    x = tf.constant(_numbers(4, 5))
    y, z = layer(x), layer(x)
    assert [v.op.name for v in layer.trainable_weights] == _names(tf)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        a, b = session.run([y, z])
    np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(a, np.repeat(_numbers(4, 5).sum(1, keepdims=True), 2, 1), rtol=1e-5)


def test_penalties(tf: Any) -> None:
    x = tf.constant(_numbers(4, 5))
    penalty = tf.contrib.layers.l2_regularizer(0.1)
    tf.layers.dense(x, 3, kernel_regularizer=penalty)
    with tf.variable_scope("r", regularizer=tf.contrib.layers.l1_regularizer(0.2)):
        w = tf.get_variable("w", [2])
    total = tf.losses.get_regularization_loss()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        kernel, weights, found = session.run([tf.trainable_variables()[0], w, total])
    expected = 0.1 * (kernel**2).sum() / 2 + 0.2 * np.abs(weights).sum()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_pictures(tf: Any, padding: str) -> None:
    x = tf.placeholder(tf.float32, [None, 9, 8, 3])
    y = tf.layers.conv2d(x, 4, [3, 2], strides=2, padding=padding, name="c")
    kernel = tf.trainable_variables()[0]
    same = tf.nn.conv2d(x, kernel, [1, 2, 2, 1], padding.upper())
    pooled = tf.layers.max_pooling2d(inputs=y, pool_size=[2, 2], strides=2)
    wide = tf.layers.conv2d_transpose(y, 5, 3, strides=2, padding=padding)
    flat = tf.layers.flatten(y)
    assert flat.shape.as_list()[1] == np.prod(y.shape.as_list()[1:])
    mean = tf.layers.average_pooling2d(y, 2, 1)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        a, b, p, w, m = session.run([y, same, pooled, wide, mean], {x: _numbers(2, 9, 8, 3)})
    np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_allclose(p[0, 0, 0], a[0, :2, :2].max((0, 1)))
    np.testing.assert_allclose(m[0, 0, 0], a[0, :2, :2].mean((0, 1)), atol=1e-6)
    assert w.shape == ((2, 10, 8, 5) if padding == "same" else (2, 9, 9, 5))


def test_batch_normalization_keeps_running_means(tf: Any) -> None:
    x, training = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.bool)
    y = tf.layers.batch_normalization(x, training=training, momentum=0.9)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    assert _names(tf) == [
        f"batch_normalization/{name}"
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
    ]
    assert len(tf.trainable_variables()) == 2
    with tf.control_dependencies(updates):
        step = tf.identity(y)
    batch = _numbers(6, 3) * 2 + 1
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = session.run(step, {x: batch, training: True})
        mean, variance = session.run(tf.global_variables()[2:])
        after = session.run(step, {x: batch, training: False})
        assert [v.tolist() for v in session.run(tf.global_variables()[2:])] == [
            mean.tolist(), variance.tolist(),
        ]  # fmt: skip
    expected = (batch - batch.mean(0)) / np.sqrt(batch.var(0) + 1e-3)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(mean, 0.1 * batch.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance, 0.9 + 0.1 * batch.var(0), rtol=1e-5)
    np.testing.assert_allclose(after, (batch - mean) / np.sqrt(variance + 1e-3), atol=1e-5)


def test_the_running_variance_of_pictures_is_the_unbiased_one(tf: Any) -> None:
    batch = _numbers(2, 3, 2, 4)
    tf.layers.batch_normalization(tf.constant(batch), training=True, momentum=0.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
        found = session.run(tf.global_variables()[3])
    np.testing.assert_allclose(found, batch.reshape(-1, 4).var(0, ddof=1), rtol=1e-5)


def test_dropout_in_training_only(tf: Any) -> None:
    x, training = tf.ones([100, 10]), tf.placeholder_with_default(False, [])
    y = tf.layers.dropout(x, rate=0.4, training=training)
    with tf.Session() as session:
        assert (session.run(y) == 1).all()
        some = session.run(y, {training: True})
    assert 0.3 < (some == 0).mean() < 0.5
    np.testing.assert_allclose(some[some != 0], 1 / 0.6, rtol=1e-6)
    assert tf.layers.dropout(x, 0.4).op.type != "dropout"


def test_a_layer_of_ones_own(tf: Any) -> None:
    class Scaled(tf.layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, input_shape: Any) -> None:
            self.gain = self.add_variable(
                "gain", [int(input_shape[-1])], initializer=tf.ones_initializer()
            )
            super().build(input_shape)

        def call(self, inputs: Any) -> Any:
            return inputs * self.gain

    y = Scaled(name="s")(tf.constant(_numbers(2, 3)))
    assert _names(tf) == ["s/gain"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(session.run(y), _numbers(2, 3))


def test_contrib_layers_take_arguments_of_scopes(tf: Any) -> None:
    from tensorflow.contrib.framework import arg_scope
    from tensorflow.contrib.layers import batch_norm, fully_connected

    x = tf.constant(_numbers(6, 3))
    with arg_scope(
        [fully_connected], normalizer_fn=batch_norm,
        normalizer_params={"is_training": True, "updates_collections": None, "decay": 0.5},
    ):  # fmt: skip
        h = fully_connected(x, 4, scope="h", activation_fn=None)
    y = fully_connected(h, 2)
    assert _names(tf) == [
        "h/weights", "h/BatchNorm/beta", "h/BatchNorm/moving_mean", "h/BatchNorm/moving_variance",
        "fully_connected/weights", "fully_connected/biases",
    ]  # fmt: skip
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        w = session.run(tf.global_variables()[0])
        found, positive = session.run([h, y])
        mean = session.run(tf.global_variables()[2])
    z = _numbers(6, 3) @ w
    np.testing.assert_allclose(found, (z - z.mean(0)) / np.sqrt(z.var(0) + 1e-3), atol=1e-4)
    np.testing.assert_allclose(mean, 0.5 * z.mean(0), atol=1e-5)
    assert (positive >= 0).all()


def test_slim(tf: Any) -> None:
    import tensorflow.contrib.slim as slim

    x = tf.constant(_numbers(2, 8, 8, 3))
    with slim.arg_scope([slim.conv2d], weights_regularizer=slim.l2_regularizer(0.1)) as scope:
        y = slim.repeat(x, 2, slim.conv2d, 4, [3, 3], scope="conv1")
    with slim.arg_scope(scope):
        y = slim.conv2d(slim.max_pool2d(y, [2, 2]), 5, 1, scope="conv2")
    y = slim.stack(slim.flatten(y), slim.fully_connected, [6, 3], scope="fc")
    assert [v.op.name for v in slim.get_model_variables()][::2] == [
        "conv1/conv1_1/weights", "conv1/conv1_2/weights", "conv2/weights", "fc/fc_1/weights",
        "fc/fc_2/weights",
    ]  # fmt: skip
    assert len(slim.losses.get_regularization_losses()) == 3
    assert y.shape.as_list() == [2, 3]


def test_arguments_of_scopes_are_for_functions_that_take_them(tf: Any) -> None:
    with pytest.raises(ValueError, match="add_arg_scope"), tf.contrib.framework.arg_scope([len]):
        pass


def test_layer_norm_and_regularization(tf: Any) -> None:
    x = tf.constant(_numbers(3, 4))
    y = tf.contrib.layers.layer_norm(x)
    penalty = tf.contrib.layers.apply_regularization(tf.contrib.layers.l2_regularizer(2.0), [x])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found, cost = session.run([y, penalty])
    given = _numbers(3, 4)
    expected = (given - given.mean(1, keepdims=True)) / given.std(1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(cost, (given**2).sum(), rtol=1e-5)


def test_layers_of_tf_layers_are_layers_of_a_keras_network(tf):
    model = tf.keras.Sequential(
        [
            tf.layers.Flatten(input_shape=(2, 3)),
            tf.layers.Dense(4, activation=tf.nn.relu, kernel_initializer=tf.ones_initializer()),
            tf.keras.layers.Dense(1, kernel_initializer="ones"),
        ]
    )
    x = tf.placeholder(tf.float32, [None, 2, 3])
    outputs = model(x)
    assert len(model.trainable_weights) == 4
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(outputs, {x: np.ones((2, 2, 3))}).tolist() == [[24], [24]]
