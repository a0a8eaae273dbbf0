"""About how much work a computation is: enough to know whether compiling it can pay."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from giulgi.graph.control.body import Body
from giulgi.graph.control.scan import Scan
from giulgi.graph.control.while_loop import Repeated, While
from giulgi.graph.node import Node, topological
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.ops.convolutions import Convolution, ConvolutionInput, ConvolutionKernel
from giulgi.graph.ops.random import RandomBits

#: About how many seconds it takes to interpret a node; and how many an element of it takes, of
#: random bits or of anything else, or a multiplication of matrices, as measured.
A_NODE = 1.2e-5
_AN_ELEMENT, _RANDOM_BITS, _A_MULTIPLICATION = 4e-10, 3e-8, 3e-11

_PRODUCTS = (MatMul, Convolution, ConvolutionInput, ConvolutionKernel)


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
        each = _AN_ELEMENT
        if isinstance(node.op, (MatMul, RandomBits)):
            each = _A_MULTIPLICATION if isinstance(node.op, MatMul) else _RANDOM_BITS
        total += A_NODE + work([node]) * each
    return total


def node_count(nodes: Iterable[Node]) -> int:
    """Return how many nodes there are, with those in the bodies of loops."""
    every = list(nodes)
    bodies: dict[Body, set[Node]] = {}
    for node in every:
        if isinstance(node.op, Scan):
            bodies.setdefault(node.op.loop, set(node.op.loop.new_states)).add(node.op.output)
        elif isinstance(node.op, While):
            body: Repeated = node.op.body
            bodies.setdefault(body, {body.goes_on, *body.new_states})
    inside = (topological(ends, stop=body.parameters) for body, ends in bodies.items())
    return len(every) + sum(node_count(nodes) for nodes in inside)


def _size(node: Node) -> int:
    return prod(1 if size is None else size for size in node.spec.shape or ())
