"""Functions that are made of operations, and their errors.

What does not fit is found by an operation deep inside, which has a name and arguments that the
user may never have seen. The error is to speak of what was called.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from giulgi.errors import GiulgiError
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
            given = inspect.signature(function).bind(*args, **kwargs).arguments
            error.op = function.__name__
            error.arguments = tuple(_described(given)) or error.arguments
            raise

    return call


def _described(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names and descriptions of the tensors and arrays among the arguments."""
    for name, value in given.items():
        parts = enumerate(value) if isinstance(value, (list, tuple)) else ()
        for said, part in [(name, value), *((f"{name}[{i}]", part) for i, part in parts)]:
            if isinstance(part, Tensor):
                yield said, part.description
            elif isinstance(part, np.ndarray):
                yield said, f"{part.dtype.name} {shape_text(part.shape)}"
