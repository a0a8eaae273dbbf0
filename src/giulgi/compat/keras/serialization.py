"""Layers, and what they are made with, as descriptions: nested dicts that JSON can hold."""

from __future__ import annotations

import base64
import inspect
import marshal
import types
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.keras import constraints, layers, parts, utils
from giulgi.compat.keras.inputs import InputLayer
from giulgi.compat.keras.layer import Layer, parameters_of
from giulgi.compat.names import TABLES, exported
from giulgi.compat.tensors.dtypes import DType
from giulgi.nn.initializers import INITIALIZERS

_EMPTY = inspect.Parameter.empty
# Names that arguments had in descriptions of Keras 2.
_OLD_NAMES = {("LeakyReLU", "negative_slope"): "alpha"}
_BASE = ("name", "trainable", "dtype", "batch_input_shape", "input_shape", "input_dim")


def layer_config(layer: Layer) -> dict[str, Any]:
    """Return what a layer was made with, by name."""
    args, kwargs = layer.__dict__["__given"]
    parameters = _all_parameters(type(layer))
    given = dict(zip([name for name, _ in parameters], args, strict=False)) | kwargs
    config: dict[str, Any] = {"name": layer.name, "trainable": layer.trainable}
    if layer.batch_input_shape is not None:
        config["batch_input_shape"] = list(layer.batch_input_shape)
    config["dtype"] = np.dtype(layer.dtype).name
    for name, default in parameters:
        if name not in _BASE or (name == "input_dim" and hasattr(type(layer), "_embeds")):
            value = given.get(name, None if default is _EMPTY else default)
            old = _OLD_NAMES.get((type(layer).__name__, name), name)
            config[old] = _described(name, value)
    if isinstance(layer, gg.layers.Bidirectional):  # Its name is put in front of the layer's.
        own = config["layer"]["config"]
        own["name"] = own["name"].removeprefix("forward_")
    for name in [key for key in config if key.endswith("_initializer")]:
        config[name.replace("_initializer", "_constraint")] = None
    for name, constraint in layer._constraints.items():
        config[f"{name}_constraint"] = _described("constraint", constraint)
    return config


def _all_parameters(cls: type) -> list[tuple[str, Any]]:
    """Return the arguments of a layer, those of its cell included."""
    own = parameters_of(cls)
    cell = getattr(cls, "cell_class", None)
    if cell is None:
        return own
    units, *others = parameters_of(cell)
    known = {name for name, _ in others} | {"units", "cell"}
    return [units, *others, *((name, value) for name, value in own if name not in known)]


def _described(name: str, value: Any) -> Any:
    """Return the value of an argument as JSON can hold it."""
    if isinstance(value, Layer):
        return description(value)
    if name.endswith("activation") and value is None:
        return "linear"
    if isinstance(value, type):
        value = value()
    is_class = name.endswith(("constraint", "regularizer", "initializer"))
    if is_class and _is_of_program(value):
        return {"class_name": type(value).__name__, "config": _plain(value.get_config())}
    if isinstance(value, gg.initializers.Initializer):
        # Of Glorot's and He's numbers the description tells what they are made of, as Keras 2's.
        is_scaled = isinstance(value, gg.initializers.VarianceScaling)
        kind = "VarianceScaling" if is_scaled else type(value).__name__
        return {"class_name": kind, "config": _plain(vars(value))}
    if isinstance(value, gg.regularizers.L1L2):
        return {"class_name": "L1L2", "config": {"l1": float(value.l1), "l2": float(value.l2)}}
    if isinstance(value, constraints.Constraint) or (is_class and hasattr(value, "get_config")):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if name.endswith("initializer") and isinstance(value, str):
        return _described(name, INITIALIZERS[value]())
    if isinstance(value, types.FunctionType) and name == "function":
        return _code(value)
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    return _plain(value)


def _is_of_program(value: Any) -> bool:
    """Whether a program's own class says what its objects were made with."""
    return hasattr(value, "get_config") and not type(value).__module__.startswith("giulgi.")


@exported("initializers.serialize", of="keras")
def serialize_initializer(initializer: Any) -> Any:
    """Return an initializer as a description; a function by its name."""
    return _described("initializer", initializer)


@exported("regularizers.serialize", of="keras")
def serialize_regularizer(regularizer: Any) -> Any:
    """Return a regularizer as a description; a function by its name."""
    return _described("regularizer", regularizer)


@exported("constraints.serialize", of="keras")
def serialize_constraint(constraint: Any) -> Any:
    """Return a constraint as a description; a function by its name."""
    return _described("constraint", constraint)


@exported("losses.serialize", "metrics.serialize", of="keras")
def serialize_function(function: Any) -> Any:
    """Return the name of a function."""
    return getattr(function, "__name__", function)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_described("", part) for part in value]
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, DType):
        return value.name
    return value.name if isinstance(value, np.dtype) else value


def plain_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return what a loss or metric was made with as JSON can hold it: functions are their names."""
    return {
        key: getattr(value, "__name__", type(value).__name__) if callable(value) else _plain(value)
        for key, value in config.items()
    }


def _code(function: types.FunctionType) -> Any:
    """Return a function of the user's: its name, or its code if it has none."""
    if function.__name__ != "<lambda>":
        return function.__name__
    code = base64.b64encode(marshal.dumps(function.__code__)).decode("ascii")
    cells = tuple(cell.cell_contents for cell in function.__closure__ or ())
    return [code, function.__defaults__, cells or None]


def _function(value: Any, custom: dict[str, Any]) -> Any:
    if isinstance(value, str):
        if value not in custom:
            raise ValueError(f"Unknown function: {value}. Give it in custom_objects")
        return custom[value]
    code, defaults, cells = value
    from giulgi.compat.modules import StandIn

    # The names by which such functions know modules.
    names = {"K": StandIn("keras.backend"), "keras": StandIn("keras"), "np": np,
             "tf": StandIn("tensorflow"), "__builtins__": __builtins__, **custom}  # fmt: skip
    closure = tuple(types.CellType(cell) for cell in cells or ()) or None
    try:
        found = marshal.loads(base64.b64decode(code))
    except (ValueError, TypeError, EOFError):
        raise ValueError(
            "A Lambda layer of this model was saved by another version of Python, and its function "
            "cannot be read: build the model by code, and use load_weights"
        ) from None
    return types.FunctionType(found, names, "<lambda>", tuple(defaults or ()), closure)


def from_description(name: str, value: dict[str, Any]) -> Any:
    """Return what is described for an argument of a layer."""
    if name.endswith("constraint"):
        return constraints.get(value)
    if name.endswith("regularizer"):
        return parts.get_regularizer(value)
    if name.endswith("initializer"):
        return parts.get_initializer(value)
    if name == "dtype":
        return value["config"]["name"]
    return layer_from(value)


def without_defaults(cls: type[Layer], config: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a description that a class takes, as it takes it."""
    is_ours = cls.__module__.startswith("giulgi.")
    found = {}
    known = {name for name, _ in _all_parameters(cls)} | {*_BASE}
    known |= {old for (name, _), old in _OLD_NAMES.items() if name == cls.__name__}
    for name, value in config.items():
        if is_ours and name not in known and not name.endswith("_constraint"):
            continue
        if value is None and (name.endswith("_constraint") or name in _BASE):
            continue
        if isinstance(value, dict) and "class_name" in value:
            value = from_description(name, value)
        elif isinstance(value, str) and value in utils.CUSTOM_OBJECTS and _is_function(name):
            value = utils.CUSTOM_OBJECTS[value]
        elif name == "function" and not callable(value):
            value = _function(value, utils.CUSTOM_OBJECTS)
        elif isinstance(value, list) and name != "function":
            value = _tuples(value)
        found[name] = value
    return found


def _is_function(argument: str) -> bool:
    """Whether an argument of a layer is told by the name of a function."""
    return argument.endswith(("activation", "initializer", "regularizer", "constraint"))


def _tuples(value: list[Any]) -> Any:
    if value and isinstance(value[0], dict) and "class_name" in value[0]:
        return [layer_from(part) for part in value]
    return tuple(_tuples(part) if isinstance(part, list) else part for part in value)


@exported("layers.serialize", of="keras")
def description(layer: Any) -> dict[str, Any]:
    """Return a layer as a description."""
    return {"class_name": type(layer).__name__, "config": layer.get_config()}


@exported("layers.deserialize", of="keras")
def layer_from(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the layer of a description.

    Args:
        config: the description.
        custom_objects: classes and functions of the program that it names.

    Raises:
        ValueError: if it names a class that is not known.
    """
    with utils.CustomObjectScope(custom_objects or {}):
        name = config["class_name"]
        cls = utils.CUSTOM_OBJECTS.get(name) or _class(name)
        if cls is None:
            raise ValueError(
                f"Unknown layer: {name}. Give a class of your own in custom_objects: "
                f"load_model(path, custom_objects={{{name!r}: {name}}})"
            )
        return cls.from_config(dict(config["config"]))


def _class(name: str) -> Any:
    from giulgi.compat.keras import models

    own = {"InputLayer": InputLayer, "Model": models.Model, "Functional": models.Model,
           "Sequential": models.Sequential}  # fmt: skip
    found = own.get(name) or layers.CLASSES.get(name) or TABLES["keras"].get(f"layers.{name}")
    return found if isinstance(found, type) else None
