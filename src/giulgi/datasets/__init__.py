"""``gg.datasets``: data that comes with giulgi; it is read in ``giulgi.data.datasets``."""

from typing import TYPE_CHECKING

from giulgi.data.datasets import Table, load, names
from giulgi.datasets import mnist
from giulgi.names import namespace

__all__ = ["Table", "load", "mnist", "names"]

if not TYPE_CHECKING:  # A type checker is to say itself that a name is unknown.
    __getattr__, __dir__ = namespace(
        "gg.datasets", __all__, {name: f"gg.datasets.load({name!r})" for name in names()}
    )
