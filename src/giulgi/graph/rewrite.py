"""Rewriting a graph: with other leaves, or with every shape known.

Both rebuild the graph from its inputs to its ends. What is rebuilt is checked and simplified again
by the rules of each op, so that what has become known (a size, a condition) is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from giulgi.errors import GiulgiError
from giulgi.graph.node import Node, build, topological
from giulgi.graph.ops.identities import Tag
from giulgi.graph.ops.leaves import Constant, constant
from giulgi.graph.ops.random import RandomBits, redrawn
from giulgi.graph.shapes import is_static, size_of
from giulgi.graph.tensor import Tensor
from giulgi.source import built_for

# Results of constants up to this many elements are computed while a program is made.
_FOLDED_ELEMENTS = 64


def substitute(
    ys: Sequence[Tensor], replacements: Mapping[Node, Tensor], *, redraw: bool = False
) -> list[Tensor]:
    """Return the same expressions with some nodes replaced by other tensors.

    Args:
        ys: the expressions.
        replacements: what takes the place of which node.
        redraw: whether random numbers are drawn anew, so that a second use of the same
            expressions does not share those of the first.
    """
    if redraw:
        replacements = {**replacements, **_redrawn(ys, replacements)}
    return _rebuild(ys, replacements, _as_it_was)


def _redrawn(ys: Sequence[Tensor], replacements: Mapping[Node, Tensor]) -> dict[Node, Tensor]:
    """Return for each random node below one that draws other numbers."""
    nodes = topological((y.node for y in ys), stop=replacements)
    draws = [node for node in nodes if isinstance(node.op, RandomBits) and node not in replacements]
    found: dict[Node, Tensor] = {}
    for node in draws:
        assert isinstance(node.op, RandomBits)
        sizes = _rebuild([Tensor(source) for source in node.inputs], replacements, _as_it_was)
        with built_for(node.source, node.path):
            found[node] = build(redrawn(node.op), *sizes)
    return found


def specialise(ys: Sequence[Tensor], replacements: Mapping[Node, Tensor]) -> list[Tensor]:
    """Return the expressions for placeholders of known shapes, ready to be computed.

    Sizes become constants, what is computed from small constants alone is computed now, what
    changes nothing (x * 1) and tags are left out.
    """
    return _rebuild(ys, replacements, _simplified)


def rewritten(ys: Sequence[Tensor], finish: Callable[[Tensor], Tensor]) -> list[Tensor]:
    """Return the expressions with something else in the place of each node.

    Args:
        ys: the expressions.
        finish: returns what takes the place of a node, whose inputs are replaced already.
    """
    return _rebuild(ys, {}, finish)


def _rebuild(
    ys: Sequence[Tensor],
    replacements: Mapping[Node, Tensor],
    finish: Callable[[Tensor], Tensor],
) -> list[Tensor]:
    done = dict(replacements)
    for node in topological((y.node for y in ys), stop=replacements):
        if node in done:
            continue
        inputs = [done[source] for source in node.inputs]
        unchanged = all(new.node is old for new, old in zip(inputs, node.inputs, strict=True))
        if unchanged:
            done[node] = finish(Tensor(node))
        else:
            with built_for(node.source, node.path):
                done[node] = finish(build(node.op, *inputs, name=node.name or None))
    return [done[y.node] for y in ys]


def _as_it_was(tensor: Tensor) -> Tensor:
    return tensor


def _simplified(tensor: Tensor) -> Tensor:
    node = tensor.node.original or tensor.node
    tensor = Tensor(node)
    if isinstance(node.op, Tag):
        return tensor.inputs[0]
    if not (node.op.pure and node.inputs):
        return tensor
    simpler = _folded(tensor)
    if simpler is None:
        simpler = node.op.simplified(*tensor.inputs)
    return tensor if simpler is None else simpler


def _folded(tensor: Tensor) -> Tensor | None:
    """Return the value of an op on small constants as a constant; of anything else None."""
    node = tensor.node
    shape = node.spec.shape
    if not is_static(shape) or size_of(shape) > _FOLDED_ELEMENTS:
        return None
    values = [source.op.value for source in node.inputs if isinstance(source.op, Constant)]
    if len(values) < len(node.inputs):
        return None
    if size_of(shape) > max(value.size for value in values):
        return None  # A constant is better repeated when it is used than held repeated.
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(node.op.numpy(*values), node.spec.dtype)
    except (GiulgiError, ValueError):
        return None  # What is wrong is told when it is computed.
    return constant(value)
