"""Sizes as values: the shape of a tensor, and operations whose shape is computed.

While the graph is built, some sizes are not known. ``shape(x)`` is then a tensor of the graph, and
operations such as reshape take a vector of sizes as their last input. When a program is made for
what is fed, every shape is known: ``shape(x)`` becomes a constant, and these operations their
plain form, in which the shape is an attribute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph.dtypes import DType, int64, is_integer
from giulgi.graph.node import build
from giulgi.graph.op import Op, Spec
from giulgi.graph.ops.leaves import TensorLike, constant, known_value, settled_value
from giulgi.graph.shapes import Shape, as_axes, is_static, normalise_axes, shape_text, size_of
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...] | Tensor


@dataclass(frozen=True)
class ShapeOf(Op):
    """The sizes of x along its axes, as a vector of int64."""

    name = "shape"

    def infer_dtype(self, x: DType) -> DType:
        return int64

    def infer_shape(self, x: Shape) -> Shape:
        return (len(x),)

    def infer_shape_of_unknown_rank(self, x: None) -> Shape:
        return (None,)

    def resolve(self, x: Tensor) -> Tensor | None:
        return constant(np.array(x.shape, np.int64)) if is_static(x.known_shape) else None

    def known_elements(self, x: Tensor) -> Shape | None:
        return x.known_shape

    def numpy(self, x: Array) -> Array:
        return np.array(x.shape, np.int64)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> None:
        return None


@dataclass(frozen=True)
class SizeOf(Op):
    """The number of elements of x along some axes (None: all), as one int64."""

    name = "size"
    axes: tuple[int, ...] | None

    def infer_dtype(self, x: DType) -> DType:
        return int64

    def infer_shape(self, x: Shape) -> Shape:
        return ()

    def infer_shape_of_unknown_rank(self, x: None) -> Shape:
        return ()

    def normalised(self, x: Tensor) -> Op:
        if x.known_shape is None:
            return self
        return SizeOf(normalise_axes(self.axes, len(x.known_shape)))

    def resolve(self, x: Tensor) -> Tensor | None:
        (size,) = self.known_elements(x)
        return None if size is None else constant(np.array(size, np.int64))

    def known_elements(self, x: Tensor) -> Shape:
        if x.known_shape is None:
            return (None,)
        sizes = tuple(x.known_shape[axis] for axis in normalise_axes(self.axes, x.ndim))
        return (size_of(sizes) if is_static(sizes) else None,)

    def numpy(self, x: Array) -> Array:
        sizes = [x.shape[axis] for axis in normalise_axes(self.axes, x.ndim)]
        return np.array(size_of(sizes), np.int64)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> None:
        return None


@dataclass(frozen=True)
class Shaped(Op):
    """Base of ops whose result has a given shape.

    Attributes:
        shape: the shape, if it is known; otherwise the last input is a vector of sizes.
    """

    #: The smallest number that stands for a size.
    least: ClassVar[int] = 0

    shape: Shape | None

    def target(self, *inputs: Tensor) -> Shape | None:
        """Return the shape that is asked for, as far as known; -1 in it stands as given."""
        return self.shape if self.shape is not None else elements_of(inputs[-1])

    def concrete_shape(self, shape: Array | None) -> tuple[int, ...]:
        """Return the shape as numbers: the attribute, or the value of the vector of sizes."""
        sizes = self.shape if shape is None else shape
        assert sizes is not None
        return tuple(int(size) for size in sizes if size is not None)

    def infer_target(self, target: Shape | None, *inputs: Tensor) -> Shape | None:
        """Check the inputs against the target, and return the shape of the result."""
        return target

    def infer(self, *inputs: Tensor) -> Spec:
        """The result has the target's shape."""
        operands = inputs if self.shape is not None else inputs[:-1]
        target = self.target(*inputs)
        if target is not None and any(size is not None and size < self.least for size in target):
            raise ShapeError(f"a size is negative in {shape_text(target)}.", fix="sizes are >= 0")
        dtype = self.infer_dtype(*(x.dtype for x in operands))
        return Spec(self.infer_target(target, *operands), dtype)

    def resolve(self, *inputs: Tensor) -> Tensor | None:
        """Once its elements are known, the vector of sizes becomes the attribute."""
        if self.shape is not None:
            return None
        target = self.target(*inputs)
        if not is_static(target):
            return None
        return build(replace(self, shape=target), *inputs[:-1])

    def formula(self, *inputs: str) -> str:
        """The shape stands last, whether it is known or computed."""
        attributes = self.attributes()
        shape = attributes.pop("shape")
        said = [*inputs] if shape is None else [*inputs, str(shape)]
        said += [f"{key}={value}" for key, value in attributes.items()]
        return f"{self.name}({', '.join(said)})"


def elements_of(sizes: Tensor) -> Shape | None:
    """Return the elements of an integer vector or scalar, None for each that is not known."""
    value = known_value(sizes)
    known = sizes.op.known_elements(*sizes.inputs) if value is None else None
    if value is None and not is_static(known):
        value = settled_value(sizes)
    if value is not None:
        return tuple(int(v) for v in value.ravel())
    if known is not None:
        return known
    shape = sizes.known_shape
    if shape is None or not is_static(shape):
        return None
    return (None,) * size_of(shape)


def as_sizes(shape: Any) -> Sizes:
    """Return a shape given as an int, ints, a tensor, or a mixture, as ints or as one tensor.

    Raises:
        ArgumentError: if it holds anything but integers.
    """
    if isinstance(shape, Tensor):
        return _checked_vector(shape)
    if isinstance(shape, (int, np.integer)):
        return (int(shape),)
    if isinstance(shape, np.ndarray):
        shape = shape.tolist()
    if not isinstance(shape, Sequence) or isinstance(shape, str):
        raise ArgumentError(f"{shape!r} is not a shape.", fix="give a tuple of sizes, as (2, 3)")
    if any(isinstance(size, Tensor) for size in shape):
        from giulgi.graph.ops.joining import stack

        return _checked_vector(stack([constant(size, int64) for size in shape]))
    for size in shape:
        if not isinstance(size, (int, np.integer)):
            raise ArgumentError(
                f"a shape holds whole numbers, not {size!r}.",
                fix="for a size that is known only when fed, use gg.shape(x)[0]",
            )
    return tuple(int(size) for size in shape)


def _checked_vector(sizes: Tensor) -> Sizes:
    if not is_integer(sizes.dtype):
        raise ArgumentError(
            f"a shape holds whole numbers, not {sizes.dtype.name}.", fix="sizes.astype('int64')"
        )
    known = elements_of(sizes)
    return known if is_static(known) else sizes


def build_shaped(op_type: type[Shaped], shape: Sizes, *inputs: Tensor, **options: Any) -> Tensor:
    """Build an op for a shape that is known, or is a vector of sizes."""
    name = options.pop("name", None)
    if isinstance(shape, tuple):
        return build(op_type(shape=shape, **options), *inputs, name=name)
    return build(op_type(shape=None, **options), *inputs, shape, name=name)


def sizes_of(x: Tensor) -> Sizes:
    """Return the shape of x: ints if all are known, else the tensor that computes them."""
    if is_static(x.known_shape):
        return x.known_shape
    return build(ShapeOf(), x)


def dims_of(x: Tensor) -> list[Any]:
    """Return the size of x along each axis: as a number if it is known, else as a tensor."""
    return [size(x, axis) if dim is None else dim for axis, dim in enumerate(x.shape)]


# What a user calls


def shape(x: TensorLike, name: str | None = None) -> Tensor:
    """Return the sizes of x as an int64 vector, also those known only when fed."""
    return build(ShapeOf(), constant(x), name=name)


def size(x: TensorLike, axis: int | Sequence[int] | None = None, name: str | None = None) -> Tensor:
    """Return the number of elements along an axis, or several, or all, as an int64."""
    return build(SizeOf(None if axis is None else as_axes(axis)), constant(x), name=name)


def rank(x: TensorLike, name: str | None = None) -> Tensor:
    """Return the number of axes as an int64."""
    return size(shape(x), name=name)
