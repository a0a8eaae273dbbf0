"""Parts of pictures, pictures with something around them, and turned ones."""

from __future__ import annotations

from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.math.arguments import static
from giulgi.compat.tensorflow.math.random import own_seed
from giulgi.compat.tensors.tensor import Tensor, as_expression, as_tensor

Array = np.ndarray[Any, Any]


def _known(image: Tensor, *numbers: Any) -> list[int] | None:
    """Return rows, columns and other numbers, if all of them are known."""
    rank = image.shape.ndims
    if rank not in (3, 4):
        raise ValueError(f"'image' must have either 3 or 4 dimensions, and has shape {image.shape}")
    found: list[Any] = [*image.shape.as_list()[-3:-1], *map(static, numbers)]
    return None if any(number is None for number in found) else [int(n) for n in found]


def _window(x: Array, top: int, left: int, height: int, width: int) -> Array:
    """Return a part of pictures; what is outside of them is 0."""
    rows, columns = x.shape[-3:-1]
    inner = x[..., max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0), :]
    below, right = top + height - rows, left + width - columns
    widths = [(0, 0)] * (x.ndim - 3)
    widths += [(max(-top, 0), max(below, 0)), (max(-left, 0), max(right, 0)), (0, 0)]
    return np.pad(inner, widths)


@operation(type="ImageWindow")
def _expression_window(image: Any, top: int, left: int, height: int, width: int) -> gg.Tensor:
    x = as_expression(image)
    rows, columns = (n or 0 for n in x.shape[-3:-1])
    inner = x[..., max(top, 0) : top + height, max(left, 0) : left + width, :]
    below, right = top + height - rows, left + width - columns
    widths = [(0, 0)] * (x.ndim - 3)
    widths += [(max(-top, 0), max(below, 0)), (max(-left, 0), max(right, 0)), (0, 0)]
    return gg.pad(inner, widths) if any(map(any, widths)) else inner


def _part(image: Tensor, top: Any, left: Any, height: Any, width: Any, check: str) -> Any:
    """Return a window of pictures.

    Args:
        image: (..., rows, columns, channels).
        top: where it begins.
        left: where it begins.
        height: how many rows it has.
        width: how many columns it has.
        check: "inside" or "outside", where the window must lie, or nothing.

    Raises:
        ValueError: if it does not.
    """
    known = _known(image, top, left, height, width)
    if known is not None:
        _require(known, check)
        return _expression_window(image, *known[2:])

    def cut(x: Array, *numbers: Any) -> Array:
        own = [int(number) for number in numbers]
        _require([*x.shape[-3:-1], *own], check)
        return _window(x, *own)

    sizes = [None if static(n) is None else int(static(n)) for n in (height, width)]  # type: ignore[arg-type]
    shape = [*image.shape.as_list()[:-3], *sizes, image.shape.as_list()[-1]]
    inputs = [image, top, left, height, width]
    return host_operation(
        "ImageWindow", cut, inputs, [(image.dtype, shape)], has_gradient=True
    ).outputs[0]


def _require(numbers: list[int], check: str) -> None:
    rows, columns, top, left, height, width = numbers
    below, right = rows - top - height, columns - left - width
    if check == "inside" and min(top, left, below, right) < 0:
        raise ValueError(
            f"a part of {height} x {width} at ({top}, {left}) is not in {rows} x {columns}"
        )
    if check == "outside" and max(top, left, below, right) > 0:
        raise ValueError(
            f"{rows} x {columns} does not fit into {height} x {width} at ({-top}, {-left})"
        )


@exported("image.crop_to_bounding_box")
def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """Return a part of pictures: so many rows and columns from a place on."""
    box = (offset_height, offset_width, target_height, target_width)
    return _part(as_tensor(image), *box, "inside")


@exported("image.pad_to_bounding_box")
def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """Return pictures with zeros around them: they begin at a place of so many rows and columns."""
    top, left = (_negative(number) for number in (offset_height, offset_width))
    return _part(as_tensor(image), top, left, target_height, target_width, "outside")


def _negative(number: Any) -> Any:
    known = static(number)
    return -number if known is None else -int(known)


@exported("image.resize_image_with_crop_or_pad", "image.resize_with_crop_or_pad")
def resize_image_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Any:
    """Return the middle of pictures in a size, with zeros around where they are smaller."""
    given = as_tensor(image)
    known = _known(given, target_height, target_width)
    if known is not None:
        rows, columns, height, width = known
        return _part(given, *_middle(rows, columns, height, width), height, width, "")

    def cut(x: Array, height: Any, width: Any) -> Array:
        size = int(height), int(width)
        rows, columns = x.shape[-3:-1]
        return _window(x, *_middle(rows, columns, *size), *size)

    numbers = [static(target_height), static(target_width)]
    sizes = [None if n is None else int(n) for n in numbers]
    shape = [*given.shape.as_list()[:-3], *sizes, given.shape.as_list()[-1]]
    inputs = [given, target_height, target_width]
    return host_operation(
        "CropOrPad", cut, inputs, [(given.dtype, shape)], has_gradient=True
    ).outputs[0]


def _middle(rows: int, columns: int, height: int, width: int) -> tuple[int, int]:
    """Return where a size begins in the middle of another; negative where it is larger."""
    down, right = rows - height, columns - width
    top = down // 2 if down > 0 else -(-down // 2)
    left = right // 2 if right > 0 else -(-right // 2)
    return top, left


@exported("image.central_crop")
def central_crop(image: Any, central_fraction: float) -> Any:
    """Return the middle of pictures: such a share of rows and columns."""
    if not 0 < central_fraction <= 1:
        raise ValueError("central_fraction must be within (0, 1]")
    given = as_tensor(image)
    known = _known(given)

    def box(rows: int, columns: int) -> list[int]:
        top, left = (int((n - n * central_fraction) / 2) for n in (rows, columns))
        return [top, left, rows - 2 * top, columns - 2 * left]

    if known is not None:
        return _expression_window(given, *box(*known))
    shape = [*given.shape.as_list()[:-3], None, None, given.shape.as_list()[-1]]
    cut = lambda x: _window(x, *box(*x.shape[-3:-1]))  # noqa: E731
    return host_operation(
        "CentralCrop", cut, [given], [(given.dtype, shape)], has_gradient=True
    ).outputs[0]


# Turned


@operation("image.flip_left_right", type="FlipLeftRight")
def flip_left_right(image: Any, name: str | None = None) -> gg.Tensor:
    """Return pictures with left and right exchanged."""
    return gg.flip(as_expression(image), -2)


@operation("image.flip_up_down", type="FlipUpDown")
def flip_up_down(image: Any, name: str | None = None) -> gg.Tensor:
    """Return pictures with top and bottom exchanged."""
    return gg.flip(as_expression(image), -3)


@operation("image.transpose_image", "image.transpose", type="TransposeImage")
def transpose_image(image: Any, name: str | None = None) -> gg.Tensor:
    """Return pictures with rows and columns exchanged."""
    return gg.swapaxes(as_expression(image), -3, -2)


@operation("image.rot90", type="Rot90")
def rot90(image: Any, k: Any = 1, name: str | None = None) -> gg.Tensor:
    """Return pictures turned to the left by 90 degrees, so often."""
    x, known = as_expression(image), static(k)
    turns = [
        x,
        gg.flip(gg.swapaxes(x, -3, -2), -3),
        gg.flip(gg.flip(x, -3), -2),
        gg.flip(gg.swapaxes(x, -3, -2), -2),
    ]
    if known is not None:
        return turns[int(known) % 4]
    times = as_expression(k) % 4
    return gg.where(
        times == 0,
        turns[0],
        gg.where(times == 1, turns[1], gg.where(times == 2, turns[2], turns[3])),
    )


def _turned_at_random(x: gg.Tensor, turned: gg.Tensor, seed: Any) -> gg.Tensor:
    """Return a picture as it is or turned, each of a batch for itself."""
    shape: Any = () if x.ndim == 3 else (gg.size(x, 0), 1, 1, 1)
    return gg.where(gg.random.uniform(shape, seed=own_seed(seed)) < 0.5, x, turned)


@operation("image.random_flip_left_right", type="RandomFlipLeftRight")
def random_flip_left_right(image: Any, seed: Any = None, name: str | None = None) -> gg.Tensor:
    """Return pictures of which about half have left and right exchanged."""
    x = as_expression(image)
    return _turned_at_random(x, gg.flip(x, -2), seed)


@operation("image.random_flip_up_down", type="RandomFlipUpDown")
def random_flip_up_down(image: Any, seed: Any = None, name: str | None = None) -> gg.Tensor:
    """Return pictures of which about half have top and bottom exchanged."""
    x = as_expression(image)
    return _turned_at_random(x, gg.flip(x, -3), seed)
