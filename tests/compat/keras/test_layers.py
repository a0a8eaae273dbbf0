"""Layers: old argument names, old module paths, and layers of one's own."""

import numpy as np
import pytest

from giulgi.compat.eager.mode import mode

X = np.random.default_rng(1).normal(size=(4, 6, 6, 3)).astype("float32")


@pytest.fixture
def k():
    import keras

    return keras


OLD = {
    "Dense": ({"output_dim": 5, "init": "uniform", "bias": False}, {"units": 5, "use_bias": False}),
    "Convolution2D": (
        {"nb_filter": 4, "nb_row": 3, "nb_col": 2, "border_mode": "same", "subsample": (2, 2)},
        {"filters": 4, "kernel_size": (3, 2), "padding": "same", "strides": (2, 2)},
    ),
    "Convolution1D": (
        {"nb_filter": 4, "filter_length": 3, "subsample_length": 2},
        {"filters": 4, "kernel_size": (3,), "strides": (2,)},
    ),
    "MaxPooling1D": ({"pool_length": 3, "stride": 1}, {"pool_size": (3,), "strides": (1,)}),
    "Dropout": ({"p": 0.3}, {"rate": 0.3}),
    "LSTM": ({"output_dim": 3, "inner_activation": "hard_sigmoid", "dropout_W": 0.1}, {"units": 3}),
    "GaussianNoise": ({"sigma": 0.2}, {"stddev": 0.2}),
    "LeakyReLU": ({"alpha": 0.1}, {"negative_slope": 0.1}),
}


@pytest.mark.parametrize("name", OLD)
def test_arguments_of_keras_1(k, name):
    given, wanted = OLD[name]
    layer = getattr(k.layers, name)(**given)
    for attribute, value in wanted.items():
        owner = layer if hasattr(layer, attribute) else layer.cell
        assert getattr(owner, attribute) == value


def test_positional_sizes_of_keras_1(k):
    layer = k.layers.Convolution2D(8, 3, 5, border_mode="same")
    assert layer.kernel_size == (3, 5)
    assert layer.padding == "same"


def test_a_name_of_first_values_in_second_place(k):
    assert k.layers.Dense(3, "uniform").activation.__name__ == "linear"
    assert k.layers.Dense(3, "relu").activation.__name__ == "relu"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("core", "Dense"), ("convolutional", "Conv2D"), ("recurrent", "LSTM"), ("merge", "add"),
        ("embeddings", "Embedding"), ("normalization", "BatchNormalization"),
        ("advanced_activations", "LeakyReLU"), ("wrappers", "TimeDistributed"),
        ("pooling", "MaxPooling2D"), ("noise", "GaussianNoise"),
    ],
)  # fmt: skip
def test_old_modules(k, module, name):
    import importlib

    found = getattr(importlib.import_module(f"keras.layers.{module}"), name)
    assert found is getattr(k.layers, name)


def test_tensorflows_keras_is_the_same(k, tf):
    from tensorflow.python.keras.layers import Dense

    assert tf.keras.layers.Dense is Dense is k.layers.Dense


def test_first_weights(k):
    matrix = np.arange(6.0).reshape(2, 3)
    layer = k.layers.Dense(3, weights=[matrix, np.ones(3)], input_dim=2)
    model = k.models.Sequential([layer])
    np.testing.assert_allclose(model.predict(np.ones((1, 2))), [[4.0, 6.0, 8.0]])


def test_merge_of_keras_1(k):
    a, b = k.layers.Input((3,)), k.layers.Input((3,))
    merged = {mode: k.layers.merge([a, b], mode=mode) for mode in ("sum", "mul", "concat", "max")}
    model = k.models.Model([a, b], list(merged.values()))
    x, y = np.float32([[1, 2, 3]]), np.float32([[3, 2, 1]])
    found = model.predict([x, y])
    wanted = x + y, x * y, np.concatenate([x, y], 1), np.maximum(x, y)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other)


def test_a_layer_of_ones_own(k):
    from keras import backend as K  # noqa: N812

    class Linear(k.layers.Layer):
        def __init__(self, units, **kwargs):
            self.units = units
            super().__init__(**kwargs)

        def build(self, input_shape):
            self.w = self.add_weight(
                name="w", shape=(input_shape[1], self.units), initializer="ones", trainable=True
            )
            super().build(input_shape)

        def call(self, x):
            return K.dot(x, self.w) * self.w[0, 0] + self.w[0] * x[:, :1]

        def compute_output_shape(self, input_shape):
            return (input_shape[0], self.units)

    model = k.models.Sequential([Linear(2, input_shape=(3,))])
    assert model.output_shape == (None, 2)
    np.testing.assert_allclose(model.predict(np.float32([[1, 2, 3]])), [[7.0, 7.0]])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    assert [w.name for w in model.weights] == ["linear_1/w:0"]


def test_a_layer_adds_its_variables_as_tensorflow_1_calls_it(tf):
    class Linear(tf.keras.layers.Layer):
        def build(self, input_shape):
            self.kernel = self.add_variable("kernel", shape=[int(input_shape[-1]), 2])

        def call(self, x):
            return tf.matmul(x, self.kernel)

    layer = Linear()
    assert layer(tf.placeholder(tf.float32, [None, 3])).shape.as_list() == [None, 2]
    assert [w.shape.as_list() for w in layer.trainable_weights] == [[3, 2]]


def test_lambda_takes_tensorflows_functions(k, tf):
    x = k.layers.Input((3,))
    y = k.layers.Lambda(lambda t: tf.reduce_sum(t, axis=-1, keepdims=True) * 2)(x)
    model = k.models.Model(x, k.layers.Activation(tf.nn.relu)(y))
    np.testing.assert_allclose(model.predict(np.float32([[1, 2, 3], [-1, 0, 0]])), [[12], [0]])


def test_functions_of_tensorflow_on_tensors_of_keras(k, tf):
    x = k.layers.Input((3,))
    model = k.models.Model(x, tf.square(k.layers.Dense(2)(x)) + 1.0)
    assert (model.predict(np.ones((2, 3))) >= 1).all()


def test_constraints_hold_after_each_step(k):
    layer = k.layers.Dense(4, input_dim=3, kernel_constraint=k.constraints.maxnorm(0.5))
    model = k.models.Sequential([layer])
    model.compile(k.optimizers.SGD(lr=1.0), "mse")
    model.fit(np.ones((8, 3)), 9 * np.ones((8, 4)), epochs=2, verbose=0)
    lengths = np.linalg.norm(model.get_weights()[0], axis=0)
    np.testing.assert_allclose(lengths, 0.5, rtol=1e-5)


def test_locally_connected_places_have_their_own_kernels(k):
    model = k.models.Sequential([k.layers.LocallyConnected2D(2, (2, 2), input_shape=(6, 6, 3))])
    kernel, bias = model.get_weights()
    assert kernel.shape == (25, 12, 2)
    wanted = X[:, 2:4, 3:5].reshape(4, -1) @ kernel[2 * 5 + 3] + bias[2, 3]
    np.testing.assert_allclose(model.predict(X)[:, 2, 3], wanted, rtol=1e-4, atol=1e-5)


def test_freezing_a_layer(k):
    model = k.models.Sequential([k.layers.Dense(2, input_dim=3), k.layers.Dense(1)])
    model.layers[0].trainable = False
    assert len(model.trainable_weights) == 2
    assert len(model.weights) == 4
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(np.ones((4, 3)), np.ones(4), verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert changed == [False, False, True, True]


@pytest.mark.parametrize("is_modern", [False, True])
def test_frozen_batch_normalization_goes_by_the_batch_until_tensorflow_2(k, is_modern):
    """In TensorFlow 2 its moving averages serve; frozen is who was when compile was called."""
    mode.guess(is_modern)
    model = k.models.Sequential([k.layers.BatchNormalization(input_shape=(3,), momentum=0.5)])
    x, y = np.full((4, 3), 2.0) + np.eye(4, 3), np.zeros((4, 3))
    other = k.models.Sequential([model])
    other.compile("sgd", "mse")
    model.trainable = False
    model.compile("sgd", "mse")
    by_batch, by_average = np.mean((x - x.mean(0)) ** 2 / (x.var(0) + 1e-3)), np.mean(x**2) / 1.001
    wanted = by_average if is_modern else by_batch
    np.testing.assert_allclose(model.train_on_batch(x, y), wanted, rtol=1e-5)
    np.testing.assert_array_equal(model.get_weights()[2], np.zeros(3))
    np.testing.assert_allclose(other.train_on_batch(x, y), by_batch, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[2], x.mean(0) / 2, rtol=1e-5)


def test_a_description_makes_an_equal_layer(k):
    layer = k.layers.Conv2D(
        4, (3, 3), padding="same", activation="relu", kernel_regularizer=k.regularizers.l2(0.1),
        kernel_initializer="he_normal", name="c",
    )  # fmt: skip
    config = layer.get_config()
    assert config["kernel_initializer"]["config"]["scale"] == 2.0
    again = k.layers.Conv2D.from_config(config)
    assert again.get_config() == config


def test_channels_first_by_setting(k):
    from keras import backend as K  # noqa: N812

    K.set_image_dim_ordering("th")
    try:
        model = k.models.Sequential()
        model.add(k.layers.Convolution2D(4, 3, 3, input_shape=(1, 8, 8)))
        model.add(k.layers.MaxPooling2D((2, 2)))
        assert model.output_shape == (None, 4, 3, 3)
    finally:
        K.set_image_data_format("channels_last")


def test_hard_sigmoid_is_that_of_keras_2(k):
    model = k.models.Sequential([k.layers.Activation("hard_sigmoid", input_shape=(3,))])
    np.testing.assert_allclose(model.predict(np.float32([[-3, 1, 2]])), [[0.0, 0.7, 0.9]])


def test_names_that_a_program_gives_its_own_functions(k):
    from keras import backend as K  # noqa: N812
    from keras.utils.generic_utils import get_custom_objects

    get_custom_objects()["double"] = k.layers.Activation(lambda x: K.sigmoid(x) * 2)
    try:
        model = k.models.Sequential([k.layers.Activation("double", input_shape=(1,))])
        np.testing.assert_allclose(model.predict(np.zeros((1, 1))), [[1.0]])
    finally:
        del get_custom_objects()["double"]


def test_an_embedding_in_front_takes_sequences_of_any_length(k):
    model = k.models.Sequential([k.layers.Embedding(9, 2), k.layers.LSTM(3)])
    assert model.input_shape == (None, None)
    assert model.output_shape == (None, 3)
    assert model.predict(np.ones((2, 5))).shape == (2, 3)


def test_sessions_run_what_layers_change_with_each_step():
    import tensorflow as tf
    from keras import backend
    from keras.layers import BatchNormalization, Dense, Input
    from keras.models import Model

    x = np.random.default_rng(0).normal(3, 1, (8, 2))
    fed = tf.placeholder(tf.float32, (None, 2))
    layer = BatchNormalization(momentum=0.5)
    layer(fed)
    inputs = Input((2,))
    model = Model(inputs, Dense(1)(BatchNormalization(momentum=0.5)(inputs)))
    assert len(layer.updates) == len(model.updates) == 2
    assert layer.updates[0] is layer.updates[0]
    assert layer.get_updates_for(fed) == layer.updates
    assert layer.get_updates_for(inputs) == layer.get_updates_for(None) == []
    backend.get_session().run(layer.updates, {fed: x, backend.learning_phase(): 1})
    np.testing.assert_allclose(layer.get_weights()[2], x.mean(axis=0) / 2, rtol=1e-5)
    backend.function([inputs], [model.output], updates=model.updates)([x])
    np.testing.assert_allclose(model.layers[1].get_weights()[2], x.mean(axis=0) / 2, rtol=1e-5)
    assert model.uses_learning_phase
    model.trainable = False
    assert model.updates == []


def test_a_session_says_with_what_it_feeds_whether_layers_train(tf):
    layers = tf.keras.layers

    class Own(layers.Layer):
        def __init__(self):
            super().__init__()
            self.norm, self.drop = layers.BatchNormalization(momentum=0.5), layers.Dropout(0.5)

        def call(self, x, training=None):
            return self.drop(self.norm(x, training=training), training=training)

    numbers = np.float32([[1, 2], [3, 6]])
    x, flag = tf.placeholder(tf.float32, [None, 2]), tf.placeholder_with_default(False, [])
    own, drop = Own(), layers.Dropout(0.5)
    results = [own(x, training=flag), drop(x, training=flag), drop(x, training=tf.constant(True))]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        normed, kept, dropped = session.run(results, {x: numbers})
        np.testing.assert_allclose(normed, numbers / np.sqrt(1.001), rtol=1e-5)
        np.testing.assert_array_equal(kept, numbers)
        assert set(np.ravel(dropped / numbers)) <= {0, 2}
        session.run(own.updates, {x: numbers})
        np.testing.assert_array_equal(session.run(own.norm.moving_mean), [0, 0])
        normed, dropped, _ = session.run(results, {x: numbers, flag: True})
        mean, variance = numbers.mean(0), numbers.var(0)
        wanted = (numbers - mean) / np.sqrt(variance + 1e-3)
        assert all(abs(f) < 1e-4 or abs(f - 2) < 1e-4 for f in np.ravel(normed / wanted))
        assert set(np.ravel(dropped / numbers)) <= {0, 2}
        session.run(own.updates, {x: numbers, flag: True})
        np.testing.assert_allclose(session.run(own.norm.moving_mean), mean / 2, rtol=1e-6)


@pytest.mark.parametrize("is_told", [True, False])
def test_networks_tell_the_updates_of_what_they_are_called_on(is_told):
    import tensorflow as tf
    from tensorflow import keras

    normal = keras.layers.BatchNormalization(
        momentum=0.5, **({"input_shape": (2,)} if is_told else {})
    )
    model = keras.Sequential([normal, keras.layers.Dense(1)])
    x, other = (tf.placeholder(tf.float32, (None, 2)) for _ in range(2))
    model(x, training=True), model(other, training=True)
    assert len(model.get_updates_for(x)) == len(model.get_updates_for(other)) == 2
    assert model.get_updates_for(None) == []
    assert set(model.get_updates_for([x, other])) >= set(model.get_updates_for(x))
    assert set(model.updates).isdisjoint(model.get_updates_for(x)) == is_told
    numbers = np.random.default_rng(0).normal(3, 1, (8, 2))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(model.get_updates_for(x), {x: numbers})
        mean = session.run(normal.moving_mean)
    np.testing.assert_allclose(mean, numbers.mean(axis=0) / 2, rtol=1e-5)


def test_cells_of_ones_own_tell_their_sizes_to_what_is_behind(k):
    from keras import backend as K  # noqa: N812

    class Cell(k.layers.Layer):
        def __init__(self, units, **options):
            self.units = self.state_size = units
            super().__init__(**options)

        def build(self, shape):
            self.own = self.add_weight(shape=(shape[-1], self.units), name="own",
                                       initializer="uniform")  # fmt: skip
            self.again = self.add_weight(shape=(self.units, self.units), name="again",
                                         initializer="uniform")  # fmt: skip

        def call(self, inputs, states):
            found = K.dot(inputs, self.own) + K.dot(states[0], self.again)
            return found, [found]

    x = k.layers.Input((5, 3))
    layer = k.layers.RNN(Cell(4), return_sequences=True)
    sequence = layer(x)
    assert K.int_shape(sequence) == (None, 5, 4)
    last = k.layers.RNN([k.layers.GRUCell(6), Cell(2)])(sequence)
    assert K.int_shape(last) == (None, 2)
    numbers = np.random.default_rng(0).normal(size=(7, 5, 3))
    own, again = layer.get_weights()
    state, wanted = np.zeros((7, 4)), []
    for step in range(5):
        state = numbers[:, step] @ own + state @ again
        wanted.append(state)
    found = k.models.Model(x, [sequence, last]).predict(numbers)
    np.testing.assert_allclose(found[0], np.stack(wanted, 1), rtol=1e-4, atol=1e-6)


def test_sizes_may_be_numbers_of_numpy(k):
    two, layers = np.int64(2), k.layers
    x = layers.Input((8, 8, 3))
    y = layers.MaxPooling2D(pool_size=(two, two))(layers.ZeroPadding2D((two, two))(x))
    y = layers.Conv2D(two, np.array([3, 3]), strides=(two, two))(y)
    assert k.backend.int_shape(layers.UpSampling2D((two, two))(y)) == (None, 4, 4, 2)
    steps = layers.RepeatVector(two)(layers.Dense(8 / 2)(layers.Flatten()(y)))
    assert k.backend.int_shape(layers.Conv1D(two, two)(steps)) == (None, 1, 2)


def test_the_only_output_of_a_layer_is_no_list(k):
    def slope(pair):
        return k.backend.gradients(k.backend.sum(pair[1]), pair[0])

    x = k.layers.Input((4, 4, 1))
    y = k.layers.MaxPooling2D(2)(x)
    where = k.layers.Lambda(slope, output_shape=lambda shapes: shapes[0])([x, y])
    picture = np.arange(16.0).reshape(1, 4, 4, 1)
    found = k.models.Model(x, k.layers.multiply([x, where])).predict(picture)
    assert found[0, 1::2, 1::2, 0].tolist() == [[5, 7], [13, 15]]
    assert found.sum() == 40
