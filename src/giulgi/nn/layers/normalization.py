"""Normalization: inputs brought to mean 0 and variance 1, over the batch or over each example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from giulgi.errors import ArgumentError, ShapeError
from giulgi.graph import ops
from giulgi.graph.ops.leaves import Constant
from giulgi.graph.ops.state import Variable
from giulgi.graph.shapes import Shape, as_axes, normalise_axes, shape_text
from giulgi.graph.tensor import Tensor
from giulgi.nn import initializers, regularizers
from giulgi.nn.layers.arguments import layer_arguments
from giulgi.nn.layers.base import Layer
from giulgi.nn.layers.checks import is_whole_number
from giulgi.nn.layers.freezing import is_learning
from giulgi.nn.masks import for_elements


class Normalizing(Layer):
    """Base of layers that normalize, then scale by gamma and shift by beta.

    Args:
        epsilon: what is added to the variance.
        center: whether there is a shift, beta.
        scale: whether there is a factor, gamma.
        beta_initializer: the first values of beta.
        gamma_initializer: the first values of gamma.
        beta_regularizer: a penalty of beta.
        gamma_regularizer: a penalty of gamma.
        options: of every :class:`Layer`.
    """

    one_input = True
    supports_masking = True
    gamma: Variable | None
    beta: Variable | None

    def __init__(
        self,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)

    def add_factors(self, shape: Sequence[int]) -> None:
        """Make gamma and beta."""
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                shape, self.gamma_initializer, name="gamma", regularizer=self.gamma_regularizer
            )
        if self.center:
            self.beta = self.add_weight(
                shape, self.beta_initializer, name="beta", regularizer=self.beta_regularizer
            )

    def normalized(self, x: Tensor, mean: Tensor, variance: Tensor, shape: Any) -> Tensor:
        """Return (x - mean) / sqrt(variance + epsilon) * gamma + beta.

        Args:
            x: the inputs.
            mean: of x, in a shape that is broadcast to it.
            variance: likewise.
            shape: what gamma and beta are reshaped to.
        """
        y = (x - mean) / ops.sqrt(variance + self.epsilon)
        if self.gamma is not None:
            y = y * ops.reshape(self.gamma, shape)
        return y if self.beta is None else y + ops.reshape(self.beta, shape)


class BatchNormalization(Normalizing):
    """Each channel brought to mean 0 and variance 1; Ioffe & Szegedy (2015).

    While training mean and variance are those of the batch, over all axes but that of the channels;
    their moving averages, moving = momentum * moving + (1 - momentum) * batch's, serve afterwards,
    and in a layer that is not trainable. Of inputs with a mask only the steps that count make mean
    and variance; all are normalized.

    Weights: gamma and beta, and moving_mean and moving_variance, which training does not change by
    gradients; each has one number for each channel.

    Args:
        axis: the axis of the channels.
        momentum: how slowly the moving averages follow.
        epsilon: what is added to the variance.
        center: whether there is a shift, beta.
        scale: whether there is a factor, gamma.
        beta_initializer: the first values of beta.
        gamma_initializer: the first values of gamma.
        moving_mean_initializer: the first values of the moving mean.
        moving_variance_initializer: the first values of the moving variance.
        beta_regularizer: a penalty of beta.
        gamma_regularizer: a penalty of gamma.
        options: of every :class:`Layer`.
    """

    moving_mean: Variable
    moving_variance: Variable

    @layer_arguments
    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(
            epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
            gamma_regularizer, **options,
        )  # fmt: skip
        if not 0 <= momentum <= 1:
            raise ArgumentError(
                f"momentum is {momentum!r}; it is a share, from 0 to 1.",
                op="BatchNormalization",
                fix="momentum=0.99",
            )
        self.axis = axis_of_channels(self, axis)
        self.momentum = momentum
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def build(self, input_shape: Shape) -> None:
        """Make the weights."""
        channels = size_along(self, input_shape, self.axis)
        self.add_factors((channels,))
        self.moving_mean = self.add_weight(
            (channels,), self.moving_mean_initializer, name="moving_mean", trainable=False
        )
        self.moving_variance = self.add_weight(
            (channels,), self.moving_variance_initializer, name="moving_variance", trainable=False
        )

    def call(self, x: Tensor, training: bool = False, mask: Tensor | None = None) -> Tensor:
        """Return the normalized inputs; while training, let the moving averages follow.

        Args:
            x: the inputs.
            training: whether it is training.
            mask: which examples, or which of their steps, count: of the first axes of x.
        """
        channel = self.axis % x.ndim
        shape = [-1 if axis == channel else 1 for axis in range(x.ndim)]
        learning = self.is_learning() if training else ops.constant(False)
        known = learning.op.value if isinstance(learning.op, Constant) else None
        if known is not None and not known:
            return self._at_rest(x, shape)
        axes = tuple(axis for axis in range(x.ndim) if axis != channel)
        of_batch = moments(x, axes, mask)
        for average, now in zip((self.moving_mean, self.moving_variance), of_batch, strict=True):
            follows = average + (1 - self.momentum) * (ops.reshape(now, (-1,)) - average)
            kept = follows if known else ops.choose(learning, follows, average)
            self.add_update(average, ops.stop_gradient(kept))
        learned = self.normalized(x, *of_batch, shape)
        return learned if known else ops.choose(learning, learned, self._at_rest(x, shape))

    def _at_rest(self, x: Tensor, shape: list[int]) -> Tensor:
        """Return the inputs, normalized by the moving averages."""
        mean = ops.reshape(self.moving_mean, shape)
        variance = ops.reshape(self.moving_variance, shape)
        return self.normalized(x, mean, variance, shape)

    def is_learning(self) -> Tensor:
        """Return a bool: whether the batch's own mean and variance serve in training."""
        return is_learning(self)


class LayerNormalization(Normalizing):
    """Each example brought to mean 0 and variance 1 along an axis, or several; Ba et al. (2016).

    Weights: gamma and beta, of the sizes of these axes.

    Args:
        axis: the axis, or several.
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
        axis: int | Sequence[int] = -1,
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
        self.axis = axis

    def build(self, input_shape: Shape) -> None:
        """Make the weights."""
        self.add_factors(
            [size_along(self, input_shape, axis) for axis in sorted_axes(self, len(input_shape))]
        )

    def call(self, x: Tensor) -> Tensor:
        """Return the normalized inputs."""
        axes = sorted_axes(self, x.ndim)
        mean, variance = moments(x, axes)
        shape = [x.shape[axis] if axis in axes else 1 for axis in range(x.ndim)]
        return self.normalized(x, mean, variance, shape)


def moments(x: Tensor, axes: tuple[int, ...], mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return mean and variance along axes, which stay; with a mask, of what counts."""
    if mask is None:
        mean = ops.mean(x, axes, keepdims=True)
        return mean, ops.mean(ops.square(x - mean), axes, keepdims=True)
    counts = for_elements(mask, x)
    ones = ops.broadcast_to(ops.cast(counts, x.dtype), ops.shape(x))
    # Where nothing counts, the sums are 0.
    number = ops.maximum(ops.sum(ones, axes, keepdims=True), 1)
    mean = ops.sum(ops.where(counts, x, 0), axes, keepdims=True) / number
    distances = ops.where(counts, ops.square(x - mean), 0)
    return mean, ops.sum(distances, axes, keepdims=True) / number


def axis_of_channels(layer: Layer, axis: Any) -> int:
    """Return the axis of the channels that a layer is made with.

    Raises:
        ArgumentError: if it is no whole number.
    """
    if not is_whole_number(axis):
        raise ArgumentError(
            f"axis is {axis!r}; it is the one axis of the channels.",
            op=type(layer).__name__,
            fix="axis=-1",
        )
    return int(axis)


def sorted_axes(layer: Any, rank: int) -> tuple[int, ...]:
    """Return the axis of a layer, or its axes, counted from the front.

    Raises:
        ShapeError: if the inputs have no such axis.
    """
    return tuple(sorted(normalise_axes(as_axes(layer.axis), rank)))


def size_along(layer: Layer, input_shape: Shape | None, axis: int) -> int:
    """Return the size of an axis, which the weights depend on.

    Raises:
        ShapeError: if there is no such axis, or its size is not known.
    """
    rank = len(input_shape or ())
    size = input_shape[axis] if input_shape and -rank <= axis < rank else None
    if size is None:
        raise ShapeError(
            f"the size of axis {axis} of the inputs must be known, to make the weights.",
            op=type(layer).__name__,
            arguments=[("inputs", shape_text(input_shape))],
            fix=f"give it: gg.Input((784,)); or name another axis: {type(layer).__name__}(axis=1)",
        )
    return size
