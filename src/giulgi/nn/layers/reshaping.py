"""Layers that put the numbers of each example into another shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.shapes import is_static, shape_text, size_of
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.checks import is_whole_number
from giulgi.nn.layers.spatial import checked_data_format
from giulgi.signatures import called_as


class Flatten(Layer):
    """(batch, a, b, ...) -> (batch, a * b * ...): each example becomes one row.

    Args:
        data_format: "channels_last" takes the numbers as they stand. "channels_first" takes them
            as if the axis behind the batch were the last, so that pictures of either format give
            the same rows.
        options: of every :class:`Layer`.
    """

    one_input = True

    @layer_arguments
    def __init__(self, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.data_format = checked_data_format(data_format)

    def call(self, x: Tensor) -> Tensor:
        """Return the rows."""
        if self.data_format == "channels_first" and x.ndim > 2:
            x = ops.moveaxis(x, 1, -1)
        example = x.shape[1:]
        features = size_of(example) if is_static(example) else -1
        batch = x.shape[0]
        if batch is None:
            batch = -1 if features != -1 and features != 0 else ops.size(x, 0)  # type: ignore[assignment]
        return ops.reshape(x, (batch, features))


class Reshape(Layer):
    """(batch, ...) -> (batch, *target_shape).

    Args:
        target_shape: the shape of one example, a single number for one axis; one size may be -1,
            and is then computed.
        options: of every :class:`Layer`.

    Raises:
        ShapeError: when it is called, if an example does not fit.
    """

    one_input = True

    @layer_arguments
    @called_as("Reshape((7, 7, 2)), with the sizes in brackets of their own")
    def __init__(self, target_shape: Sequence[int] | int, **options: Any) -> None:
        super().__init__(**options)
        self.target_shape = (
            (int(target_shape),)
            if isinstance(target_shape, (int, np.integer))
            else tuple(target_shape)
        )

    def call(self, x: Tensor) -> Tensor:
        """Return each example in the target shape."""
        return ops.reshape(x, (ops.size(x, 0), *self._filled(x)))

    def _filled(self, x: Tensor) -> tuple[int, ...]:
        example = x.shape[1:]
        if not is_static(example):
            return self.target_shape
        known = size_of(size for size in self.target_shape if size != -1)
        whole = size_of(example)
        open_sizes = self.target_shape.count(-1)
        fits = whole == known if open_sizes == 0 else known > 0 and whole % known == 0
        if open_sizes > 1 or not fits:
            raise ShapeError(
                f"an example of shape {shape_text(example)} does not fit into "
                f"{shape_text(self.target_shape)}.",
                op="Reshape",
                arguments=[("inputs", x.description)],
                axes=f"{whole} numbers in each example, {known} in the target"
                if open_sizes == 0
                else f"{whole} numbers in each example, which is no multiple of {known}",
                fix="the target shape leaves out the batch; one size may be -1",
            )
        return tuple(whole // known if size == -1 else size for size in self.target_shape)


class Permute(Layer):
    """(batch, a, b, ...) with the axes of each example in another order.

    Args:
        dims: the axes of the result, counted from 1: (2, 1) exchanges the first two.
        options: of every :class:`Layer`.
    """

    one_input = True

    @layer_arguments
    @called_as("Permute((2, 1)), with the axes in brackets of their own")
    def __init__(self, dims: Sequence[int], **options: Any) -> None:
        super().__init__(**options)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ArgumentError(
                f"dims is {self.dims}; the axes of an example are counted from 1.",
                op="Permute",
                fix="Permute((2, 1)) exchanges the first two",
            )

    def call(self, x: Tensor) -> Tensor:
        """Return x with its axes in that order."""
        if x.ndim != len(self.dims) + 1:
            raise ShapeError(
                f"dims is {self.dims}, and an example has the shape {shape_text(x.shape[1:])}.",
                op="Permute",
                arguments=[("inputs", x.description)],
                fix=f"name them all: Permute({tuple(range(1, x.ndim))}) leaves them as they are",
            )
        return ops.transpose(x, (0, *self.dims))


class RepeatVector(Layer):
    """(batch, features) -> (batch, n, features): each example n times, one after another.

    Args:
        n: how often.
        options: of every :class:`Layer`.
    """

    one_input = True

    @layer_arguments
    @called_as("RepeatVector(3)")
    def __init__(self, n: int, **options: Any) -> None:
        super().__init__(**options)
        if not is_whole_number(n) or n < 1:
            raise ArgumentError(
                f"n is {n!r}; it is how often an example is repeated, at least once.",
                op="RepeatVector",
                fix="RepeatVector(3)",
            )
        self.n = int(n)

    def call(self, x: Tensor) -> Tensor:
        """Return the repeated examples."""
        if x.ndim != 2:
            raise ShapeError(
                "this layer takes inputs of shape (batch, features).",
                op="RepeatVector",
                arguments=[("inputs", x.description)],
                fix="flatten the examples first: layers.Flatten()",
            )
        return ops.repeat(ops.expand_dims(x, 1), self.n, 1)
