"""What layers are made with: arguments that they have, and not the data that they are called on."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

import numpy as np

from giulgi.errors import ArgumentError
from giulgi.graph.shapes import Shape, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.signatures import names_checked

P = ParamSpec("P")


def layer_arguments(init: Callable[P, None]) -> Callable[P, None]:
    """Return the ``__init__`` of a layer that tells who writes ``Flatten(x)`` for ``Flatten()(x)``.

    Raises:
        ArgumentError: by the function that is returned, if it is given data.
        UnknownArgumentError: if there is no such argument.
    """
    return without_data(names_checked(init))


def without_data(init: Callable[P, None]) -> Callable[P, None]:
    """Return the ``__init__`` of a layer that is told if it is given data.

    Raises:
        ArgumentError: by the function that is returned.
    """

    @functools.wraps(init)
    def made(*args: P.args, **kwargs: P.kwargs) -> None:
        owner = type(args[0]).__name__
        for value in (*args[1:], *kwargs.values()):
            if _is_data(value):
                raise _data_given(owner, value)
        init(*args, **kwargs)

    return made


def _is_data(value: object) -> bool:
    """Whether a value is what layers are called on: flat lists and whole numbers are shapes."""
    if isinstance(value, np.ndarray):
        return value.ndim > 1 or (value.ndim == 1 and value.dtype.kind == "f")
    if isinstance(value, (list, tuple)):
        return any(isinstance(part, (list, tuple, np.ndarray, Tensor)) for part in value)
    return isinstance(value, Tensor)


def _data_given(owner: str, value: Any) -> ArgumentError:
    kind, description = (
        "a list",
        f"{len(value)} entries" if isinstance(value, (list, tuple)) else "",
    )
    if isinstance(value, Tensor):
        kind, description = "a tensor", value.description
    elif isinstance(value, np.ndarray):
        kind, description = "an array", f"{value.dtype.name} {shape_text(value.shape)}"
    return ArgumentError(
        f"{owner} is given {kind} where it is made.",
        op=owner,
        arguments=[("inputs", description)],
        fix=f"make the layer, then call it; two pairs of brackets: {owner}(...)(x)",
    )


def declared_shape(
    input_shape: Sequence[int | None] | int | None,
    input_dim: int | None,
    batch_input_shape: Sequence[int | None] | None,
) -> Shape | None:
    """Return the shape of the inputs with the batch in front, in whichever way it was told."""
    if batch_input_shape is not None:
        return tuple(batch_input_shape)
    if input_dim is not None:
        return (None, input_dim)
    if isinstance(input_shape, int):
        return (None, input_shape)
    return None if input_shape is None else (None, *input_shape)
