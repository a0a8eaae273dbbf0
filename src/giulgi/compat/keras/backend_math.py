"""``keras.backend``: what is computed element by element, along axes, and with shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.keras.backend_session import backend
from giulgi.compat.keras.boundary import for_user, is_named, keras_function
from giulgi.compat.names import TABLES
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.tensor import alike, as_expression, as_tensor


def op(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator of a function of expressions, with its names in ``keras.backend``."""
    return keras_function(*(f"backend.{name}" for name in names))


def _axes(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


# Element by element


def _unary(name: str, function: Callable[[gg.Tensor], gg.Tensor]) -> None:
    def apply(x: Any) -> gg.Tensor:
        return function(as_expression(x))

    apply.__name__, apply.__doc__ = name, function.__doc__
    op(name)(apply)


for _name in ("abs", "exp", "log", "round", "sign", "sin", "cos", "square", "tanh", "sigmoid",
              "transpose"):  # fmt: skip
    _unary(_name, getattr(gg, _name))
_unary("softplus", gg.activations.softplus)
_unary("softsign", gg.activations.softsign)
_unary("identity", lambda x: gg.placeholder_with_default(x))
_unary("sqrt", lambda x: gg.sqrt(gg.maximum(x, 0.0)))


def _binary(name: str, function: Callable[..., gg.Tensor]) -> None:
    def apply(x: Any, y: Any) -> gg.Tensor:
        return function(*alike(x, y))

    apply.__name__, apply.__doc__ = name, function.__doc__
    op(name)(apply)


for _name in ("maximum", "minimum", "equal", "not_equal", "greater", "greater_equal", "less",
              "less_equal"):  # fmt: skip
    _binary(_name, getattr(gg, _name))


@op("pow")
def pow_(x: Any, a: Any) -> gg.Tensor:
    """x to the power of a."""
    base, exponent = alike(x, a)
    return gg.power(base, exponent)


@op("clip")
def clip(x: Any, min_value: Any, max_value: Any) -> gg.Tensor:
    """X within limits."""
    return gg.clip(as_expression(x), min_value, max_value)


@op("cast")
def cast(x: Any, dtype: Any) -> gg.Tensor:
    """X with another dtype."""
    return gg.cast(as_expression(x), as_dtype(dtype).numpy_dtype)


# Along axes


def _reduction(name: str, function: Callable[..., gg.Tensor]) -> None:
    def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> gg.Tensor:
        value = as_expression(x)
        if value.dtype.kind == "b":
            value = gg.cast(value, "float32")
        return function(value, _axes(axis), keepdims=keepdims)

    reduce.__name__, reduce.__doc__ = name, function.__doc__
    op(name)(reduce)


for _name in ("sum", "mean", "max", "min", "prod", "var", "std", "logsumexp"):
    _reduction(_name, getattr(gg, _name))


def _of_bools(name: str, function: Callable[..., gg.Tensor]) -> None:
    def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> gg.Tensor:
        return function(gg.cast(as_expression(x), "bool"), _axes(axis), keepdims=keepdims)

    reduce.__name__, reduce.__doc__ = name, function.__doc__
    op(name)(reduce)


_of_bools("any", gg.any)
_of_bools("all", gg.all)


@op("argmax")
def argmax(x: Any, axis: int = -1) -> gg.Tensor:
    """Where the largest element is along an axis."""
    return gg.cast(gg.argmax(as_expression(x), axis), "int64")


@op("argmin")
def argmin(x: Any, axis: int = -1) -> gg.Tensor:
    """Where the smallest element is along an axis."""
    return gg.cast(gg.argmin(as_expression(x), axis), "int64")


@op("cumsum")
def cumsum(x: Any, axis: int = 0) -> gg.Tensor:
    """Sums of all up to each place."""
    return gg.cumsum(as_expression(x), axis)


@op("cumprod")
def cumprod(x: Any, axis: int = 0) -> gg.Tensor:
    """Products of all up to each place."""
    return gg.cumprod(as_expression(x), axis)


# Products


@op("dot")
def dot(x: Any, y: Any) -> gg.Tensor:
    """The product of the last axis of x with the last but one of y."""
    a, b = alike(x, y)
    if a.ndim > 1 and b.ndim == 2:
        return a @ b
    if a.ndim < 2 or b.ndim < 2:
        return gg.dot(a, b)
    return gg.tensordot(a, b, ([a.ndim - 1], [b.ndim - 2]))


@op("batch_dot")
def batch_dot(x: Any, y: Any, axes: Any = None) -> gg.Tensor:
    """For each example the product of x and y along an axis of each."""
    a, b = alike(x, y)
    if axes is None:
        axes = (a.ndim - 1, 1 if b.ndim == 2 else b.ndim - 2)
    first, second = (axes, axes) if isinstance(axes, int) else axes
    first, second = first % a.ndim, second % b.ndim
    if a.ndim == b.ndim == 2:
        return gg.sum(a * b, 1, keepdims=True)
    if max(a.ndim, b.ndim) > 3:
        return _of_matrices(a, b, first, second)
    left = gg.moveaxis(a, first, -1)
    right = gg.moveaxis(b, second, 1)
    letters = "bcdefgh"
    of_x = "a" + letters[: a.ndim - 2] + "z"
    of_y = "az" + "opqrs"[: b.ndim - 2]
    return gg.einsum(f"{of_x},{of_y}->{of_x[:-1]}{of_y[2:]}", left, right)


def _of_matrices(a: gg.Tensor, b: gg.Tensor, first: int, second: int) -> gg.Tensor:
    """Return products of the last two axes, for each place of all axes before: as up to Keras 2.2.

    What has fewer axes is a matrix of one column at each place.
    """
    missing = b.ndim - a.ndim
    for _ in range(missing):
        a = gg.expand_dims(a, -1)
    for _ in range(-missing):
        b = gg.expand_dims(b, -1)
    left = a if first == a.ndim - 1 else gg.swapaxes(a, -1, -2)
    right = gg.swapaxes(b, -1, -2) if second == b.ndim - 1 else b
    product = left @ right
    place = product.ndim - 1 if missing < 0 else product.ndim - 1 - missing
    return gg.squeeze(product, tuple(range(place, place + abs(missing)))) if missing else product


# Shapes


@op("shape")
def shape(x: Any) -> gg.Tensor:
    """The shape as a tensor."""
    return gg.cast(gg.shape(as_expression(x)), "int32")


@backend("int_shape")
def int_shape(x: Any) -> Any:
    """Return the shape as a tuple, with None for sizes that are not known."""
    sizes = as_expression(x).known_shape if not hasattr(x, "sizes") else x.sizes
    return None if sizes is None else tuple(sizes)


@backend("ndim")
def ndim(x: Any) -> Any:
    """Return the number of axes."""
    sizes = int_shape(x)
    return None if sizes is None else len(sizes)


@backend("dtype")
def dtype(x: Any) -> str:
    """Return the name of the dtype."""
    return as_dtype(as_expression(x).dtype).name


@op("reshape")
def reshape(x: Any, shape: Any) -> gg.Tensor:
    """X in another shape."""
    sizes = [-1 if size is None else size for size in shape] if _is_static(shape) else shape
    return gg.reshape(as_expression(x), tuple(sizes) if isinstance(sizes, list) else sizes)


def _is_static(shape: Any) -> bool:
    return isinstance(shape, (list, tuple))


@op("permute_dimensions")
def permute_dimensions(x: Any, pattern: Any) -> gg.Tensor:
    """X with its axes in another order."""
    return gg.transpose(as_expression(x), tuple(pattern))


@op("flatten")
def flatten(x: Any) -> gg.Tensor:
    """All elements in one axis."""
    return gg.reshape(as_expression(x), (-1,))


@op("batch_flatten")
def batch_flatten(x: Any) -> gg.Tensor:
    """All elements of each example in one axis."""
    value = as_expression(x)
    sizes = value.known_shape
    known = sizes is not None and None not in sizes[1:]
    width = int(np.prod(sizes[1:])) if known else -1  # type: ignore[index,arg-type]
    return gg.reshape(value, (-1 if known else gg.size(value, 0), width))


@op("expand_dims")
def expand_dims(x: Any, axis: int = -1) -> gg.Tensor:
    """X with another axis of size 1."""
    return gg.expand_dims(as_expression(x), axis)


@op("squeeze")
def squeeze(x: Any, axis: Any) -> gg.Tensor:
    """X without an axis of size 1."""
    return gg.squeeze(as_expression(x), _axes(axis))


@op("concatenate")
def concatenate(tensors: Any, axis: int = -1) -> gg.Tensor:
    """Tensors joined along an axis."""
    return gg.concat(alike(*tensors), axis)


@op("stack")
def stack(x: Any, axis: int = 0) -> gg.Tensor:
    """Tensors joined along a new axis."""
    return gg.stack(alike(*x), axis)


@op("repeat")
def repeat(x: Any, n: int) -> gg.Tensor:
    """(batch, features) repeated to (batch, n, features)."""
    value = gg.expand_dims(as_expression(x), 1)
    return gg.tile(value, (1, n, 1))


@op("repeat_elements")
def repeat_elements(x: Any, rep: int, axis: int) -> gg.Tensor:
    """Each element several times along an axis."""
    return gg.repeat(as_expression(x), rep, axis)


@backend("tile")
def tile(x: Any, n: Any) -> Any:
    """X several times along each axis."""
    value = as_tensor(x)
    times = (n,) if isinstance(n, int) else n
    rank = value.expression.ndim
    if isinstance(times, (list, tuple)) and len(times) < rank:
        times = (*[1] * (rank - len(times)), *times)
    return TABLES["tensorflow"]["tile"](value, times)


@op("arange")
def arange(start: Any, stop: Any = None, step: int = 1, dtype: str = "int32") -> gg.Tensor:
    """Numbers from start up to stop."""
    return gg.cast(gg.arange(start, stop, step) if stop is not None else gg.arange(start), dtype)


@op("reverse")
def reverse(x: Any, axes: Any) -> gg.Tensor:
    """X backwards along axes."""
    return gg.flip(as_expression(x), _axes(axes))


@op("gather")
def gather(reference: Any, indices: Any) -> gg.Tensor:
    """Rows by their numbers."""
    return gg.gather(as_expression(reference), gg.cast(as_expression(indices), "int64"))


@op("zeros_like")
def zeros_like(x: Any, dtype: Any = None) -> gg.Tensor:
    """Zeros in the shape of x."""
    zeros = gg.zeros_like(as_expression(x))
    return zeros if dtype is None else gg.cast(zeros, as_dtype(dtype).numpy_dtype)


@op("ones_like")
def ones_like(x: Any, dtype: Any = None) -> gg.Tensor:
    """Ones in the shape of x."""
    ones = gg.ones_like(as_expression(x))
    return ones if dtype is None else gg.cast(ones, as_dtype(dtype).numpy_dtype)


@op("slice")
def slice_(x: Any, start: Any, size: Any) -> gg.Tensor:
    """A part of x, from a place on."""
    places = zip(start, size, strict=True)
    parts = tuple(slice(a, None if n == -1 else a + n) for a, n in places)
    return as_expression(x)[parts]


@op("one_hot")
def one_hot(indices: Any, num_classes: int) -> gg.Tensor:
    """One-hot rows of whole numbers."""
    return gg.one_hot(gg.cast(as_expression(indices), "int64"), num_classes)


# Choosing and looping


@op("_where")
def _where(condition: Any, then: Any, otherwise: Any) -> gg.Tensor:
    """Elements of one tensor where a condition holds, else of another."""
    chosen, (a, b) = gg.cast(as_expression(condition), "bool"), alike(then, otherwise)
    behind = a.ndim - chosen.ndim
    if chosen.ndim and behind > 0:
        chosen = gg.expand_dims(chosen, tuple(range(chosen.ndim, a.ndim)))
    return gg.where(chosen, a, b)


@backend("switch")
def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Return one of two tensors by a condition; both may be functions that return them."""
    given = (then_expression, else_expression)
    then, otherwise = (f() if callable(f) and not is_named(f) else f for f in given)
    return _where(condition, then, otherwise)


@op("map_fn")
def map_fn(fn: Any, elems: Any, name: Any = None, dtype: Any = None) -> gg.Tensor:
    """What a function gives of each row."""
    del name, dtype
    step = for_user(fn)
    zero = gg.zeros(())
    return gg.scan(lambda carried, x: (carried, step(x)), zero, elems)[1]


@op("foldl")
def foldl(fn: Any, elems: Any, initializer: Any = None, name: Any = None) -> gg.Tensor:
    """What remains if a function joins all rows from the first on."""
    del name
    step = for_user(fn)
    first, rest = (elems[0], elems[1:]) if initializer is None else (initializer, elems)
    return gg.scan(lambda carried, x: (step(carried, x), carried), as_expression(first), rest)[0]


@backend("print_tensor")
def print_tensor(x: Any, message: str = "") -> Any:
    """Return the tensor, whose value is printed when a session runs it."""
    from giulgi.compat.operations.host import host_operation

    host_operation("Print", lambda value: print(message, value), [as_tensor(x)])
    return x
