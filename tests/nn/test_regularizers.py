"""Penalties of weights, by themselves and as a part of a network's loss."""

import numpy as np
import pytest

import giulgi as gg

W = np.array([[1.0, -2.0], [0.5, 0.0]], np.float32)
ABSOLUTE, SQUARED = 3.5, 5.25


@pytest.mark.parametrize(
    ("penalty", "wanted"),
    [
        (gg.regularizers.L1(0.1), 0.1 * ABSOLUTE),
        (gg.regularizers.L2(0.1), 0.1 * SQUARED),
        (gg.regularizers.L1L2(0.1, 0.2), 0.1 * ABSOLUTE + 0.2 * SQUARED),
        (gg.regularizers.l1(0.3), 0.3 * ABSOLUTE),
        (gg.regularizers.l2(0.3), 0.3 * SQUARED),
        (gg.regularizers.l1_l2(0.3, 0.1), 0.3 * ABSOLUTE + 0.1 * SQUARED),
        (gg.regularizers.L1L2(), 0.0),
        (gg.regularizers.get("l1"), 0.01 * ABSOLUTE),
        (gg.regularizers.get("l2"), 0.01 * SQUARED),
        (gg.regularizers.get("l1_l2"), 0.01 * (ABSOLUTE + SQUARED)),
        (gg.regularizers.get(gg.regularizers.L2), 0.01 * SQUARED),
    ],
)
def test_value(penalty, wanted):
    value = penalty(gg.constant(W))
    assert value.shape == ()
    assert float(value) == pytest.approx(wanted, rel=1e-6)


def test_get():
    penalty = gg.regularizers.L2(0.5)
    assert gg.regularizers.get(penalty) is penalty
    assert gg.regularizers.get(None) is None
    with pytest.raises(gg.errors.UnknownArgumentError, match="there is no regularizer"):
        gg.regularizers.get("l3")


def penalised_network(**options):
    model = gg.Sequential([gg.Input((2,)), gg.layers.Dense(2, use_bias=False, **options)])
    model.compile(gg.optimizers.SGD(0.5), "mse")
    model.set_weights([W])
    return model


X = np.array([[1.0, 1.0], [0.0, 2.0]], np.float32)


def test_the_loss_of_a_network_holds_the_penalty():
    """Where the error is 0 only the penalty is left, and w - 0.5 (2 * 0.1 w) after a step."""
    model = penalised_network(kernel_regularizer=gg.regularizers.L2(0.1))
    assert model.evaluate(X, X @ W, verbose=0) == pytest.approx(0.1 * SQUARED, rel=1e-6)
    assert model.train_on_batch(X, X @ W) == pytest.approx(0.1 * SQUARED, rel=1e-6)
    np.testing.assert_allclose(model.get_weights()[0], 0.9 * W, rtol=1e-6)


def test_activity_is_penalised_for_each_example():
    model = penalised_network(activity_regularizer=gg.regularizers.L1(0.1))
    wanted = 0.1 * np.abs(X @ W).sum() / len(X)
    assert model.evaluate(X, X @ W, verbose=0) == pytest.approx(wanted, rel=1e-6)


def test_a_function_is_a_penalty():
    model = penalised_network(kernel_regularizer=lambda w: gg.sum(w) * 2)
    assert model.evaluate(X, X @ W, verbose=0) == pytest.approx(2 * W.sum(), rel=1e-6)


def test_a_frozen_layer_has_no_penalty():
    model = penalised_network(kernel_regularizer="l2", trainable=False)
    assert model.evaluate(X, X @ W, verbose=0) == pytest.approx(0, abs=1e-12)
