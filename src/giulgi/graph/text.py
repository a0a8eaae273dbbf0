"""The graph as text: one line for each node, that reads like mathematics."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from giulgi.graph.node import Node, topological
from giulgi.graph.ops.leaves import Constant
from giulgi.graph.shapes import shape_text
from giulgi.graph.tensor import Tensor


def graph_text(ys: Tensor | Sequence[Tensor], *, sources: bool = True) -> str:
    """Return the graph of one tensor, or several, as text.

    Each line names a value, says how it is computed, and gives its dtype and shape; then the line
    of the user's code that built it::

        x  = placeholder     float32 (?, 3)   # lesson.py:4
        %1 = x @ kernel      float32 (?, 2)   # lesson.py:6

    Args:
        ys: where the graph ends.
        sources: whether to tell the lines of the user's code.
    """
    tensors = [ys] if isinstance(ys, Tensor) else list(ys)
    nodes = topological(y.node for y in tensors)
    given = {y.node: y.given_name for y in tensors if y.given_name}
    names = node_names(nodes, given)
    shown = [node for node in nodes if node in given or not _is_inline(node)]
    rows = [
        (
            names[node],
            node.op.formula(*(names[source] for source in node.inputs)),
            f"{node.spec.dtype.name} {shape_text(node.spec.shape)}",
            f"# {node.source.short}" if sources and node.source else "",
        )
        for node in shown
    ]
    lines = _columns(rows)
    lines.append("return " + (", ".join(names[y.node] for y in tensors) or "nothing"))
    return "\n".join(lines)


def node_names(nodes: Sequence[Node], given: Mapping[Node, str] | None = None) -> dict[Node, str]:
    """Return a name for each node: its own if it is the first to have it, else a number.

    Args:
        nodes: inputs before their users.
        given: names that stand for those that the nodes were built with.
    """
    given = given or {}
    names: dict[Node, str] = {}
    used: set[str] = set()
    numbers = itertools.count(1)
    for node in nodes:
        if node not in given and _is_inline(node):
            names[node] = node.op.formula()
            continue
        name = given.get(node) or node.name
        if not name or name in used:
            name = next(new for new in (f"%{i}" for i in numbers) if new not in used)
        used.add(name)
        names[node] = name
    return names


def _is_inline(node: Node) -> bool:
    """Whether a node is written where it is used: a single constant number."""
    return isinstance(node.op, Constant) and node.op.value.ndim == 0 and not node.name


def _columns(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    widths = [min(max((len(row[i]) for row in rows), default=0), 48) for i in range(3)]
    return [
        f"{name:<{widths[0]}} = {formula:<{widths[1]}}   {spec:<{widths[2]}}  {source}".rstrip()
        for name, formula, spec, source in rows
    ]
