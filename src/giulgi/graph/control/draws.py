"""Random numbers in the body of a loop: every step has its own.

Where the number of steps is known before, they are drawn outside, for all steps at once, along a
first axis; each step is given its part. Where it is not, only a key of 64 bits is drawn outside. A
round then scrambles the key and places, which are counted on from round to round:

    z = key + (2^40 round + place + 1) gamma,  and of z the mixing function of SplitMix64

(Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014,
doi:10.1145/2660193.2660195). So numbers are functions of the key and the round, and the gradient,
which goes through the rounds once more, finds the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from giulgi.graph.dtypes import int64, uint32, uint64
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.creation import arange
from giulgi.graph.ops.getitem import getitem
from giulgi.graph.ops.joining import concat
from giulgi.graph.ops.leaves import constant, placeholder
from giulgi.graph.ops.movement import reshape
from giulgi.graph.ops.random import RandomBits, redrawn
from giulgi.graph.ops.reductions import prod
from giulgi.graph.ops.shape import as_sizes, build_shaped, shape
from giulgi.graph.rewrite import substitute
from giulgi.graph.tensor import Tensor

# What a round lies ahead of the one before, the distance of two places, and what mixes their bits.
_ROUND, _GAMMA = np.uint64(1 << 40), np.uint64(0x9E3779B97F4A7C15)
_MIXERS = ((30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB)))
_LAST_SHIFT = 31


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
    draws = _draws(own, ends)
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


def drawn_by_rounds(
    states: Sequence[Tensor], counter: Tensor, ends: Sequence[Tensor]
) -> list[Tensor]:
    """Return the ends of a body that makes its random numbers of a key and the round's number.

    Args:
        states: the placeholders of states.
        counter: that of the number of the round.
        ends: the ends of the body.
    """
    draws = _draws([x.node for x in (*states, counter)], ends)
    return substitute(ends, {node: _of_round(node, counter) for node in draws})


def _draws(own: Sequence[Node], ends: Sequence[Tensor]) -> list[Node]:
    """Return what a body draws, which has some placeholders."""
    began = min(node.serial for node in own)
    return [
        node
        for node in topological((end.node for end in ends), stop=own)
        if isinstance(node.op, RandomBits) and node.op.seed is None and node.serial > began
    ]


def _of_round(node: Node, counter: Tensor) -> Tensor:
    """Return the random bits of a round in the place of those that a node would draw."""
    op = node.op
    assert isinstance(op, RandomBits)
    new = redrawn(op)
    key = build_shaped(RandomBits, (2,), stream=new.stream, seed=None, number=new.number)
    sizes = constant(op.shape, int64) if op.shape is not None else Tensor(node.inputs[-1])
    places = reshape(arange(prod(cast(sizes, int64))), as_sizes(sizes))
    wide = cast(key, uint64)
    first = (wide[0] << np.uint64(32)) | wide[1]
    at = cast(counter, uint64) * _ROUND + cast(places, uint64) + np.uint64(1)
    z = first + at * _GAMMA
    for shift, mixer in _MIXERS:
        z = (z ^ (z >> np.uint64(shift))) * mixer
    return cast((z ^ (z >> np.uint64(_LAST_SHIFT))) >> np.uint64(32), uint32)


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
