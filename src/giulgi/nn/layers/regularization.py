"""A penalty of what goes from one layer to the next."""

from __future__ import annotations

from typing import Any

from giulgi.graph import ops
from giulgi.graph.tensor import Tensor
from giulgi.nn import regularizers
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer


class ActivityRegularization(Layer):
    """y = x, with l1 * sum(|x|) + l2 * sum(x^2), divided by the size of the batch, in the loss.

    Args:
        l1: the factor of the sum of sizes.
        l2: the factor of the sum of squares.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    def __init__(self, l1: float = 0.0, l2: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.l1 = l1
        self.l2 = l2

    def call(self, x: Tensor) -> Tensor:
        """Return x, and note the penalty of it."""
        penalty = regularizers.L1L2(self.l1, self.l2)(x)
        self.add_loss(penalty / ops.cast(ops.size(x, 0), x.dtype))
        return x
