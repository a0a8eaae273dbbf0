"""``tf.metrics`` as metrics of Keras: what they gather over the batches so far, averaged."""

import numpy as np
import pytest

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3)).astype("float32")
Y = (X[:, :1] + RNG.normal(size=(24, 1)) > 0).astype("float32")
SIZES = [8, 8, 8]


def _area(y, p):
    """The share of pairs of a true and a false one in which the true one is higher."""
    return np.mean(p[y == 1][:, None] > p[y == 0])


def _averaged_so_far(formula, y, p):
    ends = np.cumsum(SIZES)
    return np.mean([formula(y[:end], p[:end]) for end in ends])


@pytest.fixture
def model():
    from keras.layers import Dense
    from keras.models import Sequential

    return Sequential([Dense(1, activation="sigmoid", input_dim=3)])


def _updated(tf, backend):
    def auc(y_true, y_pred):
        found = tf.metrics.auc(y_true, y_pred, num_thresholds=20000)[1]
        backend.get_session().run(tf.local_variables_initializer())
        return found

    return auc


def _read_behind(tf, backend):
    def auc(y_true, y_pred):
        value, update = tf.metrics.auc(y_true, y_pred, num_thresholds=20000)
        backend.get_session().run(tf.local_variables_initializer())
        with tf.control_dependencies([update]):
            return tf.identity(value)

    return auc


def _without_first_values(tf, backend):
    def auc(y_true, y_pred):
        return tf.metrics.auc(y_true, y_pred, num_thresholds=20000)[1]

    return auc


@pytest.mark.parametrize("make", [_updated, _read_behind, _without_first_values])
def test_areas_are_of_all_batches_so_far(model, make):
    import tensorflow as tf
    from keras import backend

    model.compile("sgd", "binary_crossentropy", metrics=[make(tf, backend), "accuracy"])
    p = model.predict(X)
    names = model.metrics_names
    found = dict(zip(names, model.evaluate(X, Y, batch_size=8, verbose=0), strict=True))
    assert names[1] == "auc"
    assert found["auc"] == pytest.approx(_averaged_so_far(_area, Y, p), abs=2e-3)
    assert found[names[2]] == pytest.approx(np.mean((p > 0.5) == Y))


def test_what_was_gathered_stays_when_an_epoch_ends(model):
    import tensorflow as tf
    from keras import backend

    def iou(y_true, y_pred):
        scores = []
        for limit in (0.4, 0.6):
            score, update = tf.metrics.mean_iou(y_true, tf.to_int32(y_pred > limit), 2)
            backend.get_session().run(tf.local_variables_initializer())
            with tf.control_dependencies([update]):
                scores.append(tf.identity(score))
        return backend.mean(backend.stack(scores), axis=0)

    def formula(y, p):
        found = []
        for limit in (0.4, 0.6):
            held = p > limit
            found += [np.sum((held == c) & (y == c)) / np.sum((held == c) | (y == c))
                      for c in (0, 1)]  # fmt: skip
        return np.mean(found)

    model.compile("sgd", "binary_crossentropy", metrics=[iou])
    backend.set_value(model.optimizer.lr, 0.0)
    p = model.predict(X)
    history = model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0).history
    twice, again = np.concatenate([Y, Y]), np.concatenate([p, p])
    so_far = [formula(twice[:end], again[:end]) for end in range(8, 49, 8)]
    np.testing.assert_allclose(
        history["iou"], [np.mean(so_far[:3]), np.mean(so_far[3:])], rtol=1e-5
    )


def test_a_single_number_counts_once_although_steps_are_masked():
    from keras import backend
    from keras.layers import Dense, Embedding
    from keras.models import Sequential

    def highest(y_true, y_pred):
        return backend.max(y_pred)

    model = Sequential([Embedding(5, 2, mask_zero=True), Dense(1)])
    model.compile("sgd", "mse", metrics=[highest])
    x = np.array([[1, 2, 0], [3, 0, 0]])
    found = model.evaluate(x, np.zeros((2, 3, 1)), verbose=0)[1]
    assert found == pytest.approx(model.predict(x).max(), rel=1e-5)
