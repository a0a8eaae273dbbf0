"""Random numbers in the body of a loop: every step has its own.

They are drawn outside, for all steps at once, along a first axis; each step is given its part.
"""

from __future__ import annotations

from collections.abc import Sequence

from giulgi.graph.dtypes import int64
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.getitem import getitem
from giulgi.graph.ops.joining import concat
from giulgi.graph.ops.leaves import constant, placeholder
from giulgi.graph.ops.random import RandomBits, redrawn
from giulgi.graph.ops.shape import as_sizes, build_shaped, shape
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor


def drawn_at_once(
    states: tuple[Sequence[Tensor], Sequence[Tensor]],
    slices: tuple[list[Tensor], list[Tensor]],
    ends: Sequence[Tensor],
) -> list[Tensor]:
    """Return the ends of a body that is given its random numbers.

    Args:
        states: the placeholders of states, and their first values.
        slices: the placeholders of elements, and the sequences; what is drawn is added.
        ends: the ends of the body.
    """
    own = [x.node for x in (*states[0], *slices[0])]
    began = min(node.serial for node in own)
    draws = [
        node
        for node in topological((end.node for end in ends), stop=own)
        if isinstance(node.op, RandomBits) and node.op.seed is None and node.serial > began
    ]
    if not draws:
        return list(ends)
    outside = dict(zip((x.node for x in states[0]), states[1], strict=True))
    outside |= {x.node: getitem(whole, 0) for x, whole in zip(slices[0], slices[1], strict=True)}
    length = shape(slices[1][0])[:1]
    given: dict[Node, Tensor] = {}
    for node in draws:
        assert isinstance(node.op, RandomBits)
        part = placeholder(node.spec.dtype, node.spec.shape)
        slices[0].append(part)
        slices[1].append(_drawn(node, length, outside))
        given[node] = part
    return substitute(ends, given)


def _drawn(node: Node, length: Tensor, outside: dict[Node, Tensor]) -> Tensor:
    """Return the random numbers of all steps."""
    op = node.op
    assert isinstance(op, RandomBits)
    sizes = constant(op.shape, int64) if op.shape is not None else Tensor(node.inputs[-1])
    (own,) = substitute([sizes], outside)
    new = redrawn(op)
    return build_shaped(
        RandomBits, as_sizes(concat([length, own])), stream=new.stream, seed=None, number=new.number
    )
