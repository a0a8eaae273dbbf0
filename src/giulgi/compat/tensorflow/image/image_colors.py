"""Brightness, contrast and colors of pictures: ``tf.image.adjust_*`` and ``tf.image.random_*``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.random import own_seed
from giulgi.compat.tensors.dtypes import DType, as_dtype
from giulgi.compat.tensors.tensor import as_expression

_GRAY = np.array([0.2989, 0.587, 0.114], np.float32)
_TO_YIQ = np.array(
    [[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617],
     [0.114, -0.32134392, 0.31119955]], np.float32,
)  # fmt: skip
_TO_YUV = np.array(
    [[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512],
     [0.114, 0.43601035, -0.10001026]], np.float32,
)  # fmt: skip


def _converted(x: gg.Tensor, dtype: DType, saturate: bool = False) -> gg.Tensor:
    """Return a picture of another type: floats are from 0 to 1, integers from 0 to the greatest."""
    own = as_dtype(x.dtype)
    if own == dtype:
        return x
    if own.is_floating and dtype.is_floating:
        return gg.cast(x, dtype.numpy_dtype)
    if own.is_floating:
        scaled = x * (dtype.max + 0.5)
        return _saturated(scaled, dtype) if saturate else gg.cast(scaled, dtype.numpy_dtype)
    if dtype.is_floating:
        return gg.cast(x, dtype.numpy_dtype) * (1.0 / own.max)
    if own.max > dtype.max:
        return gg.cast(x // ((own.max + 1) // (dtype.max + 1)), dtype.numpy_dtype)
    return gg.cast(x, dtype.numpy_dtype) * ((dtype.max + 1) // (own.max + 1))


def _saturated(x: gg.Tensor, dtype: DType) -> gg.Tensor:
    """Return numbers of a type, those beyond it as its least or greatest."""
    return gg.cast(gg.clip(x, float(dtype.min), float(dtype.max)), dtype.numpy_dtype)


def _as_floats(image: Any, change: Callable[[gg.Tensor], gg.Tensor]) -> gg.Tensor:
    """Return a picture changed as floats from 0 to 1, and of its own type again."""
    x = as_expression(image)
    own = as_dtype(x.dtype)
    floats = x if own.is_floating else _converted(x, as_dtype("float32"))
    return _converted(change(floats), own, saturate=True)


@operation("image.convert_image_dtype", type="ConvertImage")
def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> gg.Tensor:
    """Return pictures of another type: floats are from 0 to 1, integers from 0 to the greatest.

    Args:
        image: pictures.
        dtype: the type.
        saturate: whether what is beyond the type becomes its least or greatest.
        name: the name of the operation.
    """
    return _converted(as_expression(image), as_dtype(dtype), saturate)


# Brightness and contrast


def _drawn(low: Any, high: Any, seed: Any) -> gg.Tensor:
    return gg.random.uniform((), low, high, seed=own_seed(seed))


@operation("image.adjust_brightness", type="AdjustBrightness")
def adjust_brightness(image: Any, delta: Any, name: str | None = None) -> gg.Tensor:
    """Return image + delta, of floats from 0 to 1."""
    d = as_expression(delta)
    return _as_floats(image, lambda x: x + gg.cast(d, x.dtype))


@operation("image.random_brightness", type="RandomBrightness")
def random_brightness(
    image: Any, max_delta: float, seed: Any = None, name: str | None = None
) -> gg.Tensor:
    """Return pictures that are brighter or darker, by up to a number."""
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    delta = _drawn(-max_delta, max_delta, seed)
    return _as_floats(image, lambda x: x + gg.cast(delta, x.dtype))


def _contrast(image: Any, factor: Any) -> gg.Tensor:
    def change(x: gg.Tensor) -> gg.Tensor:
        mean = gg.mean(x, (-3, -2), keepdims=True)
        return (x - mean) * gg.cast(as_expression(factor), x.dtype) + mean

    return _as_floats(image, change)


@operation("image.adjust_contrast", type="AdjustContrast")
def adjust_contrast(images: Any, contrast_factor: Any, name: str | None = None) -> gg.Tensor:
    """Return (x - mean) contrast_factor + mean, each channel for itself."""
    return _contrast(images, contrast_factor)


@operation("image.random_contrast", type="RandomContrast")
def random_contrast(
    image: Any, lower: float, upper: float, seed: Any = None, name: str | None = None
) -> gg.Tensor:
    """Return pictures of another contrast, by a factor between two numbers."""
    _require_order(lower, upper)
    return _contrast(image, _drawn(lower, upper, seed))


def _require_order(lower: float, upper: float) -> None:
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")


@operation("image.adjust_gamma", type="AdjustGamma")
def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1, name: str | None = None) -> gg.Tensor:
    """Return gain image ** gamma, of floats from 0 to 1."""
    g, times = as_expression(gamma), as_expression(gain)
    return _as_floats(image, lambda x: gg.cast(times, x.dtype) * x ** gg.cast(g, x.dtype))


@operation("image.per_image_standardization", "image.per_image_whitening", type="Standardize")
def per_image_standardization(image: Any, name: str | None = None) -> gg.Tensor:
    """Return (x - mean) / max(deviation, 1 / sqrt(elements)), each picture for itself."""
    x = gg.cast(as_expression(image), "float32")
    axes = (-3, -2, -1)
    mean = gg.mean(x, axes, keepdims=True)
    deviation = gg.sqrt(gg.mean(gg.square(x - mean), axes, keepdims=True))
    count = gg.cast(gg.size(x, -3) * gg.size(x, -2) * gg.size(x, -1), "float32")
    return (x - mean) / gg.maximum(deviation, gg.rsqrt(count))


# Colors


@operation("image.rgb_to_grayscale", type="RgbToGrayscale")
def rgb_to_grayscale(images: Any, name: str | None = None) -> gg.Tensor:
    """Return pictures of one channel: 0.2989 red + 0.587 green + 0.114 blue."""
    return _as_floats(
        images, lambda x: gg.sum(x * gg.constant(_GRAY.astype(x.dtype)), -1, keepdims=True)
    )


@operation("image.grayscale_to_rgb", type="GrayscaleToRgb")
def grayscale_to_rgb(images: Any, name: str | None = None) -> gg.Tensor:
    """Return pictures of three channels that are equal."""
    x = as_expression(images)
    return gg.concat([x, x, x], -1)


def _hsv(x: gg.Tensor) -> gg.Tensor:
    """Return hue, saturation and value of red, green and blue."""
    r, g, b = x[..., 0], x[..., 1], x[..., 2]
    value = gg.max(x, -1)
    span = value - gg.min(x, -1)
    safe = gg.where(span > 0, span, 1)
    by_green = (b - r) / (6 * safe) + 2 / 6
    by_blue = (r - g) / (6 * safe) + 4 / 6
    hue = gg.where(value == r, (g - b) / (6 * safe), gg.where(value == g, by_green, by_blue))
    hue = gg.where(span > 0, gg.where(hue < 0, hue + 1, hue), 0)
    saturation = gg.where(value > 0, span / gg.where(value > 0, value, 1), 0)
    return gg.stack([hue, saturation, value], -1)


def _rgb(x: gg.Tensor) -> gg.Tensor:
    """Return red, green and blue of hue, saturation and value."""
    h, s, v = (x[..., i : i + 1] for i in range(3))
    # How much of each color a hue has: 1 at its own, 0 from a third of the circle away.
    distance = gg.abs(h * 6 - gg.constant(np.array([3, 2, 4], x.dtype)))
    signs = gg.constant(np.array([1, -1, -1], x.dtype))
    offsets = gg.constant(np.array([-1, 2, 2], x.dtype))
    share = gg.clip(distance * signs + offsets, 0, 1)
    return (1 - s + s * share) * v


@operation("image.rgb_to_hsv", type="RGBToHSV")
def rgb_to_hsv(images: Any, name: str | None = None) -> gg.Tensor:
    """Return hue, saturation and value of red, green and blue, all from 0 to 1."""
    return _hsv(as_expression(images))


@operation("image.hsv_to_rgb", type="HSVToRGB")
def hsv_to_rgb(images: Any, name: str | None = None) -> gg.Tensor:
    """Return red, green and blue of hue, saturation and value, all from 0 to 1."""
    return _rgb(as_expression(images))


def _with_hsv(image: Any, change: Callable[[gg.Tensor, gg.Tensor], Any]) -> gg.Tensor:
    """Return a picture of which hue and saturation are changed."""

    def changed(x: gg.Tensor) -> gg.Tensor:
        hsv = _hsv(x)
        hue, saturation = change(hsv[..., 0], hsv[..., 1])
        return _rgb(gg.stack([hue, saturation, hsv[..., 2]], -1))

    return _as_floats(image, changed)


def _turned_hue(image: Any, delta: Any) -> gg.Tensor:
    d = as_expression(delta)
    return _with_hsv(image, lambda hue, s: ((hue + gg.cast(d, hue.dtype)) % 1, s))


def _saturation(image: Any, factor: Any) -> gg.Tensor:
    f = as_expression(factor)
    return _with_hsv(image, lambda hue, s: (hue, gg.clip(s * gg.cast(f, s.dtype), 0, 1)))


@operation("image.adjust_hue", type="AdjustHue")
def adjust_hue(image: Any, delta: Any, name: str | None = None) -> gg.Tensor:
    """Return pictures whose hues are moved on by a share of the circle."""
    return _turned_hue(image, delta)


@operation("image.random_hue", type="RandomHue")
def random_hue(
    image: Any, max_delta: float, seed: Any = None, name: str | None = None
) -> gg.Tensor:
    """Return pictures whose hues are moved on, by up to a share of the circle."""
    if not 0 <= max_delta <= 0.5:
        raise ValueError("max_delta must be between 0 and 0.5")
    return _turned_hue(image, _drawn(-max_delta, max_delta, seed))


@operation("image.adjust_saturation", type="AdjustSaturation")
def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> gg.Tensor:
    """Return pictures whose saturation is multiplied by a number."""
    return _saturation(image, saturation_factor)


@operation("image.random_saturation", type="RandomSaturation")
def random_saturation(
    image: Any, lower: float, upper: float, seed: Any = None, name: str | None = None
) -> gg.Tensor:
    """Return pictures of another saturation, by a factor between two numbers."""
    _require_order(lower, upper)
    return _saturation(image, _drawn(lower, upper, seed))


def _by_matrix(path: str, matrix: np.ndarray[Any, Any], what: str) -> None:
    def convert(images: Any) -> gg.Tensor:
        x = as_expression(images)
        return gg.tensordot(x, gg.constant(matrix.astype(x.dtype)), ((-1,), (0,)))

    convert.__name__ = path
    convert.__doc__ = f"Return {what}."
    operation(f"image.{path}", type=path.title().replace("_", ""))(convert)


for _space, _matrix in {"yiq": _TO_YIQ, "yuv": _TO_YUV}.items():
    _by_matrix(f"rgb_to_{_space}", _matrix, f"the {_space.upper()} of red, green and blue")
    _inverse = np.linalg.inv(_matrix.astype(np.float64))
    _by_matrix(f"{_space}_to_rgb", _inverse, f"red, green and blue of {_space.upper()}")
