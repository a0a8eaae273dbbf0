"""Packages that only some parts of giulgi need, and what is said when one is not there."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from giulgi.errors import GiulgiError

# In a copy of the repository; elsewhere it is some folder of Python's.
_REPOSITORY = Path(__file__).resolve().parents[3]


class MissingExtraError(GiulgiError, ImportError):
    """A part of giulgi needs packages that are not installed."""


def install_command(extra: str, folder: Path) -> str:
    """Return the command that installs an extra for the Python that is running.

    Args:
        extra: its name.
        folder: where the repository would be; outside of a copy of it, the extra goes by the name
            of the package.
    """
    in_copy = (folder / "pyproject.toml").exists()
    what = f'--editable "{folder}[{extra}]"' if in_copy else f'"giulgi[{extra}]"'
    return f'"{sys.executable}" -m pip install {what}'


@contextlib.contextmanager
def needs_extra(extra: str, purpose: str) -> Iterator[None]:
    """Turn a failed import inside the ``with`` block into an error that names the extra.

    The imports stay ordinary ``import`` statements, which type checkers can follow::

        with needs_extra("report", "Drawing the curves"):
            from matplotlib.figure import Figure

    Args:
        extra: the name of the extra in ``pyproject.toml``.
        purpose: what needs it; the beginning of the sentence of the error.

    Raises:
        MissingExtraError: if an import fails; it is an ImportError, too.
    """
    try:
        yield
    except ImportError as error:
        missing = error.name or str(error)
        raise MissingExtraError(
            f"{purpose} needs the package {missing!r}, which cannot be imported here.",
            fix=f"install it with: {install_command(extra, _REPOSITORY)}",
        ) from error
