"""Boxes in pictures, and how much pictures are alike."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.names import advise, exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.operations.operation import operation
from giulgi.compat.tensorflow.data.queues import seed_of
from giulgi.compat.tensorflow.math.arguments import sizes
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.tensor import Tensor, as_expression, as_tensor

Array = np.ndarray[Any, Any]

# Colors of boxes, one after another: yellow, blue, red, lime, purple, olive, maroon, navy, aqua,
# fuchsia.
_COLORS = np.array(
    [[1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0], [0.5, 0, 0.5], [0.5, 0.5, 0], [0.5, 0, 0],
     [0, 0, 0.5], [0, 1, 1], [1, 0, 1]], np.float32,
)  # fmt: skip


@exported("image.draw_bounding_boxes")
def draw_bounding_boxes(
    images: Any, boxes: Any, name: str | None = None, colors: Any = None
) -> Tensor:
    """Return pictures with the edges of boxes drawn.

    Args:
        images: floats (batch, rows, columns, channels).
        boxes: (batch, boxes, 4): top, left, bottom and right as shares of the sizes.
        name: the name of the operation.
        colors: (colors, channels), taken one after another.
    """
    given = as_tensor(images)

    def draw(pictures: Array, all_boxes: Array, *palette: Any) -> Array:
        made = pictures.copy()
        rows, columns, channels = made.shape[1:]
        own = palette[0] if palette and palette[0].size else _COLORS
        for picture, several in zip(made, all_boxes, strict=True):
            for number, box in enumerate(several):
                ends = box * [rows - 1, columns - 1, rows - 1, columns - 1]
                top, left, bottom, right = (int(edge) for edge in ends)
                if top > bottom or left > right or top >= rows or bottom < 0:
                    continue
                color = np.resize(own[number % len(own)], channels)
                inside_rows = slice(max(top, 0), bottom + 1)
                inside_columns = slice(max(left, 0), right + 1)
                for row in (top, bottom):
                    if 0 <= row < rows:
                        picture[row, inside_columns] = color
                for column in (left, right):
                    if 0 <= column < columns:
                        picture[inside_rows, column] = color
        return made

    inputs = [given, boxes] + ([] if colors is None else [colors])
    made = host_operation("DrawBoundingBoxes", draw, inputs, [(given.dtype, given.shape)], name)
    return made.outputs[0]


def _overlaps(box: Array, others: Array) -> Array:
    """Return intersection over union of a box and others; corners may be told in either order."""
    low, high = np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])
    lows, highs = np.minimum(others[:, :2], others[:, 2:]), np.maximum(others[:, :2], others[:, 2:])
    both = np.clip(np.minimum(high, highs) - np.maximum(low, lows), 0, None).prod(1)
    union = (high - low).prod() + (highs - lows).prod(1) - both
    return np.divide(both, union, out=np.zeros_like(both), where=union > 0)


@exported("image.non_max_suppression")
def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = -math.inf,
    name: str | None = None,
) -> Tensor:
    """Return which boxes remain if each takes the place of those that are much like it and worse.

    Args:
        boxes: (boxes, 4), two opposite corners.
        scores: (boxes,).
        max_output_size: how many remain at most.
        iou_threshold: from which intersection over union on boxes are much alike.
        score_threshold: boxes that are not better are left out.
        name: the name of the operation.
    """

    def choose(all_boxes: Array, all_scores: Array, most: Any, much: Any, least: Any) -> Array:
        chosen: list[int] = []
        for place in np.argsort(-all_scores, kind="stable"):
            if len(chosen) >= most or all_scores[place] <= least:
                break
            if not chosen or (_overlaps(all_boxes[place], all_boxes[chosen]) <= much).all():
                chosen.append(int(place))
        return np.array(chosen, np.int32)

    floats = [as_tensor(x, "float32") for x in (iou_threshold, score_threshold)]
    inputs = [boxes, scores, max_output_size, *floats]
    made = host_operation("NonMaxSuppression", choose, inputs, [("int32", [None])], name)
    return made.outputs[0]


@exported("image.sample_distorted_bounding_box")
def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: int | None = None,
    seed2: Any = None,
    min_object_covered: float = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return a random part of a picture that holds enough of what is in it.

    Args:
        image_size: rows, columns and channels.
        bounding_boxes: (1, boxes, 4): top, left, bottom and right as shares of the sizes.
        seed: a number for what is drawn.
        seed2: has no meaning.
        min_object_covered: what share of some box the part must hold.
        aspect_ratio_range: between which numbers width / height lies; None: 0.75 and 1.33.
        area_range: between which shares of the whole its area lies; None: 0.05 and 1.
        max_attempts: how often to try, before the whole picture is taken; None: 100.
        use_image_if_no_bounding_boxes: whether the whole is a box if there is none.
        name: the name of the operation.

    Returns:
        Begin and size, for ``tf.slice``, and the part as a box (1, 1, 4).
    """
    del seed2
    source = random.Random(seed_of(seed or None))
    ratios = tuple(aspect_ratio_range or (0.75, 1.33))
    areas = tuple(area_range or (0.05, 1.0))

    def draw(size: Array, all_boxes: Array) -> Any:
        rows, columns = int(size[0]), int(size[1])
        boxes = np.asarray(all_boxes).reshape(-1, 4)
        if not len(boxes):
            if not use_image_if_no_bounding_boxes:
                raise ValueError("No bounding boxes provided as input.")
            boxes = np.array([[0.0, 0.0, 1.0, 1.0]])
        top, left, height, width = 0, 0, rows, columns
        for _ in range(max_attempts or 100):
            found = _window(source, rows, columns, ratios, areas)
            if found and _covers(found, boxes * [rows, columns, rows, columns], min_object_covered):
                top, left, height, width = found
                break
        box = [top / rows, left / columns, (top + height) / rows, (left + width) / columns]
        return [top, left, 0], [height, width, -1], [[box]]

    outputs = [("int32", [3]), ("int32", [3]), ("float32", [1, 1, 4])]
    own = name or "sample_distorted_bounding_box"
    boxes = as_tensor(bounding_boxes, "float32")
    made = host_operation("SampleDistortedBoundingBox", draw, [image_size, boxes], outputs, own)
    begin, extent, box = made.outputs
    return begin, extent, box


def _window(
    source: random.Random, rows: int, columns: int, ratios: Any, areas: Any
) -> tuple[int, int, int, int] | None:
    """Return a random part: top, left, height and width; None if it is larger than the whole."""
    ratio, area = source.uniform(*ratios), source.uniform(*areas) * rows * columns
    height = round(math.sqrt(area / ratio))
    width = round(height * ratio)
    if not (0 < height <= rows and 0 < width <= columns):
        return None
    return source.randint(0, rows - height), source.randint(0, columns - width), height, width


def _covers(part: tuple[int, int, int, int], boxes: Array, least: float) -> bool:
    """Whether a part holds enough of some box."""
    top, left, height, width = part
    low = np.maximum(boxes[:, :2], [top, left])
    high = np.minimum(boxes[:, 2:], [top + height, left + width])
    held = np.clip(high - low, 0, None).prod(1)
    whole = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return bool((held >= least * whole).any())


@operation("image.crop_and_resize", type="CropAndResize")
def crop_and_resize(
    image: Any,
    boxes: Any,
    box_ind: Any = None,
    crop_size: Any = None,
    method: str = "bilinear",
    extrapolation_value: float = 0,
    name: str | None = None,
    box_indices: Any = None,
) -> gg.Tensor:
    """Return parts of pictures, all of one size.

    Args:
        image: (batch, rows, columns, channels).
        boxes: (boxes, 4): top, left, bottom and right, 1 being the last row or column.
        box_ind: (boxes,) of which picture each is; also ``box_indices``.
        crop_size: the rows and columns of the result.
        method: "bilinear" or "nearest".
        extrapolation_value: what is outside of the pictures.
        name: the name of the operation.
    """
    x, corners = gg.cast(as_expression(image), "float32"), as_expression(boxes, "float32")
    which = gg.cast(as_expression(box_ind if box_indices is None else box_indices), "int64")
    height, width = sizes(crop_size)
    rows, columns = (gg.cast(gg.size(x, axis), "int64") for axis in (1, 2))
    ys = _along(corners[:, 0:1], corners[:, 2:3], height, rows)
    xs = _along(corners[:, 1:2], corners[:, 3:4], width, columns)
    every = gg.reshape(x, [-1, gg.size(x, 3) if x.shape[3] is None else x.shape[3]])
    begin = gg.reshape(which * rows * columns, [-1, 1, 1])

    def at(down: gg.Tensor, right: gg.Tensor) -> gg.Tensor:
        """Return what is in rows and columns of whole numbers, which are inside."""
        y = gg.minimum(gg.maximum(gg.cast(down, "int64"), 0), rows - 1)
        z = gg.minimum(gg.maximum(gg.cast(right, "int64"), 0), columns - 1)
        return gg.gather(every, begin + gg.expand_dims(y * columns, 2) + gg.expand_dims(z, 1))

    if method == "nearest":
        found = at(gg.floor(ys + 0.5), gg.floor(xs + 0.5))
    else:
        top, left, bottom, right = gg.floor(ys), gg.floor(xs), gg.ceil(ys), gg.ceil(xs)
        down = gg.reshape(ys - top, [-1, height, 1, 1])
        over = gg.reshape(xs - left, [-1, 1, width, 1])
        upper = at(top, left) * (1 - over) + at(top, right) * over
        lower = at(bottom, left) * (1 - over) + at(bottom, right) * over
        found = upper * (1 - down) + lower * down
    inside = gg.logical_and(
        gg.expand_dims(_is_inside(ys, rows), 2), gg.expand_dims(_is_inside(xs, columns), 1)
    )
    return gg.where(gg.expand_dims(inside, 3), found, gg.constant(extrapolation_value, "float32"))


def _along(low: gg.Tensor, high: gg.Tensor, count: Any, size: gg.Tensor) -> gg.Tensor:
    """Return the places of so many points between shares of a size: (boxes, count)."""
    last = gg.cast(size - 1, "float32")
    if isinstance(count, int) and count == 1:
        return 0.5 * (low + high) * last
    steps = gg.expand_dims(gg.cast(gg.arange(count), "float32"), 0)
    fewer = gg.cast(count, "float32") - 1 if isinstance(count, gg.Tensor) else count - 1
    return low * last + steps * ((high - low) * last / fewer)


def _is_inside(places: gg.Tensor, size: gg.Tensor) -> gg.Tensor:
    return gg.logical_and(places >= 0, places <= gg.cast(size - 1, "float32"))


# How much pictures are alike


@operation("image.psnr", type="PSNR")
def psnr(a: Any, b: Any, max_val: float, name: str | None = None) -> gg.Tensor:
    """Return 20 log10(max_val) - 10 log10(mean squared difference), for each picture."""
    x, y = (gg.cast(as_expression(v), "float32") for v in (a, b))
    error = gg.mean(gg.square(x - y), (-3, -2, -1))
    return 20 * math.log10(max_val) - 10 * gg.log10(error)


@exported("image.ssim")
def ssim(
    img1: Any,
    img2: Any,
    max_val: float,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Any:
    """Return the structural similarity of pictures (batch, rows, columns, channels), or of one.

    Wang, Bovik, Sheikh, Simoncelli, IEEE Transactions on Image Processing 13 (2004).
    """
    a, b = tf.cast(as_tensor(img1), tf.float32), tf.cast(as_tensor(img2), tf.float32)
    is_single = a.shape.ndims == 3
    if is_single:
        a, b = tf.expand_dims(a, 0), tf.expand_dims(b, 0)
    places = np.arange(filter_size) - (filter_size - 1) / 2
    bell = np.exp(-(places**2) / (2 * filter_sigma**2))
    window = np.outer(bell, bell) / bell.sum() ** 2
    channels = a.shape.as_list()[-1]
    kernel = np.tile(window[:, :, None, None], (1, 1, channels, 1)).astype(np.float32)

    def around(x: Any) -> Any:
        return tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "VALID")

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_a, mean_b = around(a), around(b)
    both = mean_a * mean_b
    squares = tf.square(mean_a) + tf.square(mean_b)
    light = (2 * both + c1) / (squares + c1)
    spread = around(tf.square(a) + tf.square(b)) - squares
    structure = (2 * (around(a * b) - both) + c2) / (spread + c2)
    found = tf.reduce_mean(tf.reduce_mean(light * structure, [1, 2]), -1)
    return found[0] if is_single else found


@operation("image.total_variation", type="TotalVariation")
def total_variation(images: Any, name: str | None = None) -> gg.Tensor:
    """Return the sum of the absolute differences of neighbours, for each picture."""
    x = as_expression(images)
    axes = (-3, -2, -1)
    down = gg.abs(x[..., 1:, :, :] - x[..., :-1, :, :])
    over = gg.abs(x[..., :, 1:, :] - x[..., :, :-1, :])
    return gg.sum(down, axes) + gg.sum(over, axes)


@operation("image.image_gradients", type="ImageGradients")
def image_gradients(image: Any, name: str | None = None) -> tuple[gg.Tensor, gg.Tensor]:
    """Return the differences to the next row, and to the next column; at the end 0."""
    x = as_expression(image)
    down = x[:, 1:] - x[:, :-1]
    over = x[:, :, 1:] - x[:, :, :-1]
    return (
        gg.pad(down, [(0, 0), (0, 1), (0, 0), (0, 0)]),
        gg.pad(over, [(0, 0), (0, 0), (0, 1), (0, 0)]),
    )


@operation("image.sobel_edges", type="SobelEdges")
def sobel_edges(image: Any, name: str | None = None) -> gg.Tensor:
    """Return edges down and over, (batch, rows, columns, channels, 2), by Sobel's filter."""
    x = as_expression(image)
    # Around the picture it goes on as in a mirror.
    x = gg.concat([x[:, 1:2], x, x[:, -2:-1]], 1)
    x = gg.concat([x[:, :, 1:2], x, x[:, :, -2:-1]], 2)
    rows = x[:, :-2] + 2 * x[:, 1:-1] + x[:, 2:]
    columns = x[:, :, :-2] + 2 * x[:, :, 1:-1] + x[:, :, 2:]
    return gg.stack([columns[:, 2:] - columns[:, :-2], rows[:, :, 2:] - rows[:, :, :-2]], -1)


for _name in ("extract_glimpse", "combined_non_max_suppression", "ssim_multiscale"):
    advise(f"image.{_name}", "Use tf.image.crop_and_resize, non_max_suppression or ssim.")
