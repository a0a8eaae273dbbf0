"""Sessions that initialize or restore variables themselves, and call hooks around each run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from giulgi.compat.errors import OutOfRangeError
from giulgi.compat.graphs.graph import Collections, Graph, Operation, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.sessions.session import Session
from giulgi.compat.tensorflow.train import checkpoints, hooks_saving
from giulgi.compat.tensorflow.train.coordination import Coordinator, start_queue_runners
from giulgi.compat.tensorflow.train.hooks import SessionRunArgs, SessionRunContext, SessionRunValues
from giulgi.compat.tensorflow.train.saver import Saver
from giulgi.compat.tensorflow.train.summary import merge_all
from giulgi.compat.variables.variable import (
    global_variables_initializer,
    local_variables_initializer,
)

USE_DEFAULT = object()


@exported("train.Scaffold")
class Scaffold:
    """What a monitored session needs of a graph; what is not given is made when it begins.

    Args:
        init_op: gives variables their first values.
        init_feed_dict: what is fed for that.
        init_fn: a function of this and the session, which is called after that.
        ready_op: has no meaning.
        ready_for_local_init_op: has no meaning.
        local_init_op: gives local variables their first values, also where others are restored.
        summary_op: makes all summaries.
        saver: saves and restores.
        copy_from_scaffold: another one, whose parts are taken where none is given.
    """

    def __init__(
        self,
        init_op: Any = None,
        init_feed_dict: Any = None,
        init_fn: Callable[[Scaffold, Any], Any] | None = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        local_init_op: Any = None,
        summary_op: Any = None,
        saver: Any = None,
        copy_from_scaffold: Scaffold | None = None,
    ) -> None:
        self._given = {
            "init_op": init_op, "init_feed_dict": init_feed_dict, "init_fn": init_fn,
            "ready_op": ready_op, "ready_for_local_init_op": ready_for_local_init_op,
            "local_init_op": local_init_op, "summary_op": summary_op, "saver": saver,
        }  # fmt: skip
        for name, value in self._given.items():
            if value is None and copy_from_scaffold is not None:
                value = getattr(copy_from_scaffold, name)
            setattr(self, name, value)
        self.init_op: Any
        self.init_feed_dict: Any
        self.init_fn: Any
        self.local_init_op: Any
        self.summary_op: Any
        self.saver: Any

    def finalize(self) -> Scaffold:
        """Make what was not given."""
        graph = get_default_graph()
        if self.init_op is None:
            self.init_op = self.get_or_default(
                "init_op", Collections.INIT_OP, global_variables_initializer
            )
        if self.local_init_op is None:
            self.local_init_op = self.get_or_default(
                "local_init_op", Collections.LOCAL_INIT_OP, self.default_local_init_op
            )
        if self.summary_op is None:
            found = graph.get_collection(Collections.SUMMARY_OP)
            self.summary_op = found[0] if found else merge_all()
        if self.saver is None:
            self.saver = self.get_or_default(
                "saver", Collections.SAVERS, lambda: Saver(allow_empty=True)
            )
        if isinstance(self.saver, Saver):
            _ = self.saver.variables
        return self

    @staticmethod
    def get_or_default(arg_name: str, collection_key: str, default_constructor: Any) -> Any:
        """Return what is in a collection, else what is made, which joins it."""
        graph = get_default_graph()
        found = graph.get_collection(collection_key)
        if len(found) > 1:
            raise RuntimeError(
                f"More than one item in the collection {collection_key!r}: {arg_name}"
            )
        if found:
            return found[0]
        made = default_constructor()
        if made is not None:
            graph.add_to_collection(collection_key, made)
        return made

    @staticmethod
    def default_local_init_op() -> Operation:
        """Return what gives local variables their first values, and fills tables."""
        graph = get_default_graph()
        tables = graph.get_collection(Collections.TABLE_INITIALIZERS)
        controls = [local_variables_initializer(), *(x.op for x in tables)]
        return Operation(graph, "NoOp", graph.unique_name("group_deps"), [], controls=controls)


@exported("train.ChiefSessionCreator")
class ChiefSessionCreator:
    """Makes a session, and restores or initializes its variables."""

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None,
    ) -> None:
        self._scaffold = Scaffold() if scaffold is None else scaffold
        self._master, self._config = master, config
        self._folder, self._path = checkpoint_dir, checkpoint_filename_with_path

    def create_session(self) -> Session:
        """Return the session."""
        scaffold = self._scaffold.finalize()
        session = Session(self._master, get_default_graph(), self._config)
        path = self._path
        if path is None and self._folder:
            path = checkpoints.latest_checkpoint(self._folder)
        if path is not None:
            scaffold.saver.restore(session, path)
        elif scaffold.init_op is not None:
            session.run(scaffold.init_op, feed_dict=scaffold.init_feed_dict)
        if path is None and scaffold.init_fn is not None:
            scaffold.init_fn(scaffold, session)
        if scaffold.local_init_op is not None:
            session.run(scaffold.local_init_op)
        return session


@exported("train.WorkerSessionCreator")
class WorkerSessionCreator(ChiefSessionCreator):
    """Makes a session as a chief does: there is one process."""

    def __init__(
        self, scaffold: Scaffold | None = None, master: str = "", config: Any = None,
        max_wait_secs: float = 1800,
    ) -> None:  # fmt: skip
        del max_wait_secs
        super().__init__(scaffold, master, config)


class _StepContext:
    """Runs with hooks, or in the session itself."""

    def __init__(self, monitored: MonitoredSession) -> None:
        self._monitored = monitored
        self.session = monitored.raw_session()

    def run_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        """Run with hooks."""
        return self._monitored.run(*args, **kwargs)

    def request_stop(self) -> None:
        """Stop."""
        raise StopIteration("step_fn has requested the iterations to stop.")


@exported("train.MonitoredSession")
class MonitoredSession:
    """A session that calls hooks around each run, and knows when to stop.

    Args:
        session_creator: makes the session.
        hooks: the hooks.
        stop_grace_period_secs: how long threads may take to end.
    """

    StepContext = _StepContext

    def __init__(
        self, session_creator: Any = None, hooks: Sequence[Any] | None = None,
        stop_grace_period_secs: float = 120,
    ) -> None:  # fmt: skip
        self._hooks = list(hooks or [])
        self._grace = stop_grace_period_secs
        self.graph: Graph = get_default_graph()
        for hook in self._hooks:
            hook.begin()
        creator = ChiefSessionCreator() if session_creator is None else session_creator
        self._coordinator = Coordinator()
        self._session: Any = creator.create_session()
        self._default: list[Any] = []
        start_queue_runners(self._session, self._coordinator)
        self.graph.finalize()
        for hook in self._hooks:
            hook.after_create_session(self._session, self._coordinator)

    def raw_session(self) -> Any:
        """Return the session itself."""
        return self._session

    _tf_sess = raw_session

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Run fetches, with the hooks before and after; see ``Session.run``."""
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict), self._session)
        wanted: dict[Any, Any] = {"caller": fetches}
        feeds = dict(feed_dict or {})
        asked = {}
        for number, hook in enumerate(self._hooks):
            asked[number] = hook.before_run(context)
            if asked[number] is not None:
                if asked[number].fetches is not None:
                    wanted[number] = asked[number].fetches
                feeds.update(asked[number].feed_dict or {})
        results = self._session.run(wanted, feeds, options, run_metadata)
        for number, hook in enumerate(self._hooks):
            hook.after_run(context, SessionRunValues(results.get(number), options, run_metadata))
        if context.stop_requested:
            self._coordinator.request_stop()
        return results["caller"]

    def run_step_fn(self, step_fn: Callable[..., Any]) -> Any:
        """Return what a function of a context returns, which runs what it likes."""
        return step_fn(_StepContext(self))

    def should_stop(self) -> bool:
        """Whether to stop."""
        return self._session is None or self._coordinator.should_stop()

    def close(self) -> None:
        """Let the hooks end, and close the session."""
        try:
            if self._session is not None:
                for hook in self._hooks:
                    hook.end(self._session)
        finally:
            self._close()

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._coordinator.request_stop()
            try:
                self._coordinator.join(stop_grace_period_secs=self._grace, ignore_live_threads=True)
            finally:
                session.close()

    def __enter__(self) -> MonitoredSession:
        self._default = [self.graph.as_default(), self._session.as_default()]
        for context in self._default:
            context.__enter__()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        is_end = kind is not None and issubclass(kind, (OutOfRangeError, StopIteration))
        try:
            if kind is None or is_end:
                self.close()
            else:
                self._close()
        finally:
            for context in reversed(self._default):
                context.__exit__(None, None, None)
        return is_end


@exported("train.SingularMonitoredSession")
class SingularMonitoredSession(MonitoredSession):
    """A monitored session that can be used as a session: see :class:`MonitoredSession`."""

    def __init__(
        self, hooks: Sequence[Any] | None = None, scaffold: Scaffold | None = None,
        master: str = "", config: Any = None, checkpoint_dir: Any = None,
        stop_grace_period_secs: float = 120, checkpoint_filename_with_path: Any = None,
    ) -> None:  # fmt: skip
        creator = ChiefSessionCreator(
            scaffold, master, config, checkpoint_dir, checkpoint_filename_with_path
        )
        super().__init__(creator, hooks, stop_grace_period_secs)


def _chosen(value: Any, default: Any, other: Any) -> Any:
    """Return a setting: the default, unless it is given, or the other one of its kind is."""
    if value is not USE_DEFAULT:
        return value
    return default if other is USE_DEFAULT or other is None else None


@exported("train.MonitoredTrainingSession")
def monitored_training_session(
    master: str = "",
    is_chief: bool = True,
    checkpoint_dir: Any = None,
    scaffold: Scaffold | None = None,
    hooks: Sequence[Any] | None = None,
    chief_only_hooks: Sequence[Any] | None = None,
    save_checkpoint_secs: Any = USE_DEFAULT,
    save_summaries_steps: Any = USE_DEFAULT,
    save_summaries_secs: Any = USE_DEFAULT,
    config: Any = None,
    stop_grace_period_secs: float = 120,
    log_step_count_steps: int | None = 100,
    max_wait_secs: float = 7200,
    save_checkpoint_steps: Any = USE_DEFAULT,
    summary_dir: Any = None,
) -> MonitoredSession:
    """Return a monitored session that saves checkpoints and summaries into a folder.

    Args:
        master: has no meaning.
        is_chief: has no meaning: there is one process.
        checkpoint_dir: the folder, from whose newest checkpoint variables are restored.
        scaffold: what it needs of the graph.
        hooks: more hooks.
        chief_only_hooks: more hooks.
        save_checkpoint_secs: the seconds from checkpoint to checkpoint: 600, if not given.
        save_summaries_steps: the steps from summary to summary: 100, if not given.
        save_summaries_secs: the seconds from summary to summary.
        config: has no meaning.
        stop_grace_period_secs: how long threads may take to end.
        log_step_count_steps: the steps from which speed is told.
        max_wait_secs: has no meaning.
        save_checkpoint_steps: the steps from checkpoint to checkpoint.
        summary_dir: the folder of summaries, if another one.
    """
    del is_chief, max_wait_secs
    seconds = _chosen(save_checkpoint_secs, 600, save_checkpoint_steps)
    steps = None if save_checkpoint_steps is USE_DEFAULT else save_checkpoint_steps
    summary_steps = _chosen(save_summaries_steps, 100, save_summaries_secs)
    summary_secs = None if save_summaries_secs is USE_DEFAULT else save_summaries_secs
    own = Scaffold() if scaffold is None else scaffold
    every = list(hooks or []) + list(chief_only_hooks or [])
    folder = None if checkpoint_dir is None else os.fsdecode(checkpoint_dir)
    if folder:
        summaries = folder if summary_dir is None else summary_dir
        if log_step_count_steps:
            counter = hooks_saving.StepCounterHook(log_step_count_steps, output_dir=summaries)
            every.append(counter)
        if summary_steps or summary_secs:
            every.append(
                hooks_saving.SummarySaverHook(
                    summary_steps, summary_secs, output_dir=summaries, scaffold=own
                )
            )
        if seconds or steps:
            every.append(hooks_saving.CheckpointSaverHook(folder, seconds, steps, scaffold=own))
    creator = ChiefSessionCreator(own, master, config, folder)
    return MonitoredSession(creator, every, stop_grace_period_secs)
