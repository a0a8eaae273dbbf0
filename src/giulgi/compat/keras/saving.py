"""Models and weights in files."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.keras import folders, utils
from giulgi.compat.keras.architecture import full_config
from giulgi.compat.keras.boundary import is_standalone
from giulgi.compat.keras.models import Model
from giulgi.compat.keras.optimizers import Optimizer, serialize
from giulgi.compat.keras.serialization import layer_from, plain_config
from giulgi.compat.keras.weights import Weight
from giulgi.compat.names import TABLES, exported
from giulgi.compat.tensorflow.train import checkpoints
from giulgi.compat.tensorflow.train.checkpoint_objects import Status
from giulgi.formats import keras_hdf5
from giulgi.formats.keras_hdf5 import KerasFile, LayerWeights
from giulgi.nn.layers.weights import fitting_arrays


@exported("models.save_model", "engine.saving.save_model", of="keras")
def save_model(
    model: Model, filepath: Any, overwrite: bool = True, include_optimizer: bool = True,
    **options: Any,
) -> None:  # fmt: skip
    """Write a model to a file: architecture, weights, and how it was compiled.

    Where a program computes at once, and a name is not one of HDF5, it is a folder.

    Args:
        model: the model.
        filepath: the file.
        overwrite: whether a file that is there is overwritten.
        include_optimizer: whether to write how it was compiled.
        options: ``save_format``, "h5" or "tf"; others have no meaning.
    """
    own = Path(os.fspath(filepath))
    if folders.is_wanted(own, options.get("save_format")):
        if model._network is None or not folders.has_plain_class(model):
            folders.write_as_it_is(model, own)
            return
        own.joinpath("variables").mkdir(parents=True, exist_ok=True)
        filepath = own / folders.MODEL_FILE
    path = _writable(filepath, overwrite)
    content = KerasFile(layer_weights(model), full_config(model), own=_own_weights(model))
    if include_optimizer and model._spec is not None:
        content.training_config = _training_config(model)
        optimizer = model.optimizer
        if isinstance(optimizer, Optimizer):
            content.optimizer_weights = [
                (f"training/{optimizer.name}/{number}:0", np.asarray(array))
                for number, array in enumerate(optimizer.get_weights())
            ]
    keras_hdf5.write(path, content)


def _writable(filepath: Any, overwrite: bool) -> Path:
    path = Path(os.fspath(filepath))
    if path.exists() and not overwrite:
        raise OSError(f"{path} is there already: give overwrite=True to replace it")
    if path.parent != Path() and not path.parent.exists():
        raise OSError(
            f"Unable to create file: the folder {path.parent} is not there (No such file or "
            "directory)"
        )
    return path


def _training_config(model: Model) -> dict[str, Any]:
    own: Any = model.optimizer
    return {
        "optimizer_config": serialize(own) if isinstance(own, Optimizer) else None,
        "loss": _names(model.loss),
        "metrics": _names(model.given_metrics),
        "sample_weight_mode": None,
        "loss_weights": None,
    }


def _names(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _names(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_names(part) for part in value]
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (gg.losses.Loss, gg.metrics.Metric)) and hasattr(value, "get_config"):
        return {"class_name": type(value).__name__, "config": plain_config(value.get_config())}
    return getattr(value, "__name__", None) or getattr(value, "name", type(value).__name__)


def layer_weights(model: Any) -> list[LayerWeights]:
    """Return the weights of each layer of a model, with the paths that they have in a file."""
    found: list[LayerWeights] = []
    for layer in model.layers:
        taken: set[str] = set()
        arrays = []
        for variable in layer.variables:
            path = _path(layer.name, variable, taken)
            arrays.append((path, variable.numpy()))
        found.append((layer.name, arrays))
    return found


def _own_variables(model: Any) -> list[Any]:
    """Return the variables that a model keeps beside its layers."""
    of_layers = {id(variable) for layer in model.layers for variable in layer.variables}
    return [variable for variable in model.variables if id(variable) not in of_layers]


def _own_weights(model: Any) -> list[tuple[str, Any]]:
    taken: set[str] = set()
    return [(_path(model.name, v, taken), v.numpy()) for v in _own_variables(model)]


def _path(layer: str, variable: Any, taken: set[str]) -> str:
    own = variable.named.name if isinstance(variable, Weight) else f"{variable.name}:0"
    path = own if "/" in own else f"{layer}/{own}"
    number = 1
    while path in taken:
        path = f"{own.removesuffix(':0')}_{number}:0"
        number += 1
    taken.add(path)
    return path


@exported("models.load_model", "engine.saving.load_model", of="keras")
def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True) -> Any:
    """Return the model of a file, with its weights, compiled as it was.

    Args:
        filepath: the file.
        custom_objects: classes and functions of the program that it names.
        compile: whether to compile it as it was.
    """
    if not Path(os.fspath(filepath)).exists():
        raise OSError(f"Unable to open file (unable to open file: name = '{filepath}', errno = 2, "
                      "error message = 'No such file or directory')")  # fmt: skip
    if Path(os.fspath(filepath)).is_dir():
        kept = folders.as_it_was(Path(os.fspath(filepath)))
        if kept is not None:
            return kept
        filepath = Path(os.fspath(filepath)) / folders.MODEL_FILE
    content = keras_hdf5.read(os.fspath(filepath))
    if content.model_config is None:
        raise ValueError(f"No model found in config file: {filepath} holds weights alone")
    with utils.CustomObjectScope(custom_objects or {}):
        try:
            return _made(content, compile)
        except ValueError as error:
            found = re.match(r"Unknown [\w ]+: (\w+)\. ", str(error))
            if found is None or "custom_objects" in str(error):
                raise
            own = f"custom_objects={{{found[1]!r}: {found[1]}}}"
            raise ValueError(
                f"{error} If {found[1]} is the program's own, give it: load_model(..., {own})"
            ) from None


def _made(content: Any, compile: bool) -> Any:
    """Return the model that a file holds."""
    model = layer_from(content.model_config)
    _set(model, content)
    told = content.training_config
    if compile and told is not None and told.get("optimizer_config"):
        _compile(model, told, utils.CUSTOM_OBJECTS)
        if content.optimizer_weights and hasattr(model.optimizer, "set_weights"):
            arrays = [array for _, array in content.optimizer_weights]
            model.optimizer.set_weights(arrays)
    return model


def _compile(model: Model, told: dict[str, Any], custom: dict[str, Any]) -> None:
    def known(value: Any, of: str) -> Any:
        if isinstance(value, dict) and "class_name" in value:
            name, config = value["class_name"], value.get("config", {})
            made: Any = custom.get(name) or TABLES["keras"].get(f"{of}.{name}")
            if isinstance(made, type):
                own = getattr(made, "from_config", None)  # A class of the program's may have it.
                return made(**config) if own is None else own(config)
            return known(config.get("name", name), of)
        if isinstance(value, dict):
            return {key: known(part, of) for key, part in value.items()}
        if isinstance(value, list):
            return [known(part, of) for part in value]
        return custom.get(value, value) if isinstance(value, str) else value

    metrics = known(told.get("metrics") or told.get("metrics_config"), "metrics")
    given = told["optimizer_config"]
    model.compile(given, known(told.get("loss"), "losses"), metrics)


def _set(model: Model, content: KerasFile) -> None:
    """Give the layers of a model that have weights those of a file, in order, and it its own."""
    own = [layer for layer in model.layers if layer.variables]
    given = [(name, arrays) for name, arrays in content.layers if arrays]
    if len(own) != len(given):
        raise ValueError(
            f"You are trying to load a weight file containing {len(given)} layers into a model "
            f"with {len(own)} layers."
        )
    for layer, (_, arrays) in zip(own, given, strict=True):
        set_layer(layer, [array for _, array in arrays])
    _set_own(model, content)


def _set_own(model: Model, content: KerasFile) -> None:
    """Give a model the variables beside its layers; a file of former times has none."""
    if content.own:
        variables = _own_variables(model)
        arrays = fitting_arrays(model.name, variables, [array for _, array in content.own])
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)


def _set_when_built(model: Model, content: KerasFile) -> None:
    """Give a model the weights of a file; what is made by a first call gets them with that."""
    model._waiting = None
    number = sum(len(arrays) for _, arrays in content.layers) + len(content.own)
    is_built = model.built and any(layer.variables for layer in model.layers)
    if is_built or len(model.variables) >= number:
        _set(model, content)
    elif len(model.layers) != len(content.layers) or (
        len(content.own) > len(_own_variables(model))
    ):
        model.when_built(number, partial(_set, model, content))  # The call makes layers.
    else:
        _set_own(model, content)
        for layer, (_, named_arrays) in zip(model.layers, content.layers, strict=True):
            arrays = [array for _, array in named_arrays]
            layer.when_built(len(arrays), partial(set_layer, layer, arrays))


def set_layer(layer: Any, arrays: list[Any]) -> None:
    """Give a layer its weights, also in the forms of older files."""
    wanted = [variable.shape for variable in layer.variables]
    fitting = [
        array.reshape(shape) if array.shape != shape and array.size == np.prod(shape) else array
        for array, shape in zip(arrays, wanted, strict=False)
    ]
    layer.set_weights(fitting if len(arrays) == len(wanted) else arrays)


def save_weights(model: Model, filepath: Any, overwrite: bool = True, **_: Any) -> None:
    """Write the weights of a model to a file.

    Where its name is not one of HDF5 it is a checkpoint of TensorFlow's: its folder is made, and
    ``tf.train.latest_checkpoint`` finds it.
    """
    given = Path(os.fspath(filepath))
    is_checkpoint = _is_checkpoint(filepath)
    if is_checkpoint:
        given.parent.mkdir(parents=True, exist_ok=True)
    content = KerasFile(layer_weights(model), own=_own_weights(model))
    keras_hdf5.write(_writable(given, overwrite), content)
    if is_checkpoint and not is_standalone():
        checkpoints.update_checkpoint_state(str(given.parent), str(given))


def _is_checkpoint(filepath: Any) -> bool:
    return Path(os.fspath(filepath)).suffix not in (".h5", ".hdf5", ".keras")


def load_weights(
    model: Model, filepath: Any, by_name: bool = False, skip_mismatch: bool = False, **_: Any
) -> Status | None:
    """Give a model the weights of a file; return what became of that if it is a checkpoint.

    Args:
        model: the model.
        filepath: the file.
        by_name: whether layers are found by their names, and others stay as they are.
        skip_mismatch: whether layers of other shapes stay as they are then.
    """
    content = keras_hdf5.read(os.fspath(filepath))
    status = Status([], []) if _is_checkpoint(filepath) and not is_standalone() else None
    if not by_name:
        _set_when_built(model, content)
        return status
    own = {layer.name: layer for layer in model.layers}
    for name, arrays in content.layers:
        layer = own.get(name)
        if layer is None or not arrays:
            continue
        shapes = [variable.shape for variable in layer.variables]
        if skip_mismatch and shapes != [array.shape for _, array in arrays]:
            continue
        set_layer(layer, [array for _, array in arrays])
    if len(content.own) == len(_own_variables(model)):
        _set_own(model, content)
    return status
