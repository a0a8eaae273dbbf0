"""Pixels as examples and back, and the patches of pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import numbers
from giulgi.compat.tensors.tensor import as_expression
from giulgi.graph.ops.shape import dims_of


@operation("space_to_batch_nd", "space_to_batch", "manip.space_to_batch_nd", type="SpaceToBatchND")
def space_to_batch_nd(
    input: Any,
    block_shape: Any = None,
    paddings: Any = None,
    name: str | None = None,
    block_size: Any = None,
) -> gg.Tensor:
    """Return each n-th pixel, from each of the first ones on, as a picture of its own."""
    # Of old the paddings stood before the size of blocks, which was one number.
    block, widths = _block(block_shape, paddings, block_size)
    x = as_expression(input)
    count = len(block)
    x = gg.pad(x, [[0, 0], *widths, *[[0, 0]] * (x.ndim - 1 - count)])
    batch, *sizes = dims_of(x)
    apart: list[Any] = [batch]
    for size, n in zip(sizes[:count], block, strict=True):
        apart += [size // n, n]
    rest = sizes[count:]
    order = [2 * i + 2 for i in range(count)] + [0] + [2 * i + 1 for i in range(count)]
    order += range(2 * count + 1, 2 * count + 1 + len(rest))
    moved = gg.transpose(gg.reshape(x, [*apart, *rest]), tuple(order))
    inner = [size // n for size, n in zip(sizes[:count], block, strict=True)]
    return gg.reshape(moved, [batch * int(np.prod(block)), *inner, *rest])


@operation("batch_to_space_nd", "batch_to_space", "manip.batch_to_space_nd", type="BatchToSpaceND")
def batch_to_space_nd(
    input: Any,
    block_shape: Any = None,
    crops: Any = None,
    name: str | None = None,
    block_size: Any = None,
) -> gg.Tensor:
    """Return pictures as pixels between each other: the inverse of ``space_to_batch_nd``."""
    block, widths = _block(block_shape, crops, block_size)
    x = as_expression(input)
    count = len(block)
    batch, *sizes = dims_of(x)
    few, rest = batch // int(np.prod(block)), sizes[count:]
    apart = gg.reshape(x, [*block, few, *sizes])
    order = [count]
    for i in range(count):
        order += [count + 1 + i, i]
    order += range(2 * count + 1, 2 * count + 1 + len(rest))
    whole = [size * n for size, n in zip(sizes[:count], block, strict=True)]
    y = gg.reshape(gg.transpose(apart, tuple(order)), [few, *whole, *rest])
    cuts = tuple(slice(low, -high or None) for low, high in widths)
    return y[(slice(None), *cuts)]


def _block(block: Any, widths: Any, size: Any) -> tuple[list[int], list[list[int]]]:
    if size is not None:
        widths, block = (block if widths is None else widths), size
    first, second = numbers(block, "block_shape"), numbers(widths, "the paddings")
    if not isinstance(second, list):
        first, second = second, first
    own = first if isinstance(first, list) else [first] * len(second)
    return own, second


@operation("extract_image_patches", "image.extract_image_patches", type="ExtractImagePatches")
def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: str = "VALID",
    name: str | None = None,
    sizes: Any = None,
) -> gg.Tensor:
    """Return what windows see of pictures, along the last axis.

    Args:
        images: (n, height, width, channels).
        ksizes: the sizes of a window, [1, rows, columns, 1].
        strides: how far windows are apart, likewise.
        rates: how far the pixels of a window are apart, likewise.
        padding: "VALID" or "SAME".
        name: a name.
        sizes: ``ksizes`` under its later name.
    """
    x = as_expression(images)
    window, step, apart = (list(v)[1:3] for v in (ksizes or sizes, strides, rates or [1] * 4))
    reach = [(k - 1) * r + 1 for k, r in zip(window, apart, strict=True)]
    height, width = x.shape[1], x.shape[2]
    if height is None or width is None:
        raise ValueError("tf.extract_image_patches needs the sizes of its pictures")
    counts = []
    widths = [[0, 0]]
    for size, k, s in zip((height, width), reach, step, strict=True):
        same = padding.upper() == "SAME"
        count = -(-size // s) if same else (size - k) // s + 1
        more = max((count - 1) * s + k - size, 0) if same else 0
        widths.append([more // 2, more - more // 2])
        counts.append(count)
    padded = gg.pad(x, [*widths, [0, 0]])
    seen = [
        padded[
            :,
            i * apart[0] : i * apart[0] + (counts[0] - 1) * step[0] + 1 : step[0],
            j * apart[1] : j * apart[1] + (counts[1] - 1) * step[1] + 1 : step[1],
        ]
        for i in range(window[0])
        for j in range(window[1])
    ]
    return gg.concat(seen, axis=-1)
