"""Callbacks, optimizers and losses, scikit-learn's wrappers, utilities and data sets."""

import csv

import numpy as np
import pytest

from giulgi.compat import downloads

X = np.random.default_rng(8).normal(size=(30, 3)).astype("float32")
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture
def k():
    import keras

    return keras


def build(k, optimizer="sgd"):
    model = k.models.Sequential([k.layers.Dense(1, activation="sigmoid", input_dim=3)])
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


# Callbacks


def test_stopping_early_by_either_name_of_accuracy(k):
    stop = k.callbacks.EarlyStopping(monitor="val_acc", mode="max", patience=2, min_delta=1.0)
    history = build(k).fit(
        X, Y, epochs=9, verbose=0, validation_split=0.3, callbacks=[stop]
    ).history  # fmt: skip
    assert len(history["loss"]) == 3


def test_a_callback_of_ones_own(k):
    class Own(k.callbacks.Callback):
        def on_train_begin(self, logs={}):  # noqa: B006 - As programs write it.
            self.losses = []

        def on_batch_end(self, batch, logs={}):  # noqa: B006
            self.losses.append(logs.get("loss"))

        def on_epoch_end(self, epoch, logs={}):  # noqa: B006
            assert logs.get("acc") == logs["accuracy"]
            if epoch == 1:
                self.model.stop_training = True

    own = Own()
    build(k).fit(X, Y, epochs=5, batch_size=10, verbose=0, callbacks=[own])
    assert len(own.losses) == 6


def test_learning_rates(k):
    from keras import backend as K  # noqa: N812

    model = build(k, k.optimizers.SGD(lr=0.1))
    schedule = k.callbacks.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1))
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[schedule])
    np.testing.assert_allclose(history.history["lr"], [0.5, 0.25])
    plateau = k.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1, min_delta=9.0)
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[plateau])
    assert K.get_value(model.optimizer.lr) < 0.25
    K.set_value(model.optimizer.lr, 0.125)
    assert float(model.optimizer.lr) == 0.125


def test_rows_of_a_file(k, tmp_path):
    path = tmp_path / "log.csv"
    build(k).fit(X, Y, epochs=2, verbose=0, callbacks=[k.callbacks.CSVLogger(str(path))])
    rows = list(csv.reader(path.read_text().splitlines()))
    assert rows[0] == ["epoch", "accuracy", "loss"]
    assert [row[0] for row in rows[1:]] == ["0", "1"]


def test_files_for_tensorboard(k, tf, tmp_path):
    model = build(k)
    board = k.callbacks.TensorBoard(log_dir=str(tmp_path), histogram_freq=1)
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[board]).history
    (path,) = tmp_path.iterdir()
    events = tf.train.summary_iterator(str(path))
    values = [(e.step, v.tag, v.simple_value) for e in events for v in e.summary.value]
    losses = [value for _, tag, value in values if tag == "loss"]
    np.testing.assert_allclose(losses, history["loss"], rtol=1e-6)
    assert any("kernel" in tag for _, tag, _ in values)


# Optimizers and losses

STEPS = {
    "sgd": lambda w, g: w - 0.01 * g,
    "RMSprop": lambda w, g: w - 0.001 * g / np.sqrt(0.1 * g * g + 1e-7),
    "Adagrad": lambda w, g: w - 0.01 * g / np.sqrt(g * g + 1e-7),
    "Adam": lambda w, g: w - 0.001 * np.sign(g),
    "adamax": lambda w, g: w - 0.002 * np.sign(g),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_of_an_optimizer_by_its_name(k, name):
    model = k.models.Sequential([k.layers.Dense(1, input_dim=3, use_bias=False)])
    model.compile(name, "mse")
    (w,) = model.get_weights()
    gradient = 2 * X.T @ (X @ w - 1) / len(X)
    model.train_on_batch(X, np.ones(30))
    np.testing.assert_allclose(model.get_weights()[0], STEPS[name](w, gradient), atol=2e-5)


def test_arguments_of_optimizers(k):
    adam = k.optimizers.Adam(0.1, 0.8, 0.9, None, 0.5)
    assert (adam.beta_1, adam.beta_2, adam.epsilon, adam.decay) == (0.8, 0.9, 1e-7, 0.5)
    sgd = k.optimizers.SGD(lr=0.5, decay=1e-6, momentum=0.9, nesterov=True)
    assert sgd.get_config() == {"lr": 0.5, "momentum": 0.9, "nesterov": True, "decay": 1e-6}
    assert type(k.optimizers.get("ADADELTA")) is k.optimizers.Adadelta
    assert float(k.optimizers.adadelta().lr) == 1.0
    with pytest.raises(ValueError, match="Unknown optimizer: adamm"):
        k.optimizers.get("adamm")


def test_optimizers_of_tensorflow(k, tf):
    model = k.models.Sequential([k.layers.Dense(1, input_dim=3, use_bias=False)])
    model.compile(tf.train.GradientDescentOptimizer(0.1), "mse")
    (w,) = model.get_weights()
    model.train_on_batch(X, np.ones(30))
    step = 0.1 * 2 * X.T @ (X @ w - 1) / len(X)
    np.testing.assert_allclose(model.get_weights()[0], w - step, atol=1e-5)


@pytest.mark.parametrize("size", [1, 2])
def test_a_loss_of_the_programs_own_is_given_a_column_of_truth(k, size):
    from keras import backend as K  # noqa: N812

    def first(y_true, y_pred):
        assert K.int_shape(y_true) == (None, 1)
        return K.mean(K.square(y_true[:, 0] - y_pred[:, 0]))

    def apart(y_true, y_pred):
        return K.mean(K.abs(y_true - y_pred))

    model = k.models.Sequential([k.layers.Dense(size, input_dim=X.shape[1], use_bias=False)])
    model.compile("sgd", first, metrics=[apart])
    y, p = np.arange(len(X)), model.predict(X)
    found = model.evaluate(X, y, batch_size=len(X), verbose=0)
    wanted = [((y - p[:, 0]) ** 2).mean(), abs(y[:, None] - p).mean()]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_updates_that_a_program_runs_itself(k):
    from keras import backend as K  # noqa: N812

    x = k.layers.Input((3,))
    model = k.models.Model(x, k.layers.Dense(1)(x))
    loss = K.mean(K.square(model.output - 1.0))
    assert model._collected_trainable_weights == model.trainable_weights
    updates = k.optimizers.Adam(lr=0.1).get_updates(params=model.trainable_weights, loss=loss)
    step = K.function([model.input], [loss], updates=updates)
    losses = [step([X])[0] for _ in range(30)]
    assert losses[-1] < losses[0] / 2


P, T = np.float32([[0.2, 0.8], [0.6, 0.4]]), np.float32([[0, 1], [1, 0]])
LOSSES = {
    "mse": np.mean((P - T) ** 2, -1),
    "mean_absolute_error": np.mean(abs(P - T), -1),
    "mape": 100 * np.mean(abs(P - T) / np.maximum(T, 1e-7), -1),
    "hinge": np.mean(np.maximum(1 - T * P, 0), -1),
    "squared_hinge": np.mean(np.maximum(1 - T * P, 0) ** 2, -1),
    "categorical_hinge": np.maximum(0, np.max((1 - T) * P, -1) - np.sum(T * P, -1) + 1),
    "logcosh": np.mean(np.log(np.cosh(P - T)), -1),
    "kld": np.sum(np.clip(T, 1e-7, 1) * np.log(np.clip(T, 1e-7, 1) / P), -1),
    "poisson": np.mean(P - T * np.log(P + 1e-7), -1),
    "cosine_proximity": -np.sum(T * P, -1) / np.linalg.norm(P, axis=-1),
    "binary_crossentropy": np.mean(-np.log(np.where(T == 1, P, 1 - P)), -1),
    "categorical_crossentropy": -np.log(np.sum(T * P, -1)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss(k, tf, name):
    function = getattr(k.losses, name)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(function(T, P)), LOSSES[name], rtol=2e-5)
    assert k.losses.get(name) is getattr(k.losses, k.losses.get(name).__name__)
    model = k.models.Sequential([k.layers.Activation("linear", input_shape=(2,))])
    model.compile("sgd", name, metrics=[name])
    found = model.evaluate(P, T, verbose=0)
    np.testing.assert_allclose(found, 2 * [np.mean(LOSSES[name])], rtol=2e-5)


def test_losses_and_metrics_of_ones_own(k):
    from keras import backend as K  # noqa: N812

    def cubed(y_true, y_pred):
        return K.mean(K.pow(K.abs(y_true - y_pred), 3), axis=-1)

    def largest(y_true, y_pred):
        return K.max(K.abs(y_true - y_pred))

    model = k.models.Sequential([k.layers.Activation("linear", input_shape=(2,))])
    model.compile("sgd", cubed, metrics=[largest])
    assert model.metrics_names == ["loss", "largest"]
    wanted = [np.mean(abs(P - T) ** 3), abs(P - T).max()]
    np.testing.assert_allclose(model.evaluate(P, T, verbose=0), wanted, rtol=1e-5)


# Utilities


def test_scikit_learn(k):
    selection = pytest.importorskip("sklearn.model_selection")

    def create(optimizer="sgd"):
        return build(k, optimizer)

    model = k.wrappers.scikit_learn.KerasClassifier(create, epochs=2, batch_size=5, verbose=0)
    scores = selection.cross_val_score(model, X, Y, cv=selection.StratifiedKFold(3))
    assert scores.shape == (3,)
    grid = selection.GridSearchCV(model, {"optimizer": ["sgd", "adam"], "epochs": [1, 2]}, cv=2)
    found = grid.fit(X, np.where(Y, "yes", "no"))
    assert set(found.predict(X).ravel()) <= {"yes", "no"}


def test_the_wrapper_without_scikit_learn(k):
    model = k.wrappers.scikit_learn.KerasClassifier(lambda: build(k), epochs=1, verbose=0)
    model.fit(X, np.where(Y, 7, 3))
    assert model.classes_.tolist() == [3, 7]
    assert set(model.predict(X).ravel()) <= {3, 7}
    assert model.predict_proba(X).shape == (30, 2)
    share = np.mean(model.predict(X).ravel() == np.where(Y, 7, 3))
    np.testing.assert_allclose(model.score(X, np.where(Y, 7, 3)), share, rtol=1e-6)
    with pytest.raises(ValueError, match="epoch is not a legal parameter"):
        model.set_params(epoch=3)


def test_labels(k):
    rows = k.utils.np_utils.to_categorical([0, 2], 4)
    assert rows.tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]
    assert k.utils.to_categorical(np.array([[1], [0]])).shape == (2, 2)
    assert k.utils.normalize(np.array([[3.0, 4.0]])).tolist() == [[0.6, 0.8]]


def test_a_picture_of_a_model(k, tmp_path):
    model = build(k)
    svg = k.utils.vis_utils.model_to_dot(model, show_shapes=True).create(prog="dot", format="svg")
    assert b"dense_1" in svg
    pytest.importorskip("PIL")
    k.utils.plot_model(model, to_file=str(tmp_path / "model.png"), show_shapes=True)
    assert (tmp_path / "model.png").read_bytes()[:4] == b"\x89PNG"


def test_what_ships_and_what_does_not(k, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(downloads, "_fetched", lambda *_: "")
    (x, y), (_, labels) = k.datasets.mnist.load_data()
    assert (x.shape, y.shape, labels.shape) == ((60000, 28, 28), (60000,), (10000,))
    with pytest.raises(FileNotFoundError, match=r"Put the file imdb\.npz into .*datasets"):
        k.datasets.imdb.load_data(num_words=1000)
    with pytest.raises(FileNotFoundError, match=r"vgg16_weights_tf_dim_ordering_tf_kernels\.h5"):
        k.applications.vgg16.VGG16(weights="imagenet", input_shape=(224, 224, 3))


def test_reviews_that_the_user_has(k, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    rows = np.empty(2, object)
    rows[:] = [[1, 2, 9], [3]]
    labels = np.array([1, 0])
    np.savez(
        tmp_path / "datasets" / "imdb.npz", x_train=rows, y_train=labels, x_test=rows,
        y_test=labels,
    )  # fmt: skip
    (x, y), _ = k.datasets.imdb.load_data(num_words=10)
    found = {tuple(row): label for row, label in zip(x, y, strict=True)}
    assert found == {(1, 4, 5, 2): 1, (1, 6): 0}


def test_a_network_for_pictures(k):
    model = k.applications.ResNet50(weights=None, include_top=False, input_shape=(32, 32, 3))
    assert model.count_params() == 23_587_712
    assert model.output_shape == (None, 1, 1, 2048)
    assert model.get_layer("bn_conv1").name == "bn_conv1"


def test_activations_by_function(k):
    for name in ("relu", "softmax", "hard_sigmoid", "elu"):
        layer = k.layers.Activation(getattr(k.activations, name), input_shape=(2,))
        by_name = k.layers.Activation(name, input_shape=(2,))
        x = np.float32([[-1.0, 0.5]])
        found, wanted = (k.models.Sequential([one]).predict(x) for one in (layer, by_name))
        np.testing.assert_array_equal(found, wanted)


def test_precision_and_recall(k):
    model = k.models.Sequential([k.layers.Activation("linear", input_shape=(1,))])
    model.compile("sgd", "mse", metrics=[k.metrics.Precision(), k.metrics.Recall()])
    p, y = np.float32([[0.9], [0.8], [0.1], [0.7]]), np.array([1, 0, 1, 1])
    np.testing.assert_allclose(model.evaluate(p, y, verbose=0)[1:], [2 / 3, 2 / 3], rtol=1e-6)


def test_schedules(k):
    schedules = k.optimizers.schedules
    rates = {
        schedules.ExponentialDecay(0.8, 2, 0.5): 0.2,
        schedules.InverseTimeDecay(0.8, 2, 0.5): 0.4,
        schedules.PolynomialDecay(0.8, 8, 0.4): 0.6,
        schedules.PiecewiseConstantDecay([2, 4, 6], [4.0, 3.0, 2.0, 1.0]): 3.0,
    }
    for schedule, wanted in rates.items():
        assert float(schedule(4)) == pytest.approx(wanted)


def test_statistics_of_layers_follow_unless_they_were_frozen_at_compile():
    from keras.layers import BatchNormalization, Dense
    from keras.models import Sequential

    x = np.random.default_rng(0).normal(3, 2, (16, 3))
    part = Sequential([BatchNormalization(momentum=0.5, input_shape=(3,)), Dense(1)])
    part.compile("sgd", "mse")
    part.trainable = False
    whole = Sequential([part, Dense(1)])
    whole.compile("sgd", "mse")

    def mean():
        return part.layers[0].get_weights()[2]

    whole.train_on_batch(x, np.zeros(16))
    np.testing.assert_array_equal(mean(), 0)
    part.train_on_batch(x, np.zeros(16))
    np.testing.assert_allclose(mean(), x.mean(axis=0) / 2, rtol=1e-5)
    part.trainable = True
    whole.compile("sgd", "mse")
    whole.fit(x, np.zeros(16), batch_size=16, verbose=0)
    np.testing.assert_allclose(mean(), x.mean(axis=0) * 3 / 4, rtol=1e-5)


def test_networks_built_alike_draw_numbers_of_their_own():
    from keras.layers import Dropout
    from keras.models import Sequential

    def losses():
        model = Sequential([Dropout(0.5, input_shape=(50,)), Dropout(0.5)])
        model.compile("sgd", "mse")
        return [model.train_on_batch(np.ones((4, 50)), np.zeros((4, 50))) for _ in range(4)]

    found = losses() + losses()
    assert len(set(found)) == 8  # Every step draws others, of every network.
    # Of four places three are dropped, and the last is doubled twice.
    assert np.mean(found) == pytest.approx(16 / 4, rel=0.25)
