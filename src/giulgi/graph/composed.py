"""Functions that are made of operations, and their errors.

What does not fit is found by an operation deep inside, which has a name and arguments that the
user may never have seen: ``x + y`` adds the two in the dtype in which they meet. The error is to
speak of what was called, and of what was given.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from giulgi.errors import GiulgiError
from giulgi.graph.ops.leaves import constant
from giulgi.graph.shapes import shape_text
from giulgi.graph.tensor import Tensor

P = ParamSpec("P")
Result = TypeVar("Result")


def composed(function: Callable[P, Result]) -> Callable[P, Result]:
    """Return the function, whose errors tell its own name and arguments.

    Where one such function calls another, the outer one, which the user called, has the last word.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except GiulgiError as error:
            bound = inspect.signature(function).bind(*args, **kwargs)
            error.op = function.__name__
            error.arguments = tuple(_described(bound)) or error.arguments
            raise

    return call


def _described(bound: inspect.BoundArguments) -> Iterator[tuple[str, str]]:
    """Yield the names and descriptions of all that is given to be a tensor, or is one."""
    for name, value in bound.arguments.items():
        parameter = bound.signature.parameters[name]
        several = parameter.kind is parameter.VAR_POSITIONAL or (
            isinstance(value, (list, tuple)) and any(isinstance(part, Tensor) for part in value)
        )
        parts = [(f"{name}[{i}]", part) for i, part in enumerate(value)] if several else []
        for said, part in parts or [(name, value)]:
            is_meant = parameter.annotation == "TensorLike"
            if is_meant or isinstance(part, (Tensor, np.ndarray)):
                yield said, told(part)


def told(value: Any) -> str:
    """Return how an error describes what was given for a tensor."""
    if isinstance(value, Tensor):
        return value.description
    if isinstance(value, (np.ndarray, np.generic)):
        return f"{value.dtype.name} {shape_text(value.shape)}"
    if isinstance(value, (list, tuple)):
        with suppress(GiulgiError):
            return constant(value).description
    return repr(value)
