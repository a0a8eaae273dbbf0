"""A program: what is fed, what is fetched, what is updated; compiled once for each set of shapes.

Below are the graph and the backends, above everything that computes: sessions, functions, ``fit``.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.backends import Batched, Computation, Executable, Steps, backend
from giulgi.backends.explanation import Explanation
from giulgi.config import config
from giulgi.errors import ArgumentError, FeedError, GraphError
from giulgi.feeds import fed_array, feedable, require_different
from giulgi.graph.dtypes import as_dtype
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.leaves import Placeholder, constant, placeholder, require_tensor
from giulgi.graph.ops.state import Assign, ReadVariable, Variable, assign
from giulgi.graph.rewrite import specialise
from giulgi.graph.shapes import could_be, is_static
from giulgi.graph.tensor import Tensor
from giulgi.graph.text import graph_text
from giulgi.ready import Ready, Shapes, commit, draw_for
from giulgi.recent import Recent
from giulgi.source import built_for, current_source
from giulgi.storage import Storage, current_storage

Array = np.ndarray[Any, Any]
# What a compiled form depends on: the backend, the feeds' shapes, and how they are taken.
_Kind = tuple[str, Shapes, Batched | None]

# For how many sets of shapes a program stays compiled, and its graph of known shapes is kept.
_REMEMBERED_SHAPES, _REMEMBERED_COMPUTATIONS = 256, 4
# How often a program can be run in one go.
_MOST_TIMES = 10**15


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
        self.feeds = tuple(feedable(x) for x in feeds)
        require_different(self.feeds)
        # As assignments, which check that the values fit their variables.
        self.updates = tuple((variable, _assigned_to(variable, new)) for variable, new in updates)
        self.backend = backend
        self._compiled: Recent[_Kind, tuple[Computation, Executable]]
        self._compiled = Recent(_REMEMBERED_SHAPES)
        self._specialised: Recent[Shapes, Computation] = Recent(_REMEMBERED_COMPUTATIONS)
        self._ready: Ready | None = None

    def on(self, backend: str) -> Program:
        """Return the same program on another backend; what is known of it, both know."""
        made = copy.copy(self)
        made.backend = backend
        made._compiled = Recent(_REMEMBERED_SHAPES)
        made._ready = None
        return made

    def __call__(self, *values: Any, storage: Storage | None = None) -> list[Array]:
        """Run on the values of the feeds; return the values of the fetches.

        Args:
            values: one value for each feed, in order.
            storage: where the variables' values are; None: the storage in use.

        Raises:
            FeedError: if a value does not fit its feed, or a placeholder is not fed.
        """
        return self.run(self.checked(values), storage)

    def repeat(self, times: int, *values: Any, storage: Storage | None = None) -> list[Array]:
        """Run so many times on the same values; return the fetches of the last time.

        Each run reads what the one before made of the variables; the backend takes many runs in
        one go, if it can, so that Python costs nothing in between.

        Args:
            times: how often, at least once.
            values: one value for each feed, in order.
            storage: where the variables' values are; None: the storage in use.
        """
        return self.run(self.checked(values), storage, times)

    def run(
        self, arrays: Sequence[Array], storage: Storage | None = None, times: int = 1
    ) -> list[Array]:
        """Run on arrays that fit the feeds, dtypes and all: :meth:`__call__` makes them fit."""
        times = checked_times(times)
        store = current_storage() if storage is None else storage
        name = self.backend or config.backend
        shapes = tuple([array.shape for array in arrays])
        ready = self._ready
        if ready is None or not ready.serves(name, shapes, store):
            ready = self._ready = Ready.of(name, shapes, self.compiled(shapes), store)
        return ready.run(arrays, times)

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
            data: for each feed the array of all examples.
            order: the places of the examples: run ``s`` takes those at
                ``order[s * size : (s + 1) * size]``.
            size: the number of examples in a batch.
            steps: which runs.
            storage: where the variables' values are; None: the storage in use.

        Raises:
            FeedError: if the order tells of examples that are not there.
            DTypeError: if the data are of a dtype that giulgi does not have.
        """
        store = current_storage() if storage is None else storage
        data, batched, shapes = self._batched(data, size)
        order = np.ascontiguousarray(order, np.int64)
        _require_examples(data, order[steps.start * size : steps.stop * size], size * len(steps))
        computation, executable = self.compiled(shapes, batched)
        together = max(len(steps), 1) if executable.in_place else 1
        for first in range(steps.start, steps.stop, together):
            taken = Steps(order, first, min(first + together, steps.stop))
            with store.lent(computation.variables) as held:
                draw = draw_for(store, computation, taken.end - first)
                updated = executable.run_steps(data, held, draw, taken)
                if not executable.in_place:
                    commit(store, computation, updated)

    def checked(self, values: Sequence[Any]) -> list[Array]:
        """Return the values of the feeds as arrays that fit them.

        Raises:
            FeedError, DTypeError: if one does not fit.
        """
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
        return self._specialised.get(
            shapes, lambda: make_computation(self.fetches, self.feeds, self.updates, shapes)
        )

    def __repr__(self) -> str:
        return (
            f"<Program: {len(self.feeds)} fed, {len(self.fetches)} fetched, "
            f"{len(self.updates)} updated>"
        )

    def text(self, *shapes: tuple[int, ...]) -> str:
        """Return the graph as text; with one shape for each feed, as it is run for those."""
        if shapes:
            return self.specialised(shapes).text()
        return graph_text([*self.fetches, *(new for _, new in self.updates)])

    def explain(self, *shapes: Any) -> Explanation:
        """Return what becomes of the program for feeds of these shapes, stage by stage.

        On the native backend: the graph; its groups, each one pass over memory; the memory and
        who lives in it when; and by their names ``["ir"]``, LLVM's language, and ``["assembly"]``.

        Args:
            shapes: one for each feed, or arrays of such shapes; may be left out where the feeds
                have known shapes.

        Raises:
            FeedError: if there is not one for each feed, or one does not fit.
        """
        known = (
            tuple(_known_shape(feed) for feed in self.feeds)
            if not shapes
            else tuple(
                _shape_for(feed, given) for feed, given in zip(self.feeds, shapes, strict=False)
            )
        )
        if shapes and len(shapes) != len(self.feeds):
            raise FeedError(
                f"the program has {len(self.feeds)} feeds, and {len(shapes)} shapes are given.",
                op="explain",
                fix="program.explain((128, 784), (128,)): one shape for each feed",
            )
        return backend(self.backend).explain(self.specialised(known))

    def explain_steps(self, data: Sequence[Array], size: int) -> Explanation:
        """Return what becomes of the program for batches of examples, stage by stage.

        Args:
            data: for each feed the array of all examples, as for :meth:`run_steps`.
            size: the number of examples in a batch.

        Raises:
            FeedError: if there is not one for each feed.
            DTypeError: if the data are of a dtype that giulgi does not have.
        """
        _, batched, shapes = self._batched(data, size)
        return backend(self.backend).explain(self.specialised(shapes), batched)

    def explanations(self) -> list[tuple[Shapes, Explanation]]:
        """Return for which shapes of the feeds it is compiled now, and what became of it for each.

        See :meth:`explain`.
        """
        return [
            (shapes, backend(name).explain(computation, batched))
            for (name, shapes, batched), (computation, _) in self._compiled.items()
        ]

    def _batched(self, data: Sequence[Array], size: int) -> tuple[list[Array], Batched, Shapes]:
        """Return the data as plain arrays, how feeds are taken from them, and the feeds' shapes."""
        if len(data) != len(self.feeds):
            raise FeedError(f"the program has {len(self.feeds)} feeds, and data for {len(data)}.")
        # Native code follows addresses: what is no plain array becomes one, or is refused.
        arrays = [np.asarray(array) for array in data]
        arrays = [np.ascontiguousarray(array, as_dtype(array.dtype)) for array in arrays]
        batched = Batched(size, tuple(array.dtype for array in arrays))
        return arrays, batched, tuple((size, *array.shape[1:]) for array in arrays)


def _require_examples(data: Sequence[Array], places: Array, count: int) -> None:
    """Raise a FeedError if some runs ask for examples that are not there."""
    fewest = min((len(array) for array in data), default=0)
    if len(places) < count:
        raise FeedError(
            f"the order has {len(places)} places where {count} are needed.", op="run_steps"
        )
    if count and data and not 0 <= places.min() <= places.max() < fewest:
        raise FeedError(
            f"the order asks for examples {places.min()} to {places.max()}, and there are "
            f"{fewest}.",
            op="run_steps",
            fix="places count from 0",
        )


def checked_times(times: Any) -> int:
    """Return how often a program is to be run, as Python's int.

    Raises:
        ArgumentError: if that is no whole number, or it cannot be run so often.
    """
    if not isinstance(times, (int, np.integer)) or isinstance(times, bool):
        said = repr(times) if isinstance(times, (float, str, bool)) else type(times).__name__
        raise ArgumentError(
            f"the first argument tells how often to run, a whole number, and is {said}.",
            op="repeat",
            fix="step.repeat(100, x, y)",
        )
    if times < 1:
        raise ArgumentError(
            f"how often to run is {times}; there is no result of less than one run.",
            op="repeat",
            fix="run it at least once",
        )
    if times > _MOST_TIMES:
        raise ArgumentError(
            f"how often to run is {times}; a computer is not done with that in a lifetime.",
            op="repeat",
            fix="at most 10**15",
        )
    return int(times)


def _assigned_to(variable: Variable, new: Any) -> Tensor:
    """Return the assignment of a new value, of the line that the value is of."""
    value = constant(new)
    with built_for(value.source or current_source(), value.node.path):
        return assign(variable, value)


def _shape_for(feed: Tensor, given: Any) -> tuple[int, ...]:
    """Return the shape that is given for a feed: sizes, or an array."""
    shape = getattr(given, "shape", given)
    if not isinstance(shape, (tuple, list)) or not could_be(feed.known_shape, tuple(shape)):
        raise FeedError(
            f"{given!r} is no shape for {feed.name!r}.",
            op="explain",
            where=current_source(),
            arguments=[(feed.name, feed.description)],
            fix="program.explain((128, 784), (128,)): one shape for each feed",
        )
    return tuple(shape)


def _known_shape(feed: Tensor) -> tuple[int, ...]:
    shape = feed.known_shape
    if not is_static(shape):
        raise FeedError(
            f"the shape of {feed.name!r} is not known until it is fed.",
            arguments=[(feed.name, feed.description)],
            fix="give a shape for each feed: program.explain((128, 784), (128,))",
        )
    return shape


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
            fix=f"feed it. To look at a tensor y: y.numpy({{{missing[0].name}: value}}), or "
            f"session.run(y, {{{missing[0].name}: value}})",
        )
