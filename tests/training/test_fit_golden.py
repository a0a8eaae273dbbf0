"""Whole trainings beside Keras: same weights, data and order of batches, same numbers."""

import numpy as np
import pytest

import giulgi as gg
from golden import read

DENSE, FUNCTIONAL = read("training"), read("functional")


def close(actual, wanted):
    # README.md of the golden numbers: what float32 keeps of a whole training.
    np.testing.assert_allclose(np.asarray(actual, float), wanted, rtol=1e-5, atol=3e-6)


class Gradient(gg.optimizers.Optimizer):
    """Puts the gradient itself in the place of each weight, so that one step shows it."""

    def step(self, variable, gradient, rate):
        return gradient, []


class Run:
    """One case: a network as Keras's was, its data, and how it is fitted."""

    def __init__(self, golden, name):
        self.golden, self.name = golden, name
        self.about = golden.cases[name]
        self.options = {"batch_size": golden.meta["batch_size"], "verbose": 0}
        self.wanted = golden.below(name)
        if golden is DENSE:
            self.network, self.x, self.y, self.weights, self.sample_weight = _dense(self.about)
        else:
            self.network, self.x, self.y, self.weights, self.sample_weight = _functional(self.about)
        weights = self.about.get("class_weight")
        self.class_weight = weights and {int(label): value for label, value in weights.items()}

    def compiled(self, optimizer=None):
        about = self.about["optimizer"]
        model, losses = self.network
        made = optimizer or getattr(gg.optimizers, about["class"])(**about["kwargs"])
        model.compile(made, **losses)
        model.set_weights(self.weights)
        return model

    def fitted(self):
        """Return the model after fit, its history, and the loss that each batch reported."""
        model, losses = self.compiled(), []
        record = gg.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: losses.append(logs["loss"])
        )
        history = model.fit(
            self.x,
            self.y,
            epochs=self.golden.meta["epochs"],
            shuffle=False,
            callbacks=[record],
            validation_split=self.about["validation_split"],
            sample_weight=self.sample_weight,
            class_weight=self.class_weight,
            **self.options,
        )
        return model, history.history, losses

    def evaluated(self, model, **options):
        return model.evaluate(
            self.x, self.y, sample_weight=self.sample_weight, **self.options, **options
        )


def _dense(about):
    penalties = {
        "kernel_regularizer": gg.regularizers.L2(0.01),
        "bias_regularizer": gg.regularizers.L1(0.01),
    }

    def dense(units, activation):
        return gg.layers.Dense(units, activation, **(penalties if about["regularised"] else {}))

    head = dense(about["units"], about["activation"])
    model = gg.Sequential([gg.Input((5,)), dense(16, "relu"), dense(8, "tanh"), head])
    losses = {key: about[key] for key in ("loss", "metrics", "weighted_metrics")}
    x, y, sample_weight = (
        DENSE[f"data/{key}"][: about["rows"]] for key in ("x", about["targets"], "sample_weight")
    )
    weights = DENSE.numbered(f"initial/{about['head']}")
    return (model, losses), x, y, weights, sample_weight if about["sample_weight"] else None


def _functional(about):
    left, right = gg.Input((4,), name="left"), gg.Input((4,), name="right")
    shared = gg.layers.Dense(6, "tanh", name="shared")
    joined = gg.concat([shared(left), shared(right)], axis=-1)
    hidden = gg.layers.Dense(5, "relu", name="hidden")(joined)
    label = gg.layers.Dense(3, "softmax", name="label")(hidden)
    value = gg.layers.Dense(1, name="value")(hidden)
    model = gg.Model([left, right], [label, value])
    losses = {
        "loss": {"label": "sparse_categorical_crossentropy", "value": "mse"},
        "loss_weights": FUNCTIONAL.meta["loss_weights"],
        "metrics": {"label": ["accuracy"], "value": ["mae"]},
    }
    data = FUNCTIONAL.below("data")
    assert [variable.name for variable in model.weights] == FUNCTIONAL.meta["weights"]
    sample_weight = data["sample_weight"] if about["sample_weight"] else None
    weights = FUNCTIONAL.numbered("initial")
    return (
        (model, losses),
        [data["left"], data["right"]],
        [data["label"], data["value"]],
        weights,
        sample_weight,
    )


CASES = [(DENSE, name) for name in DENSE.cases] + [(FUNCTIONAL, name) for name in FUNCTIONAL.cases]
IDS = [*DENSE.cases, *(f"functional-{name}" for name in FUNCTIONAL.cases)]


@pytest.fixture(params=CASES, ids=IDS)
def run(request):
    return Run(*request.param)


def test_loss_and_gradients_of_one_step(run):
    model = run.compiled(Gradient())
    loss = model.train_on_batch(
        run.x,
        run.y,
        sample_weight=run.sample_weight,
        class_weight=run.class_weight,
        return_dict=True,
    )["loss"]
    close(loss, run.wanted["loss"])
    gradients = run.golden.numbered(f"{run.name}/grads")
    for gradient, wanted in zip(model.get_weights(), gradients, strict=True):
        np.testing.assert_allclose(gradient, wanted, rtol=1e-5, atol=1e-7)


def test_fit(run):
    model, history, losses = run.fitted()
    wanted = run.golden.below(f"{run.name}/history")
    assert set(history) == set(wanted)
    for key, values in wanted.items():
        close(history[key], values)
    if "batch_loss" in run.wanted:
        close(losses, run.wanted["batch_loss"].ravel())
    finals = run.golden.numbered(f"{run.name}/final")
    for weight, final in zip(model.get_weights(), finals, strict=True):
        close(weight, final)
    _check_predictions(run, model)
    _check_evaluation(run, model)


def _check_predictions(run, model):
    found = model.predict(run.x, **run.options)
    if "predict" in run.wanted:
        close(found, run.wanted["predict"])
        return
    assert isinstance(found, list)
    for values, wanted in zip(found, run.golden.numbered(f"{run.name}/predict"), strict=True):
        close(values, wanted)


def _check_evaluation(run, model):
    named = run.evaluated(model, return_dict=True)
    wanted = run.golden.below(f"{run.name}/evaluate_dict")
    assert set(named) == set(wanted)
    for key, value in wanted.items():
        close(named[key], value)
    assert run.evaluated(model) == list(named.values())
    if len(named) == len(run.wanted["evaluate"]):
        close(list(named.values()), run.wanted["evaluate"])
