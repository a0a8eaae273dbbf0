"""``gg.regularizers``: penalties on the size of weights.

They stand in ``giulgi.nn.regularizers``.
"""

from typing import TYPE_CHECKING

from giulgi.names import namespace
from giulgi.nn.regularizers import *  # noqa: F403 - __all__ there says which
from giulgi.nn.regularizers import __all__

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace("gg.regularizers", __all__)
