"""Losses and metrics of one's own, written as Keras's documentation says."""

import numpy as np
import pytest

import giulgi as gg

X = np.arange(8, dtype=np.float32).reshape(4, 2)
Y = np.array([[1.0], [2.0], [3.0], [5.0]], np.float32)
QUIET = {"verbose": 0}


class FourthPower(gg.losses.Loss):
    def __init__(self, factor=1.0, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * gg.mean((y_true - y_pred) ** 4, axis=-1)


class TruePositives(gg.metrics.Metric):
    """The example of Keras's documentation."""

    def __init__(self, name="true_positives", **options):
        super().__init__(name=name, **options)
        self.true_positives = self.add_weight(name="tp", initializer="zeros")
        self.batches = self.add_variable(shape=(), initializer="zeros", name="batches")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = gg.cast(y_true, "bool"), gg.cast(y_pred, "float32")
        hits = gg.logical_and(y_true, y_pred > 0.5)
        values = gg.cast(hits, "float32")
        if sample_weight is not None:
            values = values * gg.reshape(sample_weight, (-1, 1))
        self.true_positives.assign_add(gg.sum(values))
        self.batches.assign_add(0.5)
        self.batches.assign_add(0.5)

    def result(self):
        return self.true_positives + 0 * self.batches


def network(**options):
    model = gg.Sequential([gg.Input((2,)), gg.layers.Dense(1, kernel_initializer="ones")])
    model.compile(gg.optimizers.SGD(0.0), **options)
    return model


# ------------------------------------------------------------------------------------- losses


def test_a_loss_of_ones_own():
    loss = FourthPower(2.0)
    assert (loss.name, loss.reduction) == ("fourth_power", "sum_over_batch_size")
    assert float(loss([[1.0], [2.0]], [[3.0], [2.0]])) == 16
    assert float(loss([[1.0], [2.0]], [[3.0], [2.0]], sample_weight=[0.5, 1.0])) == 8
    assert FourthPower(name="own", reduction="sum").name == "own"
    assert float(FourthPower(reduction="sum")([[1.0]], [[3.0]])) == 16


def test_a_network_is_trained_for_a_loss_of_ones_own():
    model = network(loss=FourthPower())
    wanted = np.mean((Y - X.sum(axis=1, keepdims=True)) ** 4)
    assert model.evaluate(X, Y, **QUIET) == pytest.approx(wanted, rel=1e-6)
    assert model.fit(X, Y, **QUIET).history["loss"] == pytest.approx([wanted], rel=1e-6)


def test_a_loss_without_call():
    with pytest.raises(gg.errors.GraphError, match="does not say what it computes") as caught:
        gg.losses.Loss()([1.0], [2.0])
    assert "call(self, y_true, y_pred)" in caught.value.fix


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"loss": lambda y, p: None}, "the loss 'lambda' returns nothing"),
        ({"loss": "mse", "metrics": [lambda y, p: None]}, "the metric 'lambda' returns nothing"),
    ],
)
def test_functions_that_return_nothing(options, text):
    with pytest.raises(gg.errors.GraphError, match=text) as caught:
        network(**options).fit(X, Y, **QUIET)
    assert "end it with: return" in caught.value.fix


def test_a_loss_of_many_numbers_is_refused():
    with pytest.raises(gg.errors.ArgumentError, match="reduction='none'") as caught:
        network(loss=gg.losses.MeanSquaredError(reduction="none"))
    assert caught.value.op == "compile"


def test_a_mean_by_weights_that_are_all_0_is_0():
    """As in Keras; and its slope is 0, not NaN."""
    loss = gg.losses.MeanSquaredError(reduction="mean_with_sample_weight")
    p = gg.constant([[1.0], [2.0]])
    y = loss([[0.0], [0.0]], p, sample_weight=[0.0, 0.0])
    assert float(y) == 0
    np.testing.assert_array_equal(gg.gradients(y, p).numpy(), [[0.0], [0.0]])
    assert float(loss([[0.0], [0.0]], p, sample_weight=[0.0, 2.0])) == 4


# ------------------------------------------------------------------------------------ vectors


def test_losses_and_metrics_of_vectors_are_means_over_examples():
    """(batch,) holds one number for each example: batches of 1 and 3 weigh as 1 and 3."""
    metric = gg.metrics.MeanSquaredError()
    metric.update_state([0.0], [4.0])
    metric.update_state([0.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    assert float(metric.result()) == 4
    weighted = gg.losses.MeanSquaredError()([0.0, 0.0], [1.0, 3.0], sample_weight=[1.0, 0.0])
    assert float(weighted) == 0.5


def test_a_network_of_vectors_reports_means_over_examples():
    x = gg.Input((2,))
    model = gg.Model(x, gg.sum(x, axis=-1))
    model.compile("sgd", "mse", metrics=["mae"])
    y = np.array([1.0, 5.0, 0.0, 0.0], np.float32)
    sums = X.sum(axis=1)
    answer = model.evaluate(X, y, batch_size=3, return_dict=True, **QUIET)
    assert answer["mae"] == pytest.approx(np.abs(sums - y).mean())
    assert answer["loss"] == pytest.approx(((sums - y) ** 2).mean())


def test_the_accuracy_of_vectors_is_that_of_a_yes_or_no():
    function = gg.metrics.get("accuracy", (None,), (None,)).function
    assert function is gg.metrics.binary_accuracy
    metric = gg.metrics.BinaryAccuracy()
    assert float(metric([0.0, 1.0, 1.0], [0.1, 0.9, 0.2])) == pytest.approx(2 / 3)


def test_class_numbers_of_vectors_are_refused():
    """A vector has one score for each example, so the only class is 0."""
    x = gg.Input((2,))
    model = gg.Model(x, gg.sum(x, axis=-1))
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(gg.errors.DataError, match="the network has 1 output: classes 0 to 0"):
        model.evaluate(X, np.array([0, 1, 0, 1]), **QUIET)


# ------------------------------------------------------------------------------------ metrics


def test_a_metric_of_ones_own_at_once():
    metric = TruePositives()
    assert metric.true_positives.name == "true_positives/tp"
    assert float(metric([[1.0], [1.0], [0.0]], [[0.9], [0.1], [0.8]])) == 1
    assert float(metric([[1.0]], [[0.9]], sample_weight=[0.5])) == 1.5
    assert float(metric.batches) == 2
    metric.reset_state()
    assert float(metric.result()) == 0


@pytest.mark.parametrize(("key", "wanted"), [("metrics", 4), ("weighted_metrics", 2.5)])
def test_a_metric_of_ones_own_in_training(key, wanted):
    model = network(loss="mse", **{key: [TruePositives()]})
    weights = np.array([1.0, 0.5, 1.0, 0.0], np.float32)
    options = {"batch_size": 3, "epochs": 2, "sample_weight": weights, **QUIET}
    history = model.fit(X, Y, **options).history
    assert history["true_positives"] == [wanted, wanted]


def test_means_of_values():
    mean = gg.metrics.Mean()
    mean.update_state([1.0, 2.0])
    assert float(mean.result()) == 1.5
    assert float(mean([5.0, 6.0], sample_weight=[1.0, 0.0])) == pytest.approx(8 / 3)
    assert float(gg.metrics.Mean()(3.0)) == 3


def test_what_a_metric_of_ones_own_forgets():
    class Empty(gg.metrics.Metric):
        pass

    with pytest.raises(gg.errors.GraphError, match="does not say what a batch changes"):
        Empty().update_state([1.0], [1.0])
    with pytest.raises(gg.errors.GraphError, match="does not say what its result is"):
        Empty().result()
    assert Empty().name == "empty"

    class Foreign(gg.metrics.Metric):
        def update_state(self, y_true, y_pred, sample_weight=None):
            counter.assign_add(1.0)

    counter = gg.Variable(0.0, "counter")
    with pytest.raises(gg.errors.GraphError, match="changes 'counter', which is not its own"):
        Foreign().updates(gg.constant(1.0), gg.constant(1.0))


def test_metrics_inside_a_metric_are_part_of_its_state():
    class Both(gg.metrics.Metric):
        def __init__(self):
            super().__init__()
            self.parts = [gg.metrics.Mean("low"), gg.metrics.Mean("high")]

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.parts[0].update_state(gg.min(y_pred))
            self.parts[1].update_state(gg.max(y_pred))

        def result(self):
            return self.parts[1].result() - self.parts[0].result()

    model = network(loss="mse", metrics=[Both()])
    assert model.evaluate(X, Y, return_dict=True, **QUIET)["both"] == 12
    assert len(Both().variables) == 4


def test_the_same_metric_twice_is_refused():
    mine = TruePositives()
    for options in ({"metrics": [mine, mine]}, {"metrics": [mine], "weighted_metrics": [mine]}):
        with pytest.raises(gg.errors.ArgumentError, match="'true_positives' is given twice") as c:
            network(loss="mse", **options)
        assert c.value.op == "compile"
    x = gg.Input((2,))
    model = gg.Model(x, [gg.layers.Dense(1)(x), gg.layers.Dense(1)(x)])
    model.compile("sgd", "mse", metrics=[mine])
    with pytest.raises(gg.errors.ArgumentError, match="given twice"):
        model.fit(X, [Y, Y], **QUIET)


def test_the_metrics_of_one_output_may_be_a_list_in_a_list():
    """As Keras allows."""
    model = network(loss="mse", metrics=[["mae", "mse"]])
    assert list(model.evaluate(X, Y, return_dict=True, **QUIET)) == ["loss", "mae", "mse"]


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ("half", "loss_weights has 'half'"),
        ([1.0, 2.0], "loss_weights has .1.0, 2.0."),
        (["a"], "loss_weights has 'a'"),
    ],
)
def test_loss_weights_of_one_output_are_one_number(weights, text):
    model = network(loss="mse", loss_weights=weights)
    with pytest.raises(gg.errors.ArgumentError, match=text):
        model.fit(X, Y, **QUIET)


def test_the_loss_weight_of_one_output():
    plain, double = network(loss="mse"), network(loss="mse", loss_weights=[np.float32(2)])
    twice = 2 * plain.evaluate(X, Y, **QUIET)
    assert double.evaluate(X, Y, **QUIET) == pytest.approx(twice)


@pytest.mark.parametrize("name", ["validation_steps", "validation_batch_size"])
@pytest.mark.parametrize("value", [0, -1, 2.5])
def test_numbers_of_validation_are_checked_with_a_split_as_well(name, value):
    with pytest.raises(gg.errors.ArgumentError, match=f"{name} is {value}; .* at least 1"):
        network(loss="mse").fit(X, Y, validation_split=0.5, **{name: value}, **QUIET)
