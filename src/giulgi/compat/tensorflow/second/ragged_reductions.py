"""Sums and the like of tensors whose rows differ in length."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from giulgi.compat.names import TABLES
from giulgi.compat.tensorflow.second.ragged import RaggedTensor

Function = Callable[..., Any]

_TABLE = TABLES["tensorflow"]
# What reduces rows: that of segments.
_OF_ROWS = {"reduce_sum": "sum", "reduce_prod": "prod", "reduce_max": "max", "reduce_min": "min",
            "reduce_mean": "mean"}  # fmt: skip


def _reduced(x: RaggedTensor, own: Function, kind: str, axis: Any, keepdims: bool) -> Any:
    """Return what a reduction gives along an axis; None: of all elements."""
    if isinstance(axis, (list, tuple)) and len(axis) == 1:
        (axis,) = axis
    if axis is None:
        return own(x.flat_values)
    place = int(axis) % len(x.shape)
    if place == 0 or keepdims:
        return own(x.to_tensor(), axis=place, keepdims=keepdims) if kind == "sum" else _refuse()
    inner: Any = x.values
    if place > 1:
        return x.with_values(own(inner, axis=place - 1))
    if isinstance(inner, RaggedTensor):
        return _refuse()
    return _TABLE[f"math.unsorted_segment_{kind}"](inner, x.value_rowids(), len(x))


def _refuse() -> Any:
    raise NotImplementedError("of ragged tensors, reduce each row: axis=1; or take to_tensor()")


def _either(own: Function, kind: str) -> Function:
    """Return a function of tensors, of ragged ones, too."""

    @functools.wraps(own)
    def apply(*args: Any, **kwargs: Any) -> Any:
        given = args[0] if args else kwargs.get("input_tensor")
        if not isinstance(given, RaggedTensor):
            return own(*args, **kwargs)
        axis = args[1] if len(args) > 1 else kwargs.get("axis")
        keepdims = args[2] if len(args) > 2 else kwargs.get("keepdims", False)
        return _reduced(given, own, kind, axis, bool(keepdims))

    return apply


for _name, _kind in _OF_ROWS.items():
    _own = _TABLE[_name]
    _both = _either(_own, _kind)
    for _path, _thing in list(_TABLE.items()):
        if _thing is _own:
            _TABLE[_path] = _both
