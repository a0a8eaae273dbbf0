"""``gg.activations``: functions on tensors, each usable by its name in a layer.

They stand in ``giulgi.nn.activations``.
"""

from typing import TYPE_CHECKING

from giulgi.names import namespace
from giulgi.nn.activations import *  # noqa: F403 - __all__ there says which
from giulgi.nn.activations import __all__

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace("gg.activations", __all__)
