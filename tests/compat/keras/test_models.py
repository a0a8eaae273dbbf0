"""Models as programs of that time build, train and use them, beside NumPy's formulas."""

import numpy as np
import pytest

import giulgi as gg

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = (X.sum(axis=1) > 0).astype(int)


@pytest.fixture
def layers():
    import keras

    return keras.layers


@pytest.fixture
def model(layers):
    from keras.models import Sequential

    made = Sequential()
    made.add(layers.Dense(4, input_dim=3, activation="relu"))
    made.add(layers.Dense(1, activation="sigmoid"))
    made.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return made


def outputs_of(model, x):
    w, b, v, c = model.get_weights()
    hidden = np.maximum(x @ w + b, 0)
    return 1 / (1 + np.exp(-(hidden @ v + c)))


def test_predict_is_the_formula(model):
    np.testing.assert_allclose(model.predict(X), outputs_of(model, X), rtol=1e-5)


def test_predict_classes_and_proba(model):
    found = model.predict_classes(X)
    assert found.shape == (20, 1)
    np.testing.assert_array_equal(found, outputs_of(model, X) > 0.5)
    np.testing.assert_array_equal(model.predict_proba(X), model.predict(X))


def test_evaluate_is_the_formula(model):
    p = outputs_of(model, X)[:, 0]
    loss = -np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p))
    found = model.evaluate(X, Y, verbose=0)
    np.testing.assert_allclose(found, [loss, np.mean((p > 0.5) == Y)], rtol=1e-5)
    assert model.metrics_names == ["loss", "accuracy"]


def test_history_knows_accuracy_by_both_names(model):
    history = model.fit(X, Y, nb_epoch=3, batch_size=5, verbose=0, validation_split=0.2)
    assert sorted(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert history.history["val_acc"] == history.history["val_accuracy"]
    assert history.history.get("acc") == history.history["accuracy"]
    assert history.epoch == [0, 1, 2]
    with pytest.raises(KeyError):
        history.history["f1"]


def test_names_are_numbered_as_in_keras(model):
    assert [layer.name for layer in model.layers] == ["dense_1", "dense_2"]
    assert model.input.name == "dense_1_input:0"
    assert [w.name for w in model.weights][:2] == ["dense_1/kernel:0", "dense_1/bias:0"]
    assert model.layers[0].output_shape == (None, 4)
    assert model.get_layer("dense_2") is model.layers[1] is model.get_layer(index=1)
    with pytest.raises(ValueError, match="No such layer: dense_9"):
        model.get_layer("dense_9")


def test_summary(model):
    lines = []
    model.summary(print_fn=lines.append)
    assert lines[0] == 'Model: "sequential_1"'
    assert lines[4].split() == ["dense_1", "(Dense)", "(None,", "4)", "16"]
    assert "Total params: 21" in lines


def test_batches_of_a_generator(model):
    seen = []

    def batches():
        while True:
            seen.append(1)
            yield X[:5], Y[:5]

    history = model.fit_generator(
        batches(), steps_per_epoch=4, epochs=2, verbose=0, validation_data=(X, Y)
    )
    assert len(history.history["val_loss"]) == 2
    assert len(seen) >= 8
    history = model.fit_generator(batches(), samples_per_epoch=20, nb_epoch=1, verbose=0)
    assert len(history.history["loss"]) == 1
    loss = model.evaluate_generator(batches(), steps=2)
    np.testing.assert_allclose(loss, model.evaluate(X[:5], Y[:5], verbose=0), rtol=1e-5)
    assert model.predict_generator(batches(), steps=3).shape == (15, 1)


def test_a_sequence_of_batches(model):
    from keras.utils import Sequence

    class Batches(Sequence):
        def __len__(self):
            return 4

        def __getitem__(self, number):
            rows = slice(5 * number, 5 * number + 5)
            return X[rows], Y[rows]

    model.fit_generator(Batches(), epochs=1, verbose=0)
    assert model.optimizer.iterations.numpy() == 4
    found = model.predict_generator(Batches())
    np.testing.assert_allclose(found, model.predict(X), rtol=1e-5)


def test_several_inputs_and_outputs_by_name(layers):
    from keras.models import Model

    a, b = layers.Input((3,), name="a"), layers.Input((2,), name="b")
    joined = layers.concatenate([a, b])
    first = layers.Dense(1, name="first")(joined)
    second = layers.Dense(2, activation="softmax", name="second")(joined)
    model = Model(inputs=[a, b], outputs=[first, second])
    model.compile(
        "sgd", loss={"first": "mse", "second": "categorical_crossentropy"},
        loss_weights={"first": 1.0, "second": 0.5}, metrics={"second": "acc"},
    )  # fmt: skip
    x = {"a": X, "b": X[:, :2]}
    y = {"first": X[:, :1], "second": np.eye(2)[Y]}
    losses = model.fit(x, y, epochs=1, verbose=0, batch_size=20).history
    assert sorted(losses) == ["first_loss", "loss", "second_acc", "second_loss"]
    total = losses["first_loss"][0] + 0.5 * losses["second_loss"][0]
    np.testing.assert_allclose(losses["loss"][0], total, rtol=1e-5)


def test_a_discriminator_compiled_before_it_was_frozen_goes_on_learning(layers):
    from keras.models import Model, Sequential

    critic = Sequential([layers.Dense(1, activation="sigmoid", input_dim=3)])
    critic.compile("sgd", "binary_crossentropy")
    critic.trainable = False
    maker = Sequential([layers.Dense(3, input_dim=2)])
    noise = layers.Input((2,))
    both = Model(noise, critic(maker(noise)))
    both.compile("sgd", "binary_crossentropy")
    before = critic.get_weights()[0], maker.get_weights()[0]
    both.train_on_batch(X[:, :2], np.ones((20, 1)))
    assert np.array_equal(critic.get_weights()[0], before[0])
    assert not np.array_equal(maker.get_weights()[0], before[1])
    critic.train_on_batch(X, Y)
    assert not np.array_equal(critic.get_weights()[0], before[0])


def test_binary_crossentropy_of_several_outputs_has_binary_accuracy(layers):
    from keras.models import Sequential

    model = Sequential([layers.Dense(3, activation="sigmoid", input_dim=3)])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    truth = (X > 0).astype(int)
    accuracy = model.evaluate(X, truth, verbose=0)[1]
    np.testing.assert_allclose(accuracy, np.mean((model.predict(X) > 0.5) == truth), rtol=1e-6)


def test_a_loss_that_is_added(layers):
    from keras import backend as K  # noqa: N812
    from keras.models import Model

    x = layers.Input((3,))
    model = Model(x, layers.Dense(3)(x))
    model.add_loss(K.mean(K.square(model.output - x)))
    model.compile("sgd")
    found = model.fit(X, epochs=3, batch_size=20, verbose=0).history["loss"]
    assert found[0] > found[-1]


def test_training_goes_on_with_a_loss_that_is_no_number(layers):
    from keras.models import Sequential

    model = Sequential([layers.Dense(1, input_dim=3)])
    model.compile("sgd", lambda y, p: p * np.nan)
    assert np.isnan(model.fit(X, Y, epochs=2, verbose=0).history["loss"]).all()


def test_a_model_lives_in_the_session_that_is_open(tf, layers):
    from keras.models import Sequential

    with tf.Session() as session:
        model = Sequential([layers.Dense(2, input_dim=3)])
        model.compile("sgd", "mse")
        model.fit(X, X[:, :2], epochs=2, verbose=0)
        found = session.run(model.output, {model.input: X})
        np.testing.assert_allclose(found, model.predict(X), rtol=1e-5)


def test_layers_on_placeholders_are_trained_by_tensorflow(tf, layers):
    x = tf.placeholder(tf.float32, (None, 3))
    y = layers.Dense(1)(x)
    assert isinstance(y, tf.Tensor)
    assert len(tf.trainable_variables()) == 2
    step = tf.train.GradientDescentOptimizer(0.1).minimize(y[0, 0])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(y, {x: X})
        session.run(step, {x: X})
        assert session.run(y, {x: X})[0, 0] < before[0, 0]


def test_a_model_of_a_class(layers):
    from keras.models import Model

    class Twice(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x):
            return self.dense(x) * 2.0

    model = Twice()
    model.compile("adam", "mse")
    model.fit(X, X, epochs=1, verbose=0)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model.predict(X), 2 * (X @ kernel + bias), rtol=1e-4, atol=1e-6)


def test_tensors_of_giulgi_are_not_needed(layers):
    assert isinstance(layers.Dense(2), gg.layers.Dense)


def test_data_that_are_no_numbers_are_computed_with(model):
    x = X.copy()
    x[0, 0] = np.nan
    assert np.isnan(model.predict(x)[0, 0])
    assert np.isnan(model.fit(x, Y, epochs=1, verbose=0).history["loss"][0])


@pytest.mark.parametrize("which", ["numpy", "tensorflow"])
def test_first_weights_repeat_by_either_seed(tf, layers, which):
    from keras.models import Sequential

    def first_weights(seed):
        with tf.Graph().as_default():
            if which == "numpy":
                np.random.seed(seed)
            else:
                tf.set_random_seed(seed)
            model = Sequential([layers.Dense(2, input_dim=3)])
            model.compile("sgd", "mse")
            model.fit(X, X[:, :2], epochs=2, verbose=0)
            return model.get_weights()[0]

    np.testing.assert_array_equal(first_weights(7), first_weights(7))
    assert not np.array_equal(first_weights(7), first_weights(8))


def test_layers_of_inputs_may_be_renamed_for_models_that_are_joined():
    from keras.layers import Dense, Input, concatenate
    from keras.models import Model

    def part():
        x = Input((2,), name="x")
        return Model(x, Dense(1, name="out")(x))

    parts = [part(), part()]
    for number, model in enumerate(parts):
        for layer in model.layers:
            layer.name = f"part_{number}_{layer.name}"
    whole = Model([m.input for m in parts], concatenate([m.output for m in parts]))
    assert whole.input_names == ["part_0_x", "part_1_x"]
    x = np.eye(2)
    wanted = np.concatenate([m.predict(x) for m in parts], axis=1)
    np.testing.assert_allclose(whole.predict([x, x]), wanted, rtol=1e-6)
    again = Model.from_config(whole.get_config())
    again.set_weights(whole.get_weights())
    np.testing.assert_allclose(again.predict([x, x]), wanted, rtol=1e-6)
