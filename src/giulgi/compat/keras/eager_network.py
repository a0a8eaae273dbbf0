"""``tf.contrib.eager.Network``, the forerunner of ``tf.keras.Model``."""

from __future__ import annotations

from typing import Any

from giulgi.compat.keras.models import Model
from giulgi.compat.names import exported


@exported("contrib.eager.Network")
class Network(Model):
    """A network of layers, for programs of TensorFlow 1 that compute at once."""

    def track_layer(self, layer: Any) -> Any:
        """Let the weights of a layer count as those of the network; return the layer."""
        self._tracked: list[Any] = [*self.layers, layer]
        return layer

    @property
    def layers(self) -> list[Any]:
        """The layers that are tracked, also those of ``tf.layers``."""
        return list(self.__dict__.get("_tracked", []))
