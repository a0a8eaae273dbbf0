"""Things given by their name: ``activation="relu"``, ``optimizer="adam"``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from giulgi.errors import UnknownArgumentError, suggestion

T = TypeVar("T")


def look_up(kind: str, name: str, table: Mapping[str, T]) -> T:
    """Return the entry of a table by its name.

    Raises:
        UnknownArgumentError: if there is none; with the closest name, or all names.
    """
    found = table.get(name)
    if found is None:
        raise UnknownArgumentError(
            f"there is no {kind} named {name!r}.",
            fix=suggestion(name, table),
        )
    return found


def made(kind: str, identifier: Any, table: Mapping[str, Callable[[], T]]) -> T:
    """Return what is called by a name, made with its defaults.

    A class is made, too; any other callable is itself.
    """
    if inspect.isclass(identifier):
        identifier = identifier()
    if callable(identifier):
        own: T = identifier
        return own
    return look_up(kind, str(identifier), table)()


def function_name(function: object) -> str:
    """Return the name that a function of the user's goes by in reports."""
    return str(getattr(function, "__name__", type(function).__name__)).strip("<>")


def check_arguments(owner: str, unknown: Mapping[str, object], known: list[str]) -> None:
    """Raise an error if there are arguments that a function or class does not have.

    Raises:
        UnknownArgumentError: naming the first of them, and the closest that exists.
    """
    for name in unknown:
        raise UnknownArgumentError(
            f"{owner} has no argument {name!r}.",
            fix=suggestion(name, known),
        )
