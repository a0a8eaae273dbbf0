"""First values of weights: the distributions are Keras's, the draws are our own."""

import math

import numpy as np
import pytest

import giulgi as gg
from giulgi.nn.initializers import INITIALIZERS, fans
from golden import read

GOLDEN = read("initializers")
SHAPE = tuple(GOLDEN.meta["shape"])
COUNT = math.prod(SHAPE)


def draw(name, shape=SHAPE, **options):
    about = GOLDEN.cases[name]
    made = getattr(gg.initializers, about["class"])(**about["kwargs"], **options)
    return made(shape)


@pytest.mark.parametrize("name", GOLDEN.cases)
def test_distribution(name):
    values = draw(name, seed=3).numpy().astype(np.float64)
    low, high, mean, stddev = GOLDEN[name]
    assert values.shape == SHAPE
    # Two draws of n numbers: their means differ by s sqrt(2 / n), their s by about s / sqrt(n).
    assert values.mean() == pytest.approx(mean, abs=6 * stddev * math.sqrt(2 / COUNT))
    assert values.std() == pytest.approx(stddev, rel=6 / math.sqrt(COUNT))
    # The ends of a bounded distribution are reached by both; the normal one has none.
    ends = 0.2 if name == "random_normal" else 1e-4
    assert values.min() == pytest.approx(low, rel=ends)
    assert values.max() == pytest.approx(high, rel=ends)


@pytest.mark.parametrize("name", GOLDEN.cases)
def test_shape_inside_the_distribution(name):
    """The share of numbers within half the standard deviation tells uniform from normal."""
    values = draw(name, seed=4).numpy()
    share = np.mean(np.abs(values) < 0.5 * values.std())
    # uniform: 0.5 / sqrt(3); normal: erf(0.5 / sqrt(2)); of the truncated one: a little less.
    if "uniform" in name:
        wanted = 0.5 / math.sqrt(3)
    elif name == "random_normal":
        wanted = math.erf(0.5 / math.sqrt(2))
    else:
        half = 0.5 * 0.8796256610342398
        wanted = math.erf(half / math.sqrt(2)) / math.erf(2 / math.sqrt(2))
    assert share == pytest.approx(wanted, abs=6 * 0.5 / math.sqrt(COUNT))


@pytest.mark.parametrize("name", GOLDEN.cases)
def test_seeds(name):
    first, again, other = (draw(name, (3, 4), seed=seed).numpy() for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    drawn, drawn_again = draw(name, (3, 4)).numpy(), draw(name, (3, 4)).numpy()
    assert not np.array_equal(drawn, drawn_again)


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_get_by_name_and_dtype(name, dtype):
    value = gg.initializers.get(name)((3, 2), dtype)
    assert value.shape == (3, 2)
    assert value.dtype == dtype


def test_get_of_classes_and_functions():
    assert isinstance(gg.initializers.get(gg.initializers.HeNormal), gg.initializers.HeNormal)
    ramp = gg.initializers.get(lambda shape, dtype: gg.arange(math.prod(shape), dtype=dtype))
    np.testing.assert_array_equal(ramp((3,), "float32").numpy(), [0, 1, 2])
    with pytest.raises(gg.errors.UnknownArgumentError, match="did you mean 'glorot_uniform'"):
        gg.initializers.get("glorot_unifrom")


@pytest.mark.parametrize(
    ("initializer", "wanted"),
    [
        (gg.initializers.Zeros(), [[0, 0, 0], [0, 0, 0]]),
        (gg.initializers.Ones(), [[1, 1, 1], [1, 1, 1]]),
        (gg.initializers.Constant(2.5), [[2.5, 2.5, 2.5], [2.5, 2.5, 2.5]]),
        (gg.initializers.Constant([1, 2, 3]), [[1, 2, 3], [1, 2, 3]]),
        (gg.initializers.Identity(2.0), [[2, 0, 0], [0, 2, 0]]),
    ],
)
def test_values_that_are_not_random(initializer, wanted):
    np.testing.assert_array_equal(initializer((2, 3)).numpy(), wanted)


def test_identity_has_two_axes():
    with pytest.raises(gg.errors.ArgumentError, match="two axes"):
        gg.initializers.Identity()((2, 2, 2))


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [((), (1, 1)), ((7,), (7, 7)), ((3, 4), (3, 4)), ((5, 5, 3, 8), (75, 200))],
)
def test_fans(shape, wanted):
    assert fans(shape) == wanted


@pytest.mark.parametrize(
    ("options", "stddev"),
    [
        ({"mode": "fan_in"}, math.sqrt(1 / 400)),
        ({"mode": "fan_out"}, math.sqrt(1 / 500)),
        ({"mode": "fan_avg", "scale": 3.0}, math.sqrt(3 / 450)),
        ({"distribution": "uniform"}, math.sqrt(1 / 400)),
        ({"distribution": "untruncated_normal"}, math.sqrt(1 / 400)),
        ({"distribution": "normal"}, math.sqrt(1 / 400)),
    ],
)
def test_variance_scaling(options, stddev):
    values = gg.initializers.VarianceScaling(**options, seed=8)(SHAPE).numpy()
    assert values.std() == pytest.approx(stddev, rel=6 / math.sqrt(COUNT))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"scale": 0.0}, "must be above 0"),
        ({"mode": "fan_im"}, "did you mean 'fan_in'"),
        ({"distribution": "cauchy"}, "there is no distribution"),
    ],
)
def test_variance_scaling_refuses(options, text):
    with pytest.raises(gg.errors.GiulgiError, match=text):
        gg.initializers.VarianceScaling(**options)


def test_a_weight_is_made_once_and_kept():
    layer = gg.layers.Dense(4, kernel_initializer="he_normal", bias_initializer="ones")
    layer(np.zeros((1, 3), np.float32))
    kernel, bias = layer.get_weights()
    np.testing.assert_array_equal(kernel, layer.kernel.numpy())
    np.testing.assert_array_equal(bias, np.ones(4))


@pytest.mark.parametrize("name", ["Orthogonal", "Identity", "VarianceScaling"])
def test_a_gain_of_numpy_does_not_change_the_dtype(name):
    made = getattr(gg.initializers, name)(np.sqrt(2.0))
    assert made((3, 3)).dtype == np.float32
