"""``tf.GradientTape``: gradients of what was computed while it was open."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.eager.earlier import end_for, known_tensors, source_of
from giulgi.compat.eager.lazy import assign_pending, state
from giulgi.compat.eager.marks import Earlier, asked_of
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.control.differentiation import UnconnectedGradients
from giulgi.compat.tensors.tensor import Tensor, as_tensor, record
from giulgi.compat.variables.variable import Variable
from giulgi.graph.node import Node, build
from giulgi.graph.ops.identities import tag
from giulgi.graph.ops.state import ReadVariable
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor as Expression
from giulgi.storage import current_storage
from giulgi.tree import flatten, unflatten

_numbers = itertools.count(1)
_open: list[GradientTape] = []


def is_taping() -> bool:
    """Whether what is computed now may be differentiated afterwards."""
    return bool(_open)


@exported("GradientTape", "contrib.eager.GradientTape")
class GradientTape:
    """Remembers what is computed inside, to be differentiated.

    Expressions know what they were computed from, so that nothing is recorded; while there are
    tapes, they are kept, and the values of variables that change meanwhile. What there was before
    is marked when a tape is opened: it is constant for this one.

    Args:
        persistent: whether gradients may be asked for more than once.
        watch_accessed_variables: whether gradients may be asked for by variables that are not
            watched.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self.persistent = persistent
        self.number = next(_numbers)
        self._watches_variables = watch_accessed_variables
        self._old: dict[ReadVariable, Any] = {}
        self._is_spent = False
        self._began = 0
        self._watched: set[Node] = set()

    def __enter__(self) -> GradientTape:
        if not _open:  # A step begins: each of a loop has the same structure then.
            assign_pending()
        if not self._began:  # Else it goes on with what it knows already.
            end_for(self.number, known_tensors())
            # Nodes are numbered as they are made.
            self._began = gg.placeholder("float32", ()).node.serial
        _open.append(self)
        state.tapes.add(self)
        return self

    def __exit__(self, *exception: Any) -> None:
        if self in _open:
            _open.remove(self)

    def keep(self, cells: Iterable[ReadVariable]) -> None:
        """Keep the values of variables that are about to change."""
        storage = current_storage()
        for cell in cells:
            if cell not in self._old and storage.holds(cell):
                self._old[cell] = storage.value(cell).copy()

    def watch(self, tensor: Any) -> None:
        """Let gradients be asked for by a tensor."""
        for x in flatten(tensor)[0]:
            if isinstance(x, Tensor):
                # Equal constants are one expression: this one is to be told from others.
                x.expression = tag(x.expression, ("watched", next(_numbers)))
                self._watched.add(x.expression.node)
            else:
                self._watched.add(_differentiated(x).node)

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Let what is computed in this context be constant for the tape."""
        before = known_tensors()
        known = {id(x) for x in before}
        try:
            yield
        finally:
            end_for(self.number, [x for x in known_tensors() if id(x) not in known])

    def reset(self) -> None:
        """Forget what was computed, and what is watched."""
        self._old.clear()
        self._watched.clear()
        self._began = gg.placeholder("float32", ()).node.serial
        end_for(self.number, known_tensors())

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
    ) -> Any:
        """Return the gradients of a target by sources, nested as these; None where is none."""
        self._spend()
        leaves, structure = flatten(sources)
        by = [self._source(x) for x in leaves]
        known = [self._knows(x, e) for x, e in zip(leaves, by, strict=True)]
        ys = [_traced(as_tensor(y)) for y in flatten(target)[0]]
        seeds = None
        if output_gradients is not None:
            seeds = [as_tensor(g).expression for g in flatten(output_gradients)[0]]
        found = self._slopes(ys, by, seeds)
        found = [g if is_known else None for g, is_known in zip(found, known, strict=True)]
        kind = getattr(unconnected_gradients, "value", unconnected_gradients)
        made = [
            _zeros(x) if g is None and kind == "zero" else None if g is None else _named(g)
            for g, x in zip(found, by, strict=True)
        ]
        return unflatten(structure, iter(made))

    def _knows(self, source: Any, expression: Expression) -> bool:
        """Whether the tape watches a source: a trained variable, or what was made inside."""
        if expression.node in self._watched:
            return True
        if isinstance(source, (Variable, gg.Variable)):
            return self._watches_variables and bool(getattr(source, "trainable", True))
        if expression.node.stateful:
            return not self._ends_at(expression.node)
        return not getattr(source, "is_eager", False) or expression.node.serial > self._began

    def _ends_at(self, node: Node) -> bool:
        """Whether what a node stands for was there before the tape."""
        while isinstance(node.op, Earlier):
            if node.op.tape == self.number:
                return True
            node = node.inputs[0]
        return False

    def _source(self, source: Any) -> Expression:
        """Return what is differentiated by, as this tape knows it."""
        if isinstance(source, Tensor):
            now = source_of(source.expression, self.number, self._watched)
            if now.node in self._watched:
                return now
        return source_of(_differentiated(source), self.number, self._watched)

    def _slopes(
        self, ys: list[Expression], by: list[Expression], seeds: list[Expression] | None
    ) -> list[Expression | None]:
        every: list[Any] = [None] * len(ys) if seeds is None else list(seeds)
        pairs = [(y, s) for y, s in zip(ys, every, strict=True) if y.dtype.kind == "f"]
        if not pairs:
            return [None] * len(by)
        given = None if seeds is None else [seed for _, seed in pairs]
        floats = [x for x in by if x.dtype.kind == "f"]
        with asked_of(self.number):
            found = iter(gg.gradients([y for y, _ in pairs], floats, given, unconnected="none"))
        slopes = [next(found) if x.dtype.kind == "f" else None for x in by]
        return self._as_it_was(slopes)

    def _as_it_was(self, slopes: list[Expression | None]) -> list[Expression | None]:
        """Return gradients with the values that variables had while the tape was open."""
        if not self._old:
            return slopes
        old = {build(cell).node: gg.constant(value) for cell, value in self._old.items()}
        rebuilt = iter(substitute([g for g in slopes if g is not None], old))
        return [None if g is None else next(rebuilt) for g in slopes]

    def _spend(self) -> None:
        if self._is_spent:
            raise RuntimeError(
                "A non-persistent GradientTape can only be used to compute one set of gradients "
                "(or jacobians)"
            )
        if not self.persistent:
            self._is_spent = True
            if self not in _open:
                state.tapes.discard(self)

    def jacobian(self, target: Any, sources: Any, **_: Any) -> Any:
        """Return the gradients of each element of a target, of the shape of it and the source."""
        self._spend()
        leaves, structure = flatten(sources)
        by = [self._source(x) for x in leaves]
        y = _traced(as_tensor(target))
        shape = tuple(int(n or 0) for n in y.shape)
        rows: list[list[Any]] = []
        for place in np.ndindex(shape):
            seed = np.zeros(shape, y.dtype)
            seed[place] = 1
            rows.append(self._slopes([y], by, [gg.constant(seed)]))
        found: list[Any] = []
        for number, x in enumerate(by):
            parts = [row[number] for row in rows]
            if all(part is None for part in parts):
                found.append(None)
                continue
            whole = gg.stack([gg.zeros_like(x) if p is None else p for p in parts])
            found.append(_named(gg.reshape(whole, (*shape, *_sizes(x)))))
        return unflatten(structure, iter(found))

    def batch_jacobian(self, target: Any, source: Any, **_: Any) -> Any:
        """Return for each example the gradients of its targets by its own source."""
        self._spend()
        x, y = self._source(source), _traced(as_tensor(target))
        count, *rest = _sizes(y)
        rows = []
        for place in np.ndindex(*rest):
            seed = np.zeros((count, *rest), y.dtype)
            seed[(slice(None), *place)] = 1
            (slope,) = self._slopes([y], [x], [gg.constant(seed)])
            rows.append(gg.zeros_like(x) if slope is None else slope)
        inner = _sizes(x)[1:]
        return _named(gg.reshape(gg.stack(rows, 1), (count, *rest, *inner)))


def _named(expression: Expression) -> Tensor:
    return record("Gradient", None, [], [expression]).outputs[0]


def _sizes(x: Expression) -> tuple[int, ...]:
    return tuple(int(n or 0) for n in x.shape)


def _zeros(x: Expression) -> Tensor:
    return _named(gg.zeros_like(x))


def _traced(tensor: Any) -> Expression:
    """Return the expression by which tapes know a tensor."""
    if tensor.is_eager and get_default_graph().is_eager:
        return tensor.traced
    return tensor.expression


def _differentiated(source: Any) -> Expression:
    """Return what is differentiated by: a variable itself, not its value of now."""
    if isinstance(source, Variable):
        return source.variable
    if isinstance(source, gg.Variable):
        return source
    return _traced(source if isinstance(source, Tensor) else as_tensor(source))
