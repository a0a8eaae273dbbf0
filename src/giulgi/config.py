"""Settings: ``gg.config``. Each is an attribute; there are no environment variables."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal

from giulgi.errors import ArgumentError, UnknownArgumentError
from giulgi.names import suggestion

_BACKENDS = ("cpu", "reference")
# More than any machine has cores for; each takes memory, and time to start.
_MOST_THREADS = 1024
_WHICH = "there are two: 'cpu' compiles to native code, 'reference' computes with NumPy"


def check_backend(name: str) -> str:
    """Return the name of a backend.

    Raises:
        ArgumentError: if there is none of that name.
    """
    if name not in _BACKENDS:
        raise ArgumentError(f"there is no backend {name!r}.", op="config", fix=_WHICH)
    return name


def _check_threads(count: Any) -> int | None:
    is_count = isinstance(count, int) and not isinstance(count, bool) and 0 < count <= _MOST_THREADS
    if not (count is None or is_count):
        raise ArgumentError(
            f"threads is {count!r}; it must be a whole number from 1 to {_MOST_THREADS}, or None.",
            op="config",
            fix="gg.config.threads = 2",
        )
    return count


def _check_cache(folder: Any) -> Path | Literal[False] | None:
    """Return where objects are kept; a path that stays the same if the working folder changes."""
    if folder is None or folder is False:
        return folder
    is_path = isinstance(folder, str | Path) and str(folder) and "\0" not in str(folder)
    try:
        if is_path:
            os.fsencode(folder)
            return Path(folder).expanduser().absolute()
    except (RuntimeError, UnicodeEncodeError):  # There is no such home, or can be no such name.
        pass
    raise ArgumentError(
        f"cache is {folder!r}; it must be the path of a folder, None, or False.",
        op="config",
        fix="gg.config.cache = None for the user's cache folder, False for none",
    )


class Config:
    """The settings of giulgi.

    Attributes:
        backend: the backend that programs run on: "cpu" compiles them to native code,
            "reference" computes them with NumPy, operation by operation.
        threads: how many threads a compiled program uses; None: as many as there are cores for
            this process. The results do not depend on it.
        cache: the folder in which compiled programs are kept, so that they start at once the next
            time; None: the one that the system has for such files; False: they are not kept.
            Machine code is run from there: it should be a folder that only you can write.
    """

    _checks: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "backend": check_backend,
        "threads": _check_threads,
        "cache": _check_cache,
    }

    def __init__(self) -> None:
        self.backend = "cpu"
        self.threads: int | None = None
        self.cache: str | Path | Literal[False] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        check = self._checks.get(name)
        if check is None:
            raise UnknownArgumentError(
                f"there is no setting {name!r}.", op="config", fix=suggestion(name, self._checks)
            )
        super().__setattr__(name, check(value))

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._checks)
        return f"Config({settings})"


config = Config()
