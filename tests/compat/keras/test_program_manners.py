"""What programs and their callbacks rely on beside training: sizes, files, names, losses."""

import json
import warnings

import numpy as np
import pytest
from tests.compat.programs import run

from giulgi.advice import advise
from giulgi.compat.eager.guessing import name_of_accuracy

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = (X.sum(axis=1) > 0).astype(int)


@pytest.fixture
def model():
    from keras.layers import Dense
    from keras.models import Sequential

    made = Sequential([Dense(4, input_dim=3, activation="relu"), Dense(1, activation="sigmoid")])
    made.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return made


def seen_by_a_callback(model, **options):
    from keras.callbacks import Callback

    class Looks(Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((self.validation_data, dict(self.params)))

    seen = []
    model.fit(X, Y, batch_size=4, epochs=1, verbose=0, callbacks=[Looks()], **options)
    return seen[0]


def test_a_callback_knows_the_data_of_validation(model):
    (x, y, weights), params = seen_by_a_callback(model, validation_data=(X[:5], Y[:5]))
    np.testing.assert_array_equal(x, X[:5])
    np.testing.assert_array_equal(y, Y[:5, None])
    np.testing.assert_array_equal(weights, np.ones(5))
    assert params["metrics"] == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert (params["samples"], params["batch_size"], params["do_validation"]) == (20, 4, True)


def test_a_callback_knows_that_there_is_no_validation(model):
    data, params = seen_by_a_callback(model)
    assert data is None
    assert not params["do_validation"]


def test_a_list_of_one_input_is_that_input():
    from keras import backend
    from keras.layers import Dense, Input
    from keras.models import Model

    inputs = Input(shape=(3,))
    model = Model(inputs=[inputs], outputs=[Dense(2)(inputs)])
    assert model.input is inputs
    (found,) = backend.function([model.input], [model.output])([X])
    assert found.shape == (20, 2)
    for given in (X, [X]):
        np.testing.assert_allclose(model.predict(given), found, rtol=1e-5)
    outer = Input(shape=(3,))
    for called in (model(outer), model([outer])):
        np.testing.assert_allclose(Model(outer, called).predict(X), found, rtol=1e-5)


def test_a_class_may_be_called_as_its_base_is():
    import tensorflow as tf

    class Model(tf.keras.Model):
        def __init__(self):
            super().__init__(name="mine")

    assert Model().name == "mine"


def test_yaml_is_read_again(model):
    from keras.models import model_from_yaml

    text = model.to_yaml()
    again = model_from_yaml(text)
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert json.loads(text)["class_name"] == "Sequential"


def test_an_embedding_of_a_model_of_inputs_and_outputs_is_read_again(tmp_path):
    from keras.layers import Embedding, GlobalMaxPooling1D, Input
    from keras.models import Model, load_model

    words = Input(shape=(5,), dtype="int32")
    model = Model(words, GlobalMaxPooling1D()(Embedding(7, 2)(words)))
    model.save(tmp_path / "model.h5")
    given = np.arange(10).reshape(2, 5) % 7
    found = load_model(tmp_path / "model.h5").predict(given)
    np.testing.assert_array_equal(found, model.predict(given))


def test_adam_of_tensorflow_takes_first_steps_of_its_rate(model):
    import tensorflow as tf

    model.compile(tf.train.AdamOptimizer(0.01), "binary_crossentropy")
    before = model.get_weights()[2]
    model.train_on_batch(X, Y)
    moved = np.abs(model.get_weights()[2] - before)
    np.testing.assert_allclose(moved[moved > 0], 0.01, rtol=1e-3)


def test_adagrad_of_tensorflow_begins_with_its_sum_of_squares():
    import tensorflow as tf

    model = tf.keras.Sequential([tf.keras.layers.Dense(1, use_bias=False, input_shape=(1,))])
    model.compile(tf.train.AdagradOptimizer(0.1), "mse")
    model.set_weights([np.ones((1, 1))])
    model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))  # The gradient is 2.
    expected = 1 - 0.1 * 2 / np.sqrt(0.1 + 4)
    np.testing.assert_allclose(model.get_weights()[0], [[expected]], rtol=1e-5)


def test_the_optimizer_of_tensorflow_in_a_coat(model):
    import tensorflow as tf
    from keras.optimizers import TFOptimizer

    model.compile(TFOptimizer(tf.train.AdamOptimizer(0.05)), "binary_crossentropy")
    history = model.fit(X, Y, epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]


@pytest.mark.parametrize(("reduction", "reduce"), [("none", np.asarray), ("sum", np.sum)])
def test_losses_of_named_tensors_are_reduced_as_told(reduction, reduce):
    import tensorflow as tf

    p = np.array([[0.2, 0.8], [0.6, 0.4]], "float32")
    loss = tf.keras.losses.SparseCategoricalCrossentropy(reduction=reduction)
    made = loss(tf.constant([1, 0]), tf.constant(p))
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(made), reduce(-np.log([0.8, 0.6])), rtol=1e-5)


def test_a_line_is_told_once_about_one_thing():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for number in range(3):
            advise(f"the number is {number}", about="numbers of this test")
    assert len(told) == 1


def test_a_program_may_say_how_tensors_are_joined():
    from keras import backend
    from keras.layers import Input
    from keras.layers.merge import _Merge
    from keras.models import Model

    class Farther(_Merge):
        def _merge_function(self, inputs):
            return backend.abs(inputs[0] - inputs[1])

    a, b = Input((3,)), Input((3,))
    found = Model([a, b], Farther()([a, b])).predict([X, 2 * X])
    np.testing.assert_allclose(found, np.abs(X), rtol=1e-6)


def test_the_last_layer_may_be_taken_from_a_model():
    from keras.layers import Dense, Input
    from keras.models import Model

    inputs = Input((3,))
    model = Model(inputs, Dense(2)(Dense(4, activation="relu")(inputs)))
    hidden = model.layers[1].get_weights()
    model.layers.pop()
    found = Model(model.input, model.layers[-1].output).predict(X)
    np.testing.assert_allclose(found, np.maximum(X @ hidden[0] + hidden[1], 0), rtol=1e-5)


def test_inputs_of_whole_numbers_take_others_wherever_data_are_given():
    from keras.layers import Embedding, Flatten, Input
    from keras.models import Model

    x = Input((3,), dtype="int32")
    model = Model(x, Flatten()(Embedding(5, 2)(x)))
    model.compile("sgd", "mse")
    whole = np.arange(12, dtype="int32").reshape(4, 3) % 5
    floats, y = whole + 0.0, np.zeros((4, 6))
    np.testing.assert_array_equal(model.predict(whole), model.predict(floats))
    model.train_on_batch(floats, y)
    model.fit_generator(iter([(floats, y)]), steps_per_epoch=1, verbose=0)
    found = model.predict_generator(iter([whole + 0.5]), steps=1)
    np.testing.assert_array_equal(found, model.predict_on_batch(whole))


def test_every_graph_names_its_layers_from_the_beginning(tf):
    names = []
    for _ in range(2):
        with tf.Graph().as_default():
            model = tf.keras.Sequential([tf.keras.layers.Dense(2), tf.keras.layers.Dense(1)])
            model(tf.zeros([1, 3]))
            names.append([model.name, *(v.name for v in tf.trainable_variables())])
    assert names[0] == names[1]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("m.compile('sgd', 'mse', metrics=['accuracy'])\nplt.plot(h.history['acc'])", "acc"),
        ("EarlyStopping(monitor='val_acc')", "acc"),
        ("m.compile('sgd', 'mse', metrics=['accuracy'])", "accuracy"),
        ("h['val_accuracy'] if 'val_accuracy' in h else h['val_acc']", "accuracy"),
        ("tf.summary.scalar('acc', x)", "accuracy"),
    ],
)
def test_the_name_of_the_accuracy_is_that_of_the_programs_time(text, name):
    assert name_of_accuracy(text) == name


def test_a_program_that_copies_reports_finds_the_accuracy_by_its_old_name(tmp_path):
    text = """
        import numpy as np
        import pandas as pd
        from keras.layers import Dense
        from keras.models import Sequential
        model = Sequential([Dense(2, input_dim=3, activation="softmax")])
        model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(np.ones((4, 3)), np.eye(2)[[0, 1, 0, 1]], verbose=0)
        print(pd.DataFrame(history.history)["acc"].tolist(), model.metrics_names)
    """
    run(tmp_path, text, "[0.5] ['loss', 'acc']")
