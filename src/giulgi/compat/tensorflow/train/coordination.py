"""Threads that work beside training, and stop together: coordinators and queue runners."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from giulgi.compat.errors import OpError, OutOfRangeError
from giulgi.compat.graphs.graph import Collections, get_default_graph
from giulgi.compat.names import TABLES, exported


@exported("train.Coordinator")
class Coordinator:
    """Tells threads when to stop, waits for them, and raises what one of them raised.

    Args:
        clean_stop_exception_types: the exceptions that mean the end, and are not raised.
    """

    def __init__(self, clean_stop_exception_types: Any = None) -> None:
        given = clean_stop_exception_types
        self._clean: tuple[type[BaseException], ...] = (
            (OutOfRangeError,) if given is None else tuple(given)
        )
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._raised: BaseException | None = None
        self._threads: list[threading.Thread] = []
        self._joined = False

    def should_stop(self) -> bool:
        """Whether to stop."""
        return self._stopped.is_set()

    def request_stop(self, ex: Any = None) -> None:
        """Ask all to stop; with an exception, because of it."""
        error = ex[1] if isinstance(ex, tuple) else ex
        with self._lock:
            if not self._stopped.is_set():
                if error is not None and not isinstance(error, self._clean):
                    self._raised = error
                self._stopped.set()

    def clear_stop(self) -> None:
        """Forget that all were asked to stop."""
        with self._lock:
            self._joined, self._raised = False, None
            self._stopped.clear()

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Wait until all are asked to stop, or for some seconds; return whether they are."""
        return self._stopped.wait(timeout)

    @contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """Ask all to stop at an exception inside, which :meth:`join` raises."""
        try:
            yield
        except Exception:
            self.request_stop(sys.exc_info())

    def register_thread(self, thread: threading.Thread) -> None:
        """Let :meth:`join` wait for a thread."""
        with self._lock:
            self._threads.append(thread)

    @property
    def joined(self) -> bool:
        """Whether all threads have ended, and were waited for."""
        return self._joined

    def join(
        self,
        threads: Any = None,
        stop_grace_period_secs: float = 120,
        ignore_live_threads: bool = False,
    ) -> None:
        """Wait for threads to end; raise what one of them raised.

        Args:
            threads: those besides the registered ones.
            stop_grace_period_secs: how long they may take once they are asked to stop.
            ignore_live_threads: whether nothing is said of those that take longer.

        Raises:
            RuntimeError: if some take longer.
        """
        waited = list(dict.fromkeys([*self._threads, *(threads or [])]))
        while any(thread.is_alive() for thread in waited) and not self.wait_for_stop(0.1):
            pass
        end = time.monotonic() + stop_grace_period_secs
        for thread in waited:
            if thread.is_alive():  # Programs also wait for those that they have not started yet.
                thread.join(max(0.0, end - time.monotonic()))
        self._joined = True
        self._threads.clear()
        self.raise_requested_exception()
        alive = [thread.name for thread in waited if thread.is_alive()]
        if alive and not ignore_live_threads:
            raise RuntimeError(f"Coordinator stopped with threads still running: {' '.join(alive)}")

    def raise_requested_exception(self) -> None:
        """Raise the exception because of which all were asked to stop, if there is one."""
        with self._lock:
            error, self._raised = self._raised, None
        if error is not None:
            raise error


@exported("train.LooperThread")
class LooperThread(threading.Thread):
    """A thread that calls something again and again, until a coordinator says to stop.

    Args:
        coord: the coordinator.
        timer_interval_secs: the seconds from call to call; None: one after another.
        target: what is called.
        args: its arguments.
        kwargs: its arguments by their names.
    """

    def __init__(
        self,
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any] | None = None,
        args: Sequence[Any] = (),
        kwargs: Any = None,
    ) -> None:
        super().__init__(daemon=True)
        self._coord = coord
        self._interval = timer_interval_secs
        self._called, self._called_with = target, (args, kwargs or {})
        coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator, timer_interval_secs: float | None, target: Any, args: Any = (),
        kwargs: Any = None,
    ) -> LooperThread:  # fmt: skip
        """Return a thread that has begun."""
        made = LooperThread(coord, timer_interval_secs, target, args, kwargs)
        made.start()
        return made

    def run(self) -> None:
        """Call until there is a stop."""
        with self._coord.stop_on_exception():
            self.start_loop()
            if not self._interval:
                while not self._coord.should_stop():
                    self.run_loop()
            else:
                self.run_loop()
                while not self._coord.wait_for_stop(self._interval):
                    self.run_loop()
            self.stop_loop()

    def start_loop(self) -> None:
        """Do what comes before the first call."""

    def stop_loop(self) -> None:
        """Do what comes after the last call."""

    def run_loop(self) -> None:
        """Call once."""
        if self._called is not None:
            args, kwargs = self._called_with
            self._called(*args, **kwargs)


@exported("train.QueueRunner", "train.queue_runner.QueueRunner")
class QueueRunner:
    """Fills a queue by threads, each with an operation of its own.

    Args:
        queue: the queue.
        enqueue_ops: the operations.
        close_op: closes the queue when all are at their end; None: its ``close``.
        cancel_op: closes it at a stop, whoever waits for it.
        queue_closed_exception_types: the exceptions that mean the end.
    """

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Any = None,
        close_op: Any = None,
        cancel_op: Any = None,
        queue_closed_exception_types: Any = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        del queue_runner_def, import_scope
        if queue is None or not enqueue_ops:
            raise ValueError("Must provide queue and enqueue_ops.")
        self._queue = queue
        self._enqueue_ops = list(enqueue_ops)
        self._close_op = queue.close() if close_op is None else close_op
        self._cancel_op = cancel_op
        if cancel_op is None:
            self._cancel_op = queue.close(cancel_pending_enqueues=True)
        cancelled = TABLES["tensorflow"]["errors.CancelledError"]
        given = queue_closed_exception_types or (OutOfRangeError, cancelled)
        self._ends = (*given, cancelled)
        self._lock = threading.Lock()
        self._running: dict[Any, int] = {}
        self._exceptions: list[BaseException] = []

    @property
    def queue(self) -> Any:
        """The queue."""
        return self._queue

    @property
    def enqueue_ops(self) -> list[Any]:
        """The operations that fill it."""
        return self._enqueue_ops

    @property
    def close_op(self) -> Any:
        """The operation that closes it."""
        return self._close_op

    @property
    def cancel_op(self) -> Any:
        """The operation that closes it whoever waits."""
        return self._cancel_op

    @property
    def queue_closed_exception_types(self) -> tuple[Any, ...]:
        """The exceptions that mean the end."""
        return self._ends

    @property
    def exceptions_raised(self) -> list[BaseException]:
        """What threads without a coordinator raised."""
        return self._exceptions

    @property
    def name(self) -> str:
        """The name of the queue."""
        return str(self._queue.name)

    def create_threads(
        self, sess: Any, coord: Coordinator | None = None, daemon: bool = False, start: bool = False
    ) -> list[threading.Thread]:
        """Return a thread for each operation, and one that closes the queue at a stop.

        Args:
            sess: the session.
            coord: tells the threads when to stop.
            daemon: whether the program ends without them.
            start: whether they begin.
        """
        with self._lock:
            if self._running.get(sess):
                return []
            self._running[sess] = len(self._enqueue_ops)
        made = [
            threading.Thread(
                target=self._run, args=(sess, op, coord), daemon=daemon,
                name=f"QueueRunnerThread-{self.name}-{getattr(op, 'name', i)}",
            )
            for i, op in enumerate(self._enqueue_ops)
        ]  # fmt: skip
        if coord is not None:
            # Whoever waits for the queue learns of the stop when it is closed.
            closing = threading.Thread(target=self._close_on_stop, args=(sess, coord), daemon=True)
            made.append(closing)
            for thread in made:
                coord.register_thread(thread)
        if start:
            for thread in made:
                thread.start()
        return made

    def _run(self, sess: Any, enqueue_op: Any, coord: Coordinator | None) -> None:
        try:
            while coord is None or not coord.should_stop():
                try:
                    sess.run(enqueue_op)
                except self._ends:
                    break
        except Exception as error:
            if coord is not None:
                coord.request_stop(error)
            else:
                self._exceptions.append(error)
                raise
        finally:
            with self._lock:
                self._running[sess] -= 1
                is_last = not self._running[sess]
            if is_last and not (coord is not None and coord.should_stop()):
                self._closed(sess, self._close_op)

    def _close_on_stop(self, sess: Any, coord: Coordinator) -> None:
        coord.wait_for_stop()
        self._closed(sess, self._cancel_op)

    def _closed(self, sess: Any, close_op: Any) -> None:
        try:
            sess.run(close_op)
        except (OpError, RuntimeError):
            # The session is closed already, or the queue is.
            return


@exported("train.add_queue_runner", "train.queue_runner.add_queue_runner")
def add_queue_runner(qr: Any, collection: str = Collections.QUEUE_RUNNERS) -> None:
    """Let :func:`start_queue_runners` start a queue runner."""
    get_default_graph().add_to_collection(collection, qr)


@exported("train.start_queue_runners", "train.queue_runner.start_queue_runners")
def start_queue_runners(
    sess: Any = None,
    coord: Coordinator | None = None,
    daemon: bool = True,
    start: bool = True,
    collection: str = Collections.QUEUE_RUNNERS,
) -> list[threading.Thread]:
    """Start the queue runners of the graph; return their threads.

    Args:
        sess: the session; None: the default one.
        coord: tells the threads when to stop.
        daemon: whether the program ends without them.
        start: whether they begin.
        collection: where the queue runners are.

    Raises:
        ValueError: if there is no session.
    """
    from giulgi.compat.sessions.session import get_default_session

    session = get_default_session() if sess is None else sess
    if session is None:
        raise ValueError(
            "Cannot start queue runners: No default session is registered. Use `with "
            "sess.as_default()` or pass an explicit session to tf.start_queue_runners(sess=sess)"
        )
    with session.graph.as_default():
        runners = session.graph.get_collection(collection)
        return [
            thread
            for runner in runners
            for thread in runner.create_threads(session, coord, daemon=daemon, start=start)
        ]
