"""``keras.preprocessing.image``: pictures as arrays, and how they are moved and turned."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from giulgi.compat.keras.backend_session import image_data_format
from giulgi.compat.names import exported

Array = np.ndarray[Any, Any]


def _path(name: str) -> tuple[str, str]:
    return f"preprocessing.image.{name}", f"utils.{name}"


def pillow() -> Any:
    """Return Pillow's module of pictures."""
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            "Could not import PIL.Image. Pictures are read and written by Pillow: pip install "
            "pillow"
        ) from None
    return Image


@exported(*_path("load_img"), of="keras")
def load_img(
    path: Any,
    grayscale: bool = False,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
) -> Any:
    """Return a picture of a file.

    Args:
        path: the file.
        grayscale: whether it is made grey.
        color_mode: "rgb", "rgba" or "grayscale".
        target_size: height and width that it is resized to.
        interpolation: how: "nearest", "bilinear", "bicubic", "lanczos", "box" or "hamming".
    """
    modes = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
    wanted = modes.get("grayscale" if grayscale else color_mode)
    if wanted is None:
        raise ValueError('color_mode must be "grayscale", "rgb", or "rgba"')
    image = pillow().open(path)
    image = image if image.mode == wanted else image.convert(wanted)
    if target_size is not None:
        size = (int(target_size[1]), int(target_size[0]))
        if image.size != size:
            image = image.resize(size, getattr(pillow().Resampling, interpolation.upper()))
    return image


def _channels_first(data_format: Any) -> bool:
    order = image_data_format() if data_format in (None, "default") else data_format
    order = {"th": "channels_first", "tf": "channels_last"}.get(order, order)
    if order not in ("channels_first", "channels_last"):
        raise ValueError(f"Unknown data_format: {data_format}")
    return bool(order == "channels_first")


@exported(*_path("img_to_array"), of="keras")
def img_to_array(img: Any, data_format: Any = None, dtype: Any = "float32", **_: Any) -> Array:
    """Return a picture as an array of numbers from 0 to 255, (height, width, channels)."""
    x = np.asarray(img, dtype=dtype)
    if x.ndim == 2:
        x = x[..., None]
    if x.ndim != 3:
        raise ValueError(f"Unsupported image shape: {x.shape}")
    return x.transpose(2, 0, 1) if _channels_first(data_format) else x.copy()


@exported(*_path("array_to_img"), of="keras")
def array_to_img(
    x: Any, data_format: Any = None, scale: bool = True, dtype: Any = "float32", **_: Any
) -> Any:
    """Return an array as a picture.

    Args:
        x: (height, width, channels), or the channels first.
        data_format: where the channels are.
        scale: whether the smallest number becomes 0 and the largest 255.
        dtype: of the numbers meanwhile.
    """
    array = np.asarray(x, dtype=dtype)
    if array.ndim != 3:
        raise ValueError(
            "Expected image array to have rank 3 (single image). "
            f"Got array with shape: {array.shape}"
        )
    if _channels_first(data_format):
        array = array.transpose(1, 2, 0)
    if scale:
        array = array - array.min()
        top = array.max()
        array = array / top * 255 if top != 0 else array
    bytes_ = np.clip(array, 0, 255).astype("uint8")
    if array.shape[2] == 1:
        return pillow().fromarray(bytes_[:, :, 0], "L")
    if array.shape[2] in (3, 4):
        return pillow().fromarray(bytes_)
    raise ValueError(f"Unsupported channel number: {array.shape[2]}")


@exported(*_path("save_img"), of="keras")
def save_img(
    path: Any, x: Any, data_format: Any = None, file_format: Any = None, scale: bool = True,
    **options: Any,
) -> None:  # fmt: skip
    """Write an array as a picture to a file."""
    array_to_img(x, data_format, scale).save(path, format=file_format, **options)


@exported("preprocessing.image.list_pictures", of="keras")
def list_pictures(
    directory: Any, ext: Any = ("jpg", "jpeg", "bmp", "png", "ppm", "tif", "tiff")
) -> list[str]:
    """Return the paths of the pictures in a folder and the folders in it."""
    ends = (ext,) if isinstance(ext, str) else tuple(ext)
    found = []
    for folder, _, names in os.walk(directory):
        found += [os.path.join(folder, n) for n in names if n.lower().endswith(ends)]
    return found


# Moving and turning


def moved(
    x: Array, matrix: Array, axes: tuple[int, int, int], fill_mode: str, cval: float
) -> Array:
    """Return a picture whose pixel at p is the one that was at ``matrix @ (p - c) + c``.

    c is the middle. Between four pixels it is what lies between them.

    Args:
        x: the picture.
        matrix: (3, 3), of rows and columns, and a shift in the last column.
        axes: those of the rows, of the columns and of the channels.
        fill_mode: what is outside: "nearest", "constant", "reflect" or "wrap".
        cval: the number of "constant".
    """
    pixels = np.moveaxis(x, axes, (0, 1, 2))
    height, width = pixels.shape[:2]
    middle = np.array([height / 2 - 0.5, width / 2 - 0.5])
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    places = np.stack([rows - middle[0], columns - middle[1]]).reshape(2, -1)
    wanted = matrix[:2, :2] @ places + matrix[:2, 2:] + middle[:, None]
    ends = np.array([[height - 1], [width - 1]])
    if fill_mode == "wrap":
        # As in SciPy, the last pixel is the first of the next round.
        wanted = np.where((wanted < 0) | (wanted > ends), wanted % np.maximum(ends, 1), wanted)
    low = np.floor(wanted).astype(int)
    share = wanted - low
    total = np.zeros((height * width, pixels.shape[2]), np.float64)
    for dy in (0, 1):
        for dx in (0, 1):
            weight = np.abs(1 - dy - share[0]) * np.abs(1 - dx - share[1])
            rows_, columns_ = (
                _within(low[axis] + step, pixels.shape[axis], fill_mode)
                for axis, step in enumerate((dy, dx))
            )
            total += weight[:, None] * pixels[rows_, columns_]
    if fill_mode == "constant":
        inside = ((wanted >= 0) & (wanted <= ends)).all(axis=0)
        total = np.where(inside[:, None], total, cval)
    result = total.reshape(pixels.shape).astype(x.dtype)
    return np.moveaxis(result, (0, 1, 2), axes)


def _within(places: Array, size: int, fill_mode: str) -> Array:
    if fill_mode == "reflect":
        places = places % (2 * size)
        mirrored: Array = np.where(places < size, places, 2 * size - 1 - places)
        return mirrored
    clipped: Array = np.clip(places, 0, size - 1)
    return clipped


def affine_matrix(
    theta: float = 0, tx: float = 0, ty: float = 0, shear: float = 0, zx: float = 1, zy: float = 1
) -> Array:
    """Return the matrix of a turn and a shear (in degrees), a shift and a zoom."""
    matrix = np.eye(3)
    if theta:
        a = np.deg2rad(theta)
        matrix = matrix @ [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    if tx or ty:
        matrix = matrix @ np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    if shear:
        a = np.deg2rad(shear)
        matrix = matrix @ [[1, -np.sin(a), 0], [0, np.cos(a), 0], [0, 0, 1]]
    if zx != 1 or zy != 1:
        matrix = matrix @ np.diag([zx, zy, 1.0])
    return matrix


@exported("preprocessing.image.apply_affine_transform", of="keras")
def apply_affine_transform(
    x: Array, theta: float = 0, tx: float = 0, ty: float = 0, shear: float = 0, zx: float = 1,
    zy: float = 1, row_axis: int = 1, col_axis: int = 2, channel_axis: int = 0,
    fill_mode: str = "nearest", cval: float = 0.0, order: int = 1,
) -> Array:  # fmt: skip
    """Return a picture turned, moved, sheared and zoomed."""
    del order
    matrix = affine_matrix(theta, tx, ty, shear, zx, zy)
    return moved(x, matrix, (row_axis, col_axis, channel_axis), fill_mode, cval)


def _random(name: str, options_of: Callable[..., dict[str, float]]) -> None:
    def change(
        x: Array, amount: Any, *others: Any, row_axis: int = 1, col_axis: int = 2,
        channel_axis: int = 0, fill_mode: str = "nearest", cval: float = 0.0, **_: Any,
    ) -> Array:  # fmt: skip
        options = options_of(x, (row_axis, col_axis), amount, *others)
        axes = (row_axis, col_axis, channel_axis)
        return moved(x, affine_matrix(**options), axes, fill_mode, cval)

    change.__name__, change.__doc__ = name, f"Return a picture after a {name.replace('_', ' ')}."
    exported(f"preprocessing.image.{name}", of="keras")(change)


_random("random_rotation", lambda x, axes, rg: {"theta": np.random.uniform(-rg, rg)})
_random("random_shear", lambda x, axes, limit: {"shear": np.random.uniform(-limit, limit)})
_random(
    "random_shift",
    lambda x, axes, wrg, hrg: {
        "tx": np.random.uniform(-hrg, hrg) * x.shape[axes[0]],
        "ty": np.random.uniform(-wrg, wrg) * x.shape[axes[1]],
    },
)


def _zoom(x: Array, axes: Any, zoom_range: Any) -> dict[str, float]:
    zx, zy = np.random.uniform(zoom_range[0], zoom_range[1], 2)
    return {"zx": zx, "zy": zy}


_random("random_zoom", _zoom)


@exported("preprocessing.image.flip_axis", of="keras")
def flip_axis(x: Array, axis: int) -> Array:
    """Return a picture mirrored along an axis."""
    return np.flip(x, axis)


@exported("preprocessing.image.apply_channel_shift", of="keras")
def apply_channel_shift(x: Array, intensity: float, channel_axis: int = 0) -> Array:
    """Return a picture with a number added, within its least and largest."""
    del channel_axis
    shifted: Array = np.clip(x + intensity, x.min(), x.max())
    return shifted


@exported("preprocessing.image.random_channel_shift", of="keras")
def random_channel_shift(x: Array, intensity_range: float, channel_axis: int = 0) -> Array:
    """Return a picture with a random number added to each channel."""
    channels = np.moveaxis(x, channel_axis, 0)
    low, high = x.min(), x.max()
    drawn = np.random.uniform(-intensity_range, intensity_range, len(channels))
    shifted = np.clip(channels + drawn.reshape(-1, *[1] * (x.ndim - 1)), low, high)
    return np.moveaxis(shifted, 0, channel_axis)


@exported("preprocessing.image.apply_brightness_shift", of="keras")
def apply_brightness_shift(x: Array, brightness: float) -> Array:
    """Return a picture made lighter or darker."""
    return np.clip(x * brightness, 0, 255)


@exported("preprocessing.image.random_brightness", of="keras")
def random_brightness(x: Array, brightness_range: Any) -> Array:
    """Return a picture made lighter or darker at random."""
    return apply_brightness_shift(x, np.random.uniform(*brightness_range))
