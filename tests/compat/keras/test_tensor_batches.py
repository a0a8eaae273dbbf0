"""Networks whose data nobody gives to ``fit``: queues and iterators put them out."""

import numpy as np
import pytest


@pytest.mark.parametrize("named", [False, True])
def test_models_train_on_what_tensors_put_out(named):
    """As with queues and iterators: one batch of x and y belong together in each step."""
    import keras
    import tensorflow as tf
    from keras import layers

    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], "float32")
    data = tf.data.Dataset.from_tensor_slices((x, y)).repeat().shuffle(64).batch(16)
    inputs, truth = data.make_one_shot_iterator().get_next()
    given = layers.Input(tensor=inputs)
    model = keras.models.Model(given, layers.Dense(1, use_bias=False, name="out")(given))
    targets = {"out": truth} if named else [truth]
    model.compile(keras.optimizers.SGD(lr=0.1), "mse", target_tensors=targets)
    history = model.fit(epochs=40, steps_per_epoch=4, verbose=0).history["loss"]
    assert len(history) == 40
    np.testing.assert_allclose(model.get_weights()[0].ravel(), [1.0, -2.0, 0.5], atol=1e-3)
    assert model.evaluate(steps=4, verbose=0) < 1e-5
    assert model.predict(steps=3).shape == (48, 1)


def test_models_train_on_tensors_that_are_given():
    import tensorflow as tf
    from tensorflow import keras

    x = np.arange(12, dtype="float32").reshape(12, 1) / 12
    first, truth = tf.train.batch(
        tf.train.slice_input_producer([x, 2 * x], shuffle=False), batch_size=4
    )
    model = keras.Sequential([keras.layers.Dense(1, use_bias=False, input_shape=(1,))])
    model.compile(keras.optimizers.SGD(0.5), "mse")
    session = keras.backend.get_session()
    threads = tf.train.Coordinator()
    tf.train.start_queue_runners(session, threads)
    model.fit(first, truth, epochs=30, steps_per_epoch=3, verbose=0)
    threads.request_stop()
    np.testing.assert_allclose(model.get_weights()[0], [[2.0]], atol=1e-2)


@pytest.mark.parametrize("kind", ["constant", "Variable", "truth is an array"])
def test_models_train_on_what_is_there_already(kind):
    """What is not fed makes a network with weights, too, and stays as it is."""
    import keras
    import tensorflow as tf

    x = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], "float32")
    held = tf.Variable(x) if kind == "Variable" else tf.constant(x)
    if kind == "Variable":
        keras.backend.get_session().run(held.initializer)
    given = keras.layers.Input(tensor=held)
    model = keras.models.Model(given, keras.layers.Dense(1, use_bias=False)(given))
    targets = None if kind == "truth is an array" else [tf.constant(y)]
    model.compile(keras.optimizers.SGD(lr=0.3), "mse", target_tensors=targets)
    truth = {} if targets else {"y": y}
    model.fit(**truth, epochs=5, steps_per_epoch=20, verbose=0)
    assert len(model.get_weights()) == 1
    np.testing.assert_allclose(model.get_weights()[0].ravel(), [1.0, -2.0, 0.5], atol=1e-3)
    np.testing.assert_array_equal(keras.backend.get_session().run(held), x)
    with pytest.raises(ValueError, match="steps_per_epoch"):
        model.fit(**truth, verbose=0)
