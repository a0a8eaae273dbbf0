"""``gg.preprocessing``: what is done to labels and features before training.

They stand in ``giulgi.data.preprocessing``.
"""

from typing import TYPE_CHECKING

from giulgi.data.preprocessing import *  # noqa: F403 - __all__ there says which
from giulgi.data.preprocessing import __all__
from giulgi.names import namespace

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace("gg.preprocessing", __all__)
