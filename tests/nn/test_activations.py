"""Activations and their slopes, against Keras and at the ends of the number line."""

import math

import numpy as np
import pytest

import giulgi as gg
from giulgi.nn.activations import ACTIVATIONS
from golden import read

GOLDEN = read("activations")


def close(actual, wanted):
    # The tails of 1 - tanh^2 and of e^x - 1 + 1 are rounded at 1: one unit of float32 there is
    # 1.2e-7. README.md of the golden numbers grants 3e-6.
    np.testing.assert_allclose(np.asarray(actual), wanted, rtol=1e-5, atol=3e-6)


@pytest.mark.parametrize("name", GOLDEN.cases)
def test_values_and_slopes_are_those_of_keras(name):
    about = GOLDEN.cases[name]
    x = gg.constant(GOLDEN[about["input"]])
    y = getattr(gg.activations, about["function"])(x, **about["kwargs"])
    assert y.dtype == np.float32
    close(y, GOLDEN[f"{name}/values"])
    if about["input"] == "grid":
        close(gg.gradients(y, x), GOLDEN[f"{name}/grad"])
    else:
        close(gg.gradients(y, x, GOLDEN["batch_cotangent"]), GOLDEN[f"{name}/vjp"])


FORMULAS = {
    "linear": lambda x: x,
    "relu": lambda x: max(0.0, x),
    "relu6": lambda x: min(max(0.0, x), 6.0),
    "leaky_relu": lambda x: x if x > 0 else 0.2 * x,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "log_sigmoid": lambda x: -math.log1p(math.exp(-x)),
    "hard_sigmoid": lambda x: min(max(x / 6 + 0.5, 0.0), 1.0),
    "tanh": math.tanh,
    "softplus": lambda x: math.log1p(math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "exponential": math.exp,
    "silu": lambda x: x / (1 + math.exp(-x)),
    "swish": lambda x: x / (1 + math.exp(-x)),
    "gelu": lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)),
}
POINTS = np.array([-7.5, -3.1, -1.25, -0.2, 0.3, 1.5, 2.9, 7.25])


@pytest.mark.parametrize("name", FORMULAS)
def test_formula_and_finite_differences_in_float64(name):
    function, formula = ACTIVATIONS[name], FORMULAS[name]
    x = gg.constant(POINTS)
    y = function(x)
    assert y.dtype == np.float64
    np.testing.assert_allclose(y.numpy(), [formula(p) for p in POINTS], rtol=1e-10, atol=1e-12)
    h = 1e-5
    differences = [(formula(p + h) - formula(p - h)) / (2 * h) for p in POINTS]
    np.testing.assert_allclose(gg.gradients(y, x).numpy(), differences, rtol=1e-6, atol=1e-9)


def test_every_elementwise_activation_has_its_formula_here():
    assert set(FORMULAS) == set(ACTIVATIONS) - {"softmax", "log_softmax"}


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"exponential"}))
def test_huge_inputs_give_finite_values_and_slopes(name):
    x = gg.constant(np.array([[-1e4, -200.0, 0.0, 200.0, 1e4]], np.float32))
    y = ACTIVATIONS[name](x)
    assert np.isfinite(y.numpy()).all()
    assert np.isfinite(gg.gradients(y, x).numpy()).all()


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_sums_to_one_along_its_axis(axis):
    x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    y = gg.activations.softmax(x, axis=axis)
    wanted = np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)
    close(y, wanted)
    close(gg.activations.log_softmax(x, axis=axis), np.log(wanted))


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, [0, 0, 0, 1, 8]),
        ({"max_value": 6.0}, [0, 0, 0, 1, 6]),
        ({"negative_slope": 0.5}, [-2, -0.5, 0, 1, 8]),
        ({"threshold": 2.0}, [0, 0, 0, 0, 8]),
        ({"threshold": 2.0, "negative_slope": 0.5}, [-3, -1.5, -1, -0.5, 8]),
    ],
)
def test_options_of_relu(options, wanted):
    y = gg.activations.relu(np.array([-4, -1, 0, 1, 8], np.float32), **options)
    np.testing.assert_array_equal(y.numpy(), wanted)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_get_by_name(name):
    assert gg.activations.get(name) is ACTIVATIONS[name]
    assert getattr(gg.activations, name) is ACTIVATIONS[name]


def test_get_of_nothing_and_of_functions():
    assert gg.activations.get(None) is gg.activations.linear
    assert gg.activations.get(gg.tanh) is gg.tanh
    with pytest.raises(gg.errors.UnknownArgumentError, match="did you mean 'relu'"):
        gg.activations.get("rellu")
