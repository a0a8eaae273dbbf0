"""Training or not: some layers (dropout) do one thing while training and another afterwards.

A network built once serves both. Where it is not said which is meant, the graph holds both
answers, and ``phase`` chooses: it is a single bool that is False unless it is fed. Before a
network is differentiated or compiled, the phase is replaced by True or False, and only one answer
is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from giulgi.graph.ops.identities import placeholder_with_default

phase = placeholder_with_default(False, "training")

_told: ContextVar[bool | None] = ContextVar("giulgi_training", default=None)


def told_phase() -> bool | None:
    """Return whether the code around is for training; None if nothing says so."""
    return _told.get()


@contextmanager
def in_phase(training: bool | None) -> Iterator[None]:
    """Say for the layers called inside whether they train."""
    token = _told.set(training)
    try:
        yield
    finally:
        _told.reset(token)
