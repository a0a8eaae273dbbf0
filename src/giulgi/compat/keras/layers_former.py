"""The layers that only Keras 1 had: ``Merge``, ``MaxoutDense``, ``Highway`` and one more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.keras.layer import Layer
from giulgi.compat.keras.layers import CLASSES, export_layer
from giulgi.compat.keras.merging import layer_for
from giulgi.compat.names import export
from giulgi.tree import flatten

_Dense: Any = CLASSES["Dense"]


class _Maxout(gg.layers.Layer):
    """y = max over k of (x @ kernel[k] + bias[k]).

    Args:
        units: how many results there are.
        nb_feature: how many linear functions each is the largest of.
        kernel_initializer: the first values of the kernels.
        use_bias: whether there is a bias.
        options: of every layer.
    """

    def __init__(
        self, units: int, nb_feature: int = 4, kernel_initializer: Any = "glorot_uniform",
        use_bias: bool = True, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.units, self.nb_feature, self.use_bias = units, nb_feature, use_bias
        self.initializer = kernel_initializer

    def build(self, input_shape: Any) -> None:
        """Make the kernels, side by side, and their biases."""
        columns = self.nb_feature * self.units
        self.kernel = self.add_weight((input_shape[-1], columns), self.initializer, name="kernel")
        self.bias = self.add_weight((columns,), "zeros", name="bias") if self.use_bias else None

    def call(self, x: Any) -> Any:
        """Return for each result the largest of its linear functions."""
        y = x @ self.kernel if self.bias is None else x @ self.kernel + self.bias
        return gg.max(gg.reshape(y, (-1, self.nb_feature, self.units)), 1)


class MaxoutDense(Layer, _Maxout):
    """The largest of several linear functions; Goodfellow et al., arXiv:1302.4389."""


class _Carry(gg.layers.Layer):
    """y = t * activation(x @ kernel + bias) + (1 - t) * x, where t = sigmoid(x @ gate + bias').

    Args:
        activation: a name or a function.
        kernel_initializer: the first values of both kernels.
        transform_bias: the first values of the gate's bias.
        use_bias: whether there are biases.
        options: of every layer.
    """

    def __init__(
        self, activation: Any = None, kernel_initializer: Any = "glorot_uniform",
        transform_bias: float = -2.0, use_bias: bool = True, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.activation = gg.activations.get(activation)
        self.initializer, self.transform_bias = kernel_initializer, transform_bias
        self.use_bias = use_bias

    def build(self, input_shape: Any) -> None:
        """Make kernel and gate, each with a bias."""
        units = input_shape[-1]
        self.kernel = self.add_weight((units, units), self.initializer, name="W")
        self.gate = self.add_weight((units, units), self.initializer, name="W_carry")
        self.bias = self.gate_bias = None
        if self.use_bias:
            start = gg.initializers.Constant(self.transform_bias)
            self.bias = self.add_weight((units,), "zeros", name="b")
            self.gate_bias = self.add_weight((units,), start, name="b_carry")

    def call(self, x: Any) -> Any:
        """Return what is transformed and what is carried on."""
        y, t = x @ self.kernel, x @ self.gate
        if self.bias is not None and self.gate_bias is not None:
            y, t = y + self.bias, t + self.gate_bias
        t = gg.sigmoid(t)
        return t * self.activation(y) + (1.0 - t) * x


class Highway(Layer, _Carry):
    """A dense layer past which its inputs are carried; Srivastava et al., arXiv:1505.00387."""


class TimeDistributedDense(_Dense):  # type: ignore[misc]  # Made in layers.py.
    """Dense for each step of a sequence, as Dense is, too."""


class Merge(Layer):
    """The outputs of several models joined, as the first layer of a Sequential; or tensors joined.

    Args:
        layers: the models; None: it is called with a list of tensors.
        mode: "sum", "mul", "concat", "ave", "cos", "dot", "max", or a function of the list.
        concat_axis: the axis of "concat".
        dot_axes: the axes of "dot" and "cos".
        output_shape: of a function's result.
        name: its name.
        options: have no meaning.
    """

    def __init__(
        self, layers: Sequence[Any] | None = None, mode: Any = "sum", concat_axis: int = -1,
        dot_axes: Any = -1, output_shape: Any = None, name: str | None = None, **options: Any,
    ) -> None:  # fmt: skip
        del options
        super().__init__(name=name)
        self.models = list(layers or ())
        self.joins = layer_for(mode, concat_axis, dot_axes, output_shape, f"{self.name}_{mode}"
                               if isinstance(mode, str) else f"{self.name}_function")  # fmt: skip

    def starts(self) -> Any:
        """Return the placeholders that its models begin with; None if it has none."""
        if not self.models:
            return None
        return [x for model in self.models for x in gg.Model.inputs.fget(model)]  # type: ignore[attr-defined]

    def call(self, inputs: Any) -> Any:
        """Return the tensors, or what the models give for them, joined."""
        if not self.models:
            return self.joins(inputs)
        rest = iter(flatten(inputs)[0])
        parts = []
        for model in self.models:
            own = [next(rest) for _ in gg.Model.inputs.fget(model)]  # type: ignore[attr-defined]
            parts.append(model(own[0] if len(own) == 1 else own))
        return self.joins(parts)


class Wrapper(Layer):
    """Base of layers of a program's own around another layer.

    Args:
        layer: the other layer.
        options: of every layer.
    """

    def __init__(self, layer: Any, **options: Any) -> None:
        super().__init__(**options)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        """Note that the weights are there."""
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """Return what it was made with: the layer as a description."""
        from giulgi.compat.keras.serialization import description

        return {**super().get_config(), "layer": description(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return one made with what :meth:`get_config` of another returned."""
        from giulgi.compat.keras.serialization import layer_from

        own = dict(config)
        return cls(layer_from(own.pop("layer"), custom_objects), **own)


for _class in (MaxoutDense, Highway, TimeDistributedDense, Merge):
    CLASSES[_class.__name__] = _class
    export_layer(_class.__name__, _class)
for _name in ("MaxoutDense", "Highway", "TimeDistributedDense", "Merge"):
    export(f"layers.core.{_name}", CLASSES[_name], of="keras")
for _path in ("layers.Wrapper", "layers.wrappers.Wrapper", "layers.core.Wrapper"):
    export(_path, Wrapper, of="keras")
for _path in ("engine.topology.Merge", "engine.Merge", "legacy.layers.Merge"):
    export(_path, Merge, of="keras")
for _name in ("MaxoutDense", "Highway"):
    export(f"legacy.layers.{_name}", CLASSES[_name], of="keras")


def _unchanged(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function as it is: layers take the names of all times."""
    return function


for _name in ("add_weight", "dense", "dropout", "embedding", "pooling1d", "pooling2d", "pooling3d",
              "conv1d", "conv2d", "conv3d", "recurrent", "convlstm2d", "batchnorm",
              "zeropadding2d", "upsampling1d", "upsampling2d", "upsampling3d", "lambda",
              "gaussiandropout", "gaussiannoise", "prelu", "deconv2d", "separable_conv2d",
              "input", "model_constructor", "generator_methods", "get_updates", "cropping2d",
              "cropping3d", "global_pooling", "spatialdropout"):  # fmt: skip
    export(f"legacy.interfaces.legacy_{_name}_support", _unchanged, of="keras")
export("legacy.interfaces.generate_legacy_interface", lambda *_, **__: _unchanged, of="keras")
