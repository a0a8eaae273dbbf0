"""Cells: what one step of a recurrent layer computes."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from giulgi.errors import ArgumentError
from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor
from giulgi.nn import activations, initializers, regularizers
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.checks import last_dimension
from giulgi.nn.layers.dropout import Dropout
from giulgi.nn.layers.weighted import whole_number
from giulgi.signatures import called_as

States = list[Tensor]
Step = Callable[[Tensor, States], tuple[Tensor, States]]


class Cell(Layer):
    """Base of cells of units whose inputs and states are multiplied with matrices.

    A step is told in two parts. What is made of the inputs alone, ``project``, is computed for all
    steps at once; ``step`` does the rest.

    Args:
        units: the number of outputs.
        activation: what the outputs go through; a name or a function.
        use_bias: whether there is a bias.
        kernel_initializer: the first values of the matrix for the inputs.
        recurrent_initializer: the first values of the matrix for the states.
        bias_initializer: the first values of the bias.
        kernel_regularizer: a penalty of the kernel.
        recurrent_regularizer: a penalty of the recurrent kernel.
        bias_regularizer: a penalty of the bias.
        dropout: the share of the inputs that is left out while training, the same in all steps.
        recurrent_dropout: the share of the states that is left out, likewise, where they meet the
            matrix.
        seed: a whole number for masks of its own; None draws from ``gg.set_seed``.
        options: of every :class:`Layer`.

    Attributes:
        gates: how many times as many columns as units the matrices have.
    """

    one_input = True
    gates = 1
    kernel: Variable
    recurrent_kernel: Variable
    bias: Variable | None

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.units = whole_number(self, "units", units, f"{type(self).__name__}(10) has ten")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.dropout = _share(self, "dropout", dropout)
        self.recurrent_dropout = _share(self, "recurrent_dropout", recurrent_dropout)
        behind = None if seed is None else seed + 1
        self._of_inputs = Dropout(dropout, seed=seed, name="of_inputs")
        self._of_states = Dropout(recurrent_dropout, seed=behind, name="of_states")

    @property
    def state_size(self) -> list[int]:
        """The size of each state."""
        return [self.units]

    @property
    def output_size(self) -> int:
        """The number of outputs."""
        return self.units

    def build(self, input_shape: Shape) -> None:
        """Make the matrices and the bias."""
        kernel, recurrent_kernel = self.kernel_shapes(input_shape)
        self.kernel = self.add_weight(
            kernel, self.kernel_initializer, name="kernel", regularizer=self.kernel_regularizer
        )
        self.recurrent_kernel = self.add_weight(
            recurrent_kernel, self.recurrent_initializer,
            name="recurrent_kernel", regularizer=self.recurrent_regularizer,
        )  # fmt: skip
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                self.bias_shape(), self.first_bias, name="bias", regularizer=self.bias_regularizer
            )

    def kernel_shapes(self, input_shape: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shapes of the matrices for the inputs and for the states."""
        columns = self.gates * self.units
        return (last_dimension(self, input_shape), columns), (self.units, columns)

    def bias_shape(self) -> tuple[int, ...]:
        """Return the shape of the bias."""
        return (self.gates * self.units,)

    def first_bias(self, shape: Sequence[int], dtype: Any) -> Tensor:
        """Return the first values of the bias."""
        return self.bias_initializer(shape, dtype)

    def first_states(self, inputs: Tensor, batch: Any) -> States:
        """Return the states before the first step: zeros.

        Args:
            inputs: of one step, or of all.
            batch: the number of examples.
        """
        return [ops.zeros((batch, size), self.dtype) for size in self.state_size]

    def project(self, x: Tensor) -> Tensor:
        """Return what is made of the inputs alone: x @ kernel + bias."""
        y = x @ self.kernel
        return y if self.bias is None else y + self.bias

    def product(self, h: Tensor) -> Tensor:
        """Return what is made of the outputs of the step before: h @ recurrent_kernel."""
        return h @ self.recurrent_kernel

    def step(
        self, projected: Tensor, states: States, kept: Tensor | None = None
    ) -> tuple[Tensor, States]:
        """Return the output of a step, and the new states.

        Args:
            projected: what :meth:`project` made of the inputs of the step.
            states: those that the step before left.
            kept: what dropout multiplies the outputs of the step before with, where they meet the
                matrix; None: nothing.
        """
        raise NotImplementedError

    def call(
        self, x: Tensor, states: Sequence[Tensor], training: bool = False
    ) -> tuple[Tensor, States]:
        """Return the output of one step, and the new states."""
        of_inputs, of_states = self.masks(x, ops.size(x, 0), training)
        return self.step(self.project(masked(x, of_inputs)), list(states), of_states)

    def over_steps(self, xs: Tensor, batch: Any, training: bool) -> tuple[Tensor, Step]:
        """Return what the steps are given, and what each computes of it and of the states.

        Args:
            xs: the inputs of all steps, (steps, batch, ...).
            batch: the number of examples.
            training: whether it is training.
        """
        of_inputs, of_states = self.masks(xs, batch, training)
        projected = self.project(masked(xs, of_inputs))
        return projected, lambda x, states: self.step(x, states, of_states)

    def masks(
        self, inputs: Tensor, batch: Any, training: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Return what dropout multiplies inputs and states with; None where there is none.

        Args:
            inputs: of one step, or of all; the last axis is that of the features.
            batch: the number of examples.
            training: whether it is training.
        """
        if not training:
            return None, None
        return self.drawn((batch, ops.size(inputs, -1)), (batch, self.units))

    def drawn(self, inputs: Any, states: Any) -> tuple[Tensor | None, Tensor | None]:
        """Return 1 / (1 - rate) where units are kept, and 0 elsewhere; None if all are.

        Args:
            inputs: the shape of the inputs of a step.
            states: the shape of the states.
        """
        pairs = (self._of_inputs, inputs), (self._of_states, states)
        of_inputs, of_states = (
            dropout.call(ops.ones(shape, self.dtype), training=True) if dropout.rate else None
            for dropout, shape in pairs
        )
        return of_inputs, of_states


def masked(x: Tensor, kept: Tensor | None) -> Tensor:
    """Return what dropout leaves of x."""
    return x if kept is None else x * kept


def _share(layer: Layer, what: str, rate: Any) -> float:
    if not isinstance(rate, (int, float)) or not 0 <= rate < 1:
        raise ArgumentError(
            f"{what} is {rate!r}; it is the share left out, from 0 up to, not including, 1.",
            op=type(layer).__name__,
            fix=f"{what}=0.2 leaves out a fifth",
        )
    return rate


class SimpleRNNCell(Cell):
    """h' = activation(x @ kernel + h @ recurrent_kernel + bias).

    Shapes: x (batch, inputs), h (batch, units); kernel (inputs, units), recurrent_kernel (units,
    units), bias (units,). Elman, Cognitive Science 14 (1990). The arguments are those of
    :class:`Cell`.
    """

    @layer_arguments
    @called_as("SimpleRNNCell(10)")
    def __init__(self, units: int, *args: Any, **options: Any) -> None:
        super().__init__(units, *args, **options)

    def step(
        self, projected: Tensor, states: States, kept: Tensor | None = None
    ) -> tuple[Tensor, States]:
        """Return the output, which is the new state as well."""
        h = self.activation(projected + self.product(masked(states[0], kept)))
        return h, [h]


class StackedRNNCells(Layer):
    """Cells one upon the other: the outputs of each are the inputs of the next.

    Args:
        cells: the cells, the first of which is given the inputs.
        options: of every :class:`Layer`.
    """

    one_input = True

    @layer_arguments
    def __init__(self, cells: Sequence[Any], **options: Any) -> None:
        super().__init__(**options)
        self.cells = list(cells)

    @property
    def state_size(self) -> list[int]:
        """The size of each state, those of the first cell first."""
        return [size for cell in self.cells for size in sizes_of_states(cell)]

    @property
    def output_size(self) -> Any:
        """The number of outputs of the last cell."""
        return self.cells[-1].output_size

    def build(self, input_shape: Shape) -> None:
        """Build the cells, each for what the one before gives."""
        for cell in self.cells:
            if isinstance(cell, Cell) and not cell.built:
                cell.build(input_shape)
            input_shape = (input_shape[0], _outputs(cell))

    def call(
        self, x: Tensor, states: Sequence[Tensor], training: bool = False
    ) -> tuple[Tensor, States]:
        """Return the output of the last cell, and the new states of all."""
        steps = [functools.partial(cell, training=training) for cell in self.cells]
        return self._through(x, states, steps)

    def over_steps(self, xs: Tensor, batch: Any, training: bool) -> tuple[Tensor, Step]:
        """Return what the steps are given, and what each computes of it, as a :class:`Cell` does.

        So dropout leaves out the same in all steps, for each of the cells.
        """
        xs, first = over_steps(self.cells[0], xs, batch, training)
        behind = [
            _behind(cell, ops.zeros((batch, _outputs(before)), self.dtype), batch, training)
            for before, cell in itertools.pairwise(self.cells)
        ]
        return xs, lambda x, states: self._through(x, states, [first, *behind])

    def _through(
        self, x: Tensor, states: Sequence[Tensor], steps: Sequence[Step]
    ) -> tuple[Tensor, States]:
        left, new = list(states), list[Tensor]()
        for cell, step in zip(self.cells, steps, strict=True):
            count = len(sizes_of_states(cell))
            x, own = step(x, left[:count])
            left, new = left[count:], [*new, *own]
        return x, new


def over_steps(cell: Any, xs: Tensor, batch: Any, training: bool) -> tuple[Tensor, Step]:
    """Return what the steps are given, and what each computes of it and of the states."""
    if isinstance(cell, (Cell, StackedRNNCells)):
        with cell.in_own_scope():
            return cell.over_steps(xs, batch, training)
    return xs, functools.partial(cell, training=training)


def _behind(cell: Any, inputs: Tensor, batch: Any, training: bool) -> Step:
    """Return what each step computes in a cell behind another, which gives such inputs."""
    if not isinstance(cell, Cell):
        return functools.partial(cell, training=training)
    of_inputs, of_states = cell.masks(inputs, batch, training)
    return lambda x, states: cell.step(cell.project(masked(x, of_inputs)), states, of_states)


def _outputs(cell: Any) -> Any:
    """Return the number of outputs of a cell: by default the size of its first state."""
    return getattr(cell, "output_size", None) or sizes_of_states(cell)[0]


def sizes_of_states(cell: Any) -> list[Any]:
    """Return the size of each state of a cell, which may tell one alone."""
    sizes = cell.state_size
    return list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]
