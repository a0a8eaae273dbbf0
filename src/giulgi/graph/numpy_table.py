"""Which of NumPy's functions are which of giulgi's.

Only functions that mean the same are here. A function below has NumPy's names and places of those
arguments that giulgi has, too; it returns NotImplemented for values of them that giulgi does not
take. NumPy itself then computes the call (``numpy_functions.py``).

The dtypes are giulgi's: what is a float of integers, such as ``np.exp`` or ``np.mean`` of them, is
a float32.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from giulgi.graph import ops
from giulgi.graph.dtypes import bool_, is_float
from giulgi.graph.ops.slicing import slice_axis
from giulgi.graph.tensor import Axes, Tensor


def _of_floats(ours: Callable[[Any], Tensor]) -> Callable[[Any], Any]:
    """Return our function for floats alone: on integers NumPy's has another meaning."""

    def of_floats(x: Tensor) -> Any:
        return ours(x) if is_float(x.dtype) else NotImplemented

    return of_floats


def _but_of_bools(ours: Callable[..., Tensor]) -> Callable[..., Any]:
    """Return our function but for bools alone, of which NumPy makes int8."""

    def but_of_bools(*inputs: Any) -> Any:
        dtypes = [getattr(x, "dtype", None) for x in inputs]
        return NotImplemented if all(dtype == bool_ for dtype in dtypes) else ours(*inputs)

    return but_of_bools


UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    # Arithmetic
    np.add: ops.add,
    np.subtract: ops.subtract,
    np.multiply: ops.multiply,
    np.divide: ops.divide,
    np.floor_divide: _but_of_bools(ops.floor_divide),
    np.remainder: _but_of_bools(ops.remainder),
    np.power: _but_of_bools(ops.power),
    np.negative: ops.negative,
    np.positive: _but_of_bools(ops.positive),
    np.absolute: ops.abs,
    np.sign: ops.sign,
    np.maximum: ops.maximum,
    np.minimum: ops.minimum,
    np.square: _but_of_bools(ops.square),
    np.reciprocal: _of_floats(ops.reciprocal),
    np.matmul: _but_of_bools(ops.matmul),
    np.vecdot: ops.vecdot,
    # Exponentials, roots and angles
    np.exp: ops.exp,
    np.expm1: ops.expm1,
    np.log: ops.log,
    np.log1p: ops.log1p,
    np.log2: ops.log2,
    np.log10: ops.log10,
    np.logaddexp: ops.logaddexp,
    np.sqrt: ops.sqrt,
    np.hypot: ops.hypot,
    np.sin: ops.sin,
    np.cos: ops.cos,
    np.tan: ops.tan,
    np.arcsin: ops.asin,
    np.arccos: ops.acos,
    np.arctan: ops.atan,
    np.arctan2: ops.atan2,
    np.sinh: ops.sinh,
    np.cosh: ops.cosh,
    np.tanh: ops.tanh,
    np.arcsinh: ops.asinh,
    np.arccosh: ops.acosh,
    np.arctanh: ops.atanh,
    # Rounding
    np.floor: _but_of_bools(ops.floor),
    np.ceil: _but_of_bools(ops.ceil),
    np.trunc: _but_of_bools(ops.trunc),
    np.rint: _of_floats(ops.round),
    # Comparing, and the logic of bools and bits
    np.equal: ops.equal,
    np.not_equal: ops.not_equal,
    np.less: ops.less,
    np.less_equal: ops.less_equal,
    np.greater: ops.greater,
    np.greater_equal: ops.greater_equal,
    np.isnan: ops.isnan,
    np.isinf: ops.isinf,
    np.isfinite: ops.isfinite,
    np.logical_and: ops.logical_and,
    np.logical_or: ops.logical_or,
    np.logical_xor: ops.logical_xor,
    np.logical_not: ops.logical_not,
    np.bitwise_and: ops.bitwise_and,
    np.bitwise_or: ops.bitwise_or,
    np.bitwise_xor: ops.bitwise_xor,
    np.invert: ops.bitwise_invert,
    np.left_shift: _but_of_bools(ops.bitwise_left_shift),
    np.right_shift: _but_of_bools(ops.bitwise_right_shift),
}


# Reductions


def _reduction(ours: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return our reduction with its arguments where NumPy has them."""

    def reduction(a: Any, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
        return ours(a, axis, keepdims=keepdims)

    return reduction


def _spread(ours: Callable[..., Tensor]) -> Callable[..., Any]:
    """Return var or std, whose correction NumPy calls ddof, too."""

    def spread(
        a: Any,
        axis: Axes = None,
        *,
        ddof: float = 0,
        correction: float = 0,
        keepdims: bool = False,
    ) -> Any:
        if ddof and correction:
            return NotImplemented
        return ours(a, axis, correction=ddof or correction, keepdims=keepdims)

    return spread


def _norm(x: Any, ord: Any = None, axis: Axes = None, keepdims: bool = False) -> Any:
    return ops.norm(x, axis, keepdims=keepdims) if ord is None else NotImplemented


# Shapes


def _size(a: Tensor, axis: None = None) -> Any:
    return NotImplemented if axis is not None or a.size is None else a.size


def _reshape(a: Any, /, shape: Any, order: str = "C") -> Any:
    return ops.reshape(a, shape) if order == "C" else NotImplemented


def _ravel(a: Any, order: str = "C") -> Any:
    return ops.reshape(a, (-1,)) if order == "C" else NotImplemented


# Joining and splitting

_INT = (int, np.integer)


def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return ops.repeat(a, int(repeats), axis) if isinstance(repeats, _INT) else NotImplemented


def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    of_one_axis = isinstance(shift, _INT) and (axis is None or isinstance(axis, _INT))
    return ops.roll(a, int(shift), axis) if of_one_axis else NotImplemented


def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Numbers in a sequence are the places of the cuts; giulgi's own split takes sizes."""
    if isinstance(indices_or_sections, _INT):
        return ops.split(ary, int(indices_or_sections), axis)
    if isinstance(indices_or_sections, Tensor):
        return NotImplemented
    ends = [None, *map(int, indices_or_sections), None]
    return [slice_axis(ary, axis, start, stop) for start, stop in pairwise(ends)]


def _pad(array: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Any:
    by_value = mode == "constant" and isinstance(constant_values, (bool, int, float))
    if not by_value or isinstance(pad_width, dict):
        return NotImplemented
    return ops.pad(array, pad_width, constant_values)


# Picking


def _where(condition: Any, *chosen: Any) -> Any:
    """Without anything to choose from, the places where the condition holds."""
    if len(chosen) == 2:
        return ops.where(condition, *chosen)
    return NotImplemented if chosen else ops.nonzero(condition)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """A bound is called one or the other name."""
    if not (a_min is None or min is None) or not (a_max is None or max is None):
        return NotImplemented
    return ops.clip(a, min if a_min is None else a_min, max if a_max is None else a_max)


def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """NumPy's broadcasts the two against each other along the other axes."""
    shapes = [tuple(getattr(x, "shape", ())) for x in (arr, indices)]
    if axis is None or len(shapes[0]) != len(shapes[1]):
        return NotImplemented
    axis %= len(shapes[0])
    others = [shape[:axis] + shape[axis + 1 :] for shape in shapes]
    return ops.take_along_axis(arr, indices, axis) if others[0] == others[1] else NotImplemented


# Products


def _einsum(formula: Any, *operands: Any) -> Any:
    """Without '...', repeated letters in a term, and NumPy's other form of call."""
    if not isinstance(formula, str) or "." in formula:
        return NotImplemented
    terms = formula.replace(" ", "").partition("->")[0].split(",")
    repeated = [term for term in terms if len(set(term)) < len(term)]
    return NotImplemented if repeated else ops.einsum(formula, *operands)


def _meshgrid(*xi: Any, indexing: str = "xy") -> tuple[Tensor, ...]:
    return tuple(ops.meshgrid(*xi, indexing=indexing))


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    # Reductions
    np.sum: _reduction(ops.sum),
    np.prod: _reduction(ops.prod),
    np.mean: _reduction(ops.mean),
    np.max: _reduction(ops.max),
    np.amax: _reduction(ops.max),
    np.min: _reduction(ops.min),
    np.amin: _reduction(ops.min),
    np.any: _reduction(ops.any),
    np.all: _reduction(ops.all),
    np.argmax: _reduction(ops.argmax),
    np.argmin: _reduction(ops.argmin),
    np.count_nonzero: _reduction(ops.count_nonzero),
    np.var: _spread(ops.var),
    np.std: _spread(ops.std),
    np.linalg.norm: _norm,
    # Shapes: numbers, as in NumPy
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: _size,
    # Moving
    np.reshape: _reshape,
    np.ravel: _ravel,
    np.transpose: lambda a, axes=None: ops.transpose(a, axes),
    np.matrix_transpose: lambda x, /: ops.matrix_transpose(x),
    np.swapaxes: lambda a, axis1, axis2: ops.swapaxes(a, axis1, axis2),
    np.moveaxis: lambda a, source, destination: ops.moveaxis(a, source, destination),
    np.expand_dims: lambda a, axis: ops.expand_dims(a, axis),
    np.squeeze: lambda a, axis=None: ops.squeeze(a, axis),
    np.broadcast_to: lambda array, shape: ops.broadcast_to(array, shape),
    np.flip: lambda m, axis=None: ops.flip(m, axis),
    np.roll: _roll,
    # Joining and splitting
    np.concatenate: lambda arrays, /, axis=0: ops.concat(arrays, axis),
    np.stack: lambda arrays, axis=0: ops.stack(arrays, axis),
    np.vstack: lambda tup: ops.vstack(tup),
    np.hstack: lambda tup: ops.hstack(tup),
    np.tile: lambda A, reps: ops.tile(A, reps),  # noqa: N803 - NumPy's name
    np.repeat: _repeat,
    np.split: _split,
    np.pad: _pad,
    np.meshgrid: _meshgrid,
    # Picking
    np.where: _where,
    np.nonzero: lambda a: ops.nonzero(a),
    np.take: lambda a, indices, axis=None: ops.take(a, indices, axis),
    np.take_along_axis: _take_along_axis,
    np.tril: lambda m, k=0: ops.tril(m, k),
    np.triu: lambda m, k=0: ops.triu(m, k),
    np.diag: lambda v, k=0: ops.diag(v, k),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: ops.diagonal(a, offset, axis1, axis2),
    np.trace: lambda a, offset=0, axis1=0, axis2=1: ops.trace(a, offset, axis1, axis2),
    # Of each element
    np.clip: _clip,
    np.round: lambda a, decimals=0: ops.round(a, decimals),
    np.around: lambda a, decimals=0: ops.round(a, decimals),
    np.diff: lambda a, n=1, axis=-1: ops.diff(a, n, axis),
    np.nan_to_num: ops.nan_to_num,
    np.isclose: lambda a, b, rtol=1e-5, atol=1e-8, equal_nan=False: ops.isclose(
        a, b, rtol, atol, equal_nan=equal_nan
    ),
    np.zeros_like: lambda a, dtype=None: ops.zeros_like(a, dtype),
    np.ones_like: lambda a, dtype=None: ops.ones_like(a, dtype),
    np.full_like: lambda a, fill_value, dtype=None: ops.full_like(a, fill_value, dtype),
    # Products
    np.dot: lambda a, b: ops.dot(a, b),
    np.outer: lambda a, b: ops.outer(a, b),
    np.tensordot: lambda a, b, axes=2: ops.tensordot(a, b, axes),
    np.einsum: _einsum,
}
