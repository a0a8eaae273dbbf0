"""Pictures turned, moved and seen from elsewhere: ``tf.contrib.image``.

A transform is eight numbers a0, a1, a2, b0, b1, b2, c0, c1: the point (x, y) of the result is what
was at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), with k = c0 x + c1 y + 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.tensor import Tensor, as_tensor

Array = np.ndarray[Any, Any]


def _as_matrices(transforms: Array) -> Array:
    rows = np.asarray(transforms, np.float64).reshape(-1, 8)
    return np.concatenate([rows, np.ones((len(rows), 1))], 1).reshape(-1, 3, 3)


def _as_rows(matrices: Array) -> Array:
    flat = matrices.reshape(-1, 9)
    return (flat / flat[:, 8:])[:, :8].astype(np.float32)


@exported("contrib.image.angles_to_projective_transforms")
def angles_to_projective_transforms(
    angles: Any, image_height: Any, image_width: Any, name: str | None = None
) -> Tensor:
    """Return transforms that turn pictures around their middle, to the left, by angles."""

    def make(given: Array, height: Any, width: Any) -> Array:
        turned = np.ravel(given)
        cos, sin = np.cos(turned), np.sin(turned)
        x, y, zeros = (width - 1) / 2, (height - 1) / 2, np.zeros_like(turned)
        right, down = x - (cos * x - sin * y), y - (sin * x + cos * y)
        return np.stack([cos, -sin, right, sin, cos, down, zeros, zeros], 1)

    inputs = [as_tensor(angles, "float32")]
    inputs += [as_tensor(size, "float32") for size in (image_height, image_width)]
    outputs = [("float32", [None, 8])]
    return host_operation("AnglesToTransforms", make, inputs, outputs, name).outputs[0]


@exported("contrib.image.translations_to_projective_transforms")
def translations_to_projective_transforms(translations: Any, name: str | None = None) -> Tensor:
    """Return transforms that move pictures by (right, down)."""

    def make(given: Array) -> Array:
        moves = np.reshape(given, (-1, 2))
        rows = np.tile([1.0, 0, 0, 0, 1, 0, 0, 0], (len(moves), 1))
        rows[:, [2, 5]] = -moves
        return rows

    outputs = [("float32", [None, 8])]
    inputs = [as_tensor(translations, "float32")]
    return host_operation("TranslationsToTransforms", make, inputs, outputs, name).outputs[0]


@exported("contrib.image.compose_transforms")
def compose_transforms(*transforms: Any) -> Tensor:
    """Return one transform for several, the first of which comes first."""
    several = transforms[0] if len(transforms) == 1 else transforms

    def make(*given: Array) -> Array:
        whole = _as_matrices(given[0])
        for following in given[1:]:
            whole = whole @ _as_matrices(following)
        return _as_rows(whole)

    inputs = [as_tensor(x, "float32") for x in several]
    return host_operation("ComposeTransforms", make, inputs, [("float32", [None, 8])]).outputs[0]


def _points(image: Array, x: Array, y: Array, is_smooth: bool) -> Array:
    """Return what is at points of a picture; outside of it is 0."""
    if not is_smooth:
        return _at(image, np.rint(x).astype(int), np.rint(y).astype(int))
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    over, down = (x - left)[..., None], (y - top)[..., None]
    upper = _at(image, left, top) * (1 - over) + _at(image, left + 1, top) * over
    lower = _at(image, left, top + 1) * (1 - over) + _at(image, left + 1, top + 1) * over
    return upper * (1 - down) + lower * down


def _at(image: Array, x: Array, y: Array) -> Array:
    rows, columns = image.shape[:2]
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    found = image[np.clip(y, 0, rows - 1), np.clip(x, 0, columns - 1)]
    return np.where(inside[..., None], found, 0)


@exported("contrib.image.transform")
def transform(
    images: Any,
    transforms: Any,
    interpolation: str = "NEAREST",
    output_shape: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return pictures transformed; a gradient through it is refused.

    Args:
        images: (batch, rows, columns, channels), or without the batch, or without channels, too.
        transforms: (8,) or (batch, 8).
        interpolation: "NEAREST" or "BILINEAR".
        output_shape: rows and columns of the result; None: those of the pictures.
        name: the name of the operation.
    """
    if interpolation not in ("NEAREST", "BILINEAR"):
        raise ValueError("Only NEAREST and BILINEAR interpolation is supported.")
    given = as_tensor(images)
    size = None if output_shape is None else [int(n) for n in output_shape]

    def move(pictures: Array, rows: Array) -> Array:
        shape = pictures.shape
        whole = pictures.reshape({2: (1, *shape, 1), 3: (1, *shape)}.get(len(shape), shape))
        height, width = size or whole.shape[1:3]
        grid = np.stack(
            [*np.meshgrid(np.arange(width), np.arange(height)), np.ones((height, width))]
        )
        made = np.empty((len(whole), height, width, whole.shape[3]), pictures.dtype)
        matrices = np.broadcast_to(_as_matrices(rows), (len(whole), 3, 3))
        for place, matrix in enumerate(matrices):
            x, y, k = np.tensordot(matrix, grid, 1)
            made[place] = _points(whole[place], x / k, y / k, interpolation == "BILINEAR")
        if len(shape) == 2:
            return made[0, :, :, 0]
        return made[0] if len(shape) == 3 else made

    shape = given.shape if size is None else None
    inputs = [given, as_tensor(transforms, "float32")]
    made = host_operation(
        "ImageTransform", move, inputs, [(given.dtype, shape)], name, has_gradient=True
    )
    return made.outputs[0]


@exported("contrib.image.rotate")
def rotate(
    images: Any, angles: Any, interpolation: str = "NEAREST", name: str | None = None
) -> Tensor:
    """Return pictures turned to the left around their middle; see :func:`transform`."""
    given = as_tensor(images)
    first = 1 if given.shape.ndims == 4 else 0
    known = given.shape.as_list() if given.shape.ndims is not None else [None, None]
    sizes = known[first : first + 2]
    if None in sizes:  # Of a picture from a file it is known when it has been read.
        whole = tf.shape(given)
        sizes = [tf.cast(whole[first + axis], tf.float32) for axis in range(2)]
    moves = angles_to_projective_transforms(angles, sizes[0], sizes[1])
    return transform(given, moves, interpolation, name=name)


@exported("contrib.image.translate")
def translate(
    images: Any, translations: Any, interpolation: str = "NEAREST", name: str | None = None
) -> Tensor:
    """Return pictures moved by (right, down); see :func:`transform`."""
    moves = translations_to_projective_transforms(translations)
    return transform(images, moves, interpolation, name=name)
