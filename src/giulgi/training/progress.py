"""Progress while training: a bar in a terminal or a notebook, a line for each epoch in a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from giulgi import pace
from giulgi.errors import ArgumentError


class Ticker:
    """Says about ten times a second that it is time to look."""

    def __init__(self) -> None:
        self._next = time.perf_counter() + pace.INTERVAL

    def is_due(self) -> bool:
        """Whether enough time has passed since the last time it was."""
        now = time.perf_counter()
        if now < self._next:
            return False
        self._next = now + pace.INTERVAL
        return True


class Progress:
    """Shows how far an epoch is.

    Args:
        title: what is in progress, such as "Epoch 1/5".
        steps: the number of batches; None if it is not known.
        verbose: 0 shows nothing, 1 a bar, 2 one line at the end; "auto" is a bar where it can be
            drawn, and one line where the output goes into a file or another program.
    """

    def __init__(self, title: str, steps: int | None, verbose: int | str) -> None:
        self.title = title
        self.steps = steps
        self.style = style_for(verbose)
        self._last: tuple[int, Mapping[str, float]] = (0, {})
        self._begin = time.perf_counter()
        self._bar: Any = _bar(title, steps) if self.style == 1 else None

    def update(self, step: int, logs: Mapping[str, float]) -> None:
        """Show that so many batches are done."""
        self._last = step, logs
        if self._bar is not None:
            self._bar.set_postfix_str(values_text(logs), refresh=False)
            self._bar.update(step - self._bar.n)

    def finish(self, step: int, logs: Mapping[str, float]) -> None:
        """Leave one whole line with the values of the epoch, in the place of the bar."""
        self.update(step, logs)
        self.close()
        if self.style:
            seconds = time.perf_counter() - self._begin
            parts = [self.title, f"{seconds:.1f} s", *([values_text(logs)] if logs else [])]
            print(" - ".join(parts), flush=True)

    def interrupted(self, step: int) -> None:
        """Leave a line with what was last known, and say what the weights are.

        Args:
            step: how many batches are done.
        """
        self.close()
        last, logs = self._last
        if self.style:
            known = [values_text(logs) + ("" if step == last else f" (after step {last})")]
            print(" - ".join([self.title, f"stopped after step {step}", *(known if logs else [])]))
            print("The weights are those of the last whole step.", flush=True)

    def close(self) -> None:
        """Leave the line of the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def require_verbose(op: str, verbose: Any) -> None:
    """Raise an ArgumentError if what is given for ``verbose`` is none of its values."""
    if verbose not in ("auto", 0, 1, 2):
        raise ArgumentError(
            f"verbose is {verbose!r}.",
            op=op,
            fix="0 prints nothing, 1 shows a bar, 2 prints a line for each epoch; or 'auto'",
        )


def style_for(verbose: int | str) -> int:
    """Return 0 for nothing, 1 for a bar, 2 for lines."""
    if verbose in ("auto", 1):
        return 1 if _can_draw() else 2
    return int(verbose)


def _can_draw() -> bool:
    return _in_notebook() or bool(getattr(sys.stdout, "isatty", lambda: False)())


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules


def _bar(title: str, steps: int | None) -> Any:
    from tqdm import tqdm

    # Written to stdout as one line that is overwritten, which notebooks do as well. What does not
    # fit into the width of the window is cut off; so the values come before the times.
    return tqdm(
        total=steps,
        desc=title,
        file=sys.stdout,
        mininterval=0,
        dynamic_ncols=True,
        leave=False,
        unit="step",
        bar_format="{desc} |{bar:10}| {percentage:3.0f}%{postfix} - {remaining} to go"
        if steps is not None
        else "{desc} {n_fmt} steps{postfix} - {elapsed}",
    )


def values_text(logs: Mapping[str, float]) -> str:
    """Return names and values in one line."""
    return " - ".join(f"{name}: {_number(value)}" for name, value in logs.items())


def _number(value: float) -> str:
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3e}"
