"""Packages that only some parts of giulgi need, and what is said when one is not there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from giulgi.errors import GiulgiError


class MissingExtraError(GiulgiError, ImportError):
    """A part of giulgi needs packages that are not installed."""


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
            fix=f"install it with: pip install 'giulgi[{extra}]'",
        ) from error
