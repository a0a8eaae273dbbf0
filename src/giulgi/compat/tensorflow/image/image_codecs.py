"""Pictures in files: ``tf.image.decode_jpeg``, ``tf.image.encode_png`` and their kin, by Pillow."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import numpy as np

from giulgi.compat.errors import InvalidArgumentError
from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensors.dtypes import as_dtype
from giulgi.compat.tensors.tensor import Tensor

Array = np.ndarray[Any, Any]

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise ImportError('reading pictures needs Pillow: pip install "giulgi[programs]"') from None
    return Image


def _opened(contents: Any) -> Any:
    """Return the picture of the bytes of a file.

    Raises:
        InvalidArgumentError: if it is none.
    """
    raw: Any = np.asarray(contents, object)[()]
    try:
        return _pillow().open(io.BytesIO(raw))
    except (OSError, TypeError):
        raise InvalidArgumentError(
            None, None, "Unknown image file format. One of JPEG, PNG, GIF, BMP required."
        ) from None


def _pixels(picture: Any, channels: int) -> Array:
    """Return a picture as uint8, (rows, columns, channels).

    Args:
        picture: of Pillow.
        channels: how many; 0: as many as it has.
    """
    if not channels:
        channels = {"1": 1, "L": 1, "I;16": 1, "I": 1, "LA": 2, "RGBA": 4}.get(picture.mode, 3)
        if picture.mode == "P" and "transparency" in picture.info:
            channels = 4
    array = np.asarray(picture.convert(_MODES[channels]))
    return array.reshape(*array.shape[:2], channels)


def _as_type(pixels: Array, dtype: Any) -> Array:
    if dtype.name == "uint16":
        return pixels.astype(np.uint16) * 257
    return pixels if dtype.name == "uint8" else pixels.astype(dtype.numpy_dtype) / 255


def _decode(
    type: str, contents: Any, channels: int | None, dtype: Any, ratio: int, name: str | None
) -> Tensor:
    kind, count = as_dtype(dtype), channels or 0
    if count not in (0, 1, 3, 4):
        raise ValueError(f"channels must be 0, 1, 3, or 4, got {count}")

    decode = partial(decoded, channels=count, dtype=kind.name, ratio=ratio)
    outputs = [(kind, [None, None, count or None])]
    return host_operation(type, decode, [contents], outputs, name).outputs[0]


def decoded(value: Any, channels: int, dtype: str, ratio: int) -> Array:
    """Return the pixels of the bytes of a file, of which files of graphs have the name."""
    picture = _opened(value)
    if ratio > 1:
        picture = picture.resize([-(-size // ratio) for size in picture.size])
    return _as_type(_pixels(picture, channels), as_dtype(dtype))


@exported("image.decode_jpeg", "io.decode_jpeg")
def decode_jpeg(
    contents: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Tensor:
    """Return the pixels of a JPEG file, uint8 (rows, columns, channels).

    Args:
        contents: the bytes of the file.
        channels: how many, 1 or 3; 0: as many as it has.
        ratio: by how much it is made smaller.
        fancy_upscaling: has no meaning.
        try_recover_truncated: has no meaning.
        acceptable_fraction: has no meaning.
        dct_method: has no meaning.
        name: the name of the operation.
    """
    del fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method
    return _decode("DecodeJpeg", contents, channels, "uint8", ratio, name)


@exported("image.decode_png", "io.decode_png")
def decode_png(
    contents: Any, channels: int = 0, dtype: Any = "uint8", name: str | None = None
) -> Tensor:
    """Return the pixels of a PNG file, (rows, columns, channels); see :func:`decode_jpeg`."""
    return _decode("DecodePng", contents, channels, dtype, 1, name)


@exported("image.decode_bmp", "io.decode_bmp")
def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Tensor:
    """Return the pixels of a BMP file, uint8 (rows, columns, channels)."""
    return _decode("DecodeBmp", contents, channels, "uint8", 1, name)


@exported("image.decode_image", "io.decode_image")
def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = "uint8",
    name: str | None = None,
    expand_animations: bool = True,
) -> Tensor:
    """Return the pixels of a file of any kind, (rows, columns, channels); of a GIF its first frame.

    Args:
        contents: the bytes of the file.
        channels: how many; None: as many as it has.
        dtype: uint8, uint16, or floats from 0 to 1.
        name: the name of the operation.
        expand_animations: has no meaning: ``tf.image.decode_gif`` returns all frames.
    """
    del expand_animations
    return _decode("DecodeImage", contents, channels, dtype, 1, name)


@exported("image.decode_gif", "io.decode_gif")
def decode_gif(contents: Any, name: str | None = None) -> Tensor:
    """Return the pixels of a GIF file, uint8 (frames, rows, columns, 3)."""

    def decode(value: Any) -> Array:
        picture = _opened(value)
        frames = []
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            frames.append(_pixels(picture, 3))
        return np.stack(frames)

    outputs = [("uint8", [None, None, None, 3])]
    return host_operation("DecodeGif", decode, [contents], outputs, name).outputs[0]


@exported("image.decode_and_crop_jpeg", "io.decode_and_crop_jpeg")
def decode_and_crop_jpeg(
    contents: Any, crop_window: Any, channels: int = 0, name: str | None = None, **_: Any
) -> Tensor:
    """Return the pixels of a part of a JPEG file: row, column, height and width of the part."""

    def decode(value: Any, window: Any) -> Array:
        y, x, height, width = (int(n) for n in window)
        return _pixels(_opened(value), channels)[y : y + height, x : x + width]

    outputs = [("uint8", [None, None, channels or None])]
    made = host_operation("DecodeAndCropJpeg", decode, [contents, crop_window], outputs, name)
    return made.outputs[0]


@exported("image.extract_jpeg_shape", "io.extract_jpeg_shape")
def extract_jpeg_shape(
    contents: Any, output_type: Any = "int32", name: str | None = None
) -> Tensor:
    """Return rows, columns and channels of a JPEG file."""

    def read(value: Any) -> Array:
        picture = _opened(value)
        return np.array([picture.height, picture.width, len(picture.getbands())])

    outputs = [(as_dtype(output_type), [3])]
    return host_operation("ExtractJpegShape", read, [contents], outputs, name).outputs[0]


@exported("image.is_jpeg", "io.is_jpeg")
def is_jpeg(contents: Any, name: str | None = None) -> Tensor:
    """Return whether the bytes of a file are those of a JPEG file."""
    look = lambda value: np.asarray(value, object)[()][:3] == b"\xff\xd8\xff"  # noqa: E731
    return host_operation("IsJpeg", look, [contents], [("bool", [])], name).outputs[0]


def _encoded(pixels: Any, format: str, **options: Any) -> bytes:
    array = np.asarray(pixels)
    if array.shape[-1] not in _MODES:
        raise InvalidArgumentError(
            None, None, f"image must have 1, 2, 3, or 4 channels, and has shape {array.shape}"
        )
    picture = _pillow().fromarray(array[..., 0] if array.shape[-1] == 1 else array)
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


@exported("image.encode_jpeg", "io.encode_jpeg")
def encode_jpeg(
    image: Any,
    format: str = "",
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
    name: str | None = None,
) -> Tensor:
    """Return the bytes of a JPEG file.

    Args:
        image: uint8 (rows, columns, channels).
        format: "grayscale", "rgb", or nothing: as the number of channels says.
        quality: from 0 to 100.
        progressive: whether it can be shown before it is read whole.
        optimize_size: whether it is to be smaller.
        chroma_downsampling: whether colors have half the rows and columns.
        density_unit: has no meaning.
        x_density: points to the inch.
        y_density: points to the inch.
        xmp_metadata: has no meaning.
        name: the name of the operation.
    """
    del format, density_unit, xmp_metadata
    options = {
        "quality": quality, "progressive": progressive, "optimize": optimize_size,
        "subsampling": 2 if chroma_downsampling else 0, "dpi": (x_density, y_density),
    }  # fmt: skip
    encode = lambda pixels: _encoded(pixels, "JPEG", **options)  # noqa: E731
    return host_operation("EncodeJpeg", encode, [image], [("string", [])], name).outputs[0]


@exported("image.encode_png", "io.encode_png")
def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Tensor:
    """Return the bytes of a PNG file of uint8 (rows, columns, channels)."""
    del compression
    encode = lambda pixels: _encoded(pixels, "PNG")  # noqa: E731
    return host_operation("EncodePng", encode, [image], [("string", [])], name).outputs[0]
