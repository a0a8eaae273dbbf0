"""``gg.optimizers``: how gradients become steps.

They stand in ``giulgi.nn.optimizers``.
"""

from typing import TYPE_CHECKING

from giulgi.names import namespace
from giulgi.nn.optimizers import *  # noqa: F403 - __all__ there says which
from giulgi.nn.optimizers import __all__

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace("gg.optimizers", __all__)
