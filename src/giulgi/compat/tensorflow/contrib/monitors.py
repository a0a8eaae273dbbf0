"""``tf.contrib.learn.monitors``: what watched training before there were hooks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import advise, export, exported
from giulgi.compat.tensorflow.system import logging
from giulgi.compat.tensorflow.train import hooks as h
from giulgi.compat.tensorflow.train import hooks_saving
from giulgi.compat.tensorflow.train.checkpoints import latest_checkpoint

_HOME = "contrib.learn.monitors"


@exported(f"{_HOME}.BaseMonitor")
class BaseMonitor:
    """Base of monitors: asks for nothing, and does nothing."""

    def __init__(self) -> None:
        self._estimator: Any = None

    run_on_all_workers = False

    def set_estimator(self, estimator: Any) -> None:
        """Be told which estimator is trained."""
        self._estimator = estimator

    def begin(self, max_steps: int | None = None) -> None:
        """Be called before training."""

    def end(self, session: Any = None) -> None:
        """Be called after training."""

    def epoch_begin(self, epoch: int) -> None:
        """Be called before a pass over the data, by programs that know of one."""

    def epoch_end(self, epoch: int) -> None:
        """Be called after a pass over the data, by programs that know of one."""

    def step_begin(self, step: int) -> list[Any]:
        """Return the tensors, or their names, that are wanted of a step."""
        return []

    def step_end(self, step: int, output: dict[Any, Any]) -> bool:
        """Be told their values, by what was asked for and by name; return whether to stop."""
        return False

    def post_step(self, step: int, session: Any) -> None:
        """Be called after a step, when it was decided whether to stop."""


@exported(f"{_HOME}.EveryN")
class EveryN(BaseMonitor):
    """Base of monitors that do something in the first steps, in every n-th, and in the last.

    Args:
        every_n_steps: n.
        first_n_steps: how many of the first steps.
    """

    def __init__(self, every_n_steps: int = 100, first_n_steps: int = 1) -> None:
        super().__init__()
        self._every, self._first = every_n_steps, first_n_steps
        self._most: int | None = None
        self._last: int | None = None  # The step that was just done.
        self._done: int | None = None  # The step at which it did something.
        self._is_due = False

    def begin(self, max_steps: int | None = None) -> None:
        """See the base."""
        super().begin(max_steps)
        self._most = max_steps

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Return the tensors, or their names, that are wanted of such a step."""
        return []

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """Be told their values, by what was asked for and by name; return whether to stop."""
        return False

    def every_n_post_step(self, step: int, session: Any) -> None:
        """Be called after such a step, and at the end."""

    def step_begin(self, step: int) -> list[Any]:
        """See the base."""
        since = step - (self._done or 0)
        self._is_due = step <= self._first or since >= self._every or step == self._most
        if not self._is_due:
            return []
        self._done = step
        return self.every_n_step_begin(step)

    def step_end(self, step: int, output: dict[Any, Any]) -> bool:
        """See the base."""
        self._last = step
        return self.every_n_step_end(step, output) if self._is_due else False

    def post_step(self, step: int, session: Any) -> None:
        """See the base."""
        if self._is_due:
            self.every_n_post_step(step, session)

    def end(self, session: Any = None) -> None:
        """See the base."""
        super().end(session)
        if self._last is not None and self._last != self._done:
            self.every_n_post_step(self._last, session)


@exported(f"{_HOME}.StopAtStep")
class StopAtStep(BaseMonitor):
    """Stops after so many steps, or at a step."""

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        super().__init__()
        if (num_steps is None) == (last_step is None):
            raise ValueError("Exactly one of num_steps or last_step should be specified.")
        self._count, self._last = num_steps, last_step

    def step_begin(self, step: int) -> list[Any]:
        """See the base."""
        if self._last is None:
            self._last = step + (self._count or 0) - 1
        return []

    def step_end(self, step: int, output: dict[Any, Any]) -> bool:
        """See the base."""
        assert self._last is not None
        return step >= self._last


def _name_of(tensor: Any) -> str:
    return str(getattr(tensor, "name", tensor))


def _output(outputs: dict[Any, Any], tensor: Any) -> Any:
    """Return a value by its tensor, or by a name with or without the number of the output."""
    name = _name_of(tensor)
    return outputs[name] if name in outputs else outputs[f"{name}:0"]


@exported(f"{_HOME}.PrintTensor")
class PrintTensor(EveryN):
    """Logs the values of tensors.

    Args:
        tensor_names: the names, or a dict of them by what they are called.
        every_n: how often.
        first_n: how many of the first steps.
    """

    def __init__(self, tensor_names: Any, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        is_named = isinstance(tensor_names, dict)
        self._names = dict(tensor_names) if is_named else {_name_of(t): t for t in tensor_names}

    def every_n_step_begin(self, step: int) -> list[Any]:
        """See the base."""
        return [*self._names.values()]

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """See the base."""
        found = [f"{tag} = {_output(outputs, t)}" for tag, t in self._names.items()]
        logging.info("Step %d: %s", step, ", ".join(found))
        return False


@exported(f"{_HOME}.LoggingTrainable")
class LoggingTrainable(EveryN):
    """Logs the values of the variables that are trained, perhaps only of those in a scope."""

    def __init__(self, scope: str | None = None, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        self._scope = scope

    def every_n_step_begin(self, step: int) -> list[Any]:
        """See the base."""
        graph = get_default_graph()
        self._found = graph.get_collection("trainable_variables", self._scope)
        return [variable.name for variable in self._found]

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """See the base."""
        said = [f"{v.name.split(':')[0]} = {outputs[v.name]}" for v in self._found]
        logging.info("Logging Trainable: Step %d: %s", step, ", ".join(said))
        return False


@exported(f"{_HOME}.CaptureVariable")
class CaptureVariable(EveryN):
    """Keeps the values of a variable by step: ``values``."""

    def __init__(self, var_name: str, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        self._name = var_name
        self.values: dict[int, Any] = {}

    def every_n_step_begin(self, step: int) -> list[Any]:
        """See the base."""
        return [self._name]

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """See the base."""
        self.values[step] = _output(outputs, self._name)
        return False


@exported(f"{_HOME}.NanLoss")
class NanLoss(EveryN):
    """Stops, or raises an error, when a loss is no number any more."""

    def __init__(
        self, loss_tensor: Any, every_n_steps: int = 100, fail_on_nan_loss: bool = True
    ) -> None:
        super().__init__(every_n_steps)
        self._loss, self._fails = loss_tensor, fail_on_nan_loss

    def every_n_step_begin(self, step: int) -> list[Any]:
        """See the base."""
        return [self._loss]

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """See the base."""
        if not np.isnan(_output(outputs, self._loss)).any():
            return False
        logging.error("Model diverged with loss = NaN.")
        if self._fails:
            raise h.NanLossDuringTrainingError
        return True


@exported(f"{_HOME}.ValidationMonitor")
class ValidationMonitor(EveryN):
    """Measures the newest checkpoint on other data, and may stop when it gets no better.

    How often there is a new checkpoint, ``RunConfig(save_checkpoints_secs=...)`` says.

    Args:
        x: features; see ``Estimator.evaluate``.
        y: labels.
        input_fn: makes tensors of features and labels, instead.
        batch_size: how many examples at once.
        eval_steps: how many batches; None: all.
        every_n_steps: how often.
        metrics: what is measured besides.
        hooks: watch the measuring.
        early_stopping_rounds: after how many steps without a better value training stops.
        early_stopping_metric: which value.
        early_stopping_metric_minimize: whether a smaller one is better.
        check_interval_secs: has no meaning: a look for a checkpoint takes no time.
        name: names the folder of what is measured.
    """

    def __init__(
        self, x: Any = None, y: Any = None, input_fn: Any = None, batch_size: int | None = None,
        eval_steps: int | None = None, every_n_steps: int = 100, metrics: Any = None,
        hooks: Any = None, early_stopping_rounds: int | None = None,
        early_stopping_metric: str = "loss", early_stopping_metric_minimize: bool = True,
        check_interval_secs: float = 5, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(every_n_steps, first_n_steps=-1)
        if x is None and input_fn is None:
            raise ValueError("Either x or input_fn should be provided.")
        self._given = {
            "x": x, "y": y, "input_fn": input_fn, "batch_size": batch_size, "steps": eval_steps,
            "metrics": metrics, "hooks": hooks, "name": name,
        }  # fmt: skip
        self._rounds, self._metric = early_stopping_rounds, early_stopping_metric
        self._is_less_better = early_stopping_metric_minimize
        self._seen: str | None = None
        self.early_stopped = False
        self.best_step: int | None = None
        self.best_value: Any = None
        self.best_metrics: dict[str, Any] | None = None

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """See the base."""
        if self._estimator is None:
            raise ValueError("Missing call to set_estimator.")
        newest = latest_checkpoint(self._estimator.model_dir)
        if newest is None or newest == self._seen:
            return False
        self._seen = newest
        found = self._estimator.evaluate(**self._given)
        said = ", ".join(f"{key} = {value}" for key, value in found.items())
        logging.info("Validation (step %d): %s", step, said)
        return self._rounds is not None and self._has_waited(step, found)

    def _has_waited(self, step: int, found: dict[str, Any]) -> bool:
        """Whether the value that counts has been no better for too long."""
        if self._metric not in found:
            raise ValueError(f"Metric {self._metric} missing from outputs {sorted(found)}.")
        now, best = found[self._metric], self.best_value
        if best is None or (now < best if self._is_less_better else now > best):
            self.best_step, self.best_value, self.best_metrics = step, now, found
            return False
        assert self.best_step is not None
        assert self._rounds is not None
        self.early_stopped = step - self.best_step >= self._rounds
        if self.early_stopped:
            logging.info(
                "Stopping. Best step: %d with %s = %s.", self.best_step, self._metric, best
            )
        return self.early_stopped


# A hook already, which needs no estimator.
export(f"{_HOME}.CheckpointSaver", hooks_saving.CheckpointSaverHook)
advise(f"{_HOME}.ExportMonitor", "Call export_savedmodel of the estimator after fit.")


@exported(f"{_HOME}.SummarySaver")
class SummarySaver(hooks_saving.SummarySaverHook):
    """Writes a summary after so many steps."""

    def __init__(
        self, summary_op: Any, save_steps: int = 100, output_dir: Any = None,
        summary_writer: Any = None, scaffold: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(save_steps, None, output_dir, summary_writer, scaffold, summary_op)


@exported(f"{_HOME}.RunHookAdapterForMonitors")
class RunHookAdapterForMonitors(h.SessionRunHook):
    """A hook that calls monitors."""

    def __init__(self, monitors: Iterable[Any]) -> None:
        self._monitors = list(monitors)

    def begin(self) -> None:
        """See the base."""
        self._counter = h.required_global_step()
        self._next: int | None = None
        self._asked: list[Any] = []
        for monitor in self._monitors:
            monitor.begin(max_steps=None)

    def after_create_session(self, session: Any, coord: Any) -> None:
        """See the base."""
        self._next = int(session.run(self._counter)) + 1

    def before_run(self, run_context: h.SessionRunContext) -> h.SessionRunArgs:
        """See the base."""
        assert self._next is not None
        graph = run_context.session.graph
        asked = [m.step_begin(self._next) or () for m in self._monitors]
        self._asked = list(dict.fromkeys(tensor for tensors in asked for tensor in tensors))
        return h.SessionRunArgs([h.tensor_of(graph, tensor) for tensor in self._asked])

    def after_run(self, run_context: h.SessionRunContext, run_values: h.SessionRunValues) -> None:
        """See the base."""
        step, values = self._next, run_values.results or []
        assert step is not None
        # A monitor finds what it asked for by what it asked with; a tensor by its name as well.
        keys = [*map(_name_of, self._asked), *self._asked]
        outputs = dict(zip(keys, [*values, *values], strict=True))
        # All are told, whichever of them wants to stop.
        wishes = [monitor.step_end(step, outputs) for monitor in self._monitors]
        if any(wishes):
            run_context.request_stop()
        for monitor in self._monitors:
            monitor.post_step(step, run_context.session)
        self._next = step + 1

    def end(self, session: Any) -> None:
        """See the base."""
        for monitor in self._monitors:
            monitor.end(session)


@exported(f"{_HOME}.replace_monitors_with_hooks")
def replace_monitors_with_hooks(monitors_or_hooks: Any, estimator: Any) -> list[Any]:
    """Return hooks, with one for all monitors, which are told the estimator."""
    given: Sequence[Any] = list(monitors_or_hooks or [])
    own = [m for m in given if not isinstance(m, h.SessionRunHook)]
    for monitor in own:
        if hasattr(monitor, "set_estimator"):
            monitor.set_estimator(estimator)
    kept = [m for m in given if isinstance(m, h.SessionRunHook)]
    return [*kept, RunHookAdapterForMonitors(own)] if own else kept


@exported(f"{_HOME}.get_default_monitors")
def get_default_monitors(
    loss_op: Any = None, summary_op: Any = None, save_summary_steps: int = 100,
    output_dir: Any = None, summary_writer: Any = None,
) -> list[Any]:  # fmt: skip
    """Return monitors that log a loss, and write a summary."""
    found: list[Any] = [] if loss_op is None else [PrintTensor({"loss": loss_op.name})]
    if summary_op is not None:
        folder = None if output_dir is None else os.fspath(output_dir)
        found.append(SummarySaver(summary_op, save_summary_steps, folder, summary_writer))
    return found
