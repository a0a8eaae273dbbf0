"""Layers of ``tf.layers`` in networks of Keras, where they are layers like all others."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.keras.boundary import expressions, for_user
from giulgi.compat.keras.layer import Layer
from giulgi.compat.keras.naming import next_name


class OfTensorFlow(Layer):
    """A layer that computes what one of ``tf.layers`` does, whose variables are its weights.

    Args:
        layer: the layer of ``tf.layers``.
    """

    def __init__(self, layer: Any) -> None:
        own = getattr(layer, "_given_name", None) or next_name(type(layer).__name__)
        super().__init__(name=own, **getattr(layer, "shape_options", {}))
        self.layer = layer

    def call(self, inputs: Any) -> Any:
        """Return what the layer gives."""
        return for_user(self.layer)(inputs)


def as_layer(given: Any) -> Any:
    """Return what a program puts into a network as a layer of giulgi's, if it can be one."""
    if hasattr(given, "add_variable") and not isinstance(given, gg.layers.Layer):
        return OfTensorFlow(given)
    return expressions(given)
