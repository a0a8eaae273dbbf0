"""Models whose program says itself what a step is: ``train_step`` and ``test_step``.

A step is traced as a function of ``tf.function`` is, and called for each batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.eager.functions import Function
from giulgi.compat.eager.tape import GradientTape
from giulgi.compat.graphs.graph import is_eager
from giulgi.compat.keras import losses, metrics, metrics_objects
from giulgi.compat.keras.metrics_objects import MeanMetricWrapper
from giulgi.compat.keras.training import KerasTrainer, Logs
from giulgi.compat.tensors.tensor import as_tensor
from giulgi.names import letters_of
from giulgi.training.callbacks import CallbackList
from giulgi.training.data.batches import ArrayBatches, Batch
from giulgi.training.data.feeding import Given
from giulgi.tree import flatten


def nested_batch(batch: Batch) -> Any:
    """Return a batch as a step is given it: x, (x, y) or (x, y, weights)."""
    x = _one_or_all(batch.x)
    parts = [x, *([_one_or_all(batch.y)] if batch.y else [])]
    if batch.weights:
        parts.append(_one_or_all(batch.weights))
    return parts[0] if len(parts) == 1 else tuple(parts)


def _one_or_all(arrays: Sequence[Any]) -> Any:
    tensors = [as_tensor(array) for array in arrays]
    return tensors[0] if len(tensors) == 1 else tuple(tensors)


def unpacked(data: Any) -> tuple[Any, Any, Any]:
    """Return x, y and weights of what a step is given; None for what is not there."""
    if not isinstance(data, (list, tuple)):
        return data, None, None
    x, y, weights = [*data, None, None][:3]
    return x, y, weights


class SteppedTrainer(KerasTrainer):
    """Trains by the steps of a model's own."""

    model: Any

    def __init__(self, model: Any) -> None:
        self.model = model
        self.optimizer = getattr(model, "optimizer", None)
        self._results: Mapping[str, Any] = {}
        self._steps = {
            True: self._function(model.train_step),
            False: self._function(model.test_step),
        }

    def _function(self, step: Any) -> Any:
        return step if self.model.runs_eagerly else Function(step)

    def run(self, batch: Batch, training: bool) -> None:
        """Take one batch."""
        found = self._steps[training](nested_batch(batch))
        self._results = found if isinstance(found, Mapping) else {"loss": found}

    def results(self) -> dict[str, float]:
        """Return what the last step returned."""
        found: dict[str, float] = {}
        for name, value in self._results.items():
            if isinstance(value, Mapping):
                found |= {key: _number(x) for key, x in value.items()}
            else:
                found[name] = _number(value)
        return Logs(found)

    def reset(self) -> None:
        """Let all metrics of the model begin anew."""
        for metric in self.model.metrics:
            reset = getattr(metric, "reset_states", None) or getattr(metric, "reset_state", None)
            if reset is not None:
                reset()

    def check_targets(self, op: str, batches: Any) -> None:
        """Take all targets."""

    def _check_labels(self, op: str, batch: Batch) -> None:
        """Take all targets."""

    def _iterations(self) -> int:
        return 0

    def _stretches(self, batches: ArrayBatches, training: bool) -> Iterator[int]:
        for number, batch in enumerate(batches.epoch(), start=1):
            self.run(batch, training)
            yield number


def _number(value: Any) -> float:
    array = value.numpy() if hasattr(value, "numpy") else value
    return float(array.mean()) if hasattr(array, "mean") else float(array)


class CompiledLoss:
    """The loss that ``compile`` was given, as a step of a model's own calls it.

    Attributes:
        metrics: the mean of the losses since the last reset.
    """

    def __init__(self, model: Any) -> None:
        self.losses = model.loss
        kind: Any = metrics_objects.__dict__["Mean"]
        self.metrics = [kind(name="loss")]

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None
    ) -> Any:
        """Return the loss of a batch, with penalties."""
        predicted = flatten(y_pred)[0]
        true = flatten(y_true)[0]
        functions = flatten(self.losses)[0]
        if len(functions) == 1:
            functions = functions * len(predicted)
        total: Any = None
        for loss, y, p in zip(functions, true, predicted, strict=True):
            value = losses.as_loss(loss)(y, p, sample_weight)
            total = value if total is None else total + value
        for penalty in regularization_losses or []:
            total = total + penalty
        total = as_tensor(total)
        self.metrics[0].update_state(total)
        return total


class CompiledMetrics:
    """The metrics that ``compile`` was given, as a step of a model's own updates them."""

    def __init__(self, given: Any) -> None:
        self._given = [m for m in flatten(given)[0] if m is not None] if given else []
        self._made: list[Any] | None = None

    @property
    def metrics(self) -> list[Any]:
        """The metrics, once there was a batch; before, those that are objects."""
        if self._made is not None:
            return self._made
        return [m for m in self._given if isinstance(m, gg.metrics.Metric)]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        y, p = as_tensor(flatten(y_true)[0][0]), as_tensor(flatten(y_pred)[0][0])
        if self._made is None:
            self._made = [_metric(m, y, p) for m in self._given]
        for metric in self._made:
            metric.update_state(y, p, sample_weight)


def _metric(given: Any, y: Any, p: Any) -> Any:
    """Return a metric of a name or function; which accuracy is meant the shapes tell."""
    if isinstance(given, type):
        given = given()
    if isinstance(given, gg.metrics.Metric):
        return given
    if isinstance(given, str):
        if given.lower() in ("accuracy", "acc"):
            last = p.shape[-1] if p.shape.ndims else 1
            is_hot = y.shape.ndims == p.shape.ndims and y.shape[-1] == last
            kind = (
                "binary_accuracy" if last == 1
                else "categorical_accuracy" if is_hot
                else "sparse_categorical_accuracy"
            )  # fmt: skip
            return _mean_of(metrics.FUNCTIONS[kind], given)
        for name, function in metrics.FUNCTIONS.items():
            if letters_of(name) == letters_of(given):
                return _mean_of(function, given)
        raise ValueError(f"Unknown metric function: {given}. There are {[*metrics.FUNCTIONS]}")
    return MeanMetricWrapper(given, getattr(given, "__name__", "metric"))


def _mean_of(function: Any, name: str) -> Any:
    def apply(y_true: Any, y_pred: Any) -> Any:
        return function(y_true, y_pred)

    apply.of_giulgi = apply  # type: ignore[attr-defined]
    return MeanMetricWrapper(apply, name)


class Stepped:
    """What a model has whose program says itself what a step is."""

    loss: Any
    optimizer: Any
    losses: Any
    trainable_variables: Any

    def train_step(self, data: Any) -> Mapping[str, Any]:
        """Take a training step on a batch; return results by name."""
        x, y, weights = unpacked(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)  # type: ignore[operator]
            loss = self.compiled_loss(y, y_pred, weights, regularization_losses=self.losses)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        self.compiled_metrics.update_state(y, y_pred, weights)
        return {m.name: m.result() for m in self.metrics}

    def test_step(self, data: Any) -> Mapping[str, Any]:
        """Measure a batch; return results by name."""
        x, y, weights = unpacked(data)
        y_pred = self(x, training=False)  # type: ignore[operator]
        self.compiled_loss(y, y_pred, weights, regularization_losses=self.losses)
        self.compiled_metrics.update_state(y, y_pred, weights)
        return {m.name: m.result() for m in self.metrics}

    @property
    def runs_eagerly(self) -> bool:
        """Whether steps are called as they are."""
        return bool(self.__dict__.get("__run_eagerly", False))

    @property
    def compiled_loss(self) -> CompiledLoss:
        """The loss that ``compile`` was given."""
        found: CompiledLoss = self._kept("__compiled_loss", lambda: CompiledLoss(self))
        return found

    @property
    def compiled_metrics(self) -> CompiledMetrics:
        """The metrics that ``compile`` was given."""
        given = self.__dict__.get("__metrics")
        found: CompiledMetrics = self._kept("__compiled_metrics", lambda: CompiledMetrics(given))
        return found

    def _kept(self, name: str, make: Any) -> Any:
        if name not in self.__dict__:
            self.__dict__[name] = make()
        return self.__dict__[name]

    @property
    def metrics(self) -> Any:
        """The metrics: as they were given, or as objects where a program computes at once."""
        if not is_eager() and not self.has_own_steps("train_step", "test_step"):
            return self.__dict__.get("__metrics", [])
        return [*self.compiled_loss.metrics, *self.compiled_metrics.metrics]

    @property
    def given_metrics(self) -> Any:
        """The metrics as ``compile`` was given them."""
        return self.__dict__.get("__metrics", [])

    def note_compiled(self, given: Any, options: Mapping[str, Any]) -> None:
        """Take note of what ``compile`` was given."""
        self.__dict__["__metrics"] = given if given is not None else []
        self.__dict__["__run_eagerly"] = bool(options.get("run_eagerly"))
        for name in ("__compiled_loss", "__compiled_metrics", "__stepped"):
            self.__dict__.pop(name, None)

    def has_own_steps(self, *names: str) -> bool:
        """Whether the program says itself what some steps are."""
        return any(getattr(type(self), name) is not getattr(Stepped, name) for name in names)

    def stepped(self) -> SteppedTrainer:
        """Return what trains by the model's own steps."""
        found: SteppedTrainer = self._kept("__stepped", lambda: SteppedTrainer(self))
        return found

    def fit_by_steps(
        self, given: Given, epochs: range, verbose: Any, callbacks: Any, shuffle: bool,
        split: float, validation_data: Any, validation_steps: int | None, validation_freq: Any,
    ) -> Any:  # fmt: skip
        """Train by the model's own steps; return the history."""
        model: Any = self
        split = 0.0 if validation_data is not None else split
        _, training, held_out = given.batches("fit", None, shuffle, split)
        validation = model._validation(
            validation_data, held_out, given.batch_size, validation_steps
        )
        model.history = gg.callbacks.History()
        model.stop_training = False
        params = {"epochs": epochs.stop, "steps": training.steps, "verbose": verbose}
        hooks = CallbackList(callbacks, model, params, model.history)
        self.stepped().fit(training, epochs, hooks, verbose, validation, validation_freq)
        return model.history

    def evaluate_by_steps(self, given: Given, verbose: Any, callbacks: Any, as_dict: bool) -> Any:
        """Measure by the model's own steps; return results."""
        model: Any = self
        _, batches, _ = given.batches("evaluate", None)
        hooks = model._hooks(callbacks, batches, verbose)
        found = self.stepped().evaluate(batches, hooks, verbose)
        if as_dict:
            return dict(found)
        values = list(found.values())
        return values[0] if len(values) == 1 else values
