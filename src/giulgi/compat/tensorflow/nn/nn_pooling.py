"""Pooling: the greatest element or the mean of what windows see."""

from __future__ import annotations

from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import kind, numbers, ranked
from giulgi.compat.tensorflow.nn.nn_convolutions import first_given, of_space, order_of, padding_of
from giulgi.compat.tensors.tensor import as_expression


def _pooled(
    pool: Any, x: Any, rank: int, ksize: Any, strides: Any, padding: Any, data_format: Any
) -> gg.Tensor:
    found: gg.Tensor = pool(
        ranked(as_expression(x), rank + 2),
        of_space(ksize, rank, data_format, "ksize"),
        of_space(strides, rank, data_format, "strides"),
        padding_of(padding, rank, data_format),
        data_format=order_of(data_format),
    )
    return found


@operation("nn.max_pool", "nn.max_pool2d", type="MaxPool")
def max_pool(
    value: Any = None, ksize: Any = None, strides: Any = None, padding: Any = "VALID",
    data_format: Any = "NHWC", name: str | None = None, input: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return the greatest element of each window; sizes and strides for all four axes."""
    x = as_expression(first_given(value, input))
    rank = len(x.known_shape or (0,) * 4) - 2
    return _pooled(gg.max_pool, x, rank, ksize, strides, padding, data_format)


@operation("nn.avg_pool", "nn.avg_pool2d", type="AvgPool")
def avg_pool(
    value: Any = None, ksize: Any = None, strides: Any = None, padding: Any = "VALID",
    data_format: Any = "NHWC", name: str | None = None, input: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return the mean of each window, what is around not counted."""
    x = as_expression(first_given(value, input))
    rank = len(x.known_shape or (0,) * 4) - 2
    return _pooled(gg.average_pool, x, rank, ksize, strides, padding, data_format)


@operation("nn.max_pool1d", type="MaxPool1D")
def max_pool1d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NWC",
    name: str | None = None,
) -> gg.Tensor:  # fmt: skip
    """Return the greatest element of each window over (batch, steps, channels)."""
    return _pooled(gg.max_pool, input, 1, ksize, strides, padding, data_format)


@operation("nn.avg_pool1d", type="AvgPool1D")
def avg_pool1d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NWC",
    name: str | None = None,
) -> gg.Tensor:  # fmt: skip
    """Return the mean of each window over (batch, steps, channels)."""
    return _pooled(gg.average_pool, input, 1, ksize, strides, padding, data_format)


@operation("nn.max_pool3d", type="MaxPool3D")
def max_pool3d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NDHWC",
    name: str | None = None,
) -> gg.Tensor:  # fmt: skip
    """Return the greatest element of each window over three axes of space."""
    return _pooled(gg.max_pool, input, 3, ksize, strides, padding, data_format)


@operation("nn.avg_pool3d", type="AvgPool3D")
def avg_pool3d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = "NDHWC",
    name: str | None = None,
) -> gg.Tensor:  # fmt: skip
    """Return the mean of each window over three axes of space."""
    return _pooled(gg.average_pool, input, 3, ksize, strides, padding, data_format)


@operation("nn.pool", type="Pool")
def pool(
    input: Any, window_shape: Any, pooling_type: str, padding: Any, dilation_rate: Any = None,
    strides: Any = None, name: str | None = None, data_format: Any = None,
) -> gg.Tensor:  # fmt: skip
    """Return the greatest element ("MAX") or the mean ("AVG") of each window."""
    x = as_expression(input)
    function = {"MAX": gg.max_pool, "AVG": gg.average_pool}[pooling_type]
    if dilation_rate is not None and set(np.ravel(numbers(dilation_rate, "dilation_rate"))) != {1}:
        raise NotImplementedError("tf.nn.pool with a dilation_rate is not there: it must be 1")
    rank = len(x.known_shape or ()) - 2
    return _pooled(function, x, rank, window_shape, strides, padding, data_format)


@operation("nn.max_pool_with_argmax", type="MaxPoolWithArgmax")
def max_pool_with_argmax(
    input: Any, ksize: Any, strides: Any, padding: str, data_format: Any = "NHWC",
    Targmax: Any = "int64", name: str | None = None, output_dtype: Any = None,  # noqa: N803
    include_batch_in_index: bool = False,
) -> tuple[gg.Tensor, gg.Tensor]:  # fmt: skip
    """Return the greatest element of each window, and its place (y width + x) channels + c."""
    x = as_expression(input)
    _, height, width, channels = x.shape
    if height is None or width is None or channels is None:
        raise ValueError("max_pool_with_argmax needs a known height, width and channels")
    window = of_space(ksize, 2, None, "ksize")
    steps = of_space(strides, 2, None, "strides")
    place = gg.reshape(gg.arange(height * width * channels), (1, height, width, channels))
    before, ends = [], []
    for size, taps, step in zip((height, width), window, steps, strict=True):
        places = -(-size // step) if padding.upper() == "SAME" else (size - taps) // step + 1
        missing = max((places - 1) * step + taps - size, 0)
        before.append((missing // 2, missing - missing // 2))
        ends.append((places - 1) * step + 1)
    widths = [(0, 0), *before, (0, 0)]
    around = gg.pad(x, widths, float(np.finfo(x.dtype).min)), gg.pad(place, widths, -1)
    seen = [
        [y[:, i : i + ends[0] : steps[0], j : j + ends[1] : steps[1]] for y in around]
        for i in range(window[0])
        for j in range(window[1])
    ]
    values, found = seen[0]
    for value, own in seen[1:]:
        found = gg.where(value > values, own, found)
        values = gg.maximum(values, value)
    if include_batch_in_index:
        examples = gg.reshape(gg.arange(gg.shape(x)[0]), (-1, 1, 1, 1))
        found = found + examples * (height * width * channels)
    return values, gg.cast(found, kind(output_dtype or Targmax))
