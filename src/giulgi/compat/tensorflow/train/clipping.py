"""Limits for values, and for the length of gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensors.tensor import Tensor, alike, as_expression, as_tensor


@operation("clip_by_value", type="ClipByValue", named="clip_by_value")
def clip_by_value(
    t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None
) -> gg.Tensor:
    """Return a tensor whose elements are no smaller than a least and no greater than a most."""
    x, least, most = alike(t, clip_value_min, clip_value_max)
    return gg.maximum(gg.minimum(x, gg.cast(most, x.dtype)), gg.cast(least, x.dtype))


@operation("clip_by_norm", type="ClipByNorm")
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> gg.Tensor:
    """Return ``t clip_norm / max(|t|, clip_norm)``, of lengths along some axes or of all."""
    x, limit = alike(t, clip_norm)
    along = tuple(axes) if isinstance(axes, list) else axes
    squares = gg.sum(x * x, along, keepdims=True)
    # The gradient of a root has no value at 0.
    is_zero = gg.equal(squares, 0)
    length = gg.sqrt(gg.where(is_zero, gg.ones_like(squares), squares))
    length = gg.where(is_zero, squares, length)
    return x * limit / gg.maximum(length, limit)


@operation("clip_by_average_norm", type="ClipByAverageNorm")
def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> gg.Tensor:
    """Return ``t clip_norm / max(|t| / n, clip_norm)``, where n is the number of elements."""
    x, limit = alike(t, clip_norm)
    count = gg.cast(gg.size(x), x.dtype)
    return x * limit / gg.maximum(gg.sqrt(gg.sum(x * x)) / count, limit)


@operation("global_norm", "linalg.global_norm", type="GlobalNorm")
def global_norm(t_list: Any, name: str | None = None) -> gg.Tensor:
    """Return the length of all tensors together; None among them counts nothing."""
    found = [as_expression(t) for t in t_list if t is not None]
    if not found:
        raise ValueError("t_list should be a sequence with at least one tensor")
    total = gg.sum(found[0] * found[0])
    for x in found[1:]:
        total = total + gg.sum(x * x)
    return gg.sqrt(total)


@operation(type="ScaleByGlobalNorm")
def _scaled(t: Any, length: Any, limit: Any, name: str | None = None) -> Any:
    x = as_expression(t)
    length, limit = (gg.cast(as_expression(value), x.dtype) for value in (length, limit))
    return x * (limit / gg.maximum(length, limit))


@exported("clip_by_global_norm")
def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Tensor | None], Tensor]:
    """Return tensors that together are no longer than a limit, and how long they were.

    Args:
        t_list: the tensors, such as gradients; None among them stays.
        clip_norm: the limit.
        use_norm: the length, if it is known.
        name: the beginning of the names.
    """
    if isinstance(t_list, Tensor) or not isinstance(t_list, (Sequence, filter, map, zip)):
        raise TypeError("t_list should be a sequence")
    given = list(t_list)
    length = as_tensor(global_norm(given) if use_norm is None else use_norm)
    own = name or "clip_by_global_norm"
    return [None if t is None else _scaled(t, length, clip_norm, name=own) for t in given], length
