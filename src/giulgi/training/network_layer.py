"""A network as a layer: what it gives for other inputs, and the layers in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from giulgi.errors import ArgumentError, GraphError
from giulgi.graph.dtypes import DEFAULT_FLOAT
from giulgi.graph.ops.leaves import placeholder
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.calls import builds_network
from giulgi.nn.masks import with_masks
from giulgi.nn.phase import told_phase
from giulgi.training.data.batches import Batch
from giulgi.training.data.inputs import fitted, in_order
from giulgi.training.network import Network
from giulgi.training.summary import LINE_LENGTH, summary_text
from giulgi.tree import flatten, unflatten

NO_FILES = (
    "giulgi does not write networks to files yet. Its weights are arrays, model.get_weights(), "
    "which NumPy can save; model.set_weights(arrays) takes them back"
)
_INSTEAD = dict.fromkeys(("save", "save_weights", "load_weights", "to_json"), NO_FILES)


class NetworkLayer(Layer):
    """A layer that is a network: :class:`giulgi.Model` without the training.

    Its network is told by inputs and outputs, or built when the first data come, by a ``call`` of
    its own.
    """

    _network: Network | None = None

    def _set_network(self, network: Network) -> None:
        self._network = network
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the network's outputs for other inputs."""
        network = self._network
        if network is None:
            return super().call(inputs)
        given = flatten(in_order("inputs", inputs, network.input_names))[0]
        applied = network.apply(
            fitted(network, given), told_phase(), redraw=True, settled=not builds_network()
        )
        for variable, value in applied.updates:
            self.add_update(variable, value)
        for variable, value in applied.states:
            self.add_state(variable, value)
        for loss in applied.losses:
            self.add_loss(loss)
        return with_masks(applied.outputs, applied.masks)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return nothing: the outputs have masks of their own."""
        return None

    @property
    def layers(self) -> list[Layer]:
        """The layers, those of the inputs first, in the order of ``get_weights``."""
        return self.sublayers()

    def sublayers(self) -> list[Layer]:
        """Return the layers between inputs and outputs, or those kept as attributes."""
        attributes = super().sublayers()
        if self._network is None or self in self._network.layers:
            return attributes
        return list(dict.fromkeys([*self._network.layers, *attributes]))

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by its name or its place.

        Raises:
            ArgumentError: if there is none.
        """
        layers = self.layers
        if index is not None and -len(layers) <= index < len(layers):
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ArgumentError(
            f"there is no layer {name if index is None else index!r}.",
            op="get_layer",
            fix="the layers are " + ", ".join(layer.name for layer in layers),
        )

    @property
    def inputs(self) -> list[Tensor]:
        """The placeholders that the network begins with."""
        return self._require_network().inputs

    @property
    def outputs(self) -> list[Tensor]:
        """The tensors that the network ends with."""
        return self._require_network().outputs

    @property
    def input(self) -> Any:
        """The placeholders, nested as they were given."""
        network = self._require_network()
        return unflatten(network.input_structure, iter(network.inputs))

    @property
    def output(self) -> Any:
        """The outputs, nested as they were given."""
        network = self._require_network()
        return unflatten(network.output_structure, iter(network.outputs))

    if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.

        def __getattr__(self, name: str) -> Any:
            """Say what there is in place of what Keras has."""
            advice = _INSTEAD.get(name)
            told = f": {advice}" if advice else ""
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{told}")

    def _require_network(self) -> Network:
        if self._network is None:
            raise GraphError(
                "the network is not built: the shape of its inputs is not known yet.",
                op=self.name,
                fix="begin with gg.Input((784,)), or call fit",
            )
        return self._network

    def _build_for(self, batch: Batch) -> Network:
        """Return the network, built if need be for inputs like these."""
        if self._network is None:
            inputs = [
                placeholder(DEFAULT_FLOAT, (None, *array.shape[1:]), f"input_{i}")
                for i, array in enumerate(batch.x)
            ]
            given = unflatten(batch.nesting, iter(inputs))
            if isinstance(given, (list, tuple)) and len(given) == 1:
                given = given[0]
            self._set_network(Network(given, self(given)))
        return self._require_network()

    def summary(
        self, line_length: int | None = None, print_fn: Callable[[str], object] | None = None
    ) -> None:
        """Print the layers, the shapes they give, and how many weights they have.

        Args:
            line_length: how long a line may be before it is folded; 80 by default.
            print_fn: what is called with the text in place of ``print``.
        """
        text = summary_text(self, self._network, line_length or LINE_LENGTH)
        (print_fn or print)(text)
