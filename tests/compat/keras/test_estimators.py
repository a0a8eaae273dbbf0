"""A model of Keras as an estimator."""

import numpy as np
import pytest


def test_a_model_is_trained_as_an_estimator(tmp_path):
    import tensorflow as tf

    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 2)).astype(np.float32)
    y = (x[:, :1] > 0).astype(np.float32)
    model = tf.keras.Sequential(
        [tf.keras.layers.Dense(1, activation="sigmoid", input_shape=(2,), name="answer")]
    )
    model.compile(tf.keras.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    model.set_weights([np.array([[3.0], [-1.0]]), np.array([0.5])])
    first = model.predict(x)
    estimator = tf.keras.estimator.model_to_estimator(model, model_dir=str(tmp_path))
    name = model.input_names[0]

    def data(epochs, **options):
        return tf.estimator.inputs.numpy_input_fn(
            {name: x}, y, batch_size=16, num_epochs=epochs, **options
        )

    estimator.train(data(None, shuffle=True), steps=1)
    found = estimator.evaluate(data(1, shuffle=False))
    values = [row["answer"] for row in estimator.predict(data(1, shuffle=False))]
    # One step from the weights of the model.
    np.testing.assert_allclose(values, first, atol=0.15)
    assert np.isclose(found["accuracy"], np.mean((np.array(values) > 0.5) == y))
    estimator.train(data(None, shuffle=True), steps=100)
    assert estimator.evaluate(data(1, shuffle=False))["accuracy"] > 0.95
    with pytest.raises(ValueError, match="compiled"):
        tf.keras.estimator.model_to_estimator(tf.keras.Sequential([tf.keras.layers.Dense(1)]))


def test_an_optimizer_of_tf_train_trains_the_estimator():
    import tensorflow as tf

    x = np.random.default_rng(0).normal(size=(32, 2)).astype(np.float32)
    y = (x[:, :1] > 0).astype(np.float32)
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, activation="sigmoid", input_shape=(2,))])
    model.compile(tf.train.AdamOptimizer(0.1), "binary_crossentropy", metrics=["accuracy"])
    estimator = tf.keras.estimator.model_to_estimator(model)
    data = tf.estimator.inputs.numpy_input_fn(
        {model.input_names[0]: x}, y, batch_size=16, num_epochs=40, shuffle=True
    )
    estimator.train(data)
    assert estimator.evaluate(data)["accuracy"] > 0.9


def test_rmsprop_takes_the_steps_of_keras():
    import tensorflow as tf

    x = np.random.default_rng(0).normal(size=(16, 2)).astype(np.float32)
    y = (x[:, :1] > 0).astype(np.float32)
    layer = tf.keras.layers.Dense(1, use_bias=False, input_shape=(2,), name="answer")
    model = tf.keras.Sequential([layer])
    model.compile(tf.keras.optimizers.RMSprop(0.01), "mse")
    w, square = model.get_weights()[0].astype(np.float64), 0
    estimator = tf.keras.estimator.model_to_estimator(model)
    data = tf.estimator.inputs.numpy_input_fn(
        {model.input_names[0]: x}, y, batch_size=16, num_epochs=3, shuffle=False
    )
    estimator.train(data)
    for _ in range(3):
        gradient = 2 * x.T @ (x @ w - y) / 16
        square = 0.9 * square + 0.1 * gradient**2
        w = w - 0.01 * gradient / (np.sqrt(square) + 1e-7)
    found = [row["answer"] for row in estimator.predict(data)][:16]
    np.testing.assert_allclose(found, x @ w, rtol=1e-4, atol=1e-5)
