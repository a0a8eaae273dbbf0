"""A recurrent layer in both directions."""

from __future__ import annotations

import copy
from typing import Any

from giulgi.errors import ArgumentError
from giulgi.graph import ops
from giulgi.graph.ops.state import Variable
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.recurrent.loops import RNN, mask_of_steps
from giulgi.nn.lookup import one_of
from giulgi.signatures import called_as


def _merged(mode: str | None, outputs: list[Tensor]) -> list[Tensor]:
    """Return the outputs of the two directions as one, or as they are."""
    a, b = outputs
    if mode is None:
        return outputs
    if mode == "concat":
        return [ops.concat(outputs, axis=-1)]
    if mode == "mul":
        return [a * b]
    return [a + b if mode == "sum" else (a + b) / 2]


class Bidirectional(Layer):
    """y = merge(layer(x), layer'(x)), where layer' begins at the end of the sequence.

    Schuster, Paliwal, IEEE Transactions on Signal Processing 45 (1997).

    Args:
        layer: a recurrent layer, not built yet; a copy of it goes backwards.
        merge_mode: "concat", "sum", "mul" or "ave" of the two outputs; None returns both.
        backward_layer: what goes backwards, if not a copy.
        options: of every :class:`Layer`.
    """

    @layer_arguments
    @called_as("Bidirectional(LSTM(10))")
    def __init__(
        self,
        layer: RNN,
        merge_mode: str | None = "concat",
        backward_layer: RNN | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        for given in (layer, backward_layer):
            if given is not None and not isinstance(given, RNN):
                raise ArgumentError(
                    f"it takes a recurrent layer, and this is {type(given).__name__}.",
                    op="Bidirectional",
                    fix="Bidirectional(LSTM(10))",
                )
        modes = ("concat", "sum", "mul", "ave")
        self.merge_mode = None if merge_mode is None else one_of("merge mode", merge_mode, modes)
        self.forward_layer = layer
        if backward_layer is None:
            backward_layer = copy.deepcopy(layer)
            backward_layer.go_backwards = not layer.go_backwards
            backward_layer.name = f"backward_{layer.name}"
            layer.name = f"forward_{layer.name}"
        self.backward_layer = backward_layer
        for own in (layer, backward_layer):
            # A masked step would repeat what one direction has seen of another place.
            own.zero_output_for_mask = own.return_sequences
        if self.batch_input_shape is None:
            self.batch_input_shape = layer.batch_input_shape

    @property
    def return_sequences(self) -> bool:
        """Whether the outputs of all steps are returned."""
        return self.forward_layer.return_sequences

    @property
    def states(self) -> list[Variable]:
        """The states that last of both directions."""
        return [*self.forward_layer.states, *self.backward_layer.states]

    def reset_state(self) -> None:
        """Let the next batch begin with zeros again."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self) -> None:
        """The same as ``reset_state``."""
        self.reset_state()

    def call(
        self, inputs: Any, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Any:
        """Return what the two layers give, put together."""
        x = inputs
        if isinstance(inputs, (list, tuple)):
            x, initial_state = inputs[0], list(inputs[1:])
        pairs: list[Any] = [None, None]
        if initial_state:
            half = len(initial_state) // 2
            pairs = [initial_state[:half], initial_state[half:]]
        outputs, states = [], []
        for layer, first in zip((self.forward_layer, self.backward_layer), pairs, strict=True):
            given = {} if mask is None else {"mask": mask}
            result = layer(x, initial_state=first, training=training, **given)
            if layer.return_state:
                result, *own = result
                states += own
            outputs.append(result)
        if self.return_sequences:
            outputs[1] = ops.flip(outputs[1], 1)
        merged = _merged(self.merge_mode, outputs)
        return [*merged, *states] if states or self.merge_mode is None else merged[0]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the outputs: of sequences that of the inputs."""
        mask = mask_of_steps(mask)
        own = mask if self.return_sequences else None
        if self.merge_mode is None:
            return [own, own]
        return [own] if self.forward_layer.return_state else own
