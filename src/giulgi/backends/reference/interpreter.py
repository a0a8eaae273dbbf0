"""Computes a graph node by node with each op's own NumPy meaning.

It is the oracle of the tests, and the home of operations that no other backend has.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from giulgi.backends.base import Array, Batched, Computation, Draw, Steps
from giulgi.backends.explanation import Explanation
from giulgi.backends.reference.blas import one_thread
from giulgi.backends.work import work
from giulgi.errors import GiulgiError, GraphError
from giulgi.graph.node import Node, companions_of, describe
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.shapes import could_be, shape_text
from giulgi.graph.tensor import Tensor

# How many operations on numbers are worth more than one thread of NumPy's.
_WORTH_THREADS = 2**28


class ReferenceBackend:
    """Runs computations on NumPy."""

    name = "reference"

    def compile(self, computation: Computation, batched: Batched | None = None) -> Interpreter:
        """Return an interpreter of the computation; nothing is compiled."""
        return Interpreter(computation, batched)

    def explain(self, computation: Computation, batched: Batched | None = None) -> Explanation:
        """Return the graph: it is computed from top to bottom, as it is written."""
        return Explanation(
            {"graph": computation.text},
            shown=1,
            remark="The reference backend computes this from top to bottom, one operation after "
            "another, with NumPy.",
        )


class Interpreter:
    """Computes the nodes of a computation in order, and forgets each value after its last use."""

    in_place = False

    def __init__(self, computation: Computation, batched: Batched | None = None) -> None:
        self.computation = computation
        self.batched = batched
        given = {*computation.feeds, *(node for node in computation.reads if node is not None)}
        self.steps = [node for node in computation.nodes if node not in given]
        results = [*computation.fetches, *(node for _, node in computation.updates)]
        self.spent = _last_uses(self.steps, keep={*results, *given})
        self.companions = companions_of(self.steps)
        self.is_small = work(self.steps) < _WORTH_THREADS

    def run(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw, times: int = 1
    ) -> tuple[list[Array], list[Array]]:
        """Compute the fetches and the new values of variables; so many times."""
        if self.is_small:
            with one_thread():
                return self._run_times(feeds, values, draw, times)
        return self._run_times(feeds, values, draw, times)

    def _run_times(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw, times: int
    ) -> tuple[list[Array], list[Array]]:
        now = list(values)
        fetched: list[Array] = []
        updated: list[Array] = []
        for number in range(times):
            fetched, updated = self._run_once(feeds, now, Draw(draw.seed, draw.run + number))
            for (place, _), value in zip(self.computation.updates, updated, strict=True):
                now[place] = value
        return fetched, updated

    def _run_once(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw
    ) -> tuple[list[Array], list[Array]]:
        known = self._computed(feeds, values, draw)
        held = {id(array) for array in (*feeds, *values)}
        fetched = [_own(known[node], held) for node in self.computation.fetches]
        updated = [_own(known[node], held) for _, node in self.computation.updates]
        return fetched, updated

    def _computed(
        self, feeds: Sequence[Array], values: Sequence[Array], draw: Draw
    ) -> dict[Node, Array]:
        """Return values of nodes, among them all results."""
        known: dict[Node, Array] = dict(zip(self.computation.feeds, feeds, strict=True))
        reads = zip(self.computation.reads, values, strict=True)
        known.update((node, value) for node, value in reads if node is not None)
        with np.errstate(all="ignore"):
            for node, spent in zip(self.steps, self.spent, strict=True):
                if node not in known:
                    inputs = [known[source] for source in node.inputs]
                    if node in self.companions:
                        known.update(self._together(self.companions[node], inputs))
                    else:
                        known[node] = _compute(node, inputs, draw)
                for done in spent:
                    del known[done]
        return known

    def _together(self, nodes: Sequence[Node], inputs: Sequence[Array]) -> dict[Node, Array]:
        """Compute companions, such as all values of a loop, in one go."""
        ops = [node.op for node in nodes]
        try:
            return dict(zip(nodes, ops[0].computed_together(ops, *inputs), strict=True))
        except Exception as error:
            raise _explained(error, nodes[0]) from error

    def run_steps(
        self, data: Sequence[Array], values: Sequence[Array], draw: Draw, steps: Steps
    ) -> list[Array]:
        """Run one step after another."""
        now = list(values)
        places = [place for place, _ in self.computation.updates]
        for step in range(steps.first, steps.end):
            feeds = self.examples(data, steps, step)
            _, updated = self.run(feeds, now, Draw(draw.seed, draw.run + step - steps.first))
            for place, value in zip(places, updated, strict=True):
                now[place] = value
        return [now[place] for place in places]

    def examples(self, data: Sequence[Array], steps: Steps, step: int) -> list[Array]:
        """Return what a step takes of the data."""
        assert self.batched is not None
        size = self.batched.size
        chosen = steps.order[step * size : (step + 1) * size]
        pairs = zip(data, self.computation.feeds, strict=True)
        return [array[chosen].astype(feed.spec.dtype) for array, feed in pairs]


def compute_in_order(steps: Sequence[Node], known: dict[Node, Array], draw: Draw) -> None:
    """Compute nodes, inputs before their users, and add their values to those that are known."""
    companions = companions_of(steps)
    with np.errstate(all="ignore"):
        for node in steps:
            if node in known:
                continue
            # Only constants have a value of their own.
            inputs = [known[x] if x in known else x.value for x in node.inputs]  # noqa: SIM401
            if node in companions:
                together = companions[node]
                ops = [other.op for other in together]
                known.update(zip(together, ops[0].computed_together(ops, *inputs), strict=True))
            else:
                known[node] = _compute(node, inputs, draw)  # type: ignore[arg-type]


def _compute(node: Node, inputs: Sequence[Array], draw: Draw) -> Array:
    if node.value is not None and not node.random:
        return node.value
    try:
        if isinstance(node.op, RandomBits):
            value = node.op.numpy(*inputs, seed=draw.seed, run=draw.run)
        else:
            value = node.op.numpy(*inputs)
    except Exception as error:
        raise _explained(error, node) from error
    value = np.asarray(value)
    assert value.dtype == node.spec.dtype, f"{node} computed {value.dtype}"
    assert could_be(node.spec.shape, value.shape), f"{node} computed {shape_text(value.shape)}"
    return value


def _explained(error: Exception, node: Node) -> GiulgiError:
    said = str(error).rstrip(".")
    explained = error if isinstance(error, GiulgiError) else GraphError(f"{said}.")
    explained.where = node.source or explained.where
    explained.complete(
        op=node.op.name,
        layer=node.path,
        arguments=describe(node.op, [Tensor(source) for source in node.inputs]),
    )
    return explained


def _last_uses(steps: Sequence[Node], keep: set[Node]) -> list[list[Node]]:
    """Return for each step the values that nobody needs after it."""
    last: dict[Node, int] = {}
    for place, node in enumerate(steps):
        last.setdefault(node, place)
        for source in node.inputs:
            last[source] = place
    spent: list[list[Node]] = [[] for _ in steps]
    for node, place in last.items():
        if node not in keep:
            spent[place].append(node)
    return spent


def _own(value: Array, held: set[int]) -> Array:
    """Return the value as an array that nobody else holds, and note that it is held now.

    Args:
        value: perhaps a view of another array, a constant, or itself something that was fed.
        held: the ids of arrays that others hold.
    """
    is_view = value.base is not None or not value.flags.owndata
    if is_view or not value.flags.writeable or id(value) in held:
        value = value.copy()
    value = np.ascontiguousarray(value) if value.ndim else value
    held.add(id(value))
    return value
