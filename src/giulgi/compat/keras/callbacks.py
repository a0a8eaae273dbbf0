"""Callbacks: those of giulgi, and those that only Keras has."""

from __future__ import annotations

import csv
import math
import os
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.keras.backend_functions import get_value
from giulgi.compat.keras.training import Logs
from giulgi.compat.names import export, exported
from giulgi.formats.keras_hdf5 import h5py
from giulgi.nn.metrics import is_better_larger

Callback = gg.callbacks.Callback
_Logs = dict[str, Any] | None


def rate_of(optimizer: Any) -> float:
    """Return the learning rate of an optimizer as a number."""
    return float(get_value(optimizer.learning_rate))


class _Keeping(Callback):
    """Base of callbacks that compare a value with the best so far."""

    def _compare(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        self.monitor = monitor
        self.larger_is_better = mode == "max" or (mode != "min" and is_better_larger(monitor))
        self.min_delta = abs(min_delta)
        self.best = -math.inf if self.larger_is_better else math.inf

    def _is_better(self, value: float) -> bool:
        if self.larger_is_better:
            return value - self.min_delta > self.best
        return value + self.min_delta < self.best


@exported("callbacks.EarlyStopping", of="keras")
class EarlyStopping(_Keeping):
    """Ends training once a value has stopped getting better; see giulgi's of the same name."""

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
    ) -> None:
        self._compare(monitor, mode, min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights = restore_best_weights
        self.wait = self.stopped_epoch = 0
        self.best_weights: Any = None

    def on_train_begin(self, logs: _Logs = None) -> None:
        """Forget what was."""
        self.wait = self.stopped_epoch = 0
        self.best = -math.inf if self.larger_is_better else math.inf
        if self.baseline is not None:
            self.best = self.baseline

    def on_epoch_end(self, epoch: int, logs: _Logs = None) -> None:
        """Compare, and end training if the patience is at its end."""
        value = Logs(logs or {}).get(self.monitor)
        if value is None:
            print(
                f"Early stopping conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs or {})}"
            )
            return
        if self._is_better(value):
            self.best, self.wait = value, 0
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            return
        self.wait += 1
        if self.wait >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True
            if self.restore_best_weights and self.best_weights is not None:
                self.model.set_weights(self.best_weights)

    def on_train_end(self, logs: _Logs = None) -> None:
        """Say where it stopped."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1:05d}: early stopping")


@exported("callbacks.ModelCheckpoint", "models.ModelCheckpoint", "layers.ModelCheckpoint",
          of="keras")  # fmt: skip
class ModelCheckpoint(_Keeping):
    """Saves the network after epochs.

    Args:
        filepath: the file; ``{epoch}`` and names of what is reported stand for their values.
        monitor: the value that tells which network is the best.
        verbose: 1 says what is saved.
        save_best_only: whether only a better network is saved.
        save_weights_only: whether the weights alone are saved.
        mode: "min", "max", or "auto" to know by the name.
        period: after how many epochs there is a file.
    """

    def __init__(
        self,
        filepath: str,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        period: int = 1,
        **_: Any,
    ) -> None:
        self._compare(monitor, mode)
        self.filepath = os.fspath(filepath)
        self.verbose, self.save_best_only = verbose, save_best_only
        self.save_weights_only, self.period = save_weights_only, period
        self._since_last = 0

    def on_train_begin(self, logs: _Logs = None) -> None:
        """See to it that files can be written, before an epoch is computed for nothing."""
        if self.filepath.endswith((".h5", ".hdf5")):
            h5py()

    def on_epoch_end(self, epoch: int, logs: _Logs = None) -> None:
        """Save, if it is time."""
        said = Logs(logs or {})
        self._since_last += 1
        if self._since_last < self.period:
            return
        self._since_last = 0
        path = self.filepath.format_map(Logs({**said, "epoch": epoch + 1}))
        number = f"Epoch {epoch + 1:05d}: "
        if self.save_best_only:
            value = said.get(self.monitor)
            if value is None:
                print(f"Can save best model only with {self.monitor} available, skipping.")
                return
            if not self._is_better(value):
                self._say(f"{number}{self.monitor} did not improve from {self.best:.5f}")
                return
            self._say(
                f"{number}{self.monitor} improved from {self.best:.5f} to {value:.5f}, saving "
                f"model to {path}"
            )
            self.best = value
        else:
            self._say(f"{number}saving model to {path}")
        if self.save_weights_only:
            self.model.save_weights(path)  # type: ignore[attr-defined]
        else:
            self.model.save(path)  # type: ignore[attr-defined]

    def _say(self, text: str) -> None:
        if self.verbose > 0:
            print(f"\n{text}")


@exported("callbacks.ReduceLROnPlateau", of="keras")
class ReduceLROnPlateau(_Keeping):
    """Makes the learning rate smaller once a value has stopped getting better.

    Args:
        monitor: the name of the value.
        factor: what the rate is multiplied by.
        patience: how many epochs without improvement are allowed.
        verbose: 1 says the new rate.
        mode: "min", "max", or "auto" to know by the name.
        min_delta: the smallest change that counts.
        cooldown: how many epochs nothing is counted after a change.
        min_lr: the smallest rate.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **options: Any,
    ) -> None:
        if factor >= 1.0:
            raise ValueError("ReduceLROnPlateau does not support a factor >= 1.0.")
        self._compare(monitor, mode, options.get("epsilon", min_delta))
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self.wait = self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: _Logs = None) -> None:
        """Compare, and make the rate smaller if the patience is at its end."""
        optimizer = self.model.optimizer
        rate = rate_of(optimizer)
        if logs is not None:
            logs["lr"] = rate
        value = Logs(logs or {}).get(self.monitor)
        if value is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_better(value):
            self.best, self.wait = value, 0
        elif self.cooldown_counter <= 0:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                new = max(rate * self.factor, self.min_lr)
                optimizer.learning_rate = new
                self.cooldown_counter, self.wait = self.cooldown, 0
                if self.verbose > 0:
                    print(f"\nEpoch {epoch + 1:05d}: ReduceLROnPlateau reducing learning rate to "
                          f"{new}.")  # fmt: skip


@exported("callbacks.LearningRateScheduler", of="keras")
class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch: ``schedule(epoch)`` or ``schedule(epoch, lr)``."""

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: _Logs = None) -> None:
        """Set the rate."""
        optimizer = self.model.optimizer
        try:
            rate = self.schedule(epoch, rate_of(optimizer))
        except TypeError:
            rate = self.schedule(epoch)
        optimizer.learning_rate = float(rate)
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1:05d}: LearningRateScheduler setting learning rate to "
                  f"{rate}.")  # fmt: skip

    def on_epoch_end(self, epoch: int, logs: _Logs = None) -> None:
        """Report the rate."""
        if logs is not None:
            logs["lr"] = rate_of(self.model.optimizer)


@exported("callbacks.CSVLogger", of="keras")
class CSVLogger(Callback):
    """Writes what is reported to a file, a row for each epoch.

    Args:
        filename: the file.
        separator: what stands between the columns.
        append: whether rows are added to those of the file.
    """

    def __init__(self, filename: str, separator: str = ",", append: bool = False) -> None:
        self.filename, self.separator, self.append = os.fspath(filename), separator, append
        self._columns: list[str] | None = None

    def on_train_begin(self, logs: _Logs = None) -> None:
        """Open the file."""
        has_rows = self.append and os.path.exists(self.filename)
        self._has_head = has_rows and os.path.getsize(self.filename) > 0
        self._file = open(self.filename, "a" if self.append else "w", newline="")  # noqa: SIM115

    def on_epoch_end(self, epoch: int, logs: _Logs = None) -> None:
        """Write a row."""
        said = logs or {}
        writer = csv.writer(self._file, delimiter=self.separator)
        if self._columns is None:
            self._columns = sorted(said)
            if not self._has_head:
                writer.writerow(["epoch", *self._columns])
        writer.writerow([epoch, *(said.get(name, "NA") for name in self._columns)])
        self._file.flush()

    def on_train_end(self, logs: _Logs = None) -> None:
        """Close the file."""
        self._file.close()


@exported("callbacks.TerminateOnNaN", of="keras")
class TerminateOnNaN(Callback):
    """Ends training once the loss is no number."""

    def on_batch_end(self, batch: int, logs: _Logs = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss")
        if loss is not None and not np.isfinite(loss):
            print(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True


@exported("callbacks.ProgbarLogger", "callbacks.BaseLogger", of="keras")
class ProgbarLogger(Callback):
    """Prints progress, which ``fit`` does already."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take note of nothing."""


@exported("callbacks.RemoteMonitor", of="keras")
class RemoteMonitor(Callback):
    """Would send what is reported to a server."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError(
            "RemoteMonitor is not there: write a file with CSVLogger, or send what on_epoch_end "
            "of a callback of your own is given"
        )


@exported("callbacks.LambdaCallback", of="keras")
class LambdaCallback(Callback):
    """A callback made of functions."""

    def __init__(self, **hooks: Callable[..., Any] | None) -> None:
        for name, function in hooks.items():
            if function is not None:
                setattr(self, name, function)


@exported("callbacks.CallbackList", of="keras")
class CallbackList:
    """Calls each hook of several callbacks, in order."""

    def __init__(self, callbacks: Any = None, queue_length: int = 10) -> None:
        self.callbacks = list(callbacks or ())
        self.times: deque[float] = deque([time.time()], maxlen=queue_length)

    def append(self, callback: Callback) -> None:
        """Add one."""
        self.callbacks.append(callback)

    def __getattr__(self, name: str) -> Callable[..., None]:
        def call(*args: Any) -> None:
            for callback in self.callbacks:
                getattr(callback, name)(*args)

        return call


export("callbacks.Callback", Callback, of="keras")
export("callbacks.History", gg.callbacks.History, of="keras")
