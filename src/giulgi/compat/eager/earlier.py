"""What was computed before a tape was opened: for this tape it is constant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from giulgi.compat.eager.lazy import state
from giulgi.compat.eager.marks import Earlier
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.tensors.tensor import Tensor
from giulgi.graph.node import Node, build
from giulgi.graph.ops.identities import Tag
from giulgi.graph.tensor import Tensor as Expression


def known_tensors() -> list[Tensor]:
    """Return the tensors, still in use, that were computed from variables."""
    graph = get_default_graph()
    if graph.is_eager or not graph.makes_tensors:
        return list(state.live.values())
    every = (x for op in graph.get_operations() for x in op.outputs)
    return [x for x in every if x.expression.node.stateful]


def end_for(tape: int, tensors: Iterable[Tensor]) -> None:
    """Let gradients that a tape is asked for end at tensors."""
    open_tapes = {known.number for known in state.tapes}
    for tensor in tensors:
        tensor.expression = _ended(tensor.expression, tape, open_tapes)


def _ended(x: Expression, tape: int, open_tapes: set[int]) -> Expression:
    """Return an expression that ends for one more tape; those that are gone are left out."""
    own, marks = x.node, []
    while isinstance(own.op, Earlier):
        if own.op.tape in open_tapes and own.op.tape != tape:
            marks.append(own.op.tape)
        own = own.inputs[0]
    found = Expression(own)
    for mark in [*reversed(marks), tape]:
        found = build(Earlier(mark), found)
    return found


def source_of(x: Expression, tape: int, watched: set[Node]) -> Expression:
    """Return the node by which a tape knows a tensor that it is differentiated by.

    Other tapes, opened since then, may have marked the tensor: what was computed before they were
    was computed from what is below their marks.
    """
    node = x.node
    found = [node] if node in watched else []
    base: Node | None = None
    while isinstance(node.op, (Earlier, Tag)) and (number := _number(node.op)):
        if base is None and number <= tape:
            base = node
        node = node.inputs[0]
        if node in watched:
            found.append(node)
    return Expression(found[-1] if found else base or node)


def _number(op: Any) -> int:
    """Return which tape, or which watching, made a mark; 0: none did."""
    if isinstance(op, Earlier):
        return op.tape
    label = op.label
    is_watching = isinstance(label, tuple) and len(label) == 2 and label[0] == "watched"
    return int(label[1]) if is_watching else 0
