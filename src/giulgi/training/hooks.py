"""Hooks of callbacks that would never be called, or not as they are written."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from giulgi.advice import advise
from giulgi.errors import ArgumentError
from giulgi.names import meant


def check_hooks(callback: object, base: type) -> None:
    """Look at the hooks of a callback before training begins.

    A method that is called like a hook, and is none, is warned of.

    Args:
        callback: the callback.
        base: the class of all callbacks, which says what hooks there are, and what they take.

    Raises:
        ArgumentError: if a hook does not take what it will be given.
    """
    known = [name for name in dir(base) if name.startswith("on_")]
    for name in dir(callback):
        if not name.startswith("on_") or not callable(getattr(callback, name)):
            continue
        if name in known:
            _check_parameters(type(callback).__name__, name, getattr(callback, name), base)
        else:
            found = " or ".join(meant(name, known)) or ", ".join(known)
            advise(
                f"{type(callback).__name__} has a method {name!r}, which is no hook: nothing calls "
                f"it. Hooks are called {found}."
            )


def _check_parameters(owner: str, name: str, hook: Callable[..., Any], base: type) -> None:
    given = [p for p in inspect.signature(getattr(base, name)).parameters if p != "self"]
    try:
        signature = inspect.signature(hook)
    except ValueError:
        return  # Some functions that are not written in Python do not tell their parameters.
    try:
        signature.bind(*given)
    except TypeError as error:
        wanted = ", ".join(["self", *given])
        raise ArgumentError(
            f"{owner}.{name} is called with {' and '.join(given)}, and takes {signature}: {error}.",
            op="fit",
            fix=f"def {name}({wanted.replace('logs', 'logs=None')}):",
        ) from None
