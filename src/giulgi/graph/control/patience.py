"""How much of loops Python computes node by node, before it is given up.

How long a loop takes is not known before. Who interprets a graph, and could compile it as well,
sets how many nodes of loops may be computed meanwhile. They are counted, and no clock is asked, so
that the same program gives the same bits again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class OutOfPatience(BaseException):
    """More nodes were computed than was allowed."""


class Patience:
    """So many nodes may still be computed.

    Args:
        left: how many.
    """

    def __init__(self, left: int) -> None:
        self.left = left


_patience: ContextVar[Patience | None] = ContextVar("patience", default=None)


@contextmanager
def patient(nodes: int) -> Iterator[Patience]:
    """Allow so many nodes of loops to be computed inside; yields what is left of them.

    Raises:
        OutOfPatience: inside, when there were more.
    """
    patience = Patience(nodes)
    token = _patience.set(patience)
    try:
        yield patience
    finally:
        _patience.reset(token)


def note_computed(nodes: int) -> None:
    """Take note that nodes of a loop were computed."""
    patience = _patience.get()
    if patience is not None:
        patience.left -= nodes
        if patience.left < 0:
            raise OutOfPatience
