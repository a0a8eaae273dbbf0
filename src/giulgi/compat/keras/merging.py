"""Joining several tensors: ``concatenate([a, b])``, and ``merge`` of Keras 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from giulgi.compat.keras.boundary import for_user
from giulgi.compat.keras.layer import Layer
from giulgi.compat.keras.layers import CLASSES, export_layer
from giulgi.compat.names import export


def _function(layer: str) -> Callable[..., Any]:
    def join(inputs: Any, **options: Any) -> Any:
        return CLASSES[layer](**options)(inputs)

    join.__name__ = layer.lower()
    join.__doc__ = f"Return what the layer {layer} gives of a list of tensors."
    return join


for _layer in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
    export_layer(_layer.lower(), _function(_layer))


def concatenate(inputs: Any, axis: int = -1, **options: Any) -> Any:
    """Return tensors joined along an axis."""
    return CLASSES["Concatenate"](axis=axis, **options)(inputs)


def dot(inputs: Any, axes: Any, normalize: bool = False, **options: Any) -> Any:
    """Return the products of two tensors along axes."""
    return CLASSES["Dot"](axes=axes, normalize=normalize, **options)(inputs)


_MODES = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum"}


def merge(
    inputs: Any, mode: Any = "sum", concat_axis: int = -1, dot_axes: Any = -1,
    output_shape: Any = None, name: str | None = None, **_: Any,
) -> Any:  # fmt: skip
    """Return tensors joined in a way that Keras 1 told by ``mode``.

    Args:
        inputs: the tensors.
        mode: "sum", "mul", "concat", "ave", "cos", "dot", "max", or a function of the list.
        concat_axis: the axis of "concat".
        dot_axes: the axes of "dot" and "cos".
        output_shape: of a function's result.
        name: the name of the layer.
    """
    joins = layer_for(mode, concat_axis, dot_axes, output_shape, name)
    return joins(inputs)


def layer_for(
    mode: Any, concat_axis: int, dot_axes: Any, output_shape: Any, name: str | None
) -> Any:
    """Return the layer that joins tensors in a way that Keras 1 told by ``mode``."""
    if callable(mode):
        return CLASSES["Lambda"](mode, output_shape=output_shape, name=name)
    if mode == "concat":
        return CLASSES["Concatenate"](axis=concat_axis, name=name)
    if mode in ("dot", "cos"):
        axes = dot_axes if isinstance(dot_axes, int) else [
            axis[0] if isinstance(axis, (list, tuple)) else axis for axis in dot_axes
        ]  # fmt: skip
        return CLASSES["Dot"](axes=axes, normalize=mode == "cos", name=name)
    if mode not in _MODES:
        raise ValueError(f"Invalid merge mode: {mode}. It is one of {[*_MODES, 'concat', 'dot']}")
    return CLASSES[_MODES[mode]](name=name)


class Merging(Layer):
    """Base of layers of a program's own that join tensors by a ``_merge_function(inputs)``."""

    def _merge_function(self, inputs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no method _merge_function(inputs)")

    def call(self, inputs: Any) -> Any:
        """Return the tensors joined."""
        return for_user(self._merge_function)(inputs)


export("layers.merge._Merge", Merging, of="keras")
export_layer("concatenate", concatenate)
export_layer("dot", dot)
# In Keras 2 layers.merge is a module, which may still be called as the function that it was.
export("layers.merge.merge", merge, of="keras")
export("models.merge", merge, of="keras")
