"""What a look at a tensor does: its value is computed once, by the reference backend.

A compiled backend would take longer to compile than to compute once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from giulgi.backends import Draw, backend
from giulgi.errors import FeedError, GraphError
from giulgi.feeds import fed_array, feedable
from giulgi.graph import evaluation
from giulgi.graph.node import Node
from giulgi.graph.ops.leaves import constant
from giulgi.graph.ops.state import Variable, register_assign
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor
from giulgi.program import make_computation
from giulgi.ready import LOOK
from giulgi.source import current_source
from giulgi.storage import current_storage

Array = np.ndarray[Any, Any]


def evaluate_nodes(
    nodes: Sequence[Node], feeds: Mapping[Tensor, Any], *, fresh: bool = False
) -> list[Array]:
    """Compute nodes once, on the reference backend: what a look at a tensor does.

    A look goes back no further than to what was looked at before, unless ``fresh`` is asked for.
    """
    ends = [Tensor(node) for node in nodes]
    fed = [feedable(feed) for feed in feeds]
    arrays = [fed_array(f, value) for f, value in zip(fed, feeds.values(), strict=True)]
    if not (fresh or any(feed.node.concrete for feed in fed)):
        ends = substitute(ends, _settled_below(nodes))
    try:
        computation = make_computation(ends, fed, (), tuple(array.shape for array in arrays))
    except FeedError as error:
        error.fix += (
            ";\nif the tensor was made inside a gg.function, it has a value only there: "
            "return it from the function"
        )
        raise
    if computation.updates:
        raise GraphError(
            "looking at this tensor would assign to a variable.",
            where=current_source(),
            fix="run it in a session, or as a gg.Program",
        )
    store = current_storage()
    executable = backend("reference").compile(computation)
    with store.lent(computation.variables) as held:
        return executable.run(arrays, held, Draw(store.seed, LOOK))[0]


def _settled_below(nodes: Sequence[Node]) -> dict[Node, Tensor]:
    """Return the nodes nearest to the ends that have been computed, and their values."""
    found: dict[Node, Tensor] = {}
    seen = set(nodes)
    waiting = list(seen)
    while waiting:
        node = waiting.pop()
        if node.value is not None and node.inputs:
            found[node] = constant(node.value, copy=False)
            continue
        new = [source for source in node.inputs if source not in seen]
        seen.update(new)
        waiting += new
    return found


def _assign_now(variable: Variable, value: Tensor) -> None:
    current_storage().assign(variable.cell, value.numpy())


evaluation.register(evaluate_nodes)
register_assign(_assign_now)
