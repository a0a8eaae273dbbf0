"""Moments and normalisation, the greatest of a row, and affine maps in one call."""

from __future__ import annotations

from typing import Any, NamedTuple

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import axes as known_axes
from giulgi.compat.tensorflow.math.arguments import kind, ranked, static
from giulgi.compat.tensors.tensor import alike, as_expression


@operation("nn.moments", type="moments")
def moments(
    x: Any, axes: Any = None, shift: Any = None, name: str | None = None, keep_dims: Any = None,
    keepdims: Any = None,
) -> tuple[gg.Tensor, gg.Tensor]:  # fmt: skip
    """Return the mean and the variance of x along axes.

    Args:
        x: a tensor of floats.
        axes: along which axes.
        shift: has no meaning.
        name: the name of the operation.
        keep_dims: whether the axes stay, of size 1.
        keepdims: another name of ``keep_dims``.
    """
    value = as_expression(x)
    where = known_axes(axes)
    mean = gg.mean(value, where, keepdims=True)
    variance = gg.mean(gg.square(value - mean), where, keepdims=True)
    if keep_dims or keepdims:
        return mean, variance
    return gg.squeeze(mean, where), gg.squeeze(variance, where)


@operation("nn.weighted_moments", type="weighted_moments")
def weighted_moments(
    x: Any, axes: Any, frequency_weights: Any, name: str | None = None, keep_dims: Any = None,
    keepdims: Any = None,
) -> tuple[gg.Tensor, gg.Tensor]:  # fmt: skip
    """Return mean and variance of x along axes, in which elements count by their weights."""
    value, weights = alike(x, frequency_weights)
    where, keep = known_axes(axes), bool(keep_dims or keepdims)
    weights = weights + gg.zeros_like(value)
    total = gg.sum(weights, where, keepdims=True)
    mean = gg.sum(value * weights, where, keepdims=True) / total
    variance = gg.sum(gg.square(value - mean) * weights, where, keepdims=True) / total
    if keep:
        return mean, variance
    return gg.squeeze(mean, where), gg.squeeze(variance, where)


@operation("nn.sufficient_statistics", type="sufficient_statistics")
def sufficient_statistics(
    x: Any, axes: Any, shift: Any = None, keep_dims: Any = None, name: str | None = None,
    keepdims: Any = None,
) -> tuple[Any, ...]:  # fmt: skip
    """Return the number of elements, their sum, the sum of their squares, and the shift."""
    value = as_expression(x)
    where, keep = known_axes(axes), bool(keep_dims or keepdims)
    count = gg.cast(gg.size(value, where), value.dtype)
    away = value if shift is None else value - as_expression(shift)
    sums = gg.sum(away, where, keepdims=keep), gg.sum(gg.square(away), where, keepdims=keep)
    return count, *sums, None if shift is None else as_expression(shift)


@operation("nn.normalize_moments", type="normalize")
def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[gg.Tensor, gg.Tensor]:
    """Return mean and variance, given sufficient statistics."""
    count, total, squares = alike(counts, mean_ss, variance_ss)
    shifted = total / count
    mean = shifted if shift is None else shifted + as_expression(shift)
    return mean, squares / count - gg.square(shifted)


@operation("nn.batch_normalization", type="batchnorm")
def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: Any,
    name: str | None = None,
) -> gg.Tensor:  # fmt: skip
    """Return scale (x - mean) / sqrt(variance + epsilon) + offset."""
    value, middle, spread = alike(x, mean, variance)
    return normalised(value, middle, spread, offset, scale, variance_epsilon)


def normalised(
    x: gg.Tensor, mean: gg.Tensor, variance: gg.Tensor, offset: Any, scale: Any, epsilon: Any
) -> gg.Tensor:
    """Return scale (x - mean) / sqrt(variance + epsilon) + offset; scale and offset may be None."""
    factor = gg.rsqrt(variance + gg.cast(as_expression(epsilon), x.dtype))
    if scale is not None:
        factor = factor * as_expression(scale)
    y = x * factor - mean * factor
    return y if offset is None else y + as_expression(offset)


@operation("nn.batch_norm_with_global_normalization", type="batchnorm")
def batch_norm_with_global_normalization(
    t: Any = None, m: Any = None, v: Any = None, beta: Any = None, gamma: Any = None,
    variance_epsilon: Any = None, scale_after_normalization: Any = None, name: str | None = None,
    input: Any = None, mean: Any = None, variance: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return x normalised with moments that are given, with gamma only if that is wanted."""
    value, middle, spread = alike(
        input if t is None else t, mean if m is None else m, variance if v is None else v
    )
    scale = gamma if scale_after_normalization else None
    return normalised(value, middle, spread, beta, scale, variance_epsilon)


@operation("nn.fused_batch_norm", type="FusedBatchNorm")
def fused_batch_norm(
    x: Any, scale: Any, offset: Any, mean: Any = None, variance: Any = None,
    epsilon: float = 0.001, data_format: str = "NHWC", is_training: bool = True,
    name: str | None = None, exponential_avg_factor: float = 1.0,
) -> tuple[gg.Tensor, gg.Tensor, gg.Tensor]:  # fmt: skip
    """Return pictures normalised by channel, and the mean and variance that were used.

    In training those of the batch, and the variance that is returned is the unbiased one.
    """
    value = as_expression(x)
    rank = len(value.shape)
    channel = 1 if data_format.startswith("NC") else rank - 1
    places = tuple(axis for axis in range(rank) if axis != channel)
    shape = tuple(-1 if axis == channel else 1 for axis in range(rank))
    gamma, beta = (gg.reshape(as_expression(part), shape) for part in (scale, offset))
    if not is_training:
        middle, spread = as_expression(mean), as_expression(variance)
        y = normalised(
            value, gg.reshape(middle, shape), gg.reshape(spread, shape), beta, gamma, epsilon
        )
        return y, middle, spread
    middle = gg.mean(value, places, keepdims=True)
    spread = gg.mean(gg.square(value - middle), places, keepdims=True)
    y = normalised(value, middle, spread, beta, gamma, epsilon)
    count = gg.cast(gg.size(value, places), value.dtype)
    unbiased = spread * (count / gg.maximum(count - 1, 1))
    return y, gg.reshape(middle, (-1,)), gg.reshape(unbiased, (-1,))


@operation("nn.l2_normalize", "math.l2_normalize", "linalg.l2_normalize", type="l2_normalize")
def l2_normalize(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None
) -> gg.Tensor:
    """Return x / sqrt(max(sum(x^2), epsilon)) along axes."""
    value = as_expression(x)
    where = known_axes(dim if axis is None else axis)
    total = gg.sum(gg.square(value), where, keepdims=True)
    return value * gg.rsqrt(gg.maximum(total, epsilon))


@operation("nn.zero_fraction", "math.zero_fraction", type="zero_fraction")
def zero_fraction(value: Any, name: str | None = None, dtype: Any = None) -> gg.Tensor:
    """Return the share of elements that are 0."""
    x = as_expression(value)
    return gg.mean(gg.cast(x == 0, "float32"))


# The greatest of a row


@operation("nn.in_top_k", "math.in_top_k", type="InTopK")
def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> gg.Tensor:
    """Return for each row whether the target's number is among the k greatest.

    Equal ones at the edge count as among them; a number that is not finite does not.
    """
    x, y = as_expression(predictions), as_expression(targets)
    if x.dtype.kind in "iu" and y.dtype.kind == "f":
        x, y = y, x
    x, y = ranked(x, 2), ranked(y, 1)
    own = gg.take_along_axis(x, gg.expand_dims(gg.cast(y, "int64"), 1), 1)
    greater = gg.sum(gg.cast(x > own, "int64"), 1)
    return gg.logical_and(greater < gg.cast(as_expression(k), "int64"), gg.isfinite(own[:, 0]))


class TopKV2(NamedTuple):
    """The greatest numbers of each row, and their places."""

    values: Any
    indices: Any


@operation("nn.top_k", "math.top_k", type="TopKV2")
def top_k(
    input: Any, k: Any = 1, sorted: bool = True, name: str | None = None, index_type: Any = "int32"
) -> TopKV2:
    """Return the k greatest numbers along the last axis, the greatest first, and their places."""
    x, count = as_expression(input), static(k)
    if count is None:  # It is known when the program runs: so many of all in their order.
        first = gg.arange(gg.cast(as_expression(k), "int64"))
        places = gg.gather(gg.argsort(x, -1, descending=True), first, -1)
        values = gg.take_along_axis(x, places, -1)
    else:
        values, places = gg.top_k(x, int(count))
    return TopKV2(values, gg.cast(places, kind(index_type)))


# Affine maps


@operation("nn.xw_plus_b", type="xw_plus_b")
def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> gg.Tensor:
    """Return x weights + biases."""
    value, w, b = alike(x, weights, biases)
    return gg.matmul(value, w) + b


@operation("nn.relu_layer", type="relu_layer")
def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> gg.Tensor:
    """Return relu(x weights + biases)."""
    value, w, b = alike(x, weights, biases)
    return gg.activations.relu(gg.matmul(value, w) + b)


@exported("contrib.layers.unit_norm")
def unit_norm(inputs: Any, dim: int, epsilon: float = 1e-7, scope: str | None = None) -> Any:
    """Return vectors along an axis made of length 1."""
    return l2_normalize(inputs, dim, epsilon, name=scope)
