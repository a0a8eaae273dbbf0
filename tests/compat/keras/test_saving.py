"""Models and weights in files, among them files that Keras 3 wrote (see golden/make_keras.py)."""

import json
from pathlib import Path

import numpy as np
import pytest

h5py = pytest.importorskip("h5py")

GOLDEN = Path(__file__).parent / "golden"
X = np.random.default_rng(6).normal(size=(5, 8, 8, 1)).astype("float32")


@pytest.fixture
def k():
    import keras

    return keras


@pytest.fixture
def model(k):
    made = k.models.Sequential(
        [
            k.layers.Conv2D(2, (3, 3), activation="relu", input_shape=(8, 8, 1)),
            k.layers.BatchNormalization(),
            k.layers.Flatten(),
            k.layers.Dense(3, activation="softmax", kernel_regularizer="l2"),
        ]
    )
    made.compile(k.optimizers.Adam(lr=0.01), "categorical_crossentropy", metrics=["accuracy"])
    return made


def test_a_model_comes_back(k, model, tmp_path):
    path = tmp_path / "model.h5"
    model.fit(X, np.eye(3)[[0, 1, 2, 0, 1]], verbose=0)
    model.save(str(path))
    again = k.models.load_model(str(path))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.metrics_names == ["loss", "accuracy"]
    np.testing.assert_allclose(float(again.optimizer.lr), 0.01, rtol=1e-6)
    again.fit(X, np.eye(3)[[0, 1, 2, 0, 1]], verbose=0)


def test_the_layout_is_keras_2s(model, tmp_path):
    path = tmp_path / "model.hdf5"
    model.save(path)
    with h5py.File(path) as file:
        weights = file["model_weights"]
        assert list(weights.attrs["layer_names"]) == [
            b"conv2d_1", b"batch_normalization_1", b"flatten_1", b"dense_1",
        ]  # fmt: skip
        assert list(weights["dense_1"].attrs["weight_names"]) == [
            b"dense_1/kernel:0", b"dense_1/bias:0",
        ]  # fmt: skip
        kernel = np.asarray(weights["dense_1/dense_1/kernel:0"])
        np.testing.assert_array_equal(kernel, model.layers[-1].get_weights()[0])
        assert json.loads(file.attrs["model_config"])["class_name"] == "Sequential"
        assert json.loads(file.attrs["training_config"])["loss"] == "categorical_crossentropy"


def test_weights_alone(k, model, tmp_path):
    path = str(tmp_path / "weights.h5")
    model.save_weights(path)
    again = k.models.model_from_json(model.to_json())
    again.load_weights(path)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    with pytest.raises(ValueError, match="holds weights alone"):
        k.models.load_model(path)
    other = k.models.Sequential([k.layers.Dense(2, input_dim=3)])
    with pytest.raises(ValueError, match="weight file containing 3 layers into a model with 1"):
        other.load_weights(path)


def test_weights_by_the_names_of_layers(k, model, tmp_path):
    path = str(tmp_path / "weights.h5")
    model.save_weights(path)
    other = k.models.Sequential(
        [
            k.layers.Conv2D(2, (3, 3), input_shape=(8, 8, 1), name="conv2d_1"),
            k.layers.Flatten(),
            k.layers.Dense(5, name="other"),
        ]
    )
    before = other.layers[2].get_weights()[0]
    other.load_weights(path, by_name=True)
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])
    np.testing.assert_array_equal(other.layers[2].get_weights()[0], before)


def test_branches_shared_layers_and_functions_of_ones_own(k, tmp_path):
    layers = k.layers

    class Twice(layers.Layer):
        def call(self, x):
            return 2 * x

    a, b = layers.Input((3,)), layers.Input((4, 3))
    shared = layers.Dense(2)
    states = layers.Bidirectional(layers.LSTM(2))(b)
    ends = [shared(a), shared(Twice()(a)), layers.Lambda(lambda x: x * 3)(states)]
    model = k.models.Model([a, b], [layers.concatenate(ends), ends[2]])
    path = str(tmp_path / "model.h5")
    model.save(path)
    with pytest.raises(ValueError, match=r"Unknown layer: Twice.*custom_objects"):
        k.models.load_model(path)
    again = k.models.load_model(path, custom_objects={"Twice": Twice})
    given = [np.ones((2, 3)), np.ones((2, 4, 3))]
    for one, other in zip(model.predict(given), again.predict(given), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["sequential", "branches"])
def test_a_file_of_keras_3(k, name):
    with np.load(GOLDEN / "keras_files.npz") as arrays:
        inputs = [arrays[f"{name}/x{i}"] for i in range(2) if f"{name}/x{i}" in arrays]
        wanted = arrays[f"{name}/y"]
    model = k.models.load_model(GOLDEN / f"keras_{name}.h5")
    found = model.predict(inputs if len(inputs) > 1 else inputs[0])
    np.testing.assert_allclose(np.asarray(found).reshape(wanted.shape), wanted, atol=1e-5)


def test_a_file_that_is_not_there(k, model):
    with pytest.raises(OSError, match=r"nothing\.h5"):
        k.models.load_model("nothing.h5")
    with pytest.raises(OSError, match="folder nowhere is not there"):
        model.save("nowhere/model.h5")


def test_checkpoints(k, model, tmp_path):
    checkpoint = k.callbacks.ModelCheckpoint(
        str(tmp_path / "{epoch:02d}-{acc:.2f}.hdf5"), monitor="loss", save_best_only=True
    )
    y = np.eye(3)[[0, 1, 2, 0, 1]]
    history = model.fit(X, y, epochs=2, verbose=0, callbacks=[checkpoint])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0] == f"01-{history.history['acc'][0]:.2f}.hdf5"
    k.models.load_model(tmp_path / names[0])


def test_savers_and_checkpoints_keep_what_the_layers_of_a_graph_learned(k, tmp_path):
    import tensorflow as tf

    layer = k.layers.Dense(2, input_shape=(3,))
    model = k.models.Sequential([layer])
    model.compile("sgd", "mse")
    model.set_weights([np.ones((3, 2)), np.zeros(2)])
    session = k.backend.get_session()
    path = tf.train.Saver().save(session, str(tmp_path / "model"))
    checkpoint = tf.train.Checkpoint(model=model)
    other = checkpoint.save(str(tmp_path / "other"))
    assert np.all(model.get_weights()[0] == 1)
    assert tf.train.list_variables(path)[0][0] == "dense_1/bias"
    model.set_weights([np.zeros((3, 2)), np.ones(2)])
    checkpoint.restore(other)
    assert np.all(model.get_weights()[0] == 1)


def test_variables_that_a_layer_made_itself_are_kept_with_their_first_values(tmp_path):
    from keras import backend
    from keras.engine.topology import Layer
    from keras.models import Model, Sequential, load_model

    first = np.arange(6, dtype="float32").reshape(3, 2)

    class Product(Layer):
        def build(self, input_shape):
            self.w = backend.variable(first)
            self.trainable_weights = [self.w]
            super().build(input_shape)

        def call(self, x):
            return backend.dot(x, self.w)

        def compute_output_shape(self, input_shape):
            return input_shape[0], 2

    model = Sequential([Product(input_shape=(3,))])
    model.compile("sgd", "mse")
    np.testing.assert_array_equal(model.get_weights()[0], first)
    model.set_weights([first + 1])
    np.testing.assert_array_equal(model.predict(np.eye(3)), first + 1)
    model.save(tmp_path / "m.h5")
    again = load_model(tmp_path / "m.h5", custom_objects={"Product": Product})
    np.testing.assert_array_equal(again.predict(np.eye(3)), first + 1)
    own = {"Product": Product}
    assert Sequential.from_config(model.get_config(), custom_objects=own).count_params() == 6
    whole = Model(model.input, model.output)
    assert Model.from_config(whole.get_config(), custom_objects=own).count_params() == 6


def test_a_network_becomes_a_graph_of_constants():
    import tensorflow as tf
    from keras import backend
    from keras.layers import BatchNormalization, Dense
    from keras.models import Sequential
    from tensorflow.python.framework import graph_util

    with tf.Graph().as_default():
        model = Sequential([Dense(3, input_dim=2, name="first"), BatchNormalization(), Dense(1)])
        session, output = backend.get_session(), model.output
        told = session.graph.as_graph_def()
        frozen = graph_util.convert_variables_to_constants(session, told, [output.op.name])
        wanted = model.predict(np.eye(2))
    kinds = {node.name: node.op for node in frozen.node}
    assert kinds["first/kernel"] == "Const"
    assert kinds["first_input"] == "Placeholder"
    with tf.Graph().as_default(), tf.Session() as other:
        (found,) = tf.import_graph_def(frozen, return_elements=[output.name], name="")
        np.testing.assert_allclose(
            other.run(found, {"first_input:0": np.eye(2)}), wanted, rtol=1e-6
        )


def test_classes_of_a_program_limit_begin_and_penalise_weights(tmp_path):
    from keras import backend, constraints, initializers, regularizers
    from keras.layers import Dense
    from keras.models import Sequential, load_model

    class First(initializers.Initializer):
        def __init__(self, size):
            self.size = size

        def __call__(self, shape, dtype=None):
            return backend.random_uniform(shape, -self.size, self.size, dtype=dtype)

        def get_config(self):
            return {"size": self.size}

    class Limit(constraints.Constraint):
        def __init__(self, size):
            self.size = size

        def __call__(self, w):
            return backend.clip(w, -self.size, self.size)

        def get_config(self):
            return {"size": self.size}

    class Penalty(regularizers.Regularizer):
        def __init__(self, rate):
            self.rate = rate

        def __call__(self, w):
            return self.rate * backend.sum(w * w)

        def get_config(self):
            return {"rate": self.rate}

    parts = {"kernel_initializer": First(0.5), "kernel_constraint": Limit(0.25),
             "kernel_regularizer": Penalty(0.5)}  # fmt: skip
    model = Sequential([Dense(30, input_dim=3, **parts)])
    model.compile("sgd", "mse")
    x, first = np.zeros((2, 3)), model.get_weights()[0]
    assert 0.25 < np.abs(first).max() <= 0.5
    penalty = model.test_on_batch(x, np.zeros((2, 30)))
    assert penalty == pytest.approx(0.5 * np.sum(first**2), rel=1e-5)
    model.train_on_batch(x, np.zeros((2, 30)))
    assert np.abs(model.get_weights()[0]).max() == 0.25
    model.save(tmp_path / "m.h5")
    layer = load_model(tmp_path / "m.h5", {c.__name__: c for c in (First, Limit, Penalty)}).layers[
        0
    ]
    assert layer.kernel_regularizer.rate == 0.5
    assert layer.kernel_constraint.size == 0.25


def test_metrics_that_count_are_kept_with_their_names(tmp_path):
    from keras import metrics
    from keras.layers import Dense
    from keras.models import Sequential, load_model

    model = Sequential([Dense(1, input_dim=2, activation="sigmoid")])
    counts = [metrics.TruePositives(name="tp"), metrics.AUC(name="area"), metrics.Precision(0.3)]
    model.compile("sgd", "binary_crossentropy", metrics=counts)
    x, y = np.eye(2), np.array([0, 1])
    wanted = model.evaluate(x, y, verbose=0)
    model.save(tmp_path / "m.h5")
    again = load_model(tmp_path / "m.h5")
    assert again.metrics_names[:3] == ["loss", "tp", "area"]
    np.testing.assert_allclose(again.evaluate(x, y, verbose=0), wanted, rtol=1e-6)


def test_losses_and_metrics_are_saved_with_what_they_are_made_of(tmp_path):
    from tensorflow import keras

    class Weighted(keras.metrics.Metric):
        def __init__(self, weights=1.0, name="weighted", **options):
            super().__init__(name=name, **options)
            self.total = self.add_weight(name="total", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.total.assign_add(keras.backend.sum(y_pred))

        def result(self):
            return self.total

    class Union(keras.metrics.MeanIoU):
        def __init__(self, weights=None, num_classes=3, **options):
            super().__init__(num_classes, **options)

    recall = keras.metrics.Recall(thresholds=np.array([0.25, 0.5]))
    assert Weighted(np.ones(2)).get_config() == {"name": "weighted", "dtype": "float32"}
    assert Union(len, name="u").get_config() == {"num_classes": 3, "name": "u", "dtype": "float32"}
    assert recall.get_config()["thresholds"] == [0.25, 0.5]
    losses = keras.losses
    config = losses.Huber().get_config()
    assert config == {"delta": 1.0, "reduction": "auto", "name": "huber_loss"}
    assert losses.Huber.from_config({**config, "delta": 2.0}).get_config()["delta"] == 2
    assert losses.BinaryCrossentropy(True).get_config()["from_logits"]
    model = keras.Sequential([keras.layers.Dense(2, input_shape=(2,))])
    model.compile("sgd", losses.Huber(2.0), metrics=[Weighted(np.ones(2)), Weighted(len, "b")])
    model.save(str(tmp_path / "model.h5"))
    again = keras.models.load_model(str(tmp_path / "model.h5"), {"Weighted": Weighted})
    assert again.loss.get_config()["delta"] == 2
    x = np.ones((3, 2))
    np.testing.assert_allclose(again.evaluate(x, x, verbose=0), model.evaluate(x, x, verbose=0))


def test_outputs_are_called_as_keras_called_them(tf):
    keras = tf.keras
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)),
            layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(5),
            layers.Dense(3, activation="softmax", name="last"),
        ]
    )  # fmt: skip
    names = [layer.output.op.name.split("/", 1)[1] for layer in model.layers]
    assert names == ["Relu", "MaxPool", "Reshape", "BiasAdd", "Softmax"]
    graph = keras.backend.get_session().graph
    assert graph.get_tensor_by_name("last/Softmax:0") is model.output
    x = layers.Input((4,))
    both = layers.concatenate([x, layers.Dense(2, use_bias=False, name="part")(x)], name="both")
    assert both.name == "both/concat:0"
    assert graph.get_operation_by_name("part/MatMul").outputs[0].shape.as_list() == [None, 2]


def test_an_output_is_found_by_its_name_before_anybody_looked_at_it(tf):
    dense = tf.keras.layers.Dense
    model = tf.keras.Sequential([dense(4, input_shape=(2,)), dense(3, "softmax", name="told")])
    session = tf.keras.backend.get_session()
    assert "told/Softmax" in [node.name for node in session.graph.as_graph_def().node]
    output = session.graph.get_tensor_by_name("told/Softmax:0")
    found = session.run(output, {model.input: [[1.0, 2.0]]})
    np.testing.assert_allclose(found, model.predict(np.array([[1.0, 2.0]])), rtol=1e-6)


def test_networks_of_equal_names_are_named_in_the_order_of_building(tf):
    dense = tf.keras.layers.Dense
    networks = [
        tf.keras.Sequential([dense(units, "softmax", input_shape=(2,), name="out")])
        for units in range(3, 9)
    ]
    graph = tf.get_default_graph()
    graph.finalize()
    for number, network in enumerate(networks):
        scope = f"out_{number}" if number else "out"
        assert graph.get_tensor_by_name(f"{scope}/Softmax:0").shape[1] == network.output_shape[1]
    with pytest.raises(KeyError, match="not in the graph"):
        graph.get_operation_by_name("nope")


def test_a_network_keeps_its_names_where_another_graph_is_the_default_one(tf):
    graph_util = tf.graph_util
    model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(3,), name="told")])
    session = tf.keras.backend.get_session()
    wanted = model.predict(np.ones((2, 3)))
    frozen = graph_util.convert_variables_to_constants(
        session, session.graph.as_graph_def(), ["told/BiasAdd"]
    )
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(frozen, name="")
        with tf.Session(graph=graph) as other:
            assert model.input.graph is session.graph
            found = other.run(model.output.name, {model.input.name: np.ones((2, 3))})
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
