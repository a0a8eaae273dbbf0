"""``gg.initializers``: the first values of weights.

They stand in ``giulgi.nn.initializers``.
"""

from typing import TYPE_CHECKING

from giulgi.names import namespace
from giulgi.nn.initializers import *  # noqa: F403 - __all__ there says which
from giulgi.nn.initializers import __all__

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace("gg.initializers", __all__)
