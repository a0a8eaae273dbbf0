"""Dropout: leaving out units at random while training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError
from giulgi.graph import ops
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.signatures import called_as

# Far from one seed to the next, so that layers with neighbouring seeds draw different masks.
_SEED_STEP = 0x9E3779B9


class Dropout(Layer):
    """While training y = x / (1 - rate) where a random number says so, and 0 elsewhere; then y = x.

    Srivastava et al., JMLR 15 (2014). Dividing by 1 - rate keeps the mean of y at that of x.

    Args:
        rate: the share of units left out, from 0 to 1.
        noise_shape: the shape of the mask, broadcast to that of x; None stands for a size of x.
            (None, 1, None), say, leaves out the same units in every step.
        seed: a whole number for masks of its own; None draws from ``gg.set_seed``. A layer made
            anew with it draws the same masks again, one after another. A copy (``copy.deepcopy``,
            pickle) goes on drawing as its original would: with a seed the same masks, else others.
        options: of every :class:`Layer`.

    Raises:
        ArgumentError: if the rate is not from 0 to 1.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    @called_as("Dropout(0.5)")
    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if not isinstance(rate, (int, float, np.number)) or not 0 <= rate <= 1:
            raise ArgumentError(
                f"rate is {rate!r}; it is the share left out, from 0 to 1.",
                op="Dropout",
                fix="Dropout(0.5) leaves out half",
            )
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed = seed
        self._masks_drawn = 0

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Return x with units left out while training."""
        if not training or self.rate == 0:
            return x
        if self.rate == 1:
            return ops.zeros_like(x)
        return ops.where(self.kept(x), x / (1 - self.rate), 0)

    def kept(self, x: Tensor) -> Tensor:
        """Return which units of x are kept."""
        return ops.random.uniform(self._mask_shape(x), seed=self._next_seed(x)) >= self.rate

    def _next_seed(self, x: Tensor) -> int | None:
        """Return the seed of the next mask."""
        if self.seed is None or x.node.symbolic:
            return self.seed  # A mask that is part of a graph is drawn anew by each run.
        number = self._masks_drawn
        self._masks_drawn += 1
        return (self.seed + number * _SEED_STEP) % 2**32

    def _mask_shape(self, x: Tensor) -> Any:
        if self.noise_shape is None:
            return ops.shape(x)
        return [
            ops.size(x, axis) if size is None else size
            for axis, size in enumerate(self.noise_shape)
        ]
