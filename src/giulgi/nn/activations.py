"""Activation functions: formulas on tensors, each usable by its name in a layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from giulgi.graph import ops
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.tensor import Axes, Tensor
from giulgi.nn.lookup import look_up

__all__ = [
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_sigmoid",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
]

Activation = Callable[[Tensor], Tensor]


def linear(x: TensorLike) -> Tensor:
    """Return x."""
    return constant(x)


def relu(
    x: TensorLike,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Tensor:
    """max(0, x): the rectified linear unit. Its slope at 0 is taken as 0, of a leaky one as 1.

    Args:
        x: the tensor.
        negative_slope: the slope below the threshold.
        max_value: where the result is cut off; None: nowhere.
        threshold: below it x counts as negative: negative_slope * (x - threshold).
    """
    x = constant(x)
    if threshold:
        y = ops.where(x >= threshold, x, negative_slope * (x - threshold))
    elif negative_slope:
        y = ops.where(x >= 0, x, negative_slope * x)
    else:
        y = ops.maximum(0, x)
    return y if max_value is None else ops.minimum(max_value, y)


def relu6(x: TensorLike) -> Tensor:
    """min(max(0, x), 6)."""
    return relu(x, max_value=6.0)


def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> Tensor:
    """x from 0 on, negative_slope * x below."""
    return relu(x, negative_slope=negative_slope)


def sigmoid(x: TensorLike) -> Tensor:
    """1 / (1 + e^-x)."""
    return ops.sigmoid(x)


def hard_sigmoid(x: TensorLike) -> Tensor:
    """min(max(x + 3, 0), 6) / 6: straight lines near the sigmoid."""
    return relu6(constant(x) + 3) / 6


def tanh(x: TensorLike) -> Tensor:
    """(e^x - e^-x) / (e^x + e^-x)."""
    return ops.tanh(x)


def softmax(x: TensorLike, axis: Axes = -1) -> Tensor:
    """e^x / sum(e^x) along an axis, or several: positive numbers that sum to 1.

    The largest element is subtracted first, which changes nothing and keeps e^x from overflowing.
    """
    x = constant(x)
    shifted = ops.exp(x - ops.stop_gradient(ops.max(x, axis, keepdims=True)))
    return shifted / ops.sum(shifted, axis, keepdims=True)


def log_softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """The logarithm of softmax, x - ln(sum(e^x)), without under- or overflow."""
    x = constant(x)
    shifted = x - ops.stop_gradient(ops.max(x, axis, keepdims=True))
    return shifted - ops.log(ops.sum(ops.exp(shifted), axis, keepdims=True))


def softplus(x: TensorLike) -> Tensor:
    """ln(1 + e^x), computed as max(x, 0) + ln(1 + e^-|x|)."""
    x = constant(x)
    return ops.logaddexp(x, 0.0)


def log_sigmoid(x: TensorLike) -> Tensor:
    """The logarithm of the sigmoid: -softplus(-x)."""
    return -softplus(-constant(x))


def softsign(x: TensorLike) -> Tensor:
    """x / (1 + |x|)."""
    x = constant(x)
    return x / (1 + ops.abs(x))


def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """x above 0, alpha (e^x - 1) below (Clevert, Unterthiner, Hochreiter, arXiv:1511.07289)."""
    x = constant(x)
    return ops.where(x > 0, x, alpha * ops.expm1(ops.minimum(x, 0)))


# Klambauer et al., arXiv:1706.02515: the two numbers keep mean 0 and variance 1 in all layers.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def selu(x: TensorLike) -> Tensor:
    """scale * elu(x, alpha), with the scale and alpha that keep activations normalised."""
    return SELU_SCALE * elu(x, SELU_ALPHA)


def exponential(x: TensorLike) -> Tensor:
    """e^x."""
    return ops.exp(x)


def silu(x: TensorLike) -> Tensor:
    """x * sigmoid(x), also called swish."""
    x = constant(x)
    return x * ops.sigmoid(x)


swish = silu


def gelu(x: TensorLike, approximate: bool = False) -> Tensor:
    """x times the probability that a normal number is below x (arXiv:1606.08415).

    Args:
        x: the tensor.
        approximate: whether to use the formula with tanh in place of the error function.
    """
    x = constant(x)
    if approximate:
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1 + ops.tanh(inner))
    return 0.5 * x * (1 + ops.erf(x / math.sqrt(2)))


ACTIVATIONS: dict[str, Activation] = {
    "linear": linear,
    "relu": relu,
    "relu6": relu6,
    "leaky_relu": leaky_relu,
    "sigmoid": sigmoid,
    "hard_sigmoid": hard_sigmoid,
    "tanh": tanh,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "softplus": softplus,
    "log_sigmoid": log_sigmoid,
    "softsign": softsign,
    "elu": elu,
    "selu": selu,
    "exponential": exponential,
    "silu": silu,
    "swish": swish,
    "gelu": gelu,
}


def get(identifier: Any) -> Activation:
    """Return an activation by its name; None is linear; a function is itself."""
    if identifier is None:
        return linear
    if callable(identifier):
        activation: Activation = identifier
        return activation
    return look_up("activation", identifier, ACTIVATIONS)
