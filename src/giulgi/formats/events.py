"""Files of events, which TensorBoard shows."""

from __future__ import annotations

import os
import socket
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from giulgi.formats import summary_bytes
from giulgi.formats.event_proto import Event
from giulgi.formats.messages import Message
from giulgi.formats.records import DamagedRecordError, framed, read_records

_VERSION = "brain.Event:2"


class EventFile:
    """A new file of events in a folder.

    Args:
        folder: the folder, which is made if it is not there.
        suffix: the end of the file's name.
        max_queue: after so many events they are written.
        flush_secs: after so many seconds likewise, when the next event is added.

    Attributes:
        path: the file.
    """

    _count = 0

    def __init__(
        self, folder: str, suffix: str = "", max_queue: int = 10, flush_secs: float = 120
    ) -> None:
        os.makedirs(folder, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}"
        # Two files of one second have different names, unlike TensorFlow's of that time.
        EventFile._count += 1
        number = f".{os.getpid()}.{EventFile._count}"
        self.path = Path(folder, f"{name}{number}{suffix}")
        self._file: IO[bytes] = self.path.open("wb")
        self._closing = weakref.finalize(self, self._file.close)
        self._max_queue, self._flush_secs = max_queue, flush_secs
        self._waiting, self._flushed = 0, time.monotonic()
        self.add(Event(file_version=_VERSION))
        self.flush()

    def add(self, event: Message) -> None:
        """Add an event; one without a time gets that of now."""
        if not event.wall_time:
            event.wall_time = time.time()
        self._add(event.SerializeToString())

    def add_summary(self, summary: bytes, step: int | None) -> None:
        """Add the event of a summary, which is bytes, of now."""
        self._add(summary_bytes.event(time.time(), step, summary))

    def _add(self, event: bytes) -> None:
        self._file.write(framed(event))
        self._waiting += 1
        if self._waiting > self._max_queue or time.monotonic() - self._flushed > self._flush_secs:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._file.closed:
            self._file.flush()
        self._waiting, self._flushed = 0, time.monotonic()

    @property
    def is_closed(self) -> bool:
        """Whether no event can be added any more."""
        return self._file.closed

    def close(self) -> None:
        """Write what waits, and let nothing be added any more."""
        self._closing()


def read_events(path: str | Path) -> Iterator[Event]:
    """Yield the events of a file, up to one that is not written to its end yet."""
    try:
        for record in read_records(path):
            yield Event.FromString(record)
    except DamagedRecordError:
        return
