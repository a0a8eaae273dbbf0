"""``gg.models``: networks, where Keras's users look for them."""

from typing import TYPE_CHECKING

from giulgi.names import namespace
from giulgi.training import Model, Sequential
from giulgi.training.network_layer import NO_FILES

__all__ = ["Model", "Sequential"]

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace(
        "gg.models", __all__, missing=dict.fromkeys(("load_model", "save_model"), NO_FILES)
    )
