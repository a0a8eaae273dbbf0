"""Things given by their name: ``activation="relu"``, ``optimizer="adam"``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from giulgi.errors import GraphError, UnknownArgumentError
from giulgi.names import letters_of, suggestion

T = TypeVar("T")


def look_up(kind: str, name: Any, table: Mapping[str, T]) -> T:
    """Return the entry of a table by its name, as Keras does also by that of a class.

    "MSE" is "mse", and "MeanSquaredError" is "mean_squared_error".

    Raises:
        UnknownArgumentError: if there is none; with the closest name, or all names.
    """
    if not isinstance(name, str):
        raise UnknownArgumentError(
            f"{name!r} is given as {kind}, and is neither a name nor a function.",
            fix=suggestion(str(name), table),
        )
    if name in table:
        return table[name]
    for known, found in table.items():
        if letters_of(known) == letters_of(name):
            return found
    raise UnknownArgumentError(f"there is no {kind} named {name!r}.", fix=suggestion(name, table))


def one_of(kind: str, name: Any, names: Iterable[str]) -> str:
    """Return the one of several names that is meant, as :func:`look_up` does.

    Raises:
        UnknownArgumentError: if there is none.
    """
    return look_up(kind, name, {known: known for known in names})


def instance(identifier: Any) -> Any:
    """Return an object of a class, made with its defaults; anything else as it is."""
    return identifier() if inspect.isclass(identifier) else identifier


def made(kind: str, identifier: Any, table: Mapping[str, Callable[[], T]]) -> T:
    """Return what is called by a name, made with its defaults.

    A class is made, too; any other callable is itself.
    """
    identifier = instance(identifier)
    if callable(identifier):
        own: T = identifier
        return own
    return look_up(kind, identifier, table)()


def function_name(function: object) -> str:
    """Return the name that a function of the user's goes by in reports."""
    return str(getattr(function, "__name__", type(function).__name__)).strip("<>")


def require_answer(kind: str, name: str, answer: T | None) -> T:
    """Return what a function of the user's gave.

    Raises:
        GraphError: if it gave None.
    """
    if answer is None:
        raise GraphError(
            f"the {kind} {name!r} returns nothing: it gives None.",
            op=name,
            fix="end it with: return ...",
        )
    return answer
