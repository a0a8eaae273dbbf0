"""slim's loop of training: ``slim.learning.train``."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from giulgi.compat.errors import OutOfRangeError
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.sessions.session import Session
from giulgi.compat.tensorflow.system import logging
from giulgi.compat.tensorflow.train import checkpoints
from giulgi.compat.tensorflow.train.coordination import Coordinator, start_queue_runners
from giulgi.compat.tensorflow.train.global_step import get_or_create_global_step
from giulgi.compat.tensorflow.train.monitored import Scaffold
from giulgi.compat.tensorflow.train.saver import Saver
from giulgi.compat.tensorflow.train.summary_writer import FileWriter


@exported("contrib.slim.learning.train_step", "contrib.slim.python.slim.learning.train_step")
def train_step(
    sess: Session, train_op: Any, global_step: Any, train_step_kwargs: dict[str, Any]
) -> tuple[Any, bool]:
    """Take one step; return the loss, and whether to stop.

    Args:
        sess: the session.
        train_op: the loss, whose computation takes a step.
        global_step: counts the steps.
        train_step_kwargs: under ``"should_stop"`` and ``"should_log"`` what says that: a tensor,
            or a function of the number of steps.
    """
    begun = time.monotonic()
    loss, count = sess.run([train_op, global_step])

    def asked(key: str) -> bool:
        said = train_step_kwargs.get(key)
        if said is None:
            return False
        return bool(said(count) if callable(said) else sess.run(said))

    if asked("should_log"):
        took = time.monotonic() - begun
        shown = float(np.asarray(loss).mean())
        logging.info("global step %d: loss = %.4f (%.3f sec/step)", count, shown, took)
    return loss, asked("should_stop")


@exported("contrib.slim.learning.train", "contrib.slim.python.slim.learning.train")
def train(
    train_op: Any,
    logdir: Any,
    train_step_fn: Callable[..., Any] = train_step,
    train_step_kwargs: Any = None,
    log_every_n_steps: int = 1,
    graph: Any = None,
    master: str = "",
    is_chief: bool = True,
    global_step: Any = None,
    number_of_steps: int | None = None,
    init_op: Any = None,
    init_feed_dict: Any = None,
    local_init_op: Any = None,
    init_fn: Callable[[Any], Any] | None = None,
    ready_op: Any = None,
    summary_op: Any = None,
    save_summaries_secs: float = 600,
    summary_writer: Any = None,
    startup_delay_steps: int = 0,
    saver: Saver | None = None,
    save_interval_secs: float = 600,
    **_: Any,
) -> Any:
    """Take steps, save checkpoints and summaries into a folder, and return the last loss.

    Args:
        train_op: the loss, whose computation takes a step.
        logdir: the folder; None: nothing is saved.
        train_step_fn: takes a step; see :func:`train_step`.
        train_step_kwargs: what it is given; None: what stops and logs by the number of steps.
        log_every_n_steps: the steps from log to log.
        graph: the graph; None: the one that is built in.
        global_step: counts the steps; None: that of the graph.
        number_of_steps: where to stop; None: never.
        init_op: gives variables their first values.
        init_feed_dict: what is fed for that.
        local_init_op: gives local variables their first values.
        init_fn: a function of the session that is called after that.
        summary_op: makes all summaries; None: all of the graph.
        save_summaries_secs: the seconds from summary to summary.
        summary_writer: writes summaries.
        saver: saves and restores.
        save_interval_secs: the seconds from checkpoint to checkpoint.
    """
    del master, is_chief, ready_op, startup_delay_steps
    own = get_default_graph() if graph is None else graph
    with own.as_default():
        step = get_or_create_global_step() if global_step is None else global_step
        parts = Scaffold(
            init_op, init_feed_dict, None, None, None, local_init_op, summary_op, saver
        )
        parts.finalize()
        writer = summary_writer
        if writer is None and logdir is not None:
            writer = FileWriter(logdir, own)
        with Session(graph=own) as session:
            newest = checkpoints.latest_checkpoint(logdir) if logdir is not None else None
            if newest is not None:
                parts.saver.restore(session, newest)
            else:
                session.run(parts.init_op, feed_dict=init_feed_dict)
                if init_fn is not None:
                    init_fn(session)
            session.run(parts.local_init_op)
            given = train_step_kwargs
            if given is None:
                given = _by_number(number_of_steps, log_every_n_steps, logdir)
            coordinator = Coordinator()
            start_queue_runners(session, coordinator)
            keeper = _Keeper(
                session, step, parts, writer,
                None if logdir is None else f"{logdir}/model.ckpt",
                (save_interval_secs, save_summaries_secs),
            )  # fmt: skip
            try:
                return _steps(lambda: train_step_fn(session, train_op, step, given), keeper)
            finally:
                coordinator.request_stop()


def _by_number(steps: int | None, every: int, logdir: Any) -> dict[str, Any]:
    """Return what stops after so many steps, and logs each so many."""
    found: dict[str, Any] = {"should_stop": lambda count: steps is not None and count >= steps}
    if every > 0:
        found["should_log"] = lambda count: count % every == 0
    if logdir is not None:
        found["logdir"] = logdir
    return found


class _Keeper:
    """Saves checkpoints and summaries, when it is time."""

    def __init__(
        self, session: Session, step: Any, parts: Scaffold, writer: Any, path: str | None,
        intervals: tuple[float, float],
    ) -> None:  # fmt: skip
        self._session, self._step, self._parts = session, step, parts
        self._writer, self._path, self._intervals = writer, path, intervals
        self._saved = [time.monotonic()] * 2

    def __call__(self, is_end: bool) -> None:
        """Save what is due; all of it in the end."""
        now = time.monotonic()
        count: int | None = None
        if self._path is not None and (is_end or now - self._saved[0] > self._intervals[0]):
            count = int(self._session.run(self._step))
            self._parts.saver.save(self._session, self._path, global_step=count)
            self._saved[0] = now
        due = is_end or now - self._saved[1] > self._intervals[1]
        if due and self._writer is not None and self._parts.summary_op is not None:
            count = int(self._session.run(self._step)) if count is None else count
            with suppress(OutOfRangeError):
                self._writer.add_summary(self._session.run(self._parts.summary_op), count)
            self._saved[1] = now


def _steps(take: Callable[[], Any], keep: _Keeper) -> Any:
    """Take steps until one says to stop, or the data have ended; return the last loss."""
    loss, is_end = None, False
    while not is_end:
        try:
            loss, is_end = take()
        except OutOfRangeError:
            logging.info("Caught OutOfRangeError. Stopping Training.")
            is_end = True
        keep(bool(is_end))
    return loss
