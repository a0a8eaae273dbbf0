"""``gg.callbacks``: code that is called at certain points of training.

They stand in ``giulgi.training.callbacks``.
"""

from typing import TYPE_CHECKING

from giulgi.names import namespace
from giulgi.training.callbacks import *  # noqa: F403 - __all__ there says which
from giulgi.training.callbacks import __all__

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace("gg.callbacks", __all__)
