"""Remarks that are no errors: warnings that point at the line of the user's code."""

from __future__ import annotations

import warnings
from typing import Any

from giulgi.source import current_source

# What was said of which file, so that a line is told the same only once, as Python's warnings do.
_said: dict[str, dict[Any, Any]] = {}
_told: set[tuple[str, int, str]] = set()


def advise(remark: str, about: str = "") -> None:
    """Warn, at the line of the user's code that is running.

    Args:
        remark: what is said.
        about: what it is about, where the text has numbers that differ each time: of one thing a
            line is told once.
    """
    source = current_source()
    if about and source is not None:
        if (source.file, source.line, about) in _told:
            return
        _told.add((source.file, source.line, about))
    if source is None:
        warnings.warn(remark, stacklevel=2)
    else:
        registry = _said.setdefault(source.file, {})
        warnings.warn_explicit(remark, UserWarning, source.file, source.line, registry=registry)
