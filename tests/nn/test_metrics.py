"""Metrics: two updates beside Keras, with and without weights, and how names become metrics."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.nn.metrics import is_better_larger
from golden import read

GOLDEN = read("metrics")
KINDS = sorted({about["class"] for about in GOLDEN.cases.values()})


def of_each_example(values):
    """Keras leaves some accuracies as they are for each output; here they are for each example."""
    return np.asarray(values, np.float64).reshape(len(values), -1).mean(axis=1)


@pytest.fixture(params=GOLDEN.cases)
def case(request):
    """How to make the metric, its two updates, and the results that Keras has after each."""
    about, numbers = GOLDEN.cases[request.param], GOLDEN.below(request.param)
    kind = getattr(gg.metrics, about["class"])
    updates = [
        {key: numbers[f"{i}/{key}"] for key in ("y_true", "y_pred", "sample_weight", "values")}
        for i in range(2)
    ]
    return lambda: kind(**about["kwargs"]), updates, numbers


def test_value_of_each_example(case):
    make, updates, _ = case
    metric = make()
    for update in updates:
        values = metric.function(update["y_true"], update["y_pred"], **metric.options)
        np.testing.assert_allclose(
            of_each_example(values), of_each_example(update["values"]), rtol=1e-5, atol=1e-7
        )


def test_two_updates(case):
    make, updates, numbers = case
    metric = make()
    for update, wanted in zip(updates, numbers["result"], strict=True):
        metric.update_state(update["y_true"], update["y_pred"])
        assert float(metric.result()) == pytest.approx(wanted, rel=1e-5)


def test_two_weighted_updates(case):
    make, updates, numbers = case
    metric = make()
    for update, wanted in zip(updates, numbers["weighted_result"], strict=True):
        metric.update_state(update["y_true"], update["y_pred"], update["sample_weight"])
        assert float(metric.result()) == pytest.approx(wanted, rel=1e-5)


def test_reset(case):
    make, updates, numbers = case
    metric = make()
    assert float(metric.result()) == 0.0
    metric.update_state(updates[1]["y_true"], updates[1]["y_pred"])
    metric.reset_state()
    assert float(metric.result()) == 0.0
    metric.update_state(updates[0]["y_true"], updates[0]["y_pred"])
    assert float(metric.result()) == pytest.approx(numbers["result"][0], rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_get(kind):
    made = getattr(gg.metrics, kind)()
    assert gg.metrics.get(made) is made
    assert isinstance(gg.metrics.get(getattr(gg.metrics, kind)), getattr(gg.metrics, kind))
    by_name = gg.metrics.get(made.name)
    assert by_name.name == made.name
    if kind != "Accuracy":
        assert by_name.function is made.function


@pytest.mark.parametrize(
    ("y_true", "y_pred", "function"),
    [
        ((None,), (None, 1), gg.metrics.binary_accuracy),
        ((None, 1), (None, 1), gg.metrics.binary_accuracy),
        ((None, 3), (None, 3), gg.metrics.categorical_accuracy),
        ((None,), (None, 3), gg.metrics.sparse_categorical_accuracy),
        ((None, 1), (None, 3), gg.metrics.sparse_categorical_accuracy),
        ((None, 7), (None, 7, 3), gg.metrics.sparse_categorical_accuracy),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_is_the_one_that_fits(y_true, y_pred, function, name):
    metric = gg.metrics.get(name, y_true, y_pred)
    assert metric.function is function
    assert metric.name == name


@pytest.mark.parametrize("short", ["mse", "mae"])
def test_short_names_are_kept(short):
    assert gg.metrics.get(short).name == short


def test_a_function_is_a_metric():
    def largest_error(y_true, y_pred):
        return gg.max(gg.abs(y_true - y_pred), axis=-1)

    metric = gg.metrics.get(largest_error)
    assert metric.name == "largest_error"
    metric.update_state([[1.0, 2.0], [3.0, 4.0]], [[1.0, 5.0], [4.0, 4.0]])
    assert float(metric.result()) == 2.0
    assert gg.metrics.get(lambda y_true, y_pred: y_true).name == "lambda"


def test_options_of_the_named_metrics():
    scores = [[0.1, 0.2, 0.3, 0.4]]
    assert float(gg.metrics.sparse_top_k_categorical_accuracy([1], scores, k=2)[0]) == 0
    assert float(gg.metrics.sparse_top_k_categorical_accuracy([1], scores, k=3)[0]) == 1
    named = gg.metrics.BinaryAccuracy(name="sure", threshold=0.9)
    named.update_state([[1.0]], [[0.8]])
    assert (named.name, float(named.result())) == ("sure", 0.0)


def test_means_of_many_examples_stay_exact():
    """In 32 bits a count stops growing at 2^24."""
    metric = gg.metrics.Accuracy()
    metric.total.assign(2.0**24)
    metric.count.assign(2.0**24)
    metric.update_state([1.0], [1.0])
    assert float(metric.total) == float(metric.count) == 2.0**24 + 1


@pytest.mark.parametrize(
    ("name", "larger"),
    [
        ("val_accuracy", True),
        ("acc", True),
        ("val_sparse_categorical_accuracy", True),
        ("label_accuracy", True),
        ("val_loss", False),
        ("mae", False),
    ],
)
def test_which_way_is_better(name, larger):
    assert is_better_larger(name) is larger


def test_an_unknown_name_is_refused():
    with pytest.raises(gg.errors.UnknownArgumentError, match="did you mean 'accuracy'"):
        gg.metrics.get("acuracy")
