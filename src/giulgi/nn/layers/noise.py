"""Noise while training: added, multiplied, or whole channels left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from giulgi.errors import ArgumentError
from giulgi.graph import ops
from giulgi.graph.tensor import Tensor
from giulgi.nn.activations import SELU_ALPHA, SELU_SCALE
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.dropout import Dropout
from giulgi.nn.layers.spatial import Spatial, checked_data_format
from giulgi.signatures import called_as


class GaussianNoise(Layer):
    """While training y = x + n, with n normally distributed around 0; then y = x.

    Args:
        stddev: the standard deviation of n.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    @called_as("GaussianNoise(0.1)")
    def __init__(self, stddev: float, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        if not stddev >= 0:
            raise ArgumentError(
                f"stddev is {stddev!r}; it is at least 0.",
                op="GaussianNoise",
                fix="GaussianNoise(0.1)",
            )
        self.stddev = stddev
        self.seed = seed

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Return x with noise while training."""
        if not training or self.stddev == 0:
            return x
        return x + ops.random.normal(ops.shape(x), 0.0, self.stddev, seed=self.seed)


class GaussianDropout(Layer):
    """While training y = x * n, with n normally distributed around 1; then y = x.

    The variance of n is rate / (1 - rate), as of the factors of :class:`Dropout`.

    Args:
        rate: the share that a dropout of the same variance leaves out, from 0 to below 1.
        seed: a whole number for numbers of its own; None draws from ``gg.set_seed``.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    @called_as("GaussianDropout(0.5)")
    def __init__(self, rate: float, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        if not 0 <= rate < 1:
            raise ArgumentError(
                f"rate is {rate!r}; it is from 0 to below 1.",
                op="GaussianDropout",
                fix="GaussianDropout(0.5)",
            )
        self.rate = rate
        self.seed = seed

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Return x with noise while training."""
        if not training or self.rate == 0:
            return x
        deviation = (self.rate / (1 - self.rate)) ** 0.5
        return x * ops.random.normal(ops.shape(x), 1.0, deviation, seed=self.seed)


# What the activation selu tends to far below 0.
_LOWEST = -SELU_ALPHA * SELU_SCALE


class AlphaDropout(Dropout):
    """While training y = a x + b, with the least value of selu for the x left out; then y = x.

    a and b bring mean and variance back to 0 and 1 if those of x are; Klambauer et al.,
    arXiv:1706.02515.

    Args:
        rate: the share of units left out, from 0 to below 1.
        noise_shape: as of :class:`Dropout`.
        seed: as of :class:`Dropout`.
        options: of every :class:`Layer`.
    """

    @layer_arguments
    @called_as("AlphaDropout(0.1)")
    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(rate, noise_shape, seed, **options)
        if rate == 1:
            raise ArgumentError(
                "rate is 1; nothing would be left to have a variance.",
                op="AlphaDropout",
                fix="AlphaDropout(0.1)",
            )

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Return x with units left out while training."""
        if not training or self.rate == 0:
            return x
        a = ((1 - self.rate) * (1 + self.rate * _LOWEST**2)) ** -0.5
        return a * ops.where(self.kept(x), x, _LOWEST) - a * _LOWEST * self.rate


class _SpatialDropout(Dropout, Spatial):
    """Base of dropouts of whole channels.

    Args:
        rate: the share of channels left out, from 0 to 1.
        data_format: "channels_last" (the default) or "channels_first".
        seed: as of :class:`Dropout`.
        options: of every :class:`Layer`.
    """

    @layer_arguments
    @called_as("SpatialDropout2D(0.5)")
    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(rate, None, seed, **options)
        self.data_format = checked_data_format(data_format)
        space = (1,) * self.rank
        first = self.data_format == "channels_first"
        self.noise_shape = (None, None, *space) if first else (None, *space, None)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Return x with channels left out while training."""
        self.require_rank(x.known_shape)
        return super().call(x, training)


class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels of (batch, steps, channels)."""

    rank = 1


class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole channels of pictures (batch, height, width, channels)."""

    rank = 2


class SpatialDropout3D(_SpatialDropout):
    """Dropout of whole channels of (batch, a, b, c, channels)."""

    rank = 3
