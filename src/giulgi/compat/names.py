"""The names of the stand-ins: which there are, and what they stand for.

A name is told where its function is, by a decorator with its full path::

    @exported("nn.relu")
    def relu(features, name=None): ...

So the documentation of what is covered, and the modules themselves, are made of one table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

#: For each library the paths of its names, without the library's own, and what they stand for.
TABLES: dict[str, dict[str, Any]] = {"tensorflow": {}, "keras": {}}

#: Names that were given to two things, which must not be.
DOUBLE: list[str] = []

#: For names that are not there, what to use instead, or why there is nothing.
ADVICE: dict[str, dict[str, str]] = {"tensorflow": {}, "keras": {}}


def exported(*paths: str, of: str = "tensorflow") -> Callable[[T], T]:
    """Return a decorator that gives a function or class its names.

    Args:
        paths: the full paths, without the library's name: ``"nn.relu"``.
        of: the library.
    """

    def decorate(thing: T) -> T:
        for path in paths:
            export(path, thing, of=of)
        return thing

    return decorate


def export(path: str, thing: Any, *, of: str = "tensorflow") -> None:
    """Give a name to a thing, such as a constant; the first that is given stays."""
    if TABLES[of].setdefault(path, thing) is not thing:
        DOUBLE.append(f"{of}.{path}")


def advise(path: str, advice: str, *, of: str = "tensorflow") -> None:
    """Say what to use instead of a name that is not there."""
    ADVICE[of][path] = advice
