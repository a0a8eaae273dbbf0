"""Make the golden numbers that giulgi's tests compare against, with real Keras 3 on JAX.

The tests read only the ``keras_*.npz`` files next to this script; neither Keras nor JAX is needed
to run them. Run the script again only to add a case, in an environment made for it::

    python -m venv /tmp/keras-venv
    /tmp/keras-venv/bin/pip install keras jax
    /tmp/keras-venv/bin/python tests/golden/make_keras_golden.py

Every input comes from NumPy with a fixed seed and is stored beside the results, so a test never has
to draw it again. Each file has a JSON string under the key ``meta`` that describes its cases;
README.md lists the keys. All arithmetic is Keras's default, float32 on the CPU.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from branches import NETWORKS

HERE = Path(__file__).resolve().parent
Arrays = dict[str, np.ndarray]


def save(topic: str, arrays: Arrays, cases: dict[str, Any], **facts: Any) -> None:
    """Write ``keras_<topic>.npz``: the arrays, and the description of the cases under ``meta``."""
    versions = {"keras": keras.__version__, "jax": jax.__version__, "numpy": np.__version__}
    meta = json.dumps({"versions": versions, **facts, "cases": cases})
    path = HERE / f"keras_{topic}.npz"
    np.savez_compressed(path, meta=np.array(meta), **arrays)
    print(f"{path.name:24} {path.stat().st_size / 1024:7.1f} KB  {len(cases):3} cases")


def f32(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=np.float32)


def random_probabilities(rng: np.random.Generator, *shape: int) -> np.ndarray:
    scores = np.exp(rng.normal(size=shape))
    return f32(scores / scores.sum(axis=-1, keepdims=True))


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes, dtype=np.float32)[labels]


# ---------------------------------------------------------------------------------------- losses

LOSS_CLASSES = {
    "mean_squared_error": keras.losses.MeanSquaredError,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
}
# One loss case: function name, its keyword arguments, y_true, y_pred.
LossCase = tuple[str, dict[str, Any], np.ndarray, np.ndarray]


def regression_losses(rng: np.random.Generator) -> dict[str, LossCase]:
    cases: dict[str, LossCase] = {}
    for name in ("mean_squared_error", "mean_absolute_error"):
        for suffix, shape in (("", (8, 3)), ("_3d", (2, 3, 4))):
            # No error of exactly 0: backends disagree about the slope of |x| there.
            y_true, y_pred = f32(rng.normal(size=shape)), f32(rng.normal(size=shape))
            cases[name + suffix] = (name, {}, y_true, y_pred)
    return cases


def binary_losses(rng: np.random.Generator) -> dict[str, LossCase]:
    name = "binary_crossentropy"
    targets = f32(rng.integers(0, 2, size=(8, 3)))
    probabilities = f32(rng.uniform(0.02, 0.98, size=(8, 3)))
    logits = f32(3 * rng.normal(size=(8, 3)))
    hard_targets = f32([[0], [0], [1], [1], [0], [1], [0], [1]])
    saturated = f32([[0], [1], [0], [1], [1e-8], [1e-8], [1e-5], [1 - 1e-5]])
    large = f32([[100], [-100], [100], [-100], [0], [0], [-30], [-30]])
    smooth, raw = {"label_smoothing": 0.1}, {"from_logits": True}
    return {
        name: (name, {}, targets, probabilities),
        f"{name}_smoothed": (name, smooth, targets, probabilities),
        f"{name}_saturated": (name, {}, hard_targets, saturated),
        f"{name}_logits": (name, raw, targets, logits),
        f"{name}_logits_smoothed": (name, {**raw, **smooth}, targets, logits),
        f"{name}_logits_large": (name, raw, hard_targets, large),
    }


def categorical_losses(rng: np.random.Generator) -> dict[str, LossCase]:
    """The same predictions for one-hot targets and for sparse labels."""
    labels = rng.integers(0, 4, size=8)
    hard_labels = np.array([0, 1, 2, 0, 1, 2, 0])
    saturated = [[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0.5, 0, 0.5, 0]]
    saturated += [[0.25, 0.25, 1e-8, 0.5], [0.5, 0.5, 0, 0]]
    large = [[100, -100, 0, 1], [100, -100, 0, 1], [100, 100, 100, 100], [-100, -100, -100, 100]]
    large += [[0, 100, 0, -100], [-100, -99, -98, -97], [99, 100, -100, 0]]
    predictions: dict[str, tuple[np.ndarray, np.ndarray]] = {
        "": (labels, random_probabilities(rng, 8, 4)),
        "_unnormalised": (labels, f32(rng.uniform(0.1, 2.0, size=(8, 4)))),
        "_saturated": (hard_labels, f32(saturated)),
        "_logits": (labels, f32(3 * rng.normal(size=(8, 4)))),
        "_logits_3d": (labels.reshape(2, 4), f32(rng.normal(size=(2, 4, 4)))),
        "_logits_large": (hard_labels, f32(large)),
    }
    dense, sparse = "categorical_crossentropy", "sparse_categorical_crossentropy"
    cases: dict[str, LossCase] = {}
    for suffix, (classes, y_pred) in predictions.items():
        raw = {"from_logits": True} if "_logits" in suffix else {}
        smooth = {**raw, "label_smoothing": 0.1}
        cases[dense + suffix] = (dense, raw, one_hot(classes, 4), y_pred)
        cases[f"{dense}{suffix}_smoothed"] = (dense, smooth, one_hot(classes, 4), y_pred)
        cases[sparse + suffix] = (sparse, raw, classes.astype(np.int32), y_pred)
    return cases


def evaluate_loss(case: LossCase, rng: np.random.Generator) -> Arrays:
    """Values per sample, mean, gradient of the mean, and the reductions with sample weights."""
    name, kwargs, y_true, y_pred = case
    function = getattr(keras.losses, name)
    per_sample = function(y_true, y_pred, **kwargs)
    grad = jax.grad(lambda p: jnp.mean(function(y_true, p, **kwargs)))(jnp.asarray(y_pred))
    weights = f32(rng.uniform(0.0, 2.0, size=per_sample.shape))
    weights.flat[1] = 0.0
    result = {"y_true": y_true, "y_pred": y_pred, "per_sample": per_sample, "grad": grad}
    result |= {"mean": jnp.mean(per_sample), "sample_weight": weights}
    for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight"):
        loss = LOSS_CLASSES[name](reduction=reduction, **kwargs)
        result[f"weighted/{reduction}"] = loss(y_true, y_pred, sample_weight=weights)
    return {key: np.asarray(value) for key, value in result.items()}


def make_losses() -> None:
    rng = np.random.default_rng(1)
    cases = regression_losses(rng) | binary_losses(rng) | categorical_losses(rng)
    arrays: Arrays = {}
    about: dict[str, Any] = {}
    for name, case in cases.items():
        results = evaluate_loss(case, rng)
        arrays |= {f"{name}/{key}": value for key, value in results.items()}
        about[name] = {"function": case[0], "class": LOSS_CLASSES[case[0]].__name__}
        about[name]["kwargs"] = case[1]
    save("losses", arrays, about, epsilon=keras.config.epsilon())


# ----------------------------------------------------------------------------------- activations

ELEMENTWISE: dict[str, tuple[str, dict[str, Any]]] = {
    "linear": ("linear", {}),
    "relu": ("relu", {}),
    "sigmoid": ("sigmoid", {}),
    "tanh": ("tanh", {}),
    "softplus": ("softplus", {}),
    "softsign": ("softsign", {}),
    "elu": ("elu", {}),
    "selu": ("selu", {}),
    "exponential": ("exponential", {}),
    "hard_sigmoid": ("hard_sigmoid", {}),
    "gelu": ("gelu", {"approximate": False}),
    "gelu_approximate": ("gelu", {"approximate": True}),
    "silu": ("silu", {}),
    "swish": ("swish", {}),
    "leaky_relu": ("leaky_relu", {}),
    "relu6": ("relu6", {}),
}


def make_activations() -> None:
    tiny = [-1e-2, -1e-4, -1e-6, 1e-6, 1e-4, 1e-2]
    grid = f32(np.sort(np.concatenate([np.linspace(-20, 20, 161), tiny])))
    rng = np.random.default_rng(2)
    batch = f32(3 * rng.normal(size=(3, 5)))
    batch[2] = [100, -100, 0, 99, 1]
    cotangent = f32(rng.normal(size=(3, 5)))
    arrays: Arrays = {"grid": grid, "batch": batch, "batch_cotangent": cotangent}
    about: dict[str, Any] = {}
    for name, (function_name, kwargs) in ELEMENTWISE.items():
        function = getattr(keras.activations, function_name)
        about[name] = {"function": function_name, "kwargs": kwargs, "input": "grid"}
        arrays[f"{name}/values"] = np.asarray(function(jnp.asarray(grid), **kwargs))
        total = jax.grad(lambda x, f=function, k=kwargs: jnp.sum(f(x, **k)))
        arrays[f"{name}/grad"] = np.asarray(total(jnp.asarray(grid)))
    for name in ("softmax", "log_softmax"):
        about[name] = {"function": name, "kwargs": {}, "input": "batch"}
        values, pullback = jax.vjp(getattr(keras.activations, name), jnp.asarray(batch))
        arrays[f"{name}/values"] = np.asarray(values)
        arrays[f"{name}/vjp"] = np.asarray(pullback(jnp.asarray(cotangent))[0])
    save("activations", arrays, about)


# ------------------------------------------------------------------------------------ optimizers

SGD, ADAM = keras.optimizers.SGD, keras.optimizers.Adam
RMSPROP, ADAGRAD = keras.optimizers.RMSprop, keras.optimizers.Adagrad
ADAM_TUNED = {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-3}
ADAGRAD_TUNED = {"learning_rate": 0.01, "epsilon": 1e-6, "initial_accumulator_value": 0.1}
MOMENTUM = {"learning_rate": 0.1, "momentum": 0.9}

OPTIMIZERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "sgd": (SGD, {"learning_rate": 0.01}),
    "sgd_momentum": (SGD, MOMENTUM),
    "sgd_nesterov": (SGD, {**MOMENTUM, "nesterov": True}),
    "adagrad": (ADAGRAD, {}),
    "adagrad_tuned": (ADAGRAD, ADAGRAD_TUNED),
    "rmsprop": (RMSPROP, {}),
    "rmsprop_momentum": (RMSPROP, {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.5}),
    "rmsprop_centered": (RMSPROP, {"learning_rate": 0.001, "centered": True}),
    "adam": (ADAM, {}),
    "adam_tuned": (ADAM, ADAM_TUNED),
    "adam_amsgrad": (ADAM, {"amsgrad": True}),
    "sgd_clipnorm": (SGD, {"learning_rate": 0.1, "clipnorm": 0.5}),
    "sgd_clipvalue": (SGD, {"learning_rate": 0.1, "clipvalue": 0.1}),
    "sgd_global_clipnorm": (SGD, {"learning_rate": 0.1, "global_clipnorm": 0.5}),
    "adam_clipnorm": (ADAM, {"clipnorm": 0.5}),
    "adam_clipvalue": (ADAM, {"clipvalue": 0.1}),
    "adam_global_clipnorm": (ADAM, {"global_clipnorm": 0.5}),
    "sgd_weight_decay": (SGD, {**MOMENTUM, "weight_decay": 0.01}),
    "adam_weight_decay": (ADAM, {"learning_rate": 0.01, "weight_decay": 0.01}),
    "sgd_weight_decay_clipnorm": (SGD, {**MOMENTUM, "weight_decay": 0.01, "clipnorm": 0.5}),
}
STEPS = 20


def make_gradients(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of 20 steps, some above and some below every clipping limit, some exactly 0."""
    scale = np.geomspace(0.02, 2.0, STEPS)
    rng.shuffle(scale)
    grads_w = f32(rng.normal(size=(STEPS, 3, 4)) * scale[:, None, None])
    grads_b = f32(rng.normal(size=(STEPS, 4)) * scale[:, None])
    grads_w[:, 0, 0] = 0.0  # one entry never has a gradient
    grads_b[3] = 0.0  # one step has no gradient for the bias
    grads_w[7], grads_b[7] = 0.0, 0.0  # and one has none at all
    return grads_w, grads_b


def make_optimizers() -> None:
    rng = np.random.default_rng(3)
    grads_w, grads_b = make_gradients(rng)
    arrays: Arrays = {"grads/w": grads_w, "grads/b": grads_b}
    arrays["initial/w"] = f32(rng.normal(size=(3, 4)))
    arrays["initial/b"] = f32(rng.normal(size=(4,)))
    about: dict[str, Any] = {}
    for name, (kind, kwargs) in OPTIMIZERS.items():
        optimizer = kind(**kwargs)
        variables = [keras.Variable(arrays["initial/w"]), keras.Variable(arrays["initial/b"])]
        steps: list[list[np.ndarray]] = [[], []]
        for grads in zip(grads_w, grads_b, strict=True):
            optimizer.apply([jnp.asarray(grad) for grad in grads], variables)
            for values, variable in zip(steps, variables, strict=True):
                values.append(np.array(variable.value))
        arrays[f"{name}/w"], arrays[f"{name}/b"] = (np.stack(values) for values in steps)
        config = {key: value for key, value in optimizer.get_config().items() if key != "name"}
        about[name] = {"class": kind.__name__, "kwargs": kwargs, "config": config}
    save("optimizers", arrays, about, steps=STEPS)


# -------------------------------------------------------------------------------- dense training

ROWS, FEATURES, BATCH, EPOCHS = 32, 5, 8, 3
HEADS = {"softmax": (3, "softmax"), "sigmoid": (1, "sigmoid"), "linear": (1, "linear")}
CLASS_WEIGHT = {0: 1.0, 1: 2.0, 2: 0.5}
SPARSE = "sparse_categorical_crossentropy"


@dataclass
class Scenario:
    """One training run of the dense network, with everything that compile and fit are told."""

    optimizer: tuple[Any, dict[str, Any]] = (SGD, {"learning_rate": 0.1})
    head: str = "softmax"
    targets: str = "labels"
    loss: str = SPARSE
    metrics: list[str] = field(default_factory=lambda: ["accuracy"])
    weighted_metrics: list[str] | None = None
    regularised: bool = False
    class_weight: bool = False
    sample_weight: bool = False
    rows: int = ROWS
    validation_split: float = 0.25

    def describe(self) -> dict[str, Any]:
        kind, kwargs = self.optimizer
        about = {**vars(self), "optimizer": {"class": kind.__name__, "kwargs": kwargs}}
        about["units"], about["activation"] = HEADS[self.head]
        about["class_weight"] = CLASS_WEIGHT if self.class_weight else None
        return about


UNEVEN = {"rows": 30}
SCENARIOS = {
    "sgd": Scenario(optimizer=(SGD, {})),
    "adam": Scenario(optimizer=(ADAM, {})),
    "rmsprop": Scenario(optimizer=(RMSPROP, {})),
    "adagrad": Scenario(optimizer=(ADAGRAD, {})),
    "plain": Scenario(),
    "class_weight": Scenario(class_weight=True, weighted_metrics=["accuracy"]),
    "sample_weight": Scenario(sample_weight=True, weighted_metrics=["accuracy"]),
    "regularised": Scenario(regularised=True),
    "uneven": Scenario(**UNEVEN),
    "uneven_no_validation": Scenario(**UNEVEN, validation_split=0.0),
    "uneven_sample_weight": Scenario(**UNEVEN, sample_weight=True, weighted_metrics=["accuracy"]),
    "uneven_regularised": Scenario(**UNEVEN, regularised=True),
    "binary": Scenario(head="sigmoid", targets="binary", loss="binary_crossentropy"),
    "binary_flat": Scenario(head="sigmoid", targets="binary_flat", loss="binary_crossentropy"),
    "one_hot": Scenario(targets="one_hot", loss="categorical_crossentropy"),
    "labels_column": Scenario(targets="labels_column"),
    "regression": Scenario(head="linear", targets="values", loss="mse", metrics=["mae"]),
    "regression_flat": Scenario(head="linear", targets="values_flat", loss="mse", metrics=["mae"]),
}


def dense_data(rng: np.random.Generator) -> Arrays:
    """Inputs, and every kind of target made from the same scores, and sample weights."""
    x = f32(rng.normal(size=(ROWS, FEATURES)))
    scores = x @ rng.normal(size=(FEATURES, 3)) + 0.5 * rng.normal(size=(ROWS, 3))
    labels = np.argmax(scores, axis=1).astype(np.int32)
    binary, values = f32(scores[:, 0] > 0), f32(scores[:, 1])
    weights = f32(rng.uniform(0.0, 2.0, size=ROWS))
    weights[5] = 0.0
    data = {"x": x, "labels": labels, "labels_column": labels[:, None]}
    data |= {"one_hot": one_hot(labels, 3), "sample_weight": weights}
    data |= {"binary": binary[:, None], "binary_flat": binary}
    return data | {"values": values[:, None], "values_flat": values}


def initial_weights(rng: np.random.Generator) -> dict[str, list[np.ndarray]]:
    """The weights that fit starts from, for each head: two hidden layers that the heads share."""

    def layer(inputs: int, units: int) -> list[np.ndarray]:
        kernel = rng.normal(size=(inputs, units)) / np.sqrt(inputs)
        return [f32(kernel), f32(0.1 * rng.normal(size=units))]

    hidden = layer(FEATURES, 16) + layer(16, 8)
    return {head: hidden + layer(8, units) for head, (units, _) in HEADS.items()}


def build_dense(scenario: Scenario, weights: list[np.ndarray]) -> keras.Model:
    def dense(units: int, activation: str) -> keras.layers.Layer:
        if not scenario.regularised:
            return keras.layers.Dense(units, activation)
        penalties = {
            "kernel_regularizer": keras.regularizers.L2(0.01),
            "bias_regularizer": keras.regularizers.L1(0.01),
        }
        return keras.layers.Dense(units, activation, **penalties)

    head = dense(*HEADS[scenario.head])
    model = keras.Sequential([keras.Input((FEATURES,)), dense(16, "relu"), dense(8, "tanh"), head])
    kind, kwargs = scenario.optimizer
    model.compile(
        optimizer=kind(**kwargs),
        loss=scenario.loss,
        metrics=scenario.metrics,
        weighted_metrics=scenario.weighted_metrics,
    )
    model.set_weights(weights)
    return model


def loss_and_gradients(
    model: keras.Model, weights: list[np.ndarray], x: Any, y: Any, sample_weight: Any
) -> Arrays:
    """The total loss of one batch at the given weights, and its gradients; call it after fit."""

    def total(values: list[jax.Array]) -> tuple[jax.Array, Any]:
        return model.compute_loss_and_updates(
            values,
            [variable.value for variable in model.non_trainable_variables],
            [variable.value for variable in model.metrics_variables],
            x,
            y,
            sample_weight,
            training=True,
            optimizer_variables=[variable.value for variable in model.optimizer.variables],
        )

    values = [jnp.asarray(value) for value in weights]
    (loss, _), grads = jax.value_and_grad(total, has_aux=True)(values)
    result = {f"grads/{i}": np.asarray(grad) for i, grad in enumerate(grads)}
    return {"loss": np.asarray(loss), **result}


def fit_and_record(model: keras.Model, x: Any, y: Any, **fit: Any) -> Arrays:
    """History per epoch, the loss that each batch reports, the final weights and predictions."""
    batch_losses: list[float] = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: batch_losses.append(logs["loss"])
    )
    options = {"shuffle": False, "batch_size": BATCH, "epochs": EPOCHS, "verbose": 0}
    history = model.fit(x, y, callbacks=[record], **options, **fit).history
    results = {f"history/{key}": np.array(values) for key, values in history.items()}
    results["batch_loss"] = np.array(batch_losses).reshape(EPOCHS, -1)
    results |= {f"final/{i}": np.asarray(w) for i, w in enumerate(model.get_weights())}
    predictions = model.predict(x, batch_size=BATCH, verbose=0)
    if isinstance(predictions, list):
        return results | {f"predict/{i}": p for i, p in enumerate(predictions)}
    return results | {"predict": predictions}


def run_scenario(
    scenario: Scenario, data: Arrays, weights: list[np.ndarray]
) -> tuple[Arrays, dict[str, Any]]:
    model = build_dense(scenario, weights)
    x, y = data["x"][: scenario.rows], data[scenario.targets][: scenario.rows]
    sample_weight = data["sample_weight"][: scenario.rows] if scenario.sample_weight else None
    fit: dict[str, Any] = {"validation_split": scenario.validation_split}
    per_row = sample_weight
    if scenario.class_weight:
        fit["class_weight"] = CLASS_WEIGHT
        per_row = f32([CLASS_WEIGHT[int(label)] for label in y])
    results = fit_and_record(model, x, y, sample_weight=sample_weight, **fit)
    options = {"sample_weight": sample_weight, "batch_size": BATCH, "verbose": 0}
    results["evaluate"] = np.array(model.evaluate(x, y, **options))
    named = model.evaluate(x, y, return_dict=True, **options)
    results |= {f"evaluate_dict/{key}": np.array(value) for key, value in named.items()}
    results |= loss_and_gradients(model, weights, x, y, per_row)
    resolved = [f"{type(metric).__name__}:{metric.name}" for metric in model.metrics[1].metrics]
    return results, {**scenario.describe(), "resolved_metrics": resolved}


def make_training() -> None:
    rng = np.random.default_rng(16)
    data, weights = dense_data(rng), initial_weights(rng)
    arrays: Arrays = {f"data/{key}": value for key, value in data.items()}
    for head, values in weights.items():
        arrays |= {f"initial/{head}/{i}": value for i, value in enumerate(values)}
    about: dict[str, Any] = {}
    for name, scenario in SCENARIOS.items():
        results, about[name] = run_scenario(scenario, data, weights[scenario.head])
        arrays |= {f"{name}/{key}": value for key, value in results.items()}
    facts = {"batch_size": BATCH, "epochs": EPOCHS, "shuffle": False}
    save("training", arrays, about, **facts)


# --------------------------------------------------------------------------- functional training


def build_functional(optimizer: Any) -> keras.Model:
    """Two inputs through one shared layer, joined, and two outputs."""
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = keras.layers.Dense(6, "tanh", name="shared")
    joined = keras.layers.Concatenate(name="joined")([shared(left), shared(right)])
    hidden = keras.layers.Dense(5, "relu", name="hidden")(joined)
    label = keras.layers.Dense(3, "softmax", name="label")(hidden)
    value = keras.layers.Dense(1, name="value")(hidden)
    model = keras.Model([left, right], [label, value])
    model.compile(
        optimizer=optimizer,
        loss={"label": SPARSE, "value": "mse"},
        loss_weights={"label": 1.0, "value": 0.5},
        metrics={"label": ["accuracy"], "value": ["mae"]},
    )
    return model


def functional_data(rng: np.random.Generator) -> Arrays:
    """30 rows, so that with batches of 8 the last one is smaller."""
    left, right = f32(rng.normal(size=(30, 4))), f32(rng.normal(size=(30, 4)))
    label = np.argmax(left[:, :3] + right[:, 1:], axis=1).astype(np.int32)
    value = f32(left.sum(axis=1, keepdims=True) - right[:, :1])
    weights = f32(rng.uniform(0.0, 2.0, size=30))
    return {"left": left, "right": right, "label": label, "value": value, "sample_weight": weights}


def make_functional() -> None:
    rng = np.random.default_rng(5)
    data = functional_data(rng)
    x, y = [data["left"], data["right"]], [data["label"], data["value"]]
    paths = [variable.path for variable in build_functional("sgd").weights]
    weights = [f32(0.4 * rng.normal(size=w.shape)) for w in build_functional("sgd").get_weights()]
    arrays: Arrays = {f"data/{key}": value for key, value in data.items()}
    arrays |= {f"initial/{i}": value for i, value in enumerate(weights)}
    about: dict[str, Any] = {}
    runs = {"sgd": (SGD, {"learning_rate": 0.05}, None), "adam": (ADAM, {}, None)}
    runs["sgd_sample_weight"] = (SGD, {"learning_rate": 0.05}, data["sample_weight"])
    for name, (kind, kwargs, sample_weight) in runs.items():
        model = build_functional(kind(**kwargs))
        model.set_weights(weights)
        fit = {"sample_weight": sample_weight, "validation_split": 0.25}
        results = fit_and_record(model, x, y, **fit)
        options = {"sample_weight": sample_weight, "batch_size": BATCH, "verbose": 0}
        results["evaluate"] = np.array(model.evaluate(x, y, **options))
        named = model.evaluate(x, y, return_dict=True, **options)
        results |= {f"evaluate_dict/{key}": np.array(value) for key, value in named.items()}
        per_output = None if sample_weight is None else [sample_weight, sample_weight]
        results |= loss_and_gradients(model, weights, x, y, per_output)
        arrays |= {f"{name}/{key}": value for key, value in results.items()}
        about[name] = {"optimizer": {"class": kind.__name__, "kwargs": kwargs}}
        about[name] |= {"sample_weight": sample_weight is not None, "validation_split": 0.25}
    facts = {"batch_size": BATCH, "epochs": EPOCHS, "shuffle": False, "weights": paths}
    save("functional", arrays, about, loss_weights={"label": 1.0, "value": 0.5}, **facts)


# ---------------------------------------------------------------------------------- initializers

INITIALIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "glorot_uniform": ("GlorotUniform", {}),
    "glorot_normal": ("GlorotNormal", {}),
    "he_uniform": ("HeUniform", {}),
    "he_normal": ("HeNormal", {}),
    "lecun_uniform": ("LecunUniform", {}),
    "lecun_normal": ("LecunNormal", {}),
    "truncated_normal": ("TruncatedNormal", {"stddev": 0.05}),
    "random_normal": ("RandomNormal", {"stddev": 0.05}),
    "random_uniform": ("RandomUniform", {"minval": -0.05, "maxval": 0.05}),
    "variance_scaling": ("VarianceScaling", {}),
}


def make_initializers() -> None:
    """Minimum, maximum, mean and standard deviation of 200,000 draws; never the draws."""
    shape = (400, 500)
    arrays: Arrays = {}
    about: dict[str, Any] = {}
    for name, (kind, kwargs) in INITIALIZERS.items():
        initializer = getattr(keras.initializers, kind)(seed=6, **kwargs)
        draws = np.asarray(initializer(shape), dtype=np.float64)
        arrays[name] = np.array([draws.min(), draws.max(), draws.mean(), draws.std()])
        about[name] = {"class": kind, "kwargs": kwargs}
    save("initializers", arrays, about, shape=shape, columns=["min", "max", "mean", "std"])


# --------------------------------------------------------------------------------------- metrics

# One metric case: class name, its keyword arguments, and (y_true, y_pred) of two updates.
Update = tuple[np.ndarray, np.ndarray]
MetricCase = tuple[str, dict[str, Any], list[Update]]
SIZES = (8, 6)


def label_metrics(rng: np.random.Generator) -> dict[str, MetricCase]:
    def labels(*shape: int) -> np.ndarray:
        return f32(rng.integers(0, 2, size=shape))

    def probabilities(*shape: int) -> np.ndarray:
        values = f32(rng.uniform(0, 1, size=shape))
        values.flat[:2] = [0.5, 0.3]  # exactly on a threshold
        return values

    flat = [(labels(n), labels(n)) for n in SIZES]
    column = [(labels(n, 1), probabilities(n, 1)) for n in SIZES]
    mixed = [(y_true[:, 0], y_pred) for y_true, y_pred in column]
    wide = [(labels(n, 3), probabilities(n, 3)) for n in SIZES]
    return {
        "accuracy": ("Accuracy", {}, flat),
        "accuracy_wide": ("Accuracy", {}, [(y_true, labels(*y_true.shape)) for y_true, _ in wide]),
        "binary_accuracy": ("BinaryAccuracy", {}, column),
        "binary_accuracy_flat_target": ("BinaryAccuracy", {}, mixed),
        "binary_accuracy_wide": ("BinaryAccuracy", {}, wide),
        "binary_accuracy_threshold": ("BinaryAccuracy", {"threshold": 0.3}, wide),
    }


def class_metrics(rng: np.random.Generator) -> dict[str, MetricCase]:
    """Scores with ties: between the two best, across the border of the top two, and of all."""
    sparse: list[Update] = []
    for n, tied_labels in zip(SIZES, ([1, 3, 3], [0, 0, 0]), strict=True):
        scores, labels = random_probabilities(rng, n, 4), rng.integers(0, 4, size=n)
        scores[0] = [0.4, 0.4, 0.1, 0.1]
        scores[1] = [0.1, 0.3, 0.3, 0.3]
        scores[2] = 0.25
        labels[:3] = tied_labels
        sparse.append((labels.astype(np.int32), scores))
    dense = [(one_hot(labels, 4), scores) for labels, scores in sparse]
    column = [(labels[:, None], scores) for labels, scores in sparse]
    top2 = {"k": 2}
    return {
        "categorical_accuracy": ("CategoricalAccuracy", {}, dense),
        "sparse_categorical_accuracy": ("SparseCategoricalAccuracy", {}, sparse),
        "sparse_categorical_accuracy_column": ("SparseCategoricalAccuracy", {}, column),
        "top_k_categorical_accuracy": ("TopKCategoricalAccuracy", top2, dense),
        "sparse_top_k_categorical_accuracy": ("SparseTopKCategoricalAccuracy", top2, sparse),
    }


def error_metrics(rng: np.random.Generator) -> dict[str, MetricCase]:
    updates = [(f32(rng.normal(size=(n, 3))), f32(rng.normal(size=(n, 3)))) for n in SIZES]
    return {
        "mean_squared_error": ("MeanSquaredError", {}, updates),
        "mean_absolute_error": ("MeanAbsoluteError", {}, updates),
    }


def evaluate_metric(case: MetricCase, rng: np.random.Generator) -> Arrays:
    """The function's values, and the object's result after each update, unweighted and weighted."""
    kind, kwargs, updates = case
    plain, weighted = (getattr(keras.metrics, kind)(**kwargs) for _ in range(2))
    arrays: Arrays = {}
    results: dict[str, list[float]] = {"result": [], "weighted_result": []}
    for i, (y_true, y_pred) in enumerate(updates):
        weights = f32(rng.uniform(0, 2, size=len(y_true)))
        # Not every metric's function is public; the object holds the one that it averages.
        values = np.asarray(plain._fn(y_true, y_pred, **plain._fn_kwargs))
        arrays |= {f"{i}/y_true": y_true, f"{i}/y_pred": y_pred, f"{i}/values": values}
        arrays[f"{i}/sample_weight"] = weights
        plain.update_state(y_true, y_pred)
        weighted.update_state(y_true, y_pred, sample_weight=weights)
        results["result"].append(float(plain.result()))
        results["weighted_result"].append(float(weighted.result()))
    return arrays | {key: np.array(values) for key, values in results.items()}


def make_metrics() -> None:
    rng = np.random.default_rng(7)
    cases = label_metrics(rng) | class_metrics(rng) | error_metrics(rng)
    arrays: Arrays = {}
    about: dict[str, Any] = {}
    for name, case in cases.items():
        results = evaluate_metric(case, rng)
        arrays |= {f"{name}/{key}": value for key, value in results.items()}
        about[name] = {"class": case[0], "kwargs": case[1]}
    save("metrics", arrays, about)


# -------------------------------------------------------------------------------------- branches


def make_branches() -> None:
    """The order of layers and of weights in networks with branches, and what they predict."""
    rng = np.random.default_rng(8)
    arrays: Arrays = {}
    about: dict[str, Any] = {}
    for build in NETWORKS:
        name = build.__name__
        model = build(keras)
        weights = [f32(rng.normal(size=w.shape)) for w in model.get_weights()]
        model.set_weights(weights)
        inputs = [f32(rng.normal(size=(5, x.shape[1]))) for x in model.inputs]
        outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        for key, values in (("weights", weights), ("x", inputs), ("predict", outputs)):
            arrays |= {f"{name}/{key}/{i}": value for i, value in enumerate(values)}
        layers = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Layer)]
        about[name] = {"layers": layers}
    save("branches", arrays, about)


if __name__ == "__main__":
    make_losses()
    make_activations()
    make_optimizers()
    make_training()
    make_functional()
    make_initializers()
    make_metrics()
    make_branches()
