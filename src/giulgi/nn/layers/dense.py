"""The fully connected layer."""

from __future__ import annotations

from typing import Any

from giulgi.errors import ShapeError
from giulgi.graph.shapes import Shape, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.checks import last_dimension
from giulgi.nn.layers.weighted import Weighted, whole_number
from giulgi.signatures import called_as


class Dense(Weighted):
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

    supports_masking = True

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
        super().__init__(
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, **options,
        )  # fmt: skip
        self.units = whole_number(self, "units", units, "Dense(10) has ten")

    def build(self, input_shape: Shape) -> None:
        """Make kernel and bias."""
        self.kernel = self.add_kernel((last_dimension(self, input_shape), self.units))
        self.bias = self.add_bias(self.units)

    def call(self, x: Tensor) -> Tensor:
        """Return activation(x @ kernel + bias)."""
        self._check(x)
        return self.finished(x @ self.kernel)

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
