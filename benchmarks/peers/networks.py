"""The networks that are measured: their sizes, and the first weights that all peers give them.

Weights are told by the layer, in the order and layout of Keras: kernels are (inputs, outputs),
those of convolutions (height, width, inputs, outputs); the gates of a long short-term memory stand
in the order input, forget, candidate, output, those of a gated recurrent unit in the order update,
reset, candidate, with one bias for the inputs and one for the state.

This file is run by every peer's Python. It needs NumPy, and nothing of giulgi.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Weights = dict[str, list[np.ndarray]]

ADAM = {"rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}

#: A hidden layer with ReLU, 10 classes with softmax and cross-entropy; Adam.
MLP = {"inputs": 784, "hidden": 512, "classes": 10, "batch": 128}

#: Two convolutions of 3 x 3 with so many filters and ReLU, a max-pooling of 2 x 2, dropout, a dense
#: layer with ReLU, dropout, 10 classes with softmax and cross-entropy; Adam.
CONV = {"filters": (32, 64), "dropout": (0.25, 0.5), "dense": 128, "classes": 10, "batch": 128}

#: Vectors for so many words, a recurrent layer whose last output is used, and some classes with
#: softmax and cross-entropy; Adam. The recurrent layer is a long short-term memory, or a gated
#: recurrent unit that resets behind the product.
RECURRENT = {"words": 1000, "size": 100, "units": 100, "steps": 100, "classes": 46, "batch": 100}

#: A convolution of 3 x 3, batch normalization and ReLU; so many residual blocks for each number of
#: filters; the mean over the picture, 10 classes with softmax and cross-entropy; descent with
#: momentum. A block is convolution, normalization, ReLU, convolution, normalization, to which its
#: input is added, and ReLU; its first convolution has a stride of 2 where the filters grow, and the
#: input then goes through a convolution of 1 x 1 with that stride. Convolutions have no biases.
RESNET = {
    "side": 32, "filters": (16, 32, 64), "blocks": 2, "classes": 10, "batch": 64,
    "momentum": 0.99, "epsilon": 1e-3,
}  # fmt: skip
SGD = {"rate": 0.05, "momentum": 0.9}

#: Vectors for so many words, to which sines of their places are added; so many layers of attention
#: with heads, and of two dense ones with ReLU between, each added to its input and normalized; the
#: mean over the steps, and some classes with softmax and cross-entropy; Adam.
TRANSFORMER = {
    "words": 1000, "size": 64, "steps": 64, "layers": 2, "heads": 4, "inner": 256, "classes": 46,
    "batch": 32, "epsilon": 1e-5,
}  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A residual block: its name, the filters before and in it, and its stride."""

    name: str
    inputs: int
    filters: int
    stride: int

    @property
    def shape_changes(self) -> bool:
        """Whether what is added has to go through a convolution first."""
        return self.stride != 1 or self.inputs != self.filters


def residual_blocks() -> Iterator[Block]:
    """Return the blocks of the residual network."""
    inputs = RESNET["filters"][0]
    number = 0
    for stage, filters in enumerate(RESNET["filters"]):
        for place in range(RESNET["blocks"]):
            yield Block(f"block_{number}", inputs, filters, 2 if stage and not place else 1)
            inputs = filters
            number += 1


def positions() -> np.ndarray:
    """Return what is added to the words' vectors: (steps, size), sines and then cosines."""
    steps, size = TRANSFORMER["steps"], TRANSFORMER["size"]
    angles = np.arange(steps)[:, None] / 10_000 ** (np.arange(size // 2) / (size // 2))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype("float32")


def xor_weights() -> list[np.ndarray]:
    """Return the first weights of 2-5-1: w1, b1, w2, b2."""
    make = _Maker()
    return [*make.dense(2, 5), *make.dense(5, 1)]


def mlp_weights() -> Weights:
    """Return the first weights of 784-512-10."""
    make = _Maker()
    return {
        "hidden": make.dense(MLP["inputs"], MLP["hidden"]),
        "classes": make.dense(MLP["hidden"], MLP["classes"]),
    }


def conv_weights() -> Weights:
    """Return the first weights of the convolutional network."""
    make = _Maker()
    first, second = CONV["filters"]
    return {
        "conv_0": [make.kernel(3, 3, 1, first), make.small(first)],
        "conv_1": [make.kernel(3, 3, first, second), make.small(second)],
        "hidden": make.dense(12 * 12 * second, CONV["dense"]),
        "classes": make.dense(CONV["dense"], CONV["classes"]),
    }


def lstm_weights() -> Weights:
    """Return the first weights of the network with a long short-term memory."""
    return _recurrent_weights(4, (4 * RECURRENT["units"],))


def gru_weights() -> Weights:
    """Return the first weights of the network with a gated recurrent unit."""
    return _recurrent_weights(3, (2, 3 * RECURRENT["units"]))


def _recurrent_weights(gates: int, bias: tuple[int, ...]) -> Weights:
    make = _Maker()
    size, units = RECURRENT["size"], RECURRENT["units"]
    return {
        "words": [make.small(RECURRENT["words"], size)],
        "recurrent": [
            make.kernel(size, gates * units),
            make.kernel(units, gates * units),
            make.small(*bias),
        ],
        "classes": make.dense(units, RECURRENT["classes"]),
    }


def resnet_weights() -> Weights:
    """Return the first weights of the residual network; the averages of a normalization as well."""
    make = _Maker()
    first = RESNET["filters"][0]
    weights = {"stem_conv": [make.kernel(3, 3, 3, first)], "stem_norm": make.batch_norm(first)}
    for block in residual_blocks():
        for number, inputs in enumerate((block.inputs, block.filters)):
            weights[f"{block.name}_conv_{number}"] = [make.kernel(3, 3, inputs, block.filters)]
            weights[f"{block.name}_norm_{number}"] = make.batch_norm(block.filters)
        if block.shape_changes:
            kernel = make.kernel(1, 1, block.inputs, block.filters)
            weights[f"{block.name}_shortcut"] = [kernel]
    weights["classes"] = make.dense(RESNET["filters"][-1], RESNET["classes"])
    return weights


def transformer_weights() -> Weights:
    """Return the first weights of the transformer.

    Those of an attention are kernel and bias for queries, keys and values, (size, heads, size of a
    head), and for what the heads give, (heads, size of a head, size).
    """
    make = _Maker()
    size, heads, inner = (TRANSFORMER[k] for k in ("size", "heads", "inner"))
    own = size // heads
    weights = {"words": [make.small(TRANSFORMER["words"], size)]}
    for number in range(TRANSFORMER["layers"]):
        attention = []
        for _ in range(3):
            kernel, bias = make.dense(size, size)
            attention += [kernel.reshape(size, heads, own), bias.reshape(heads, own)]
        kernel, bias = make.dense(size, size)
        name = f"encoder_{number}"
        weights[f"{name}_attention"] = [*attention, kernel.reshape(heads, own, size), bias]
        weights[f"{name}_norm_0"] = make.norm(size)
        weights[f"{name}_inner"] = make.dense(size, inner)
        weights[f"{name}_outer"] = make.dense(inner, size)
        weights[f"{name}_norm_1"] = make.norm(size)
    weights["classes"] = make.dense(size, TRANSFORMER["classes"])
    return weights


class _Maker:
    """Makes first weights, the same each time."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(1)

    def _uniform(self, limit: float, shape: tuple[int, ...]) -> np.ndarray:
        return self._random.uniform(-limit, limit, shape).astype("float32")

    def kernel(self, *shape: int) -> np.ndarray:
        """Return Glorot's uniform weights."""
        field = int(np.prod(shape[:-2]))
        return self._uniform((6 / (field * (shape[-2] + shape[-1]))) ** 0.5, shape)

    def small(self, *shape: int) -> np.ndarray:
        """Return small numbers. Biases are not 0, so that one who forgets them is found out."""
        return self._uniform(0.05, shape)

    def dense(self, inputs: int, outputs: int) -> list[np.ndarray]:
        """Return kernel and bias."""
        return [self.kernel(inputs, outputs), self.small(outputs)]

    def norm(self, size: int) -> list[np.ndarray]:
        """Return factors near 1, and what is added."""
        return [1 + self.small(size), self.small(size)]

    def batch_norm(self, size: int) -> list[np.ndarray]:
        """Return the same, and the first averages of mean and variance."""
        return [*self.norm(size), np.zeros(size, "float32"), np.ones(size, "float32")]
