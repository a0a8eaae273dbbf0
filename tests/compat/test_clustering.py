"""k-means clustering."""

import numpy as np
import pytest


@pytest.mark.parametrize("metric", ["squared_euclidean", "cosine"])
@pytest.mark.parametrize("is_running", [False, True])
def test_centers_become_the_means_of_groups(tf, metric, is_running):
    rng = np.random.default_rng(3)
    middles = np.array([[5, 0.1], [0.1, 5], [-5, -5]])
    rows = (np.repeat(middles, 30, 0) + rng.normal(0, 0.1, (90, 2))).astype(np.float32)
    x = tf.placeholder(tf.float32, [None, 2])
    model = tf.contrib.factorization.KMeans(
        inputs=x, num_clusters=3, distance_metric=metric, use_mini_batch=is_running,
        initial_clusters=rows[[0, 30, 60]],
    )  # fmt: skip
    scores, nearest, least, chosen, centers, initialize, step = model.training_graph()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer(), {x: rows})
        assert not session.run(chosen)
        session.run(initialize, {x: rows})
        for _ in range(3):
            session.run(step, {x: rows})
        found, ids, distances, all_scores, is_chosen = session.run(
            [centers, nearest[0], least[0], scores[0], chosen], {x: rows}
        )
    assert is_chosen
    assert ids.tolist() == np.repeat([0, 1, 2], 30).tolist()
    if metric == "cosine":
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        expected = rows.reshape(3, 30, 2).mean(1)
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        np.testing.assert_allclose(found, expected, atol=1e-3)
        np.testing.assert_allclose(distances, 1 - (rows * found[ids]).sum(1), atol=1e-5)
    else:
        np.testing.assert_allclose(found, rows.reshape(3, 30, 2).mean(1), rtol=1e-4)
        expected = np.square(rows[:, None] - found).sum(2)
        np.testing.assert_allclose(all_scores, expected, atol=1e-3)
        np.testing.assert_allclose(distances, expected.min(1), atol=1e-3)


def test_first_centers_are_examples(tf):
    rows = np.arange(20, dtype=np.float32).reshape(10, 2)
    model = tf.contrib.factorization.KMeans(rows, 4)
    *_, centers, initialize, _ = model.training_graph()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(initialize)
        found = session.run(centers)
    assert len({tuple(row) for row in found}) == 4
    assert all(tuple(row) in {tuple(r) for r in rows} for row in found)


def test_an_estimator_of_clusters_finds_the_middles(tf):
    rng = np.random.default_rng(3)
    middles = np.array([[4.0, 0], [0, 4], [-4, -4]])
    rows = (np.repeat(middles, 20, 0) + rng.normal(0, 0.1, (60, 2))).astype(np.float32)
    model = tf.contrib.factorization.KMeansClustering(
        3, initial_clusters=rows[[0, 20, 40]], use_mini_batch=False
    )

    def input_fn():
        return tf.train.limit_epochs(tf.convert_to_tensor(rows, dtype=tf.float32), num_epochs=1)

    for _ in range(3):
        model.train(input_fn)
    centers = model.cluster_centers()
    named = model.get_variable_value(model.CLUSTER_CENTERS_VAR_NAME)
    np.testing.assert_array_equal(centers, named)
    np.testing.assert_allclose(centers, rows.reshape(3, 20, 2).mean(1), rtol=1e-4, atol=1e-5)
    numbers = list(model.predict_cluster_index(input_fn))
    assert numbers == np.repeat([0, 1, 2], 20).tolist()
    squares = np.square(rows[:, None] - centers).sum(2)
    np.testing.assert_allclose(list(model.transform(input_fn)), squares, atol=1e-3)
    assert model.score(input_fn) == pytest.approx(squares.min(1).sum(), rel=1e-3)
