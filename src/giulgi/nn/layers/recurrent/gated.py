"""Cells with gates: what is kept of the states, and what comes to them, is computed itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from giulgi.graph import ops
from giulgi.graph.tensor import Tensor
from giulgi.nn import activations
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.recurrent.cells import Cell, States, masked
from giulgi.signatures import called_as


class LSTMCell(Cell):
    """The cell of the long short-term memory.

    With z = x @ kernel + h @ recurrent_kernel + bias, whose columns are those of i, f, g, o:

        i, f, o = recurrent_activation(z_i), ..., g = activation(z_g)
        c' = f * c + i * g,   h' = o * activation(c')

    Shapes: x (batch, inputs), h and c (batch, units); kernel (inputs, 4 units), recurrent_kernel
    (units, 4 units), bias (4 units,). Hochreiter, Schmidhuber, Neural Computation 9 (1997).

    Args:
        units: the number of outputs.
        activation: of g and of c'.
        recurrent_activation: of the gates.
        unit_forget_bias: whether the bias of f begins with ones, so that c is kept at first;
            Jozefowicz, Zaremba, Sutskever, ICML 2015.
        options: of every :class:`Cell`.
    """

    gates = 4

    @layer_arguments
    @called_as("LSTMCell(10)")
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        *args: Any,
        unit_forget_bias: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(units, activation, *args, **options)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    @property
    def gate_axis(self) -> int:
        """The axis along which the gates lie side by side."""
        return -1

    @property
    def state_size(self) -> list[int]:
        """The sizes of h and c."""
        return [self.units, self.units]

    def first_bias(self, shape: Sequence[int], dtype: Any) -> Tensor:
        """Return the first values of the bias."""
        first = self.bias_initializer(shape, dtype)
        if not self.unit_forget_bias:
            return first
        units = self.units
        return ops.concat([first[:units], ops.ones((units,), dtype), first[2 * units :]])

    def step(
        self, projected: Tensor, states: States, kept: Tensor | None = None
    ) -> tuple[Tensor, States]:
        """Return h', and the new states [h', c']."""
        h, c = states
        zi, zf, zg, zo = ops.split(
            projected + self.product(masked(h, kept)), 4, axis=self.gate_axis
        )
        gate = self.recurrent_activation
        c = gate(zf) * c + gate(zi) * self.activation(zg)
        h = gate(zo) * self.activation(c)
        return h, [h, c]


class GRUCell(Cell):
    """The cell of the gated recurrent unit.

    With x' = x @ kernel + bias_0 and h' = h @ recurrent_kernel + bias_1, whose columns are those of
    z, r and the candidate n:

        z, r = recurrent_activation(x'_z + h'_z), recurrent_activation(x'_r + h'_r)
        n = activation(x'_n + r * h'_n),   new h = z * h + (1 - z) * n

    or, if the reset comes before the product, n = activation(x'_n + (r * h) @ recurrent_kernel_n).

    Shapes: x (batch, inputs), h (batch, units); kernel (inputs, 3 units), recurrent_kernel (units,
    3 units), bias (2, 3 units), or (3 units,) if the reset comes before. Cho et al.,
    arXiv:1406.1078.

    Args:
        units: the number of outputs.
        activation: of the candidate.
        recurrent_activation: of the gates.
        reset_after: whether the reset gate is applied behind the product.
        options: of every :class:`Cell`.
    """

    gates = 3

    @layer_arguments
    @called_as("GRUCell(10)")
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        *args: Any,
        reset_after: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(units, activation, *args, **options)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def bias_shape(self) -> tuple[int, ...]:
        """Return the shape of the bias."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def project(self, x: Tensor) -> Tensor:
        """Return x @ kernel, and the bias of it."""
        y = x @ self.kernel
        if self.bias is None:
            return y
        return y + (self.bias[0] if self.reset_after else self.bias)

    def step(
        self, projected: Tensor, states: States, kept: Tensor | None = None
    ) -> tuple[Tensor, States]:
        """Return the new h, which is the new state as well."""
        (h,) = states
        seen = masked(h, kept)  # What stays of h itself is not left out.
        units = self.units
        xz, xr, xn = ops.split(projected, 3, axis=-1)
        gate = self.recurrent_activation
        if self.reset_after:
            product = self.product(seen)
            if self.bias is not None:
                product = product + self.bias[1]
            hz, hr, hn = ops.split(product, 3, axis=-1)
            z, r = gate(xz + hz), gate(xr + hr)
            n = self.activation(xn + r * hn)
        else:
            hz, hr = ops.split(seen @ self.recurrent_kernel[:, : 2 * units], 2, axis=-1)
            z, r = gate(xz + hz), gate(xr + hr)
            n = self.activation(xn + (r * seen) @ self.recurrent_kernel[:, 2 * units :])
        h = z * h + (1 - z) * n
        return h, [h]
