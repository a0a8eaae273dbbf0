"""What a layer does otherwise while it is frozen, as batch normalization does.

A network is built before anyone says ``layer.trainable = False``. So such a layer builds both of
its answers, and a bool of the graph chooses, as the phase does between training and use. Before a
network is differentiated or compiled, it is replaced by True or False.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from giulgi.graph.node import Node, topological
from giulgi.graph.ops.identities import Tag, tag
from giulgi.graph.ops.leaves import constant
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.calls import builds_network

if TYPE_CHECKING:
    from giulgi.nn.layers.base import Layer


def is_learning(layer: Layer) -> Tensor:
    """Return a bool: whether a layer is not frozen. In a network that is built it stays open."""
    now = constant(layer.trainable)
    return tag(now, layer, name="is_learning") if builds_network() else now


def learner_of(node: Node) -> Layer | None:
    """Return the layer of which a node says whether it learns; None of any other node."""
    from giulgi.nn.layers.base import Layer

    label = node.op.label if isinstance(node.op, Tag) else None
    return label if isinstance(label, Layer) else None


def learning_now(
    ends: Iterable[Tensor], learns: Callable[[Layer], bool] = lambda layer: layer.trainable
) -> dict[Node, Tensor]:
    """Return for each bool that stays open in the graph of some ends what it is replaced by.

    Args:
        ends: tensors of the graph.
        learns: whether a layer is not frozen.
    """
    found = ((node, learner_of(node)) for node in topological(end.node for end in ends))
    return {node: constant(learns(layer)) for node, layer in found if layer is not None}
