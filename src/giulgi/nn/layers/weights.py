"""Arrays that are given for the weights of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.errors import DataError, ShapeError
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import shape_text

Array = np.ndarray[Any, Any]


def fitting_arrays(
    owner: str, variables: Sequence[Variable], weights: Sequence[Any]
) -> list[Array]:
    """Return what is given for variables as arrays, one of the right shape for each.

    Args:
        owner: the name of the layer.
        variables: its variables.
        weights: what is given for them, in the same order.

    Raises:
        DataError: if there are too few or too many.
        ShapeError: if one has another shape.
    """
    if len(weights) != len(variables):
        raise DataError(
            f"{owner!r} has {len(variables)} weights, and {len(weights)} "
            f"{'is' if len(weights) == 1 else 'are'} given.",
            op="set_weights",
            arguments=[(v.name, v.description) for v in variables],
            fix="give one array for each weight"
            + ("" if variables else "; the layer has none until it is built"),
        )
    arrays = [np.asarray(value) for value in weights]
    for variable, array in zip(variables, arrays, strict=True):
        if array.shape != variable.shape:
            raise _shape_error(variable, array)
    return [array.astype(v.dtype) for v, array in zip(variables, arrays, strict=True)]


def _shape_error(variable: Variable, array: Array) -> ShapeError:
    wanted, given = shape_text(variable.shape), shape_text(array.shape)
    return ShapeError(
        f"the weight {variable.name!r} has shape {wanted}, the given array {given}.",
        op="set_weights",
        arguments=[
            (variable.name, variable.description),
            ("given", f"{array.dtype.name} {given}"),
        ],
        axes=f"{wanted} and {given}",
        fix="check the order of the arrays: that of get_weights()",
    )
