"""Weights of examples, brought into the shape of what they multiply."""

from __future__ import annotations

from giulgi.errors import ShapeError
from giulgi.graph import ops
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.shapes import Dim, shape_text
from giulgi.graph.tensor import Tensor


def may_equal(a: Dim, b: Dim) -> bool:
    """Whether two sizes may turn out to be the same."""
    return a == b or a is None or b is None


def fit_weights(weights: TensorLike, values: Tensor) -> Tensor:
    """Return weights, one for each example, with as many axes as the values they multiply.

    Raises:
        ShapeError: if they are not one for each example, or for each place in it.
    """
    given = constant(weights)
    w = ops.cast(given, values.dtype)
    if w.known_shape is None or values.known_shape is None:
        return w
    if w.ndim == values.ndim + 1 and w.shape[-1] == 1:
        w = ops.squeeze(w, -1)
    if w.ndim < values.ndim and w.ndim > 0:
        w = ops.expand_dims(w, tuple(range(w.ndim, values.ndim)))
    if w.ndim > values.ndim or not all(
        may_equal(a, b) or a == 1 for a, b in zip(w.shape, values.shape, strict=False)
    ):
        raise ShapeError(
            "the weights are not one for each example"
            + (", or for each place in it." if values.ndim > 1 else "."),
            op="sample_weight",
            arguments=[("sample_weight", given.description), ("values", values.description)],
            axes=f"sample_weight {shape_text(given.shape)} and values {shape_text(values.shape)}",
            fix="an array of shape (batch,) has one number for each example;\n"
            "class_weight={0: 1.0, 1: 2.5} weighs by classes",
        )
    return w
