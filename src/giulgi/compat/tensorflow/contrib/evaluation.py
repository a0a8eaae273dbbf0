"""Measuring the checkpoints of a model: ``slim.evaluation`` and ``tf.contrib.training``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from giulgi.compat.names import exported
from giulgi.compat.tensorflow.system import logging
from giulgi.compat.tensorflow.train.checkpoints import latest_checkpoint
from giulgi.compat.tensorflow.train.global_step import get_or_create_global_step
from giulgi.compat.tensorflow.train.hooks import (
    FinalOpsHook,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from giulgi.compat.tensorflow.train.monitored import ChiefSessionCreator, MonitoredSession, Scaffold
from giulgi.compat.tensorflow.train.saver import Saver
from giulgi.compat.tensorflow.train.summary import merge_all
from giulgi.compat.tensorflow.train.summary_writer import FileWriterCache

# Where a summary is not told: the one of all.
ALL: Any = object()


@exported("contrib.training.StopAfterNEvalsHook")
class StopAfterNEvalsHook(SessionRunHook):
    """Stops after so many runs; None: when the data have ended."""

    def __init__(self, num_evals: int | None, log_progress: bool = True) -> None:
        self._most, self._says = num_evals, log_progress

    def begin(self) -> None:
        """See the base."""
        self._count = 0

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """See the base."""
        self._count += 1
        if self._most is None:
            return
        if self._says and self._count % max(self._most // 10, 1) == 0:
            logging.info("Evaluation [%d/%d]", self._count, self._most)
        if self._count >= self._most:
            run_context.request_stop()


@exported("contrib.training.SummaryAtEndHook")
class SummaryAtEndHook(SessionRunHook):
    """Writes a summary at the end.

    Args:
        log_dir: the folder.
        summary_writer: writes it, instead.
        summary_op: makes it; None: all of the graph.
        feed_dict: what is fed for it.
    """

    def __init__(
        self, log_dir: Any = None, summary_writer: Any = None, summary_op: Any = None,
        feed_dict: Any = None,
    ) -> None:  # fmt: skip
        if log_dir is None and summary_writer is None:
            raise ValueError("log_dir or summary_writer should be given.")
        self._folder, self._writer = log_dir, summary_writer
        self._summary, self._feeds = summary_op, feed_dict

    def begin(self) -> None:
        """See the base."""
        self._step = get_or_create_global_step()
        if self._summary is None:
            self._summary = merge_all()
        if self._writer is None:
            self._writer = FileWriterCache.get(self._folder)

    def end(self, session: Any) -> None:
        """See the base."""
        if self._summary is not None:
            found, step = session.run([self._summary, self._step], feed_dict=self._feeds)
            self._writer.add_summary(found, step)
        self._writer.flush()


@exported("contrib.training.wait_for_new_checkpoint", "contrib.slim.evaluation"
          ".wait_for_new_checkpoint")  # fmt: skip
def wait_for_new_checkpoint(
    checkpoint_dir: Any, last_checkpoint: str | None = None, seconds_to_sleep: float = 1,
    timeout: float | None = None,
) -> str | None:  # fmt: skip
    """Return the newest checkpoint of a folder, as soon as it is another than the last.

    None is returned if there is none for so many seconds.
    """
    logging.info("Waiting for new checkpoint at %s", checkpoint_dir)
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        found = latest_checkpoint(checkpoint_dir)
        if found is not None and found != last_checkpoint:
            logging.info("Found new checkpoint at %s", found)
            return found
        if end is not None and time.monotonic() + seconds_to_sleep > end:
            return None
        time.sleep(seconds_to_sleep)


@exported("contrib.training.checkpoints_iterator", "contrib.slim.evaluation.checkpoints_iterator",
          "train.checkpoints_iterator")  # fmt: skip
def checkpoints_iterator(
    checkpoint_dir: Any, min_interval_secs: float = 0, timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:  # fmt: skip
    """Yield the checkpoints of a folder as they come, until there is none for so many seconds."""
    found: str | None = None
    while True:
        newer = wait_for_new_checkpoint(checkpoint_dir, found, timeout=timeout)
        if newer is None:
            if timeout_fn is None or timeout_fn():
                return
            continue
        found, begun = newer, time.monotonic()
        yield found
        time.sleep(max(0.0, begun + min_interval_secs - time.monotonic()))


@exported("contrib.training.evaluate_once")
def evaluate_once(
    checkpoint_path: Any, master: str = "", scaffold: Scaffold | None = None, eval_ops: Any = None,
    feed_dict: Any = None, final_ops: Any = None, final_ops_feed_dict: Any = None,
    hooks: Sequence[Any] | None = None, config: Any = None,
) -> Any:  # fmt: skip
    """Return values of a model as a checkpoint has it.

    Args:
        checkpoint_path: the checkpoint.
        master: has no meaning.
        scaffold: what the session needs of the graph.
        eval_ops: what is run, until a hook says to stop or the data end.
        feed_dict: what is fed for that.
        final_ops: whose values are returned, in the end.
        final_ops_feed_dict: what is fed for those.
        hooks: hooks.
        config: of the session.
    """
    get_or_create_global_step()
    last = FinalOpsHook(final_ops, final_ops_feed_dict)
    creator = ChiefSessionCreator(scaffold, master, config, None, checkpoint_path)
    given = [*(hooks or []), *([last] if final_ops is not None else [])]
    with MonitoredSession(creator, given) as session:
        while eval_ops is not None and not session.should_stop():
            session.run(eval_ops, feed_dict)
    return last.final_ops_values


@exported("contrib.training.evaluate_repeatedly")
def evaluate_repeatedly(
    checkpoint_dir: Any, master: str = "", scaffold: Scaffold | None = None, eval_ops: Any = None,
    feed_dict: Any = None, final_ops: Any = None, final_ops_feed_dict: Any = None,
    eval_interval_secs: float = 60, hooks: Sequence[Any] | None = None, config: Any = None,
    max_number_of_evaluations: int | None = None, timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Any:  # fmt: skip
    """Return the last values of the models that come into a folder; see :func:`evaluate_once`.

    Args:
        checkpoint_dir: the folder.
        eval_interval_secs: the least seconds from one to the next.
        max_number_of_evaluations: how many; None: until there is none for ``timeout`` seconds.
        timeout: how long to wait for another; None: for ever.
        timeout_fn: says then whether that is the end.
    """
    values = None
    paths = checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout, timeout_fn)
    for count, path in enumerate(paths, 1):
        values = evaluate_once(
            path, master, scaffold, eval_ops, feed_dict, final_ops, final_ops_feed_dict, hooks,
            config,
        )  # fmt: skip
        if max_number_of_evaluations is not None and count >= max_number_of_evaluations:
            break
    return values


def _parts(
    logdir: Any, num_evals: int, initial: Any, initial_feeds: Any, summary: Any, feeds: Any,
    wanted: Any, hooks: Any,
) -> tuple[Scaffold, list[Any]]:  # fmt: skip
    """Return what a session of slim needs, and its hooks."""
    get_or_create_global_step()
    saver = None if wanted is None else Saver(wanted)
    scaffold = Scaffold(init_op=initial, init_feed_dict=initial_feeds, saver=saver)
    found: list[Any] = [StopAfterNEvalsHook(num_evals)]
    summary = merge_all() if summary is ALL else summary
    if summary is not None and logdir is not None:
        found.append(SummaryAtEndHook(logdir, summary_op=summary, feed_dict=feeds))
    return scaffold, [*found, *(hooks or [])]


@exported("contrib.slim.evaluation.evaluate_once")
def slim_evaluate_once(
    master: str, checkpoint_path: Any, logdir: Any, num_evals: int = 1, initial_op: Any = None,
    initial_op_feed_dict: Any = None, eval_op: Any = None, eval_op_feed_dict: Any = None,
    final_op: Any = None, final_op_feed_dict: Any = None, summary_op: Any = ALL,
    summary_op_feed_dict: Any = None, variables_to_restore: Any = None,
    session_config: Any = None, hooks: Any = None,
) -> Any:  # fmt: skip
    """Return values of a model as a checkpoint has it, after so many runs of ``eval_op``.

    Args:
        master: has no meaning.
        checkpoint_path: the checkpoint.
        logdir: the folder of summaries.
        num_evals: how many runs.
        initial_op: is run before.
        eval_op: is run, for instance the updates of metrics.
        final_op: whose values are returned, in the end.
        summary_op: makes a summary, in the end; if it is not given, of all.
        variables_to_restore: which variables the checkpoint has; None: all.
        session_config: of the session.
        hooks: more hooks.
    """
    scaffold, own = _parts(
        logdir, num_evals, initial_op, initial_op_feed_dict, summary_op, summary_op_feed_dict,
        variables_to_restore, hooks,
    )  # fmt: skip
    return evaluate_once(
        checkpoint_path, master, scaffold, eval_op, eval_op_feed_dict, final_op,
        final_op_feed_dict, own, session_config,
    )  # fmt: skip


@exported("contrib.slim.evaluation.evaluation_loop")
def evaluation_loop(
    master: str, checkpoint_dir: Any, logdir: Any, num_evals: int = 1, initial_op: Any = None,
    initial_op_feed_dict: Any = None, eval_op: Any = None,
    eval_op_feed_dict: Any = None, final_op: Any = None, final_op_feed_dict: Any = None,
    summary_op: Any = ALL, summary_op_feed_dict: Any = None, variables_to_restore: Any = None,
    eval_interval_secs: float = 60, max_number_of_evaluations: int | None = None,
    session_config: Any = None, timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None, hooks: Any = None,
) -> Any:  # fmt: skip
    """Return the last values of the models that come into a folder.

    See :func:`slim_evaluate_once` and :func:`evaluate_repeatedly`.
    """
    scaffold, own = _parts(
        logdir, num_evals, initial_op, initial_op_feed_dict, summary_op, summary_op_feed_dict,
        variables_to_restore, hooks,
    )  # fmt: skip
    return evaluate_repeatedly(
        checkpoint_dir, master, scaffold, eval_op, eval_op_feed_dict, final_op,
        final_op_feed_dict, eval_interval_secs, own, session_config, max_number_of_evaluations,
        timeout, timeout_fn,
    )  # fmt: skip
