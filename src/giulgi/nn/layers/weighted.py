"""What layers with a kernel share: a bias, an activation, first values and penalties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from giulgi.errors import ArgumentError
from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.tensor import Tensor
from giulgi.nn import activations, initializers, regularizers
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.checks import is_whole_number
from giulgi.signatures import arguments_of, unknown_argument


class Weighted(Layer):
    """Base of layers of a kernel, a bias and an activation.

    Args:
        activation: a name or a function; None: the result is linear.
        use_bias: whether there is a bias.
        kernel_initializer: the first values of the kernel.
        bias_initializer: the first values of the bias.
        kernel_regularizer: a penalty of the kernel.
        bias_regularizer: a penalty of the bias.
        activity_regularizer: a penalty of the result, divided by the size of the batch.
        options: of every :class:`Layer`.
    """

    one_input = True
    kernel: Variable
    bias: Variable | None

    def __init__(
        self,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)

    def add_kernel(self, shape: Sequence[int]) -> Variable:
        """Return a new kernel of a shape."""
        return self.add_weight(
            shape, self.kernel_initializer, name="kernel", regularizer=self.kernel_regularizer
        )

    def add_bias(self, units: int) -> Variable | None:
        """Return a new bias of so many numbers; None if there is to be none."""
        if not self.use_bias:
            return None
        return self.add_weight(
            (units,), self.bias_initializer, name="bias", regularizer=self.bias_regularizer
        )

    def finished(self, y: Tensor, channel_axis: int = -1) -> Tensor:
        """Return activation(y + bias), and note the penalty of it.

        Args:
            y: what the kernel gave.
            channel_axis: the axis of y along which the bias runs, counted from the end.
        """
        if self.bias is not None:
            behind = (1,) * (-1 - channel_axis)
            bias = ops.reshape(self.bias, (-1, *behind)) if behind else self.bias
            y = y + bias
        y = self.activation(y)
        if self.activity_regularizer is not None:
            batch = ops.cast(ops.size(y, 0), y.dtype)
            self.add_loss(self.activity_regularizer(y) / batch)
        return y


def require_own_names(layer: Layer, options: dict[str, Any], others: Sequence[str]) -> None:
    """Raise an UnknownArgumentError for arguments of the base that the layer calls otherwise."""
    for name in others:
        if name in options:
            known = sorted({*arguments_of(type(layer))} - {*others})
            raise unknown_argument(type(layer).__name__, name, known)


def whole_number(layer: Layer, what: str, number: Any, example: str) -> int:
    """Return how many of something a layer is to have.

    Raises:
        ArgumentError: if it is no whole number >= 1.
    """
    own = type(layer).__name__
    if not is_whole_number(number) or number < 1:
        raise ArgumentError(
            f"{what} is {number!r}; a layer has a whole number of outputs, at least one.",
            op=own,
            fix=example,
        )
    return int(number)
