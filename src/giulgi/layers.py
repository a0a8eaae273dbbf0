"""``gg.layers``: what networks are made of.

They stand in ``giulgi.nn.layers``.
"""

from typing import TYPE_CHECKING

from giulgi.names import namespace
from giulgi.nn.layers import *  # noqa: F403 - __all__ there says which
from giulgi.nn.layers import __all__

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace("gg.layers", __all__)
