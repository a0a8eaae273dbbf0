"""``keras.backend``: what networks are made of, random numbers, and recurrence."""

from __future__ import annotations

from typing import Any

import giulgi as gg
from giulgi.compat.keras.backend_math import op
from giulgi.compat.keras.backend_session import backend, image_data_format
from giulgi.compat.keras.boundary import expressions, for_user, named
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.tensor import alike, as_expression
from giulgi.tree import flatten

_LEAST = 1e-7


@op("relu")
def relu(x: Any, alpha: float = 0.0, max_value: Any = None, threshold: float = 0.0) -> gg.Tensor:
    """max(0, x), or with a slope below."""
    return gg.activations.relu(as_expression(x), alpha, max_value, threshold)


@op("elu")
def elu(x: Any, alpha: float = 1.0) -> gg.Tensor:
    """X from 0 on, alpha (e^x - 1) below."""
    value = as_expression(x)
    return gg.where(value > 0, value, alpha * (gg.exp(gg.minimum(value, 0.0)) - 1.0))


@op("softmax")
def softmax(x: Any, axis: int = -1) -> gg.Tensor:
    """Numbers that sum to 1 along an axis."""
    return gg.activations.softmax(as_expression(x), axis)


@op("hard_sigmoid")
def hard_sigmoid(x: Any) -> gg.Tensor:
    """0.2 x + 0.5, within 0 and 1."""
    return gg.clip(0.2 * as_expression(x) + 0.5, 0.0, 1.0)


@op("binary_crossentropy")
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> gg.Tensor:
    """The crossentropy of each element."""
    y, p = alike(target, output)
    if from_logits:
        return y * gg.activations.softplus(-p) + (1.0 - y) * gg.activations.softplus(p)
    p = gg.clip(p, _LEAST, 1.0 - _LEAST)
    return -(y * gg.log(p) + (1.0 - y) * gg.log(1.0 - p))


@op("categorical_crossentropy")
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> gg.Tensor:
    """The crossentropy of one-hot rows."""
    y, p = alike(target, output)
    if from_logits:
        return -gg.sum(y * gg.activations.log_softmax(p, axis), axis)
    p = gg.clip(p / gg.sum(p, axis, keepdims=True), _LEAST, 1.0 - _LEAST)
    return -gg.sum(y * gg.log(p), axis)


@op("sparse_categorical_crossentropy")
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> gg.Tensor:
    """The crossentropy of class numbers."""
    return gg.losses.sparse_categorical_crossentropy(
        as_expression(target), as_expression(output), from_logits, axis
    )


@op("dropout")
def dropout(x: Any, level: float, noise_shape: Any = None, seed: Any = None) -> gg.Tensor:
    """X with a share of elements set to 0, and the others made larger."""
    value = as_expression(x)
    shape = gg.shape(value) if noise_shape is None else tuple(noise_shape)
    kept = gg.random.uniform(shape, seed=seed) >= level
    return gg.where(kept, value / (1.0 - level), 0.0)


@op("l2_normalize")
def l2_normalize(x: Any, axis: Any = None) -> gg.Tensor:
    """X with length 1 along an axis."""
    value = as_expression(x)
    total = gg.sum(gg.square(value), axis, keepdims=True)
    return value / gg.sqrt(gg.maximum(total, 1e-12))


@op("in_top_k")
def in_top_k(predictions: Any, targets: Any, k: int) -> gg.Tensor:
    """Whether fewer than k scores are above that of the true class."""
    p = as_expression(predictions)
    places = gg.expand_dims(gg.cast(as_expression(targets), "int64"), -1)
    return gg.count_nonzero(p > gg.take_along_axis(p, places, -1), -1) < k


# Convolutions and pooling


def _order(data_format: Any) -> str:
    return str(data_format or image_data_format())


def _convolution(rank: int) -> Any:
    def convolve(
        x: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None,
        dilation_rate: Any = 1,
    ) -> gg.Tensor:  # fmt: skip
        a, w = alike(x, kernel)
        apart = _sizes(dilation_rate, rank)
        # What is causal sees no place behind its own.
        sides: Any = [(((w.shape[0] or 1) - 1) * apart[0], 0)] if padding == "causal" else padding
        return gg.convolution(
            a, w, _sizes(strides, rank), sides, apart,
            data_format=_order(data_format),
        )  # fmt: skip

    convolve.__name__, convolve.__doc__ = f"conv{rank}d", f"A convolution of {rank} dimensions."
    return convolve


def _sizes(value: Any, rank: int) -> list[int]:
    return [value] * rank if isinstance(value, int) else list(value)


for _rank in (1, 2, 3):
    op(f"conv{_rank}d")(_convolution(_rank))


def _pooling(rank: int) -> Any:
    def pool(
        x: Any, pool_size: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None,
        pool_mode: str = "max",
    ) -> gg.Tensor:  # fmt: skip
        function = gg.max_pool if pool_mode == "max" else gg.average_pool
        return function(
            as_expression(x), _sizes(pool_size, rank), _sizes(strides, rank), padding,
            _order(data_format),
        )  # fmt: skip

    pool.__name__, pool.__doc__ = f"pool{rank}d", f"Pooling of {rank} dimensions."
    return pool


for _rank in (2, 3):
    op(f"pool{_rank}d")(_pooling(_rank))


@op("bias_add")
def bias_add(x: Any, bias: Any, data_format: Any = None) -> gg.Tensor:
    """X and a bias for each channel."""
    value, own = alike(x, bias)
    if _order(data_format) == "channels_first" and value.ndim > 2 and own.ndim == 1:
        own = gg.reshape(own, (1, -1, *[1] * (value.ndim - 2)))
    return value + own


@op("local_conv1d")
def local_conv1d(
    inputs: Any, kernel: Any, kernel_size: Any, strides: Any, data_format: Any = None
) -> gg.Tensor:
    """A convolution whose kernel is another at each place: (places, size x channels, filters)."""
    x, w = alike(inputs, kernel)
    size, stride = kernel_size[0], strides[0]
    count = w.shape[0]
    rows = [gg.reshape(x[:, i * stride : i * stride + size], (-1, w.shape[1])) @ w[i]
            for i in range(count or 0)]  # fmt: skip
    return gg.stack(rows, 1)


@op("resize_images")
def resize_images(
    x: Any, height_factor: int, width_factor: int, data_format: Any = None,
    interpolation: str = "nearest",
) -> gg.Tensor:  # fmt: skip
    """Pictures made larger by whole factors."""
    value = as_expression(x)
    first = _order(data_format) == "channels_first"
    if interpolation == "nearest":
        axes = (2, 3) if first else (1, 2)
        return gg.repeat(gg.repeat(value, height_factor, axes[0]), width_factor, axes[1])
    height, width = (value.shape[axis] or 0 for axis in ((2, 3) if first else (1, 2)))
    return gg.resize(
        value, (height * height_factor, width * width_factor), interpolation,
        data_format=_order(data_format),
    )  # fmt: skip


def _padded(name: str, axes_of: Any) -> None:
    def pad(x: Any, padding: Any = None, data_format: Any = None) -> gg.Tensor:
        value = as_expression(x)
        axes = axes_of(_order(data_format))
        given = [padding] if padding is not None and len(axes) == 1 else padding
        pairs = [(1, 1)] * len(axes) if given is None else list(given)
        widths = [(0, 0)] * value.ndim
        for axis, pair in zip(axes, pairs, strict=True):
            widths[axis] = tuple(pair)
        return gg.pad(value, widths)

    pad.__name__, pad.__doc__ = name, "X with zeros around it."
    op(name)(pad)


_padded("temporal_padding", lambda order: (1,))
_padded("spatial_2d_padding", lambda order: (2, 3) if order == "channels_first" else (1, 2))
_padded("spatial_3d_padding", lambda order: (2, 3, 4) if order == "channels_first" else (1, 2, 3))


# Random numbers


def _shape(shape: Any) -> Any:
    if isinstance(shape, (list, tuple)):
        return tuple(expressions(list(shape)))
    return expressions(shape)


@op("random_normal")
def random_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> gg.Tensor:
    """Normally distributed numbers."""
    del dtype
    return mean + stddev * gg.random.normal(_shape(shape), seed=seed)


@op("random_uniform")
def random_uniform(
    shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None
) -> gg.Tensor:
    """Evenly distributed numbers."""
    drawn = minval + (maxval - minval) * gg.random.uniform(_shape(shape), seed=seed)
    return drawn if dtype is None else gg.cast(drawn, as_dtype(dtype).numpy_dtype)


@op("random_binomial")
def random_binomial(shape: Any, p: float = 0.0, dtype: Any = None, seed: Any = None) -> gg.Tensor:
    """Numbers 0, and with a probability 1."""
    del dtype
    return gg.cast(gg.random.uniform(_shape(shape), seed=seed) <= p, "float32")


@op("truncated_normal")
def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> gg.Tensor:
    """Normally distributed numbers that are at most two deviations from the mean."""
    del dtype
    return mean + stddev * gg.random.truncated_normal(_shape(shape), seed=seed)


# Normalisation and recurrence


@op("batch_normalization")
def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any = None, gamma: Any = None, axis: int = -1,
    epsilon: float = 1e-3,
) -> gg.Tensor:  # fmt: skip
    """(x - mean) / sqrt(var + epsilon) * gamma + beta."""
    del axis
    y = (as_expression(x) - as_expression(mean)) / gg.sqrt(as_expression(var) + epsilon)
    y = y if gamma is None else y * as_expression(gamma)
    return y if beta is None else y + as_expression(beta)


@backend("rnn")
def rnn(
    step_function: Any, inputs: Any, initial_states: Any, go_backwards: bool = False,
    mask: Any = None, constants: Any = None, unroll: bool = False, input_length: Any = None,
) -> Any:  # fmt: skip
    """Return the last output, all outputs and the last states of a loop over the second axis.

    Args:
        step_function: takes the inputs of a step and the list of states (and constants), and
            returns the output and the list of new states.
        inputs: (batch, steps, ...).
        initial_states: the list of first states.
        go_backwards: whether the last step comes first.
        mask: which steps count, (batch, steps).
        constants: tensors that each step is given after the states.
        unroll: has no meaning.
        input_length: has no meaning.
    """
    del unroll, input_length
    step = for_user(step_function)
    behind = [expressions(c) for c in constants or ()]
    xs = gg.moveaxis(expressions(inputs), 1, 0)
    counts = None if mask is None else gg.moveaxis(gg.cast(expressions(mask), "bool"), 1, 0)

    def one(states: Any, x: Any) -> Any:
        output, new = step(x, [*states, *behind])
        return list(new), output

    first = [expressions(state) for state in initial_states]
    last, every = gg.scan(one, first, xs, reverse=go_backwards, mask=counts)
    if go_backwards:
        every = gg.flip(every, 0)
    outputs = gg.moveaxis(every, 0, 1)
    return named(every[-1]), named(outputs), [named(state) for state in flatten(last)[0]]
