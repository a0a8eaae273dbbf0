"""Rewriting a graph: with other leaves, or with every shape known.

Both rebuild the graph from its inputs to its ends. What is rebuilt is checked and simplified again
by the rules of each op, so that what has become known (a size, a condition) is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from giulgi.graph.node import Node, build, topological
from giulgi.graph.ops.leaves import Constant, constant
from giulgi.graph.ops.random import RandomBits, redrawn
from giulgi.graph.ops.state import Tag
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
    return _rebuild(ys, replacements, _build_again)


def _redrawn(ys: Sequence[Tensor], replacements: Mapping[Node, Tensor]) -> dict[Node, Tensor]:
    """Return for each random node below one that draws other numbers."""
    nodes = topological((y.node for y in ys), stop=replacements)
    draws = [node for node in nodes if isinstance(node.op, RandomBits) and node not in replacements]
    found: dict[Node, Tensor] = {}
    for node in draws:
        assert isinstance(node.op, RandomBits)
        sizes = _rebuild([Tensor(source) for source in node.inputs], replacements, _build_again)
        with built_for(node.source, node.path):
            found[node] = build(redrawn(node.op), *sizes)
    return found


def specialise(ys: Sequence[Tensor], replacements: Mapping[Node, Tensor]) -> list[Tensor]:
    """Return the expressions for placeholders of known shapes, ready to be computed.

    Sizes become constants, what is computed from small constants alone is computed now, and tags
    are left out.
    """
    return _rebuild(ys, replacements, _build_folded)


def _rebuild(
    ys: Sequence[Tensor],
    replacements: Mapping[Node, Tensor],
    again: Callable[[Node, Sequence[Tensor]], Tensor],
) -> list[Tensor]:
    done = dict(replacements)
    for node in topological((y.node for y in ys), stop=replacements):
        if node in done:
            continue
        inputs = [done[source] for source in node.inputs]
        unchanged = all(new.node is old for new, old in zip(inputs, node.inputs, strict=True))
        if unchanged and not isinstance(node.op, Tag) and is_static(node.spec.shape):
            done[node] = Tensor(node)
        else:
            with built_for(node.source, node.path):
                done[node] = again(node, inputs)
    return [done[y.node] for y in ys]


def _build_again(node: Node, inputs: Sequence[Tensor]) -> Tensor:
    return build(node.op, *inputs, name=node.name or None)


def _build_folded(node: Node, inputs: Sequence[Tensor]) -> Tensor:
    if isinstance(node.op, Tag):
        return inputs[0]
    tensor = _build_again(node, inputs)
    return _folded(tensor)


def _folded(tensor: Tensor) -> Tensor:
    node = tensor.node
    shape = node.spec.shape
    if not (node.op.pure and node.inputs and is_static(shape)):
        return tensor
    if size_of(shape) > _FOLDED_ELEMENTS:
        return tensor
    values = [source.op.value for source in node.inputs if isinstance(source.op, Constant)]
    if len(values) < len(node.inputs):
        return tensor
    if size_of(shape) > max(value.size for value in values):
        return tensor  # A constant is better repeated when it is used than held repeated.
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(node.op.numpy(*values), node.spec.dtype)
    except Exception:
        return tensor  # What is wrong is told when it is computed.
    return constant(value)
