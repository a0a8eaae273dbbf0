"""``tf.train.Supervisor``: sessions of former times that save and log beside training."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from giulgi.compat.errors import OutOfRangeError
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import advise, exported
from giulgi.compat.sessions.session import Session
from giulgi.compat.tensorflow.train import checkpoints
from giulgi.compat.tensorflow.train.coordination import (
    Coordinator,
    LooperThread,
    start_queue_runners,
)
from giulgi.compat.tensorflow.train.global_step import get_global_step
from giulgi.compat.tensorflow.train.monitored import USE_DEFAULT, Scaffold
from giulgi.compat.tensorflow.train.summary_writer import FileWriter
from giulgi.formats.event_proto import SessionLog

advise("train.SessionManager", "use tf.train.MonitoredTrainingSession or tf.train.Supervisor")


@exported("train.Supervisor")
class Supervisor:
    """Makes a session, restores its variables, and saves checkpoints and summaries beside training.

    Args:
        graph: the graph; None: the one that is built in.
        ready_op: has no meaning.
        ready_for_local_init_op: has no meaning.
        is_chief: has no meaning: there is one process.
        init_op: gives variables their first values; None: nothing does.
        init_feed_dict: what is fed for that.
        local_init_op: gives local variables their first values.
        logdir: the folder of checkpoints and summaries; None: none are written.
        summary_op: makes all summaries; None: the program writes them itself.
        saver: saves and restores; None: nothing is saved.
        global_step: counts the steps.
        save_summaries_secs: the seconds from summary to summary.
        save_model_secs: the seconds from checkpoint to checkpoint; 0: none are saved.
        recovery_wait_secs: has no meaning.
        stop_grace_secs: how long threads may take to end.
        checkpoint_basename: the name of checkpoints.
        session_manager: has no meaning.
        summary_writer: writes summaries.
        init_fn: a function of the session that is called when variables have their first values.
    """

    USE_DEFAULT = USE_DEFAULT

    def __init__(
        self,
        graph: Any = None,
        ready_op: Any = USE_DEFAULT,
        ready_for_local_init_op: Any = USE_DEFAULT,
        is_chief: bool = True,
        init_op: Any = USE_DEFAULT,
        init_feed_dict: Any = None,
        local_init_op: Any = USE_DEFAULT,
        logdir: Any = None,
        summary_op: Any = USE_DEFAULT,
        saver: Any = USE_DEFAULT,
        global_step: Any = USE_DEFAULT,
        save_summaries_secs: float = 120,
        save_model_secs: float = 600,
        recovery_wait_secs: float = 30,
        stop_grace_secs: float = 120,
        checkpoint_basename: str = "model.ckpt",
        session_manager: Any = None,
        summary_writer: Any = USE_DEFAULT,
        init_fn: Callable[[Any], Any] | None = None,
        local_init_run_options: Any = None,
    ) -> None:
        del ready_op, ready_for_local_init_op, is_chief, recovery_wait_secs, session_manager
        del local_init_run_options
        self._graph = get_default_graph() if graph is None else graph
        given = {
            "init_op": init_op, "local_init_op": local_init_op, "summary_op": summary_op,
            "saver": saver,
        }  # fmt: skip
        with self._graph.as_default():
            known = {name: x for name, x in given.items() if x is not USE_DEFAULT}
            parts = Scaffold(**known).finalize()
            for name in given:
                setattr(self, name, known[name] if name in known else getattr(parts, name))
            found = get_global_step(self._graph) if global_step is USE_DEFAULT else global_step
        self.init_op: Any
        self.local_init_op: Any
        self.summary_op: Any
        self.saver: Any
        self.global_step = found
        self._feeds, self._init_fn = init_feed_dict, init_fn
        self._folder = None if logdir is None else os.fsdecode(logdir)
        self.save_path = os.path.join(self._folder, checkpoint_basename) if self._folder else None
        self.save_summaries_secs, self.save_model_secs = save_summaries_secs, save_model_secs
        self._grace = stop_grace_secs
        self.coord = Coordinator()
        self.summary_writer: Any = None
        if summary_writer is not USE_DEFAULT:
            self.summary_writer = summary_writer
        elif self._folder:
            self.summary_writer = FileWriter(self._folder, self._graph)

    def prepare_or_wait_for_session(
        self, master: str = "", config: Any = None, wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200, start_standard_services: bool = True,
    ) -> Session:  # fmt: skip
        """Return a session whose variables are restored or initialized."""
        del wait_for_checkpoint, max_wait_secs
        self.coord.clear_stop()
        session = Session(master, self._graph, config)
        newest = checkpoints.latest_checkpoint(self._folder) if self._folder else None
        if newest is not None and self.saver is not None:
            self.saver.restore(session, newest)
        else:
            if self.init_op is not None:
                session.run(self.init_op, feed_dict=self._feeds)
            if self._init_fn is not None:
                self._init_fn(session)
        if self.local_init_op is not None:
            session.run(self.local_init_op)
        if start_standard_services:
            self.start_standard_services(session)
            self.start_queue_runners(session)
        return session

    PrepareSession = prepare_or_wait_for_session

    def start_standard_services(self, sess: Any) -> list[LooperThread]:
        """Let checkpoints and summaries be written beside training; return the threads."""
        if self.summary_writer is not None:
            self.summary_writer.add_session_log(
                SessionLog(status=SessionLog.START), self._step(sess)
            )
        found = []
        if self._folder and self.summary_op is not None and self.save_summaries_secs:
            found.append(self.loop(self.save_summaries_secs, self._summarize, (sess,)))
        if self._folder and self.saver is not None and self.save_model_secs:
            found.append(self.loop(self.save_model_secs, self._save, (sess,)))
        return found

    def _step(self, sess: Any) -> int | None:
        return None if self.global_step is None else int(sess.run(self.global_step))

    def _summarize(self, sess: Any) -> None:
        self.summary_writer.add_summary(sess.run(self.summary_op), self._step(sess))

    def _save(self, sess: Any) -> None:
        self.saver.save(sess, self.save_path, global_step=self.global_step)

    def start_queue_runners(self, sess: Any, queue_runners: Any = None) -> list[Any]:
        """Start queue runners; return their threads."""
        if queue_runners is None:
            return list(start_queue_runners(sess, self.coord))
        return [
            thread
            for runner in queue_runners
            for thread in runner.create_threads(sess, self.coord, daemon=True, start=True)
        ]

    def loop(
        self, timer_interval_secs: float | None, target: Any, args: Any = (), kwargs: Any = None
    ) -> LooperThread:
        """Return a thread that calls something again and again."""
        return LooperThread.loop(self.coord, timer_interval_secs, target, args, kwargs)

    Loop = loop

    def summary_computed(self, sess: Any, summary: Any, global_step: Any = None) -> None:
        """Write a summary."""
        if self.summary_writer is None:
            raise RuntimeError("Writing a summary requires a summary writer: give logdir")
        step = self._step(sess) if global_step is None else global_step
        self.summary_writer.add_summary(summary, step)

    def should_stop(self) -> bool:
        """Whether to stop."""
        return self.coord.should_stop()

    def request_stop(self, ex: Any = None) -> None:
        """Ask all threads to stop."""
        self.coord.request_stop(ex)

    def stop_on_exception(self) -> Any:
        """Return a context that asks all to stop at an exception."""
        return self.coord.stop_on_exception()

    def wait_for_stop(self) -> None:
        """Wait until all are asked to stop."""
        self.coord.wait_for_stop()

    def stop(
        self, threads: Any = None, close_summary_writer: bool = True,
        ignore_live_threads: bool = False,
    ) -> None:  # fmt: skip
        """Stop all threads, and close the writer of summaries."""
        self.coord.request_stop()
        try:
            self.coord.join(threads, self._grace, ignore_live_threads)
        finally:
            if close_summary_writer and self.summary_writer is not None:
                self.summary_writer.close()

    @contextmanager
    def managed_session(
        self, master: str = "", config: Any = None, start_standard_services: bool = True,
        close_summary_writer: bool = True,
    ) -> Iterator[Session]:  # fmt: skip
        """Open a session, and stop and save at its end.

        An OutOfRangeError inside means the end of the data.
        """
        session = self.prepare_or_wait_for_session(
            master, config, start_standard_services=start_standard_services
        )
        try:
            with self._graph.as_default(), session.as_default():
                yield session
        except OutOfRangeError as error:
            self.request_stop(error)
        except Exception as error:
            self.request_stop(error)
            raise
        finally:
            self.stop(close_summary_writer=close_summary_writer, ignore_live_threads=True)
            session.close()
