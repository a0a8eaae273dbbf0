"""Machine code on disk: what was compiled once is not compiled again, in another process either.

Each file holds one object, with what it takes to run it, followed by a checksum. Its name is a key,
a digest of all that the object depends on, so that a file never becomes wrong; at most it is no
longer asked for.

Several processes may use a folder at once: a file appears under its name when it is complete. And
the cache is never in the way: where it cannot be read or written, it does nothing, and says so
once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from giulgi.advice import advise
from giulgi.config import config

# The version of what is told below: how a file is laid out, and what goes into a key.
FORMAT = 2

# How many bytes a folder may hold: the objects of some ten thousand small programs.
LIMIT = 256_000_000

_CHECKSUM_BYTES = 32
_KEPT = 0.75  # of the limit, when files are dropped, so that they need not be again soon
_UNSEEN = 1 / 16  # of the limit, that a process writes before it looks how full the folder is
_OWN_NAMES = re.compile(r"[0-9a-f]{64}(\.o|-[0-9a-f]{16}\.tmp)")


@dataclass(frozen=True)
class Usage:
    """How much of a cache is used, or was freed."""

    files: int
    bytes: int


@dataclass(frozen=True)
class _File:
    path: Path
    bytes: int
    used: int


class ObjectCache:
    """A folder of objects.

    Args:
        folder: where they lie; it is made when the first is written.
        limit: how many bytes they may have together, about. Those that were not used for longest
            are dropped.
    """

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder = folder
        self.limit = limit
        self._has_warned = False
        self._until_look = 0  # How many bytes are written before the next look.

    def path(self, key: str) -> Path:
        """Return where the object of a key lies, if it is there."""
        return self.folder / f"{key}.o"

    def read(self, key: str) -> bytes | None:
        """Return the object of a key; None if there is none, or its file is damaged."""
        path = self.path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        code, checksum = content[:-_CHECKSUM_BYTES], content[-_CHECKSUM_BYTES:]
        if checksum != _checksum(key, code):
            return None
        with suppress(OSError):
            os.utime(path)  # It was used just now.
        return code

    def write(self, key: str, code: bytes) -> None:
        """Keep the object of a key, if the folder can be written.

        It is written under another name and then renamed, so that no one reads half of it.
        """
        unfinished = self.folder / f"{key}-{os.urandom(8).hex()}.tmp"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(code + _checksum(key, code))
        except OSError as error:
            _discard(unfinished)
            self._warn(error)
            return
        try:
            unfinished.replace(self.path(key))
        except OSError:  # On Windows, another process may be reading it.
            _discard(unfinished)
            return
        self._until_look -= len(code)
        if self._until_look < 0:
            self._until_look = int(self.limit * _UNSEEN)
            self._drop_oldest()

    def _warn(self, error: OSError) -> None:
        """Say once that nothing can be kept."""
        if not self._has_warned:
            self._has_warned = True
            advise(
                f"compiled programs cannot be kept in {self.folder} ({_reason(error)}); "
                "they run all the same, and are compiled anew in the next process. Set "
                "gg.config.cache to another folder, or to False."
            )

    def _drop_oldest(self) -> None:
        """Drop what was not used for longest, if there is too much.

        Files that another process did not live to finish go the same way.
        """
        files = sorted(self._files(), key=lambda file: file.used)
        total = sum(file.bytes for file in files)
        if total <= self.limit:
            return
        for file in files:
            if total <= self.limit * _KEPT:
                break
            if _remove(file):
                total -= file.bytes

    def usage(self) -> Usage:
        """Return how many files there are, and their size."""
        return _sum(self._files())

    def clear(self) -> Usage:
        """Remove all objects, and nothing else that is in the folder; return what was freed."""
        return _sum(filter(_remove, list(self._files())))

    def _files(self) -> Iterator[_File]:
        """Yield the cache's own files; none if the folder cannot be read."""
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(OSError):  # Another process may just have removed it.
                    if _OWN_NAMES.fullmatch(entry.name) and not entry.is_dir():
                        status = entry.stat(follow_symlinks=False)
                        yield _File(Path(entry.path), status.st_size, status.st_mtime_ns)


def _checksum(key: str, code: bytes) -> bytes:
    """Return what must follow an object; with its key, so that no file passes for another."""
    from hashlib import sha256

    return sha256(key.encode() + code).digest()


def _reason(error: OSError) -> str:
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return "it is a file, or in one, and no folder"
    return error.strerror or str(error)


def _discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _remove(file: _File) -> bool:
    """Remove a file, and return whether it worked."""
    try:
        file.path.unlink()
    except OSError:
        return False
    return True


def _sum(files: Iterable[_File]) -> Usage:
    sizes = [file.bytes for file in files]
    return Usage(len(sizes), sum(sizes))


def object_cache() -> ObjectCache | None:
    """Return the cache that is set in ``gg.config``; None if there is none."""
    if config.cache is False:
        return None
    folder = _users_folder() if config.cache is None else Path(config.cache)
    return None if folder is None else _cache_in(folder)


@cache
def _cache_in(folder: Path) -> ObjectCache:
    return ObjectCache(folder)


def _users_folder() -> Path | None:
    """Return the folder that the system has for such files; None if the user has no home."""
    from platformdirs import user_cache_path

    folder = user_cache_path("giulgi", appauthor=False) / "objects"
    return folder if folder.is_absolute() else None
