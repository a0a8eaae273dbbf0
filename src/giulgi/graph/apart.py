"""Expressions of one value that are told apart.

Equal expressions are one node. So who differentiates by one of two equal expressions, or feeds a
value to it, means both. Programs of named tensors mean the one that they name: for these there are
copies, nodes of their own. A program that is made of a node and its copies takes them for one
again, so that nothing is computed twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from giulgi.graph.node import Node, applied_to, copy_of, topological
from giulgi.graph.op import Op
from giulgi.graph.ops.identities import Tag, tag
from giulgi.graph.tensor import Tensor

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Apart:
    """The label of what an operation made that changed nothing."""

    number: int

    def __str__(self) -> str:
        return f"an operation that changed nothing ({self.number})"

    def __reduce__(self) -> Any:
        # What is loaded is told apart from all that is there.
        return _new_label, ()


def _new_label() -> Apart:
    return Apart(next(_numbers))


def told_apart(x: Tensor, made_of: Iterable[Tensor] = ()) -> Tensor:
    """Return an expression of the same value: gradients by the two, and feeds, mean only one.

    Args:
        x: the expression.
        made_of: what an operation made it of. If x is among that, or below, the operation changed
            nothing: then a feed of x reaches what is returned, and not the other way round.
    """
    node = x.node
    # A constant is hidden, too: where its value is known, nothing is there to be fed.
    if not node.inputs or node.op.companions is not None or _is_below(node, made_of):
        return tag(x, _new_label())
    return Tensor(copy_of(node))


def is_told_apart(x: Tensor) -> bool:
    """Whether an expression is a copy, or labelled as what changed nothing."""
    return _is_apart(x.node)


def merged(xs: Sequence[Tensor], kept: Collection[Node] = ()) -> list[Tensor]:
    """Return expressions with nothing told apart any more: what is equal is one node.

    Args:
        xs: the expressions.
        kept: nodes that stay themselves, such as what is fed: what equals one is not that one.
    """
    nodes = topological((x.node for x in xs), stop=kept)
    if not any(map(_is_apart, nodes)):
        return list(xs)
    done = {node: node for node in kept}
    for node in nodes:
        if node in done:
            continue
        inputs = tuple([done[source] for source in node.inputs])
        if _is_label(node.op):
            made = inputs[0]
        elif inputs == node.inputs:
            made = node.original or node
        else:
            made = applied_to(node, inputs)
        done[node] = copy_of(made) if made in kept and not _is_label(node.op) else made
    return [Tensor(done[x.node]) for x in xs]


def _is_apart(node: Node) -> bool:
    return node.original is not None or _is_label(node.op)


def _is_label(op: Op) -> bool:
    return isinstance(op, Tag) and isinstance(op.label, Apart)


def _is_below(node: Node, ends: Iterable[Tensor]) -> bool:
    """Whether some expressions are made of a node, or are it."""
    seen: set[Node] = set()
    waiting = [end.node for end in ends]
    while waiting:
        found = waiting.pop()
        if found is node:
            return True
        # What a node is made of is older than it.
        if found.serial > node.serial and found not in seen:
            seen.add(found)
            waiting += found.inputs
    return False
