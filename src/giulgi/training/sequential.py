"""A network of layers one after another."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from giulgi.errors import ArgumentError
from giulgi.graph.ops.identities import Tag
from giulgi.graph.ops.leaves import placeholder
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.calls import built_apart
from giulgi.nn.layers.input import InputLayer
from giulgi.signatures import example_call, names_checked
from giulgi.training.data.batches import Batch
from giulgi.training.model import Model
from giulgi.training.network import Network, require_distinct_names


class Sequential(Model):
    """Layers one after another::

        model = gg.Sequential([
            gg.layers.Dense(512, activation="relu", input_shape=(784,)),
            gg.layers.Dense(10, activation="softmax"),
        ])

    The shape of the examples may be told by ``gg.Input((784,))`` in front, or by ``input_shape`` of
    the first layer; otherwise the network is built when it first meets data.

    Args:
        layers: the layers.
        name: its name.
        options: of every :class:`Layer`.
    """

    @names_checked
    def __init__(
        self, layers: Sequence[Any] | None = None, name: str | None = None, **options: Any
    ) -> None:
        super().__init__(name=name, **options)
        self.built = False
        self._stack: list[Layer] = []
        self._start: Tensor | None = None
        if isinstance(layers, (Layer, Tensor)):
            raise ArgumentError(
                "the layers of a network are given as a list.",
                op="Sequential",
                fix="square brackets around them: Sequential([Dense(10)])",
            )
        self._end: Any = None
        for layer in layers or ():
            self._put(layer)
        self._finish()

    def add(self, layer: Any) -> None:
        """Put a layer (or ``gg.Input(...)``) at the end."""
        self._put(layer)
        self._finish()

    def _put(self, layer: Any) -> None:
        if isinstance(layer, Tensor) and not isinstance(layer.op, Tag) and layer.node.symbolic:
            if self._stack or self._start is not None:
                raise ArgumentError("an Input stands in front of all layers.", op="Sequential")
            self._start = layer
            return
        if not isinstance(layer, Layer):
            raise ArgumentError(
                f"{layer.__name__ if inspect.isclass(layer) else repr(layer)} is not a layer.",
                op="Sequential",
                fix=f"brackets make a layer of the class: {example_call(layer)}"
                if inspect.isclass(layer)
                else "give layers, such as gg.layers.Dense(10)",
            )
        layer.require_prepared()
        if any(layer is other for other in self._stack):
            raise ArgumentError(
                f"the layer {layer.name!r} is in this network already.",
                op="Sequential",
                fix="make another layer; to share weights on purpose, use gg.Model",
            )
        require_distinct_names([*self._stack, layer])
        if self._start is None and not self._stack and layer.batch_input_shape is not None:
            name = layer.name if isinstance(layer, InputLayer) else f"{layer.name}_input"
            self._start = placeholder(layer.dtype, layer.batch_input_shape, name)
        if isinstance(layer, InputLayer):
            return
        if self._start is not None:
            self._end = layer(self._start if self._end is None else self._end)
        self._stack.append(layer)

    def pop(self) -> Layer:
        """Take the last layer off, and return it."""
        if not self._stack:
            raise ArgumentError("there is no layer to take off.", op="Sequential")
        layer = self._stack.pop()
        self._end = None
        if self._start is not None and self._stack:
            self._end = self._through(self._start)
        self._finish()
        return layer

    def _finish(self) -> None:
        """Make the network of what has been put together, if the shape of its inputs is known."""
        self._network = None
        self._trainer = None
        self.built = False
        if self._end is not None:
            self._set_network(Network(self._start, self._end))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what the network holds as well."""
        return super().__getstate__() | {"_start": None, "_end": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the beginning and the end from the network."""
        self.__dict__.update(state)
        if self._network is not None:
            self._start, self._end = self._network.inputs[0], self.output

    def _through(self, x: Any) -> Any:
        for layer in self._stack:
            x = layer(x)
        return x

    def sublayers(self) -> list[Layer]:
        """Return the layers, in order."""
        return list(self._stack)

    def call(self, inputs: Any) -> Any:
        """Return the last layer's output."""
        if self._network is None:
            return self._through(inputs)
        return super().call(inputs)

    def build(self, input_shape: Any = None) -> None:
        """Build the network for a batch of this shape (None for the size of the batch).

        Raises:
            ArgumentError: if there are no layers, or no shape is given and none is known.
        """
        if self._network is not None:
            return
        self._require_layers()
        if input_shape is None:
            raise ArgumentError(
                "the shape of the inputs is not known.", op="build", fix="build((None, 784))"
            )
        start = placeholder(self.dtype, tuple(input_shape), f"{self.name}_input")
        with built_apart():
            end = self._through(start)
        self._start, self._end = start, end
        self._finish()

    def _build_for(self, batch: Batch) -> Network:
        self._require_layers()
        if self._network is None:
            self.build((None, *batch.x[0].shape[1:]))
        return self._require_network()

    def _require_layers(self) -> None:
        if not self._stack:
            raise ArgumentError(
                "the network has no layers.",
                op="Sequential",
                fix="model.add(gg.layers.Dense(10))",
            )
