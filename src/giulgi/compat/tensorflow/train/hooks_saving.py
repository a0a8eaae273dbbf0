"""Hooks that write files: checkpoints, and summaries for TensorBoard."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.tensorflow.system import logging
from giulgi.compat.tensorflow.train.hooks import (
    SecondOrStepTimer,
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
    hook,
    required_global_step,
)
from giulgi.compat.tensorflow.train.summary_writer import FileWriterCache
from giulgi.formats.event_proto import SessionLog, Summary, Value


@hook("CheckpointSaverListener")
class CheckpointSaverListener:
    """Base of what is told when a checkpoint is saved."""

    def begin(self) -> None:
        """Be called before the session is made."""

    def before_save(self, session: Any, global_step_value: int) -> None:
        """Be called before each checkpoint."""

    def after_save(self, session: Any, global_step_value: int) -> None:
        """Be called after each checkpoint."""

    def end(self, session: Any, global_step_value: int) -> None:
        """Be called at the end."""


@hook("CheckpointSaverHook")
class CheckpointSaverHook(SessionRunHook):
    """Saves checkpoints after so many seconds or steps, and at the end."""

    def __init__(
        self, checkpoint_dir: Any, save_secs: float | None = None, save_steps: int | None = None,
        saver: Any = None, checkpoint_basename: str = "model.ckpt", scaffold: Any = None,
        listeners: Sequence[Any] | None = None, **_: Any,
    ) -> None:  # fmt: skip
        if saver is not None and scaffold is not None:
            raise ValueError("You cannot provide both saver and scaffold.")
        self._folder = os.fsdecode(checkpoint_dir)
        self._path = os.path.join(self._folder, checkpoint_basename)
        self._timer = SecondOrStepTimer(save_secs, save_steps)
        self._saver, self._scaffold = saver, scaffold
        self._listeners = list(listeners or [])

    def begin(self) -> None:
        """See the base."""
        self._counter = required_global_step()
        self._writer = FileWriterCache.get(self._folder)
        for listener in self._listeners:
            listener.begin()

    def after_create_session(self, session: Any, coord: Any) -> None:
        """See the base."""
        step = int(session.run(self._counter))
        self._save(session, step)
        self._timer.update_last_triggered_step(step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """See the base."""
        step = int(run_context.session.run(self._counter))
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            self._save(run_context.session, step)

    def end(self, session: Any) -> None:
        """See the base."""
        step = int(session.run(self._counter))
        if step != self._timer.last_triggered_step():
            self._save(session, step)
        for listener in self._listeners:
            listener.end(session, step)

    def _save(self, session: Any, step: int) -> None:
        for listener in self._listeners:
            listener.before_save(session, step)
        logging.info("Saving checkpoints for %d into %s.", step, self._path)
        saver = self._saver
        if saver is None:
            saver = (
                self._scaffold.saver if self._scaffold is not None
                else get_default_graph().get_collection(Collections.SAVERS)[0]
            )  # fmt: skip
        saver.save(session, self._path, global_step=step)
        log = SessionLog(status=SessionLog.CHECKPOINT, checkpoint_path=self._path)
        self._writer.add_session_log(log, step)
        for listener in self._listeners:
            listener.after_save(session, step)


@hook("StepCounterHook")
class StepCounterHook(SessionRunHook):
    """Writes how many steps a second there are."""

    def __init__(
        self, every_n_steps: int | None = 100, every_n_secs: float | None = None,
        output_dir: Any = None, summary_writer: Any = None,
    ) -> None:  # fmt: skip
        self._timer = SecondOrStepTimer(every_n_secs, every_n_steps)
        self._folder, self._writer = output_dir, summary_writer

    def begin(self) -> None:
        """See the base."""
        self._counter = required_global_step()
        if self._writer is None and self._folder:
            self._writer = FileWriterCache.get(self._folder)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """See the base."""
        step = int(run_context.session.run(self._counter))
        if not self._timer.should_trigger_for_step(step):
            return
        seconds, steps = self._timer.update_last_triggered_step(step)
        if seconds and steps:
            speed = steps / seconds
            if self._writer is not None:
                values = [Value(tag="global_step/sec", simple_value=speed)]
                self._writer.add_summary(Summary(value=values), step)
            logging.info("%s: %g", "global_step/sec", speed)


@hook("SummarySaverHook")
class SummarySaverHook(SessionRunHook):
    """Writes summaries after so many steps or seconds."""

    def __init__(
        self, save_steps: int | None = None, save_secs: float | None = None,
        output_dir: Any = None, summary_writer: Any = None, scaffold: Any = None,
        summary_op: Any = None,
    ) -> None:  # fmt: skip
        if (scaffold is None) == (summary_op is None):
            raise ValueError("Exactly one of scaffold or summary_op must be provided.")
        self._summary_op, self._scaffold = summary_op, scaffold
        self._folder, self._writer = output_dir, summary_writer
        self._timer = SecondOrStepTimer(save_secs, save_steps)

    def begin(self) -> None:
        """See the base."""
        self._counter = required_global_step()
        if self._writer is None and self._folder:
            self._writer = FileWriterCache.get(self._folder)
        self._next: int | None = None

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """See the base."""
        self._is_due = self._next is None or self._timer.should_trigger_for_step(self._next)
        fetches: dict[str, Any] = {"step": self._counter}
        found = self._summary_op if self._scaffold is None else self._scaffold.summary_op
        if self._is_due and found is not None:
            fetches["summary"] = found
        return SessionRunArgs(fetches)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """See the base."""
        if self._writer is None:
            return
        step = int(run_values.results["step"])
        if self._is_due:
            self._timer.update_last_triggered_step(step)
            summaries = run_values.results.get("summary")
            for summary in summaries if isinstance(summaries, list) else [summaries]:
                if summary is not None:
                    self._writer.add_summary(summary, step)
        self._next = step + 1

    def end(self, session: Any) -> None:
        """See the base."""
        if self._writer is not None:
            self._writer.flush()
