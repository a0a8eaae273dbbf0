"""``tf.estimator``: models that functions build, and models that need not be built."""

import numpy as np
import pytest

import giulgi as gg


@pytest.fixture
def numbers():
    rng = np.random.default_rng(0)
    x = rng.random((200, 3), dtype=np.float32)
    return x, (x @ [1, 2, 3] + 0.5).astype(np.float32)


def linear_model(tf, with_metrics=True):
    def model_fn(features, labels, mode, params):
        predicted = tf.squeeze(tf.layers.dense(features["x"], 1), 1)
        if mode == tf.estimator.ModeKeys.PREDICT:
            return tf.estimator.EstimatorSpec(mode, predictions={"y": predicted})
        loss = tf.losses.mean_squared_error(labels, predicted)
        step = tf.train.get_global_step()
        train = tf.train.AdamOptimizer(params["rate"]).minimize(loss, global_step=step)
        metrics = {"mae": tf.metrics.mean_absolute_error(labels, predicted)}
        return tf.estimator.EstimatorSpec(
            mode, loss=loss, train_op=train, eval_metric_ops=metrics if with_metrics else None
        )

    return model_fn


def test_a_model_is_trained_measured_and_asked(tf, numbers, tmp_path):
    x, y = numbers
    make = tf.estimator.inputs.numpy_input_fn
    model = tf.estimator.Estimator(linear_model(tf), str(tmp_path), params={"rate": 0.05})
    once = make({"x": x}, y, num_epochs=1, shuffle=False)
    with pytest.raises(ValueError, match="Could not find trained model"):
        model.evaluate(once)
    model.train(make({"x": x}, y, batch_size=50, num_epochs=None, shuffle=True), steps=300)
    found = model.evaluate(once)
    assert found["global_step"] == 300
    assert found["loss"] < 0.1
    predicted = [row["y"] for row in model.predict(make({"x": x}, num_epochs=1, shuffle=False))]
    np.testing.assert_allclose(np.mean(np.abs(predicted - y)), found["mae"], rtol=1e-3)
    # Another one of the same folder goes on where the first one stopped.
    again = tf.estimator.Estimator(linear_model(tf), str(tmp_path), params={"rate": 0.05})
    again.train(once, steps=2)
    assert again.get_variable_value("global_step") == 302
    assert "dense/kernel" in again.get_variable_names()
    assert again.train(once, max_steps=300).get_variable_value("global_step") == 302


def test_data_sets_are_inputs_too(tf, numbers):
    x, y = numbers

    def rows():
        return tf.data.Dataset.from_tensor_slices(({"x": x}, y)).repeat(2).batch(40)

    model = tf.estimator.Estimator(linear_model(tf, False), params={"rate": 0.05})
    found, _ = tf.estimator.train_and_evaluate(
        model, tf.estimator.TrainSpec(rows), tf.estimator.EvalSpec(rows, steps=None)
    )
    assert found["global_step"] == 10


def test_what_is_missing_is_said(tf, numbers):
    with pytest.raises(ValueError, match="Missing loss"):
        tf.estimator.EstimatorSpec("train")
    with pytest.raises(ValueError, match="shuffle must be provided"):
        tf.estimator.inputs.numpy_input_fn({"x": numbers[0]})
    with pytest.raises(ValueError, match="mismatched"):
        tf.estimator.inputs.numpy_input_fn(numbers[0], numbers[1][:3], shuffle=False)


def test_classes_by_layers_of_neurons(tf):
    iris = gg.datasets.load("iris")
    x, y = iris.features.astype(np.float32), iris.target
    columns = [tf.feature_column.numeric_column("x", shape=[4])]
    config = tf.estimator.RunConfig(tf_random_seed=1)
    model = tf.estimator.DNNClassifier([10, 10], columns, n_classes=3, config=config)
    make = tf.estimator.inputs.numpy_input_fn
    model.train(make({"x": x}, y, num_epochs=None, shuffle=True), steps=300)
    once = make({"x": x}, y, num_epochs=1, shuffle=False)
    assert model.evaluate(once)["accuracy"] > 0.9
    first = next(model.predict(once))
    assert first["classes"].tolist() == [b"0"]
    np.testing.assert_allclose(first["probabilities"].sum(), 1, rtol=1e-5)


def test_checkpoints_are_told_by_steps_or_by_seconds(tf):
    config = tf.estimator.RunConfig().replace(save_checkpoints_steps=20)
    assert (config.save_checkpoints_steps, config.save_checkpoints_secs) == (20, None)
    config = config.replace(save_checkpoints_secs=30)
    assert (config.save_checkpoints_steps, config.save_checkpoints_secs) == (None, 30)


def test_two_classes_of_a_table(tf):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"age": [20.0, 30, 40, 50] * 10, "job": ["a", "b", "c", "a"] * 10})
    label = pandas.Series([0, 1, 1, 0] * 10)
    make = tf.estimator.inputs.pandas_input_fn
    column = tf.feature_column
    age = column.numeric_column("age")
    job = column.categorical_column_with_vocabulary_list("job", ["a", "b", "c"])
    buckets = column.bucketized_column(age, [25, 35, 45])
    model = tf.estimator.DNNLinearCombinedClassifier(
        linear_feature_columns=[job, buckets, column.crossed_column([buckets, "job"], 50)],
        dnn_feature_columns=[column.indicator_column(job), column.embedding_column(job, 2)],
        dnn_hidden_units=[4],
    )
    model.train(make(table, label, shuffle=True, num_epochs=50, batch_size=20))
    found = model.evaluate(make(table, label, shuffle=False))
    assert found["accuracy"] == 1
    assert found["label/mean"] == 0.5
    assert found["global_step"] == 100


def test_columns_side_by_side(tf):
    column = tf.feature_column
    age = column.numeric_column("age", normalizer_fn=lambda x: x / 10)
    words = column.categorical_column_with_vocabulary_list("word", ["x", "y"], num_oov_buckets=1)
    features = {"age": [20.0, 30.0], "word": ["y", "q"], "number": [[1, 3], [2, 2]]}
    counted = column.indicator_column(column.categorical_column_with_identity("number", 4))
    intervals = column.bucketized_column(column.numeric_column("age"), [20, 25])
    found = column.input_layer(features, [age, column.indicator_column(words), counted, intervals])
    expected = [[2, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0], [3, 0, 0, 1, 0, 0, 2, 0, 0, 0, 1]]
    with tf.Session() as session:
        assert session.run(found).tolist() == expected
    with pytest.raises(ValueError, match="embedding_column or indicator_column"):
        column.input_layer(features, [words])
    spec = column.make_parse_example_spec([age, words])
    assert spec["age"].shape == (1,)


def test_estimators_build_graphs_where_all_is_computed_at_once(tf, numbers):
    tf.enable_eager_execution()
    x, y = numbers
    columns = [tf.feature_column.numeric_column("x", shape=[3])]
    model = tf.estimator.LinearRegressor(columns)

    def rows():
        return tf.data.Dataset.from_tensor_slices(({"x": x}, y)).map(lambda f, t: (f, t)).batch(50)

    model.train(rows)
    assert model.evaluate(rows)["global_step"] == 4
    assert tf.executing_eagerly()
    drawn = [
        float(v.numpy()) for v in tf.data.Dataset.range(3).map(lambda v: tf.random_uniform([]))
    ]
    assert len(set(drawn)) == 3


def test_several_classes_at_a_time(tf, numbers):
    x, _ = numbers
    labels = (x > 0.5).astype(np.float32)
    head = tf.contrib.estimator.multi_label_head(n_classes=3)
    columns = [tf.feature_column.numeric_column("x", shape=[3])]
    model = tf.contrib.estimator.DNNEstimator(
        head, hidden_units=[16], feature_columns=columns, optimizer=tf.train.AdamOptimizer(0.05)
    )
    make = tf.estimator.inputs.numpy_input_fn
    model.train(make({"x": x}, labels, num_epochs=40, shuffle=True))
    once = make({"x": x}, labels, num_epochs=1, shuffle=False)
    assert model.evaluate(once)["auc"] > 0.95
    assert next(model.predict(once))["probabilities"].shape == (3,)


def test_a_trained_model_is_exported_and_predicts(tf, numbers, tmp_path):
    x, y = numbers
    column = tf.feature_column.numeric_column("x", shape=[3])
    model = tf.estimator.LinearRegressor([column])
    make = tf.estimator.inputs.numpy_input_fn
    model.train(make({"x": x}, y, shuffle=False), steps=3)
    receive = tf.estimator.export.build_raw_serving_input_receiver_fn(
        {"x": tf.placeholder(tf.float32, [None, 3])}
    )
    folder = model.export_savedmodel(str(tmp_path), receive)
    assert isinstance(folder, bytes)
    found = tf.contrib.predictor.from_saved_model(folder)({"x": x[:4]})["predictions"]
    wanted = list(model.predict(make({"x": x[:4]}, num_epochs=1, shuffle=False)))
    np.testing.assert_allclose(found, [row["predictions"] for row in wanted], rtol=1e-6)


def test_embeddings_of_examples_from_records_have_a_known_size(tf):
    columns = tf.feature_column
    kind = columns.categorical_column_with_vocabulary_list("kind", ["a", "b"])
    embedded = columns.embedding_column(kind, dimension=3)
    spec = columns.make_parse_example_spec([embedded])
    received = tf.estimator.export.build_parsing_serving_input_receiver_fn(spec)()
    assert columns.input_layer(received.features, [embedded]).shape.as_list() == [None, 3]


def test_an_exported_classifier_is_asked_by_records_or_tensors(tf, tmp_path):
    x = np.random.default_rng(0).random((64, 2)).astype(np.float32)
    y = (x.sum(1) > 1).astype(np.int32)
    columns = [tf.feature_column.numeric_column("x", [2])]
    model = tf.estimator.LinearClassifier(columns, model_dir=str(tmp_path / "m"))
    inputs = tf.estimator.inputs.numpy_input_fn({"x": x}, y, 64, None, shuffle=True)
    model.train(inputs, steps=20)
    export, ask = tf.estimator.export, tf.contrib.predictor.from_saved_model
    of_records = export.build_parsing_serving_input_receiver_fn(
        tf.feature_column.make_parse_example_spec(columns)
    )
    folder = model.export_savedmodel(str(tmp_path / "records"), of_records)
    numbers = tf.train.Feature(float_list=tf.train.FloatList(value=[0.9, 0.9]))
    record = tf.train.Example(features=tf.train.Features(feature={"x": numbers}))
    found = ask(folder)({"inputs": [record.SerializeToString()]})
    assert found["classes"].tolist() == [[b"0", b"1"]]
    assert found["scores"].argmax() == 1
    with pytest.raises(ValueError, match=r"unexpected keys .*'examples'.* expected: .'inputs'"):
        ask(folder)({"examples": [record.SerializeToString()]})
    every = ask(folder, signature_def_key="predict")({"examples": [record.SerializeToString()]})
    np.testing.assert_array_equal(every["probabilities"], found["scores"])
    of_tensors = export.build_raw_serving_input_receiver_fn(
        {"x": tf.placeholder("float", [None, 2])}
    )
    folder = model.export_savedmodel(str(tmp_path / "tensors"), of_tensors)
    for key in ("predict", None):
        assert ask(folder, signature_def_key=key)({"x": [[0.9, 0.9]]})["class_ids"].item() == 1
