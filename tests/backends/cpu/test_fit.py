"""``fit`` and its like, native against the reference, and for any number of threads."""

from __future__ import annotations

import numpy as np
import pytest

import giulgi as gg
from giulgi.nn.optimizers import OPTIMIZERS

from .checks import check_bits, threads

# Not a whole number of batches.
COUNT = 107


@pytest.fixture(autouse=True)
def backend():
    before = gg.config.backend
    yield
    gg.config.backend = before


def data(kind="float32"):
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (COUNT, 12)) * (200 if kind == "uint8" else 1)
    y = rng.integers(0, 3, COUNT)
    return x.astype(kind), y


def classifier(optimizer="adam", width=16, loss="sparse_categorical_crossentropy", last=3):
    return gg.Sequential(
        [
            gg.Input((12,)),
            gg.layers.Dense(width, "relu"),
            gg.layers.Dropout(0.2),
            gg.layers.Dense(width, "tanh", kernel_regularizer="l2"),
            gg.layers.Dense(last, "softmax" if last > 1 else "sigmoid"),
        ]
    ), {"optimizer": optimizer, "loss": loss, "metrics": ["accuracy"]}


def fitted(backend, *args, x=None, y=None, compiled=None, **options):
    """Return a network's losses and metrics, its weights, and its answers after training."""
    gg.config.backend = backend
    gg.set_seed(3)
    model, how = classifier(*args)
    model.compile(**{**how, **(compiled() if compiled else {})})
    given = data()
    x, y = given[0] if x is None else x, given[1] if y is None else y
    options = {"epochs": 3, "batch_size": 16, "verbose": 0, **options}
    history = model.fit(x, y, **options).history
    weights = [*model.get_weights(), *(v.numpy() for v in model.optimizer.variables)]
    told = model.evaluate(x, y, verbose=0, batch_size=50)
    return history, weights, [*told, model.predict(x, verbose=0, batch_size=50)]


def check(*args, tolerance=1e-5, **options):
    found, wanted = (fitted(name, *args, **options) for name in ("cpu", "reference"))
    assert found[0].keys() == wanted[0].keys()
    for name, values in wanted[0].items():
        np.testing.assert_allclose(found[0][name], values, rtol=1e-4, atol=tolerance, err_msg=name)
    for a, b in zip([*found[1], *found[2]], [*wanted[1], *wanted[2]], strict=True):
        np.testing.assert_allclose(a, b, rtol=10 * tolerance, atol=tolerance)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_every_optimizer(name):
    check(name)


FURTHER = {
    "nesterov": lambda: gg.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "momentum": lambda: gg.optimizers.SGD(0.05, momentum=0.9, clipnorm=1.0),
    "rmsprop": lambda: gg.optimizers.RMSprop(0.003, momentum=0.5, centered=True),
    "amsgrad": lambda: gg.optimizers.Adam(0.003, amsgrad=True, clipvalue=0.5),
}


@pytest.mark.parametrize("name", FURTHER)
def test_further_options_of_optimizers(name):
    # Each training has an optimizer of its own, with its own momenta.
    check(compiled=lambda: {"optimizer": FURTHER[name]()})


def test_weights_of_classes_and_of_examples():
    weights = np.random.default_rng(1).uniform(0, 2, COUNT)
    check(class_weight={0: 1.0, 1: 0.2, 2: 3.0})
    check(sample_weight=weights)


@pytest.mark.parametrize("dtype", ["uint8", "float64", "int32", "bool", "float16"])
def test_data_of_other_dtypes(dtype):
    x = data("uint8")[0] / 200
    check(x=x > 0.5 if dtype == "bool" else (x * 3).astype(dtype))


def test_data_that_do_not_lie_in_order():
    """Views: every other example, columns first, the bytes of another processor."""
    x, y = data()
    wide = np.repeat(x, 2, axis=0)
    wanted = fitted("cpu", x=x, y=y)
    for view in (wide[::2], np.asfortranarray(x), x.astype(">f4"), x[::-1][::-1]):
        found = fitted("cpu", x=view, y=y)
        check_bits(found[1], wanted[1])
        assert found[0] == wanted[0]


def test_validation_and_a_smaller_last_batch():
    check(validation_split=0.25, shuffle=False)
    check(batch_size=200)
    check(batch_size=1, epochs=1)


def test_other_losses():
    y = np.eye(3, dtype="float32")[data()[1]]
    check("adam", 16, "categorical_crossentropy", 3, y=y)
    check("adam", 16, "mse", 3, y=y)
    check("adam", 16, "binary_crossentropy", 1, y=(data()[1] > 1).astype("float32"))


@pytest.mark.parametrize("width", [16, 300])
def test_the_weights_are_bitwise_the_same_for_any_number_of_threads(width):
    found = []
    for count in (1, 2, 3):
        with threads(count) as shared:
            found.append(fitted("cpu", "adam", width))
        assert max(shared, default=1) == (count if width == 300 else 1)
    for history, weights, answers in found[1:]:
        assert history == found[0][0]
        check_bits(weights, found[0][1])
        check_bits(answers[-1:], found[0][2][-1:])


def test_batch_by_batch_and_all_at_once_are_bitwise_the_same():
    x, y = data()
    weights = []
    for by_hand in (False, True):
        gg.config.backend = "cpu"
        gg.set_seed(5)
        model, how = classifier()
        model.compile(**how)
        if by_hand:
            for start in range(0, COUNT, 16):
                model.train_on_batch(x[start : start + 16], y[start : start + 16])
        else:
            model.fit(x, y, batch_size=16, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    check_bits(*weights)
