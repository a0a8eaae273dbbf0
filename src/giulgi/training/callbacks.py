"""Callbacks: code that is called at certain points of training, with Keras's names."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from giulgi.advice import advise
from giulgi.errors import ArgumentError, UnknownArgumentError
from giulgi.names import suggestion
from giulgi.nn.lookup import one_of
from giulgi.nn.metrics import is_better_larger
from giulgi.signatures import names_checked
from giulgi.training.hooks import check_hooks

if TYPE_CHECKING:
    from giulgi.training.model import Model

__all__ = [
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
]

Logs = dict[str, Any] | None


class Callback:
    """Base of callbacks: overwrite the hooks that are wanted.

    Attributes:
        model: the network that is trained; ``model.stop_training = True`` ends training.
        params: "epochs", "steps" (of an epoch; None if not known) and "verbose".

    ``logs`` maps the names of losses and metrics to numbers: at the end of a batch the means of
    the epoch so far, at the end of an epoch also those of validation, with "val_" in front. What a
    callback adds to the logs of an epoch, the history takes down.
    """

    model: Model
    params: dict[str, Any]

    def set_model(self, model: Model) -> None:
        """Receive the network."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Receive the parameters."""
        self.params = params

    def on_train_begin(self, logs: Logs = None) -> None:
        """At the beginning of ``fit``."""

    def on_train_end(self, logs: Logs = None) -> None:
        """At the end of ``fit``."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Before an epoch; the first is 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """After an epoch and its validation."""

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of training, under its old name."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of training, under its old name."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of training."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of training."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Before an evaluation, also that of validation."""

    def on_test_end(self, logs: Logs = None) -> None:
        """After an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of an evaluation."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of a prediction; ``logs["outputs"]`` holds it."""


Callbacks = Sequence[Callback] | Callback | None


class CallbackList:
    """Calls each hook of several callbacks, in order.

    Args:
        callbacks: the callbacks, or a single one.
        model: the network.
        params: what every callback gets as ``params``.
        history: comes last, so that it takes down what the others add to the logs.
    """

    def __init__(
        self,
        callbacks: Callbacks,
        model: Model,
        params: dict[str, Any],
        history: History | None = None,
    ) -> None:
        given: Any = [] if callbacks is None else callbacks
        is_one = isinstance(given, (Callback, str)) or not isinstance(given, Iterable)
        own = [given] if is_one else list(given)
        self.callbacks = own if history is None else [*own, history]
        self.params = params
        self._listening: dict[str, bool] = {}
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise _callback_error(callback)
            if callback is not history:
                check_hooks(callback, Callback)
            callback.set_params(params)
            callback.set_model(model)

    def listens(self, hook: str) -> bool:
        """Whether any callback does something at this hook, so that it is worth calling."""
        found = self._listening.get(hook)
        if found is None:
            names = _HOOKS_BEHIND.get(hook, (hook,))
            found = self._listening[hook] = any(
                _overwrites(callback, name) for callback in self.callbacks for name in names
            )
        return found

    def call(self, hook: str, *args: Any) -> None:
        """Call the hook of each callback."""
        for callback in self.callbacks:
            getattr(callback, hook)(*args)


def _callback_error(given: Any) -> ArgumentError:
    fix = "derive its class from gg.callbacks.Callback"
    if inspect.isclass(given) and issubclass(given, Callback):
        fix = f"brackets make a callback of the class: {given.__name__}()"
    elif isinstance(given, str):
        fix = "make an object of its class, such as gg.callbacks.EarlyStopping()"
    elif callable(given):
        fix = "say when it is to be called: gg.callbacks.LambdaCallback(on_epoch_end=function)"
    said = given.__name__ if hasattr(given, "__name__") else repr(given)
    return ArgumentError(f"{said} is not a callback.", op="fit", fix=fix)


def _overwrites(callback: Callback, name: str) -> bool:
    own = getattr(callback, name)
    return getattr(own, "__func__", own) is not getattr(Callback, name)


# Hooks that call others of the same callback.
_HOOKS_BEHIND = {
    "on_train_batch_begin": ("on_train_batch_begin", "on_batch_begin"),
    "on_train_batch_end": ("on_train_batch_end", "on_batch_end"),
}


class History(Callback):
    """What was reported after each epoch.

    Attributes:
        history: the values of each loss and metric, one for each epoch.
        epoch: the numbers of the epochs.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begin anew."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Take down the values."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        return f"History({len(self.epoch)} epochs: {', '.join(self.history)})"


class EarlyStopping(Callback):
    """Ends training once a value has stopped getting better.

    Args:
        monitor: the name of the value, as in the logs.
        min_delta: the smallest change that counts.
        patience: how many epochs without improvement are allowed.
        verbose: 1 says when and why it stopped.
        mode: "min" if smaller is better, "max" if larger, "auto" to know by the name.
        baseline: a value that must be reached for the patience to start anew.
        restore_best_weights: whether the network ends with the weights of its best epoch.
        start_from_epoch: the first epoch that counts.

    Attributes:
        best: the best value.
        best_epoch: its epoch.
        stopped_epoch: the epoch in which it stopped; 0 if it did not.
    """

    @names_checked
    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        one_of("mode", mode, ("auto", "min", "max"))
        if not isinstance(patience, (int, float, np.number)) or patience < 0:
            raise ArgumentError(
                f"patience is {patience!r}; it is a number of epochs, from 0 on.",
                op="EarlyStopping",
                fix="patience=3",
            )
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.larger_is_better = mode == "max" or (mode == "auto" and is_better_larger(monitor))
        self.on_train_begin()

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget what was."""
        self.wait = 0
        self.stopped_epoch = 0
        self.best = -math.inf if self.larger_is_better else math.inf
        self.best_epoch = 0
        self._best_weights: list[Any] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Compare, and end training if the patience is at its end."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            advise(
                f"EarlyStopping waits for {self.monitor!r}, which is not reported; "
                f"{self._way_out(logs or {})}"
            )
            return
        if epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self._best_weights is None:
            # The first are the best, as long as no value is better than none (as NaN is not).
            self._best_weights = self.model.get_weights()
            self.best_epoch = epoch
        self.wait += 1
        if self._is_better(value, self.best):
            self.best = value
            self.best_epoch = epoch
            if self.restore_best_weights:
                self._best_weights = self.model.get_weights()
            if self.baseline is None or self._is_better(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _way_out(self, logs: dict[str, Any]) -> str:
        if self.monitor.startswith("val_") and not any(name.startswith("val_") for name in logs):
            return "give fit validation_data=(x, y), or monitor='loss'"
        return suggestion(self.monitor, logs)

    def on_train_end(self, logs: Logs = None) -> None:
        """Restore the best weights, if that was asked for."""
        if self.stopped_epoch and self.verbose:
            was = f"was best in epoch {self.best_epoch + 1} ({self.best:.4g})"
            if math.isinf(self.best):
                was = "was never a number"
            print(f"Stopped after epoch {self.stopped_epoch + 1}: {self.monitor} {was}.")
        if self._best_weights is not None:
            self.model.set_weights(self._best_weights)

    def _is_better(self, value: float, reference: float) -> bool:
        if self.larger_is_better:
            return value - self.min_delta > reference
        return value + self.min_delta < reference


class LambdaCallback(Callback):
    """A callback made of functions: ``LambdaCallback(on_epoch_end=lambda epoch, logs: ...)``."""

    def __init__(self, **hooks: Callable[..., Any] | None) -> None:
        known = [name for name in dir(Callback) if name.startswith("on_")]
        for name, function in hooks.items():
            if name not in known:
                raise UnknownArgumentError(
                    f"there is no hook {name!r}.",
                    op="LambdaCallback",
                    fix=suggestion(name, known),
                )
            if function is not None:
                setattr(self, name, function)


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch, and reports it as "learning_rate" after it.

    Args:
        schedule: ``schedule(epoch, rate)`` or ``schedule(epoch)`` returns the new rate.
        verbose: 1 prints it.
    """

    @names_checked
    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise ArgumentError(
                f"schedule is {schedule!r}; it is a function of the epoch.",
                op="LearningRateScheduler",
                fix="LearningRateScheduler(lambda epoch: 0.1 * 0.9**epoch)",
            )
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Set the rate."""
        optimizer = self.model.optimizer
        wants_rate = len(inspect.signature(self.schedule).parameters) > 1
        arguments = (epoch, float(optimizer.learning_rate)) if wants_rate else (epoch,)
        answer = self.schedule(*arguments)
        if answer is None:
            raise ArgumentError(
                f"the schedule gives None for epoch {epoch}.",
                op="LearningRateScheduler",
                fix="end the function with: return rate",
            )
        rate = float(answer)
        optimizer.learning_rate = rate
        if self.verbose:
            print(f"Epoch {epoch + 1}: the learning rate is {rate:g}.")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Report the rate."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)
