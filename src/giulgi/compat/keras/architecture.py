"""The architecture of a model as a description: which layers, and what each is called on."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from giulgi.compat.keras import utils
from giulgi.compat.keras.inputs import Input
from giulgi.compat.keras.models import Model, Sequential
from giulgi.compat.keras.serialization import description, layer_from
from giulgi.compat.names import exported
from giulgi.nn.layers.calls import LayerCall
from giulgi.training.network import Network, call_of

_VERSION = "2.3.1"


def sequential_config(model: Sequential) -> dict[str, Any]:
    """Return the layers of a Sequential; the first, or one in front, says what its inputs are."""
    layers = [description(layer) for layer in model.layers]
    if layers and model._network is not None and "batch_input_shape" not in layers[0]["config"]:
        layers.insert(0, _input(model._network.inputs[0]))
    return {"name": model.name, "layers": layers}


def _input(x: Any) -> dict[str, Any]:
    config = {"batch_input_shape": list(x.known_shape), "dtype": x.dtype.name, "sparse": False,
              "name": x.name}  # fmt: skip
    return {"class_name": "InputLayer", "config": config}


def network_config(model: Model) -> dict[str, Any]:
    """Return the layers of a model of inputs and outputs, with what each is called on.

    Raises:
        NotImplementedError: if something in it is no layer.
    """
    network = model._require_network()
    numbers = _call_numbers(network)
    places = {
        x.node: [name, 0, 0] for x, name in zip(network.inputs, network.input_names, strict=True)
    }
    layers = []
    for layer in model.layers:
        calls = [call for call in network.calls if call.layer is layer]
        nodes = [[[*_place(x, places, numbers), {}] for x in call.inputs] for call in calls]
        layers.append({**description(layer), "name": layer.name, "inbound_nodes": nodes})
    return {
        "name": model.name,
        "layers": layers,
        "input_layers": [[name, 0, 0] for name in network.input_names],
        "output_layers": [_place(y, places, numbers) for y in network.outputs],
    }


def _call_numbers(network: Network) -> dict[LayerCall, int]:
    """Return for each call which one of its layer it is."""
    counts: dict[Any, int] = {}
    numbers = {}
    for call in network.calls:
        numbers[call] = counts.get(call.layer, 0)
        counts[call.layer] = numbers[call] + 1
    return numbers


def _place(x: Any, places: dict[Any, list[Any]], numbers: dict[LayerCall, int]) -> list[Any]:
    """Return which layer a tensor is of, which of its calls, and which of its outputs."""
    if x.node in places:
        return places[x.node]
    call = call_of(x.node)
    if call is None or call not in numbers:
        raise NotImplementedError(
            "a model with operations between its layers has no description: put them into Lambda "
            "layers, or save the weights alone with save_weights"
        )
    outputs = [y.node for y in call.tagged()]
    return [call.layer.name, numbers[call], outputs.index(x.node)]


def model_from(cls: type[Model], config: dict[str, Any]) -> Any:
    """Return the model of inputs and outputs that a description tells."""
    layers = {part.get("name", part["config"].get("name")): part for part in config["layers"]}
    results: dict[tuple[str, int, int], Any] = {}
    waiting: list[tuple[str, int, Any]] = []
    made: dict[str, Any] = {}
    for name, part in layers.items():
        if part["class_name"] == "InputLayer":
            own = part["config"]
            shape = own.get("batch_input_shape") or own.get("batch_shape")
            dtype = own.get("dtype")
            results[name, 0, 0] = Input(
                batch_shape=tuple(shape), name=name, dtype=dtype if isinstance(dtype, str) else None
            )
            continue
        made[name] = layer_from(part)
        waiting += [(name, n, node) for n, node in enumerate(part["inbound_nodes"])]
    while waiting:
        ready = [entry for entry in waiting if all(k in results for k in _keys(entry[2]))]
        if not ready:
            raise ValueError("the description of the model has layers that nothing leads to")
        for entry in ready:
            name, number, node = entry
            found = [results[key] for key in _keys(node)]
            outputs = made[name](found[0] if len(found) == 1 else found, **_options(node))
            several = outputs if isinstance(outputs, (list, tuple)) else [outputs]
            results |= {(name, number, place): y for place, y in enumerate(several)}
            waiting.remove(entry)
    ends = [_ends(config[key], results) for key in ("input_layers", "output_layers")]
    return cls(ends[0], ends[1], name=config.get("name"))


def _keys(node: Any) -> list[tuple[str, int, int]]:
    """Return the results that a call takes: of Keras 2 as lists, of Keras 3 as descriptions."""
    if isinstance(node, dict):
        found: list[tuple[str, int, int]] = []

        def search(value: Any) -> None:
            if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
                name, call, place = value["config"]["keras_history"]
                found.append((name, call, place))
            elif isinstance(value, dict):
                for part in value.values():
                    search(part)
            elif isinstance(value, list):
                for part in value:
                    search(part)

        search([node.get("args", []), node.get("kwargs", {})])
        return found
    return [(entry[0], entry[1], entry[2]) for entry in node]


def _options(node: Any) -> dict[str, Any]:
    """Return what else a call is given: of numbers and names only."""
    kwargs = node[0][3] if isinstance(node, list) and node and len(node[0]) > 3 else {}
    return {k: v for k, v in kwargs.items() if isinstance(v, (int, float, str)) and v is not None}


def _ends(told: Any, results: dict[tuple[str, int, int], Any]) -> Any:
    if told and isinstance(told[0], str):
        return results[tuple(told)]
    found = [results[tuple(place)] for place in told]
    return found[0] if len(found) == 1 else found


def full_config(model: Model) -> dict[str, Any]:
    """Return the description of a model, with its class."""
    kind = "Sequential" if isinstance(model, Sequential) else "Model"
    return {"class_name": kind, "config": model.get_config(), "keras_version": _VERSION,
            "backend": "tensorflow"}  # fmt: skip


@exported("models.model_from_config", of="keras")
def model_from_config(config: dict[str, Any], custom_objects: Any = None) -> Any:
    """Return the model of a description."""
    return layer_from(config, custom_objects)


@exported("models.model_from_json", of="keras")
def model_from_json(json_string: str, custom_objects: Any = None) -> Any:
    """Return the model that ``to_json`` wrote, with new weights."""
    return layer_from(json.loads(json_string), custom_objects)


@exported("models.model_from_yaml", of="keras")
def model_from_yaml(yaml_string: str, custom_objects: Any = None) -> Any:
    """Return the model that ``to_yaml`` wrote, with new weights.

    ``to_yaml`` of giulgi writes YAML in the form of JSON; other forms are read with PyYAML.
    """
    try:
        config = json.loads(yaml_string)
    except ValueError:
        config = _yaml_read(yaml_string)
    return layer_from(config, custom_objects)


def _yaml_read(text: str) -> Any:
    try:
        yaml = import_module("yaml")
    except ImportError:
        raise ImportError(
            "this YAML is not from giulgi, and is read with PyYAML: pip install pyyaml"
        ) from None
    return yaml.safe_load(text)


@exported("models.clone_model", of="keras")
def clone_model(model: Model, input_tensors: Any = None, clone_function: Any = None) -> Any:
    """Return a model of the same architecture, with new weights."""
    del input_tensors, clone_function
    with utils.CustomObjectScope({type(x).__name__: type(x) for x in model.layers}):
        return layer_from(full_config(model))
