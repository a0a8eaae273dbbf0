"""``gg.models``: networks, where Keras's users look for them."""

from typing import TYPE_CHECKING

from giulgi.names import namespace
from giulgi.training import Model, Sequential

__all__ = ["Model", "Sequential"]

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace("gg.models", __all__)
