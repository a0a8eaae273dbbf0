"""The public names themselves, for families that are made of others: ``tf.nn.relu``."""

from __future__ import annotations

from typing import Any

from giulgi.compat.names import TABLES


class Names:
    """Names that begin with a path; they are looked up when they are used.

    Args:
        path: the path, with a final dot, or nothing.
    """

    def __init__(self, path: str = "") -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        path = self._path + name
        table = TABLES["tensorflow"]
        return table[path] if path in table else Names(f"{path}.")


tf = Names()
