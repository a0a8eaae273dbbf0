"""Calling layers: inputs by their name, masks of shares, and what is told of calls that miss."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi import errors

L = gg.layers
X = np.random.default_rng(0).normal(size=(2, 3, 8)).astype(np.float32)


# The first argument by its name


def test_the_first_argument_may_be_given_by_its_name():
    heads = L.MultiHeadAttention(2, 4)
    np.testing.assert_array_equal(heads(query=X, value=X), heads(X, X))
    np.testing.assert_array_equal(heads(value=X, query=X, key=X), heads(X, X))
    np.testing.assert_array_equal(L.Flatten()(x=X), X.reshape(2, 24))
    np.testing.assert_array_equal(L.Flatten()(inputs=X), X.reshape(2, 24))
    np.testing.assert_array_equal(L.Attention()(inputs=[X, X]), L.Attention()([X, X]))


def test_it_is_part_of_a_network_then_as_well():
    query, value = gg.Input((3, 8)), gg.Input((5, 8))
    heads = L.MultiHeadAttention(2, 4)
    model = gg.Model([query, value], heads(query=query, value=value, use_causal_mask=True))
    given = np.random.default_rng(1).normal(size=(2, 5, 8)).astype(np.float32)
    np.testing.assert_allclose(
        model.predict([X, given], verbose=0), heads(X, given, use_causal_mask=True), rtol=1e-4,
        atol=1e-6,
    )  # fmt: skip


def test_a_layer_of_ones_own_may_call_another_argument_inputs():
    class Difference(L.Layer):
        def call(self, base, inputs):
            return inputs - base

    layer = Difference()
    np.testing.assert_array_equal(layer(base=X, inputs=2 * X), X)
    np.testing.assert_array_equal(layer(X, 2 * X), X)


def test_calls_without_inputs_or_with_two_are_told():
    with pytest.raises(errors.UnknownArgumentError) as caught:
        L.MultiHeadAttention(2, 4)(value=X)
    assert caught.value.problem == "MultiHeadAttention is called without inputs."
    assert caught.value.fix == "call it on them: layer(query)"
    with pytest.raises(errors.UnknownArgumentError, match="Dense is called without inputs"):
        L.Dense(3)()
    with pytest.raises(errors.UnknownArgumentError, match="is given 'query' twice: in front, and"):
        L.MultiHeadAttention(2, 4)(X, X, query=X)


# Heads, and queries that see no key. The numbers are those of Keras 3.15.1.


def waves(*shape, start=0.0):
    return np.sin(start + np.arange(np.prod(shape))).reshape(shape).astype(np.float32)


ALLOWED = np.ones((2, 3, 5), bool)
ALLOWED[0, 1] = ALLOWED[1, 0, :3] = ALLOWED[1, 2, ::2] = False
SEEN = {  # The sums of |dy / dquery| for each query, and of |dy / dvalue| for each value.
    "no key": (
        {"return_attention_scores": True},
        [[1.07401, 0.0, 0.68892], [1.05697, 0.48945, 0.75259]],
        [
            [1.9837, 1.57656, 0.09679, 7.43729, 0.75032],
            [0.21519, 10.40524, 0.09207, 3.23626, 5.9062],
        ],
    ),
    "no key up to its place": (
        {"return_attention_scores": True, "use_causal_mask": True},
        [[0.0, 0.0, 2.00766], [0.0, 2.05163, 0.0]],
        [[15.65452, 1.07316, 0.19858, 0.0, 0.0], [0.94418, 14.16361, 0.0, 0.0, 0.0]],
    ),
    "all alike": (
        {},
        [[1.07401, 0.0, 0.68893], [1.05697, 0.48945, 0.75259]],
        [
            [2.8272, 2.42006, 0.78806, 8.2808, 1.59383],
            [0.21519, 10.40524, 0.09207, 3.23626, 5.9062],
        ],
    ),
}  # fmt: skip


def of_waves(**options):
    layer = L.MultiHeadAttention(2, 3, **options)
    query, value = waves(2, 3, 4), waves(2, 5, 4, start=0.5)
    layer(query, value)
    layer.set_weights([waves(*w.shape, start=i) for i, w in enumerate(layer.weights)])
    return layer, query, value


@pytest.mark.parametrize("name", SEEN)
def test_gradients_of_queries_that_see_no_key_are_those_of_keras(name):
    options, of_query, of_value = SEEN[name]
    layer, query, value = of_waves()
    q, v = gg.Variable(query), gg.Variable(value)
    y = layer(q, v, attention_mask=ALLOWED, **options)
    y = y[0] if isinstance(y, list) else y
    slopes = gg.gradients(gg.sum(y**2), [q, v])
    for slope, sums in zip(slopes, (of_query, of_value), strict=True):
        np.testing.assert_allclose(np.abs(slope.numpy()).sum(-1), sums, rtol=1e-4, atol=2e-5)


def test_a_query_that_sees_no_key_is_given_the_bias():
    layer, query, value = of_waves()
    y, weights = layer(query, value, attention_mask=ALLOWED, return_attention_scores=True)
    bias = layer.get_weights()[-1]
    np.testing.assert_array_equal(y.numpy()[0, 1], bias)
    np.testing.assert_allclose(y.numpy()[1, 0, :2], [0.88616, 1.02825], rtol=1e-4)
    assert not weights.numpy()[0, :, 1].any()
    y, _ = layer(
        query, value, attention_mask=ALLOWED, return_attention_scores=True, use_causal_mask=True
    )
    np.testing.assert_array_equal(y.numpy()[[0, 1], [1, 0]], [bias, bias])
    np.testing.assert_allclose(y.numpy()[0, 0, :2], [1.11975, 0.47829], rtol=1e-4)


def test_where_nobody_looks_at_its_weights_it_sees_all_alike():
    """So does Keras, which then computes them by another function."""
    layer, query, value = of_waves()
    found = layer(query, value, attention_mask=ALLOWED).numpy()
    np.testing.assert_allclose(found[0, 1, :2], [0.62391, 0.44032], rtol=1e-4)
    found = layer(query, value, attention_mask=ALLOWED, use_causal_mask=True).numpy()
    np.testing.assert_allclose(found[1, 0, :2], [0.64316, 0.38597], rtol=1e-4)
    layer, *_ = of_waves(dropout=0.5)
    found = layer(query, value, attention_mask=ALLOWED).numpy()
    np.testing.assert_array_equal(found[0, 1], layer.get_weights()[-1])


HEADS = {
    "rank": (
        lambda: L.MultiHeadAttention(2, 4)(X, X[:, 0]),
        "query, key and value have the same number of axes.",
        "3, 2 and 2 axes",
    ),
    "rank of the key": (
        lambda: L.MultiHeadAttention(2, 4)(X, X, key=X[:, :, None]),
        "query, key and value have the same number of axes.",
        "3, 4 and 3 axes",
    ),
    "keys": (
        lambda: L.MultiHeadAttention(2, 4)(X, X, X[:, :2]),
        "there is one key for each value: they differ in the size of the last axis only.",
        "(2, 2, 8) and (2, 3, 8)",
    ),
    "unknown": (
        lambda: L.MultiHeadAttention(2, 4)(gg.Input((3, None)), gg.Input((3, 8))),
        "the size of the last axis of the query must be known, to make the weights.",
        "",
    ),
}


@pytest.mark.parametrize("name", HEADS)
def test_queries_keys_and_values_that_do_not_fit(name):
    call, problem, axes = HEADS[name]
    with pytest.raises(errors.ShapeError) as caught:
        call()
    assert (caught.value.problem, caught.value.axes) == (problem, axes)


# Masks of shares


def test_masks_of_shares_count_above_a_half():
    x = np.arange(4, dtype=np.float32)[None]
    half = L.Softmax()(x, mask=np.array([[0.3, 0.5, 0.6, 1.0]]))
    np.testing.assert_allclose(half, [[0, 0, 0.26894143, 0.73105856]], rtol=1e-6)
    whole = L.Softmax()(x, mask=np.array([[-1, 2, 0, 1]]))
    np.testing.assert_allclose(whole, [[0, 0.11920291, 0, 0.880797]], rtol=1e-6)
    assert not L.Softmax()(x, mask=np.full((1, 4), 0.3)).numpy().any()


def test_masks_of_shares_are_broadcast():
    x = np.arange(24).reshape(2, 3, 4).astype(np.float32) / 4
    found = L.Softmax()(x, mask=np.array([True, True, True, False])).numpy()
    np.testing.assert_allclose(found[0, 0], [0.2542752, 0.32649586, 0.41922897, 0], rtol=1e-6)
    found = L.Softmax()(x, mask=np.tri(3, 4, dtype=bool)).numpy()
    np.testing.assert_allclose(found[1, 1], [0.43782353, 0.56217653, 0, 0], rtol=1e-6)
    found = L.Softmax()(x, mask=np.array([[True], [True], [False]])).numpy()
    np.testing.assert_allclose(
        found[0, 0], [0.16529618, 0.21224445, 0.27252734, 0.349932], rtol=1e-6
    )
    assert not found[0, 2].any()


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3, 8), (5, 3, 8), (2, 3, 2)])
def test_masks_of_shares_that_do_not_fit(shape):
    with pytest.raises(errors.ShapeError, match="the mask does not fit: its axes, counted from"):
        L.Softmax()(X, mask=np.ones(shape, bool))


def test_a_mask_of_shares_does_not_go_along():
    y = L.LSTM(4)(L.Softmax()(X, mask=np.arange(8) < 5))
    assert y.shape == (2, 4)


# Numbers of NumPy, and functions of C


def test_a_function_that_does_not_tell_its_arguments_may_be_a_layer():
    assert L.Lambda(max)(np.float32([3, 5, 4])).numpy() == 5
    assert L.Lambda(sum)(gg.Input((3,), batch_size=2)).shape == (3,)


def test_whole_numbers_of_numpy_are_taken():
    assert L.Dense(np.int64(3))(X).shape == (2, 3, 3)
    assert L.GroupNormalization(np.int64(2), axis=np.int32(-1))(X).shape == X.shape
    assert L.BatchNormalization(axis=np.int64(1))(X).shape == X.shape
    np.testing.assert_array_equal(L.Dot(np.int64(2))([X, X]), L.Dot(2)([X, X]))


# Recurrent layers of pictures tell of themselves


def test_each_of_them_tells_its_own_name_and_arguments():
    for name in ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"):
        made = getattr(L, name)
        with pytest.raises(errors.UnknownArgumentError) as caught:
            made()
        assert caught.value.fix == f"it is called as {name}(16, 3, padding='same')"
        with pytest.raises(errors.UnknownArgumentError) as caught:
            made(4, 3, units=4)
        assert caught.value.problem == f"{name} has no argument 'units'."
        known = caught.value.fix.removeprefix("known here: ").split(", ")
        assert {"filters", "kernel_size", "strides", "padding", "dropout", "stateful"} <= {*known}
        assert not {"cell", "units"} & {*known}
        with pytest.raises(errors.ArgumentError) as caught:
            made(0, 3)
        assert (caught.value.op, caught.value.fix) == (name, f"{name}(16, 3) has 16 filters")
    with pytest.raises(errors.ArgumentError) as caught:
        L.LSTM(0)
    assert (caught.value.op, caught.value.fix) == ("LSTM", "LSTM(10) has ten")


def test_a_mask_of_steps_may_be_written_as_lists():
    x = np.random.default_rng(2).normal(size=(2, 3, 2)).astype(np.float32)
    counts = [[True, False, True], [True, True, False]]
    for layer in (
        L.GRU(4, return_sequences=True),
        L.Bidirectional(L.GRU(4, return_sequences=True)),
    ):
        plain = layer(x, mask=gg.constant(counts))
        np.testing.assert_array_equal(layer(x, mask=counts), plain)
        np.testing.assert_array_equal(layer(x, mask=np.array(counts)[..., None]), plain)
        behind = L.GlobalAveragePooling1D()
        np.testing.assert_array_equal(behind(layer(x, mask=counts)), behind(plain))
