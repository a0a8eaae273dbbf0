"""Where examples enter a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from giulgi.graph.ops.leaves import placeholder
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.base import Layer, next_name


class InputLayer(Layer):
    """Says what one example looks like, at the beginning of a ``Sequential``.

    Args:
        shape: the shape of one example, without the batch.
        batch_size: the size of the batch, if it is always the same.
        dtype: the dtype of the examples.
        name: its name.
        options: of every :class:`Layer`.
    """

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: Any = "float32",
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype, **options)
        if shape is not None:
            self.batch_input_shape = (batch_size, *shape)

    def call(self, x: Tensor) -> Tensor:
        """Return the examples as they are."""
        return x


def Input(  # noqa: N802 - Keras's name
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: Any = "float32",
    name: str | None = None,
    batch_shape: Sequence[int | None] | None = None,
) -> Tensor:
    """Return a placeholder for a batch of examples.

    Args:
        shape: the shape of one example, without the batch: ``(784,)``.
        batch_size: the size of the batch, if it is always the same.
        dtype: the dtype of the examples.
        name: its name; None numbers them: input, input_1, ...
        batch_shape: the whole shape, with the batch in front.
    """
    if batch_shape is None:
        sizes = (shape,) if isinstance(shape, int) else tuple(shape or ())
        batch_shape = (batch_size, *sizes)
    return placeholder(dtype, tuple(batch_shape), name or next_name("Input"))
