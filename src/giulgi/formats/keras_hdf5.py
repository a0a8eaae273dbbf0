"""Keras's files of weights and models: HDF5 in the layout that Keras 2 and 3 write and read.

The weights are in a group, which says in its attributes the order of the layers::

    layer_names         the names of the layers
    <layer>             a group; its attribute weight_names tells the paths of its arrays
    <layer>/<path>      an array, such as dense_1/dense_1/kernel:0

A last group, ``top_level_model_weights``, has the variables that a model keeps beside its layers.
In a file of weights alone it is the file itself, in that of a model the group ``model_weights``;
there the attributes of the file tell the architecture (``model_config``) and how it was compiled
(``training_config``), both as JSON. Names too long for an attribute (64 KiB) are in several:
``layer_names0``, ``layer_names1``, ...
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
#: The name of a layer, and its arrays with their paths, in order.
LayerWeights = tuple[str, list[tuple[str, Array]]]

_ATTRIBUTE_LIMIT = 64512
_OWN = "top_level_model_weights"


@dataclass
class KerasFile:
    """What a file holds.

    Attributes:
        layers: the weights of each layer, in order.
        model_config: the architecture; None in a file of weights alone.
        training_config: how it was compiled; None if it was not.
        optimizer_weights: what the optimizer remembers, with paths.
        own: the variables that are in no layer, but the model's own, with paths.
    """

    layers: list[LayerWeights]
    model_config: dict[str, Any] | None = None
    training_config: dict[str, Any] | None = None
    optimizer_weights: list[tuple[str, Array]] = field(default_factory=list)
    own: list[tuple[str, Array]] = field(default_factory=list)


def h5py() -> Any:
    """Return the library that reads and writes HDF5.

    Raises:
        ImportError: if it is not installed.
    """
    try:
        import h5py
    except ImportError:
        raise ImportError(
            "files of Keras (.h5, .hdf5) are read and written by h5py, which is not installed: "
            'pip install "giulgi[programs]"'
        ) from None
    return h5py


def write(path: str | Path, content: KerasFile, version: str = "2.3.1") -> None:
    """Write a file; one of weights alone, if there is no architecture."""
    with h5py().File(path, "w") as file:
        weights = file
        if content.model_config is not None:
            file.attrs["model_config"] = json.dumps(content.model_config).encode()
            if content.training_config is not None:
                file.attrs["training_config"] = json.dumps(content.training_config).encode()
            weights = file.create_group("model_weights")
            _describe(file, version)
        _describe(weights, version)
        _put_names(weights, "layer_names", [name for name, _ in content.layers])
        for name, arrays in content.layers:
            _put_arrays(weights.create_group(name), arrays)
        if content.own:
            _put_arrays(weights.create_group(_OWN), content.own)
        if content.optimizer_weights:
            _put_arrays(file.create_group("optimizer_weights"), content.optimizer_weights)


def _describe(group: Any, version: str) -> None:
    group.attrs["keras_version"] = version.encode()
    group.attrs["backend"] = b"tensorflow"


def _put_arrays(group: Any, arrays: Sequence[tuple[str, Array]]) -> None:
    _put_names(group, "weight_names", [path for path, _ in arrays])
    for path, array in arrays:
        group.create_dataset(path, data=array)


def _put_names(group: Any, key: str, names: Sequence[str]) -> None:
    """Write names as an attribute, or as several if they are too long for one."""
    encoded = np.asarray([name.encode() for name in names]) if names else np.zeros(0, "S1")
    if encoded.nbytes <= _ATTRIBUTE_LIMIT:
        group.attrs[key] = encoded
        return
    parts = -(-encoded.nbytes // _ATTRIBUTE_LIMIT)
    for number, part in enumerate(np.array_split(encoded, parts)):
        group.attrs[f"{key}{number}"] = part


def read(path: str | Path) -> KerasFile:
    """Read a file.

    Raises:
        OSError: if it is not there, or no HDF5.
        ValueError: if it is no file of Keras.
    """
    with h5py().File(path, "r") as file:
        group = file.get("model_weights", file)
        names = _names(group.attrs, "layer_names")
        if names is None:
            raise ValueError(f"{path} is no file of Keras: it does not tell the names of layers")
        layers = [(name, _arrays(group[name])) for name in names]
        optimizer = _arrays(file["optimizer_weights"]) if "optimizer_weights" in file else []
        return KerasFile(
            layers,
            _json(file.attrs, "model_config"),
            _json(file.attrs, "training_config"),
            optimizer,
            _arrays(group[_OWN]) if _OWN in group else [],
        )


def _arrays(group: Any) -> list[tuple[str, Array]]:
    names = _names(group.attrs, "weight_names")
    return [(name, np.asarray(group[name])) for name in names or ()]


def _names(attributes: Mapping[str, Any], key: str) -> list[str] | None:
    if key in attributes:
        return [_text(name) for name in attributes[key]]
    if f"{key}0" not in attributes:
        return None
    found: list[str] = []
    number = 0
    while f"{key}{number}" in attributes:
        found += [_text(name) for name in attributes[f"{key}{number}"]]
        number += 1
    return found


def _json(attributes: Mapping[str, Any], key: str) -> Any:
    return json.loads(_text(attributes[key])) if key in attributes else None


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
