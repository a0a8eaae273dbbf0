"""What a layer is called with, and what is said where it does not fit."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph.shapes import Shape, shape_text
from giulgi.graph.tensor import Tensor

if TYPE_CHECKING:
    from giulgi.nn.layers.base import Layer


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


def last_dimension(layer: Layer, input_shape: Shape | None) -> int:
    """Return the size of the last axis, which the weights of a layer depend on.

    Raises:
        ShapeError: if it is not known.
    """
    if not input_shape or input_shape[-1] is None:
        raise ShapeError(
            "the size of the last axis of the inputs must be known, to make the weights.",
            op=type(layer).__name__,
            arguments=[("inputs", shape_text(input_shape))],
            fix="one example alone needs the batch axis: x[None];\n"
            "if each example is one number, it needs an axis of its own: x[:, None]"
            if input_shape and len(input_shape) == 1
            else "give it: gg.Input((784,)), or input_shape=(784,) in the first layer",
        )
    return input_shape[-1]
