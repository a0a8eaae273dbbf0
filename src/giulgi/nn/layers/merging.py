"""Layers that make one tensor of several."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.shapes import normalise_axis
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.checks import is_whole_number
from giulgi.nn.layers.scaling import of_length_one
from giulgi.nn.masks import for_elements
from giulgi.signatures import names_checked


class _Merge(Layer):
    """Base of layers that are called on a list of tensors."""

    #: Whether there are just two of them.
    of_two = False

    def given(self, inputs: Any) -> list[Tensor]:
        """Return the tensors.

        Raises:
            ArgumentError: if they are no list, or too few or too many.
        """
        own = type(self).__name__
        listed = list(inputs) if isinstance(inputs, (list, tuple)) else []
        if not listed or (self.of_two and len(listed) != 2):
            count = "two tensors" if self.of_two else "a list of tensors"
            raise ArgumentError(f"{own} is called on {count}.", op=own, fix=f"{own}()([a, b])")
        return listed

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return where a step of any of the tensors counts; None if all of one do."""
        masks = list(mask or [None])
        return None if any(m is None for m in masks) else reduce(ops.logical_or, masks)


class _Elementwise(_Merge):
    """Base of layers that take several tensors to one, element by element; shapes are broadcast."""

    def pair(self, a: Tensor, b: Tensor) -> Tensor:
        """Return what two of them make."""
        raise NotImplementedError

    def call(self, inputs: Any) -> Tensor:
        """Return what all of them make, from the first to the last."""
        return reduce(self.pair, self.given(inputs))


class Add(_Elementwise):
    """The sum of several tensors, element by element."""

    def pair(self, a: Tensor, b: Tensor) -> Tensor:
        """Return a + b."""
        return a + b


class Subtract(_Elementwise):
    """The difference of two tensors, a - b."""

    of_two = True

    def pair(self, a: Tensor, b: Tensor) -> Tensor:
        """Return a - b."""
        return a - b


class Multiply(_Elementwise):
    """The product of several tensors, element by element; a masked step is left out of it.

    Where the steps of none of them count, the product is 0.
    """

    def pair(self, a: Tensor, b: Tensor) -> Tensor:
        """Return a * b."""
        return a * b

    def call(self, inputs: Any, mask: Any = None) -> Tensor:
        """Return the product of what counts."""
        given = self.given(inputs)
        masks = list(mask or [None] * len(given))
        parts = [
            x if m is None else ops.where(for_elements(m, x), x, 1)
            for x, m in zip(given, masks, strict=True)
        ]
        y = super().call(parts)
        counts = self.compute_mask(given, masks)
        return y if counts is None else ops.where(for_elements(counts, y), y, 0)


class _Extreme(_Elementwise):
    """Base of the greatest and the least of several tensors, of which masked steps are none.

    Where the steps of none of them count, it is the first.
    """

    def call(self, inputs: Any, mask: Any = None) -> Tensor:
        """Return the extremes of what counts."""
        first, *others = self.given(inputs)
        counts, *masks = mask or [None] * (1 + len(others))
        y = first
        for x, own in zip(others, masks, strict=True):
            x = x if own is None else ops.where(for_elements(own, x), x, y)
            y = self.pair(y if counts is None else ops.where(for_elements(counts, y), y, x), x)
            counts = None if own is None or counts is None else ops.logical_or(counts, own)
        return y


class Maximum(_Extreme):
    """The greatest of several tensors, element by element."""

    def pair(self, a: Tensor, b: Tensor) -> Tensor:
        """Return max(a, b)."""
        return ops.maximum(a, b)


class Minimum(_Extreme):
    """The least of several tensors, element by element."""

    def pair(self, a: Tensor, b: Tensor) -> Tensor:
        """Return min(a, b)."""
        return ops.minimum(a, b)


class Average(Add):
    """The mean of several tensors, element by element."""

    def call(self, inputs: Any) -> Tensor:
        """Return the sum, divided by their number."""
        return super().call(inputs) / len(self.given(inputs))


class Concatenate(_Merge):
    """Several tensors one after another along an axis.

    Args:
        axis: the axis.
        options: of every :class:`Layer`.
    """

    @layer_arguments
    def __init__(self, axis: int = -1, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, inputs: Any) -> Tensor:
        """Return them joined."""
        return ops.concat(self.given(inputs), self.axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return where anything that counts is along the last axis."""
        if all(m is None for m in mask or []):
            return None
        spread = [
            ops.broadcast_to(True if m is None else for_elements(m, x), ops.shape(x))
            for x, m in zip(inputs, mask, strict=True)
        ]
        return ops.any(ops.concat(spread, self.axis), -1)


class Dot(_Merge):
    """For each example the products of two tensors, summed over an axis of each.

    For a (batch, n, k) and b (batch, m, k), Dot(axes=2) makes (batch, n, m). Of two vectors for
    each example it makes (batch, 1).

    Args:
        axes: the axis of both that is summed over, or a pair, one for each.
        normalize: whether both are brought to length 1 along it first: the result is then the
            cosine of the angle between them.
        options: of every :class:`Layer`.
    """

    of_two = True

    @layer_arguments
    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **options: Any) -> None:
        super().__init__(**options)
        pair = axes if isinstance(axes, (tuple, list)) else (axes, axes)
        if len(pair) != 2 or not all(map(is_whole_number, pair)):
            raise ArgumentError(
                f"axes is {axes!r}; it is an axis of both tensors, or a pair, one for each.",
                op="Dot",
                fix="Dot(axes=1), or Dot(axes=(1, 2))",
            )
        self.axes = tuple(int(axis) for axis in pair)
        self.normalize = normalize

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Return that all counts: the steps are summed over, or meet each other."""
        return

    def call(self, inputs: Any) -> Tensor:
        """Return the sums of products."""
        a, b = self.given(inputs)
        axis_a, axis_b = map(normalise_axis, self.axes, (a.ndim, b.ndim))
        if 0 in (axis_a, axis_b):
            raise ShapeError(
                "axis 0 is that of the examples, over which nothing is summed.",
                op="Dot",
                arguments=[("a", a.description), ("b", b.description)],
                fix="Dot(axes=1) for vectors, or the last axis: Dot(axes=-1)",
            )
        sizes = a.shape[axis_a], b.shape[axis_b]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ShapeError(
                f"the products are summed over axes of different sizes, {sizes[0]} and {sizes[1]}.",
                op="Dot",
                arguments=[("a", a.description), ("b", b.description)],
                axes=f"axis {axis_a} of a ({sizes[0]}) and axis {axis_b} of b ({sizes[1]})",
                fix="name an axis for each: Dot(axes=(1, 2))",
            )
        if self.normalize:
            a, b = of_length_one(a, axis_a, 1e-14), of_length_one(b, axis_b, 1e-14)
        left, right = ops.moveaxis(a, axis_a, -1), ops.moveaxis(b, axis_b, 1)
        of_a: list[Any] = [ops.size(left, axis) for axis in range(1, a.ndim - 1)]
        of_b: list[Any] = [ops.size(right, axis) for axis in range(2, b.ndim)]
        batch, inner = ops.size(a, 0), ops.size(a, axis_a)
        y = ops.reshape(left, (batch, -1, inner)) @ ops.reshape(right, (batch, inner, -1))
        return ops.reshape(y, (batch, *(of_a + of_b or [1])))


class Lambda(Layer):
    """y = function(x): any function of tensors, without weights, as a layer.

    Args:
        function: a function of the inputs that returns a tensor. If it has parameters ``mask`` and
            ``training``, it is given the mask of the inputs and whether it is training.
        output_shape: is accepted, and makes no difference: shapes are known anyway.
        mask: which steps of the outputs count: a tensor, or a function of inputs and their mask.
        arguments: further arguments by their names.
        options: of every :class:`Layer`.
    """

    @names_checked
    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if not callable(function):
            raise ArgumentError(
                f"function is {function!r}, and no function.",
                op="Lambda",
                fix="Lambda(lambda x: x ** 2)",
            )
        self.function = function
        self.mask = mask
        self.arguments = dict(arguments or {})

    def takes(self, argument: str) -> bool:
        """Whether the function takes an argument; some of C, such as max, do not tell theirs."""
        try:
            return argument in inspect.signature(self.function).parameters
        except ValueError:
            return False

    def call(self, x: Any, **told: Any) -> Any:
        """Return function(x)."""
        return self.function(x, **{**self.arguments, **told})

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return what the layer was told that it is."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask


# The same as functions


def add(inputs: Any, **options: Any) -> Tensor:
    """Return what :class:`Add` makes of a list of tensors; the options are those of the layer."""
    return Add(**options)(inputs)


def subtract(inputs: Any, **options: Any) -> Tensor:
    """Return what :class:`Subtract` makes of two tensors."""
    return Subtract(**options)(inputs)


def multiply(inputs: Any, **options: Any) -> Tensor:
    """Return what :class:`Multiply` makes of a list of tensors."""
    return Multiply(**options)(inputs)


def average(inputs: Any, **options: Any) -> Tensor:
    """Return what :class:`Average` makes of a list of tensors."""
    return Average(**options)(inputs)


def maximum(inputs: Any, **options: Any) -> Tensor:
    """Return what :class:`Maximum` makes of a list of tensors."""
    return Maximum(**options)(inputs)


def minimum(inputs: Any, **options: Any) -> Tensor:
    """Return what :class:`Minimum` makes of a list of tensors."""
    return Minimum(**options)(inputs)


def concatenate(inputs: Any, axis: int = -1, **options: Any) -> Tensor:
    """Return what :class:`Concatenate` makes of a list of tensors."""
    return Concatenate(axis, **options)(inputs)


def dot(inputs: Any, axes: int | Sequence[int], normalize: bool = False, **options: Any) -> Tensor:
    """Return what :class:`Dot` makes of two tensors."""
    return Dot(axes, normalize, **options)(inputs)
