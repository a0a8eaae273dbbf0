"""Losses and their gradients: against Keras, against formulas, and what they refuse."""

import math

import numpy as np
import pytest

import giulgi as gg
from golden import read

GOLDEN = read("losses")
REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight"]
KERAS_NAMES = {"mean": "sum_over_batch_size"}
CLASSES = [
    gg.losses.MeanSquaredError,
    gg.losses.MeanAbsoluteError,
    gg.losses.BinaryCrossentropy,
    gg.losses.CategoricalCrossentropy,
    gg.losses.SparseCategoricalCrossentropy,
]


def close(actual, wanted):
    # Apart from 1e-5 relative only what float32 leaves of a sum that should be 0.
    np.testing.assert_allclose(np.asarray(actual), wanted, rtol=1e-5, atol=1e-10)


@pytest.fixture(params=GOLDEN.cases)
def case(request):
    """What a case is (function, class, arguments), and its numbers."""
    return GOLDEN.cases[request.param], GOLDEN.below(request.param)


def test_value_of_each_example(case):
    about, numbers = case
    function = getattr(gg.losses, about["function"])
    values = function(numbers["y_true"], numbers["y_pred"], **about["kwargs"])
    assert values.shape == numbers["per_sample"].shape
    assert values.dtype == np.float32
    close(values, numbers["per_sample"])


def test_gradient_of_the_mean(case):
    about, numbers = case
    prediction = gg.constant(numbers["y_pred"])
    loss = getattr(gg.losses, about["class"])(**about["kwargs"])
    mean = loss(numbers["y_true"], prediction)
    close(mean, numbers["mean"])
    close(gg.gradients(mean, prediction), numbers["grad"])


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_reduction_with_weights(case, reduction):
    about, numbers = case
    loss = getattr(gg.losses, about["class"])(reduction=reduction, **about["kwargs"])
    value = loss(numbers["y_true"], numbers["y_pred"], sample_weight=numbers["sample_weight"])
    assert value.shape == ()
    close(value, numbers[f"weighted/{KERAS_NAMES.get(reduction, reduction)}"])


@pytest.mark.parametrize("reduction", [None, "none"])
def test_no_reduction_keeps_each_weighted_value(case, reduction):
    about, numbers = case
    loss = getattr(gg.losses, about["class"])(reduction=reduction, **about["kwargs"])
    value = loss(numbers["y_true"], numbers["y_pred"], sample_weight=numbers["sample_weight"])
    close(value, numbers["per_sample"] * numbers["sample_weight"])


def test_shapes_that_are_unknown_while_building(case):
    about, numbers = case
    loss = getattr(gg.losses, about["class"])(**about["kwargs"])
    rank = numbers["y_pred"].ndim
    prediction = gg.placeholder("float32", (None,) * rank, name="prediction")
    value = loss(numbers["y_true"], prediction)
    feeds = {prediction: numbers["y_pred"]}
    close(value.numpy(feeds), numbers["mean"])
    close(gg.gradients(value, prediction).numpy(feeds), numbers["grad"])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("y", [0.0, 1.0])
@pytest.mark.parametrize("x", [-1000.0, -88.0, -20.0, 0.0, 20.0, 88.0, 1000.0])
def test_binary_crossentropy_of_any_logit_is_finite_and_exact(x, y, dtype):
    """The loss is ln(1 + e^-x) for y = 1, ln(1 + e^x) for y = 0; its slope is sigmoid(x) - y."""
    logit = gg.constant([[x]], dtype)
    loss = gg.losses.binary_crossentropy([[y]], logit, from_logits=True)
    z = -x if y else x
    close(loss, [z if z > 700 else math.log1p(math.exp(z))])
    sigmoid = 1 / (1 + math.exp(-z)) if z > -700 else 0.0
    close(gg.gradients(loss, logit), [[-sigmoid if y else sigmoid]])


@pytest.mark.parametrize("one_hot", [True, False])
def test_probability_of_exactly_zero_gives_a_finite_loss_and_slope(one_hot):
    prediction = gg.constant([[0.0, 1.0]])
    if one_hot:
        loss = gg.losses.categorical_crossentropy([[1.0, 0.0]], prediction)
    else:
        loss = gg.losses.sparse_categorical_crossentropy([0], prediction)
    close(loss, [-math.log(1e-7)])
    assert np.isfinite(gg.gradients(loss, prediction).numpy()).all()


def test_one_hot_and_class_numbers_agree():
    labels = np.array([2, 0, 1, 1])
    scores = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    rows = np.eye(3, dtype=np.float32)[labels]
    for raw in (True, False):
        prediction = scores if raw else gg.activations.softmax(scores)
        sparse = gg.losses.sparse_categorical_crossentropy(labels, prediction, from_logits=raw)
        dense = gg.losses.categorical_crossentropy(rows, prediction, from_logits=raw)
        close(sparse, dense.numpy())


def test_axis_of_the_classes():
    scores = np.random.default_rng(1).normal(size=(2, 3, 4)).astype(np.float32)
    labels = np.array([[0, 1, 2, 0], [2, 2, 1, 0]])
    last = gg.losses.sparse_categorical_crossentropy(
        labels, np.moveaxis(scores, 1, -1), from_logits=True
    )
    close(
        gg.losses.sparse_categorical_crossentropy(labels, scores, from_logits=True, axis=1),
        last.numpy(),
    )
    rows = np.moveaxis(np.eye(3, dtype=np.float32)[labels], -1, 1)
    close(gg.losses.categorical_crossentropy(rows, scores, from_logits=True, axis=1), last.numpy())


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float64"])
def test_targets_of_any_dtype(dtype):
    y = np.array([[0], [1], [1]]).astype(dtype)
    p = np.array([[0.25], [0.5], [0.875]], np.float32)
    by_hand = -np.log([0.75, 0.5, 0.875])
    close(gg.losses.binary_crossentropy(y, p), by_hand)
    close(gg.losses.mean_absolute_error(y, p), [0.25, 0.5, 0.125])


@pytest.mark.parametrize("function", ["mean_squared_error", "mean_absolute_error"])
@pytest.mark.parametrize("shapes", [((4,), (4, 1)), ((4, 1), (4,))])
def test_a_column_meets_a_row_example_by_example(function, shapes):
    """(4,) against (4, 1) is four errors, not the sixteen of broadcasting."""
    y, p = np.arange(4.0).reshape(shapes[0]), np.ones(shapes[1])
    values = getattr(gg.losses, function)(y, p).numpy()
    size = np.abs(np.arange(4.0) - 1) ** (2 if function == "mean_squared_error" else 1)
    # Of vectors the last axis is the only one, and is averaged.
    close(values, size if shapes[1] == (4, 1) else size.mean())


@pytest.mark.parametrize(
    ("loss", "y", "p", "fix"),
    [
        ("mean_squared_error", (4, 3), (4, 2), "Dense(3)"),
        ("mean_absolute_error", (4,), (4, 3), "for one quantity the last layer is Dense(1)"),
        ("mean_squared_error", (4, 1), (4, 5, 1), "layers.Flatten()"),
        ("mean_squared_error", (4, 5, 1), (4, 2), "one unit for each number"),
        ("binary_crossentropy", (4, 2), (4, 1), "Dense(2, activation='softmax')"),
        ("binary_crossentropy", (4, 2), (4, 3), "Dense(2)"),
        ("categorical_crossentropy", (4,), (4, 3), "gg.one_hot(labels, 3)"),
        ("categorical_crossentropy", (4, 1), (4, 3), "sparse_categorical_crossentropy"),
        ("categorical_crossentropy", (4, 2), (4, 3), "Dense(2)"),
        ("sparse_categorical_crossentropy", (4, 3), (4, 3), "use categorical_crossentropy"),
        ("sparse_categorical_crossentropy", (4,), (4, 5, 3), "layers.Flatten()"),
        ("sparse_categorical_crossentropy", (4, 2), (4, 3), "labels of shape (batch,)"),
    ],
)
def test_shapes_that_do_not_fit(loss, y, p, fix):
    with pytest.raises(gg.errors.ShapeError) as caught:
        getattr(gg.losses, loss)(np.zeros(y), np.zeros(p, np.float32))
    assert caught.value.op == loss
    assert fix in caught.value.fix
    assert [name for name, _ in caught.value.arguments] == ["y_true", "y_pred"]


@pytest.mark.parametrize("kind", CLASSES)
def test_get(kind):
    loss = kind()
    assert gg.losses.get(loss) is loss
    assert isinstance(gg.losses.get(kind), kind)
    by_name = gg.losses.get(loss.name)
    assert by_name.function is loss.function
    assert by_name.name == loss.name


@pytest.mark.parametrize(
    ("short", "name"), [("mse", "mean_squared_error"), ("mae", "mean_absolute_error")]
)
def test_short_names(short, name):
    assert gg.losses.get(short).function is getattr(gg.losses, name)


def test_a_function_is_a_loss():
    def cubed(y_true, y_pred):
        return gg.abs(y_true - y_pred) ** 3

    loss = gg.losses.get(cubed)
    assert loss.name == "cubed"
    close(loss([[1.0], [2.0]], [[3.0], [3.0]]), 4.5)
    close(loss([[1.0], [2.0]], [[3.0], [3.0]], sample_weight=[0.5, 3.0]), 3.5)


def test_a_weight_for_each_example_meets_more_axes():
    """Weights (batch,) or (batch, 1) count for all values of an example."""
    y, p = np.zeros((2, 3, 4), np.float32), np.ones((2, 3, 4), np.float32)
    for weights in ([1.0, 3.0], [[1.0], [3.0]]):
        close(gg.losses.MeanSquaredError()(y, p, sample_weight=weights), 2.0)
        total = gg.losses.MeanSquaredError(reduction="mean_with_sample_weight")
        close(total(y, 2 * p, sample_weight=weights), 4.0)


def test_an_unknown_name_or_reduction_is_refused():
    with pytest.raises(gg.errors.UnknownArgumentError, match="did you mean 'mse'"):
        gg.losses.get("mze")
    with pytest.raises(gg.errors.UnknownArgumentError, match="there is no reduction"):
        gg.losses.MeanSquaredError(reduction="median")


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_loss_of_a_softmax_learns_from_scores_of_any_size(sign):
    x = gg.Variable(sign * np.float32([[500.0, 0.0, -500.0]]))
    p = gg.layers.Activation("softmax")(x)
    y = np.float32([[0, 0, 1]])
    wanted = [[1, 0, -1]] if sign > 0 else [[0, 0, 0]]
    for loss in (
        gg.losses.categorical_crossentropy(y, p),
        gg.losses.sparse_categorical_crossentropy([2], p),
    ):
        np.testing.assert_allclose(loss.numpy(), [1000.0 if sign > 0 else 0.0], atol=1e-5)
        found = gg.gradients(gg.sum(loss), x)
        np.testing.assert_allclose(found.numpy(), wanted, atol=1e-5)


def test_the_loss_of_a_sigmoid_learns_from_scores_of_any_size():
    x = gg.Variable(np.float32([[200.0], [-200.0]]))
    loss = gg.losses.binary_crossentropy(np.float32([[0], [0]]), gg.sigmoid(x))
    np.testing.assert_allclose(loss.numpy(), [200.0, 0.0], atol=1e-5)
    found = gg.gradients(gg.sum(loss), x)
    np.testing.assert_allclose(found.numpy().ravel(), [1.0, 0.0], atol=1e-5)
