"""Wrong calls, answered with an example of a right one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec

from giulgi.errors import UnknownArgumentError

P = ParamSpec("P")


def called_as(example: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Return a decorator of an ``__init__`` that answers calls which do not fit its parameters.

    Args:
        example: a call that fits, which the error tells.
    """

    def decorate(method: Callable[P, None]) -> Callable[P, None]:
        signature = inspect.signature(method)
        *_, owner, _ = method.__qualname__.split(".")

        @functools.wraps(method)
        def checked(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                raise UnknownArgumentError(
                    f"{error}.", op=owner, fix=f"it is called as {example}"
                ) from None
            method(*args, **kwargs)

        return checked

    return decorate
