"""Data that is given in a wrong place or shape: what was probably meant is told."""

import warnings

import numpy as np
import pytest

import giulgi as gg
from giulgi import errors

L = gg.layers
X = np.random.default_rng(0).normal(size=(20, 8)).astype("float32")
LABELS = np.arange(20) % 3
YES = np.arange(20) % 2
SPARSE = "sparse_categorical_crossentropy"


def network(loss=SPARSE, units=3, activation="softmax", shape=(8,), **options):
    model = gg.Sequential([gg.Input(shape), L.Dense(units, activation, name="head")])
    model.compile("sgd", loss, **options)
    return model


def two_inputs():
    left, right = gg.Input((8,), name="left"), gg.Input((8,), name="right")
    model = gg.Model([left, right], L.Dense(1, name="head")(left + right))
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    ("x", "y", "shape", "fix"),
    [
        (X, LABELS, X.shape, "gg.Input leaves out the batch axis: gg.Input((8,))"),
        (LABELS, X, (8,), "x and y seem to be swapped: the examples come first"),
        (X.T, LABELS, (8,), "rows and columns are swapped: x.T has one example in each row"),
        (X[0], LABELS[:1], (8,), "one example lacks the batch axis: x[None]"),
        (X[:, :3], LABELS, (8,), "give examples of shape (8,), or build the network for these"),
    ],
)
def test_what_is_meant_by_an_x_of_another_shape(x, y, shape, fix):
    with pytest.raises(errors.ShapeError) as caught:
        network(shape=shape).fit(x, y, verbose=0)
    assert caught.value.fix.startswith(fix)


def test_the_advice_about_the_batch_axis_is_right():
    network(shape=(8,)).fit(X, LABELS, verbose=0)


@pytest.mark.parametrize(
    ("labels", "fix"),
    [
        (LABELS - 1, "classes count from 0: give y + 1 in place of y"),
        (LABELS + 1, "classes count from 0: give y - 1 in place of y"),
        (LABELS + 5, "classes count from 0: give y - 5 in place of y"),
        (YES * 2 - 1, "use 0 and 1 in place of -1 and 1: (y + 1) // 2"),
        (LABELS * 3 - 1, "names, y = np.unique(y, return_inverse=True)"),
        (LABELS * 2, "give the last layer 5 units, or check the labels"),
    ],
)
def test_labels_out_of_range(labels, fix):
    with pytest.raises(errors.DataError) as caught:
        network().fit(X, labels, verbose=0)
    assert fix in caught.value.fix
    for line in ("y + 1", "y - 1", "y - 5"):
        if caught.value.fix.endswith(f"fit(x, {line})"):
            network().fit(X, eval(line, {"y": labels}), verbose=0)


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("rigth", "perhaps 'rigth' is meant to be 'right'"),
        ("other", "perhaps 'other' is meant to be 'right'"),
    ],
)
def test_a_key_that_is_misspelt(given, fix):
    with pytest.raises(errors.DataError, match="x has no entry 'right'") as caught:
        two_inputs().fit({"left": X, given: X}, YES, verbose=0)
    assert fix in caught.value.fix


def test_a_key_that_is_missing():
    with pytest.raises(errors.DataError) as caught:
        two_inputs().fit({"left": X}, YES, verbose=0)
    assert caught.value.fix == "the network needs 'left' and 'right'"


@pytest.mark.parametrize("shape", [(20, 3), (20, 2, 2)])
def test_weights_that_are_not_one_for_each_example(shape):
    weights = np.ones(shape)
    with pytest.raises(errors.ShapeError, match="not one for each example") as caught:
        network().fit(X, LABELS, sample_weight=weights, verbose=0)
    error = caught.value
    assert error.op == "sample_weight"
    assert dict(error.arguments)["sample_weight"].startswith(f"float32 {shape}")
    assert error.axes == f"sample_weight {shape} and values (20,)"


@pytest.mark.parametrize("shape", [(20,), (20, 1)])
def test_weights_of_each_example(shape):
    network(weighted_metrics=["accuracy"]).fit(X, LABELS, sample_weight=np.ones(shape), verbose=0)


def test_negative_weights_are_warned_of():
    weights = np.where(YES, -1.0, 1.0)
    with pytest.warns(UserWarning, match="negative weights: of such examples training makes"):
        network().fit(X, LABELS, sample_weight=weights, verbose=0)


def test_lengths_are_told_with_the_names_of_the_inputs():
    with pytest.raises(errors.DataError) as caught:
        two_inputs().fit([X, X[:7]], YES, verbose=0)
    assert caught.value.arguments == (
        ("x of 'left'", "float32 (20, 8)"),
        ("x of 'right'", "float32 (7, 8)"),
        ("y", "int64 (20,)"),
    )
    assert caught.value.axes == "axis 0: 20 in x of 'left', 7 in x of 'right', 20 in y"


def test_one_hot_rows_for_a_yes_or_no():
    model = network("binary_crossentropy", 1, "sigmoid")
    with pytest.raises(errors.ShapeError) as caught:
        model.fit(X, np.eye(2)[YES], verbose=0)
    assert "Dense(2, activation='softmax') with categorical_crossentropy" in caught.value.fix


def test_one_thing_is_said_of_one_unit_for_classes():
    model = network("categorical_crossentropy", 1, "sigmoid")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, YES, verbose=0)
    (warning,) = caught
    assert "use the loss binary_crossentropy" in str(warning.message)


def test_metrics_are_chosen_anew_after_targets_that_do_not_fit():
    model = network(metrics=["accuracy"])
    with pytest.raises(errors.ShapeError):
        model.fit(X, np.eye(3)[LABELS], verbose=0)
    history = model.fit(X, LABELS, epochs=200, verbose=0).history
    assert history["accuracy"][-1] > 0.5
    answers = model.predict(X, verbose=0).argmax(axis=1)
    assert model.evaluate(X, LABELS, verbose=0)[1] == pytest.approx((answers == LABELS).mean())


def test_channels_in_another_place_are_told():
    model = gg.Sequential([gg.Input((28, 28, 3)), gg.layers.Flatten(), gg.layers.Dense(1)])
    with pytest.raises(gg.errors.ShapeError) as caught:
        model.predict(np.zeros((10, 3, 28, 28), "float32"))
    assert caught.value.fix == "the channels come last: np.moveaxis(x, 1, -1)"


def test_masked_numbers_a_table_and_columns_with_names():
    model = gg.Sequential([gg.Input((2,)), gg.layers.Dense(1)])
    masked = np.ma.masked_equal(np.arange(6.0).reshape(3, 2), 4)
    named = np.rec.fromarrays([np.arange(3.0)] * 2, names="a,b")
    for x, fix in (
        (masked, "filled(0)"),
        (gg.datasets.load("iris"), ".features for x"),
        (named, "np.stack([x['a'], x['b']], axis=1)"),
    ):
        with pytest.raises(gg.errors.DataError) as caught:
            model.predict(x)
        assert fix in caught.value.fix
