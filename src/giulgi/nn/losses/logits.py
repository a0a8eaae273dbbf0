"""What a probability is made of: losses of logits are exact where a probability rounds to 0 or 1.

A network that ends with a softmax gives its loss probabilities. Where one of them is so small that
it must be kept from 0, it would have no gradient any more, and a network that begins with large
numbers would never learn. So a loss looks what the softmax was made of, as TensorFlow's Keras does.
"""

from __future__ import annotations

from giulgi.graph.node import Node
from giulgi.graph.ops.elementwise import Divide, Subtract
from giulgi.graph.ops.functions import Exp, Sigmoid
from giulgi.graph.ops.identities import StopGradient, Tag
from giulgi.graph.ops.reductions import Max, Sum
from giulgi.graph.tensor import Tensor


def logits_of_sigmoid(p: Tensor) -> Tensor | None:
    """Return x, if p is sigmoid(x); None if it is made in another way."""
    node = _untagged(p.node)
    return Tensor(node.inputs[0]) if isinstance(node.op, Sigmoid) else None


def logits_of_softmax(p: Tensor, axis: int) -> Tensor | None:
    """Return x, if p is softmax(x) along the axis; None if it is made in another way."""
    quotient = _untagged(p.node)
    if not isinstance(quotient.op, Divide) or p.known_shape is None:
        return None
    above, below = quotient.inputs
    if not (isinstance(above.op, Exp) and isinstance(below.op, Sum) and below.inputs[0] is above):
        return None
    if below.op.axes not in ((axis,), (axis % p.ndim,)):
        return None
    shifted = above.inputs[0]
    if not isinstance(shifted.op, Subtract):
        return None
    x, largest = shifted.inputs
    is_own = isinstance(largest.op, StopGradient) and isinstance(largest.inputs[0].op, Max)
    return Tensor(x) if is_own and largest.inputs[0].inputs[0] is x else None


def _untagged(node: Node) -> Node:
    """Return a node without the labels that say whose result it is."""
    while isinstance(node.op, Tag):
        node = node.inputs[0]
    return node
