"""``gg.metrics``: what is reported while training.

They stand in ``giulgi.nn.metrics``.
"""

from typing import TYPE_CHECKING

from giulgi.names import namespace
from giulgi.nn.metrics import *  # noqa: F403 - __all__ there says which
from giulgi.nn.metrics import __all__

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace("gg.metrics", __all__)
