"""``tf.contrib.learn`` and ``tf.contrib.skflow``: words as numbers, and models of arrays."""

import numpy as np
import pytest

import giulgi as gg


def test_words_become_numbers(tf, tmp_path):
    make = tf.contrib.learn.preprocessing.VocabularyProcessor
    texts = ["the cat sat", "the dog sat on the cat", "a bird"]
    words = make(4)
    rows = np.array(list(words.fit_transform(texts)))
    assert rows.tolist() == [[1, 2, 3, 0], [1, 4, 3, 5], [6, 7, 0, 0]]
    assert rows.dtype == np.int64
    assert len(words.vocabulary_) == 8
    assert next(iter(words.transform(["the bird flew"]))).tolist() == [1, 7, 0, 0]
    assert next(words.reverse(rows)) == "the cat sat <UNK>"
    words.save(str(tmp_path / "words"))
    again = make.restore(str(tmp_path / "words"))
    assert next(iter(again.transform(["dog"]))).tolist() == [4, 0, 0, 0]


def test_rare_words_are_forgotten_and_the_others_ordered(tf):
    words = tf.contrib.learn.preprocessing.VocabularyProcessor(5, min_frequency=1)
    words.fit(["c b a", "b c", "b", "don't stop", "don't"])
    # More than once: b three times, c and don't twice; of equal ones in their order.
    assert words.vocabulary_._mapping == {"<UNK>": 0, "b": 1, "c": 2, "don't": 3}


def test_estimators_are_given_arrays(tf):
    iris = tf.contrib.learn.datasets.load_dataset("iris")
    x, y = iris.data.astype(np.float32), iris.target
    columns = tf.contrib.learn.infer_real_valued_columns_from_input(x)
    model = tf.contrib.learn.DNNClassifier(hidden_units=[10], feature_columns=columns, n_classes=3)
    model.fit({"x": x}, y, steps=200, batch_size=32)
    assert model.evaluate({"x": x}, y)["accuracy"] > 0.8
    found = list(model.predict({"x": x}))
    assert np.mean(np.array(found) == y) > 0.8


def test_scikit_learns_methods_give_all_that_is_predicted_as_arrays(tf):
    learn = tf.contrib.learn
    iris = learn.datasets.load_dataset("iris")
    x, y = iris.data.astype(np.float32), iris.target
    columns = learn.infer_real_valued_columns_from_input(x)
    model = learn.SKCompat(learn.LinearClassifier(columns, n_classes=3))
    found = model.fit(x, y, steps=100).predict(x)
    assert found["probabilities"].shape == (150, 3)
    assert found["classes"].tolist() == found["probabilities"].argmax(1).tolist()
    assert [*model.predict(x, outputs=["classes"])] == ["classes"]
    line = learn.SKCompat(learn.LinearRegressor(columns))
    assert line.fit(x, y.astype(np.float32), steps=10).predict(x)["scores"].shape == (150,)


def test_a_model_of_2016(tf):
    iris = gg.datasets.load("iris")
    x, y = iris.features.astype(np.float32), np.asarray(iris.target)
    skflow = tf.contrib.skflow
    np.random.seed(0)
    model = skflow.TensorFlowDNNClassifier(
        hidden_units=[10, 10], n_classes=3, steps=300, learning_rate=0.1, verbose=0
    )
    model.fit(x, y)
    assert model.score(x, y) > 0.9

    def own(rows, labels):
        parts = skflow.ops.split_squeeze(1, 4, rows)
        assert [part.shape.as_list() for part in parts] == 4 * [[None]]
        rows = tf.stack(parts, 1)
        return skflow.models.logistic_regression(skflow.ops.dnn(rows, [8], tf.tanh), labels)

    other = skflow.TensorFlowEstimator(model_fn=own, n_classes=3, steps=200, verbose=0)
    assert other.fit(x, y).predict(x).shape == (150,)
    numbers = skflow.TensorFlowLinearRegressor(steps=300, verbose=0)
    assert numbers.fit(x[:, :3], x[:, 3]).score(x[:, :3], x[:, 3]) > 0.8


def test_models_are_functions_of_features_and_targets_by_any_name(tf):
    x = np.linspace(-1, 1, 60).reshape(-1, 1)
    y = (x[:, 0] > 0).astype(np.int64)

    def own(rows, target):
        target = tf.one_hot(target, 2, 1, 0)
        chances, loss = tf.contrib.learn.models.logistic_regression(rows, target)
        assert chances.dtype == tf.float64
        train = tf.contrib.layers.optimize_loss(
            loss, tf.contrib.framework.get_global_step(), 1.0, "Adagrad"
        )
        return tf.argmax(chances, 1), loss, train

    model = tf.contrib.learn.Estimator(model_fn=own)
    model.fit(x, y, steps=100)
    assert np.mean(np.array(list(model.predict(x, as_iterable=True))) == y) > 0.9


def test_categories_become_numbers(tf):
    made = tf.contrib.skflow.preprocessing.CategoricalProcessor()
    assert [row.tolist() for row in made.fit_transform(["a", "b", "a"])] == [[1], [2], [1]]
    assert len(made.vocabularies_[0]) == 3


def test_data_sets_that_are_not_there(tf):
    with pytest.raises(ValueError, match="iris and mnist"):
        tf.contrib.learn.datasets.load_dataset("dbpedia")
    with pytest.raises(FileNotFoundError, match="Put the file absent into nowhere"):
        tf.contrib.learn.python.learn.datasets.base.maybe_download("absent", "nowhere")


def test_a_model_calls_its_labels_as_it_likes_and_has_them_when_it_predicts(tf):
    from tensorflow.contrib.learn.python.learn.estimators import model_fn as functions

    def model(features, targets, mode):
        logits = tf.contrib.layers.fully_connected(features, 2, activation_fn=None)
        loss = tf.losses.softmax_cross_entropy(tf.one_hot(targets, 2, 1, 0), logits)
        step = tf.contrib.framework.get_global_step()
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, step)
        return functions.ModelFnOps(mode, {"class": tf.argmax(logits, 1)}, loss, train)

    x = np.eye(2, dtype="float32").repeat(4, 0)
    estimator = tf.contrib.learn.Estimator(model_fn=model)
    estimator.fit(x, np.repeat([0, 1], 4), steps=5)
    assert len(list(estimator.predict(x, as_iterable=True))) == 8


def test_columns_of_former_times_are_those_of_later(tf):
    layers = tf.contrib.layers
    kinds = layers.sparse_column_with_keys("kind", ["a", "b"])
    words = layers.sparse_column_with_hash_bucket("word", 5)
    sizes = layers.bucketized_column(layers.real_valued_column("size"), [1.0])
    columns = [
        layers.one_hot_column(kinds), layers.embedding_column(words, 3), sizes,
        layers.one_hot_column(layers.crossed_column([kinds, words], 7)),
    ]  # fmt: skip
    features = {
        "kind": tf.SparseTensor([[0, 0], [1, 0]], ["b", "a"], [2, 1]),
        "word": tf.constant([["x"], ["y"]]),
        "size": tf.constant([[0.5], [2.0]]),
    }
    made = layers.input_from_feature_columns(features, columns)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(made).shape == (2, 2 + 3 + 2 + 7)


def test_monitors_measure_and_stop_what_gets_no_better(tf, tmp_path):
    tf.set_random_seed(1)
    learn = tf.contrib.learn
    iris = learn.datasets.load_iris()
    x, y = iris.data.astype(np.float32), iris.target
    columns = [tf.contrib.layers.real_valued_column("", dimension=4)]
    model = learn.DNNClassifier(
        feature_columns=columns, hidden_units=[10], n_classes=3, model_dir=str(tmp_path),
        config=learn.RunConfig(save_checkpoints_steps=20, save_checkpoints_secs=None),
    )  # fmt: skip
    own = learn.MetricSpec(
        metric_fn=tf.contrib.metrics.streaming_accuracy,
        prediction_key=learn.PredictionKey.CLASSES,
    )
    seen = []

    class Watch(learn.monitors.EveryN):
        def every_n_step_begin(self, step):
            return ["global_step:0"]

        def every_n_step_end(self, step, outputs):
            seen.append((step, int(outputs["global_step:0"])))
            return False

    stop = learn.monitors.ValidationMonitor(
        x, y, every_n_steps=20, metrics={"mine": own}, early_stopping_rounds=50,
        early_stopping_metric="mine", early_stopping_metric_minimize=True,
    )  # fmt: skip
    weights = learn.monitors.CaptureVariable("dnn/hiddenlayer_0/kernel:0", every_n=30)
    model.fit(x, y, steps=2000, monitors=[stop, weights, Watch(every_n_steps=40)])
    assert stop.early_stopped
    assert stop.best_step < 2000
    assert stop.best_metrics["mine"] == stop.best_metrics["accuracy"]
    assert sorted(weights.values)[:3] == [1, 31, 61]
    assert [step for step, _ in seen][:2] == [1, 41]
    found = model.evaluate(x, y, metrics={("far", "classes"): tf.metrics.mean_absolute_error})
    assert 0 <= found["far"] < 2
    events = [e for file in (tmp_path / "eval").iterdir()
              for e in tf.train.summary_iterator(str(file))]  # fmt: skip
    assert {"mine", "loss", "accuracy"} <= {v.tag for e in events for v in e.summary.value}


def test_monitors_get_what_they_asked_for_and_hooks_watch_the_measuring(tf):
    seen, measured = [], []
    learn = tf.contrib.learn

    class Asks(learn.monitors.EveryN):
        def every_n_step_begin(self, step):
            self.steps = tf.train.get_global_step()
            return [self.steps, "global_step"]

        def every_n_step_end(self, step, outputs):
            seen.extend([outputs[self.steps], outputs["global_step"], outputs["global_step:0"]])
            return False

    class Counts(tf.train.SessionRunHook):
        def after_run(self, run_context, run_values):
            measured.append(run_values)

    x = np.ones([8, 1], np.float32)
    columns = [tf.contrib.layers.real_valued_column("", dimension=1)]
    config = learn.RunConfig(save_checkpoints_steps=1, save_checkpoints_secs=None)
    model = learn.LinearRegressor(feature_columns=columns, config=config)
    look = learn.monitors.ValidationMonitor(x, x[:, 0], every_n_steps=2, hooks=[Counts()])
    model.fit(x, x[:, 0], steps=4, monitors=[Asks(every_n_steps=3), look])
    assert seen == [1, 1, 1, 4, 4, 4]
    assert measured


def test_monitors_need_data_and_one_way_to_stop(tf):
    monitors = tf.contrib.learn.monitors
    with pytest.raises(ValueError, match="Either x or input_fn"):
        monitors.ValidationMonitor()
    with pytest.raises(ValueError, match="Exactly one"):
        monitors.StopAtStep()


def test_streaming_metrics_are_given_predictions_first(tf):
    said, true = tf.constant([1, 1, 0, 1]), tf.constant([1, 0, 1, 1])
    with tf.Session() as session:
        found = [
            tf.contrib.metrics.streaming_precision(said, true),
            tf.contrib.metrics.streaming_recall(said, tf.constant([1, 1, 1, 1])),
        ]
        session.run(tf.local_variables_initializer())
        session.run([update for _, update in found])
        np.testing.assert_allclose(session.run([value for value, _ in found]), [2 / 3, 3 / 4])


def test_the_first_program_of_its_tutorial(tf):
    learn = tf.contrib.learn
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, -1.0, -2.0, -3.0])
    columns = [tf.contrib.layers.real_valued_column("x", dimension=1)]
    model = learn.LinearRegressor(feature_columns=columns)
    # Here, and not under tf.estimator, nobody had to say whether to shuffle.
    inputs = learn.io.numpy_input_fn({"x": x}, y, batch_size=4, num_epochs=200)
    model.fit(input_fn=inputs, steps=200)
    assert model.evaluate(input_fn=inputs)["loss"] < 0.2


def test_insides_of_contrib_learn_are_what_is_public(tf):
    from tensorflow.contrib.learn.python import SKCompat
    from tensorflow.contrib.learn.python.learn import metric_spec
    from tensorflow.contrib.learn.python.learn.estimators.run_config import RunConfig
    from tensorflow.contrib.learn.python.learn.monitors import ValidationMonitor

    learn = tf.contrib.learn
    assert SKCompat is learn.SKCompat
    assert metric_spec.MetricSpec is learn.MetricSpec
    assert RunConfig is learn.RunConfig
    assert ValidationMonitor is learn.monitors.ValidationMonitor


def test_constants_are_predicted_once(tf, tmp_path):
    def model(features, target, mode):
        target = tf.one_hot(target, 2)
        chances, loss = tf.contrib.learn.models.logistic_regression_zero_init(features, target)
        step = tf.contrib.framework.get_global_step()
        train = tf.contrib.layers.optimize_loss(loss, step, 0.1, "SGD")
        return {"class": tf.argmax(chances, 1), "chances": chances}, loss, train

    made = tf.contrib.learn.Estimator(model, str(tmp_path))
    made.fit(np.array([[1.0], [-1.0]], np.float32), np.array([1, 0]), steps=1)
    found = list(made.predict(input_fn=lambda: np.array([[3.0], [-3.0]], np.float32)))
    assert [int(row["class"]) for row in found] == [1, 0]
    # From zeros, a step of gradient descent: by 0.1 * (1/2 - 0) of each example, halved.
    np.testing.assert_allclose(made.get_variable_value("logistic_regression/weights"),
                               [[-0.05, 0.05]], rtol=1e-6)  # fmt: skip
