"""Where examples enter a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from giulgi.errors import ArgumentError
from giulgi.graph.node import Node
from giulgi.graph.ops.leaves import placeholder
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.naming import next_name
from giulgi.signatures import names_checked


class InputLayer(Layer):
    """Says what one example looks like, at the beginning of a ``Sequential``.

    Args:
        shape: the shape of one example, without the batch.
        batch_size: the size of the batch, if it is always the same.
        dtype: the dtype of the examples.
        name: its name.
        batch_shape: the whole shape, with the batch in front.
        options: of every :class:`Layer`.
    """

    @layer_arguments
    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: Any = "float32",
        name: str | None = None,
        batch_shape: Sequence[int | None] | None = None,
        **options: Any,
    ) -> None:
        if batch_shape is not None:
            _require_alone("InputLayer", shape=shape, batch_size=batch_size)
            options["batch_input_shape"] = batch_shape
        super().__init__(name=name, dtype=dtype, **options)
        if shape is not None:
            self.batch_input_shape = (batch_size, *shape)
        self._tensor: Tensor | None = None

    @property
    def input(self) -> Any:
        """The placeholder, in a network that has inputs."""
        return super().input if self._tensor is None else self._tensor

    @property
    def output(self) -> Any:
        """The placeholder, in a network that has inputs."""
        return super().output if self._tensor is None else self._tensor

    def call(self, x: Tensor) -> Tensor:
        """Return the examples as they are."""
        return x


@names_checked
def Input(  # noqa: N802 - Keras's name
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: Any = "float32",
    name: str | None = None,
    batch_shape: Sequence[int | None] | None = None,
) -> Tensor:
    """Return a placeholder for a batch of examples.

    Args:
        shape: the shape of one example, without the batch: ``(784,)``.
        batch_size: the size of the batch, if it is always the same.
        dtype: the dtype of the examples.
        name: its name; None numbers them: input, input_1, ...
        batch_shape: the whole shape, with the batch in front.
    """
    if batch_shape is not None:
        _require_alone("Input", shape=shape, batch_size=batch_size)
    else:
        sizes = (shape,) if isinstance(shape, int) else tuple(shape or ())
        batch_shape = (batch_size, *sizes)
    for size in batch_shape:
        if size is not None and not isinstance(size, (int, np.integer)):
            raise ArgumentError(
                f"a shape holds whole numbers and None, not {size!r}.",
                op="Input",
                fix="the shape of one example: gg.Input((8,)), or gg.Input((28, 28))",
            )
    return placeholder(dtype, tuple(batch_shape), name or next_name("Input"))


def _require_alone(own: str, **others: Any) -> None:
    """Raise an ArgumentError if what the batch_shape says is said by another argument, too."""
    for name, value in others.items():
        if value is not None:
            raise ArgumentError(
                f"both {name} and batch_shape are given, and batch_shape tells all sizes.",
                op=own,
                fix=f"{own}((28, 28), batch_size=32), or {own}(batch_shape=(32, 28, 28))",
            )


def layer_of_input(x: Tensor) -> InputLayer:
    """Return the layer that stands for an input: the same in all networks that there are of it."""
    layer = _layers_of_inputs.get(x.node)
    if layer is None:
        layer = InputLayer(dtype=x.dtype, name=x.name, batch_input_shape=x.known_shape)
        layer.built = True
        layer._tensor = x
        note_input_layer(layer)
    return layer


def note_input_layer(layer: InputLayer) -> None:
    """Let a layer be the one that stands for its input in networks that are built from now on."""
    if layer._tensor is not None:
        _layers_of_inputs[layer._tensor.node] = layer


_layers_of_inputs: WeakValueDictionary[Node, InputLayer] = WeakValueDictionary()
