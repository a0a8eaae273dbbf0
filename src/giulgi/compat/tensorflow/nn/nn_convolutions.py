"""Convolutions, pooling, and what stands between them: biases, dropout, normalisation of places.

TensorFlow tells strides and windows for all four axes of a picture; giulgi for those of space.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.graphs.graph import is_modern
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import numbers, ranked, sizes, static
from giulgi.compat.tensors.tensor import alike, as_expression, of_sizes


def first_given(*given: Any) -> Any:
    """Return the first argument that was given, of several names of one."""
    return next((value for value in given if value is not None), None)


def channels_first(data_format: str | None) -> bool:
    """Whether the channels come before the axes of space."""
    return bool(data_format) and str(data_format).startswith("NC")


def order_of(data_format: str | None) -> str:
    """Return giulgi's name of where the channels are."""
    return "channels_first" if channels_first(data_format) else "channels_last"


def of_space(value: Any, rank: int, data_format: str | None, what: str) -> list[int]:
    """Return what is told for all axes, or for those of space alone, for those of space.

    Raises:
        NotImplementedError: if it is not 1 along the examples and the channels.
    """
    if value is None:
        return [1] * rank
    known = numbers(value, what)
    if isinstance(known, int):
        return [known] * rank
    if len(known) == 1:
        return list(known) * rank
    if len(known) == rank:
        return list(known)
    if len(known) != rank + 2:
        raise ValueError(f"{what} must hold 1, {rank} or {rank + 2} numbers, got {known}")
    channels = 1 if channels_first(data_format) else rank + 1
    if known[0] != 1 or known[channels] != 1:
        raise NotImplementedError(f"{what} must be 1 along examples and channels, got {known}")
    return list(known[2:]) if channels_first(data_format) else list(known[1:-1])


def padding_of(value: Any, rank: int, data_format: str | None) -> Any:
    """Return a padding as giulgi takes it: "same", "valid", or zeros before and after."""
    if isinstance(value, str):
        if value.upper() not in ("SAME", "VALID"):
            raise ValueError(f"padding must be 'SAME' or 'VALID', got {value!r}")
        return value.lower()
    widths = numbers(value, "padding")
    if len(widths) == rank + 2:
        widths = widths[2:] if channels_first(data_format) else widths[1:-1]
    return [tuple(pair) for pair in widths]


def _convolved(
    x: Any, kernel: Any, rank: int, strides: Any, padding: Any, data_format: Any, dilations: Any
) -> gg.Tensor:
    x, kernel = alike(x, kernel)
    x, kernel = ranked(x, rank + 2), ranked(kernel, rank + 2)
    return gg.convolution(
        x,
        kernel,
        of_space(strides, rank, data_format, "strides"),
        padding_of(padding, rank, data_format),
        of_space(dilations, rank, data_format, "dilations"),
        data_format=order_of(data_format),
    )


@operation("nn.conv1d", type="Conv1D")
def conv1d(
    value: Any = None, filters: Any = None, stride: Any = None, padding: Any = "SAME",
    use_cudnn_on_gpu: Any = None, data_format: Any = None, name: str | None = None,
    input: Any = None, dilations: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return a convolution over (batch, steps, channels) with filters (taps, channels, made)."""
    x = first_given(value, input)
    return _convolved(x, filters, 1, stride, padding, data_format, dilations)


@operation("nn.conv2d", type="Conv2D")
def conv2d(
    input: Any = None, filter: Any = None, strides: Any = None, padding: Any = "VALID",
    use_cudnn_on_gpu: Any = True, data_format: Any = "NHWC", dilations: Any = None,
    name: str | None = None, filters: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return a convolution over (batch, height, width, channels).

    Args:
        input: pictures; (batch, channels, height, width) with the data format "NCHW".
        filter: (height, width, channels, made).
        strides: how far the window moves, for all four axes.
        padding: "SAME", "VALID", or zeros before and after each axis.
        use_cudnn_on_gpu: has no meaning.
        data_format: "NHWC" or "NCHW".
        dilations: how far apart the taps are, for all four axes.
        name: the name of the operation.
        filters: another name of ``filter``.
    """
    kernel = first_given(filter, filters)
    return _convolved(input, kernel, 2, strides, padding, data_format, dilations)


@operation("nn.conv3d", type="Conv3D")
def conv3d(
    input: Any = None, filter: Any = None, strides: Any = None, padding: Any = "VALID",
    data_format: Any = "NDHWC", dilations: Any = None, name: str | None = None, filters: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return a convolution over (batch, depth, height, width, channels)."""
    kernel = first_given(filter, filters)
    return _convolved(input, kernel, 3, strides, padding, data_format, dilations)


def _of_rank(rank: int) -> Callable[..., Any]:
    """Return the operation of convolutions over so many axes: it is of the kind of those."""

    @operation(type=f"Conv{max(rank, 2)}D")
    def convolved(
        input: Any, filter: Any, padding: Any, strides: Any, dilation_rate: Any, data_format: Any,
        name: str | None = None,
    ) -> gg.Tensor:  # fmt: skip
        return _convolved(input, filter, rank, strides, padding, data_format, dilation_rate)

    return convolved


_OF_RANK = {rank: _of_rank(rank) for rank in (1, 2, 3)}


@exported("nn.convolution")
def convolution(
    input: Any, filter: Any = None, padding: Any = "VALID", strides: Any = None,
    dilation_rate: Any = None, name: str | None = None, data_format: Any = None,
    filters: Any = None, dilations: Any = None,
) -> Any:  # fmt: skip
    """Return a convolution over one, two or three axes of space, as the filter has."""
    kernel = first_given(filter, filters)
    rates = first_given(dilation_rate, dilations)
    rank = len(as_expression(kernel).known_shape or ()) - 2
    own = name or "convolution"
    if rank not in _OF_RANK:
        raise ValueError("tf.nn.convolution takes a filter of one, two or three axes of space")
    return _OF_RANK[rank](input, kernel, padding, strides, rates, data_format, name=own)


@operation("nn.atrous_conv2d", type="AtrousConv2D")
def atrous_conv2d(
    value: Any, filters: Any, rate: int, padding: Any, name: str | None = None
) -> gg.Tensor:
    """Return a convolution whose taps are ``rate`` apart."""
    return _convolved(value, filters, 2, None, padding, None, rate)


@operation("nn.depthwise_conv2d", "nn.depthwise_conv2d_native", type="DepthwiseConv2dNative")
def depthwise_conv2d(
    input: Any, filter: Any = None, strides: Any = None, padding: Any = "VALID", rate: Any = None,
    name: str | None = None, data_format: Any = None, dilations: Any = None, filters: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return each channel convolved with its own of (height, width, channels, multiplier)."""
    kernel = first_given(filter, filters)
    return _depthwise(input, kernel, strides, padding, first_given(rate, dilations), data_format)


def _depthwise(
    x: Any, kernel: Any, strides: Any, padding: Any, rate: Any, data_format: Any
) -> gg.Tensor:
    x, kernel = alike(x, kernel)
    height, width, channels, _ = kernel.shape
    return gg.convolution(
        x,
        gg.reshape(kernel, (height, width, 1, -1)),
        of_space(strides, 2, data_format, "strides"),
        padding_of(padding, 2, data_format),
        of_space(rate, 2, data_format, "rate"),
        groups=int(channels),
        data_format=order_of(data_format),
    )


@operation("nn.separable_conv2d", type="SeparableConv2D")
def separable_conv2d(
    input: Any, depthwise_filter: Any, pointwise_filter: Any, strides: Any, padding: Any,
    rate: Any = None, name: str | None = None, data_format: Any = None, dilations: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return each channel convolved by itself, and then a mixture of the channels at each place."""
    rates = first_given(rate, dilations)
    each = _depthwise(input, depthwise_filter, strides, padding, rates, data_format)
    return _convolved(each, pointwise_filter, 2, None, "VALID", data_format, None)


def _transposed(
    x: Any, kernel: Any, output_shape: Any, rank: int, strides: Any, padding: Any, data_format: Any
) -> gg.Tensor:
    x, kernel = alike(x, kernel)
    x, kernel = ranked(x, rank + 2), ranked(kernel, rank + 2)
    wanted = sizes(output_shape)
    if isinstance(wanted, gg.Tensor) and wanted.known_shape in (None, (None,)):
        wanted = of_sizes(wanted, [rank + 2])
    count = len(wanted) if isinstance(wanted, tuple) else wanted.shape[0]
    if count == rank + 2:
        wanted = wanted[2:] if channels_first(data_format) else wanted[1 : rank + 1]
    return gg.convolution_transpose(
        x,
        kernel,
        of_space(strides, rank, data_format, "strides"),
        padding_of(padding, rank, data_format),
        output_shape=wanted,
        data_format=order_of(data_format),
    )


@operation("nn.conv1d_transpose", type="Conv1DTranspose")
def conv1d_transpose(
    input: Any, filters: Any, output_shape: Any, strides: Any, padding: Any = "SAME",
    data_format: Any = "NWC", dilations: Any = None, name: str | None = None,
) -> gg.Tensor:  # fmt: skip
    """Return the transpose of a convolution; filters (taps, made, channels)."""
    return _transposed(input, filters, output_shape, 1, strides, padding, data_format)


@operation("nn.conv2d_transpose", "nn.deconv2d", type="conv2d_transpose")
def conv2d_transpose(
    value: Any = None, filter: Any = None, output_shape: Any = None, strides: Any = None,
    padding: Any = "SAME", data_format: Any = "NHWC", name: str | None = None, input: Any = None,
    filters: Any = None, dilations: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return the transpose of a convolution: what it gives back to its input.

    Args:
        value: pictures.
        filter: (height, width, made, channels).
        output_shape: the shape of the result, of all four axes.
        strides: how far apart the elements are spread.
        padding: that of the convolution.
        data_format: "NHWC" or "NCHW".
        name: the name of the operation.
        input: another name of ``value``.
        filters: another name of ``filter``.
        dilations: must be 1.
    """
    if dilations is not None and set(np.ravel(numbers(dilations, "dilations"))) != {1}:
        raise NotImplementedError("conv2d_transpose with dilations is not there: they must be 1")
    x, kernel = first_given(value, input), first_given(filter, filters)
    return _transposed(x, kernel, output_shape, 2, strides, padding, data_format)


@operation("nn.conv3d_transpose", type="conv3d_transpose")
def conv3d_transpose(
    value: Any = None, filter: Any = None, output_shape: Any = None, strides: Any = None,
    padding: Any = "SAME", data_format: Any = "NDHWC", name: str | None = None, input: Any = None,
    filters: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return the transpose of a convolution over three axes; filter (..., made, channels)."""
    x, kernel = first_given(value, input), first_given(filter, filters)
    return _transposed(x, kernel, output_shape, 3, strides, padding, data_format)


# What stands between them


@operation("nn.bias_add", "nn.bias_add_v1", type="BiasAdd")
def bias_add(value: Any, bias: Any, data_format: Any = None, name: str | None = None) -> gg.Tensor:
    """Return a value and a bias of each channel."""
    x, b = alike(value, bias)
    if channels_first(data_format) and x.known_shape is not None:
        b = gg.reshape(b, (-1, *[1] * (len(x.known_shape) - 2)))
    return x + b


@operation("nn.lrn", "nn.local_response_normalization", type="LRN")
def lrn(
    input: Any, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5,
    name: str | None = None,
) -> gg.Tensor:  # fmt: skip
    """Return x / (bias + alpha sum of x^2 over the channels near by)^beta (Krizhevsky, 2012)."""
    x = as_expression(input)
    channels = x.shape[-1]
    near = min(int(depth_radius), channels - 1 if channels else int(depth_radius))
    widths = [(0, 0)] * (len(x.shape) - 1) + [(near, near)]
    squares = gg.pad(gg.square(x), widths)
    total = squares[..., : -2 * near] if near else squares
    for shift in range(1, 2 * near + 1):
        total = total + squares[..., shift : (shift - 2 * near) or None]
    return x / (bias + alpha * total) ** beta


@operation("nn.dropout", type="dropout")
def dropout(
    x: Any, keep_prob: Any = None, noise_shape: Any = None, seed: Any = None,
    name: str | None = None, rate: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return x / keep_prob where a random number says so, and 0 elsewhere.

    Args:
        x: a tensor of floats.
        keep_prob: the share that is kept: a number, or a tensor such as a placeholder.
        noise_shape: the shape of what is drawn, broadcast to that of x; None: that of x.
        seed: a whole number for numbers of its own.
        name: the name of the operation.
        rate: the share that is left out, told in place of ``keep_prob``.

    Raises:
        ValueError: if neither share is told, or it is not from 0 to 1.
    """
    if keep_prob is None and rate is None:
        raise ValueError("dropout needs keep_prob, the share that is kept, or rate")
    if is_modern() and rate is None:  # TensorFlow 2 has the rate in its place.
        rate, keep_prob = keep_prob, None
    x = as_expression(x)
    told = static(rate if keep_prob is None else keep_prob)
    if told is not None:
        share = 1 - float(told) if keep_prob is None else float(told)
        if not 0 <= share <= 1:
            raise ValueError(f"keep_prob must be from 0 to 1, got {share}")
        if share == 1:
            return x
        if share == 0:
            return gg.zeros_like(x)
        keep: Any = share
    else:
        kept = 1 - as_expression(rate) if keep_prob is None else as_expression(keep_prob)
        # Its placeholder is often given no shape; it is one number all the same.
        keep = gg.reshape(gg.cast(kept, x.dtype), ())
    shape = gg.shape(x) if noise_shape is None else _noise_shape(x, noise_shape)
    own = None if seed is None else int(numbers(seed, "seed"))
    drawn = gg.random.uniform(shape, dtype=x.dtype, seed=own)
    return gg.where(drawn < keep, x / keep, 0)


# The least value of selu, which takes the place of what is left out.
_LEAST_OF_SELU = -1.7580993408473766


@operation("contrib.nn.alpha_dropout", type="alpha_dropout")
def alpha_dropout(
    x: Any, keep_prob: Any, noise_shape: Any = None, seed: Any = None, name: str | None = None
) -> gg.Tensor:
    """Return a x + b, with the least value of selu for the x left out.

    a and b bring mean and variance back to 0 and 1 if those of x are; Klambauer et al.,
    arXiv:1706.02515.
    """
    x = as_expression(x)
    keep = gg.reshape(gg.cast(as_expression(keep_prob), x.dtype), ())
    shape = gg.shape(x) if noise_shape is None else _noise_shape(x, noise_shape)
    own = None if seed is None else int(numbers(seed, "seed"))
    drawn = gg.random.uniform(shape, dtype=x.dtype, seed=own)
    scale = gg.rsqrt(keep + _LEAST_OF_SELU**2 * keep * (1 - keep))
    kept = gg.where(drawn < keep, x, _LEAST_OF_SELU)
    return scale * kept - scale * _LEAST_OF_SELU * (1 - keep)


def _noise_shape(x: gg.Tensor, noise_shape: Any) -> Any:
    """Return the shape of what is drawn; of the sizes that are None those of x."""
    wanted = sizes(noise_shape)
    if not isinstance(wanted, tuple):
        return wanted
    own = gg.shape(x)
    return tuple(
        own[axis] if isinstance(size, int) and size == -1 else size
        for axis, size in enumerate(wanted)
    )
