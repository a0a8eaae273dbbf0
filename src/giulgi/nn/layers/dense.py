"""The fully connected layer."""

from __future__ import annotations

from typing import Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import Shape, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn import activations, initializers, regularizers
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.checks import last_dimension
from giulgi.signatures import called_as


class Dense(Layer):
    """y = activation(x @ kernel + bias).

    Shapes: x (batch, ..., inputs) -> y (batch, ..., units); kernel (inputs, units), bias (units,).

    Args:
        units: the number of outputs.
        activation: a name or a function; None: y is linear.
        use_bias: whether there is a bias.
        kernel_initializer: the first values of the kernel.
        bias_initializer: the first values of the bias.
        kernel_regularizer: a penalty of the kernel.
        bias_regularizer: a penalty of the bias.
        activity_regularizer: a penalty of y, divided by the size of the batch.
        options: of every :class:`Layer`.

    Raises:
        ArgumentError: if units is no whole number >= 1.
        ShapeError: when it is called, if the last axis of x does not fit.
    """

    one_input = True
    kernel: Variable
    bias: Variable | None

    @layer_arguments
    @called_as("Dense(10) or Dense(10, activation='relu')")
    def __init__(
        self,
        units: int,
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
        if not isinstance(units, int) or isinstance(units, bool) or units < 1:
            raise ArgumentError(
                f"units is {units!r}; a layer has a whole number of outputs, at least one.",
                op="Dense",
                fix="Dense(10) has ten",
            )
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)

    def build(self, input_shape: Shape) -> None:
        """Make kernel and bias."""
        inputs = last_dimension(self, input_shape)
        self.kernel = self.add_weight(
            (inputs, self.units),
            self.kernel_initializer,
            name="kernel",
            regularizer=self.kernel_regularizer,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                name="bias",
                regularizer=self.bias_regularizer,
            )

    def call(self, x: Tensor) -> Tensor:
        """Return activation(x @ kernel + bias)."""
        self._check(x)
        y = x @ self.kernel
        if self.bias is not None:
            y = y + self.bias
        y = self.activation(y)
        if self.activity_regularizer is not None:
            batch = ops.cast(ops.size(y, 0), y.dtype)
            self.add_loss(self.activity_regularizer(y) / batch)
        return y

    def _check(self, x: Tensor) -> None:
        features = self.kernel.shape[0]
        if x.known_shape is None or (x.ndim >= 2 and x.shape[-1] in (features, None)):
            return
        if x.ndim < 2:
            fix = "one example lacks the batch axis: x[None]" if x.ndim else "give a batch"
        else:
            fix = "give the inputs that shape, or flatten pictures first with layers.Flatten()"
        raise ShapeError(
            f"this layer takes inputs of shape (batch, {features}).",
            op="Dense",
            arguments=[("inputs", x.description), ("kernel", self.kernel.description)],
            axes=f"the last axis of the inputs {shape_text(x.shape)}; {features} are expected",
            fix=fix,
        )
