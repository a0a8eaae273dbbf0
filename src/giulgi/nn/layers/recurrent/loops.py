"""The layer that takes a step of a cell for each element of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.control import scan
from giulgi.graph.control.scan import last_step
from giulgi.graph.ops.shape import dims_of
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import Shape, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn import regularizers
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.checks import is_one_array
from giulgi.nn.layers.recurrent.cells import (
    Cell,
    StackedRNNCells,
    States,
    over_steps,
    sizes_of_states,
)
from giulgi.signatures import called_as


class RNN(Layer):
    """y_t, s_{t+1} = cell(x_t, s_t) for each step t of a sequence; s_0 = 0.

    Shapes: x (batch, steps, ...) -> y (batch, ...), the output of the last step; or, with
    ``return_sequences``, (batch, steps, ...).

    Args:
        cell: a layer called on (x, states) that returns (output, states) and tells its
            ``state_size``; or a list of such, which are put upon each other.
        return_sequences: whether the outputs of all steps are returned.
        return_state: whether the last states are returned beside: [y, *states].
        go_backwards: whether the last elements come first; outputs are in the order of the steps.
        stateful: whether a batch begins with the states that the batch before ended with; the size
            of the batch must then be known.
        unroll: is accepted, and makes no difference: a loop is not slower.
        zero_output_for_mask: whether masked steps have zeros as outputs; else they have those of
            the step before.
        activity_regularizer: a penalty of the outputs, divided by the size of the batch.
        options: of every :class:`Layer`.

    Raises:
        ArgumentError: if there is no such cell.
        ShapeError: when it is called, if the inputs have no axis of steps.
    """

    @layer_arguments
    @called_as("RNN(SimpleRNNCell(10))")
    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        activity_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        if not (callable(cell) and hasattr(cell, "state_size")):
            raise ArgumentError(
                f"a cell tells its state_size, and {cell!r} does not.",
                op=type(self).__name__,
                fix="RNN(SimpleRNNCell(10)), or a layer with an attribute state_size",
            )
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.states: list[Variable] = []

    def build(self, input_shape: Any) -> None:
        """Build the cell for one step, and make the states that last."""
        shape: Shape | None = input_shape[0] if isinstance(input_shape, list) else input_shape
        self._require_steps(shape)
        own = isinstance(self.cell, (Cell, StackedRNNCells))
        if own and not self.cell.built and shape is not None:
            self.cell.build((shape[0], *shape[2:]))
        if self.stateful and shape is not None:
            self._make_states(shape)

    def _require_steps(self, shape: Shape | None) -> None:
        if shape is not None and len(shape) < 3:
            own = type(self).__name__
            raise ShapeError(
                f"{own} takes sequences: inputs of shape (batch, steps, features).",
                op=own,
                arguments=[("inputs", shape_text(shape))],
                fix="one number in each step gets an axis of features: x[..., None]; one sequence "
                "lacks the batch axis: x[None]",
            )

    def _make_states(self, shape: Shape) -> None:
        if shape[0] is None:
            raise ShapeError(
                "a layer that keeps its states has to know how many examples a batch has.",
                op=type(self).__name__,
                arguments=[("inputs", shape_text(shape))],
                fix="gg.Input(batch_shape=(32, None, 8)), or batch_input_shape=(32, None, 8)",
            )
        self.states = [
            self.add_weight(_known(first.shape), "zeros", name=f"state_{i}", trainable=False)
            for i, first in enumerate(self._first_states(ops.zeros(_known(shape)), shape[0]))
        ]

    def _variables(self, trainable: bool) -> list[tuple[Variable, bool]]:
        """Return the variables of the cell; the states are none that ``get_weights`` tells."""
        states = {id(state) for state in self.states}
        return [pair for pair in super()._variables(trainable) if id(pair[0]) not in states]

    def reset_state(self) -> None:
        """Let the next batch begin with zeros again."""
        for state in self.states:
            state.assign(ops.zeros(state.shape, state.dtype))

    def reset_states(self, states: Any = None) -> None:
        """Let the next batch begin with states that are given, else with zeros again."""
        if states is None:
            self.reset_state()
            return
        given = states if isinstance(states, (list, tuple)) else [states]
        if len(given) != len(self.states):
            raise ArgumentError(
                f"it has {len(self.states)} states, and {len(given)} are given.",
                op=type(self).__name__,
                fix="one array for each state, (batch, units)",
            )
        for state, value in zip(self.states, given, strict=True):
            state.assign(value)

    def call(
        self,
        inputs: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
    ) -> Any:
        """Return the outputs, and the last states if they are asked for."""
        x, first = _parts(inputs, initial_state)
        mask = self._fitting(mask_of_steps(mask), x)
        batch = ops.size(x, 0)
        if first:
            self._require_states(first, x, batch)
        else:
            first = [s.read() for s in self.states] or self._first_states(x, batch)
        last, every = self._scanned(x, first, mask, training, batch)
        for variable, value in zip(self.states, last, strict=False):
            self.add_state(variable, value)
        return self._returned(last, every)

    def _require_states(self, first: States, x: Tensor, batch: Any) -> None:
        """Raise an error if there are too few states, or they have other sizes."""
        own, sizes = type(self).__name__, sizes_of_states(self.cell)
        if len(first) != len(sizes):
            raise ArgumentError(
                f"the cell has {len(sizes)} {'state' if len(sizes) == 1 else 'states'}, and "
                f"{len(first)} {'is' if len(first) == 1 else 'are'} given.",
                op=own,
                arguments=[(f"state {i}", state.description) for i, state in enumerate(first)],
                fix="layer(x, initial_state=[h, c]) for a cell of two",
            )
        if isinstance(self.cell, Cell):
            wanted = [zero.shape for zero in self._first_states(x, batch)]
        else:  # Of others it is known if they have a size, and states of two axes.
            wanted = [
                (x.shape[0], size) if isinstance(size, int) and state.ndim == 2 else state.shape
                for state, size in zip(first, sizes, strict=True)
            ]
        for state, shape in zip(first, wanted, strict=True):
            problem = _difference(state.shape, shape)
            if problem:
                raise ShapeError(
                    f"a state {problem}.",
                    op=own,
                    arguments=[("inputs", x.description), ("state", state.description)],
                    fix=f"give a state of shape (batch, {', '.join(map(str, shape[1:]))})",
                )

    def _fitting(self, mask: Tensor | None, x: Tensor) -> Tensor | None:
        """Return a mask as (batch, steps).

        Raises:
            ShapeError: if it has other axes or sizes.
        """
        if mask is None:
            return None
        (batch, steps), (own, *behind) = x.shape[:2], mask.shape or (None,)
        if not behind or any(size not in (1, None) for size in behind[1:]):
            axes = "1 axis" if mask.ndim == 1 else f"{mask.ndim} axes"
            problem = f"the mask has {axes}; it says of each step of each example if it counts."
        elif steps is not None and behind[0] not in (steps, None):
            problem = f"the mask has {behind[0]} steps, and the inputs have {steps}."
        elif batch is not None and own not in (batch, 1, None):
            problem = f"the mask is of {own} examples, and the inputs are {batch}."
        else:
            return mask if mask.ndim == 2 else ops.reshape(mask, dims_of(mask)[:2])
        raise ShapeError(
            problem,
            op=type(self).__name__,
            arguments=[("inputs", x.description), ("mask", mask.description)],
            fix="a mask is (batch, steps)",
        )

    def _first_states(self, x: Tensor, batch: Any) -> States:
        cell = self.cell
        if hasattr(cell, "first_states"):
            return list(cell.first_states(x, batch))
        return [
            ops.zeros((batch, *(size if isinstance(size, (list, tuple)) else [size])), self.dtype)
            for size in sizes_of_states(cell)
        ]

    def _scanned(
        self, x: Tensor, first: States, mask: Tensor | None, training: bool, batch: Any
    ) -> tuple[States, Tensor]:
        """Return the last states, and the outputs of all steps, (steps, batch, ...)."""
        xs, step = over_steps(self.cell, ops.moveaxis(x, 1, 0), batch, training)
        if mask is None:
            states, every = scan(
                lambda states, x: _pair(*step(x, states)), first, xs, reverse=self.go_backwards
            )
            return states, every

        def masked_step(carried: Any, x: Any) -> Any:
            (states, before), (x, counts) = carried, x
            output, new = step(x, states)
            output = _chosen(counts, output, before)
            new = [_chosen(counts, a, b) for a, b in zip(new, states, strict=True)]
            kept = output if not self.zero_output_for_mask else _chosen(counts, output, 0)
            return (new, output), kept

        empty = ops.zeros_like(step(xs[0], first)[0])
        counts = ops.moveaxis(mask, 1, 0)
        (states, _), every = scan(
            masked_step, (first, empty), (xs, counts), reverse=self.go_backwards
        )
        return states, every

    def _returned(self, last: States, every: Tensor) -> Any:
        if not self.return_sequences:
            output = last_step(every, reverse=self.go_backwards)
        else:
            output = ops.moveaxis(ops.flip(every, 0) if self.go_backwards else every, 0, 1)
        if self.activity_regularizer is not None:
            self.add_loss(self.activity_regularizer(output) / ops.size(output, 0))
        return [output, *last] if self.return_state else output

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the outputs: of sequences that of the inputs."""
        mask = mask_of_steps(mask)
        if not self.return_state:
            return mask if self.return_sequences else None
        return [mask if self.return_sequences else None, *[None] * len(sizes_of_states(self.cell))]


def _pair(output: Tensor, states: Sequence[Tensor]) -> tuple[States, Tensor]:
    return list(states), output


def _parts(inputs: Any, initial_state: Any) -> tuple[Tensor, States]:
    """Return the sequence, and the first states; the list [x, *states] has them, too."""
    if isinstance(inputs, (list, tuple)):
        return inputs[0], list(inputs[1:])
    if initial_state is None:
        return inputs, []
    states = initial_state if isinstance(initial_state, (list, tuple)) else [initial_state]
    return inputs, [ops.constant(state) for state in states]


def mask_of_steps(mask: Any) -> Tensor | None:
    """Return the mask of the sequence, which is the first if states have masks as well."""
    if isinstance(mask, (list, tuple)) and mask and not is_one_array(mask):
        mask = mask[0]
    return None if mask is None else ops.constant(mask)


def _difference(shape: Shape, wanted: Shape) -> str:
    """Return in what the shape of a state is not as it should be; "" if it is."""
    if len(shape) != len(wanted):
        return f"has {len(shape)} {'axis' if len(shape) == 1 else 'axes'}, not {len(wanted)}"
    differ = [
        axis
        for axis, (size, own) in enumerate(zip(shape, wanted, strict=True))
        if size != own and None not in (size, own)
    ]
    if not differ:
        return ""
    size, own = shape[differ[0]], wanted[differ[0]]
    if differ[0] == 0:
        return f"is of {size} examples, and the inputs are {own}"
    if len(shape) == 2:
        return f"has {size} numbers for each example, not {own}"
    return f"has the size {size} along axis {differ[0]}, not {own}"


def _chosen(counts: Tensor, new: Any, old: Any) -> Tensor:
    """Return the new value of the examples whose step counts, and the old of the others."""
    rank = new.ndim
    return ops.where(ops.reshape(counts, (-1, *[1] * (rank - 1))), new, old)


def _known(shape: Shape) -> tuple[int, ...]:
    """Return a shape with 1 for the sizes that are not known."""
    return tuple(1 if size is None else size for size in shape)
