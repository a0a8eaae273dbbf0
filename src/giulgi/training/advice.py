"""Remarks that are no errors: warnings that point at the line of the user's code."""

from __future__ import annotations

import warnings

from giulgi.graph.source import current_source


def advise(remark: str) -> None:
    """Warn, at the line of the user's code that is running."""
    source = current_source()
    if source is None:
        warnings.warn(remark, stacklevel=2)
    else:
        warnings.warn_explicit(remark, UserWarning, source.file, source.line)
