"""Things given by their name: ``activation="relu"``, ``optimizer="adam"``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from giulgi.errors import UnknownArgumentError
from giulgi.graph.tensor import Tensor
from giulgi.names import letters_of, suggestion

T = TypeVar("T")
P = ParamSpec("P")

# Arguments of Keras 1: what they are now, and what to know of it.
_OLD_NAMES = {
    "nb_epoch": ("epochs", "it is called 'epochs' now"),
    "samples_per_epoch": ("steps_per_epoch", "steps_per_epoch=..., which counts batches"),
    "nb_val_samples": ("validation_steps", "validation_steps=..., which counts batches"),
}


def look_up(kind: str, name: Any, table: Mapping[str, T]) -> T:
    """Return the entry of a table by its name, as Keras does also by that of a class.

    "MSE" is "mse", and "MeanSquaredError" is "mean_squared_error".

    Raises:
        UnknownArgumentError: if there is none; with the closest name, or all names.
    """
    if not isinstance(name, str):
        raise UnknownArgumentError(
            f"{name!r} is given as {kind}, and is neither a name nor a function.",
            fix="make the layer, then call it on the tensor; two pairs of brackets: Dense(10)(x)"
            if isinstance(name, Tensor)
            else suggestion(str(name), table),
        )
    if name in table:
        return table[name]
    for known, found in table.items():
        if letters_of(known) == letters_of(name):
            return found
    raise UnknownArgumentError(f"there is no {kind} named {name!r}.", fix=suggestion(name, table))


def made(kind: str, identifier: Any, table: Mapping[str, Callable[[], T]]) -> T:
    """Return what is called by a name, made with its defaults.

    A class is made, too; any other callable is itself.
    """
    if inspect.isclass(identifier):
        identifier = identifier()
    if callable(identifier):
        own: T = identifier
        return own
    return look_up(kind, identifier, table)()


def function_name(function: object) -> str:
    """Return the name that a function of the user's goes by in reports."""
    return str(getattr(function, "__name__", type(function).__name__)).strip("<>")


def check_arguments(owner: str, unknown: Mapping[str, object], known: list[str]) -> None:
    """Raise an error if there are arguments that a function or class does not have.

    Raises:
        UnknownArgumentError: naming the first of them, and the closest that exists.
    """
    for name in unknown:
        now, told = _OLD_NAMES.get(name, ("", ""))
        raise UnknownArgumentError(
            f"{owner} has no argument {name!r}.",
            fix=told if now in known else suggestion(name, known),
        )


def names_checked(function: Callable[P, T]) -> Callable[P, T]:
    """Return a method that answers arguments it does not have as layers do.

    The method keeps its signature, which says what it takes; a ``**unknown`` would hide that. What
    is made by an ``__init__`` goes by the name of its class.
    """
    known = list(inspect.signature(function).parameters)[1:]
    *_, owner, name = function.__qualname__.split(".")
    told = owner if name == "__init__" else name

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        check_arguments(told, {key: None for key in kwargs if key not in known}, known)
        return function(*args, **kwargs)

    return checked
