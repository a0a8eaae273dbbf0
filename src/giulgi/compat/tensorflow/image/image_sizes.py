"""Pictures in other sizes: ``tf.image.resize_images`` and its kin.

Until 2019 place o of m along an axis of size n was the place o n / m, or o (n - 1) / (m - 1) with
``align_corners``; since then it is the middle of a square, as in ``gg.resize``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import ranked, sizes
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.tensor import as_expression, as_tensor
from giulgi.graph.ops.leaves import settled_value


@exported("image.ResizeMethod")
class ResizeMethod:
    """How a picture is resized."""

    BILINEAR, NEAREST_NEIGHBOR, BICUBIC, AREA = 0, 1, 2, 3
    LANCZOS3, LANCZOS5, GAUSSIAN, MITCHELLCUBIC = (
        "lanczos3",
        "lanczos5",
        "gaussian",
        "mitchellcubic",
    )


_METHODS = {
    0: "bilinear", 1: "nearest", 2: "bicubic", 3: "area", "nearest_neighbor": "nearest",
}  # fmt: skip


def _settled(x: gg.Tensor) -> gg.Tensor:
    """Return what depends on constants alone as a constant."""
    value = settled_value(x)
    return x if value is None else gg.constant(value)


def _size(x: gg.Tensor, axis: int) -> Any:
    """Return the size of an axis: a number, or an expression if it is not known."""
    known = None if x.known_shape is None else x.known_shape[axis]
    return gg.size(x, axis) if known is None else known


def _places(n: Any, m: Any, corners: bool, centers: bool) -> gg.Tensor:
    """Return where in n elements the m places are."""
    count, whole = gg.cast(m, "float32"), gg.cast(n, "float32")
    numbers = gg.cast(gg.arange(m), "float32")
    if corners:
        return numbers * ((whole - 1) / gg.maximum(count - 1, 1))
    return (numbers + 0.5) * (whole / count) - 0.5 if centers else numbers * (whole / count)


def _taken(x: gg.Tensor, places: gg.Tensor, axis: int, n: Any) -> gg.Tensor:
    """Return the elements at whole places along an axis, outside of it those at its ends."""
    inside = gg.clip(gg.cast(places, "int64"), 0, gg.cast(n, "int64") - 1)
    return gg.gather(x, _settled(inside), axis)


def _weights(x: gg.Tensor, share: gg.Tensor, axis: int) -> gg.Tensor:
    """Return a number for each place along an axis, to be multiplied with what is there."""
    return gg.reshape(_settled(share), (-1, *[1] * (x.ndim - 1 - axis)))


def _bilinear(x: gg.Tensor, axis: int, n: Any, places: gg.Tensor) -> gg.Tensor:
    before = gg.floor(places)
    share = _weights(x, places - before, axis)
    low, high = _taken(x, before, axis, n), _taken(x, before + 1, axis, n)
    return low + (high - low) * share


def _cubic(x: gg.Tensor, axis: int, n: Any, places: gg.Tensor, a: float) -> gg.Tensor:
    """Keys, IEEE Transactions on Acoustics, Speech, and Signal Processing 29 (1981)."""
    before = gg.floor(places)
    share = places - before
    total: Any = 0
    for step in (-1, 0, 1, 2):
        d = gg.abs(share - step)
        near = ((a + 2) * d - (a + 3)) * d * d + 1
        far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
        weight = near if step in (0, 1) else far
        total = total + _taken(x, before + step, axis, n) * _weights(x, weight, axis)
    return total


def _area(x: gg.Tensor, axis: int, n: Any, m: Any) -> gg.Tensor:
    """Return the mean of what each place covers."""
    step = gg.cast(n, "float32") / gg.cast(m, "float32")
    low = gg.expand_dims(gg.cast(gg.arange(m), "float32") * step, 1)
    j = gg.cast(gg.arange(n), "float32")
    covered = gg.maximum(gg.minimum(low + step, j + 1) - gg.maximum(low, j), 0) / step
    return gg.moveaxis(gg.tensordot(_settled(covered), x, ((1,), (axis,))), 0, axis)


def _resized(x: gg.Tensor, size: Any, method: str, corners: bool, centers: bool) -> gg.Tensor:
    """Return (batch, *size, channels) of (batch, rows, columns, channels)."""
    if method != "nearest":
        x = gg.cast(x, "float32")
    for axis, m in zip((1, 2), size, strict=True):
        n = _size(x, axis)
        if isinstance(n, int) and n == m:
            continue
        if method == "area":
            x = _area(x, axis, n, m)
            continue
        places = _places(n, m, corners, centers)
        if method == "nearest":
            whole = gg.floor(places + 0.5) if corners or centers else gg.floor(places)
            x = _taken(x, whole, axis, n)
        elif method == "bilinear":
            x = _bilinear(x, axis, n, gg.maximum(places, 0))
        else:
            x = _cubic(x, axis, n, places, -0.5 if centers else -0.75)
    return x


def _kept_aspect(x: gg.Tensor, size: Any) -> Any:
    """Return the greatest size of the shape of a picture within a size."""
    rows, columns = _size(x, 1), _size(x, 2)
    if isinstance(rows, int) and isinstance(columns, int):
        scale = min(size[0] / rows, size[1] / columns)
        return round(rows * scale), round(columns * scale)
    h, w = gg.cast(rows, "float32"), gg.cast(columns, "float32")
    scale = gg.minimum(size[0] / h, size[1] / w)
    return gg.cast(gg.round(h * scale), "int64"), gg.cast(gg.round(w * scale), "int64")


def _with_batch(
    images: Any, size: Any, resized: Callable[[gg.Tensor, Any], gg.Tensor]
) -> gg.Tensor:
    """Resize pictures, or a single one, which has no axis of a batch.

    Raises:
        ValueError: if the number of axes is another, or the size is not of two numbers.
    """
    x = as_expression(images)
    if x.known_shape is None:
        raise ValueError("'images' contains no shape.")
    if x.ndim not in (3, 4):
        raise ValueError("'images' must have either 3 or 4 dimensions.")
    wanted = sizes(size)
    if isinstance(wanted, gg.Tensor):
        wanted = ranked(wanted, 1)
        wanted = wanted[0], wanted[1]
    if len(wanted) != 2:
        raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    if x.ndim == 3:
        return gg.squeeze(resized(gg.expand_dims(x, 0), wanted), 0)
    return resized(x, wanted)


@operation("image.resize_images", type="ResizeImages")
def resize_images(
    images: Any,
    size: Any,
    method: Any = 0,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> gg.Tensor:
    """Return pictures of another size, as floats; those that have it, as they are.

    Args:
        images: (batch, rows, columns, channels), or without the batch.
        size: the new numbers of rows and columns.
        method: ``tf.image.ResizeMethod``: bilinear, nearest, bicubic, or mean of an area.
        align_corners: whether the corners stay where they are.
        preserve_aspect_ratio: whether the size is only the greatest that is allowed.
        name: the name of the operation.
    """
    kind = _METHODS.get(method, method)
    if kind not in ("bilinear", "nearest", "bicubic", "area"):
        raise ValueError("Resize method is not implemented.")

    def resized(x: gg.Tensor, wanted: Any) -> gg.Tensor:
        target = _kept_aspect(x, wanted) if preserve_aspect_ratio else wanted
        if x.known_shape is not None and x.known_shape[1:3] == tuple(target):
            return x
        return _resized(x, target, kind, align_corners, False)

    return _with_batch(images, size, resized)


@operation("image.resize", type="ResizeImages")
def resize(
    images: Any,
    size: Any,
    method: Any = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
    align_corners: bool | None = None,
) -> gg.Tensor:
    """Return pictures of another size, as TensorFlow 2 does: points are in the middle of squares.

    Args:
        images: (batch, rows, columns, channels), or without the batch.
        size: the new numbers of rows and columns.
        method: "bilinear", "nearest", "bicubic", "area", "lanczos3" or "lanczos5".
        preserve_aspect_ratio: whether the size is only the greatest that is allowed.
        antialias: whether all elements count when pictures become smaller.
        name: the name of the operation.
        align_corners: given by programs for TensorFlow 1, whether the corners stay where they are.
    """
    kind = _METHODS.get(method, method)

    def resized(x: gg.Tensor, wanted: Any) -> gg.Tensor:
        target = _kept_aspect(x, wanted) if preserve_aspect_ratio else wanted
        if align_corners is not None or kind == "area" or (kind == "bicubic" and not antialias):
            return _resized(x, target, kind, bool(align_corners), align_corners is None)
        y = x if kind == "nearest" else gg.cast(x, "float32")
        return gg.resize(y, tuple(target), kind, antialias=antialias)

    return _with_batch(images, size, resized)


def _of_method(method: str, name: str) -> Any:
    def resized_by(
        images: Any,
        size: Any,
        align_corners: bool = False,
        name: str | None = None,
        half_pixel_centers: bool = False,
    ) -> gg.Tensor:
        return _with_batch(
            ranked(as_expression(images), 4),
            size,
            lambda x, wanted: _resized(x, wanted, method, align_corners, half_pixel_centers),
        )

    resized_by.__name__ = name
    resized_by.__doc__ = f"Return pictures of another size ({method}); see resize_images."
    return operation(f"image.{name}", type=name.title().replace("_", ""))(resized_by)


for _name, _method in {"resize_bilinear": "bilinear", "resize_nearest_neighbor": "nearest",
                       "resize_bicubic": "bicubic", "resize_area": "area"}.items():  # fmt: skip
    _of_method(_method, _name)


@exported("image.resize_image_with_pad", "image.resize_with_pad")
def resize_image_with_pad(
    image: Any, target_height: int, target_width: int, method: Any = 0, align_corners: bool = False
) -> Any:
    """Return pictures of the same shape as large as fits into a size, and zeros around them."""
    size = [target_height, target_width]
    smaller = tf.image.resize_images(image, size, method, align_corners, True)
    return tf.image.resize_image_with_crop_or_pad(as_tensor(smaller), target_height, target_width)
