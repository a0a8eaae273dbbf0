"""Attention: masks, dropout, mistakes, and learning."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg

L = gg.layers
RNG = np.random.default_rng(0)
Q = RNG.normal(size=(2, 3, 4)).astype(np.float32)
V = RNG.normal(size=(2, 5, 4)).astype(np.float32)
COUNTS = np.array([[1, 1, 1, 0, 0], [1, 0, 0, 0, 0]], bool)
LAYERS = {
    "attention": lambda **options: L.Attention(**options),
    "additive": lambda **options: L.AdditiveAttention(**options),
}


@pytest.mark.parametrize("name", LAYERS)
def test_masked_values_have_no_weight(name):
    layer = LAYERS[name]()
    result, weights = layer([Q, V], mask=[None, gg.constant(COUNTS)], return_attention_scores=True)
    np.testing.assert_array_equal(weights.numpy() == 0, np.repeat(~COUNTS[:, None], 3, axis=1))
    np.testing.assert_allclose(result[1], np.repeat(V[1, :1], 3, axis=0), rtol=1e-5)
    short = layer([Q[:1], V[:1, :3]])
    np.testing.assert_allclose(result[:1], short, rtol=1e-4, atol=1e-6)


def test_masked_queries_give_zeros():
    mask = gg.constant(np.array([[1, 0, 1], [1, 1, 1]], bool))
    found = L.Attention()([Q, V], mask=[mask, None]).numpy()
    assert not found[0, 1].any()
    assert found[0, 0].all()


def test_heads_see_no_masked_values():
    layer = L.MultiHeadAttention(2, 3)
    whole = layer(Q[:1], V[:1, :3])
    ids = np.where(COUNTS, 1, 0)
    masked = L.Embedding(2, 4, mask_zero=True)(ids)
    _, weights = layer(Q, masked, return_attention_scores=True)
    assert not weights.numpy()[0, :, :, 3:].any()
    given = np.repeat(COUNTS[:, None], 3, axis=1)
    np.testing.assert_allclose(layer(Q, V, attention_mask=given)[:1], whole, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("make", [*LAYERS.values(), lambda **o: L.MultiHeadAttention(2, 3, **o)])
def test_dropout_leaves_out_weights_while_training(make):
    layer = make(dropout=0.5, seed=3) if make is not LAYERS["additive"] else make(dropout=0.5)
    call = (
        (lambda **o: layer(Q, V, **o))
        if hasattr(layer, "num_heads")
        else (lambda **o: layer([Q, V], **o))
    )
    np.testing.assert_array_equal(call(), call())
    assert np.abs(call(training=True).numpy() - call().numpy()).max() > 0


def test_penalties_of_kernels_biases_and_projections():
    layer = L.MultiHeadAttention(
        2, 3, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2"
    )
    query = gg.Input((3, 4))
    model = gg.Model(query, layer(query, query))
    assert len(layer.penalty_losses()) == 8
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    model.compile("sgd", "mse")
    kernels, biases = layer.get_weights()[::2], layer.get_weights()[1::2]
    penalty = 0.01 * sum((k**2).sum() for k in kernels) + 0.01 * sum(abs(b).sum() for b in biases)
    for kernel, bias in zip(kernels[:3], biases[:3], strict=True):
        projected = np.einsum("bsf,fhk->bshk", Q, kernel) + bias
        penalty += 0.01 * (projected**2).sum() / len(Q)
    y = layer(Q, Q).numpy()
    penalty += 0.01 * (y**2).sum() / len(Q)
    np.testing.assert_allclose(model.evaluate(Q, y, verbose=0), penalty, rtol=1e-4)


def test_masks_given_by_name_are_those_that_go_along():
    layer, key = L.MultiHeadAttention(2, 3), RNG.normal(size=(2, 5, 4)).astype(np.float32)
    counts = gg.constant(COUNTS)
    by_value, by_key = layer(Q, V, key, value_mask=counts), layer(Q, V, key, key_mask=counts)
    np.testing.assert_array_equal(by_value, by_key)
    pairs = np.repeat(COUNTS[:, None], 3, axis=1)
    np.testing.assert_allclose(by_key, layer(Q, V, key, attention_mask=pairs), rtol=1e-5)


def test_a_network_learns_to_find_the_marked_element():
    """The answer is the number beside the one mark: attention has to find it."""
    gg.set_seed(0)
    marks = RNG.integers(0, 6, 512)
    x = np.zeros((512, 6, 2), np.float32)
    x[..., 0] = RNG.normal(size=(512, 6))
    x[np.arange(512), marks, 1] = 1
    y = x[np.arange(512), marks, 0]
    inputs = gg.Input((6, 2))
    h = L.Dense(16)(inputs)
    h = L.LayerNormalization()(h + L.MultiHeadAttention(2, 8)(h, h))
    model = gg.Model(inputs, L.Dense(1)(L.GlobalMaxPooling1D()(L.Dense(32, "relu")(h))))
    model.compile(gg.optimizers.Adam(0.01), "mse")
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=30, verbose=0)
    assert model.evaluate(x, y, verbose=0) < 0.1 * before


MISTAKES = {
    "no list": (lambda: L.Attention()(Q), "is called on a list of query and value"),
    "score": (lambda: L.Attention(score_mode="sum"), "score_mode is 'sum'"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    call, said = MISTAKES[name]
    with pytest.raises(gg.errors.ArgumentError, match=said):
        call()


def test_states_given_by_name_are_part_of_a_network():
    """A decoder that begins with the states of an encoder: sequence to sequence."""
    source, target = gg.Input((5, 3)), gg.Input((4, 2))
    _, h, c = L.LSTM(6, return_state=True, name="encoder")(source)
    decoded = L.LSTM(6, return_sequences=True, name="decoder")(target, initial_state=[h, c])
    model = gg.Model([source, target], L.Dense(1)(decoded))
    assert [layer.name for layer in model.layers if layer.name in ("encoder", "decoder")]
    assert model.get_layer("encoder").count_params() == 4 * 6 * (3 + 6 + 1)
    model.compile("adam", "mse")
    xs = [RNG.normal(size=(8, 5, 3)), RNG.normal(size=(8, 4, 2))]
    before = model.get_layer("encoder").get_weights()
    model.fit(xs, np.ones((8, 4, 1)), epochs=1, verbose=0)
    assert any(
        np.abs(a - b).max() > 0
        for a, b in zip(model.get_layer("encoder").get_weights(), before, strict=True)
    )
