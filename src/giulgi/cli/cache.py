"""``giulgi cache``: the compiled programs that are kept on disk."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from giulgi.amounts import amount
from giulgi.backends.cpu.machine.cache import Usage, object_cache
from giulgi.errors import GiulgiError

_NONE = "none: compiled programs are not kept"
_OTHER_FOLDER = "gg.config.cache sets another folder"


class CacheFolderError(GiulgiError, OSError):
    """The folder of compiled programs cannot be read, or not be emptied."""


def show() -> None:
    """Print where compiled programs are kept, how many, and how much room they take."""
    for name, value in facts().items():
        print(f"{name:<6}  {value}")


def clear() -> None:
    """Remove all compiled programs, and print how much room that freed.

    Raises:
        CacheFolderError: if the folder cannot be read, or files are left.
    """
    cache = object_cache()
    if cache is None:
        print(f"There is nothing to remove. {_NONE.capitalize()}.")
        return
    if problem := _unreadable(cache.folder):
        raise CacheFolderError(
            f"{cache.folder} cannot be read: {problem}.",
            fix=f"see that you may read and write that folder; {_OTHER_FOLDER}",
        )
    print(f"Freed {_text(cache.clear())} in {cache.folder}")
    left = cache.usage()
    if left.files:
        raise CacheFolderError(
            f"{_text(left)} could not be removed from {cache.folder}.",
            fix="see that you may write to that folder, and that no other program uses it",
        )


def facts() -> dict[str, str]:
    """Return what there is to tell, by name."""
    cache = object_cache()
    if cache is None:
        return {"cache": _NONE}
    problem = _unreadable(cache.folder)
    holds = f"{_text(cache.usage())}; at most {amount(cache.limit, 'B')}"
    if problem:
        holds = f"not known: the folder cannot be read: {problem}"
    return {"cache": str(cache.folder), "holds": holds}


def _unreadable(folder: Path) -> str:
    """Return why a folder cannot be read; "" if it can, or is still to be made."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # Another process may just have removed it.
                    entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _text(usage: Usage) -> str:
    return f"{amount(usage.bytes, 'B')} ({usage.files:,} file{'' if usage.files == 1 else 's'})"
