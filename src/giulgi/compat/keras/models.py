"""Networks: ``Model`` and ``Sequential``, with the methods that Keras has had."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.graphs.graph import get_default_graph
from giulgi.compat.keras import utils
from giulgi.compat.keras.boundary import expressions, named
from giulgi.compat.keras.inputs import InputLayer, fed
from giulgi.compat.keras.layer import Layer, calling
from giulgi.compat.keras.layers_of_tf import as_layer
from giulgi.compat.keras.model_losses import LossTensors, loss_tensors
from giulgi.compat.keras.model_training import TrainedModel
from giulgi.compat.keras.output_names import note_network
from giulgi.compat.keras.summary import print_summary
from giulgi.compat.names import export
from giulgi.nn.layers.calls import current_call
from giulgi.nn.layers.input import layer_of_input, note_input_layer
from giulgi.training.network import Network


class Model(TrainedModel):
    """A network from inputs to outputs, or a class of one's own with a ``call``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        for old, new in (("input", "inputs"), ("output", "outputs")):
            if old in kwargs:
                kwargs[new] = kwargs.pop(old)
        # A list of one output is that output: ``predict`` is to return an array.
        if "outputs" in kwargs:
            kwargs["outputs"] = _one_or_all(kwargs["outputs"])
        elif len(args) > 1:
            args = (args[0], _one_or_all(args[1]), *args[2:])
        if "inputs" in kwargs:
            kwargs["inputs"] = fed(kwargs["inputs"])
        elif args:
            args = (fed(args[0]), *args[1:])
        super().__init__(*expressions(list(args)), **expressions(kwargs))

    def _set_network(self, network: Network) -> None:
        network.layers = [_of_keras(layer) for layer in network.layers]
        if len(set(network.input_names)) < len(network.inputs):  # Their layers have other names.
            network.input_names = [layer_of_input(x).name for x in network.inputs]
        network.requires_finite = False  # Keras computes with NaN, too.
        network.takes_fractions = True
        super()._set_network(network)
        note_network(self, network.outputs)
        if len(network.inputs) == 1:  # As the first layer of a Sequential it tells the shape.
            self.batch_input_shape = network.inputs[0].known_shape

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add to the loss: a tensor made of what is in the network.

        A call on other inputs adds what its layers add to what that call alone has added.
        """
        if self._network is None or current_call() is not None or calling.get():
            super().add_loss(losses, inputs)
            return
        for loss in losses if isinstance(losses, (list, tuple)) else [losses]:
            value = expressions(loss)
            self._network.calls[-1].losses.append(
                value if value.known_shape == () else gg.mean(value)
            )
        self._trainer = None

    def reset_states(self) -> None:
        """Let stateful layers begin anew."""
        for layer in self.layers:
            reset = getattr(layer, "reset_states", None) or getattr(layer, "reset_state", None)
            if callable(reset):
                reset()

    # What is known of it

    @property
    def layers(self) -> list[Any]:
        """The layers; of a model of inputs and outputs it is one list, from which some take layers.

        ``model.layers.pop()`` is how programs get at the output of the layer before the last.
        """
        now = super().layers
        if self._network is None or isinstance(self, gg.Sequential):
            return now
        kept: tuple[list[Any], list[Any]] | None = self.__dict__.get("__listed")
        if kept is None or kept[0] != now:
            kept = self.__dict__["__listed"] = (now, [*now])
        return kept[1]

    @property
    def inputs(self) -> list[Any]:
        """The placeholders that the network begins with."""
        found: list[Any] = named(gg.Model.inputs.fget(self))  # type: ignore[attr-defined]
        return found

    @property
    def outputs(self) -> list[Any]:
        """The tensors that the network ends with."""
        found: list[Any] = named(gg.Model.outputs.fget(self))  # type: ignore[attr-defined]
        return found

    @outputs.setter
    def outputs(self, outputs: Any) -> None:
        """Let the network end with other tensors, as those before a layer that was taken off."""
        network = self._require_network()
        self._set_network(Network(network.inputs, expressions(_one_or_all(outputs))))

    def get_output_at(self, node_index: int) -> Any:
        """Return what it gave when it was called; the first are its own outputs."""
        if self._network is None:
            return super().get_output_at(node_index)
        return self.output if node_index == 0 else super().get_output_at(node_index - 1)

    def get_input_at(self, node_index: int) -> Any:
        """Return what it was called on; the first are its own inputs."""
        if self._network is None:
            return super().get_input_at(node_index)
        return self.input if node_index == 0 else super().get_input_at(node_index - 1)

    @property
    def input(self) -> Any:
        """The placeholder, or several."""
        return _one_or_all(named(gg.Model.input.fget(self)))  # type: ignore[attr-defined]

    @property
    def output(self) -> Any:
        """The output, or several."""
        return _one_or_all(named(gg.Model.output.fget(self)))  # type: ignore[attr-defined]

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return list(self._require_network().input_names)

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        return list(self._require_network().output_names)

    @property
    def losses(self) -> list[Any]:
        """The penalties of weights, and what the last call added."""
        found: list[Any] = super().losses
        return found

    @property
    def total_loss(self) -> Any:
        """The loss, a tensor of the inputs, ``targets`` and ``sample_weights``."""
        return self._loss_tensors().total

    @property
    def targets(self) -> list[Any]:
        """Placeholders of the truth for each output, as :attr:`total_loss` takes it."""
        return self._loss_tensors().targets

    @property
    def sample_weights(self) -> list[Any]:
        """Placeholders of how much each example counts, as :attr:`total_loss` takes it."""
        return self._loss_tensors().weights

    def _loss_tensors(self) -> LossTensors:
        kept: tuple[Any, LossTensors] | None = self.__dict__.get("__loss")
        if kept is None or kept[0] is not self._spec:
            kept = self.__dict__["__loss"] = (self._spec, loss_tensors(self))
        return kept[1]

    @property
    def stateful(self) -> bool:
        """Whether some layer keeps its state from batch to batch."""
        return any(getattr(layer, "stateful", False) for layer in self.layers)

    def get_layer(self, name: Any = None, index: int | None = None) -> Any:
        """Return a layer by its name or its place."""
        if isinstance(name, int):
            name, index = None, name
        layers = self.layers
        if index is not None:
            if index >= len(layers):
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(layers)} layers."
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}. There are {[x.name for x in layers]}")

    def summary(  # type: ignore[override]  # Keras 2 has another order.
        self, line_length: int | None = None, positions: Any = None,
        print_fn: Callable[[str], object] | None = None, **_: Any,
    ) -> None:  # fmt: skip
        """Print the layers, the shapes they give, and how many weights they have."""
        print_summary(self, line_length, positions, print_fn or print)

    # In files

    def get_config(self) -> dict[str, Any]:
        """Return the architecture as a description."""
        return architecture().network_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the model of a description."""
        with utils.CustomObjectScope(custom_objects or {}):
            return architecture().model_from(cls, config)

    def to_json(self, **options: Any) -> str:
        """Return the architecture as JSON."""
        return json.dumps(architecture().full_config(self), **options)

    def to_yaml(self, **_: Any) -> str:
        """Return the architecture as YAML: as JSON, which all YAML readers read."""
        return self.to_json(indent=2) + "\n"

    def save(self, filepath: Any, overwrite: bool = True, include_optimizer: bool = True,
             **_: Any) -> None:  # fmt: skip
        """Write the model to a file."""
        saving().save_model(self, filepath, overwrite, include_optimizer)

    def save_weights(self, filepath: Any, overwrite: bool = True, **_: Any) -> None:
        """Write the weights to a file."""
        saving().save_weights(self, filepath, overwrite)

    def load_weights(
        self, filepath: Any, by_name: bool = False, skip_mismatch: bool = False, **_: Any
    ) -> Any:
        """Take the weights of a file; return what became of it where that is a checkpoint."""
        return saving().load_weights(self, filepath, by_name, skip_mismatch)

    def _make_predict_function(self) -> None:
        """Nothing has to be made before the first prediction."""

    _make_train_function = _make_test_function = _make_predict_function

    @property
    def _collected_trainable_weights(self) -> list[Any]:
        """What training changes, as agents of the time asked for it."""
        return self.trainable_weights


class Sequential(Model, gg.Sequential):
    """Layers one after another."""

    def __init__(self, layers: Any = None, name: str | None = None) -> None:
        given = None if layers is None else [as_layer(layer) for layer in layers]
        super().__init__(given, name=name)

    def add(self, layer: Any) -> None:
        """Put a layer at the end."""
        gg.Sequential.add(self, as_layer(layer))

    def _put(self, layer: Any) -> None:
        """Put a layer at the end; one that joins models brings their inputs with it."""
        starts = getattr(layer, "starts", None)
        if callable(starts) and not self._stack and self._start is None:
            self._start = starts()
        super()._put(layer)

    def call(self, inputs: Any) -> Any:
        """Return the last layer's output."""
        if get_default_graph().makes_tensors:  # Inputs of other sizes may come.
            return self._through(inputs)
        return gg.Sequential.call(self, inputs)

    def build(self, input_shape: Any = None) -> None:
        """Make the weights for a batch of a shape."""
        shape = None
        if input_shape is not None:  # Batches of any size may follow.
            listed = input_shape.as_list() if hasattr(input_shape, "as_list") else input_shape
            shape = (None, *tuple(listed)[1:])
        self.__dict__.setdefault("_built_late", self._network is None)
        gg.Sequential.build(self, shape)

    # What begins with a layer that takes texts: it prepares all data, and the others are a network

    def _takes_texts(self) -> bool:
        stack = self.__dict__.get("_stack") or [None]
        return bool(getattr(stack[0], "takes_texts", False)) and len(stack) > 1

    def _rest(self) -> Any:
        """Return the network behind the layer that takes texts, compiled as this one."""
        found = self.__dict__.get("__rest")
        if found is None:
            found = self.__dict__["__rest"] = Sequential(self._stack[1:])
        told = self.__dict__.get("__compiled")
        if told is not None and self.__dict__.get("__rest_compiled") is not told:
            self.__dict__["__rest_compiled"] = told
            found.compile(*told[0], **told[1])
        return found

    def _prepared_data(self, data: Any) -> Any:
        """Return data with numbers in place of texts; of a data set and of arrays."""
        first = self._stack[0]
        if hasattr(data, "map"):
            return data.map(
                lambda *parts: (first(parts[0]), *parts[1:]) if len(parts) > 1 else first(parts[0])
            )
        if isinstance(data, tuple):
            return (self._prepared_data(data[0]), *data[1:])
        return data if data is None else first(data).numpy()

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Say how to train; see :class:`TrainedModel`."""
        self.__dict__["__compiled"] = (args, kwargs)
        super().compile(*args, **kwargs)

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Train; see :class:`TrainedModel`."""
        if not self._takes_texts():
            return super().fit(x, *args, **kwargs)
        if kwargs.get("validation_data") is not None:
            kwargs["validation_data"] = self._prepared_data(kwargs["validation_data"])
        return self._rest().fit(self._prepared_data(x), *args, **kwargs)

    def evaluate(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return the loss and metrics; see :class:`TrainedModel`."""
        if not self._takes_texts():
            return super().evaluate(x, *args, **kwargs)
        return self._rest().evaluate(self._prepared_data(x), *args, **kwargs)

    def predict(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return the outputs; see :class:`TrainedModel`."""
        if not self._takes_texts():
            return super().predict(x, *args, **kwargs)
        return self._rest().predict(self._prepared_data(x), *args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return the layers as descriptions."""
        return architecture().sequential_config(self)

    @classmethod
    def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
        """Return the network of a description."""
        parts = config["layers"] if isinstance(config, dict) else config
        name = config.get("name") if isinstance(config, dict) else None
        with utils.CustomObjectScope(custom_objects or {}):
            return cls([layer_from(part) for part in parts], name=name)

    def predict_classes(self, x: Any, batch_size: int = 32, verbose: Any = 0, **_: Any) -> Any:
        """Return the class of each example: the likeliest, or whether one output is above 0.5."""
        found = self.predict(x, batch_size, verbose)
        if found.shape[-1] > 1:
            return found.argmax(axis=-1)
        return (found > 0.5).astype("int32")

    def predict_proba(self, x: Any, batch_size: int = 32, verbose: Any = 0, **_: Any) -> Any:
        """Return the outputs for all examples, as arrays."""
        return self.predict(x, batch_size, verbose)


def architecture() -> Any:
    """Return the module of descriptions, which needs this one."""
    from giulgi.compat.keras import architecture

    return architecture


def _one_or_all(value: Any) -> Any:
    """Return the only one of a list, else all."""
    return value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value


def saving() -> Any:
    """Return the module of files, which needs this one."""
    from giulgi.compat.keras import saving

    return saving


def layer_from(config: dict[str, Any]) -> Any:
    """Return the layer of a description."""
    from giulgi.compat.keras.serialization import layer_from

    return layer_from(config)


def _of_keras(layer: gg.layers.Layer) -> gg.layers.Layer:
    """Return a layer of the inputs as one of these; any other as it is."""
    if isinstance(layer, Layer) or not isinstance(layer, gg.layers.InputLayer):
        return layer
    made = InputLayer(batch_shape=layer.batch_input_shape, name=layer.name, dtype=layer.dtype)
    made.built = True
    made._tensor = layer._tensor
    note_input_layer(made)
    return made


for _name in ("Model", "Sequential"):
    _class = {"Model": Model, "Sequential": Sequential}[_name]
    for _module in ("", "models.", "engine.", "engine.training.", "layers.", "engine.sequential."):
        export(f"{_module}{_name}", _class, of="keras")
