"""Models trained by a program's own loops."""

import numpy as np
import pytest

from giulgi.compat.eager import lazy


def data():
    rng = np.random.RandomState(0)
    x = rng.randn(96, 4).astype("float32")
    return x, (x.sum(1) > 0).astype("int64")


@pytest.mark.parametrize("is_traced", [False, True])
def test_a_loop_of_ones_own_learns(tf2, is_traced):
    x, y = data()
    model = tf2.keras.Sequential(
        [
            tf2.keras.layers.Dense(16, activation="relu"),
            tf2.keras.layers.BatchNormalization(),
            tf2.keras.layers.Dense(2),
        ]
    )
    loss_of = tf2.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = tf2.keras.optimizers.Adam(0.02)
    mean = tf2.keras.metrics.Mean()
    share = tf2.keras.metrics.SparseCategoricalAccuracy()

    def step(a, b):
        with tf2.GradientTape() as tape:
            scores = model(a, training=True)
            loss = loss_of(b, scores)
        slopes = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
        mean(loss)
        share(b, scores)

    take = tf2.function(step) if is_traced else step
    losses = []
    for _ in range(8):
        mean.reset_states()
        share.reset_states()
        for a, b in tf2.data.Dataset.from_tensor_slices((x, y)).shuffle(96, seed=1).batch(32):
            take(a, b)
        losses.append(float(mean.result()))
    assert losses[-1] < losses[0] / 2
    assert float(share.result()) > 0.9
    assert optimizer.iterations.numpy() == 24
    moving = model.layers[1].moving_mean.numpy()
    assert np.abs(moving).max() > 0.01


@pytest.mark.parametrize("size", [4, 24])
def test_whole_numbers_of_small_batches_are_no_new_program(tf2, monkeypatch, size):
    x, _ = data()
    labels = np.random.RandomState(1).randint(0, 2, (12, size)).astype("uint8")
    model = tf2.keras.Sequential([tf2.keras.layers.Dense(2)])
    loss_of = tf2.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = tf2.keras.optimizers.SGD(0.1)
    made = []
    make = lazy._program
    monkeypatch.setattr(lazy, "_program", lambda *given: made.append(0) or make(*given))
    for some in labels:
        with tf2.GradientTape() as tape:
            loss = loss_of(tf2.constant(some), model(x[:size]))
        slopes = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
    assert optimizer.iterations.numpy() == 12
    assert len(made) == 1


def test_metrics_have_results_at_once(tf2):
    metric = tf2.keras.metrics.Mean()
    metric(1.0)
    metric.update_state([3.0, 5.0])
    assert float(metric.result()) == 3
    metric.reset_states()
    assert float(metric.result()) == 0
    precision = tf2.keras.metrics.Precision()
    precision.update_state([0, 1, 1, 0], [1, 1, 0, 0])
    assert float(precision.result()) == 0.5
    distance = tf2.keras.metrics.RootMeanSquaredError()
    distance.update_state([[0.0], [0.0]], [[3.0], [4.0]])
    assert float(distance.result()) == pytest.approx(np.sqrt(12.5))


def test_steps_and_losses_of_ones_own(tf2):
    x, y = data()

    class Net(tf2.keras.Model):
        def __init__(self):
            super().__init__()
            self.w = tf2.Variable(tf2.zeros([4, 1]))

        def call(self, inputs):
            return inputs @ self.w

        def train_step(self, data):
            a, b = data
            with tf2.GradientTape() as tape:
                out = self(a, training=True)
                loss = self.compiled_loss(b, out)
            (slope,) = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients([(slope, self.w)])
            self.compiled_metrics.update_state(b, out)
            return {m.name: m.result() for m in self.metrics}

    class Squares(tf2.keras.losses.Loss):
        def call(self, y_true, y_pred):
            return tf2.square(tf2.cast(y_true, "float32") - y_pred)

    model = Net()
    model.compile(tf2.keras.optimizers.SGD(0.1), loss=Squares(), metrics=["mae"])
    history = model.fit(x, y[:, None].astype("float32"), epochs=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert "mae" in history


def test_penalties_begin_anew_with_each_call(tf2):
    class Penalty(tf2.keras.layers.Layer):
        def call(self, inputs):
            self.add_loss(tf2.reduce_sum(inputs))
            return inputs

    layer = Penalty()
    for _ in range(2):
        layer(tf2.ones([3]))
        assert [float(x) for x in layer.losses] == [3]


def test_a_saved_folder_is_the_model(tf2, tmp_path):
    x, _ = data()
    model = tf2.keras.Sequential([tf2.keras.layers.Dense(3, input_shape=(4,))])
    model.compile("sgd", "mse")
    model.save(str(tmp_path / "model"))
    again = tf2.keras.models.load_model(str(tmp_path / "model"))
    np.testing.assert_array_equal(model.predict(x), again.predict(x))


def test_a_file_keeps_losses_and_metrics_with_what_they_are_made_with(tf2, tmp_path):
    class Hits(tf2.keras.metrics.Metric):
        def __init__(self, label=0, name="hits", **options):
            super().__init__(name=name, **options)
            self.label = label
            self.hits = self.add_weight(name="n", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            found = tf2.argmax(y_pred, -1) == tf2.cast(tf2.reshape(y_true, [-1]), tf2.int64)
            wanted = tf2.reshape(y_true, [-1]) != self.label
            self.hits.assign_add(tf2.reduce_sum(tf2.cast(found & wanted, tf2.float32)))

        def result(self):
            return self.hits

        def get_config(self):
            return {**super().get_config(), "label": self.label}

    x = data()[0]
    y = x.argmax(1) % 3
    model = tf2.keras.Sequential([tf2.keras.layers.Dense(3, input_shape=(4,))])
    loss = tf2.keras.losses.SparseCategoricalCrossentropy(True)
    metrics = [Hits(1), tf2.keras.metrics.SparseTopKCategoricalAccuracy(k=2)]
    model.compile("sgd", loss, metrics=metrics)
    path = str(tmp_path / "model.h5")
    model.save(path)
    again = tf2.keras.models.load_model(path, custom_objects={"Hits": Hits})
    scores = model.predict(x)
    best = np.argsort(-scores, 1)
    logs = np.log(np.exp(scores).sum(1)) - scores[np.arange(len(y)), y]
    wanted = [
        logs.mean(),
        np.sum((best[:, 0] == y) & (y != 1)),
        np.mean((y == best[:, :2].T).any(0)),
    ]
    np.testing.assert_allclose(again.evaluate(x, y, verbose=0), wanted, rtol=1e-4)


def test_words_become_numbers(tf2):
    layer = tf2.keras.layers.TextVectorization(output_sequence_length=4)
    layer.adapt(["the cat sat", "the dog!"])
    assert layer.get_vocabulary()[:3] == ["", "[UNK]", "the"]
    found = layer(["The bird sat"]).numpy()
    assert found.shape == (1, 4)
    assert found[0, 0] == 2
    assert found[0, 1] == 1
    assert found[0, 3] == 0


def test_an_optimizer_of_tf_train_trains_a_network_with_a_state(tf2):
    tf1 = tf2.compat.v1
    layers = tf2.keras.layers
    model = tf2.keras.Sequential(
        [
            layers.GRU(5, return_sequences=True, stateful=True, batch_input_shape=[4, None, 2]),
            layers.Dense(1),
        ]
    )
    model.compile(tf1.train.AdamOptimizer(0.05), "mse")
    x = np.random.RandomState(0).rand(8, 3, 2).astype("float32")
    losses = model.fit(x, x.sum(2, keepdims=True), batch_size=4, epochs=8, verbose=0).history[
        "loss"
    ]
    assert losses[-1] < losses[0] / 2


def test_there_is_no_tpu(tf2):
    with pytest.raises(ValueError, match="TPU"):
        tf2.distribute.cluster_resolver.TPUClusterResolver()
    with tf2.distribute.MirroredStrategy().scope():
        assert tf2.distribute.get_strategy().num_replicas_in_sync == 1


def test_programs_are_guessed_by_their_text():
    from giulgi.compat.eager.guessing import guessed

    assert guessed("with tf.GradientTape() as t: pass") is True
    assert guessed("x = tf.placeholder(tf.float32)\nprint(x)") is False
    assert guessed("import numpy") is None
