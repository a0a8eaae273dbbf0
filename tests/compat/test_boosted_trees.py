"""Boosted trees: a single split is a pair of means, and many of them learn."""

import numpy as np
import pytest

from giulgi.compat.tensorflow.estimator.boosting import Settings, grown


def test_one_split_gives_the_means_of_both_sides():
    rng = np.random.default_rng(0)
    x = np.repeat(np.arange(10.0), 20)[:, None]
    y = np.where(x[:, 0] < 4, 1.0, 5.0)
    # Of squared error from 0: the gradient is -2 y, the second derivative 2.
    tree = grown(x, -2 * y[:, None], np.full((200, 1), 2.0), Settings(depth=1, rate=1.0), rng)
    np.testing.assert_allclose(tree(x)[:, 0], y, rtol=1e-9)


def test_values_and_gains_are_made_smaller_by_regularization():
    rng = np.random.default_rng(0)
    x, y = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([1.0, 1.0, 3.0, 3.0])
    g, h = -2 * y[:, None], np.full((4, 1), 2.0)
    tree = grown(x, g, h, Settings(depth=1, rate=0.5, l2=1.0, l1=1.0), rng)
    np.testing.assert_allclose(tree(x)[:, 0], 0.5 * np.repeat([(4 - 1) / 5, (12 - 1) / 5], 2))
    none = grown(x, g, h, Settings(depth=1, rate=1.0, complexity=100.0), rng)
    np.testing.assert_allclose(none(x)[:, 0], 2)


def inputs(tf, x, y, **options):
    return tf.estimator.inputs.numpy_input_fn(x, y, batch_size=200, **options)


def test_classes(tf):
    rng = np.random.default_rng(1)
    x = rng.random((400, 2)).astype(np.float32)
    y = ((x[:, 0] > 0.5) ^ (x[:, 1] > 0.3)).astype(np.int32)
    table = {"a": x[:, 0], "b": x[:, 1]}
    column = tf.feature_column
    columns = [
        column.bucketized_column(column.numeric_column("a"), [0.25, 0.5, 0.75]),
        column.numeric_column("b"),
    ]
    model = tf.estimator.BoostedTreesClassifier(
        feature_columns=columns, n_batches_per_layer=2, n_trees=20, max_depth=3, learning_rate=0.3
    )
    model.train(inputs(tf, table, y, num_epochs=None, shuffle=True), max_steps=200)
    once = inputs(tf, table, y, num_epochs=1, shuffle=False)
    found = model.evaluate(once)
    assert found["accuracy"] > 0.95
    assert found["global_step"] == 120
    first = next(model.predict(once))
    assert first["class_ids"][0] == first["probabilities"].argmax()


def test_numbers(tf):
    rng = np.random.default_rng(1)
    x = rng.random((400, 3)).astype(np.float32)
    y = (3 * x[:, 0] + (x[:, 1] > 0.5)).astype(np.float32)
    columns = [tf.feature_column.numeric_column("x", shape=[3])]
    model = tf.estimator.BoostedTreesRegressor(columns, 2, n_trees=40, learning_rate=0.3)
    model.train(inputs(tf, {"x": x}, y, num_epochs=None, shuffle=True), steps=1000)
    found = model.evaluate(inputs(tf, {"x": x}, y, num_epochs=1, shuffle=False))
    assert found["average_loss"] < 0.05 * y.var()


def test_the_older_form(tf):
    from tensorflow.contrib.boosted_trees.estimator_batch import estimator
    from tensorflow.contrib.boosted_trees.proto import learner_pb2

    config = learner_pb2.LearnerConfig()
    config.learning_rate_tuner.fixed.learning_rate = 0.3
    config.constraints.max_tree_depth = 3
    config.growing_mode = learner_pb2.LearnerConfig.LAYER_BY_LAYER
    rng = np.random.default_rng(1)
    x = rng.random((300, 4)).astype(np.float32)
    y = x[:, :3].argmax(1).astype(np.int32)
    model = estimator.GradientBoostedDecisionTreeClassifier(
        learner_config=config, n_classes=3, examples_per_layer=100, num_trees=15, model_dir=None
    )
    model.fit(input_fn=inputs(tf, {"x": x}, y, num_epochs=None, shuffle=True), max_steps=500)
    found = model.evaluate(input_fn=inputs(tf, {"x": x}, y, num_epochs=1, shuffle=False))
    assert found["accuracy"] > 0.9


def test_what_is_not_there_is_said(tf):
    with pytest.raises(NotImplementedError, match="weight_column"):
        tf.estimator.BoostedTreesClassifier([], 1, weight_column="w")
