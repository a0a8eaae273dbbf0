"""What networks give, by NumPy in float64: what the peers' predictions are compared with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.peers.networks import RECURRENT, Weights


def conv(weights: Weights, x: np.ndarray) -> np.ndarray:
    """Return the classes' probabilities by the convolutional network."""
    y = x.astype("float64")
    for name in ("conv_0", "conv_1"):
        kernel, bias = weights[name]
        windows = np.lib.stride_tricks.sliding_window_view(y, (3, 3), axis=(1, 2))
        y = np.maximum(np.tensordot(windows, kernel, ([4, 5, 3], [0, 1, 2])) + bias, 0)
    n, height, width, filters = y.shape
    y = y.reshape(n, height // 2, 2, width // 2, 2, filters).max(axis=(2, 4))
    hidden = np.maximum(_dense(weights["hidden"], y.reshape(n, -1)), 0)
    return _softmax(_dense(weights["classes"], hidden))


def lstm(weights: Weights, x: np.ndarray) -> np.ndarray:
    """Return the classes' probabilities by the network with a long short-term memory."""
    kernel, recurrent, bias = weights["recurrent"]
    vectors = weights["words"][0].astype("float64")[x]
    h = c = np.zeros((len(x), RECURRENT["units"]))
    for step in range(x.shape[1]):
        gates = vectors[:, step] @ kernel + h @ recurrent + bias
        i, f, g, o = np.split(gates, 4, axis=-1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
    return _softmax(_dense(weights["classes"], h))


FORWARD: dict[str, Callable[[Weights, np.ndarray], np.ndarray]] = {"conv": conv, "lstm": lstm}


def _dense(weights: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    kernel, bias = weights
    return x @ kernel + bias


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
