"""Targets that do not fit the loss, the metrics or class_weight; test_errors_training has more."""

import warnings

import numpy as np
import pytest

import giulgi as gg

L = gg.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 4)).astype(np.float32)
YES = (X[:, :1] > 0).astype(np.float32)
LABELS = np.arange(20) % 3
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
SEVERAL = np.maximum(ONE_HOT, np.roll(ONE_HOT, 1, axis=1))
VALUES = X[:, :3] * 0.3
BINARY, DENSE, SPARSE = (
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
)


def network(units, activation, loss, metrics=None):
    model = gg.Sequential([gg.Input((4,)), L.Dense(units, activation, name="head")])
    model.compile("sgd", loss, metrics=metrics)
    return model


def said(model, y, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y, verbose=0, **options)
    return [str(warning.message) for warning in caught]


# ------------------------------------------------------------------------------------ accuracy


@pytest.mark.parametrize("metric", ["accuracy", "acc", "binary_accuracy"])
@pytest.mark.parametrize(
    ("activation", "loss", "y"),
    [
        (None, "mse", VALUES[:, :1]),
        (None, "mae", VALUES[:, 0]),
        (None, "mse", LABELS),
        ("tanh", "mse", YES * 2 - 1),
        ("sigmoid", BINARY, YES * 0.8 + 0.1),
    ],
)
def test_accuracy_of_one_unit_with_targets_other_than_yes_and_no(metric, activation, loss, y):
    (remark,) = said(network(1, activation, loss, [metric]), y)
    assert remark == (
        f"the metric '{metric}' counts yes and no, and the targets are not all 0 or 1: others "
        "always count as wrong. For quantities use metrics=['mae']."
    )


def test_what_is_said_of_it_is_so():
    """Not one of these quantities counts as right, however near the outputs are."""
    model = network(1, None, "mse", ["accuracy"])
    model.set_weights([[[0.3], [0], [0], [0]], [0]])
    with pytest.warns(UserWarning, match="counts yes and no"):
        error, accuracy = model.evaluate(X, VALUES[:, :1], verbose=0)
    assert error < 1e-12
    assert accuracy == 0


@pytest.mark.parametrize("metric", ["accuracy", "acc"])
@pytest.mark.parametrize("loss", ["mse", gg.losses.MeanAbsoluteError()])
def test_accuracy_of_several_quantities(metric, loss):
    (remark,) = said(network(3, None, loss, [metric]), VALUES)
    assert remark == (
        f"the metric '{metric}' is the share of examples whose largest output is where the largest "
        "target is, and the targets are quantities. Use metrics=['mae']."
    )


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_accuracy_of_several_labels(activation):
    (remark,) = said(network(3, activation, BINARY, ["accuracy"]), SEVERAL)
    assert "some rows of y have several ones. Use metrics=['binary_accuracy']." in remark


def test_a_generator():
    """Each batch is looked at, and it is said once."""
    model = network(1, None, "mse", ["accuracy"])
    batches = [(X, YES), (X, VALUES[:, 0]), (X, VALUES[:, 0])]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        model.fit(lambda: iter(batches), verbose=0)
    (warning,) = caught
    assert "counts yes and no" in str(warning.message)


@pytest.mark.parametrize(
    ("units", "activation", "loss", "metric", "y"),
    [
        (1, "sigmoid", BINARY, "accuracy", YES),
        (1, "sigmoid", BINARY, "accuracy", YES.astype(bool)),
        (1, None, "mse", "accuracy", YES),
        (1, "sigmoid", "mse", "accuracy", YES),
        (3, "softmax", SPARSE, "accuracy", LABELS),
        (3, "softmax", SPARSE, "accuracy", LABELS.astype(np.float32)),
        (3, "softmax", DENSE, "accuracy", ONE_HOT),
        (3, "softmax", DENSE, "accuracy", ONE_HOT * 0.7 + 0.1),
        (3, None, "mse", "accuracy", ONE_HOT),
        (3, None, "mse", "accuracy", ONE_HOT.astype(int)),
        (3, "softmax", "mse", "accuracy", ONE_HOT * 0.7 + 0.1),
        (3, None, "mse", "categorical_accuracy", VALUES),
        (3, "sigmoid", BINARY, "binary_accuracy", SEVERAL),
        (3, "sigmoid", BINARY, "categorical_accuracy", SEVERAL),
        (3, None, "mse", "mae", VALUES),
        (3, "softmax", DENSE, None, SEVERAL),
    ],
)
def test_nothing_is_said_of_right_metrics(units, activation, loss, metric, y):
    assert said(network(units, activation, loss, metric and [metric]), y) == []


# --------------------------------------------------------------------------------- the losses


def test_several_labels_where_one_class_is_wanted():
    (remark,) = said(network(3, "sigmoid", DENSE), SEVERAL)
    assert remark == (
        "categorical_crossentropy is for one class for each example, and some rows of y have "
        "several ones. For several labels of an example use binary_crossentropy."
    )


@pytest.mark.parametrize("y", [ONE_HOT, ONE_HOT * (LABELS > 0)[:, None], SEVERAL / 2])
def test_nothing_is_said_of_rows_with_one_class(y):
    assert said(network(3, "sigmoid", DENSE), y) == []


def test_labels_of_yes_and_no_where_classes_are_wanted():
    with pytest.raises(gg.errors.DataError, match="run from 0 to 1") as caught:
        network(1, "sigmoid", SPARSE).fit(X, YES, verbose=0)
    assert "give the last layer 2 units" in caught.value.fix
    assert "use binary_crossentropy, with activation='sigmoid'" in caught.value.fix


# ------------------------------------------------------------------------------- class_weight


@pytest.mark.parametrize(
    ("units", "activation", "loss", "y", "weights", "label", "last"),
    [
        (3, "softmax", SPARSE, LABELS, {1: 1, 2: 2, 3: 3}, 3, 2),
        (3, "softmax", SPARSE, LABELS, {-1: 2}, -1, 2),
        (3, "softmax", DENSE, ONE_HOT, {0: 1, 7: 2}, 7, 2),
        (1, "sigmoid", BINARY, YES, {1: 1, 2: 2}, 2, 1),
    ],
)
@pytest.mark.parametrize("method", ["fit", "train_on_batch"])
def test_weights_of_classes_that_cannot_be(
    units, activation, loss, y, weights, label, last, method
):
    model = gg.Sequential([L.Dense(units, activation)])
    model.compile("sgd", loss)
    with pytest.raises(gg.errors.DataError) as caught:
        getattr(model, method)(X, y, class_weight=weights)
    error = caught.value
    number = "1 output" if units == 1 else f"{units} outputs"
    assert error.problem == (
        f"class_weight names the class {label}, and the network has {number}: classes 0 to {last}."
    )
    assert error.op == method
    assert "classes count from 0" in error.fix


@pytest.mark.parametrize(
    ("y", "weights"),
    [
        (LABELS, {0: 1, 1: 2, 2: 3}),
        (LABELS, {2: 3.0}),
        (LABELS % 2, {0: 1, 1: 2, 2: 3}),
        (LABELS * 0, {2: 3}),
        (LABELS, {np.int64(1): np.float32(2)}),
        (LABELS.astype(np.float32)[:, None], {1.0: 2}),
        (LABELS, {}),
    ],
)
def test_nothing_is_said_of_classes_that_can_be(y, weights):
    """Some may be rare and missing in these examples; those that are not named weigh 1."""
    assert said(network(3, "softmax", SPARSE), y, class_weight=weights) == []


def test_other_losses_know_their_classes_themselves():
    """An embedding of 3 numbers may be trained on labels of more classes."""

    def loss(y, p):
        return gg.mean(gg.square(p), -1)

    assert said(network(3, None, loss), LABELS + 4, class_weight={6: 2.0}) == []


@pytest.mark.parametrize(
    ("weights", "problem", "fix"),
    [
        ("balanced", "not 'balanced'", "np.bincount(y)"),
        ([1.0, 2.0], "not list", "class_weight=dict(enumerate(weights))"),
        (np.array([1.0, 2.0]), "not ndarray", "class_weight=dict(enumerate(weights))"),
        ({"cat": 2.0}, "the entry 'cat': 2.0", "numbers of classes"),
        ({0.5: 2.0}, "the entry 0.5: 2.0", "numbers of classes"),
        ({0: None}, "the entry 0: None", "to weights"),
        ({0: np.nan}, "the entry 0: nan", "to weights"),
    ],
)
def test_weights_that_are_no_table(weights, problem, fix):
    with pytest.raises(gg.errors.ArgumentError) as caught:
        network(3, "softmax", SPARSE).fit(X, LABELS, class_weight=weights, verbose=0)
    assert problem in caught.value.problem
    assert fix in caught.value.fix
    assert caught.value.op == "fit"


def test_the_formula_for_balanced_weights_is_right():
    y = np.array([0, 0, 0, 1])
    counts = np.bincount(y)
    class_weight = dict(enumerate(len(y) / (len(counts) * counts)))
    assert class_weight == {0: pytest.approx(2 / 3), 1: 2.0}


def test_weights_of_classes_for_quantities():
    with pytest.raises(gg.errors.DataError, match="class_weight is for classes") as caught:
        network(3, None, "mse").fit(X, VALUES[:, 0], class_weight={0: 2.0}, verbose=0)
    assert "give sample_weight" in caught.value.fix


def test_weights_of_classes_without_targets():
    with pytest.raises(gg.errors.DataError, match="there is no y"):
        network(3, "softmax", SPARSE).fit(X, class_weight={0: 2.0}, verbose=0)
