"""Keras's layers: those of giulgi, under all names that they have had."""

from __future__ import annotations

import functools
import inspect
from typing import Any, ClassVar

import giulgi as gg
from giulgi.compat.graphs.graph import is_modern
from giulgi.compat.keras.boundary import expressions, holds_named, named
from giulgi.compat.keras.layer import Layer
from giulgi.compat.names import export
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import as_tensor
from giulgi.nn.layers.freezing import is_learning
from giulgi.tree import tree_map

# The modules in which classes were found, beside ``layers``.
_MODULES = {
    "core": (
        "Dense", "Activation", "Dropout", "Flatten", "Reshape", "Permute", "RepeatVector",
        "Lambda", "Masking", "ActivityRegularization", "SpatialDropout1D", "SpatialDropout2D",
        "SpatialDropout3D",
    ),
    "convolutional": (
        "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose", "SeparableConv1D",
        "SeparableConv2D", "DepthwiseConv2D", "UpSampling1D", "UpSampling2D", "UpSampling3D",
        "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Cropping1D", "Cropping2D",
        "Cropping3D", "Convolution1D", "Convolution2D", "Convolution3D", "SeparableConvolution1D",
        "SeparableConvolution2D", "Convolution2DTranspose", "Convolution3DTranspose",
        "Deconvolution2D", "Deconvolution3D", "Deconv2D", "Deconv3D", "AtrousConvolution1D",
        "AtrousConvolution2D", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D",
        "AveragePooling2D", "AveragePooling3D", "MaxPool2D",
    ),
    "pooling": (
        "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D",
        "AveragePooling3D", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
        "GlobalAveragePooling3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D",
        "MaxPool1D", "MaxPool2D", "MaxPool3D", "AvgPool1D", "AvgPool2D", "AvgPool3D",
        "GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalMaxPool3D", "GlobalAvgPool1D",
        "GlobalAvgPool2D", "GlobalAvgPool3D",
    ),
    "recurrent": (
        "RNN", "SimpleRNN", "LSTM", "GRU", "SimpleRNNCell", "LSTMCell", "GRUCell",
        "StackedRNNCells",
    ),
    "cudnn_recurrent": ("CuDNNLSTM", "CuDNNGRU"),
    "convolutional_recurrent": ("ConvLSTM2D",),
    "embeddings": ("Embedding",),
    "normalization": ("BatchNormalization", "LayerNormalization"),
    "merge": (
        "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot",
        "add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot",
    ),
    "advanced_activations": ("LeakyReLU", "PReLU", "ELU", "ThresholdedReLU", "Softmax", "ReLU"),
    "noise": ("GaussianNoise", "GaussianDropout", "AlphaDropout"),
    "wrappers": ("TimeDistributed", "Bidirectional"),
    "local": ("LocallyConnected1D", "LocallyConnected2D"),
}  # fmt: skip
_MODULES_OF: dict[str, list[str]] = {}
for _module, _names in _MODULES.items():
    for _name in _names:
        _MODULES_OF.setdefault(_name, []).append(_module)

# What Keras 2 does where giulgi, like Keras 3, does something else by default.
_OLD_DEFAULTS: dict[str, dict[str, Any]] = {
    "GRU": {"reset_after": False},
    "GRUCell": {"reset_after": False},
    "LeakyReLU": {"negative_slope": 0.3},
}


def export_layer(name: str, thing: Any) -> None:
    """Give a layer, or a function that makes one, its names in all modules that had it."""
    for path in (f"layers.{name}", *(f"layers.{m}.{name}" for m in _MODULES_OF.get(name, ()))):
        export(path, thing, of="keras")
    export(f"models.{name}", thing, of="keras")


def _made(base: Any) -> type[Layer]:
    """Return the class of a layer of giulgi that is also one of these."""
    fields: dict[str, Any] = {
        "__module__": __name__,
        "__doc__": base.__doc__,
        "old_defaults": _OLD_DEFAULTS.get(base.__name__, {}),
    }
    cell = getattr(base, "cell_class", None)
    if cell is not None:
        if cell.__name__ not in CLASSES:  # Of a layer whose cell users do not see.
            CLASSES[cell.__name__] = _made(cell)
        fields["cell_class"] = CLASSES[cell.__name__]
    if base.__name__ == "Embedding":
        fields["_embeds"] = True
    fields |= {"call": _call_of(base), "build": _build_of(base)}
    if hasattr(base, "is_learning"):
        fields["is_learning"] = _is_learning
    if hasattr(base, "first_states"):
        fields["get_initial_state"] = _first_states
    made: type[Layer] = type(base.__name__, (Layer, base), fields)
    return made


def _call_of(base: Any) -> Any:
    """Return the ``call`` of a layer for programs, too, whose own layers call it with tensors."""

    @functools.wraps(base.call)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not holds_named([list(args), kwargs]):
            return base.call(self, *args, **kwargs)
        return named(base.call(self, *expressions(list(args)), **expressions(kwargs)))

    return call


def _is_learning(self: Any) -> gg.Tensor:
    """Return a bool: of the years before TensorFlow 2 True, also of a layer that is frozen."""
    return is_learning(self) if is_modern() else gg.constant(True)


def _first_states(self: Any, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
    """Return the states of a cell before the first step: zeros for so many examples."""
    x = None if inputs is None else as_tensor(inputs)
    kind = dtype or (self.dtype if x is None else x.dtype)
    batch = batch_size if x is None else gg.shape(x.expression)[0]
    states = [as_tensor(gg.zeros((batch, size), as_dtype(kind).numpy_dtype))
              for size in self.state_size]  # fmt: skip
    return states[0] if len(states) == 1 else states


def _build_of(base: Any) -> Any:
    """Return the ``build`` of a layer that takes TensorFlow's shapes, too."""

    @functools.wraps(base.build)
    def build(self: Any, input_shape: Any = None, *args: Any, **kwargs: Any) -> None:
        base.build(self, tree_map(_sizes, input_shape), *args, **kwargs)

    return build


def _sizes(shape: Any) -> Any:
    return tuple(shape.as_list()) if isinstance(shape, TensorShape) else shape


#: The layers by the names of their classes.
CLASSES: dict[str, Any] = {}


def _make_all() -> None:
    found = [(name, getattr(gg.layers, name)) for name in dir(gg.layers)]
    classes = [(name, c) for name, c in found if inspect.isclass(c)]
    # Cells first, of which recurrent layers are made.
    for name, base in sorted(classes, key=lambda pair: not pair[0].endswith("Cell")):
        if base.__name__ in ("Layer", "InputLayer"):
            continue
        if base.__name__ not in CLASSES:
            CLASSES[base.__name__] = _made(base)
        made = CLASSES[base.__name__]
        CLASSES[name] = made
        export_layer(name, made)


_make_all()


_LSTM: Any = CLASSES["LSTM"]
_GRU: Any = CLASSES["GRU"]
_Conv1D: Any = CLASSES["Conv1D"]
_Conv2D: Any = CLASSES["Conv2D"]


class CuDNNLSTM(_LSTM):  # type: ignore[misc]  # Made above.
    """LSTM, under the name of the one for graphics processors."""


class CuDNNGRU(_GRU):  # type: ignore[misc]  # Made above.
    """GRU, under the name of the one for graphics processors."""

    old_defaults: ClassVar[dict[str, Any]] = {"reset_after": True}


class AtrousConvolution1D(_Conv1D):  # type: ignore[misc]  # Made above.
    """Conv1D, whose ``atrous_rate`` is the dilation."""


class AtrousConvolution2D(_Conv2D):  # type: ignore[misc]  # Made above.
    """Conv2D, whose ``atrous_rate`` is the dilation."""


for _class in (CuDNNLSTM, CuDNNGRU, AtrousConvolution1D, AtrousConvolution2D):
    CLASSES[_class.__name__] = _class
    export_layer(_class.__name__, _class)
for _size in ("2D", "3D"):
    for _name in ("Deconvolution", "Deconv"):
        export_layer(f"{_name}{_size}", CLASSES[f"Conv{_size}Transpose"])
# Programs that import all of several modules may find these in the last of them.
for _name in ("Dense", "Activation", "Dropout", "Flatten"):
    export(f"callbacks.{_name}", CLASSES[_name], of="keras")


def __getattr__(name: str) -> Any:
    if name in CLASSES:
        return CLASSES[name]
    raise AttributeError(name)
