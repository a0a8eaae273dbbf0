"""``gg.losses``: how far predictions are from the truth.

They stand in ``giulgi.nn.losses``.
"""

from typing import TYPE_CHECKING

from giulgi.names import namespace
from giulgi.nn.losses import *  # noqa: F403 - __all__ there says which
from giulgi.nn.losses import __all__

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace("gg.losses", __all__)
