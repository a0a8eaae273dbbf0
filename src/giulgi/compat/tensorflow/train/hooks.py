"""Hooks: what happens before and after each run of a monitored session."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from giulgi.compat.graphs.graph import Graph, get_default_graph
from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.system import logging
from giulgi.compat.tensorflow.train.global_step import get_global_step


class SessionRunArgs(NamedTuple):
    """What a hook wants to be run besides: fetches, and what is fed for them."""

    fetches: Any
    feed_dict: Any = None
    options: Any = None


class SessionRunValues(NamedTuple):
    """The values of what a hook wanted to be run."""

    results: Any
    options: Any = None
    run_metadata: Any = None


@dataclass
class SessionRunContext:
    """A run: what is run, in which session, and whether to stop after it."""

    original_args: SessionRunArgs
    session: Any
    stop_requested: bool = False

    def request_stop(self) -> None:
        """Let the session stop after this run."""
        self.stop_requested = True


class SessionRunHook:
    """Base of hooks: does nothing."""

    def begin(self) -> None:
        """Be called before the session is made; more of the graph may be built."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Be called when the session is made."""

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Be called before each run; return what is to be run besides."""

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Be called after each run, with the values of that."""

    def end(self, session: Any) -> None:
        """Be called at the end, if there was no error."""


for _thing in (SessionRunArgs, SessionRunValues, SessionRunContext, SessionRunHook):
    export(f"train.{_thing.__name__}", _thing)
    export(f"estimator.{_thing.__name__}", _thing)
    export(f"python.training.session_run_hook.{_thing.__name__}", _thing)


def hook(name: str) -> Callable[[type], type]:
    """Return a decorator that gives a hook the paths of its name."""
    return exported(f"train.{name}", f"estimator.{name}")


def required_global_step() -> Any:
    """Return the variable that counts the steps.

    Raises:
        RuntimeError: if there is none.
    """
    found = get_global_step()
    if found is None:
        raise RuntimeError("Global step should be created: use tf.train.get_or_create_global_step")
    return found


@hook("SecondOrStepTimer")
class SecondOrStepTimer:
    """Tells after how many seconds, or steps, it is time again."""

    def __init__(self, every_secs: float | None = None, every_steps: int | None = None) -> None:
        if (every_secs is None) == (every_steps is None):
            raise ValueError("Exactly one of every_secs and every_steps should be provided.")
        self._secs, self._steps = every_secs, every_steps
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._step: int | None = None
        self._time: float | None = None

    def should_trigger_for_step(self, step: int) -> bool:
        """Whether it is time at a step."""
        if self._step is None or self._time is None:
            return True
        if step == self._step:
            return False
        if self._secs is not None:
            return time.time() >= self._time + self._secs
        assert self._steps is not None
        return step >= self._step + self._steps

    def update_last_triggered_step(self, step: int) -> tuple[float | None, int | None]:
        """Take a step for the last one; return the seconds and steps since the one before."""
        now = time.time()
        passed: tuple[float | None, int | None] = (None, None)
        if self._time is not None and self._step is not None:
            passed = (now - self._time, step - self._step)
        self._time, self._step = now, step
        return passed

    def last_triggered_step(self) -> int | None:
        """Return the last step at which it was time."""
        return self._step


@hook("StopAtStepHook")
class StopAtStepHook(SessionRunHook):
    """Stops after so many steps, or at a step."""

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        if (num_steps is None) == (last_step is None):
            raise ValueError("Exactly one of num_steps or last_step should be specified.")
        self._num_steps, self._last_step = num_steps, last_step

    def begin(self) -> None:
        """See the base."""
        self._counter = required_global_step()

    def after_create_session(self, session: Any, coord: Any) -> None:
        """See the base."""
        if self._num_steps is not None:
            self._last_step = int(session.run(self._counter)) + self._num_steps

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """See the base."""
        return SessionRunArgs(self._counter)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """See the base."""
        assert self._last_step is not None
        # Asked anew: the step may be counted by an operation of another run.
        if int(run_context.session.run(self._counter)) >= self._last_step:
            run_context.request_stop()


def tensor_of(graph: Graph, tensor: Any) -> Any:
    """Return a tensor that may be told by the name of its operation alone."""
    if isinstance(tensor, str) and ":" not in tensor:
        tensor = f"{tensor}:0"
    return graph.as_graph_element(tensor)


@hook("LoggingTensorHook")
class LoggingTensorHook(SessionRunHook):
    """Logs the values of tensors now and then.

    Args:
        tensors: tensors or their names, or a dict of them by what they are called.
        every_n_iter: after so many runs.
        every_n_secs: after so many seconds.
        at_end: only at the end.
        formatter: makes text of a dict of values.
    """

    def __init__(
        self, tensors: Any, every_n_iter: int | None = None, every_n_secs: float | None = None,
        at_end: bool = False, formatter: Callable[[Any], str] | None = None,
    ) -> None:  # fmt: skip
        if not at_end and (every_n_iter is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_iter and every_n_secs must be provided.")
        if isinstance(tensors, Mapping):
            self._tensors = dict(tensors)
        else:
            self._tensors = {getattr(t, "name", str(t)): t for t in tensors}
        is_timed = every_n_iter is not None or every_n_secs is not None
        self._timer = SecondOrStepTimer(every_n_secs, every_n_iter) if is_timed else None
        self._at_end, self._formatter = at_end, formatter

    def begin(self) -> None:
        """See the base."""
        graph = get_default_graph()
        self._fetches = {name: tensor_of(graph, t) for name, t in self._tensors.items()}
        self._count = 0
        if self._timer is not None:
            self._timer.reset()

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """See the base."""
        self._is_due = self._timer is not None and self._timer.should_trigger_for_step(self._count)
        return SessionRunArgs(self._fetches) if self._is_due else None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """See the base."""
        if self._is_due:
            self._log(run_values.results)
        self._count += 1

    def end(self, session: Any) -> None:
        """See the base."""
        if self._at_end:
            self._log(session.run(self._fetches))

    def _log(self, values: Mapping[str, Any]) -> None:
        passed = None
        if self._timer is not None:
            passed, _ = self._timer.update_last_triggered_step(self._count)
        if self._formatter is not None:
            logging.info(self._formatter(values))
            return
        said = ", ".join(f"{name} = {value!s}" for name, value in values.items())
        logging.info(said if passed is None else f"{said} ({passed:.3f} sec)")


@hook("NanLossDuringTrainingError")
class NanLossDuringTrainingError(RuntimeError):
    """The loss is no number any more."""

    def __str__(self) -> str:
        return "NaN loss during training."


@hook("NanTensorHook")
class NanTensorHook(SessionRunHook):
    """Stops, or raises an error, when a loss is no number any more."""

    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True) -> None:
        self._loss, self._fails = loss_tensor, fail_on_nan_loss

    def begin(self) -> None:
        """See the base."""
        self._loss = tensor_of(get_default_graph(), self._loss)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """See the base."""
        return SessionRunArgs(self._loss)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """See the base."""
        if np.isnan(run_values.results).any():
            logging.error("Model diverged with loss = NaN.")
            if self._fails:
                raise NanLossDuringTrainingError
            run_context.request_stop()


@hook("GlobalStepWaiterHook")
class GlobalStepWaiterHook(SessionRunHook):
    """Waits for nobody: this process alone counts steps."""

    def __init__(self, wait_until_step: int) -> None:
        self._wait_until_step = wait_until_step


@hook("FinalOpsHook")
class FinalOpsHook(SessionRunHook):
    """Runs something at the end."""

    def __init__(self, final_ops: Any, final_ops_feed_dict: Any = None) -> None:
        self._ops, self._feeds = final_ops, final_ops_feed_dict
        self.final_ops_values: Any = None

    def end(self, session: Any) -> None:
        """See the base."""
        self.final_ops_values = session.run(self._ops, feed_dict=self._feeds)


@hook("FeedFnHook")
class FeedFnHook(SessionRunHook):
    """Feeds what a function returns, in each run."""

    def __init__(self, feed_fn: Callable[[], Any]) -> None:
        self.feed_fn = feed_fn

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """See the base."""
        return SessionRunArgs(None, feed_dict=self.feed_fn())


@hook("ProfilerHook")
class ProfilerHook(SessionRunHook):
    """Takes down nothing: ``giulgi run --profile`` tells where time goes."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()
