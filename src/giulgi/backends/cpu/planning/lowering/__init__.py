"""Operations told by simpler ones, before code is made.

The graph of a user says what is meant, such as a convolution or a pooling. Here it becomes what
there is code for: products, elementwise operations, and other views of memory. Nothing is known
here of code; a lowered graph is a graph, and the reference computes the same of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from giulgi.backends.base import Computation
from giulgi.backends.cpu.planning.lowering.convolutions import (
    convolution,
    convolution_input,
    convolution_kernel,
)
from giulgi.backends.cpu.planning.lowering.pooling import at_tap, from_tap, greatest_tap
from giulgi.backends.cpu.planning.lowering.sinking import sunk
from giulgi.graph.node import Node
from giulgi.graph.op import Op
from giulgi.graph.ops.convolutions import Convolution, ConvolutionInput, ConvolutionKernel
from giulgi.graph.ops.pooling import AtTap, FromTap, GreatestTap
from giulgi.graph.rewrite import rewritten
from giulgi.graph.tensor import Tensor
from giulgi.source import built_for

# What takes a result and its inputs, and returns the same, computed otherwise.
_LOWERINGS: dict[type[Op], Callable[..., Tensor]] = {
    Convolution: convolution,
    ConvolutionInput: convolution_input,
    ConvolutionKernel: convolution_kernel,
    GreatestTap: greatest_tap,
    AtTap: at_tap,
    FromTap: from_tap,
}


def lowered(computation: Computation) -> Computation:
    """Return the computation in operations for which there is code."""
    if not any(type(node.op) in _LOWERINGS for node in computation.nodes):
        return computation
    ends = [*computation.fetches, *(node for _, node in computation.updates)]
    new = [tensor.node for tensor in rewritten([Tensor(node) for node in ends], _lower)]
    count = len(computation.fetches)
    places = [place for place, _ in computation.updates]
    return replace(
        computation,
        fetches=tuple(new[:count]),
        updates=tuple(zip(places, new[count:], strict=True)),
    )


def is_lowered(node: Node) -> bool:
    """Whether an operation is told by others before code is made."""
    shapes = [x.spec.shape or () for x in (node, *node.inputs)]
    return type(node.op) in _LOWERINGS and not any(0 in shape for shape in shapes)


def _lower(tensor: Tensor) -> Tensor:
    lowering = _LOWERINGS.get(type(tensor.op))
    with built_for(tensor.source, tensor.node.path):
        return sunk(tensor) if lowering is None else lowering(tensor, *tensor.inputs)
