"""Old names of layers' arguments, and what they are called now."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.keras.boundary import expressions, for_user, is_standalone
from giulgi.compat.keras.utils import CUSTOM_OBJECTS
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.variables.variable import Variable
from giulgi.nn.layers.base import Layer as BaseLayer

# Of Keras 1, for all layers.
_RENAMED = {
    "init": "kernel_initializer",
    "bias": "use_bias",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "U_constraint": "recurrent_constraint",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "subsample": "strides",
    "subsample_length": "strides",
    "border_mode": "padding",
    "atrous_rate": "dilation_rate",
    "pool_length": "pool_size",
    "sigma": "stddev",
    "ratio": "rate",
    "gamma_init": "gamma_initializer",
    "beta_init": "beta_initializer",
    "alpha_init": "alpha_initializer",
}
# And those that only some layers call so.
_RENAMED_OF: dict[str, dict[str, Any]] = {
    "Dropout": {"p": "rate"},
    "SpatialDropout1D": {"p": "rate"},
    "SpatialDropout2D": {"p": "rate"},
    "SpatialDropout3D": {"p": "rate"},
    "AlphaDropout": {"p": "rate"},
    "GaussianDropout": {"p": "rate"},
    "Dense": {"output_dim": "units"},
    "MaxoutDense": {"output_dim": "units"},
    "LSTM": {"output_dim": "units", "forget_bias_init": None},
    "GRU": {"output_dim": "units"},
    "SimpleRNN": {"output_dim": "units"},
    "Embedding": {
        "init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint", "dropout": None,
    },
    "BatchNormalization": {"mode": None},
    "Reshape": {"dims": "target_shape"},
    "MaxPooling1D": {"stride": "strides"},
    "AveragePooling1D": {"stride": "strides"},
    "UpSampling1D": {"length": "size"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "ThresholdedReLU": {},
    "TimeDistributed": {},
}  # fmt: skip
# What is of no meaning here.
_IGNORED = ("consume_less", "implementation", "time_major", "use_resource", "autocast")

_SMALL = ("padding",)
_COUNTS = ("units", "filters", "output_dim")


def modern(
    cls: type[BaseLayer], args: tuple[Any, ...], given: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a layer under their names of today.

    Args:
        cls: the class of the layer.
        args: positional arguments, in the order of Keras 1 or 2.
        given: arguments by name.
    """
    kind = cls.__name__
    renamed: dict[str, Any] = _RENAMED | next(
        (_RENAMED_OF[base.__name__] for base in cls.__mro__ if base.__name__ in _RENAMED_OF), {}
    )
    kwargs: dict[str, Any] = {}
    for key, value in given.items():
        new = renamed.get(key, key)
        if new is not None and key not in _IGNORED:
            kwargs[new] = value
    _join_pairs(kwargs)
    if "dim_ordering" in kwargs:
        order = kwargs.pop("dim_ordering")
        kwargs["data_format"] = {"th": "channels_first", "tf": "channels_last"}.get(order, order)
    if kwargs.get("data_format", 0) is None:
        del kwargs["data_format"]
    args = _positional(kind, args, kwargs)
    axis = kwargs.get("axis")
    if kind == "BatchNormalization" and isinstance(axis, (list, tuple)) and len(axis) == 1:
        kwargs["axis"] = axis[0]
    for name in _SMALL:
        if isinstance(kwargs.get(name), str):
            kwargs[name] = kwargs[name].lower()
    return args, kwargs


def _join_pairs(kwargs: dict[str, Any]) -> None:
    """Join the sizes of a kernel, which Keras 1 took one by one."""
    sizes = [kwargs.pop(name) for name in ("kernel_dim1", "kernel_dim2", "kernel_dim3")
             if name in kwargs]  # fmt: skip
    sizes = sizes or [kwargs.pop(name) for name in ("nb_row", "nb_col") if name in kwargs]
    if sizes:
        kwargs["kernel_size"] = tuple(sizes)


def _positional(kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Return positional arguments in today's order; some are moved to their names."""
    if kind.startswith(("Conv", "AtrousConv", "SeparableConv")) and len(args) >= 3:
        dimensions = next((int(c) for c in kind if c.isdigit()), 2)
        sizes = args[1 : 1 + dimensions]
        is_old = dimensions > 1 and len(args) >= 1 + dimensions and is_standalone()
        if is_old and all(isinstance(size, (int, np.integer)) for size in sizes):
            args = (args[0], tuple(sizes), *args[1 + dimensions :])
            if len(args) > 2:
                kwargs["activation" if isinstance(args[2], str) else "strides"] = args[2]
                args = args[:2]
        names = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate",
                 "activation", "use_bias")  # fmt: skip
        if not kind.startswith(("Conv3DT", "Conv2DT", "Separable", "ConvLSTM")):
            kwargs |= dict(zip(names[2:], args[2:], strict=False))
            args = args[:2]
    if kind == "Dense" and len(args) > 1 and _is_initializer(args[1]):
        kwargs["kernel_initializer"] = args[1]
        args = (args[0], *args[2:])
    return args


def hard_sigmoid(x: gg.Tensor) -> gg.Tensor:
    """0.2 x + 0.5, within 0 and 1: Keras 2's."""
    return gg.clip(0.2 * x + 0.5, 0.0, 1.0)


def _is_initializer(value: Any) -> bool:
    """Whether a name is that of first values, and not of an activation."""
    if not isinstance(value, str):
        return False
    from giulgi.nn.initializers import INITIALIZERS

    return value in INITIALIZERS and value != "linear"


def for_giulgi(name: str, value: Any) -> Any:
    """Return the value of an argument as giulgi's layers take it: functions take expressions."""
    if isinstance(value, dict) and "class_name" in value:
        from giulgi.compat.keras.serialization import from_description

        value = from_description(name, value)
    if name.endswith("initializer"):
        return as_initializer(value)
    if name.endswith("activation") and isinstance(value, str):
        value = {"hard_sigmoid": hard_sigmoid, **CUSTOM_OBJECTS}.get(value, value)
    value = getattr(value, "of_giulgi", value)  # One of Keras's functions is one of giulgi's.
    own = ("giulgi.nn", "giulgi.compat.keras.arguments", "giulgi.compat.keras.parts")
    if name.endswith(("activation", "regularizer", "function", "mask")) and callable(value):
        is_ours = (getattr(value, "__module__", type(value).__module__) or "").startswith(own)
        return value if is_ours else for_user(value)
    if name in _COUNTS and isinstance(value, float) and value.is_integer():
        return int(value)  # Of a division; TensorFlow's shapes take such numbers.
    return float(value) if isinstance(value, np.floating) else value


def as_initializer(value: Any) -> Any:
    """Return an initializer as giulgi's layers take it."""
    if isinstance(value, type):
        value = value()
    if value is None or isinstance(value, str):
        return value.lower() if isinstance(value, str) else value
    is_own = type(value).__module__.startswith("giulgi.")  # A program's class returns tensors.
    if (isinstance(value, gg.initializers.Initializer) and is_own) or not callable(value):
        return value

    def first(shape: Any, dtype: Any = "float32") -> Any:
        takes = _parameters(value)
        options = {"dtype": dtype} if "dtype" in takes else {}
        if takes.get("name") is inspect.Parameter.empty:  # Of Keras 1: one that must have a name.
            options["name"] = first.__name__
        made = value(shape, **options)
        return expressions(made.initial_value if isinstance(made, Variable) else made)

    first.__name__ = getattr(value, "__name__", type(value).__name__)
    first.__wrapped__ = value  # type: ignore[attr-defined]
    return first


def _parameters(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the names of a function's parameters with their defaults."""
    try:
        found = inspect.signature(function, follow_wrapped=False).parameters
    except (TypeError, ValueError):
        return {}
    return {name: parameter.default for name, parameter in found.items()}


def take_lengths(layer: BaseLayer, kwargs: dict[str, Any]) -> None:
    """Make a shape of ``input_length`` and ``input_dim``, as far as they are given.

    Layers of sequences have ``input_dim`` numbers in each step even without a length.
    """
    embeds = hasattr(type(layer), "_embeds")
    of_sequences = isinstance(layer, (gg.layers.RNN, gg.layers.Conv1D))
    if not embeds and (of_sequences or "input_length" in kwargs):
        length = kwargs.pop("input_length", None)
        if "input_dim" in kwargs:
            kwargs["input_shape"] = (length, kwargs.pop("input_dim"))
    shapes = ("input_shape", "batch_input_shape", "input_length")
    if embeds and not any(kwargs.get(name) for name in shapes):
        kwargs["input_shape"] = (None,)  # Sequences of words of any length.
    if isinstance(kwargs.get("input_shape"), TensorShape):
        kwargs["input_shape"] = tuple(kwargs["input_shape"].as_list())
    if "batch_size" in kwargs and not isinstance(layer, gg.layers.InputLayer):
        size = kwargs.pop("batch_size")
        if "input_shape" in kwargs:
            kwargs["batch_input_shape"] = (size, *kwargs.pop("input_shape"))
