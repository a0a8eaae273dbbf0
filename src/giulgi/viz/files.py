"""Writing a report so that a reader never sees half of it."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from giulgi.errors import GiulgiError


class ReportFileError(GiulgiError, OSError):
    """A report cannot be written where it was asked for."""


def check_folder(path: Path) -> None:
    """Raise ReportFileError if there is no folder that could hold ``path``."""
    # Not path.is_dir(), which stops at a name that is too long; writing tells that later.
    if os.path.isdir(path):
        raise ReportFileError(
            f"The report cannot be written to {path}: that is a folder.",
            fix=f"name a file, such as {path / 'digits.html'}",
        )
    if not os.path.isdir(path.parent):
        raise ReportFileError(
            f"The report cannot be written to {path}: "
            f"the folder {path.parent.absolute()} does not exist.",
            fix="make the folder first, or name another one",
        )


def check_writable(path: Path) -> None:
    """Raise ReportFileError if :func:`replace_text` could not write to ``path``.

    A file beside it is made and removed again: permissions and names alone do not tell all.
    """
    check_folder(path)
    with _beside(path) as temporary:
        temporary.touch()


def replace_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in UTF-8, all of it or nothing.

    The text goes to a temporary file in the same folder, which then takes the place of ``path``
    in one step. Whoever reads ``path`` meanwhile sees the old file or the new one.

    Raises:
        ReportFileError: if the folder does not exist or cannot be written to.
    """
    check_folder(path)
    with _beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give the name of a temporary file in the folder of ``path``, and tell what goes wrong."""
    # Not the tempfile module: its files are readable by their owner only, and keep that mode.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
    except OSError as error:
        raise ReportFileError(
            f"The report cannot be written to {path}: {error.strerror or error}.",
            fix="close the file if another program has it open, "
            "and see that the folder may be written to and the disk is not full",
        ) from error
    finally:
        # Gone already if all went well.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
