"""Layers that make one tensor of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer


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
        """Return where a step of any of the tensors counts."""
        masks = [m for m in mask or [] if m is not None]
        return reduce(ops.logical_or, masks) if masks else None


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
    """The product of several tensors, element by element."""

    def pair(self, a: Tensor, b: Tensor) -> Tensor:
        """Return a * b."""
        return a * b

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return where the steps of all tensors count."""
        masks = [m for m in mask or [] if m is not None]
        return reduce(ops.logical_and, masks) if masks else None


class Maximum(_Elementwise):
    """The greatest of several tensors, element by element."""

    def pair(self, a: Tensor, b: Tensor) -> Tensor:
        """Return max(a, b)."""
        return ops.maximum(a, b)


class Minimum(_Elementwise):
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
        self.axes = (axes, axes) if isinstance(axes, int) else tuple(axes)
        self.normalize = normalize

    def call(self, inputs: Any) -> Tensor:
        """Return the sums of products."""
        a, b = self.given(inputs)
        axis_a, axis_b = (axis % x.ndim for axis, x in zip(self.axes, (a, b), strict=True))
        if 0 in (axis_a, axis_b):
            raise ShapeError(
                "axis 0 is that of the examples, over which nothing is summed.",
                op="Dot",
                arguments=[("a", a.description), ("b", b.description)],
                fix="Dot(axes=1) for vectors, or the last axis: Dot(axes=-1)",
            )
        if self.normalize:
            a, b = _of_length_one(a, axis_a), _of_length_one(b, axis_b)
        left, right = ops.moveaxis(a, axis_a, -1), ops.moveaxis(b, axis_b, 1)
        of_a: list[Any] = [ops.size(left, axis) for axis in range(1, a.ndim - 1)]
        of_b: list[Any] = [ops.size(right, axis) for axis in range(2, b.ndim)]
        batch, inner = ops.size(a, 0), ops.size(a, axis_a)
        y = ops.reshape(left, (batch, -1, inner)) @ ops.reshape(right, (batch, inner, -1))
        return ops.reshape(y, (batch, *(of_a + of_b or [1])))


def _of_length_one(x: Tensor, axis: int) -> Tensor:
    length = ops.sum(ops.square(x), axis, keepdims=True)
    return x / ops.sqrt(ops.maximum(length, 1e-12))


class Lambda(Layer):
    """y = function(x): any function of tensors, without weights, as a layer.

    Args:
        function: a function of the inputs that returns a tensor.
        arguments: further arguments by their names.
        options: of every :class:`Layer`.
    """

    @layer_arguments
    def __init__(
        self,
        function: Callable[..., Any],
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
        self.arguments = dict(arguments or {})

    def call(self, x: Any) -> Any:
        """Return function(x)."""
        return self.function(x, **self.arguments)
