"""What a layer is called with, and what is said where it does not fit."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from giulgi.errors import ArgumentError, GraphError, ShapeError, UnknownArgumentError
from giulgi.graph.shapes import Shape, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.tree import flatten

if TYPE_CHECKING:
    from giulgi.nn.layers.base import Layer

#: Stands for inputs that are not given in front, but by their name, or not at all.
NOT_GIVEN: Any = inspect.Parameter.empty


def given_inputs(owner: Layer, inputs: Any, by_name: dict[str, Any]) -> Any:
    """Return what a layer is called on: what stands in front, or the first argument of its call.

    Args:
        owner: the layer.
        inputs: what stands in front, or is called ``inputs``; ``NOT_GIVEN``: nothing.
        by_name: the other arguments by their names, of which the first of ``call`` is taken away.

    Raises:
        UnknownArgumentError: if they are not given, or twice.
    """
    own = type(owner).__name__
    first, *others = inspect.signature(owner.call).parameters or [""]
    if first not in by_name:
        if inputs is NOT_GIVEN:
            name = "x" if first in ("args", "") else first
            raise UnknownArgumentError(
                f"{own} is called without inputs.", op=own, fix=f"call it on them: layer({name})"
            )
        return inputs
    if inputs is not NOT_GIVEN and inputs is not None:
        if "inputs" not in others:
            raise UnknownArgumentError(
                f"{own} is given {first!r} twice: in front, and by its name.",
                op=own,
                fix=f"give it once: layer({first}), or layer({first}={first})",
            )
        by_name["inputs"] = inputs
    return by_name.pop(first)


def is_one_array(inputs: Any) -> bool:
    """Whether inputs are rows written as lists, which are one array and not several inputs."""
    is_listed = isinstance(inputs, (list, tuple))
    return is_listed and all(isinstance(leaf, (int, float)) for leaf in flatten(inputs)[0])


def is_whole_number(value: Any) -> bool:
    """Whether a value is a whole number, of Python or of NumPy, and not a bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def listed(value: Any) -> list[Any]:
    """Return the elements of a tuple, a list or an array, in a list; of anything else none."""
    return list(value) if isinstance(value, (tuple, list)) or np.ndim(value) == 1 else []


def layer_given(owner: Layer, given: Any) -> ArgumentError:
    """Return the error for a layer, or its class, in the place of what it returns."""
    is_class = inspect.isclass(given)
    said = f"the class {given.__name__}" if is_class else f"the layer {given.name!r}"
    call = f"{given.__name__}(...)(x)" if is_class else f"h = {type(given).__name__}(...)(x)"
    return ArgumentError(
        f"{said} is given, and not a tensor that it returns.",
        op=type(owner).__name__,
        fix=f"call it on its inputs first: {call};\n"
        "layers one after another are gg.Sequential([...])",
    )


def several_given(owner: Layer, given: Sequence[Tensor]) -> ArgumentError:
    """Return the error for several tensors that are given to a layer of one."""
    fix = "join them first: gg.concat([a, b], axis=-1);\nrows of one batch: gg.stack([a, b])"
    return ArgumentError(
        f"{type(owner).__name__} takes one tensor, and a list of {len(given)} is given.",
        op=type(owner).__name__,
        arguments=[(f"inputs[{i}]", x.description) for i, x in enumerate(given)],
        fix=fix if len(given) > 1 else "give it without brackets around it",
    )


def nothing_returned(owner: Layer) -> GraphError:
    """Return the error for a layer whose call returns None."""
    own = type(owner).__name__
    return GraphError(
        f"{own} returns nothing: its call gives None.", op=own, fix="end its call with: return y"
    )


def last_dimension(layer: Layer, input_shape: Shape | None, what: str = "inputs") -> int:
    """Return the size of the last axis, which the weights of a layer depend on.

    Args:
        layer: the layer.
        input_shape: the shape of what it is called on.
        what: how that is called in errors.

    Raises:
        ShapeError: if it is not known.
    """
    if not input_shape or input_shape[-1] is None:
        raise ShapeError(
            f"the size of the last axis of the {what} must be known, to make the weights.",
            op=type(layer).__name__,
            arguments=[(what, shape_text(input_shape))],
            fix="one example alone needs the batch axis: x[None];\n"
            "if each example is one number, it needs an axis of its own: x[:, None]"
            if input_shape and len(input_shape) == 1
            else "give it: gg.Input((784,)), or input_shape=(784,) in the first layer",
        )
    return input_shape[-1]
