"""What the output of a layer is called in the graph: ``dense_2/Softmax``.

In Keras 2 the last operation of a layer gives the name. Programs that freeze a network and load it
again find its output so.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary, ref

from giulgi.compat.graphs.graph import Graph, get_default_graph
from giulgi.graph.node import Node
from giulgi.graph.ops.identities import Tag
from giulgi.graph.ops.leaves import Placeholder
from giulgi.graph.tensor import Tensor as Expression

_OF_ACTIVATIONS = {
    "elu": "Elu", "exponential": "Exp", "hard_sigmoid": "clip_by_value", "relu": "Relu",
    "relu6": "Relu6", "selu": "mul", "sigmoid": "Sigmoid", "softmax": "Softmax",
    "softplus": "Softplus", "softsign": "Softsign", "tanh": "Tanh",
}  # fmt: skip

_RECURRENT = {"GRU", "LSTM", "SimpleRNN"}
_WITH_BIAS = {
    "Conv1D", "Conv2D", "Conv2DTranspose", "Conv3D", "Dense", "DepthwiseConv2D", "SeparableConv2D",
}  # fmt: skip

# Of layers without an activation, or without a bias.
_OF_LAYERS = {
    "Add": "add", "Average": "truediv", "AveragePooling2D": "AvgPool",
    "BatchNormalization": "cond/Merge", "Bidirectional": "concat", "Concatenate": "concat",
    "Conv2D": "convolution", "Dense": "MatMul", "DepthwiseConv2D": "depthwise",
    "Dropout": "cond/Merge", "Embedding": "embedding_lookup", "Flatten": "Reshape",
    "GlobalAveragePooling2D": "Mean", "GlobalMaxPooling2D": "Max", "LeakyReLU": "LeakyRelu",
    "MaxPooling2D": "MaxPool", "Multiply": "mul", "Permute": "transpose", "ReLU": "Relu",
    "Reshape": "Reshape", "SeparableConv2D": "separable_conv2d", "Softmax": "Softmax",
    "UpSampling2D": "ResizeNearestNeighbor", "ZeroPadding2D": "Pad",
}  # fmt: skip


def output_name(layer: Any) -> str:
    """Return a free name for the operation that makes the output of a layer.

    A layer that is called again, or another of its name, stands in a scope with a number.
    """
    graph, inner = get_default_graph(), _inner_name(layer)
    if inner is None:
        return str(layer.name)
    numbers = itertools.chain([""], (f"_{number}" for number in itertools.count(1)))
    names = (f"{layer.name}{number}/{inner}" for number in numbers)
    return next(n for n in names if graph.unique_name(n, mark_as_used=False).endswith(n))


def _inner_name(layer: Any) -> str | None:
    """Return what Keras calls the last operation of a layer, within its scope; None: not known."""
    parts = getattr(layer, "layers", None)
    if parts:
        last = _inner_name(parts[-1])
        return parts[-1].name if last is None else f"{parts[-1].name}/{last}"
    kind = type(layer).__name__
    if kind in _RECURRENT:
        return "transpose_1" if layer.return_sequences else "TensorArrayReadV3"
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    if activation != "linear":
        return _OF_ACTIVATIONS.get(activation)
    has_bias = getattr(layer, "use_bias", False) and kind in _WITH_BIAS
    return "BiasAdd" if has_bias else _OF_LAYERS.get(kind)


# Of inputs and outputs of layers the graph in which their network was built.
_homes: WeakKeyDictionary[Node, ref[Graph]] = WeakKeyDictionary()


def home_of(expression: Expression) -> Graph | None:
    """Return the graph of the network that an expression is of; None if it is of none."""
    known = _homes.get(expression.node)
    return None if known is None else known()


def note_network(network: Any, outputs: Sequence[Expression]) -> None:
    """Take note of a network of the default graph, whose outputs may be asked for by names."""
    graph = get_default_graph()
    if graph.makes_tensors:
        return
    graph.unnamed[network] = _name_outputs
    seen: set[Node] = set()
    waiting = [y.node for y in outputs]
    while waiting:
        node = waiting.pop()
        # What was there when another layer was added is at home already, with all below.
        if node in seen or node in _homes:
            continue
        seen.add(node)
        waiting += node.inputs
        if isinstance(node.op, (Placeholder, Tag)):
            _homes[node] = ref(graph)


def _name_outputs(graph: Graph, network: Any) -> None:
    """Let the outputs of all layers of a network stand in a graph by their names."""
    with graph.as_default():
        for layer in network.layers:
            if layer.built:
                _ = getattr(layer, "output", None)
