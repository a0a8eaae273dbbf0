"""Activations that have settings or weights, as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.dtypes import bool_
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import Shape
from giulgi.graph.tensor import Tensor
from giulgi.nn import activations, initializers, regularizers
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.checks import last_dimension
from giulgi.nn.masks import mask_of

# The score of what is masked: beside others its exponential is 0.
NEVER = -1e9


class ReLU(Layer):
    """y = x above a threshold, up to a greatest value; negative_slope * (x - threshold) below it.

    Args:
        max_value: where y is cut off; None: nowhere.
        negative_slope: the slope below the threshold.
        threshold: below it x counts as negative.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def call(self, x: Tensor) -> Tensor:
        """Return the rectified inputs."""
        return activations.relu(x, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """y = x where x >= 0, and negative_slope * x elsewhere.

    Args:
        negative_slope: the slope below 0.
        alpha: its old name.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    def __init__(
        self, negative_slope: float = 0.3, alpha: float | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.negative_slope = negative_slope if alpha is None else alpha

    def call(self, x: Tensor) -> Tensor:
        """Return the rectified inputs."""
        return activations.leaky_relu(x, self.negative_slope)


class ELU(Layer):
    """y = x where x >= 0, and alpha * (exp(x) - 1) elsewhere; Clevert et al. (2016).

    Args:
        alpha: what y tends to, negated, far below 0.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    def __init__(self, alpha: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.alpha = alpha

    def call(self, x: Tensor) -> Tensor:
        """Return the activations."""
        return activations.elu(x, self.alpha)


class PReLU(Layer):
    """y = x where x >= 0, and alpha * x elsewhere, with a learned alpha; He et al. (2015).

    Weights: alpha, of the shape of an example, with size 1 along the axes that share it.

    Args:
        alpha_initializer: the first values of alpha.
        alpha_regularizer: a penalty of alpha.
        shared_axes: axes along which all elements share one alpha: (1, 2) for pictures.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True
    alpha: Variable

    @layer_arguments
    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        shared_axes: Sequence[int] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.shared_axes = tuple(shared_axes or ())

    def build(self, input_shape: Shape) -> None:
        """Make alpha."""
        last_dimension(self, input_shape)
        shape = [
            1 if axis in self.shared_axes else size
            for axis, size in enumerate(input_shape[1:], start=1)
        ]
        if None in shape:
            raise ArgumentError(
                "the sizes of the inputs must be known, to make an alpha for each element.",
                op="PReLU",
                fix=f"share it along the axes of unknown size: PReLU(shared_axes="
                f"{[1 + axis for axis, size in enumerate(shape) if size is None]})",
            )
        self.alpha = self.add_weight(
            shape,  # type: ignore[arg-type]
            self.alpha_initializer,
            name="alpha",
            regularizer=self.alpha_regularizer,
        )

    def call(self, x: Tensor) -> Tensor:
        """Return the rectified inputs."""
        return ops.maximum(x, 0) + self.alpha * ops.minimum(x, 0)


class ThresholdedReLU(Layer):
    """y = x where x > theta, and 0 elsewhere; Konda et al., arXiv:1402.3337.

    Args:
        theta: the threshold.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    def __init__(self, theta: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        if not isinstance(theta, (int, float, np.number)) or not theta >= 0:
            raise ArgumentError(
                f"theta is {theta!r}; it is a number of at least 0.",
                op="ThresholdedReLU",
                fix="ThresholdedReLU(1.0)",
            )
        self.theta = theta

    def call(self, x: Tensor) -> Tensor:
        """Return the inputs above the threshold."""
        return ops.where(x > self.theta, x, 0)


class Softmax(Layer):
    """y = exp(x) / sum of exp(x) along an axis, or several.

    Args:
        axis: the axis, or several.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True

    @layer_arguments
    def __init__(self, axis: int | Sequence[int] = -1, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the shares.

        Args:
            x: the inputs.
            mask: which of them have a share: where it is True, or greater than 0.5. It is broadcast
                to x. A mask of steps that goes along with x, and has fewer axes, says nothing of
                shares, and goes on.

        Raises:
            ShapeError: if the mask cannot be broadcast to x.
        """
        if mask is None or (mask is mask_of(x) and mask.ndim < x.ndim):
            return masked_softmax(x, None, self.axis)
        mask = ops.constant(mask)
        _require_broadcast(x, mask)
        return masked_softmax(x, mask if mask.dtype == bool_ else mask > 0.5, self.axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask that goes along with the inputs: one of shares is none of steps."""
        return mask_of(inputs)


def masked_softmax(x: Tensor, counts: Tensor | None, axis: int | Sequence[int] = -1) -> Tensor:
    """Return the shares of what counts; the others have none, even if nothing counts.

    Args:
        x: the inputs.
        counts: where they count, as bools that are broadcast to x; None: everywhere.
        axis: the axis of the shares, or several.
    """
    if counts is None:
        return activations.softmax(x, axis)
    return ops.where(counts, activations.softmax(ops.where(counts, x, NEVER), axis), 0)


def _require_broadcast(x: Tensor, mask: Tensor) -> None:
    """Raise a ShapeError if a mask would make x larger, or does not fit to it at all."""
    pairs = zip(reversed(x.shape), reversed(mask.shape), strict=False)
    wrong = [
        f"axis -{place} of the inputs ({size}) and of the mask ({own})"
        for place, (size, own) in enumerate(pairs, start=1)
        if own not in (1, size, None) and size is not None
    ]
    if wrong or mask.ndim > x.ndim:
        raise ShapeError(
            "the mask does not fit: its axes, counted from the last, have the sizes of those of "
            "the inputs, or 1.",
            op="Softmax",
            arguments=[("inputs", x.description), ("mask", mask.description)],
            axes="; ".join(wrong) or f"{mask.ndim} of the mask, {x.ndim} of the inputs",
            fix="a mask of the first axes gets others behind: mask[..., None]",
        )
