"""About how much work a computation is: enough to know whether compiling it can pay."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from giulgi.graph.control.body import Body
from giulgi.graph.control.scan import Scan
from giulgi.graph.control.while_loop import Repeated, While
from giulgi.graph.node import Node, topological
from giulgi.graph.op import Op
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.ops.convolutions import Convolution, ConvolutionInput, ConvolutionKernel
from giulgi.graph.ops.elementwise import FloorDivide, Remainder
from giulgi.graph.ops.functions import Erf
from giulgi.graph.ops.indexing import AddAlong, ScatterAdd, TakeAlong
from giulgi.graph.ops.pooling import AtTap, FromTap, GreatestTap
from giulgi.graph.ops.random import RandomBits
from giulgi.graph.ops.sorting import ArgSort

#: About how many seconds it takes to interpret a node; and how many an element of it takes, or a
#: multiplication of matrices, as measured.
A_NODE = 1.2e-5
_AN_ELEMENT, _A_MULTIPLICATION = 4e-10, 3e-11

# What takes much longer than most: how many seconds for an element of the result, or for one that
# is added at a place.
_SLOW: dict[type[Op], float] = {
    RandomBits: 3e-8, Erf: 1e-7, FloorDivide: 1.6e-8, Remainder: 9e-9, ArgSort: 5e-8,
    ScatterAdd: 9e-9, AddAlong: 1.8e-8, TakeAlong: 3e-9,
}  # fmt: skip

# Windows are gone through tap by tap: for each, all that a convolution gives or takes is added up,
# and pooling chooses among all that it gives by a mask.
_A_TAP, _A_CHOSEN_TAP = 2e-9, 1e-8

_CONVOLUTIONS = (Convolution, ConvolutionInput, ConvolutionKernel)
_PRODUCTS = (MatMul, *_CONVOLUTIONS)
_POOLINGS = (GreatestTap, AtTap, FromTap)


def work(nodes: Iterable[Node]) -> int:
    """Return about how many operations on numbers nodes take; sizes that are not known count 1.

    An element counts 1, whatever is computed. A product of matrices takes as many multiplications
    as the square root of the product of the sizes of both factors and of the result; that of a
    convolution, or of one of its gradients, is of that order.
    """
    total = 0
    for node in nodes:
        size = _size(node)
        if isinstance(node.op, _PRODUCTS):
            size = round((size * prod(_size(x) for x in node.inputs[:2])) ** 0.5)
        total += size
    return total


def seconds_interpreted(nodes: Iterable[Node]) -> float:
    """Return about how many seconds NumPy takes to compute nodes, but for the rounds of loops."""
    total = 0.0
    for node in nodes:
        is_product = isinstance(node.op, MatMul)
        seconds = work([node]) * (_A_MULTIPLICATION if is_product else _AN_ELEMENT)
        if type(node.op) in _SLOW:
            many = node.inputs[0] if isinstance(node.op, (ScatterAdd, AddAlong)) else node
            seconds += _size(many) * _SLOW[type(node.op)]
        elif isinstance(node.op, _CONVOLUTIONS):
            seconds = _of_convolution(node)
        elif isinstance(node.op, _POOLINGS):
            smaller = min([_size(node), *(_size(x) for x in node.inputs[:1])])
            seconds = smaller * prod(node.op.taps) * _A_CHOSEN_TAP
        total += A_NODE + seconds
    return total


def _of_convolution(node: Node) -> float:
    """Return about how many seconds NumPy takes for a convolution, or for a gradient of one."""
    kernel = node if isinstance(node.op, ConvolutionKernel) else node.inputs[1]
    taps = prod(1 if size is None else size for size in (kernel.spec.shape or ())[:-2])
    moved = max(_size(x) for x in (node, *node.inputs[:2]) if x is not kernel)
    return moved * taps * _A_TAP + work([node]) * taps**0.5 * _A_MULTIPLICATION


def seconds_in_loops(nodes: Iterable[Node]) -> float:
    """Return about how many seconds the steps of loops take, without coming to each node."""
    every = list(nodes)
    lengths: dict[Body, int] = {
        node.op.loop: (node.inputs[len(node.op.loop.states)].spec.shape or (1,))[0] or 1
        for node in every
        if isinstance(node.op, Scan)
    }
    return sum(
        lengths.get(body, 1) * (seconds_interpreted(inside) - A_NODE * len(inside))
        for body, inside in _bodies(every).items()
    )


def node_count(nodes: Iterable[Node]) -> int:
    """Return how many nodes there are, with those in the bodies of loops."""
    every = list(nodes)
    return len(every) + sum(node_count(inside) for inside in _bodies(every).values())


def _bodies(nodes: Iterable[Node]) -> dict[Body, list[Node]]:
    """Return for the body of each loop the nodes in it."""
    ends: dict[Body, set[Node]] = {}
    for node in nodes:
        if isinstance(node.op, Scan):
            ends.setdefault(node.op.loop, set(node.op.loop.new_states)).add(node.op.output)
        elif isinstance(node.op, While):
            body: Repeated = node.op.body
            ends.setdefault(body, {body.goes_on, *body.new_states})
    return {body: topological(own, stop=body.parameters) for body, own in ends.items()}


def _size(node: Node) -> int:
    return prod(1 if size is None else size for size in node.spec.shape or ())
