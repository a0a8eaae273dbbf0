"""Wrong calls: what is said of arguments that are missing, too many, or not there."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import ParamSpec, TypeVar

from giulgi.errors import ArgumentError, GiulgiError, UnknownArgumentError
from giulgi.names import suggestion

P = ParamSpec("P")
T = TypeVar("T")

# Arguments of Keras 1: what they are called now.
_NEW_NAMES = {
    "nb_epoch": "epochs",
    "output_dim": "units",
    "bias": "use_bias",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "p": "rate",
}
# And those that count something else now.
_NEW_MEANINGS = {
    "samples_per_epoch": ("steps_per_epoch", "steps_per_epoch=..., which counts batches"),
    "nb_val_samples": ("validation_steps", "validation_steps=..., which counts batches"),
}


# Calls that fit, by the ``__init__`` that takes them.
_EXAMPLES: dict[Callable[..., None], str] = {}


def called_as(example: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Return a decorator of an ``__init__`` that answers calls which do not fit its parameters.

    Args:
        example: a call that fits, which the error tells.
    """

    def decorate(method: Callable[P, None]) -> Callable[P, None]:
        signature = inspect.signature(method)

        @functools.wraps(method)
        def checked(*args: P.args, **kwargs: P.kwargs) -> None:
            owner = type(args[0]).__name__
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                raise UnknownArgumentError(
                    f"{error}.", op=owner, fix=f"it is called as {example}"
                ) from None
            try:
                method(*args, **kwargs)
            except GiulgiError as error:
                error.complete(op=owner)
                raise

        _EXAMPLES[method] = example
        return checked

    return decorate


def example_call(made: type) -> str:
    """Return how a class is called: as it says itself, else by its name alone."""
    example = _EXAMPLES.get(inspect.unwrap(vars(made).get("__init__", object.__init__)))
    if example is not None:
        return example
    try:
        inspect.signature(made).bind()
    except (TypeError, ValueError):  # It needs arguments, or does not tell which.
        return f"{made.__name__}(...)"
    return f"{made.__name__}()"


def names_checked(function: Callable[P, T]) -> Callable[P, T]:
    """Return a function that tells which argument was meant by one that it does not have.

    One that is no ``__init__`` also tells which are missing or too many. The function keeps its
    signature, which says what it takes; a ``**unknown`` would hide that.
    An ``__init__`` that passes ``**options`` on has the arguments of its base classes, too.

    Raises:
        UnknownArgumentError: by the function that is returned.
    """
    signature = inspect.signature(function)
    parameters = signature.parameters.values()
    own = _named(parameters)
    passes_on = any(p.kind is p.VAR_KEYWORD for p in parameters)

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        told, known = function.__name__, own
        if told == "__init__":
            told, known = type(args[0]).__name__, _arguments_of(type(args[0]), function)
        for name in kwargs:
            if name not in (known if passes_on else own):
                raise unknown_argument(told, name, known)
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            misfit = _misfit(signature, args, kwargs)
            if not misfit or isinstance(error, GiulgiError) or told != function.__name__:
                raise
        raise UnknownArgumentError(f"{told}: {misfit}.", fix=f"it takes {', '.join(known)}")

    return checked


def _misfit(
    signature: inspect.Signature, args: Iterable[object], kwargs: Mapping[str, object]
) -> str:
    """Return what is wrong with the number of arguments, if anything is."""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        return str(error)
    return ""


def arguments_of(made: type) -> list[str]:
    """Return what a class is made with, also by ``__init__`` of its bases."""
    return _arguments_of(made, made.__init__)  # type: ignore[misc]


def _arguments_of(made: type, init: Callable[..., object]) -> list[str]:
    """Return what a class is made with: by itself, by an ``__init__``, and what that passes on."""
    found: set[str] = set()
    wanted = inspect.unwrap(init)  # Not by its name: a class may be called as its base is.
    is_reached = False
    for base in made.__mro__:
        if "__init__" in vars(base):
            is_reached = is_reached or inspect.unwrap(vars(base)["__init__"]) is wanted
            parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
            found.update(_named(parameters))
            if is_reached and not any(p.kind is p.VAR_KEYWORD for p in parameters):
                break
    return sorted(found)


def _named(parameters: Iterable[inspect.Parameter]) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in parameters if p.kind in kinds and p.name != "self"]


def unknown_argument(owner: str, name: str, known: list[str]) -> UnknownArgumentError:
    """Return the error for an argument that does not exist, with the one that was likely meant."""
    now, told = _NEW_MEANINGS.get(name, ("", ""))
    if name in _NEW_NAMES:
        now = _NEW_NAMES[name]
        told = f"it is called {now!r} now"
    return UnknownArgumentError(
        f"{owner} has no argument {name!r}.",
        fix=told if now in known else suggestion(name, known),
    )


def require_function(value: object) -> None:
    """Raise an ArgumentError if what is to be compiled is no function."""
    if not callable(value):
        raise ArgumentError(
            f"gg.function compiles functions, and this is {type(value).__name__}.",
            op="function",
            fix="write @gg.function above a def",
        )
