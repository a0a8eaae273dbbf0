"""What writes summaries and graphs into files for TensorBoard: ``tf.summary.FileWriter``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Graph, get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation, objects
from giulgi.compat.tensorflow.graphs.graph_def import RECORDS, described
from giulgi.formats.event_proto import Event, TaggedRunMetadata
from giulgi.formats.events import EventFile, read_events
from giulgi.formats.graph_proto import GraphDef


@exported("summary.FileWriter", "train.SummaryWriter", "summary.writer.writer.FileWriter")
class FileWriter:
    """Writes events into a new file of a folder.

    Args:
        logdir: the folder, which is made if it is not there.
        graph: a graph, which is written at once.
        max_queue: after so many events they are written.
        flush_secs: after so many seconds likewise.
        graph_def: a graph as a message.
        filename_suffix: the end of the file's name.
        session: has no meaning.
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ) -> None:
        del session
        self._folder = os.fsdecode(logdir)
        self._options = (filename_suffix or "", max_queue, flush_secs)
        self._file = EventFile(self._folder, *self._options)
        given = graph_def if graph is None else graph
        if given is not None:
            self.add_graph(given)

    def get_logdir(self) -> str:
        """Return the folder."""
        return self._folder

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Add a summary: a message, or the bytes that an operation made of it."""
        if isinstance(summary, np.ndarray):
            summary = summary.item()
        raw = summary if isinstance(summary, bytes) else summary.SerializeToString()
        step = None if global_step is None else int(global_step)
        self._written().add_summary(raw, step)

    def add_event(self, event: Event) -> None:
        """Add an event."""
        self._written().add(event)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Add a graph, or one that is told as a message."""
        given = graph_def if graph is None else graph
        if isinstance(given, Graph):
            message = described(given.get_operations())
        elif hasattr(given, "SerializeToString"):
            message = GraphDef.FromString(given.SerializeToString())
            for node in message.node:
                node.attr.pop(RECORDS, None)
        else:
            raise TypeError(
                "The passed graph must be an instance of `Graph` or the deprecated `GraphDef`: "
                f"{given!r}"
            )
        self._add(Event(graph_def=message.SerializeToString()), global_step)

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Add a graph and its collections."""
        self.add_graph(meta_graph_def.graph_def, global_step)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Add what was told of a run."""
        told = TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString())
        self._add(Event(tagged_run_metadata=told), global_step)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Add what happened to a session."""
        self._add(Event(session_log=session_log), global_step)

    def _add(self, event: Event, global_step: Any) -> None:
        if global_step is not None:
            event.step = int(global_step)
        self._written().add(event)

    def _written(self) -> EventFile:
        """Return the file; a new one if the one before was closed."""
        if self._file.is_closed:
            self.reopen()
        return self._file

    def flush(self) -> None:
        """Write what waits."""
        self._file.flush()

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._file.close()

    def reopen(self) -> None:
        """Go on in a new file, if the one before is closed."""
        if self._file.is_closed:
            self._file = EventFile(self._folder, *self._options)

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    # As TensorFlow 2 writes: at once, to the writer that is open

    @contextmanager
    def as_default(self, step: Any = None) -> Iterator[FileWriter]:
        """Let summaries with a step be written by this one inside."""
        del step
        _open_writers.append(self)
        try:
            yield self
        finally:
            _open_writers.remove(self)

    def set_as_default(self) -> None:
        """Let summaries with a step be written by this one from now on."""
        _open_writers.append(self)


_open_writers: list[FileWriter] = []


def now_written(summarize: Callable[[Any], bytes], tensor: Any, step: Any) -> bool:
    """Write the summary of a value of now; return whether a writer is open."""
    from giulgi.compat.eager import value_of

    if not _open_writers:
        return False
    writer = _open_writers[-1]

    def write(array: Any, at: Any) -> None:
        value = objects(array) if isinstance(array, (bytes, str)) else np.asarray(array)
        writer.add_summary(summarize(value), int(at))

    graph = get_default_graph()
    if graph.makes_tensors and not graph.is_eager:  # A function writes whenever it is called.
        at = np.int64(step) if _is_number(step) else step
        host_operation("WriteSummary", write, [tensor, at])
    else:
        write(value_of(tensor), step if _is_number(step) else value_of(step))
    return True


def _is_number(step: Any) -> bool:
    return isinstance(step, (int, np.integer))


_default_step: list[Any] = [None]


@exported("summary.experimental.set_step")
def set_step(step: Any) -> None:
    """Say which step summaries are of that do not tell one."""
    _default_step[0] = step


@exported("summary.experimental.get_step")
def get_step() -> Any:
    """Return the step of summaries that do not tell one."""
    return _default_step[0]


@exported("summary.flush")
def flush(writer: FileWriter | None = None, name: str | None = None) -> None:
    """Write what waits."""
    del name
    for found in [writer] if writer is not None else _open_writers[-1:]:
        found.flush()


@exported("summary.record_if")
@contextmanager
def record_if(condition: Any) -> Iterator[None]:
    """Return a context in which summaries are written only if a condition holds."""
    holds = bool(condition() if callable(condition) else condition)
    kept = list(_open_writers)
    if not holds:
        _open_writers.clear()
    try:
        yield
    finally:
        _open_writers[:] = kept


@exported("summary.should_record_summaries")
def should_record_summaries() -> bool:
    """Whether a writer is open."""
    return bool(_open_writers)


@exported("summary.create_file_writer", "contrib.summary.create_file_writer")
def create_file_writer(
    logdir: Any, max_queue: int | None = None, flush_millis: int | None = None,
    filename_suffix: str | None = None, name: str | None = None,
) -> FileWriter:  # fmt: skip
    """Return what writes events into a new file of a folder."""
    del name
    seconds = 120 if flush_millis is None else flush_millis / 1000
    return FileWriter(logdir, None, max_queue or 10, seconds, None, filename_suffix)


@exported("summary.graph")
def graph(graph_data: Any, name: str | None = None, step: Any = None) -> bool:
    """Write a graph to the writer that is open; return whether one is."""
    del name, step
    if not _open_writers:
        return False
    _open_writers[-1].add_graph(graph_data)
    return True


@exported("summary.trace_on")
def trace_on(graph: bool = True, profiler: bool = False, **_: Any) -> None:
    """Do nothing: the graph is there anyway, and ``giulgi run --profile`` tells of time."""
    del graph, profiler


@exported("summary.trace_export")
def trace_export(name: str, step: Any = None, profiler_outdir: Any = None) -> None:
    """Write the graph that is built in to the writer that is open."""
    del name, step, profiler_outdir
    graph(get_default_graph())


@exported("summary.FileWriterCache", "summary.writer.writer_cache.FileWriterCache")
class FileWriterCache:
    """The writers of folders: one for each."""

    _writers: dict[str, FileWriter] = {}  # noqa: RUF012

    @staticmethod
    def get(logdir: Any) -> FileWriter:
        """Return the writer of a folder."""
        folder = os.fsdecode(logdir)
        if folder not in FileWriterCache._writers:
            graph = get_default_graph()
            FileWriterCache._writers[folder] = FileWriter(folder, graph if graph.size else None)
        return FileWriterCache._writers[folder]

    @staticmethod
    def clear() -> None:
        """Close all writers."""
        for writer in FileWriterCache._writers.values():
            writer.close()
        FileWriterCache._writers.clear()


@exported("train.summary_iterator")
def summary_iterator(path: Any) -> Iterator[Event]:
    """Return the events of a file, one after another."""
    return read_events(os.fsdecode(path))
