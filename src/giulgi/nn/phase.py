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
from giulgi.graph.tensor import Tensor

#: Whether layers train: None where nothing says so, a tensor where it is told when it is fed.
Phase = bool | Tensor | None

phase = placeholder_with_default(False, "training")

_told: ContextVar[Phase] = ContextVar("giulgi_training", default=None)


def told_phase() -> Phase:
    """Return whether the code around is for training; None if nothing says so.

    It may be a tensor, a single bool or number, that says so when it is fed.
    """
    return _told.get()


@contextmanager
def in_phase(training: Phase) -> Iterator[None]:
    """Say for the layers called inside whether they train."""
    token = _told.set(training)
    try:
        yield
    finally:
        _told.reset(token)
