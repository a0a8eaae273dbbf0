"""Gradients that TensorFlow has and giulgi has not: through what Python carries out.

What Python makes is a placeholder, so that its gradient by what it was made of would be taken for
none, and a sum would silently lack a term. Operations that have a gradient in TensorFlow are marked
where they are made (``has_gradient`` of :func:`giulgi.compat.operations.host.host_operation`);
where one is on the way from what is differentiated to that by which it is, an error says so. What
has none in TensorFlow either, such as ``py_func``, bears no mark.
"""

from __future__ import annotations

from collections.abc import Sequence

import giulgi as gg
from giulgi.compat.graphs.graph import Operation, get_default_graph
from giulgi.compat.operations.passages import Passage, passage_at, refuse
from giulgi.graph.node import topological
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor as Expression


def require_all(
    ys: Sequence[Expression], xs: Sequence[Expression], stopped: Sequence[Expression] = ()
) -> None:
    """Check that a gradient of ys by xs lacks no term.

    Args:
        ys: what is differentiated.
        xs: by what.
        stopped: what is taken for a constant.

    Raises:
        NotImplementedError: if a term is lost; it names the operation.
    """
    floats = [x for x in xs if x.dtype.kind == "f"]
    if not floats or not get_default_graph().notes.get("has passages"):
        return
    operation = _Search(stopped).lost(ys, floats, set())
    if operation is not None:
        refuse(operation)


class _Search:
    """Looks for marked operations on the way of a gradient."""

    def __init__(self, stopped: Sequence[Expression]) -> None:
        self._stopped = {x.node: gg.stop_gradient(x) for x in stopped}

    def lost(
        self, ys: Sequence[Expression], xs: Sequence[Expression], seen: set[Operation]
    ) -> Operation | None:
        """Return a marked operation on the way from ys to xs; None if there is none."""
        for y in substitute(list(ys), self._stopped) if self._stopped else ys:
            for passage in self._reached(y):
                if passage.operation in seen:
                    continue
                seen.add(passage.operation)
                if any(self._leads([x], xs, seen) for x in self._ways(passage)):
                    return passage.operation
        return None

    def _leads(
        self, ys: Sequence[Expression], xs: Sequence[Expression], seen: set[Operation]
    ) -> bool:
        """Whether xs have an influence on ys that TensorFlow could differentiate."""
        if self._stopped:
            ys = substitute(list(ys), self._stopped)
        floats = [y for y in ys if y.dtype.kind == "f"]
        direct = gg.gradients(floats, list(xs), unconnected="none") if floats else []
        return any(x is not None for x in direct) or self.lost(ys, xs, seen) is not None

    def _ways(self, passage: Passage) -> list[Expression]:
        """Return of what a marked operation has gradients."""
        found = [x.expression for x in passage.tensors]
        ends = list(found)
        for model, first in passage.states:
            if model.dtype.is_floating and self._leads(ends, [model.expression], set()):
                found.append(first.expression)
        return found

    def _reached(self, y: Expression) -> list[Passage]:
        """Return the marked operations at which a gradient of y arrives first."""
        own = passage_at(y.node)
        if own is not None:
            return [own]
        if y.dtype.kind != "f":
            return []
        pairs = [(Expression(node), passage_at(node)) for node in topological([y.node])]
        found = [(x, passage) for x, passage in pairs if passage and x.dtype.kind == "f"]
        by = [x for x, _ in found]
        slopes = gg.gradients([y], by, unconnected="none") if by else []
        both = zip(found, slopes, strict=True)
        return [passage for (_, passage), slope in both if slope is not None]
