"""Progress as Keras 2 printed it: a title, and a line with a bar, times and values."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from giulgi.training.callbacks import Callback
from giulgi.training.data.batches import ArrayBatches
from giulgi.training.progress import Progress, style_for

_WIDTH = 30
_CLEAR = "\033[K"  # What stood behind in the line goes.


class KerasProgress(Progress):
    """Shows how far an epoch is, as a line that is overwritten; in a file the last one alone.

    Args:
        title: what is in progress, such as "Epoch 1/5".
        batches: what is gone through: of arrays the examples are counted, else the batches.
        verbose: 0 shows nothing, 1 a bar, 2 one line at the end.
    """

    def __init__(self, title: str, batches: Any, verbose: Any) -> None:
        self.title, self.steps, self.style = title, batches.steps, int(verbose != 0)
        self.is_epoch = title.startswith("Epoch")
        self.has_bar = verbose not in (0, 2)
        self.overwrites = self.has_bar and style_for("auto") == 1
        self.batch_size, self.target = 1, batches.steps
        if isinstance(batches, ArrayBatches) and batches.steps is not None:
            self.batch_size = batches.batch_size
            self.target = min(batches.data.size, batches.steps * batches.batch_size)
        self._last: tuple[int, Mapping[str, float]] = (0, {})
        self._begin = time.perf_counter()
        self._bar = None

    def update(self, step: int, logs: Mapping[str, float]) -> None:
        """Show that so many batches are done."""
        self._last = step, logs
        if self.overwrites and step != self.steps:
            print(f"\r{self._line(step, logs)}{_CLEAR}", end="", flush=True)

    def finish(self, step: int, logs: Mapping[str, float]) -> None:
        """Leave one whole line with the values of the epoch."""
        if not self.style:
            return
        begin = "\r" if self.overwrites else ""
        if self.has_bar:
            self.steps, self.target = step, self.target or step * self.batch_size
            shown = logs if self.is_epoch else {}
            end = _CLEAR if self.overwrites else ""
            print(f"{begin}{self._line(step, shown)}{end}", flush=True)
        elif self.is_epoch:
            print(f" - {time.perf_counter() - self._begin:.0f}s{values_of(logs)}", flush=True)

    def _line(self, step: int, logs: Mapping[str, float]) -> str:
        seconds = time.perf_counter() - self._begin
        done = step * self.batch_size if self.target is None else self._done(step)
        return line_of(done, self.target, seconds, values_of(logs), step == self.steps)

    def _done(self, step: int) -> int:
        return int(self.target) if step == self.steps else step * self.batch_size

    def close(self) -> None:
        """Leave the line of the bar, which is left already."""


def line_of(
    done: int, target: int | None, seconds: float, values: str, is_last: bool, width: int = _WIDTH
) -> str:
    """Return a line: how much of what is done, a bar, how long it took or takes yet, values."""
    if target is None:
        return f"{done:7d}/Unknown - {seconds:.0f}s{values}"
    count = f"{done:{len(str(target))}d}/{target}"
    each = seconds / max(done, 1)
    if is_last:
        return f"{count} [{'=' * width}] - {seconds:.0f}s {_each(each)}{values}"
    filled = int(width * done / max(target, 1))
    bar = ("=" * (filled - 1) + ">" if filled else "").ljust(width, ".")
    return f"{count} [{bar}] - ETA: {_duration(each * (target - done))}{values}"


def _each(seconds: float) -> str:
    """Return how long a step takes."""
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/step"
    return f"{seconds * 1e3:.0f}ms/step" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us/step"


def _duration(seconds: float) -> str:
    if seconds > 3600:
        return f"{seconds // 3600:.0f}:{seconds % 3600 // 60:02.0f}:{seconds % 60:02.0f}"
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}" if seconds > 60 else f"{seconds:.0f}s"


def values_of(logs: Mapping[str, float]) -> str:
    """Return names and values, as they stand behind the times."""
    return "".join(f" - {name}: {_number(value)}" for name, value in logs.items())


def _number(value: float) -> str:
    is_plain = abs(value) > 1e-3 or not math.isfinite(value)
    return f"{value:.4f}" if is_plain else f"{value:.4e}"


class Titles(Callback):
    """Says which epoch begins, before other callbacks say something of it.

    Args:
        epochs: the number of the last one.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Say it."""
        print(f"Epoch {epoch + 1}/{self.epochs}", flush=True)


def told_first(training: Any, validation: Any, standalone: bool) -> str:
    """Return what is said before the first epoch: how many examples there are.

    Args:
        training: the batches of training.
        validation: those of validation; None: there are none.
        standalone: whether it is Keras itself, which says nothing where there is no validation.
    """
    if not isinstance(training, ArrayBatches):
        return ""
    if isinstance(validation, ArrayBatches):
        return f"Train on {training.data.size} samples, validate on {validation.data.size} samples"
    return "" if standalone else f"Train on {training.data.size} samples"
