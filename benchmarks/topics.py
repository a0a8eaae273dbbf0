"""What the table says of each workload."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """How a workload is told.

    Attributes:
        title: in a few words.
        text: what is done.
        unit: of the figures.
        factor: from seconds or bytes to the unit.
        base: the form of giulgi that all others are compared to.
        step: whether the figures are those of a step of training.
    """

    title: str
    text: str
    unit: str
    factor: float
    base: str
    step: bool = False


def _training(title: str, text: str) -> Topic:
    return Topic(title, text, "ms", 1e3, "fit", step=True)


_SEQUENCES = "an epoch of 2,000 shuffled sequences, all that belongs to it included, divided by "
_FRESH = (
    "From after the import, with the data at hand, to the end of the first step of the {}: "
    "building, compiling, computing. In a fresh process:"
)
_MEMORY = (
    "The most memory in use (resident) during an epoch of the {}, above that of the process with "
    "everything imported and the data ({} MB) at hand:"
)
# What is told of one network after another, by the name of the network.
_CONVOLUTIONAL = "convolutional MNIST network"
_LSTM = "network with a long short-term memory"


def _first(title: str, network: str) -> Topic:
    return Topic(title, _FRESH.format(network), "s", 1, "fit, empty cache")


def _memory(title: str, network: str, data: str) -> Topic:
    return Topic(title, _MEMORY.format(network, data), "MB", 1e-6, "fit")


TOPICS = {
    "xor": Topic(
        "XOR",
        "A 2-5-1 sigmoid network learns XOR by full-batch gradient descent. `function.repeat`, "
        "`fori_loop` and the `tf.function loop` make all steps in one call from Python, the others "
        "one step in each. One step:",
        "µs",
        1e6,
        "function.repeat",
        step=True,
    ),
    "mlp": _training(
        "MNIST, 784-512-10",
        "ReLU, softmax, Adam, batches of 128, float32; an epoch of 59,904 shuffled examples, all "
        "that belongs to it included, divided by its 468 steps. `fit` makes many steps in a "
        "call or one, as the framework chooses; `scan` the whole epoch. One step:",
    ),
    "conv": _training(
        "MNIST, convolutional",
        "Two convolutions of 3 x 3 with 32 and 64 filters and ReLU, max-pooling of 2 x 2, dropout, "
        "a dense layer of 128 units, dropout, softmax; Adam, batches of 128, float32; an epoch of "
        "2,560 shuffled examples, all that belongs to it included, divided by its 20 steps. One "
        "step:",
    ),
    "lstm": _training(
        "LSTM",
        "Vectors of 100 numbers for 1,000 words, a long short-term memory of 100 units over 100 "
        f"steps, 46 classes, softmax; Adam, batches of 100, float32; {_SEQUENCES}its 20 steps. One "
        "step:",
    ),
    "gru": _training(
        "GRU",
        "The same with a gated recurrent unit of 100 units, which resets behind the product. One "
        "step:",
    ),
    "resnet": _training(
        "Residual network",
        "Pictures of 32 x 32 x 3; a convolution of 16 filters; two residual blocks each of 16, 32 "
        "and 64 filters, the latter two with a stride of 2, of convolutions of 3 x 3 with batch "
        "normalization and ReLU; the mean over the picture, 10 classes, softmax; descent with "
        "momentum, batches of 64, float32; an epoch of 1,280 shuffled examples, all that belongs "
        "to it included, divided by its 20 steps. One step:",
    ),
    "transformer": _training(
        "Transformer",
        "Vectors of 64 numbers for 1,000 words and their places, two layers of attention with 4 "
        "heads over 64 steps and dense layers of 256 and 64 units, layer normalization, the mean "
        "over the steps, 46 classes, softmax; Adam, batches of 32, float32; an epoch of 3,200 "
        "shuffled sequences, all that belongs to it included, divided by its 100 steps. One step:",
    ),
    "inference": Topic(
        "Prediction",
        "What the convolutional network and the one with a long short-term memory give for a batch "
        "of examples, from a NumPy array to a NumPy array, with all that a call from Python costs. "
        "One call:",
        "ms",
        1e3,
        "function",
    ),
    "import": Topic("Import", "In a fresh process, files and bytecode cached:", "s", 1, ""),
    "first": _first("First step", "MNIST network"),
    "first-conv": _first("First step, convolutional", _CONVOLUTIONAL),
    "first-lstm": _first("First step, LSTM", _LSTM),
    "memory": _memory("Memory", "MNIST network", "188"),
    "memory-conv": _memory("Memory, convolutional", _CONVOLUTIONAL, "8"),
    "memory-lstm": _memory("Memory, LSTM", _LSTM, "1"),
}
