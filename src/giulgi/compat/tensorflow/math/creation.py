"""Tensors of given numbers, and what is known of tensors: shapes, sizes, dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import is_text, kind, numbers, sizes
from giulgi.compat.tensorflow.math.complex_numbers import converted
from giulgi.compat.tensorflow.math.layouts import layout
from giulgi.compat.tensors.dtypes import as_dtype, float32, string
from giulgi.compat.tensors.shapes import TensorShape
from giulgi.compat.tensors.tensor import (
    Converted,
    Tensor,
    alike,
    as_expression,
    as_tensor,
    told_apart,
)
from giulgi.graph.shapes import broadcast_shapes


def _filled(number: int, type: str, *paths: str) -> Callable[..., Any]:
    def apply(shape: Any, dtype: Any = float32, name: str | None = None) -> Any:
        declared = as_dtype(dtype)
        if declared is string:
            _refuse_ones(number)
            return as_tensor(np.full(numbers(shape, "the shape"), b"", object), name=name)
        if declared.is_complex:
            return converted(of_numbers(shape, declared.real_dtype), declared, name)
        return told_apart(of_numbers(shape, declared, name))

    @operation(type=type)
    def of_numbers(shape: Any, dtype: Any, name: str | None = None) -> gg.Tensor:
        return gg.full(sizes(shape), np.asarray(number, kind(dtype)))

    apply.__name__ = paths[0]
    apply.__doc__ = f"Return a tensor whose elements are all {number}."
    return exported(*paths)(apply)


def _refuse_ones(number: int) -> None:
    """Raise an error for texts that are all 1; those that are all 0 are empty."""
    if number:
        raise TypeError("Expected string, but got 1 of type 'int'.")


zeros = _filled(0, "zeros", "zeros")
ones = _filled(1, "ones", "ones")


def _filled_like(number: int, type: str, *paths: str) -> Callable[..., Any]:
    @operation(type=type)
    def like(tensor: Any, dtype: Any, name: str | None = None) -> gg.Tensor:
        x = as_expression(tensor)
        return gg.full_like(x, number, x.dtype if dtype is None else kind(dtype))

    def apply(
        tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
    ) -> Any:
        declared = None if dtype is None else as_dtype(dtype)
        if declared is string or is_text(tensor):
            return _like_texts(tensor, number, type, declared or string, name)
        if declared is not None and declared.is_complex:
            return converted(like(tensor, declared.real_dtype), dtype, name)
        return told_apart(like(tensor, dtype, name))

    apply.__name__ = paths[0]
    apply.__doc__ = f"Return a tensor of the shape of another whose elements are all {number}."
    return exported(*paths)(apply)


def _like_texts(tensor: Any, number: int, type: str, dtype: Any, name: str | None) -> Any:
    """Return what is of the shape of texts, or texts of a tensor's shape: these are empty."""
    if dtype is string:
        _refuse_ones(number)
    value = b"" if dtype is string else number
    template = as_tensor(tensor)

    def filled(x: Any) -> Any:
        return np.full(np.shape(x), value, dtype.numpy_dtype)

    outputs = [(dtype, template.sizes)]
    return host_operation(type, filled, [template], outputs, name).outputs[0]


zeros_like = _filled_like(0, "zeros_like", "zeros_like")
ones_like = _filled_like(1, "ones_like", "ones_like")


@exported("fill")
def fill(dims: Any, value: Any, name: str | None = None) -> Any:
    """Return a tensor of a shape whose elements are all the value."""
    if is_text(value):
        shape = sizes(dims)
        known = all(isinstance(n, int) for n in shape)
        made = host_operation(
            "Fill",
            lambda where, text: np.full(tuple(np.ravel(where)), np.ravel(text)[0], object),
            [list(shape) if known else dims, as_tensor(value)],
            [(string, shape if known else None)],
            name,
        )
        return made.outputs[0]
    if isinstance(value, (complex, np.complexfloating)) or (
        isinstance(value, Tensor) and value.dtype.is_complex
    ):
        return converted(_fill(dims, 1.0), as_tensor(value).dtype) * value
    return told_apart(_fill(dims, value, name))


@operation(type="Fill")
def _fill(dims: Any, value: Any, name: str | None = None) -> gg.Tensor:
    return gg.broadcast_to(as_expression(value), sizes(dims))


@operation("range", "math.range", type="range")
def range_(
    start: Any,
    limit: Any = None,
    delta: Any = 1,
    dtype: Any = None,
    name: str | None = None,
) -> gg.Tensor:
    """Return start, start + delta, ... below the limit; of one number, 0, 1, ... below it."""
    if limit is None:
        start, limit = 0, start
    values = [int(v) if isinstance(v, np.integer) else v for v in (start, limit, delta)]
    if any(isinstance(v, (Tensor, Converted, gg.Tensor)) for v in values):
        ends = alike(*values) if dtype is None else [_as(v, dtype) for v in values]
        first, last, step = (gg.reshape(end, ()) for end in ends)
        return gg.arange(first, last, step)
    whole = all(isinstance(v, int) for v in values)
    wide = any(isinstance(v, (np.int64, np.float64)) for v in (start, limit, delta))
    natural = ("int64" if wide else "int32") if whole else ("float64" if wide else "float32")
    own = np.dtype(natural) if dtype is None else kind(dtype)
    return gg.arange(values[0], values[1], values[2], own)


def _as(value: Any, dtype: Any) -> gg.Tensor:
    return gg.cast(as_expression(value), kind(dtype))


@operation("linspace", "lin_space", "math.linspace", type="LinSpace")
def linspace(start: Any, stop: Any, num: Any, name: str | None = None) -> gg.Tensor:
    """Return evenly spaced numbers from start to stop, both among them."""
    first, last = alike(start, stop)
    first, last = (x if x.dtype.kind == "f" else gg.cast(x, "float32") for x in (first, last))
    return gg.linspace(first, last, int(numbers(num, "num")), dtype=first.dtype)


@operation("one_hot", type="OneHot", named="one_hot")
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    name: str | None = None,
) -> gg.Tensor:
    """Return rows that have one value at the given place and another elsewhere."""
    places = as_expression(indices)
    count = int(numbers(depth, "depth"))
    on = 1 if on_value is None else on_value
    off = 0 if off_value is None else off_value
    given = [v for v in (on_value, off_value) if v is not None]
    own = (
        kind(dtype)
        if dtype is not None
        else (as_expression(given[0]).dtype if given else np.dtype("float32"))
    )
    return gg.one_hot(
        places, count, on_value=on, off_value=off, axis=-1 if axis is None else int(axis), dtype=own
    )


@operation("eye", "linalg.eye", type="eye")
def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = float32,
    name: str | None = None,
) -> gg.Tensor:
    """Return the unit matrix, perhaps several times."""
    rows = sizes([num_rows])[0]
    columns = rows if num_columns is None else sizes([num_columns])[0]
    one = gg.eye(rows, columns, dtype=kind(dtype))
    if batch_shape is None:
        return one
    return gg.broadcast_to(one, (*sizes(batch_shape), rows, columns))


# What is known of a tensor


@layout("shape", type="Shape", texts=("input",))
def shape(
    input: Any, name: str | None = None, out_type: Any = "int32", optimize: bool = True
) -> gg.Tensor:
    """Return the sizes of a tensor, as a vector."""
    return gg.cast(gg.shape(as_expression(input)), kind(out_type))


@operation("shape_n", type="ShapeN")
def shape_n(input: Any, out_type: Any = "int32", name: str | None = None) -> list[gg.Tensor]:
    """Return the sizes of several tensors."""
    return [gg.cast(gg.shape(as_expression(x)), kind(out_type)) for x in input]


@layout("size", type="Size", texts=("input",))
def size(input: Any, name: str | None = None, out_type: Any = "int32") -> gg.Tensor:
    """Return the number of elements."""
    return gg.cast(gg.size(as_expression(input)), kind(out_type))


@layout("rank", type="Rank", texts=("input",))
def rank(input: Any, name: str | None = None) -> gg.Tensor:
    """Return the number of axes."""
    return gg.cast(gg.rank(as_expression(input)), "int32")


@exported("broadcast_static_shape")
def broadcast_static_shape(shape_x: Any, shape_y: Any) -> Any:
    """Return the shape in which two meet."""
    a, b = TensorShape(shape_x).sizes, TensorShape(shape_y).sizes
    return TensorShape(None if a is None or b is None else broadcast_shapes(a, b))


@operation("broadcast_dynamic_shape", type="BroadcastArgs")
def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> gg.Tensor:
    """Return the shape in which two meet, as a vector."""
    a, b = (as_expression(v) for v in (shape_x, shape_y))
    both = gg.add(gg.zeros(sizes(a)), gg.zeros(sizes(b)))
    return gg.cast(gg.shape(both), a.dtype)


# Other dtypes


@exported("cast", "dtypes.cast")
def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Return a tensor in another dtype; floats that become whole numbers are cut towards 0."""
    if hasattr(x, "with_values"):
        return x.with_values(cast(x.values, dtype, name))
    if as_dtype(dtype).is_complex or (isinstance(x, Tensor) and x.dtype.is_complex):
        return converted(x, dtype, name)
    return _cast(x, as_dtype(dtype), name)


@operation(type="Cast")
def _cast(x: Any, dtype: Any, name: str | None = None) -> gg.Tensor:
    value = x if isinstance(x, gg.Tensor) else as_expression(x)
    return gg.cast(value, kind(dtype))


def _caster(dtype: str, *paths: str) -> Callable[..., Any]:
    def apply(x: Any, name: str | None = None) -> Any:
        return cast(x, dtype, name)

    apply.__name__ = paths[0]
    apply.__doc__ = f"Return a tensor as {dtype}."
    return exported(*paths)(apply)


to_float = _caster("float32", "to_float", "to_bfloat16")
to_double = _caster("float64", "to_double")
to_int32 = _caster("int32", "to_int32")
to_int64 = _caster("int64", "to_int64")
to_complex64 = _caster("complex64", "to_complex64")
to_complex128 = _caster("complex128", "to_complex128")


@operation("saturate_cast", "dtypes.saturate_cast", type="SaturateCast")
def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> gg.Tensor:
    """Return a tensor in another dtype; numbers that it does not hold become its last ones."""
    x, own = as_expression(value), as_dtype(dtype)
    if own.is_integer:
        x = gg.clip(x, max(own.min, _least(x)), min(own.max, _greatest(x)))
    return gg.cast(x, own.numpy_dtype)


def _least(x: gg.Tensor) -> Any:
    return as_dtype(x.dtype).min


def _greatest(x: gg.Tensor) -> Any:
    return as_dtype(x.dtype).max


@operation("bitcast", type="Bitcast")
def bitcast(input: Any, type: Any, name: str | None = None) -> gg.Tensor:
    """Return the same bits as another dtype of the same size, if both are whole numbers."""
    x = as_expression(input)
    own = kind(type)
    if own == x.dtype:
        return x
    if own.kind in "iu" and x.dtype.kind in "iu" and own.itemsize == x.dtype.itemsize:
        return gg.cast(x, own)
    raise NotImplementedError("tf.bitcast of floats is not there: use tf.cast, or tf.decode_raw")


# Tensors that stay what they are


@layout("identity", type="Identity", texts=("input",))
def identity(input: Any, name: str | None = None) -> gg.Tensor:
    """Return a tensor as it is, under a name of its own; it is fed and differentiated by itself."""
    return as_expression(input)


@operation("identity_n", type="IdentityN")
def identity_n(input: Any, name: str | None = None) -> list[gg.Tensor]:
    """Return tensors as they are, under a name of their own."""
    return [as_expression(x) for x in input]


@operation("stop_gradient", type="StopGradient")
def stop_gradient(input: Any, name: str | None = None) -> gg.Tensor:
    """Return a tensor that gradients take for a constant."""
    return gg.stop_gradient(as_expression(input))


@operation("prevent_gradient", type="PreventGradient")
def prevent_gradient(input: Any, message: str = "", name: str | None = None) -> gg.Tensor:
    """Return a tensor that gradients take for a constant."""
    return gg.stop_gradient(as_expression(input))
