"""Sums and products of all elements up to each along an axis: loops that keep every step."""

from __future__ import annotations

from collections.abc import Callable

from giulgi.graph.composed import composed
from giulgi.graph.control.tracing import scan
from giulgi.graph.dtypes import int64, is_bool
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.creation import ones_like, zeros_like
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.ops.movement import moveaxis, reshape
from giulgi.graph.tensor import Tensor


@composed
def cumsum(
    x: TensorLike, axis: int | None = None, exclusive: bool = False, reverse: bool = False
) -> Tensor:
    """Return the sums of all elements up to each: y[i] = x[0] + ... + x[i].

    Args:
        x: a tensor; bools count as int64.
        axis: along which axis; None: of all elements, in one row.
        exclusive: whether the element itself is left out: y[0] = 0.
        reverse: whether it is summed up from the end.

    Returns:
        A tensor of the shape of x, or a vector; in its dtype.
    """
    return _cumulative(lambda s, x: s + x, zeros_like, x, axis, exclusive, reverse)


@composed
def cumprod(
    x: TensorLike, axis: int | None = None, exclusive: bool = False, reverse: bool = False
) -> Tensor:
    """Return the products of all elements up to each: y[i] = x[0] * ... * x[i].

    The arguments are those of :func:`cumsum`; with ``exclusive``, y[0] = 1. The gradient is right
    where elements are 0, too.
    """
    return _cumulative(lambda s, x: s * x, ones_like, x, axis, exclusive, reverse)


def _cumulative(
    joined: Callable[[Tensor, Tensor], Tensor],
    first: Callable[[Tensor], Tensor],
    x: TensorLike,
    axis: int | None,
    exclusive: bool,
    reverse: bool,
) -> Tensor:
    x = constant(x)
    x = cast(x, int64) if is_bool(x.dtype) else x
    if axis is None:
        x, axis = reshape(x, (-1,)), 0

    def step(so_far: Tensor, element: Tensor) -> tuple[Tensor, Tensor]:
        new = joined(so_far, element)
        return new, so_far if exclusive else new

    along = moveaxis(x, axis, 0)
    # A sum over no elements is of the shape of one step.
    start = first(along[:1].sum(axis=0))
    _, every = scan(step, start, along, reverse=reverse)
    return moveaxis(every, 0, axis)
