"""What Keras tells: descriptions, files, progress, reports and losses, beside NumPy's formulas."""

import numpy as np
import pytest

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")


@pytest.fixture
def keras():
    import keras

    return keras


# Descriptions


def test_every_layer_is_made_again_of_its_description(keras):
    from keras import layers

    made = [
        layers.SpatialDropout1D(0.2), layers.Permute((2, 1)), layers.LeakyReLU(alpha=0.2),
        layers.DepthwiseConv2D(3), layers.SeparableConv2D(4, 3), layers.ConvLSTM2D(4, 3),
        layers.Bidirectional(layers.LSTM(3, name="inner")),
    ]  # fmt: skip
    for layer in made:
        config = layer.get_config()
        assert type(layer).from_config(config).get_config() == config
    assert made[2].get_config()["alpha"] == 0.2


def test_files_name_a_programs_own_parts(keras, tmp_path):
    from keras import backend
    from keras.constraints import Constraint
    from keras.layers import Dense
    from keras.models import Sequential, load_model

    def penalty(w):
        return 0.1 * backend.sum(backend.abs(w))

    def first(shape, dtype=None):
        return backend.ones(shape)

    class Limit(Constraint):
        def __init__(self, size):
            self.size = size

        def __call__(self, w):
            return backend.clip(w, -self.size, self.size)

        def get_config(self):
            return {"size": self.size}

    model = Sequential([
        Dense(1, input_dim=3, kernel_regularizer=penalty, kernel_initializer=first,
              kernel_constraint=Limit(0.5)),
    ])  # fmt: skip
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.h5")
    own = {"penalty": penalty, "first": first, "Limit": Limit}
    again = load_model(tmp_path / "m.h5", custom_objects=own)
    losses = [m.evaluate(X, np.zeros(12), verbose=0) for m in (model, again)]
    assert losses[0] == pytest.approx(losses[1])
    again.train_on_batch(X, np.zeros(12))
    assert np.abs(again.get_weights()[0]).max() <= 0.5


# What is told while training


def test_progress_looks_as_keras_printed_it(keras, capsys):
    from keras.layers import Dense
    from keras.models import Sequential

    model = Sequential([Dense(1, input_dim=3)])
    model.compile("sgd", "mse")
    model.fit(X, X.sum(1), epochs=2, validation_data=(X, X.sum(1)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Train on 12 samples, validate on 12 samples", "Epoch 1/2"]
    assert lines[2].startswith(f"12/12 [{'=' * 30}] - ")
    assert " - val_loss: " in lines[2]
    model.fit(X, X.sum(1), verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Epoch 1/1"
    assert lines[1].startswith(" - 0s - loss: ")
    model.fit(X, X.sum(1), verbose=0)
    assert capsys.readouterr().out == ""


def test_a_bar_of_the_programs_own_tells_how_long_it_takes_yet(keras, capsys):
    from keras.utils.generic_utils import Progbar

    bar = Progbar(20, interval=0)
    bar.update(4, [("loss", 2.0), ("tiny", 0.0002)])
    bar.update(20, values=[("loss", 1.0), ("tiny", 0.0002)])
    first, second = capsys.readouterr().out.strip("\r\n").split("\r")
    mean = (4 * 2.0 + 16 * 1.0) / 20
    assert first.startswith(" 4/20 [=====>........................] - ETA: ")
    assert first.endswith(" - loss: 2.0000 - tiny: 2.0000e-04")
    assert second.startswith("20/20 [==============================] - 0s ")
    assert second.endswith(f"/step - loss: {mean:.4f} - tiny: 2.0000e-04")


def test_callbacks_are_told_the_loss_of_each_batch(keras):
    from keras.layers import Dense
    from keras.models import Sequential

    told = []

    class Taking(keras.callbacks.Callback):
        def on_batch_end(self, batch, logs=None):
            told.append((logs["batch"], logs["size"], logs["loss"]))

    model = Sequential([Dense(1, input_dim=3, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(X, np.zeros(12), batch_size=5, shuffle=False, verbose=0, callbacks=[Taking()])
    squares = (X @ model.get_weights()[0])[:, 0] ** 2
    wanted = [(0, 5, squares[:5].mean()), (1, 5, squares[5:10].mean()), (2, 2, squares[10:].mean())]
    np.testing.assert_allclose(told, wanted, rtol=1e-4)


def test_reports_are_found_by_their_names_of_all_years(keras):
    from giulgi.compat.keras.training import Logs

    logs = Logs({"val_head_accuracy": 1, "mae": 2})
    assert logs["val_head_acc"] == 1
    assert logs["mean_absolute_error"] == 2
    assert logs.get("val_acc") is None


@pytest.mark.parametrize(("name", "options", "wanted"), [
    ("AUC", {}, 0.8421893), ("AUC", {"curve": "PR"}, 0.8512709), ("Precision", {}, 0.66641486),
    ("Recall", {"thresholds": [0.3, 0.6]}, [0.886327, 0.67449236]),
    ("TruePositives", {}, 25.604221),
])  # fmt: skip
def test_counted_metrics_are_those_of_tensorflow(keras, name, options, wanted):
    state = np.random.RandomState(0)
    p = state.rand(100).astype("float32")
    y = (state.rand(100) < p).astype("float32")
    w = state.rand(100).astype("float32")
    metric = getattr(keras.metrics, name)(**options)
    metric.update_state(y[:50], p[:50])
    metric.update_state(y[50:], p[50:], sample_weight=w[50:])
    # By TensorFlow 2.21.
    np.testing.assert_allclose(metric.result().numpy(), wanted, rtol=1e-5)


def test_the_whole_loss_is_a_tensor(keras):
    from keras import backend
    from keras.layers import Dense
    from keras.models import Sequential

    model = Sequential([Dense(1, input_dim=3, kernel_regularizer=keras.regularizers.l2(0.1))])
    model.compile("sgd", "mse")
    gradients = model.optimizer.get_gradients(model.total_loss, model.trainable_weights)
    given = [model.inputs[0], model.sample_weights[0], model.targets[0], backend.learning_phase()]
    found = backend.function(given, [*gradients, model.total_loss])
    w, b = model.get_weights()
    error = X @ w + b
    slope, _, loss = found([X, np.ones(12), np.zeros((12, 1)), 0])
    np.testing.assert_allclose(slope, 2 * X.T @ error / 12 + 0.2 * w, rtol=1e-4, atol=1e-5)
    assert loss == pytest.approx(model.evaluate(X, np.zeros(12), verbose=0), rel=1e-5)


def test_columns_of_a_table_are_several_inputs(keras):
    import pandas
    from keras.layers import Input, add
    from keras.models import Model

    a, b = Input((1,)), Input((1,))
    model = Model([a, b], add([a, b]))
    table = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 5.0]})
    np.testing.assert_array_equal(model.predict([table.a, table.b]), [[4], [7]])


def test_the_learning_phase_that_is_set_is_of_its_graph(keras):
    import tensorflow as tf
    from keras import backend

    with tf.Graph().as_default():
        backend.set_learning_phase(1)
        assert backend.learning_phase() == 1
        x = backend.placeholder((None, 3))
        out = keras.layers.Dropout(0.99)(x)
        assert (backend.function([x], [out])([np.ones((9, 3))])[0] == 0).mean() > 0.5
    with tf.Graph().as_default():
        x = backend.placeholder((None, 3))
        out = keras.layers.Dropout(0.99)(x)
        found = backend.function([x, backend.learning_phase()], [out])
        np.testing.assert_array_equal(found([np.ones((9, 3)), 0])[0], 1)


def test_a_loss_may_be_the_output_of_a_layer(keras):
    from keras import backend
    from keras.layers import Dense, Input, Layer
    from keras.models import Model

    class Loss(Layer):
        def call(self, inputs):
            loss = backend.mean(backend.square(inputs))
            self.add_loss(loss, inputs=inputs)
            return loss

    x = Input((3,))
    dense = Dense(1)
    model = Model(x, Loss()(dense(x)))
    model.compile("sgd", loss=None)
    wanted = np.mean((X @ dense.get_weights()[0]) ** 2)
    losses = model.fit(X, epochs=1, batch_size=12, verbose=0).history["loss"]
    np.testing.assert_allclose(losses, [wanted], rtol=1e-4)


def test_pictures_are_prepared_as_each_kind_of_network_wants_them(keras):
    from keras.applications.imagenet_utils import preprocess_input

    x = np.full((1, 2, 2, 3), 255.0)
    np.testing.assert_allclose(preprocess_input(x, mode="tf"), 1.0)
    wanted = 255 - np.array([103.939, 116.779, 123.68])
    np.testing.assert_allclose(preprocess_input(x)[0, 0, 0], wanted, rtol=1e-5)


def test_a_metric_without_a_name_is_called_as_python_calls_it(keras):
    model = keras.models.Sequential([keras.layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", metrics=[lambda y, p: p - y])
    found = model.fit(np.ones((2, 2)), np.ones((2, 1)), epochs=1, verbose=0)
    assert sorted(found.history) == ["<lambda>", "loss"]
