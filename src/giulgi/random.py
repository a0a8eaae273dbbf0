"""``gg.random``: random numbers.

They stand in ``giulgi.graph.ops.random``.
"""

from typing import TYPE_CHECKING

from giulgi.graph.ops.random import *  # noqa: F403 - __all__ there says which
from giulgi.graph.ops.random import __all__
from giulgi.names import namespace

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace("gg.random", __all__)
