"""The graph as text: one line for each node, that reads like mathematics."""

from __future__ import annotations

import itertools
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from giulgi.graph.control.cond import Branches, Cond
from giulgi.graph.control.loop import Loop
from giulgi.graph.control.scan import Scan
from giulgi.graph.control.while_loop import Repeated, While
from giulgi.graph.node import Node, companions_of, topological
from giulgi.graph.op import Op
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
        # For each loop or choice its number, and the names of the values of its body.
        self._bodies: dict[Any, tuple[int, dict[Node, str]]] = {}

    def of(
        self, nodes: Sequence[Node], names: Mapping[Node, str], given: Container[Node]
    ) -> list[_Row]:
        """Return a line for each node, and for each loop those of its body."""
        companions = companions_of(nodes)
        rows: list[_Row] = []
        for node in nodes:
            if node not in given and _is_inline(node):
                continue
            formula = node.op.formula(*(names[source] for source in node.inputs))
            if node.op.companions is not None:
                key = (node.op.companions, node.inputs)
                if key not in self._bodies:
                    rows += self._of_body(key, companions[node], names)
                formula = _value_text(node.op, *self._bodies[key])
            spec = f"{node.spec.dtype.name} {shape_text(node.spec.shape)}"
            source = f"# {node.source.short}" if self.sources and node.source else ""
            rows.append(_Row(names[node], formula, spec, source))
        return rows

    def _of_body(
        self, key: tuple[Any, tuple[Node, ...]], together: Sequence[Node], names: Mapping[Node, str]
    ) -> list[_Row]:
        """Return the lines of a loop or a choice."""
        body, inputs = key
        outside = [names[source] for source in inputs]
        number = len(self._bodies) + 1
        if isinstance(body, Loop):
            values = [node.op.output for node in together if isinstance(node.op, Scan)]
            inner = body.body(values)
            given = names_in_body(body, outside)
            own = self._names(key, number, inner, given)
            return [*_loop_head(number, body, outside, own), *self._inside(inner, own, given)]
        if isinstance(body, Repeated):
            inner = topological([body.goes_on, *body.new_states], stop=body.parameters)
            captured = outside[len(body.states) :]
            given = _state_names(body.states, captured)
            given |= dict(zip(body.captured, captured, strict=True))
            own = self._names(key, number, inner, given)
            head = _Row(f"loop {number}:", f"as long as {own[body.goes_on]}")
            states = _state_rows(body.states, body.new_states, outside, own)
            return [head, *states, *self._inside(inner, own, given)]
        assert isinstance(body, Branches)
        given = dict(zip(body.parameters, outside[1:], strict=True))
        both = [topological(e, stop=body.parameters) for e in (body.then, body.otherwise)]
        own = self._names(key, number, [*both[0], *both[1]], given)
        rows = [_Row(f"choice {number}:", f"where {outside[0]}")]
        rows += self._inside(both[0], own, given)
        rows.append(_Row("    else:", ""))
        return rows + self._inside(both[1], own, given)

    def _names(
        self, key: Any, number: int, inner: Sequence[Node], given: Mapping[Node, str]
    ) -> dict[Node, str]:
        own = node_names(inner, given, f"%{number}.")
        self._bodies[key] = number, own
        return own

    def _inside(
        self, inner: Sequence[Node], own: Mapping[Node, str], given: Container[Node]
    ) -> list[_Row]:
        rows = self.of([node for node in inner if node not in given], own, ())
        return [replace(row, name=f"    {row.name}") for row in rows]


def _loop_head(
    number: int, loop: Loop, outside: Sequence[str], own: Mapping[Node, str]
) -> list[_Row]:
    first = len(loop.states)
    over = ", ".join(outside[first : first + len(loop.slices)])
    order = ", the last first" if loop.reverse else ""
    head = _Row(f"loop {number}:", f"for each t along {over}{order}")
    return [head, *_state_rows(loop.states, loop.new_states, outside, own)]


def _state_rows(
    states: Sequence[Node],
    new_states: Sequence[Node],
    outside: Sequence[str],
    own: Mapping[Node, str],
) -> list[_Row]:
    return [
        _Row(f"    {own[state]}", f"{first} at first, then {own[new]}")
        for state, new, first in zip(states, new_states, outside, strict=False)
        if state in own
    ]


def _value_text(op: Op, number: int, own: Mapping[Node, str]) -> str:
    """Return which value of a loop or a choice it is."""
    if isinstance(op, Scan):
        return f"{'all' if op.stacked else 'last'} {own[op.output]} of loop {number}"
    if isinstance(op, While):
        return f"last {own[op.body.states[op.place]]} of loop {number}"
    assert isinstance(op, Cond)
    then, otherwise = op.body.then[op.place], op.body.otherwise[op.place]
    return f"{own[then]} or {own[otherwise]} of choice {number}"


def names_in_body(loop: Loop, inputs: Sequence[str]) -> dict[Node, str]:
    """Return what the parameters of a loop are called in its body, given the names outside."""
    first, behind = len(loop.states), len(loop.states) + len(loop.slices)
    found = _state_names(loop.states, inputs[behind:])
    found |= dict(zip(loop.slices, (f"{name}[t]" for name in inputs[first:behind]), strict=True))
    return found | dict(zip(loop.captured, inputs[behind:], strict=True))


def _state_names(states: Sequence[Node], taken: Sequence[str]) -> dict[Node, str]:
    """Return names of states; one that begins as x, where x itself is used, too, is x'."""
    return {node: node.name + "'" * (node.name in taken) for node in states}


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
        else f"{row.name:<{widths[0]}}   {row.formula}".rstrip()
        for row in rows
    ]
