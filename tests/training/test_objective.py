"""Losses and metrics of each output: who gets what, how they are called, and their sums."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.training.objective import Measured, Objective, as_list, per_output

NAMES = ["a", "b"]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("mse", ["mse", "mse"]),
        (["mse", "mae"], ["mse", "mae"]),
        (("mse", None), ["mse", None]),
        ({"b": "mae", "a": "mse"}, ["mse", "mae"]),
        ({"b": "mae"}, [None, "mae"]),
        (None, [None, None]),
    ],
)
def test_what_each_of_two_outputs_gets(value, wanted):
    assert per_output("loss", value, NAMES) == wanted


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("loss", "mse", ["mse"]),
        ("loss", ["mse"], ["mse"]),
        ("loss", {"a": "mse"}, ["mse"]),
        ("metrics", ["mae", "mse"], [["mae", "mse"]]),
        ("loss_weights", [0.5], [0.5]),
        ("loss_weights", 0.5, [0.5]),
    ],
)
def test_what_a_single_output_gets(key, value, wanted):
    assert per_output(key, value, ["a"]) == wanted


def as_measured(targets, outputs, weights):
    parts = zip(targets, outputs, weights, strict=True)
    return [Measured(*each, mask=None) for each in parts]


def test_a_list_of_metrics_is_for_each_output():
    assert per_output("metrics", ["mae", "mse", "mae"], NAMES) == [["mae", "mse", "mae"]] * 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["mse"] * 3, "3 entries, and the network 2 outputs"),
        ({"a": "mse", "c": "mse"}, "no output named 'c'"),
    ],
)
def test_refusals(value, text):
    with pytest.raises(gg.errors.GiulgiError, match=text):
        per_output("loss", value, NAMES)


@pytest.mark.parametrize(
    ("value", "wanted"), [(None, []), ("a", ["a"]), (["a", "b"], ["a", "b"]), (("a",), ["a"])]
)
def test_as_list(value, wanted):
    assert as_list(value) == wanted


Y, P = np.array([[0.0], [2.0]], np.float32), np.array([[1.0], [5.0]], np.float32)
W = np.array([1.0, 3.0], np.float32)


def objective(count=1, **spec):
    tensors = [gg.constant(P)] * count
    return Objective(tensors, [gg.constant(Y)] * count, NAMES[:count], spec)


def measured(goal, weights=None, penalties=()):
    """Return the loss of one batch, and all that is reported after it."""
    count = len(goal.goals)
    w = None if weights is None else gg.constant(weights)
    loss, updates = goal.loss(
        as_measured([gg.constant(Y)] * count, [gg.constant(P)] * count, [w] * count),
        list(penalties),
    )
    gg.Program([], [], updates)()
    return float(loss), {name: float(metric.result()) for name, metric in goal.reported.items()}


def test_two_losses_of_one_output():
    with pytest.raises(gg.errors.ArgumentError, match="2 entries, and the network 1 output") as e:
        per_output("loss", ["mse", "mae"], ["a"])
    assert "give one loss" in e.value.fix


def test_one_output():
    loss, reported = measured(objective(loss="mse", metrics=["mae", "mse"]))
    assert loss == pytest.approx(5)
    assert reported == pytest.approx({"loss": 5, "mae": 2, "mse": 5})


def test_weights_count_for_the_loss_and_for_weighted_metrics():
    goal = objective(loss="mse", metrics=["mae"], weighted_metrics=["mae", "mae", "mse"])
    loss, reported = measured(goal, W)
    assert loss == pytest.approx((1 * 1 + 3 * 9) / 2)
    assert reported == pytest.approx(
        {
            "loss": loss,
            "mae": 2,
            "weighted_mae": (1 + 3 * 3) / 4,
            "weighted_mae_1": (1 + 3 * 3) / 4,
            "mse": (1 + 3 * 9) / 4,
        }
    )


def test_two_outputs_and_a_penalty():
    goal = objective(2, loss=["mse", "mae"], loss_weights=[1.0, 0.5], metrics={"b": ["mae", "mae"]})
    loss, reported = measured(goal, penalties=[gg.constant(10.0)])
    assert loss == pytest.approx(5 + 0.5 * 2 + 10)
    assert reported == pytest.approx(
        {"loss": 16, "a_loss": 5, "b_loss": 2, "b_mae": 2, "b_mae_1": 2}
    )


def test_plain_metrics_of_all_outputs_come_before_weighted_ones():
    goal = objective(2, loss="mse", metrics=[["mse"], ["mse"]], weighted_metrics=[["mse"], "mae"])
    assert list(goal.reported)[3:] == ["a_mse", "b_mse", "a_weighted_mse", "b_mae"]


def test_means_over_batches_are_weighted_by_their_sizes():
    goal = objective(loss="mse")
    for y, p in ((Y, P), (Y[:1], P[:1])):
        _, updates = goal.loss(as_measured([gg.constant(y)], [gg.constant(p)], [None]), [])
        gg.Program([], [], updates)()
    assert float(goal.reported["loss"].result()) == pytest.approx((1 + 9 + 1) / 3)


def test_a_metric_of_the_users_keeps_its_name():
    """The same object can be compiled for another network."""
    mine = gg.metrics.MeanAbsoluteError(name="error")
    for _ in range(2):
        assert "a_error" in objective(2, loss="mse", metrics=[[mine], None]).reported
        assert mine.name == "error"


def test_a_loss_that_does_not_fit_tells_its_layer():
    x = gg.Input((3,))
    layer = gg.layers.Dense(2, name="head")
    y = layer(x)
    target = gg.placeholder("float32", (None, 3))
    goal = Objective([y], [target], ["head"], {"loss": "mse"})
    with pytest.raises(gg.errors.ShapeError) as caught:
        goal.loss(as_measured([target], [y], [None]), [])
    assert caught.value.layer == "head"
    assert caught.value.layer_made == layer.source


def test_outputs_are_named_exactly():
    """Names of outputs are the user's: another way of writing one may be another output."""
    with pytest.raises(gg.errors.UnknownArgumentError, match="no output named 'Left'") as caught:
        per_output("loss", {"Left": "mse"}, ["left", "right"])
    assert caught.value.fix == "did you mean 'left'?"
