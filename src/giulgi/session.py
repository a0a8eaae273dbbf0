"""A session: define a graph first, run it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any

import numpy as np

from giulgi.errors import GraphError
from giulgi.graph.ops.leaves import require_tensor
from giulgi.graph.tensor import Tensor
from giulgi.program import Program
from giulgi.recent import Recent
from giulgi.storage import Storage
from giulgi.tree import flatten, unflatten

# How many pairs of fetches and feeds a session remembers the programs of.
_REMEMBERED_PROGRAMS = 256

# The uses of sessions that are open, the innermost last: in each thread those of its own.
_entered: ContextVar[tuple[AbstractContextManager[Storage], ...]]
_entered = ContextVar("giulgi_entered_sessions", default=())


class Session:
    """Runs parts of a graph, with values of its own for all variables.

    Programs are compiled once for what is fetched and fed, and kept.

    Args:
        seed: the seed of random numbers; None takes one from the operating system.

    Example::

        x = gg.placeholder("int32", (), name="x")
        z = gg.Variable(0, dtype="int32", name="z")
        z_next = gg.assign(z, x + 20)
        with gg.Session() as session:
            session.run(z_next, {x: 10})   # 30
    """

    def __init__(self, seed: int | None = None) -> None:
        self.storage = Storage(seed)
        self._programs: Recent[tuple[Any, ...], Program] = Recent(_REMEMBERED_PROGRAMS)

    def run(self, fetches: Any, feed_dict: Mapping[Tensor, Any] | None = None) -> Any:
        """Compute values.

        Args:
            fetches: a tensor, or nested lists, tuples or dicts of tensors.
            feed_dict: the values of placeholders, or of any other tensors.

        Returns:
            NumPy arrays (of a single number: a NumPy scalar), nested as the fetches are.

        Raises:
            FeedError: if a placeholder that is needed is not fed, or a value does not fit.
        """
        tensors, structure = flatten(fetches)
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise GraphError(
                    f"a session runs tensors, not {type(tensor).__name__}.",
                    fix="fetch a tensor, or lists, tuples or dicts of tensors",
                )
        given = dict(feed_dict or {})
        nodes = [require_tensor(t, "what is fed").node for t in given]
        key = (tuple(t.node for t in tensors), tuple(nodes))
        program = self._programs.get(key, lambda: Program(tensors, list(given)))
        arrays = program(*given.values(), storage=self.storage)
        return unflatten(structure, iter([_plain(array) for array in arrays]))

    def __enter__(self) -> Session:
        use = self.storage.in_use()
        use.__enter__()
        _entered.set((*_entered.get(), use))
        return self

    def __exit__(self, *exception: Any) -> None:
        *outer, use = _entered.get()
        _entered.set(tuple(outer))
        use.__exit__(*exception)


def _plain(array: np.ndarray[Any, Any]) -> Any:
    """Return a single number as a NumPy scalar, and an array as it is."""
    return array[()]
