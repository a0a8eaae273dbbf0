"""What whole programs of 2016 to 2019 do with Keras, each in small, beside NumPy's formulas."""

import threading

import numpy as np
import pytest

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")


@pytest.fixture
def keras():
    import keras

    return keras


# Layers that only Keras 1 had


def test_first_values_of_keras_1_are_variables(keras):
    from keras import backend as K  # noqa: N812
    from keras import initializations
    from keras.engine.topology import Layer
    from keras.initializations import identity, normal
    from keras.layers import SimpleRNN
    from keras.models import Sequential

    class Times(Layer):
        def __init__(self, size, init="glorot_uniform", **options):
            self.init, self.size = initializations.get(init), size
            super().__init__(**options)

        def build(self, input_shape):
            self.W = self.init((input_shape[1], self.size), name=f"{self.name}_W")
            self.trainable_weights = [self.W]

        def call(self, x, mask=None):
            return K.dot(x, self.W)

    model = Sequential([Times(4, input_shape=(3,))])
    (w,) = model.get_weights()
    assert w.shape == (3, 4)
    assert 0 < abs(w).max() <= np.sqrt(6 / 7)
    np.testing.assert_allclose(model.predict(X), X @ w, rtol=1e-4, atol=1e-6)
    model.compile("sgd", "mse")
    model.train_on_batch(X, np.zeros((12, 4)))
    stepped = w - 0.01 * 2 * X.T @ (X @ w) / 48
    np.testing.assert_allclose(model.get_weights()[0], stepped, rtol=1e-4, atol=1e-6)

    assert np.all(K.eval(initializations.one((2, 3))) == 1)
    assert 0 < abs(K.eval(initializations.uniform((9, 9), scale=0.02))).max() <= 0.02
    model = Sequential()
    model.add(SimpleRNN(
        4, init=lambda shape, name: normal(shape, scale=0.001, name=name), input_shape=(5, 2),
        inner_init=lambda shape, name: identity(shape, scale=0.5, name=name),
    ))  # fmt: skip
    kernel, recurrent, _ = model.get_weights()
    assert 0 < abs(kernel).max() < 0.01
    np.testing.assert_array_equal(recurrent, 0.5 * np.eye(4))


def test_layers_of_sequences_have_so_many_numbers_in_each_step(keras):
    from keras.layers import GRU, LSTM, Bidirectional, Convolution1D
    from keras.models import Sequential

    model = Sequential()
    model.add(LSTM(input_dim=3, output_dim=4, return_sequences=True))
    model.add(Bidirectional(GRU(2)))
    assert model.input_shape == (None, None, 3)
    kernel, recurrent, bias = model.get_weights()[:3]
    assert (kernel.shape, recurrent.shape, bias.shape) == ((3, 16), (4, 16), (16,))
    assert model.predict(X.reshape(2, 6, 3)).shape == (2, 4)
    model = Sequential([Convolution1D(5, 2, input_dim=3, input_length=6)])
    assert model.output_shape == (None, 5, 5)
    assert Sequential([Convolution1D(5, 2, input_dim=3)]).output_shape == (None, None, 5)


def test_transposed_convolutions_have_their_names_of_the_first_keras_2(keras):
    from keras.layers.convolutional import Conv2DTranspose, Deconv2D, Deconv3D, Deconvolution2D
    from keras.layers.pooling import GlobalAvgPool2D

    assert Deconv2D is Deconvolution2D is Conv2DTranspose is keras.layers.Deconv2D
    assert Deconv3D is keras.layers.Conv3DTranspose
    assert GlobalAvgPool2D is keras.layers.GlobalAveragePooling2D


def test_merge_stands_in_front_of_a_sequential(keras):
    from keras.layers import Dense, Merge
    from keras.models import Sequential

    left = Sequential([Dense(2, input_dim=3)])
    right = Sequential([Dense(4, input_dim=3)])
    model = Sequential()
    model.add(Merge([left, right], mode="concat"))
    model.add(Dense(1))
    model.compile("sgd", "mse")
    assert len(model.input) == 2
    assert model.count_params() == 8 + 16 + 7
    (a, b), (c, d), (v, e) = left.get_weights(), right.get_weights(), model.layers[1].get_weights()
    wanted = np.hstack([X @ a + b, 2 * X @ c + d]) @ v + e
    np.testing.assert_allclose(model.predict([X, 2 * X]), wanted, rtol=1e-4, atol=1e-5)
    model.fit([X, X], np.zeros(12), nb_epoch=1, verbose=0)
    assert not np.allclose(left.get_weights()[0], a)


def test_maxout_is_the_largest_of_linear_functions(keras):
    from keras.layers.core import MaxoutDense
    from keras.models import Sequential

    model = Sequential([MaxoutDense(output_dim=2, nb_feature=3, input_dim=3)])
    w, b = model.get_weights()
    wanted = (X @ w + b).reshape(-1, 3, 2).max(1)
    np.testing.assert_allclose(model.predict(X), wanted, rtol=1e-5, atol=1e-6)


def test_highway_carries_its_inputs(keras):
    from keras.layers.core import Highway
    from keras.models import Sequential

    model = Sequential([Highway(activation="tanh", input_dim=3)])
    w, gate, b, c = model.get_weights()
    t = 1 / (1 + np.exp(-(X @ gate + c)))
    assert np.all(c == -2.0)
    wanted = t * np.tanh(X @ w + b) + (1 - t) * X
    np.testing.assert_allclose(model.predict(X), wanted, rtol=1e-4, atol=1e-5)


# Sessions, variables and gradients


def test_a_variable_counts_in_a_loss(keras):
    from keras import backend
    from keras.layers import Dense
    from keras.models import Sequential

    factor = backend.variable(2.0)
    model = Sequential([Dense(1, input_dim=3, use_bias=False)])
    model.compile("sgd", lambda y, p: backend.mean(factor * backend.square(y - p), -1))
    squares = np.mean((X @ model.get_weights()[0]) ** 2)
    assert model.evaluate(X, np.zeros(12), verbose=0) == pytest.approx(2 * squares, rel=1e-4)
    backend.set_value(factor, 3.0)
    assert model.evaluate(X, np.zeros(12), verbose=0) == pytest.approx(3 * squares, rel=1e-4)
    np.testing.assert_array_equal(backend.eval(backend.variable([1.0, 2.0])), [1, 2])


def test_the_session_that_is_set_is_that_of_all_threads(keras):
    import tensorflow as tf

    session, found = tf.Session(), []
    keras.backend.set_session(session)
    graph, models = tf.get_default_graph(), []

    def make():
        with graph.as_default():
            models.append(keras.models.Sequential([keras.layers.Dense(2, input_dim=3)]))
            found.append(models[0].predict(X))

    def predict():
        with graph.as_default():
            found.append(models[0].predict(X))

    for work in (make, predict):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    keras.backend.clear_session()
    np.testing.assert_array_equal(*found)


def test_a_loss_may_differentiate_by_what_is_inside_the_network(keras):
    from keras import backend
    from keras.layers import Dense, Dropout, Input, Lambda
    from keras.models import Model

    x = Input((3,))
    inside = Lambda(lambda t: t + 0.0 * backend.random_uniform(backend.shape(t)))(x)
    y = Dense(1, use_bias=False)(Dropout(0.0)(inside))
    model = Model(x, y)

    def norm(y_true, y_pred):
        return backend.mean(backend.sum(backend.square(backend.gradients(y_pred, inside)[0]), -1))

    model.compile("sgd", norm)
    wanted = np.sum(model.get_weights()[0] ** 2)
    assert model.train_on_batch(X, np.zeros(12)) == pytest.approx(wanted, rel=1e-5)


def test_statistics_of_a_layer_called_twice_change_twice(keras):
    from keras.layers import BatchNormalization, Input
    from keras.models import Model

    layer, a, b = BatchNormalization(momentum=0.9), Input((3,)), Input((3,))
    model = Model([a, b], [layer(a), layer(b)])
    model.compile("sgd", "mse")
    model.train_on_batch([X, X + 1], [X, X])
    wanted = 0.9 * 0.1 * X.mean(0) + 0.1 * (X + 1).mean(0)
    np.testing.assert_allclose(layer.get_weights()[2], wanted, rtol=1e-4, atol=1e-6)


def test_whole_numbers_meet_predictions_as_floats(keras):
    from keras import backend
    from keras.layers import Dense
    from keras.models import Sequential

    model = Sequential([Dense(1, input_dim=3)])
    truth = np.arange(12) % 2
    model.compile("sgd", lambda y, p: backend.mean(y * backend.square(p), -1))
    wanted = np.mean(truth[:, None] * model.predict(X) ** 2)
    assert model.evaluate(X, truth, verbose=0) == pytest.approx(wanted, rel=1e-4)


# A program's own layers and optimizers


def test_calls_of_shared_layers_are_told_apart(keras, capsys):
    from keras.layers import Dense, Input
    from keras.models import Model

    dense, a, b = Dense(2, name="shared"), Input((3,), name="a"), Input((3,), name="b")
    model = Model([a, b], [dense(a), dense(b)])
    both = keras.backend.function([a, b], [dense.get_output_at(0), dense.get_output_at(1)])
    first, second = both([X, 2 * X])
    np.testing.assert_allclose(first, dense.get_weights()[1] + X @ dense.get_weights()[0], 1e-4)
    assert not np.allclose(first, second)
    outer = Model([a, b], keras.layers.add(model([a, b])))
    outer.summary(line_length=100)
    text = capsys.readouterr().out
    assert "[1][0]" in text
    assert "[1][1]" in text


def test_layers_may_extend_those_of_keras(keras):
    from keras.layers import Dense, Wrapper
    from keras.models import Sequential

    class Twice(Dense):
        def call(self, x):
            return 2 * super().call(x)

    class Around(Wrapper):
        def call(self, x):
            return self.layer(x) + 1

    model = Sequential([Twice(2, input_dim=3), Around(Dense(1))])
    w, b, v, c = model.get_weights()
    np.testing.assert_allclose(model.predict(X), 2 * (X @ w + b) @ v + c + 1, rtol=1e-4, atol=1e-5)


def test_an_optimizer_of_the_programs_own_takes_steps(keras, tmp_path):
    from keras import backend
    from keras.layers import Dense
    from keras.legacy import interfaces
    from keras.models import Sequential, load_model
    from keras.optimizers import Optimizer

    class Plain(Optimizer):
        def __init__(self, lr=0.1, **options):
            super().__init__(**options)
            self.iterations = backend.variable(0, dtype="int64", name="iterations")
            self.lr = backend.variable(lr, name="lr")

        @interfaces.legacy_get_updates_support
        def get_updates(self, loss, params):
            self.updates = [backend.update_add(self.iterations, 1)]
            for p, g in zip(params, self.get_gradients(loss, params), strict=True):
                self.updates.append(backend.update(p, p - self.lr * g))
            return self.updates

        def get_config(self):
            return {"lr": float(backend.get_value(self.lr)), **super().get_config()}

    model = Sequential([Dense(1, input_dim=3, use_bias=False)])
    model.compile(Plain(0.5), "mse")
    w = model.get_weights()[0]
    model.train_on_batch(X, np.zeros(12))
    gradient = 2 * X.T @ (X @ w) / 12
    np.testing.assert_allclose(model.get_weights()[0], w - 0.5 * gradient, rtol=1e-4, atol=1e-6)
    model.save(tmp_path / "m.h5")
    again = load_model(tmp_path / "m.h5", custom_objects={"Plain": Plain})
    assert again.optimizer.get_config() == {"lr": 0.5}


def test_an_optimizer_adds_to_the_updates_of_the_one_it_extends(keras):
    from keras import backend as K  # noqa: N812

    class Averaging(keras.optimizers.SGD):
        def get_updates(self, loss, params):
            given = self.lr
            self.lr = given * K.minimum(1.0, (K.cast(self.iterations, "float32") + 1) / 4)
            super().get_updates(loss, params)
            self.lr = given
            self.slow = [K.variable(K.get_value(p)) for p in params]
            for p, slow in zip(params, self.slow, strict=True):
                self.updates.append(K.update(slow, (slow + p) / 2))
            return self.updates

    model = keras.models.Sequential([keras.layers.Dense(1, input_dim=3, use_bias=False)])
    model.compile(Averaging(lr=0.5), "mse")
    w = slow = model.get_weights()[0]
    for share in (1 / 4, 2 / 4):
        model.train_on_batch(X, np.zeros(12))
        w, slow = w - 0.5 * share * 2 * X.T @ (X @ w) / 12, (slow + w) / 2
    np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(K.get_value(model.optimizer.slow[0]), slow, rtol=1e-4, atol=1e-6)
    assert K.get_value(model.optimizer.lr) == 0.5
    K.function([], [], updates=[K.update_add(model.optimizer.iterations, 3)])([])
    assert K.get_value(model.optimizer.iterations) == 5


@pytest.mark.parametrize("way", ["a method", "an attribute"])
def test_gradients_are_those_of_the_optimizers_get_gradients(keras, way):
    from keras import backend as K  # noqa: N812

    def centred(loss, params):
        return [g - K.mean(g, axis=0, keepdims=True) for g in K.gradients(loss, params)]

    class Centred(keras.optimizers.SGD):
        def get_gradients(self, loss, params):
            return [g - K.mean(g, axis=0) for g in super().get_gradients(loss, params)]

    optimizer = (Centred if way == "a method" else keras.optimizers.SGD)(0.1)
    if way == "an attribute":
        optimizer.get_gradients = centred
    model = keras.models.Sequential([keras.layers.Dense(1, input_dim=3, use_bias=False)])
    model.compile(optimizer, "mse")
    w = model.get_weights()[0]
    model.train_on_batch(X, np.ones(12))
    gradient = 2 * X.T @ (X @ w - 1) / 12
    wanted = w - 0.1 * (gradient - gradient.mean(0))
    np.testing.assert_allclose(model.get_weights()[0], wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["Adam", "RMSprop"])
def test_training_goes_on_where_a_file_left_it(keras, tmp_path, name):
    from keras.layers import Dense
    from keras.models import Sequential, load_model

    model = Sequential([Dense(1, input_dim=3)])
    model.compile(getattr(keras.optimizers, name)(0.05), "mse")
    options = {"epochs": 2, "verbose": 0, "shuffle": False}
    model.fit(X, X.sum(1), **options)
    model.save(tmp_path / "m.h5")
    again = load_model(tmp_path / "m.h5")
    losses = [m.fit(X, X.sum(1), **options).history["loss"] for m in (model, again)]
    np.testing.assert_allclose(*losses, rtol=1e-6)


# Tensors beside the outputs


def test_tensors_of_a_network_are_reported(keras):
    from keras import backend as K  # noqa: N812
    from keras.layers import Dense, Input, Lambda, Layer
    from keras.models import Model

    class Reports(Layer):
        def call(self, x):
            self.add_metric(K.mean(K.square(x)), name="square", aggregation="mean")
            return x

    x = Input((3,))
    twice = Lambda(lambda t: 2 * t)(Reports()(x))
    model = Model(x, Dense(1)(twice))
    model.add_metric(K.sum(twice, axis=1), name="sum", aggregation="mean")
    model.compile("sgd", "mse", metrics=["mae"])
    model.metrics_tensors.append(K.max(twice))
    model.metrics_names.append("greatest")
    options = {"batch_size": 6, "epochs": 1, "verbose": 0}
    history = model.fit(X, np.zeros(12), validation_data=(X[:6], np.zeros(6)), **options).history
    assert set(history) >= {"square", "sum", "greatest", "val_square", "val_sum", "val_greatest"}
    for name, data in (("", X), ("val_", X[:6])):
        np.testing.assert_allclose(history[f"{name}square"][0], (data**2).mean(), rtol=1e-5)
        np.testing.assert_allclose(history[f"{name}sum"][0], 2 * data.sum(1).mean(), rtol=1e-5)
    np.testing.assert_allclose(history["val_greatest"][0], 2 * X[:6].max(), rtol=1e-5)
    names = model.metrics_names
    assert sorted(names) == ["greatest", "loss", "mae", "square", "sum"]
    values = dict(zip(names, model.evaluate(X, np.zeros(12), verbose=0), strict=True))
    np.testing.assert_allclose(values["sum"], 2 * X.sum(1).mean(), rtol=1e-5)


def test_an_input_with_values_of_its_own_is_not_fed(keras):
    from keras import backend as K  # noqa: N812
    from keras.layers import Add, Input
    from keras.models import Model

    x = Input((3,))
    noise = Input(tensor=K.random_normal((K.shape(x)[0], 3), stddev=0.1))
    model = Model(inputs=[x, noise], outputs=Add()([x, noise]))
    found = [model.predict(X) - X for _ in range(2)]
    assert 0.02 < np.std(found[0]) < 0.3
    assert not np.allclose(*found)
