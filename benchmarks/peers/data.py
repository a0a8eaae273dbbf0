"""What all peers work on. The numbers are the same in each process."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.networks import RECURRENT, RESNET, TRANSFORMER

Examples = tuple[np.ndarray, np.ndarray]


def xor_data() -> Examples:
    """Return the four examples of XOR."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return x, np.array([[0], [1], [1], [0]], np.float32)


def digits(path: str, count: int) -> Examples:
    """Return digits as float32 (examples, 784) from 0 to 1, and their names as int32."""
    with np.load(path) as file:
        x, y = file["x"], file["y"]
    # A copy of a part, so that the whole does not stay.
    return (x, y) if count == len(x) else (x[:count].copy(), y[:count].copy())


def digit_pictures(path: str, count: int) -> Examples:
    """Return digits as pictures: (examples, 28, 28, 1)."""
    x, y = digits(path, count)
    return x.reshape(-1, 28, 28, 1), y


def word_sequences(path: str, count: int) -> Examples:
    """Return what the recurrent networks read."""
    return _sequences(count, RECURRENT)


def short_sequences(path: str, count: int) -> Examples:
    """Return what the transformer reads."""
    return _sequences(count, TRANSFORMER)


def _sequences(count: int, network: dict[str, int]) -> Examples:
    """Return numbers of words, and a class for each sequence, to which half of its words belong."""
    random = np.random.default_rng(0)
    words, steps, classes = (network[k] for k in ("words", "steps", "classes"))
    y = random.integers(0, classes, count)
    each = words // classes
    own = each * y[:, None] + random.integers(0, each, (count, steps))
    any_word = random.integers(0, words, (count, steps))
    x = np.where(random.random((count, steps)) < 0.5, own, any_word)
    return x.astype("int32"), y.astype("int32")


def coloured_pictures(path: str, count: int) -> Examples:
    """Return pictures (examples, 32, 32, 3) of noise over a pattern of their class."""
    random = np.random.default_rng(0)
    shape = (RESNET["side"], RESNET["side"], 3)
    patterns = random.standard_normal((RESNET["classes"], *shape), np.float32)
    y = random.integers(0, RESNET["classes"], count).astype("int32")
    noise = random.standard_normal((count, *shape), np.float32)
    return 0.5 * patterns[y] + noise, y
