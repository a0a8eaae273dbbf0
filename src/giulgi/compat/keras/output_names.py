"""What the output of a layer is called in the graph: ``dense_2/Softmax``.

In Keras 2 the last operation of a layer gives the name. Programs that freeze a network and load it
again find its output so.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from giulgi.compat.graphs.graph import Graph, get_default_graph

_OF_ACTIVATIONS = {
    "elu": "Elu", "exponential": "Exp", "hard_sigmoid": "clip_by_value", "relu": "Relu",
    "selu": "mul", "sigmoid": "Sigmoid", "softmax": "Softmax", "softplus": "Softplus",
    "softsign": "Softsign", "tanh": "Tanh",
}  # fmt: skip

# Of layers without an activation; of those with one that is linear, and no bias.
_OF_LAYERS = {
    "Add": "add", "Average": "truediv", "AveragePooling2D": "AvgPool",
    "BatchNormalization": "cond/Merge", "Bidirectional": "concat", "Concatenate": "concat",
    "Conv1D": "convolution/Squeeze", "Conv2D": "convolution", "Dense": "MatMul",
    "Dropout": "cond/Merge", "Embedding": "embedding_lookup", "Flatten": "Reshape",
    "GlobalAveragePooling2D": "Mean", "GlobalMaxPooling2D": "Max", "LeakyReLU": "LeakyRelu",
    "LSTM": "TensorArrayReadV3", "GRU": "TensorArrayReadV3", "MaxPooling2D": "MaxPool",
    "Multiply": "mul", "Permute": "transpose", "ReLU": "Relu", "Reshape": "Reshape",
    "SimpleRNN": "TensorArrayReadV3", "Softmax": "Softmax", "UpSampling2D":
    "ResizeNearestNeighbor", "ZeroPadding2D": "Pad",
}  # fmt: skip


def output_name(layer: Any) -> str:
    """Return the name of the operation that makes the output of a layer."""
    parts = getattr(layer, "layers", None)
    if parts:
        return f"{layer.name}/{output_name(parts[-1])}"
    activation = getattr(layer, "activation", None)
    inner = _OF_ACTIVATIONS.get(getattr(activation, "__name__", ""))
    kind = type(layer).__name__
    if inner is None or kind in ("LSTM", "GRU", "SimpleRNN"):
        has_bias = getattr(layer, "use_bias", False) and activation is not None
        inner = "BiasAdd" if has_bias and kind in _OF_LAYERS else _OF_LAYERS.get(kind)
    return layer.name if inner is None else f"{layer.name}/{inner}"


def note_network(network: Any) -> None:
    """Take note of a network of the default graph, whose outputs may be asked for by their names.

    They get these when somebody asks: most programs never do.
    """
    graph = get_default_graph()
    if not graph.makes_tensors:
        graph.notes.setdefault("networks", WeakSet()).add(network)
        graph.notes["name all"] = name_outputs


def name_outputs(graph: Graph) -> None:
    """Let the outputs of all layers of the networks of a graph stand in it by their names."""
    with graph.as_default():
        for network in list(graph.notes["networks"]):
            for layer in network.layers:
                if layer.built:
                    _ = getattr(layer, "output", None)
