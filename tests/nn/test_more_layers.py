"""Normalization in networks, noise, and what these layers refuse."""

import copy
import pickle
import re

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import ArgumentError, ShapeError
from giulgi.nn.masks import give_masks, mask_of

L = gg.layers
X = np.random.default_rng(0).normal(3, 2, size=(64, 6)).astype(np.float32)


def trained(layer, epochs=3):
    model = gg.Sequential([gg.Input((6,)), layer, L.Dense(1)])
    model.compile(gg.optimizers.SGD(0.01), loss="mse")
    model.fit(X, X[:, :1], batch_size=16, epochs=epochs, verbose=0)
    return model


def test_moving_averages_follow_while_a_network_trains():
    layer = L.BatchNormalization(momentum=0.5)
    trained(layer, epochs=20)
    np.testing.assert_allclose(layer.moving_mean, X.mean(0), atol=1.0)
    np.testing.assert_allclose(layer.moving_variance, X.var(0), rtol=0.7)
    assert not np.array_equal(layer.gamma.numpy(), np.ones(6))


def test_predicting_goes_by_the_moving_averages_and_changes_nothing():
    layer = L.BatchNormalization()
    model = trained(layer)
    before = layer.moving_mean.numpy()
    one, all_of_them = model.predict(X[:1], verbose=0), model.predict(X, verbose=0)
    np.testing.assert_allclose(one, all_of_them[:1], rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean, before)


def test_a_layer_that_is_not_trainable_goes_by_its_moving_averages():
    layer = L.BatchNormalization()
    layer(X)
    layer.trainable = False
    y = layer(X, training=True).numpy()
    np.testing.assert_allclose(y, X / np.sqrt(1 + 1e-3), rtol=1e-5)


@pytest.mark.parametrize("is_nested", [False, True])
@pytest.mark.parametrize("copied", [None, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_freezing_after_a_network_was_built_holds_in_training(is_nested, copied):
    """Also in a layer made of layers, in a network that is a layer, and in copies of these."""
    layer = L.BatchNormalization(momentum=0.5)
    part = gg.Sequential([gg.Input((6,)), layer]) if is_nested else Around(layer)
    model = gg.Sequential(
        [gg.Input((6,)), part, L.Dense(1, kernel_initializer="ones", name="last")]
    )
    if copied is not None:
        model = copied(model)
        part = model.layers[-2]
        layer = part.sublayers()[-1]
    wanted = {}
    for frozen in (True, False):
        part.trainable = not frozen
        model.compile(gg.optimizers.SGD(0.0), "mse")
        kept = layer.moving_mean.numpy()
        wanted[frozen] = model.train_on_batch(X, np.zeros((len(X), 1)))
        assert np.array_equal(layer.moving_mean.numpy(), kept) == frozen
    scaled = (X - X.mean(0)) / np.sqrt(X.var(0) + 1e-3)
    w = model.get_layer("last").get_weights()[0]
    np.testing.assert_allclose(wanted[True], np.mean((X / np.sqrt(1 + 1e-3) @ w) ** 2), rtol=1e-4)
    np.testing.assert_allclose(wanted[False], np.mean((scaled @ w) ** 2), rtol=1e-4)


class Around(L.Layer):
    """A layer that is made of another."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x)


def test_steps_that_only_fill_up_make_no_difference_to_what_batches_are_normalized_by():
    """Padding behind a mask changes neither what a network learns nor its moving averages."""
    gg.set_seed(0)
    x = np.random.default_rng(1).normal(3, 2, size=(32, 5, 3)).astype(np.float32)
    x[::2, 3:] = 0
    found = []
    for steps in (5, 9):
        inputs = gg.Input((steps, 3))
        layer = L.BatchNormalization(momentum=0.5)
        h = layer(L.Masking()(inputs))
        model = gg.Model(inputs, L.GlobalAveragePooling1D()(h))
        model.compile(gg.optimizers.SGD(0.1), loss="mse")
        model.fit(np.pad(x, ((0, 0), (0, steps - 5), (0, 0))), x[:, 0], epochs=3, verbose=0)
        found.append(layer.get_weights())
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    counted = x[(x != 0).any(-1)]
    np.testing.assert_allclose(found[0][2], counted.mean(0), rtol=0.3)


def test_a_mask_of_steps_is_also_one_of_all_that_is_in_them():
    x = np.random.default_rng(2).normal(size=(4, 5, 3, 2)).astype(np.float32)
    mask = np.random.default_rng(3).random((4, 5)) < 0.5
    y = L.BatchNormalization(epsilon=0)(x, training=True, mask=gg.constant(mask)).numpy()
    np.testing.assert_allclose(y[mask].mean((0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(y[mask].var((0, 1)), 1, rtol=1e-4)
    with pytest.raises(ShapeError, match="the mask has 5 axes, and the inputs have 4"):
        L.BatchNormalization()(x, training=True, mask=gg.constant(x[None] > 0))


def test_where_nothing_counts_the_mean_is_0():
    mask = gg.constant(np.zeros((2, 3), bool))
    x = np.ones((2, 3, 4), np.float32)
    assert not L.GlobalAveragePooling1D()(x, mask=mask).numpy().any()
    layer = L.BatchNormalization()
    assert np.isfinite(layer(x, training=True, mask=mask).numpy()).all()


def test_noise_is_there_in_training_alone():
    gg.set_seed(0)
    x = np.ones((2000, 5, 4), np.float32)
    for layer in (L.GaussianNoise(0.5), L.GaussianDropout(0.2)):
        np.testing.assert_array_equal(layer(x).numpy(), x)
        y = layer(x, training=True).numpy()
        assert abs(y.mean() - 1) < 0.02
        assert abs(y.std() - 0.5) < 0.02
    assert L.GaussianNoise(0.0)(x, training=True).numpy().tolist() == x.tolist()


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_leaving_out_to_the_least_value_keeps_mean_and_variance(rate):
    gg.set_seed(0)
    x = np.random.default_rng(4).normal(size=(400, 500)).astype(np.float32)
    layer = L.AlphaDropout(rate, noise_shape=(None, 500))
    np.testing.assert_array_equal(layer(x), x)
    y = layer(x, training=True).numpy()
    assert abs(y.mean()) < 0.01
    assert abs(y.std() - 1) < 0.01
    values, counts = np.unique(y, return_counts=True)
    assert abs(counts.max() / y.size - rate) < 0.01
    least = -1.7580993 * (1 - rate) * ((1 - rate) * (1 + rate * 1.7580993**2)) ** -0.5
    np.testing.assert_allclose(values[counts.argmax()], least, rtol=1e-5)


def test_a_penalty_of_what_goes_on_is_part_of_the_loss():
    x = gg.Input((6,))
    model = gg.Model(x, L.ActivityRegularization(l1=0.5, l2=0.25)(x))
    model.compile("sgd", "mse")
    loss = model.evaluate(X, X, batch_size=64, verbose=0)
    np.testing.assert_allclose(loss, (0.5 * abs(X) + 0.25 * X**2).sum() / 64, rtol=1e-5)


def test_a_threshold():
    x = gg.placeholder("float32", (4,))
    y = L.ThresholdedReLU(0.5)(x)
    found, slope = gg.Program([y, gg.gradients(y, x)], [x])(np.array([-1, 0.5, 0.6, 2], "float32"))
    np.testing.assert_array_equal(found, np.array([0, 0, 0.6, 2], "float32"))
    np.testing.assert_array_equal(slope, [0, 0, 1, 1])


def test_a_mask_of_steps_says_nothing_of_shares():
    x = np.random.default_rng(5).normal(size=(2, 3, 4)).astype(np.float32)
    mask = gg.constant(np.array([[1, 0, 1], [1, 1, 0]], bool))
    give_masks([given := gg.constant(x)], [mask])
    shares = L.Softmax()(given)
    np.testing.assert_array_equal(shares, L.Softmax()(x))
    assert mask_of(shares) is mask
    whole = np.random.default_rng(6).random((2, 3, 4)) < 0.5
    shares = L.Softmax(axis=(1, 2))(x, mask=gg.constant(whole)).numpy()
    assert not shares[~whole].any()
    np.testing.assert_allclose(shares.sum((1, 2)), 1, rtol=1e-5)


def test_the_first_vectors_of_an_embedding_may_be_given():
    matrix = np.arange(15.0).reshape(5, 3)
    for weights in (matrix, [matrix], matrix.tolist(), [matrix.tolist()]):
        found = L.Embedding(5, 3, weights=weights)(np.array([[4, 0]]))
        np.testing.assert_array_equal(found, matrix[[[4, 0]]])


def test_other_names_of_the_same():
    assert L.MaxPool2D is L.MaxPooling2D
    assert L.GlobalAvgPool1D is L.GlobalAveragePooling1D
    assert L.Convolution2D is L.Conv2D
    np.testing.assert_array_equal(L.add([X, X, X]), 3 * X)
    np.testing.assert_array_equal(L.subtract([X, 2 * X]), -X)
    np.testing.assert_allclose(L.average([X, 3 * X]), 2 * X)
    np.testing.assert_array_equal(L.multiply([X, X]), X * X)
    np.testing.assert_array_equal(L.maximum([X, -X]), abs(X))
    np.testing.assert_array_equal(L.minimum([X, -X]), -abs(X))
    assert L.concatenate([X, X], axis=0, name="both").shape == (128, 6)
    np.testing.assert_allclose(L.dot([X, X], axes=1)[:, 0], (X * X).sum(1), rtol=1e-5)


def test_whole_channels_are_left_out():
    gg.set_seed(0)
    x = np.ones((50, 4, 3, 8), np.float32)
    y = L.SpatialDropout2D(0.5)(x, training=True).numpy()
    assert set(np.unique(y)) == {0.0, 2.0}
    assert (y == y[:, :1, :1]).all()
    first = L.SpatialDropout2D(0.5, "channels_first")(x, training=True).numpy()
    assert (first == first[:, :, :1, :1]).all()
    assert not (first == first[:, :1]).all()


def test_any_function_may_be_a_layer():
    layer = L.Lambda(lambda x, factor: factor * x, arguments={"factor": 3})
    np.testing.assert_array_equal(layer(X).numpy(), 3 * X)


def test_a_function_is_told_of_the_phase_and_of_masks_if_it_asks():
    layer = L.Lambda(lambda x, training: x * (2 if training else 1))
    np.testing.assert_array_equal(layer(X), X)
    np.testing.assert_array_equal(layer(X, training=True), 2 * X)
    model = gg.Sequential([gg.Input((6,)), layer])
    np.testing.assert_array_equal(model.predict(X, verbose=0), X)
    x = np.array([[[1.0], [0.0], [3.0]]], np.float32)
    sums = L.Lambda(lambda x, mask: x + gg.cast(mask, "float32")[..., None])
    np.testing.assert_array_equal(sums(L.Masking()(x)), [[[2], [0], [4]]])
    kept = L.Lambda(lambda x: x + 5, mask=lambda x, mask: mask)(L.Masking()(x))
    np.testing.assert_allclose(L.GlobalAveragePooling1D()(kept), [[7]])
    lost = L.Lambda(lambda x: x + 5)(L.Masking()(x))
    np.testing.assert_allclose(L.GlobalAveragePooling1D()(lost), [[19 / 3]])


def test_layers_of_ones_own_are_given_masks_if_they_ask():
    class Plain(L.Layer):
        def call(self, x, mask=None):
            return x if mask is None else -x

    x = np.ones((1, 2, 3), np.float32)
    np.testing.assert_array_equal(Plain()(x), x)
    np.testing.assert_array_equal(Plain()(L.Masking()(x)), -x)


MISTAKES = [
    (lambda: L.BatchNormalization(momentum=2), "momentum is 2"),
    (lambda: L.GaussianNoise(-1), "stddev is -1"),
    (lambda: L.GaussianDropout(1), "rate is 1"),
    (lambda: L.BatchNormalization(axis=[1]), r"axis is .1.; it is the one axis"),
    (lambda: L.BatchNormalization(axis=True), "axis is True; it is the one axis"),
    (lambda: L.GroupNormalization(2, axis=1.5), "axis is 1.5; it is the one axis"),
    (lambda: L.Dot(1.5), "axes is 1.5; it is an axis of both tensors, or a pair"),
    (lambda: L.Dot((1, None)), "axes is .1, None.; it is an axis of both tensors, or a pair"),
    (lambda: L.Dot(axes=(1, 2, 3)), r"axes is .1, 2, 3.; it is an axis of both tensors, or a pair"),
    (lambda: L.AlphaDropout(1), "rate is 1; nothing would be left"),
    (lambda: L.ThresholdedReLU(-1), "theta is -1"),
    (lambda: L.ThresholdedReLU(None), "theta is None; it is a number of at least 0"),
    (lambda: L.GroupNormalization(0), "groups is 0"),
    (lambda: L.GroupNormalization(True), "groups is True; it is a whole number of groups"),
    (lambda: L.MultiHeadAttention(0, 3), "num_heads is 0"),
    (lambda: L.MultiHeadAttention(2, 3, 0), "value_dim is 0"),
    (lambda: L.MultiHeadAttention(2, 3, output_shape=(4, 0)), "output_shape is 0"),
    *(
        (
            lambda axes=axes: L.MultiHeadAttention(2, 3, attention_axes=axes)(X[None], X[None]),
            f"attention_axes is {re.escape(repr(axes))}; {said}",
        )
        for axes, said in {
            (2,): "the inputs have axes from 1 to 1",
            (4,): "the inputs have axes from 1 to 1",
            (-1,): "the inputs have axes from 1 to 1",
            (1, -2): "it names each axis once",
            (1, 1): "it names each axis once",
            (): "it is the axis along which queries and keys lie, or several",
            "a": "it is the axis along which queries and keys lie, or several",
        }.items()
    ),
    (
        lambda: L.InputLayer((3,), batch_shape=(2, 4)),
        "both shape and batch_shape are given, and batch_shape tells all sizes",
    ),
    (lambda: gg.Input((3,), batch_shape=(2, 4)), "both shape and batch_shape are given"),
    (lambda: gg.Input(batch_size=2, batch_shape=(2, 4)), "both batch_size and batch_shape"),
    (lambda: L.Permute((0, 1)), "axes of an example are counted from 1"),
    (lambda: L.RepeatVector(0), "n is 0"),
    (lambda: L.Lambda(3), "function is 3"),
    (lambda: L.Add()(X), "Add is called on a list of tensors"),
    (lambda: L.Subtract()([X, X, X]), "Subtract is called on two tensors"),
    (lambda: L.PReLU()(gg.placeholder("float32", (None, None, 3))), "shared_axes=.1."),
]


@pytest.mark.parametrize(("make", "problem"), MISTAKES)
def test_what_makes_no_sense_is_told(make, problem):
    with pytest.raises(ArgumentError, match=problem):
        make()


def test_shapes_that_do_not_fit_are_told():
    with pytest.raises(ShapeError, match="the size of axis 3 of the inputs must be known"):
        L.BatchNormalization(axis=3)(X)
    with pytest.raises(ShapeError, match=r"takes inputs of shape .batch, features."):
        L.RepeatVector(2)(np.zeros((2, 3, 4), np.float32))
    with pytest.raises(ShapeError, match="6 channels do not fall into 4 groups"):
        L.GroupNormalization(4)(X)
    with pytest.raises(ShapeError, match=r"5 vectors of 3 numbers, and weights is .3, 5."):
        L.Embedding(5, 3, weights=np.zeros((3, 5)))
    with pytest.raises(ShapeError, match=r"2 vectors of 2 numbers, and weights is .0,."):
        L.Embedding(2, 2, weights=[])
    with pytest.raises(ShapeError, match="weights is no matrix: its rows are of different lengths"):
        L.Embedding(2, 2, weights=[[1, 2], [3]])
    with pytest.raises(ShapeError, match="there is no axis 2 in a tensor of rank 2"):
        L.LayerNormalization(axis=2)(X)
    with pytest.raises(ShapeError, match=r"dims is .2, 1., and an example has the shape .6,."):
        L.Permute((2, 1))(X)
    with pytest.raises(ShapeError, match="axes of different sizes, 6 and 4"):
        L.Dot(axes=1)([X, X[:, :4]])
    with pytest.raises(ShapeError, match="axis 0 is that of the examples"):
        L.Dot(axes=0)([X, X])
