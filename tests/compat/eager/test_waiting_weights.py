"""Weights that are restored before they are made, and the states of cells."""

import numpy as np
import pytest

from giulgi.compat.names import TABLES
from giulgi.formats.events import read_events


def _network(tf2):
    class Network(tf2.keras.Model):
        def __init__(self):
            super().__init__()
            self.first = tf2.keras.layers.Dense(3)
            self.normal = tf2.keras.layers.BatchNormalization()
            self.last = tf2.keras.layers.Dense(1)

        def call(self, x, training=False):
            return self.last(self.normal(self.first(x), training=training))

    return Network()


def _step(tf2, model, optimizer, x):
    with tf2.GradientTape() as tape:
        loss = tf2.reduce_mean((model(x, training=True) - 1.0) ** 2)
    slopes = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
    return loss


@pytest.mark.parametrize("is_traced", [False, True])
def test_a_checkpoint_waits_for_what_is_made_later(tf2, tmp_path, is_traced):
    x = np.random.RandomState(0).randn(8, 4).astype("float32")
    model, optimizer = _network(tf2), tf2.keras.optimizers.Adam(0.1)
    for _ in range(3):
        _step(tf2, model, optimizer, x)
    path = tf2.train.Checkpoint(model=model, optimizer=optimizer).save(str(tmp_path / "ck"))
    other, another = _network(tf2), tf2.keras.optimizers.Adam(0.1)
    status = tf2.train.Checkpoint(model=other, optimizer=another).restore(path)
    status.assert_existing_objects_matched()

    def take():
        return _step(tf2, other, another, x)

    own = tf2.function(take) if is_traced else take
    wanted = [float(_step(tf2, model, optimizer, x)) for _ in range(3)]
    np.testing.assert_allclose([float(own()) for _ in range(3)], wanted, rtol=1e-5)
    np.testing.assert_allclose(other(x).numpy(), model(x).numpy(), rtol=1e-4, atol=1e-6)


def test_weights_of_a_file_wait_for_the_first_call(tf2, tmp_path):
    x = np.ones((2, 4), np.float32)
    model = _network(tf2)
    wanted = model(x).numpy()
    model.save_weights(str(tmp_path / "weights"))
    other = _network(tf2)
    other.load_weights(str(tmp_path / "weights")).expect_partial()
    np.testing.assert_array_equal(other(x).numpy(), wanted)


def test_cells_tell_their_first_states(tf2):
    hidden, memory = tf2.keras.layers.LSTMCell(3).get_initial_state(batch_size=2, dtype=tf2.float32)
    assert hidden.shape == memory.shape == (2, 3)
    assert not np.any(hidden.numpy())
    state = tf2.keras.layers.GRUCell(5).get_initial_state(tf2.ones([4, 7]))
    assert state.shape == (4, 5)


def test_strings_of_a_data_set_become_records(tf2, tmp_path):
    path = str(tmp_path / "some.tfrecord")
    texts = [b"a", b"bc", b""]
    writer = tf2.data.experimental.TFRecordWriter(path)
    writer.write(tf2.data.Dataset.from_tensor_slices(texts))
    assert [record.numpy() for record in tf2.data.TFRecordDataset(path)] == texts


def test_a_checkpoint_keeps_what_it_is_given_later(tf2, tmp_path):
    checkpoint = tf2.train.Checkpoint()
    checkpoint.listed = [tf2.Variable(1.0)]
    checkpoint.listed.append(tf2.Variable(2.0))
    path = checkpoint.save(str(tmp_path / "ck"))
    other = tf2.train.Checkpoint()
    other.listed = [tf2.Variable(0.0), tf2.Variable(0.0)]
    other.restore(path).assert_consumed()
    assert [float(variable.numpy()) for variable in other.listed] == [1, 2]


def test_what_is_loaded_has_signatures(tf2, tmp_path):
    class Times(tf2.Module):
        def __init__(self):
            super().__init__()
            self.factor = tf2.Variable(3.0)

        @tf2.function
        def __call__(self, x):
            return x * self.factor

    module = Times()
    own = module.__call__.get_concrete_function(tf2.TensorSpec([None], tf2.float32))
    tf2.saved_model.save(module, str(tmp_path / "module"), signatures=own)
    found = tf2.saved_model.load(str(tmp_path / "module"))
    assert list(found.signatures) == ["serving_default"]
    outputs = found.signatures["serving_default"](tf2.constant([1.0, 2.0]))
    np.testing.assert_array_equal(outputs["output_0"].numpy(), [3, 6])

    model = tf2.keras.Sequential([tf2.keras.layers.Dense(2, input_shape=(3,), name="last")])
    model.save(str(tmp_path / "model"))
    infer = tf2.saved_model.load(str(tmp_path / "model")).signatures["serving_default"]
    assert list(infer.structured_outputs) == ["last"]
    x = np.ones((4, 3), np.float32)
    np.testing.assert_allclose(infer(tf2.constant(x))["last"].numpy(), model(x).numpy())


def test_a_model_of_the_programs_own_is_loaded_with_what_it_was_saved_with(tf2, tmp_path):
    class Doubled(tf2.keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = tf2.keras.layers.Dense(2)

        def call(self, x):
            return self.inner(x)

        @tf2.function(input_signature=[tf2.TensorSpec([None, 3], tf2.float32)])
        def serve(self, x):
            return {"twice": 2 * self(x)}

    model, x = Doubled(), np.ones((4, 3), np.float32)
    wanted = model(x).numpy()
    path = str(tmp_path / "model")
    tf2.saved_model.save(model, path)
    infer = tf2.saved_model.load(path).signatures["serving_default"]
    np.testing.assert_allclose(infer(tf2.constant(x))["output_1"].numpy(), wanted)
    tf2.saved_model.save(model, path, signatures={"serving_default": model.serve})
    infer = tf2.saved_model.load(path).signatures["serving_default"]
    np.testing.assert_allclose(infer(tf2.constant(x))["twice"].numpy(), 2 * wanted)


def test_variables_are_saved_by_their_names(tf2, tmp_path):
    layer = tf2.keras.layers.Dense(2)
    layer(tf2.ones([1, 3]))
    own = tf2.Variable([1.0, 2.0], name="own")
    before = layer.kernel.numpy()
    saver = TABLES["tensorflow"]["contrib.eager.Saver"]([own, *layer.variables])
    path = saver.save(str(tmp_path / "some"), global_step=3)
    own.assign([0.0, 0.0])
    layer.kernel.assign(np.zeros((3, 2)))
    saver.restore(path)
    assert own.numpy().tolist() == [1, 2]
    np.testing.assert_array_equal(layer.kernel.numpy(), before)
    assert path.endswith("some-3")


def test_a_layer_with_first_weights_is_called_once_in_a_network(tf2):
    inputs = tf2.keras.Input((3,), dtype="int32")
    embedding = tf2.keras.layers.Embedding(5, 2, weights=[np.ones((5, 2))])
    model = tf2.keras.Model(inputs, embedding(inputs))
    assert embedding.get_output_at(0).shape.as_list() == [None, 3, 2]
    with pytest.raises(ValueError, match="only 1 inbound nodes"):
        embedding.get_output_at(1)
    assert model.predict(np.zeros((2, 3))).sum() == 12


@pytest.mark.parametrize("makes_them_itself", [False, True])
def test_a_first_call_with_weights_that_waited_counts_losses_once(tf2, tmp_path, makes_them_itself):
    class Network(tf2.keras.Model):
        def __init__(self):
            super().__init__()
            self.calls = 0
            self.last = tf2.keras.layers.Dense(2, kernel_regularizer="l2")

        def build(self, input_shape):
            if not makes_them_itself:
                self.last.build(input_shape)
            super().build(input_shape)

        def call(self, x):
            self.calls += 1
            self.add_loss(tf2.reduce_sum(x))
            return self.last(x)

    x = np.ones((2, 3), np.float32)
    model = Network()
    wanted = model(x).numpy()
    path = tf2.train.Checkpoint(model=model).save(str(tmp_path / "ck"))
    other = Network()
    tf2.train.Checkpoint(model=other).restore(path)
    np.testing.assert_array_equal(other(x).numpy(), wanted)
    np.testing.assert_array_equal(other.losses, model.losses)
    assert len(other.losses) == 2
    assert other.calls == 1 + makes_them_itself


@pytest.mark.parametrize("ending", ["", ".h5"])
@pytest.mark.parametrize("is_built", [False, True])
def test_variables_beside_the_layers_are_in_files_of_weights(tf2, tmp_path, ending, is_built):
    class Network(tf2.keras.Model):
        def __init__(self):
            super().__init__()
            self.calls = 0
            self.scale, self.shift = tf2.Variable(2.0), tf2.Variable([1.0], trainable=False)
            self.last = tf2.keras.layers.Dense(2)

        def call(self, x):
            self.calls += 1
            return self.last(x) * self.scale + self.shift

    x, path = np.ones((3, 2), np.float32), str(tmp_path / f"weights{ending}")
    model, other = Network(), Network()
    model(x), other(x) if is_built else None
    model.scale.assign(5.0), model.shift.assign([-1.0])
    model.save_weights(path)
    other.load_weights(path)
    assert (float(other.scale), float(other.shift[0])) == (5, -1)
    np.testing.assert_array_equal(other(x).numpy(), model(x).numpy())
    assert other.calls == 1 + is_built


def test_variables_that_a_model_alone_makes_in_build_wait(tf2, tmp_path):
    class Network(tf2.keras.Model):
        def build(self, input_shape):
            self.slope = self.add_weight(name="slope", shape=(2,), initializer="normal")
            super().build(input_shape)

        def call(self, x):
            return x * self.slope

    x, path = np.ones((3, 2), np.float32), str(tmp_path / "weights.h5")
    model, other = Network(), Network()
    wanted = model(x).numpy()
    model.save_weights(path)
    other.load_weights(path)
    np.testing.assert_array_equal(other(x).numpy(), wanted)


def test_networks_compute_with_what_was_assigned_to_variables(tf2):
    factor = tf2.Variable(0.0)

    class Rising(tf2.keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            factor.assign(float(epoch))

    x = np.ones((4, 1), np.float32)
    first = tf2.keras.layers.Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(1,))
    model = tf2.keras.Sequential([first])
    model.compile(tf2.keras.optimizers.SGD(0.1), lambda y, p: factor * tf2.reduce_mean(p))
    history = model.fit(x, x, epochs=3, verbose=0, callbacks=[Rising()])
    # The weight is 1, and 0.9 when the factor is 2.
    np.testing.assert_allclose(history.history["loss"], [0, 1, 1.8], rtol=1e-6)
    scaled = tf2.keras.Sequential([tf2.keras.layers.Lambda(lambda x: x * factor, input_shape=(1,))])
    for value in (3, 4):
        factor.assign(value)
        np.testing.assert_array_equal(scaled.predict(x), x * value)


def test_training_leaves_what_was_computed_before_as_it_was(tf2):
    x = np.ones((4, 1), np.float32)
    last = tf2.keras.layers.Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(1,))
    model = tf2.keras.Sequential([last])
    model.compile(tf2.keras.optimizers.SGD(0.1), "mse")
    before, twice = model(x), last.weights[0] * 2.0
    model.fit(x, 0 * x, verbose=0)
    after = model(x)
    model.train_on_batch(x, 0 * x)
    np.testing.assert_array_equal(before.numpy(), x)
    np.testing.assert_array_equal(twice.numpy(), [[2]])
    np.testing.assert_allclose(after.numpy(), 0.8 * x)


def test_build_makes_the_weights_of_a_class_of_ones_own(tf2):
    class Network(tf2.keras.Model):
        def __init__(self):
            super().__init__()
            self.words, self.last = tf2.keras.layers.Embedding(9, 4), tf2.keras.layers.Dense(2)

        def call(self, x, training=None):
            return self.last(tf2.reduce_mean(self.words(x), 1))

    class OfOneSize(Network):
        def call(self, x):
            return super().call(x) / int(x.shape[0])

    model, other = Network(), OfOneSize()
    model.build(input_shape=(None, 5))
    assert [tuple(w.shape) for w in model.weights] == [(9, 4), (4, 2), (2,)]
    assert model.count_params() == 36 + 10
    assert model(np.ones((3, 5), "int32")).shape == (3, 2)
    other.build((None, 5))  # Its weights come with the first data.
    assert other(np.ones((3, 5), "int32")).shape == (3, 2)
    assert other.count_params() == 36 + 10


def test_contrib_writes_summaries_in_the_steps_that_are_told(tf2, tmp_path):
    told = {name: TABLES["tensorflow"][f"contrib.summary.{name}"] for name in (
        "create_file_writer", "scalar", "histogram", "always_record_summaries",
        "record_summaries_every_n_global_steps", "never_record_summaries",
    )}  # fmt: skip
    step = TABLES["tensorflow"]["train.get_or_create_global_step"]()
    writer = told["create_file_writer"](str(tmp_path))
    with writer.as_default():
        told["scalar"]("outside", 1.0)
        with told["record_summaries_every_n_global_steps"](2):
            for number in range(4):
                told["scalar"]("loss", tf2.constant(2.0 * number))
                step.assign_add(1)
        with told["always_record_summaries"]():
            told["histogram"]("weights", tf2.ones([3]), step=9)
            with told["never_record_summaries"]():
                told["scalar"]("never", 1.0)
    writer.close()
    (path,) = tmp_path.iterdir()
    found = [(e.step, v.tag, v.simple_value) for e in read_events(path) for v in e.summary.value]
    assert found[:2] == [(0, "loss", 0.0), (2, "loss", 4.0)]
    assert [(at, tag) for at, tag, _ in found[2:]] == [(9, "weights")]


def test_metrics_and_losses_of_a_programs_own_classes_are_given_columns_of_truth(tf2):
    class Right(tf2.keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="right")
            self.count = self.add_weight(name="count", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            chosen = tf2.reshape(tf2.argmax(y_pred, 1), (-1, 1))
            equal = tf2.cast(y_true, "int32") == tf2.cast(chosen, "int32")
            self.count.assign_add(tf2.reduce_sum(tf2.cast(equal, "float32")))

        def result(self):
            return self.count

    class Chosen(tf2.keras.metrics.MeanIoU):
        def update_state(self, y_true, y_pred, sample_weight=None):
            return super().update_state(y_true, tf2.argmax(y_pred, -1), sample_weight)

    class First(tf2.keras.losses.Loss):
        def call(self, y_true, y_pred):
            return tf2.square(tf2.cast(y_true[:, 0], tf2.float32) - y_pred[:, 0])

    x = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    y = np.arange(30) % 3
    model = tf2.keras.Sequential([tf2.keras.layers.Dense(3, input_shape=(4,))])
    model.compile("sgd", First(), metrics=[Right(), Chosen(num_classes=3)])
    p = model.predict(x)
    a = p.argmax(1)
    shares = [((a == c) & (y == c)).sum() / ((a == c) | (y == c)).sum() for c in range(3)]
    wanted = [((y - p[:, 0]) ** 2).mean(), (a == y).sum(), np.mean(shares)]
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), wanted, rtol=1e-5)
