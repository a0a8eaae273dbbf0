"""Things given by their name: ``activation="relu"``, ``optimizer="adam"``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

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
