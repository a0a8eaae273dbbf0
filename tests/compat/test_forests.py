"""Random forests that grow while examples come in."""

import numpy as np
import pytest

import giulgi as gg


def test_a_forest_learns_classes(tf):
    from tensorflow.contrib.tensor_forest.python import tensor_forest

    iris = gg.datasets.load("iris")
    rows, classes = iris.features.astype(np.float32), np.asarray(iris.target)
    settings = tensor_forest.ForestHParams(
        num_classes=3, num_features=4, num_trees=5, max_nodes=50, split_after_samples=60
    ).fill()
    tf.set_random_seed(1)
    forest = tensor_forest.RandomForestGraphs(settings)
    x, y = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.int32, [None])
    train, loss = forest.training_graph(x, y), forest.training_loss(x, y)
    probabilities, _, _ = forest.inference_graph(x)
    assert probabilities.shape.as_list() == [None, 3]
    feeds = {x: rows, y: classes}
    with tf.Session() as session:
        assert session.run(loss, feeds) == -1
        for _ in range(20):
            session.run(train, feeds)
        found, size = session.run([probabilities, loss], feeds)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)
    assert np.mean(found.argmax(1) == classes) > 0.93
    assert -50 <= size < -5


def test_what_is_missing_is_said(tf):
    make = tf.contrib.tensor_forest.python.tensor_forest.ForestHParams
    with pytest.raises(ValueError, match="num_features"):
        make(num_classes=3).fill()
    with pytest.raises(NotImplementedError, match="classes only"):
        make(num_classes=3, num_features=2, regression=True).fill()
