"""Where in the user's code a node was built, and inside which layers.

Both travel with every node: errors, the text form and pictures of the graph point at the line
that a person wrote, not at the framework's own.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType

_PACKAGE_FOLDER = str(Path(__file__).resolve().parent)
# Programs that ship inside the package but are written as a user would write them.
_USER_FOLDERS = tuple(str(Path(_PACKAGE_FOLDER) / name) for name in ("cli", "lessons"))


@dataclass(frozen=True, slots=True)
class Source:
    """A line of the user's code."""

    file: str
    line: int

    @property
    def text(self) -> str:
        """The line itself, stripped; empty if the file cannot be read."""
        return linecache.getline(self.file, self.line).strip()

    @property
    def short(self) -> str:
        """File name and line, such as ``train.py:12``."""
        return f"{Path(self.file).name}:{self.line}"

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


_source: ContextVar[Source | None] = ContextVar("giulgi_source", default=None)
_scope: ContextVar[tuple[str, ...]] = ContextVar("giulgi_scope", default=())


@cache  # It is asked for each frame of each node, of the same few files.
def _is_framework(file: str) -> bool:
    if file.startswith("<frozen"):
        return True  # Python's own import system, while the package is imported.
    return file.startswith(_PACKAGE_FOLDER) and not file.startswith(_USER_FOLDERS)


def current_source() -> Source | None:
    """Return the line of the user's code that is running now.

    Inside :func:`built_for` it is the line given there.
    """
    told = _source.get()
    if told is not None:
        return told
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not _is_framework(file):
            return Source(file, frame.f_lineno)
        frame = frame.f_back
    return None


@contextmanager
def built_for(source: Source | None, path: str = "") -> Iterator[None]:
    """Build nodes on behalf of another line, such as the gradient of an operation of that line."""
    source_token = _source.set(source)
    scope_token = _scope.set(tuple(path.split("/")) if path else ())
    try:
        yield
    finally:
        _scope.reset(scope_token)
        _source.reset(source_token)


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Put the nodes that are built inside under a name, such as a layer's."""
    token = _scope.set((*_scope.get(), name))
    try:
        yield
    finally:
        _scope.reset(token)


def current_path() -> str:
    """Return the names of the open scopes, joined by slashes."""
    return "/".join(_scope.get())
