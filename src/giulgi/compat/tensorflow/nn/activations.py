"""Activation functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.names import export, exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import one_axis
from giulgi.compat.tensorflow.math.arithmetic import log_sigmoid, sigmoid, tanh
from giulgi.compat.tensors.tensor import alike, as_expression
from giulgi.compat.wording import unknown
from giulgi.nn.activations import SELU_SCALE


def _activation(function: Callable[[Any], gg.Tensor], type: str, *paths: str) -> Callable[..., Any]:
    """Return an activation of one argument as an operation."""

    def apply(features: Any, name: str | None = None) -> gg.Tensor:
        return function(as_expression(features))

    apply.__doc__ = function.__doc__
    apply.__name__ = paths[0].split(".")[-1]
    return operation(*paths, type=type)(apply)


relu = _activation(gg.activations.relu, "Relu", "nn.relu")
relu6 = _activation(gg.activations.relu6, "Relu6", "nn.relu6")
elu = _activation(gg.activations.elu, "Elu", "nn.elu")


@operation("nn.selu", type="Selu")
def selu(features: Any, name: str | None = None) -> gg.Tensor:
    """Return scale x from 0 on, where its slope is already scale, and scale elu(x) below."""
    x = as_expression(features)
    return gg.where(x >= 0, SELU_SCALE * x, gg.activations.selu(gg.minimum(x, 0)))


softplus = _activation(
    gg.activations.softplus, "Softplus", "nn.softplus", "math.softplus", "softplus"
)
softsign = _activation(gg.activations.softsign, "Softsign", "nn.softsign", "math.softsign")
swish = _activation(gg.activations.silu, "swish_f32", "nn.swish", "nn.silu")
export("nn.sigmoid", sigmoid)
export("nn.tanh", tanh)
export("nn.log_sigmoid", log_sigmoid)


@operation("nn.leaky_relu", type="LeakyRelu")
def leaky_relu(features: Any, alpha: Any = 0.2, name: str | None = None) -> gg.Tensor:
    """Return x above 0, alpha x from there down."""
    x, slope = alike(features, alpha)
    return gg.where(x > 0, x, slope * x)  # At 0 the slope is alpha's, as in TensorFlow.


@operation("nn.gelu", type="Gelu")
def gelu(features: Any, approximate: bool = False, name: str | None = None) -> gg.Tensor:
    """Return x times the probability that a normal number is below x."""
    return gg.activations.gelu(as_expression(features), approximate)


@operation("nn.crelu", type="CRelu")
def crelu(features: Any, name: str | None = None, axis: int = -1) -> gg.Tensor:
    """Return relu(x) and relu(-x), one behind the other along an axis."""
    x = as_expression(features)
    return gg.concat([gg.activations.relu(x), gg.activations.relu(-x)], axis)


@operation("nn.softmax", "math.softmax", type="Softmax")
def softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> gg.Tensor:
    """Return e^x / sum(e^x) along an axis, the last if none is told."""
    return gg.activations.softmax(
        as_expression(logits), one_axis(dim if axis is None else axis, -1)
    )


@operation("nn.log_softmax", "math.log_softmax", type="LogSoftmax")
def log_softmax(
    logits: Any, axis: Any = None, name: str | None = None, dim: Any = None
) -> gg.Tensor:
    """Return the logarithm of the softmax along an axis, the last if none is told."""
    return gg.activations.log_softmax(
        as_expression(logits), one_axis(dim if axis is None else axis, -1)
    )


@exported("contrib.layers.softmax", "contrib.slim.softmax")
def softmax_layer(logits: Any, scope: str | None = None) -> Any:
    """Return the softmax along the last axis."""
    return softmax(logits, name=scope)


_BY_NAME: dict[str, Callable[[Any], Any]] = {
    "relu": relu, "relu6": relu6, "elu": elu, "selu": selu, "softplus": softplus,
    "softsign": softsign, "sigmoid": sigmoid, "tanh": tanh, "softmax": softmax, "swish": swish,
    "leaky_relu": leaky_relu, "gelu": gelu,
}  # fmt: skip


def activation_of(given: Any) -> Callable[[Any], Any] | None:
    """Return an activation that is told by its name or itself; None of none.

    Raises:
        ValueError: if there is none of the name.
    """
    if given is None or given == "linear":
        return None
    if not isinstance(given, str):
        found: Callable[[Any], Any] = given
        return found
    if given not in _BY_NAME:
        raise ValueError(unknown("activation function", given, _BY_NAME))
    return _BY_NAME[given]
