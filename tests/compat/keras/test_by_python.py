"""What Python carries out in losses, metrics and layers of a program's own."""

import numpy as np
import pytest

RNG = np.random.default_rng(5)
X = RNG.normal(size=(40, 3)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("float32")


@pytest.fixture
def keras(tf):
    import keras

    return keras


def test_a_metric_by_a_function_of_arrays(tf, keras):
    calls = []

    def ranked(y_true, y_pred):
        calls.append(y_true.shape)
        return np.float64(np.corrcoef(y_true[:, 0], y_pred[:, 0])[0, 1])

    def correlation(y_true, y_pred):
        return tf.py_func(ranked, (y_true, y_pred), tf.double)

    def means(y_true, y_pred):
        both = tf.py_func(lambda a, b: (a.mean(), b.mean()), [y_true, y_pred], [tf.float32] * 2)
        return both[0] - 2 * both[1]

    model = keras.models.Sequential([keras.layers.Dense(1, input_dim=3)])
    model.compile("sgd", "mse", metrics=[correlation, means])
    model.fit(X, Y, batch_size=40, epochs=2, verbose=0)
    _, found, difference = model.evaluate(X, Y, batch_size=40, verbose=0)
    predicted = model.predict(X)[:, 0]
    np.testing.assert_allclose(found, np.corrcoef(Y, predicted)[0, 1], rtol=1e-5)
    np.testing.assert_allclose(difference, Y.mean() - 2 * predicted.mean(), rtol=1e-4)
    assert set(calls) == {(40, 1)}


def test_layers_and_losses_train_beside_what_python_computes(tf, keras):
    def scaled(x):
        factor = tf.py_func(lambda a: np.float32(2.0) + 0 * a.mean(), [x], tf.float32)
        return x * tf.reshape(factor, [])

    def loss(y_true, y_pred):
        total = tf.while_loop(
            lambda i, _: i < 3,
            lambda i, s: (i + 1, s + tf.py_func(lambda j: np.float32(j), [i], tf.float32)),
            [0, 0.0],
            shape_invariants=[tf.TensorShape([]), tf.TensorShape(None)],
        )[1]
        return tf.reduce_mean(tf.square(y_true - y_pred), -1) + total

    first = keras.layers.Dense(1, use_bias=False, input_dim=3)
    model = keras.models.Sequential([first, keras.layers.Lambda(scaled)])
    model.compile(keras.optimizers.SGD(0.1), loss)
    before = first.get_weights()[0]
    value = model.train_on_batch(X, Y)
    error = 2 * X @ before - Y[:, None]
    np.testing.assert_allclose(value, np.square(error).mean() + 3, rtol=1e-5)
    expected = before - 0.1 * 4 * X.T @ error / len(X)
    np.testing.assert_allclose(first.get_weights()[0], expected, rtol=1e-4, atol=1e-6)


def test_what_python_computes_may_have_any_shape_or_one_that_is_told(tf, keras):
    k = keras.backend

    def of_unknown_shape(y_true, y_pred):
        return k.mean(k.square(y_true - y_pred)) * tf.py_func(np.sum, [2 * y_true], tf.float32)

    def told(x):
        found = tf.py_func(lambda a: a * 2, [x], tf.float32)
        found.set_shape(x.get_shape())
        return found

    last = keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)
    model = keras.models.Sequential([keras.layers.Lambda(told, input_shape=(3,)), last])
    model.compile("sgd", of_unknown_shape)
    error = 2 * X.sum(axis=1) - Y
    expected = np.square(error).mean() * 2 * Y.sum()
    np.testing.assert_allclose(model.train_on_batch(X, Y), expected, rtol=1e-5)
    assert not (last.get_weights()[0] == 1).any()


def test_layers_take_the_batch_that_all_else_of_the_session_takes(tf, keras):
    numbers = np.arange(24, dtype="float32").reshape(8, 3)
    dataset = tf.data.Dataset.from_tensor_slices((numbers, numbers[:, 0])).batch(4)
    x, first = dataset.make_one_shot_iterator().get_next()
    ones = {"kernel_initializer": "ones", "activation": tf.nn.relu}
    total = keras.layers.Dense(1, **ones)(x)
    twice = keras.layers.Lambda(lambda t: tf.py_func(lambda a: 2 * a, [t], tf.float32))(x)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for part in (numbers[:4], numbers[4:]):
            found = session.run([x, first, total, twice])
            for value, wanted in zip(found, [part, part[:, 0], part.sum(1)[:, None], 2 * part],
                                     strict=True):  # fmt: skip
                np.testing.assert_array_equal(value, wanted)
