"""Adadelta, Adamax and Nadam: ten steps beside their formulas in NumPy."""

import numpy as np
import pytest

import giulgi as gg

RANDOM = np.random.default_rng(5)
START = RANDOM.normal(size=(3, 2))
GRADIENTS = RANDOM.normal(size=(10, 3, 2))


def adadelta(rate=0.5, rho=0.9, epsilon=1e-6):
    w, v, u = START.copy(), 0, 0
    for g in GRADIENTS:
        v = rho * v + (1 - rho) * g**2
        d = np.sqrt(u + epsilon) / np.sqrt(v + epsilon) * g
        u = rho * u + (1 - rho) * d**2
        w = w - rate * d
    return w


def adamax(rate=0.01, beta_1=0.8, beta_2=0.9, epsilon=1e-7):
    w, m, u = START.copy(), 0, 0
    for t, g in enumerate(GRADIENTS, start=1):
        m = beta_1 * m + (1 - beta_1) * g
        u = np.maximum(beta_2 * u, abs(g))
        w = w - rate / (1 - beta_1**t) * m / (u + epsilon)
    return w


def nadam(rate=0.01, beta_1=0.9, beta_2=0.99, epsilon=1e-7, decay=0.004):
    w, m, v, product = START.copy(), 0, 0, 1
    for t, g in enumerate(GRADIENTS, start=1):
        now = beta_1 * (1 - 0.5 * 0.96 ** (decay * t))
        then = beta_1 * (1 - 0.5 * 0.96 ** (decay * (t + 1)))
        product *= now
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        mean = then * m / (1 - product * then) + (1 - now) * g / (1 - product)
        w = w - rate * mean / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
    return w


CASES = {
    "adadelta": (gg.optimizers.Adadelta(0.5, 0.9, 1e-6), adadelta),
    "adamax": (gg.optimizers.Adamax(0.01, 0.8, 0.9), adamax),
    "nadam": (gg.optimizers.Nadam(0.01, beta_2=0.99), nadam),
}


@pytest.mark.parametrize("name", CASES)
def test_ten_steps(name):
    optimizer, formula = CASES[name]
    w = gg.Variable(START, "w", "float32")
    for gradient in GRADIENTS:
        optimizer.apply_gradients([(gg.constant(gradient, "float32"), w)])
    np.testing.assert_allclose(w.numpy(), formula(), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_they_are_known_by_their_names(name):
    assert type(gg.optimizers.get(name)) is type(CASES[name][0])


def test_nadam_remembers_the_product_of_its_momenta():
    optimizer = gg.optimizers.Nadam()
    w = gg.Variable([1.0])
    optimizer.apply_gradients([(gg.constant([1.0]), w)])
    product = optimizer.variables[-1].numpy()
    np.testing.assert_allclose(product, 0.9 * (1 - 0.5 * 0.96**0.004), rtol=1e-6)
