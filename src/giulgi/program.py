"""A program: what is fed, what is fetched, what is updated; compiled once for each set of shapes.

Below are the graph and the backends, above everything that computes: sessions, functions, ``fit``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from giulgi.backends import Batched, Computation, Draw, Executable, Steps, backend
from giulgi.config import config
from giulgi.errors import DTypeError, FeedError, GraphError
from giulgi.graph import evaluation
from giulgi.graph.dtypes import is_float, is_integer
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.leaves import Constant, Placeholder, constant, placeholder, require_tensor
from giulgi.graph.ops.state import (
    Assign,
    ReadVariable,
    Variable,
    assign,
    register_assign,
)
from giulgi.graph.rewrite import specialise, substitute
from giulgi.graph.shapes import could_be, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.graph.text import graph_text
from giulgi.recent import Recent
from giulgi.source import built_for, current_source
from giulgi.storage import Storage, current_storage

Array = np.ndarray[Any, Any]
Shapes = tuple[tuple[int, ...], ...]
# What a compiled form depends on: the backend, the feeds' shapes, and how they are taken.
_Kind = tuple[str, Shapes, Batched | None]

# What random numbers of a tensor that is looked at outside any program depend on: it is always
# the same look at the same value.
_LOOK = 0

# For how many sets of shapes a program stays compiled.
_REMEMBERED_SHAPES = 64


class Program:
    """Fetches, feeds and updates: something to call.

    All reads of variables see the values from before the run; all updates take effect together at
    its end. An interruption leaves the values of before or after, never a mixture.

    Args:
        fetches: the tensors whose values are returned.
        feeds: the tensors whose values are given, placeholders or any others, in order.
        updates: pairs of a variable and its new value. Assignments (``gg.assign``) among what is
            computed are updates, too.
        backend: the name of a backend; None: the one set in ``gg.config`` when it first runs.
    """

    def __init__(
        self,
        fetches: Sequence[Tensor],
        feeds: Sequence[Tensor] = (),
        updates: Sequence[tuple[Variable, Tensor]] = (),
        *,
        backend: str | None = None,
    ) -> None:
        if isinstance(fetches, Tensor) or isinstance(feeds, Tensor):
            raise GraphError("fetches and feeds are lists of tensors.", op="Program", fix="[x]")
        self.fetches = tuple(require_tensor(x, "what is fetched") for x in fetches)
        self.feeds = tuple(_feedable(x) for x in feeds)
        _require_different(self.feeds)
        # As assignments, which check that the values fit their variables.
        self.updates = tuple((variable, assign(variable, new)) for variable, new in updates)
        self.backend = backend
        self._compiled: Recent[_Kind, tuple[Computation, Executable]]
        self._compiled = Recent(_REMEMBERED_SHAPES)

    def __call__(self, *values: Any, storage: Storage | None = None) -> list[Array]:
        """Run on the values of the feeds; return the values of the fetches.

        Args:
            values: one value for each feed, in order.
            storage: where the variables' values are; None: the storage in use.

        Raises:
            FeedError: if a value does not fit its feed, or a placeholder is not fed.
        """
        store = current_storage() if storage is None else storage
        arrays = self._checked(values)
        computation, executable = self.compiled(tuple(array.shape for array in arrays))
        with store.lent(computation.variables) as held:
            fetched, updated = executable.run(arrays, held, _draw(store, computation, 1))
            _commit(store, computation, updated)
        return fetched

    def run_steps(
        self,
        data: Sequence[Array],
        order: Array,
        size: int,
        steps: range,
        *,
        storage: Storage | None = None,
    ) -> None:
        """Run for several batches of examples; in one go, where the backend can.

        An interruption leaves the values of a whole number of runs.

        Args:
            data: for each feed the array of all examples; contiguous.
            order: the places of the examples, as int64: run ``s`` takes those at
                ``order[s * size : (s + 1) * size]``.
            size: the number of examples in a batch.
            steps: which runs.
            storage: where the variables' values are; None: the storage in use.
        """
        store = current_storage() if storage is None else storage
        batched = Batched(size, tuple(array.dtype for array in data))
        shapes = tuple((size, *array.shape[1:]) for array in data)
        computation, executable = self.compiled(shapes, batched)
        together = len(steps) if executable.loops else 1
        for first in range(steps.start, steps.stop, together):
            taken = Steps(order, first, min(first + together, steps.stop))
            with store.lent(computation.variables) as held:
                draw = _draw(store, computation, taken.end - first)
                updated = executable.run_steps(data, held, draw, taken)
                _commit(store, computation, updated)

    def _checked(self, values: Sequence[Any]) -> list[Array]:
        if len(values) != len(self.feeds):
            raise FeedError(
                f"the program has {len(self.feeds)} feeds, and {len(values)} values are given."
            )
        return [fed_array(feed, value) for feed, value in zip(self.feeds, values, strict=True)]

    def compiled(
        self, shapes: Shapes, batched: Batched | None = None
    ) -> tuple[Computation, Executable]:
        """Return the computation for feeds of these shapes, and its compiled form."""
        name = self.backend or config.backend

        def compile() -> tuple[Computation, Executable]:
            computation = self.specialised(shapes)
            return computation, backend(name).compile(computation, batched)

        return self._compiled.get((name, shapes, batched), compile)

    def specialised(self, shapes: Shapes) -> Computation:
        """Return the graph for feeds of these shapes, in which every shape is known."""
        return make_computation(self.fetches, self.feeds, self.updates, shapes)

    def text(self, *shapes: tuple[int, ...]) -> str:
        """Return the graph as text; with one shape for each feed, as it is run for those."""
        if not shapes:
            return graph_text([*self.fetches, *(new for _, new in self.updates)])
        computation = self.specialised(shapes)
        ends = [*computation.fetches, *(node for _, node in computation.updates)]
        return graph_text([Tensor(node) for node in ends])


def _draw(store: Storage, computation: Computation, runs: int) -> Draw:
    """Return what random numbers depend on.

    Only a run that draws counts, so that looking at a metric changes nothing.
    """
    return store.next_draw(runs) if computation.is_random else Draw(store.seed, _LOOK)


def _commit(store: Storage, computation: Computation, updated: Sequence[Array]) -> None:
    changed = [computation.variables[place] for place, _ in computation.updates]
    store.commit(dict(zip(changed, updated, strict=True)))


def _feedable(feed: Any) -> Tensor:
    """Return what is to be fed; equal constants are one node, so feeding one would feed all."""
    tensor = require_tensor(feed, "what is fed")
    if isinstance(tensor.op, Constant):
        raise FeedError(
            "a constant cannot be fed: it has its value for good.",
            arguments=[("fed", tensor.description)],
            fix="to feed another value, make it gg.placeholder_with_default(value)",
        )
    return tensor


def _require_different(feeds: Sequence[Tensor]) -> None:
    """Raise a FeedError if one value is to be fed twice: equal expressions are one node."""
    seen: dict[Node, Tensor] = {}
    for feed in feeds:
        other = seen.setdefault(feed.node, feed)
        if other is not feed:
            raise FeedError(
                "two of the feeds are the same expression, so they cannot have two values.",
                arguments=[("one", other.description), ("other", feed.description)],
                fix="feed it once",
            )


def make_computation(
    fetches: Sequence[Tensor],
    feeds: Sequence[Tensor],
    updates: Sequence[tuple[Variable, Tensor]],
    shapes: Shapes,
) -> Computation:
    """Return what a backend computes for feeds of the given shapes."""
    fed = [_placeholder_for(feed, shape) for feed, shape in zip(feeds, shapes, strict=True)]
    replacements = {feed.node: new for feed, new in zip(feeds, fed, strict=True)}
    ends = specialise([*fetches, *(new for _, new in updates)], replacements)
    nodes = topological(end.node for end in ends)
    _require_fed(nodes, fed)
    new_values: dict[ReadVariable, Tensor] = {}
    for (variable, _), value in zip(updates, ends[len(fetches) :], strict=True):
        _update(new_values, variable.cell, value)
    for node in nodes:
        if isinstance(node.op, Assign):
            _update(new_values, node.op.variable, Tensor(node))
    reads = {n.op: n for n in nodes if isinstance(n.op, ReadVariable)}
    variables = list(dict.fromkeys([*reads, *new_values]))
    return Computation(
        feeds=tuple(tensor.node for tensor in fed),
        variables=tuple(variables),
        reads=tuple(reads.get(variable) for variable in variables),
        fetches=tuple(end.node for end in ends[: len(fetches)]),
        updates=tuple((variables.index(v), new.node) for v, new in new_values.items()),
    )


def _update(new_values: dict[ReadVariable, Tensor], variable: ReadVariable, value: Tensor) -> None:
    """Note a variable's new value; a second one would have to win over the first, or lose."""
    if _assigned(new_values.setdefault(variable, value)) is not _assigned(value):
        raise GraphError(
            f"the variable {variable.label!r} is given two new values in one run.",
            arguments=[("first", new_values[variable].description), ("then", value.description)],
            fix="run one after the other, or make one value of the two",
        )


def _assigned(value: Tensor) -> Node:
    """Return what is assigned, without the assignment."""
    return value.node.inputs[0] if isinstance(value.op, Assign) else value.node


def _placeholder_for(feed: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return a placeholder of known shape in the place of what is fed."""
    with built_for(feed.source, feed.node.path):
        return placeholder(feed.dtype, shape, feed.name)


def _require_fed(nodes: Sequence[Node], fed: Sequence[Tensor]) -> None:
    known = {tensor.node for tensor in fed}
    missing = [node for node in nodes if isinstance(node.op, Placeholder) and node not in known]
    if missing:
        names = ", ".join(repr(node.name) for node in missing)
        raise FeedError(
            f"the value of {names} is needed and not fed.",
            where=current_source(),
            arguments=[(node.name, Tensor(node).description) for node in missing],
            fix=f"feed it: y.numpy({{{missing[0].name}: value}}), or run(y, "
            f"{{{missing[0].name}: value}})",
        )


def fed_array(feed: Tensor, value: Any) -> Array:
    """Return a fed value as an array of the feed's dtype.

    Raises:
        FeedError: if its shape does not fit.
        DTypeError: if it is no array of numbers, or has fractions where integers are wanted.
    """
    if isinstance(value, Tensor):
        value = value.numpy()
    try:
        array = np.asarray(value)
    except ValueError:
        raise FeedError(
            f"the value for {feed.name!r} has rows of different lengths.",
            where=current_source(),
            arguments=[(feed.name, feed.description)],
            fix="pad the rows to one length",
        ) from None
    if array.dtype != feed.dtype:
        array = _converted(feed, array)
    if not could_be(feed.known_shape, array.shape):
        raise FeedError(
            f"a value of shape {shape_text(array.shape)} does not fit {feed.name!r}.",
            where=current_source(),
            arguments=[(feed.name, feed.description)],
            axes=_disagreeing(feed, array),
            fix=_feed_fix(feed, array),
        )
    return array


def _converted(feed: Tensor, array: Array) -> Array:
    if array.dtype.kind not in "biuf" or (is_float(array.dtype) and not is_float(feed.dtype)):
        raise DTypeError(
            f"{feed.name!r} takes {feed.dtype.name}, and the value is {array.dtype}.",
            where=current_source(),
            arguments=[(feed.name, feed.description)],
            fix="make numbers of it first"
            if array.dtype.kind not in "biuf"
            else f"values.astype({feed.dtype.name!r}), if the fractions do not matter",
        )
    converted = array.astype(feed.dtype)
    if is_integer(array.dtype) and is_integer(feed.dtype) and (converted != array).any():
        raise DTypeError(
            f"{feed.name!r} takes {feed.dtype.name}, which does not hold all of the values.",
            arguments=[(feed.name, feed.description)],
            fix=f"declare the placeholder as {array.dtype.name}",
        )
    return converted


def _disagreeing(feed: Tensor, array: Array) -> str:
    declared = feed.shape
    if len(declared) != array.ndim:
        return f"{len(declared)} axes are declared, the value has {array.ndim}"
    pairs = enumerate(zip(declared, array.shape, strict=True))
    return ", ".join(
        f"axis {axis}: {wanted} declared, {given} given"
        for axis, (wanted, given) in pairs
        if wanted not in (None, given)
    )


def _feed_fix(feed: Tensor, array: Array) -> str:
    declared = feed.shape
    if len(declared) == array.ndim + 1:
        if could_be(declared[1:], array.shape):
            return "one example lacks the batch axis: feed values[None]"
        return "an axis is missing: values.reshape(...) or values[:, None] adds one"
    return f"reshape the values to {shape_text(declared)}, or declare the placeholder as they are"


def evaluate_nodes(
    nodes: Sequence[Node], feeds: Mapping[Tensor, Any], *, fresh: bool = False
) -> list[Array]:
    """Compute nodes once, on the reference backend: what a look at a tensor does.

    A look goes back no further than to what was looked at before, unless ``fresh`` is asked for.
    """
    ends = [Tensor(node) for node in nodes]
    fed = [_feedable(feed) for feed in feeds]
    arrays = [fed_array(f, value) for f, value in zip(fed, feeds.values(), strict=True)]
    if not (fresh or any(feed.node.concrete for feed in fed)):
        ends = substitute(ends, _settled_below(nodes))
    computation = make_computation(ends, fed, (), tuple(array.shape for array in arrays))
    if computation.updates:
        raise GraphError(
            "looking at this tensor would assign to a variable.",
            where=current_source(),
            fix="run it in a session, or as a gg.Program",
        )
    store = current_storage()
    executable = backend("reference").compile(computation)
    with store.lent(computation.variables) as held:
        return executable.run(arrays, held, Draw(store.seed, _LOOK))[0]


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
