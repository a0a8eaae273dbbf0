"""The graph as text: one line for each node, that reads like mathematics."""

from __future__ import annotations

import itertools
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from giulgi.graph.control.loop import Loop
from giulgi.graph.control.scan import Scan, loops_of
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
    lines = _columns(_Rows(sources).of(nodes, names, given))
    lines.append("return " + (", ".join(names[y.node] for y in tensors) or "nothing"))
    return "\n".join(lines)


@dataclass(frozen=True)
class _Row:
    """A line of the text: a value, or, if it has no spec, a heading."""

    name: str
    formula: str
    spec: str = ""
    source: str = ""


class _Rows:
    """Makes the lines of graphs, and of the loops inside.

    Args:
        sources: whether to tell the lines of the user's code.
    """

    def __init__(self, sources: bool) -> None:
        self.sources = sources
        # For each loop its number, and the names of the values of its body.
        self._loops: dict[Any, tuple[int, dict[Node, str]]] = {}

    def of(
        self, nodes: Sequence[Node], names: Mapping[Node, str], given: Container[Node]
    ) -> list[_Row]:
        """Return a line for each node, and for each loop those of its body."""
        loops = loops_of(nodes)
        rows: list[_Row] = []
        for node in nodes:
            if node not in given and _is_inline(node):
                continue
            formula = node.op.formula(*(names[source] for source in node.inputs))
            if isinstance(node.op, Scan):
                key = (node.op.loop, node.inputs)
                if key not in self._loops:
                    rows += self._of_loop(key, loops[node], names)
                number, inner = self._loops[key]
                which = "all" if node.op.stacked else "last"
                formula = f"{which} {inner[node.op.output]} of loop {number}"
            spec = f"{node.spec.dtype.name} {shape_text(node.spec.shape)}"
            source = f"# {node.source.short}" if self.sources and node.source else ""
            rows.append(_Row(names[node], formula, spec, source))
        return rows

    def _of_loop(self, key: Any, values: Sequence[Node], names: Mapping[Node, str]) -> list[_Row]:
        number = len(self._loops) + 1
        loop, inputs = key
        body = loop.body([node.op.output for node in values if isinstance(node.op, Scan)])
        given = names_in_body(loop, [names[source] for source in inputs])
        inner = node_names(body, given, f"%{number}.")
        self._loops[key] = number, inner
        over = [names[x] for x in inputs[len(loop.states) : len(loop.states) + len(loop.slices)]]
        order = ", the last first" if loop.reverse else ""
        rows = [_Row(f"loop {number}:", f"for each t along {', '.join(over)}{order}")]
        for state, new, first in zip(loop.states, loop.new_states, inputs, strict=False):
            rows.append(_Row(f"    {inner[state]}", f"{names[first]} at first, then {inner[new]}"))
        parameters = set(loop.parameters)
        own = self.of([node for node in body if node not in parameters], inner, ())
        return rows + [replace(row, name=f"    {row.name}") for row in own]


def names_in_body(loop: Loop, inputs: Sequence[str]) -> dict[Node, str]:
    """Return what the parameters of a loop are called in its body, given the names outside."""
    first, behind = len(loop.states), len(loop.states) + len(loop.slices)
    found = {node: node.name for node in loop.states}
    found |= dict(zip(loop.slices, (f"{name}[t]" for name in inputs[first:behind]), strict=True))
    return found | dict(zip(loop.captured, inputs[behind:], strict=True))


def node_names(
    nodes: Sequence[Node], given: Mapping[Node, str] | None = None, prefix: str = "%"
) -> dict[Node, str]:
    """Return a name for each node: its own if it is the first to have it, else a number.

    Args:
        nodes: inputs before their users.
        given: names that stand for those that the nodes were built with.
        prefix: what stands before numbers.
    """
    used: set[str] = set()
    names: dict[Node, str] = {}
    for node, name in (given or {}).items():
        if name not in used:
            names[node] = name
            used.add(name)
    numbers = itertools.count(1)
    for node in nodes:
        if node in names:
            continue
        if _is_inline(node) and node not in (given or {}):
            names[node] = node.op.formula()
            continue
        name = node.name
        if not name or name in used:
            name = next(new for new in (f"{prefix}{i}" for i in numbers) if new not in used)
        used.add(name)
        names[node] = name
    return names


def _is_inline(node: Node) -> bool:
    """Whether a node is written where it is used: a single constant number."""
    return isinstance(node.op, Constant) and node.op.value.ndim == 0 and not node.name


def _columns(rows: Sequence[_Row]) -> list[str]:
    cells = [(row.name, row.formula, row.spec) for row in rows if row.spec]
    widths = [min(max((len(cell[i]) for cell in cells), default=0), 48) for i in range(3)]
    return [
        f"{row.name:<{widths[0]}} = {row.formula:<{widths[1]}}   {row.spec:<{widths[2]}}  "
        f"{row.source}".rstrip()
        if row.spec
        else f"{row.name:<{widths[0]}}   {row.formula}"
        for row in rows
    ]
