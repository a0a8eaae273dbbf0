"""Normalization of each example over groups of its channels."""

from __future__ import annotations

from typing import Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.ops.shape import dims_of
from giulgi.graph.shapes import Shape, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.checks import is_whole_number
from giulgi.nn.layers.normalization import Normalizing, axis_of_channels, moments, size_along


class GroupNormalization(Normalizing):
    """Groups of channels of each example brought to mean 0 and variance 1; Wu & He (2018).

    Weights: gamma and beta, each one number for each channel.

    Args:
        groups: into how many groups the channels fall; -1: each channel is one.
        axis: the axis of the channels.
        epsilon: what is added to the variance.
        center: whether there is a shift, beta.
        scale: whether there is a factor, gamma.
        beta_initializer: the first values of beta.
        gamma_initializer: the first values of gamma.
        beta_regularizer: a penalty of beta.
        gamma_regularizer: a penalty of gamma.
        options: of every :class:`Layer`.
    """

    @layer_arguments
    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(
            epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
            gamma_regularizer, **options,
        )  # fmt: skip
        if not is_whole_number(groups) or (groups < 1 and groups != -1):
            raise ArgumentError(
                f"groups is {groups!r}; it is a whole number of groups, or -1.",
                op="GroupNormalization",
                fix="groups=32, or groups=-1 for each channel by itself",
            )
        self.groups = int(groups)
        self.axis = axis_of_channels(self, axis)

    def build(self, input_shape: Shape) -> None:
        """Make the weights."""
        channels = size_along(self, input_shape, self.axis)
        if channels % self.groups:
            raise ShapeError(
                f"{channels} channels do not fall into {self.groups} groups.",
                op="GroupNormalization",
                arguments=[("inputs", shape_text(input_shape))],
                fix="use a number of groups that divides the channels",
            )
        self.add_factors((channels,))

    def call(self, x: Tensor) -> Tensor:
        """Return the normalized inputs."""
        channel = self.axis % x.ndim
        sizes = dims_of(x)
        channels = sizes[channel]
        groups = channels if self.groups == -1 else self.groups
        within = [groups, channels // groups]
        grouped = ops.reshape(x, (*sizes[:channel], *within, *sizes[channel + 1 :]))
        axes = tuple(axis for axis in range(1, grouped.ndim) if axis != channel)
        ones = [1] * (x.ndim - 1)
        shape = [*ones[:channel], *within, *ones[channel:]]
        y = self.normalized(grouped, *moments(grouped, axes), shape)
        return ops.reshape(y, sizes)
