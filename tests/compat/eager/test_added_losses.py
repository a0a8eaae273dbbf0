"""What layers add to losses and change, where TensorFlow 2 calls networks on numbers or in fit."""

import re

import numpy as np
import pytest

X = np.full((4, 2), 3, "float32")
SUM = 24.0


@pytest.fixture
def layers(tf2):
    class Adds(tf2.keras.layers.Layer):
        def call(self, x):
            self.add_loss(tf2.reduce_sum(x))
            return x

    def make():
        return [tf2.keras.layers.BatchNormalization(momentum=0.5), Adds()]

    return make


def nothing(tf2):
    return lambda y_true, y_pred: tf2.reduce_mean(0 * y_pred, axis=-1)


def test_a_functional_network_called_on_numbers_has_their_losses_alone(tf2, layers):
    x = tf2.keras.Input((2,))
    model = tf2.keras.Model(x, layers()[1](x))
    for size in (2, 3):
        model(X[:size])
        assert [float(loss) for loss in model.losses] == [6.0 * size]
    model.compile("sgd", nothing(tf2))
    assert model.evaluate(X, X, verbose=0) == SUM  # No call has stayed in the network.


def test_losses_of_a_call_reach_what_it_was_called_on(tf2, layers):
    x = tf2.keras.Input((2,))
    model = tf2.keras.Model(x, layers()[1](x))
    value = tf2.Variable(X)
    with tf2.GradientTape() as tape:
        model(value)
        loss = sum(model.losses)
    np.testing.assert_array_equal(tape.gradient(loss, value), np.ones((4, 2)))


@pytest.mark.parametrize("first", ["call", "build", "fit"])
def test_a_chain_without_a_shape_learns_whatever_built_it(tf2, layers, first):
    model = tf2.keras.Sequential(layers())
    if first == "call":
        model(X)
        assert len(model.losses) == 1
    elif first == "build":
        model.build((None, 2))
    model.compile(tf2.keras.optimizers.SGD(0.0), nothing(tf2))
    model.fit(X, X, verbose=0)
    np.testing.assert_allclose(model.get_weights()[2], [1.5, 1.5])
    expected = 8 * 1.5 / np.sqrt(0.5 + 1e-3)
    assert model.evaluate(X, X, verbose=0) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("first", ["call", "function", "fit"])
def test_so_does_a_chain_in_a_model_of_the_programs_own(tf2, layers, first):
    class Own(tf2.keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = tf2.keras.Sequential(layers())

        def call(self, x, training=None):
            return self.inner(x, training=training)

    model = Own()
    if first != "fit":
        (tf2.function(model) if first == "function" else model)(tf2.constant(X))
    model.compile(tf2.keras.optimizers.SGD(0.0), nothing(tf2))
    model.fit(X, X, verbose=0)
    np.testing.assert_allclose(model.inner.get_weights()[2], [1.5, 1.5])
    expected = 8 * 1.5 / np.sqrt(0.5 + 1e-3)
    assert model.evaluate(X, X, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_names_of_arguments_of_steps_by_hand(tf2):
    weight = tf2.Variable(2.0)
    optimizer = tf2.keras.optimizers.SGD(0.5)
    pairs = zip([tf2.constant(1.0)], [weight], strict=True)
    optimizer.apply_gradients(grads_and_vars=pairs, experimental_aggregate_gradients=False)
    assert float(weight) == 1.5
    model = tf2.keras.Sequential([tf2.keras.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=["mae"])
    assert sorted(model.train_on_batch(X, X, return_dict=True)) == ["loss", "mae"]
    assert sorted(model.test_on_batch(X, X, return_dict=True)) == ["loss", "mae"]


def test_a_summary_does_not_tell_where_layers_of_ones_own_call_lead(tf2, capsys):
    class Own(tf2.keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = tf2.keras.layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    model = Own()
    model(X)
    model.summary()
    told = capsys.readouterr().out
    assert "Connected to" not in told
    assert re.search(r"\(Dense\) +multiple +6 ", told)
