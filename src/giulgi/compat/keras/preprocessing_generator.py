"""``ImageDataGenerator``: batches of pictures, changed at random."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from giulgi.backends.reference.blas import one_thread
from giulgi.compat.keras.backend_session import image_data_format
from giulgi.compat.keras.preprocessing_iterators import (
    DataFrameIterator,
    DirectoryIterator,
    NumpyArrayIterator,
)
from giulgi.compat.keras.preprocessing_pictures import (
    affine_matrix,
    moved,
    random_brightness,
    random_channel_shift,
)
from giulgi.compat.names import exported

Array = np.ndarray[Any, Any]


@exported("preprocessing.image.ImageDataGenerator", of="keras")
class ImageDataGenerator:
    """Makes batches of pictures, each changed at random.

    Args:
        featurewise_center: whether the mean of all pictures is taken off; see :meth:`fit`.
        samplewise_center: whether the mean of each is.
        featurewise_std_normalization: whether they are divided by the deviation of all.
        samplewise_std_normalization: whether each is by its own.
        zca_whitening: whether the correlations of pixels are taken out.
        zca_epsilon: what is added to the variances then.
        rotation_range: the largest turn, in degrees.
        width_shift_range: the largest shift sideways, a share of the width or pixels.
        height_shift_range: the largest shift up or down.
        brightness_range: the least and largest factor of brightness.
        shear_range: the largest shear, in degrees.
        zoom_range: the largest zoom, or the least and the largest.
        channel_shift_range: the largest number that is added to a channel.
        fill_mode: what is outside of pictures: "nearest", "constant", "reflect" or "wrap".
        cval: the number of "constant".
        horizontal_flip: whether pictures are mirrored sideways.
        vertical_flip: whether they are turned upside down.
        rescale: what pictures are multiplied by.
        preprocessing_function: what is done to each picture before.
        data_format: where the channels are.
        validation_split: the share of pictures that is held out, as ``subset="validation"``.
        dtype: of the pictures.
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Array], Any] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: str = "float32",
        **options: Any,
    ) -> None:
        del interpolation_order
        order = options.get("dim_ordering")
        self.data_format = {"th": "channels_first", "tf": "channels_last"}.get(
            order or "", data_format
        ) or image_data_format()
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.rotation_range = rotation_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.brightness_range, self.shear_range = brightness_range, shear_range
        is_pair = isinstance(zoom_range, (tuple, list))
        self.zoom_range = list(zoom_range) if is_pair else [1 - zoom_range, 1 + zoom_range]
        self.channel_shift_range = channel_shift_range
        self.fill_mode, self.cval = fill_mode, cval
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.validation_split, self.dtype = validation_split, dtype
        first = self.data_format == "channels_first"
        self.axes = (1, 2, 0) if first else (0, 1, 2)  # Of rows, columns and channels.
        self.mean: Any = None
        self.std: Any = None
        self.principal_components: Any = None

    # Where pictures come from

    def flow(
        self, x: Any, y: Any = None, batch_size: int = 32, shuffle: bool = True,
        sample_weight: Any = None, seed: int | None = None, save_to_dir: Any = None,
        save_prefix: str = "", save_format: str = "png", subset: Any = None, **_: Any,
    ) -> NumpyArrayIterator:  # fmt: skip
        """Return batches of the pictures of an array, (pictures, height, width, channels)."""
        saving = (save_to_dir, save_prefix, save_format)
        return NumpyArrayIterator(
            self, x, y, sample_weight, batch_size, shuffle, seed, saving, subset
        )

    def flow_from_directory(
        self, directory: Any, target_size: Any = (256, 256), color_mode: str = "rgb",
        classes: Any = None, class_mode: Any = "categorical", batch_size: int = 32,
        shuffle: bool = True, seed: int | None = None, save_to_dir: Any = None,
        save_prefix: str = "", save_format: str = "png", follow_links: bool = False,
        subset: Any = None, interpolation: str = "nearest", **_: Any,
    ) -> DirectoryIterator:  # fmt: skip
        """Return batches of the pictures of a folder, in which each class has one of its own."""
        del follow_links
        saving = (save_to_dir, save_prefix, save_format)
        return DirectoryIterator(
            self, os.fspath(directory), target_size, color_mode, classes, class_mode, batch_size,
            shuffle, seed, saving, subset, interpolation,
        )  # fmt: skip

    def flow_from_dataframe(
        self, dataframe: Any, directory: Any = None, x_col: str = "filename",
        y_col: Any = "class", target_size: Any = (256, 256), color_mode: str = "rgb",
        classes: Any = None, class_mode: Any = "categorical", batch_size: int = 32,
        shuffle: bool = True, seed: int | None = None, save_to_dir: Any = None,
        save_prefix: str = "", save_format: str = "png", subset: Any = None,
        interpolation: str = "nearest", **_: Any,
    ) -> DataFrameIterator:  # fmt: skip
        """Return batches of the pictures that a table names."""
        saving = (save_to_dir, save_prefix, save_format)
        return DataFrameIterator(
            self, dataframe, directory, (x_col, y_col), target_size, color_mode, classes,
            class_mode, batch_size, shuffle, seed, saving, subset, interpolation,
        )  # fmt: skip

    # What is done to them

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Take the mean and deviation, and for whitening the correlations, of some pictures."""
        pictures = np.array(x, dtype=self.dtype)
        if pictures.ndim != 4:
            raise ValueError(
                f"Input to `.fit()` should have rank 4. Got array with shape: {pictures.shape}"
            )
        if seed is not None:
            np.random.seed(seed)
        if augment:
            pictures = np.stack([self.random_transform(p) for _ in range(rounds) for p in pictures])
        others = (0, self.axes[0] + 1, self.axes[1] + 1)
        if self.featurewise_center:
            self.mean = pictures.mean(others, keepdims=True)[0]
            pictures = pictures - self.mean
        if self.featurewise_std_normalization:
            self.std = pictures.std(others, keepdims=True)[0]
            pictures = pictures / (self.std + 1e-6)
        if self.zca_whitening:
            flat = pictures.reshape(len(pictures), -1)
            with one_thread():
                vectors, values, _ = np.linalg.svd(flat.T @ flat / len(flat))
            scale = 1.0 / np.sqrt(values + self.zca_epsilon)
            self.principal_components = (vectors * scale) @ vectors.T

    def standardize(self, x: Array) -> Array:
        """Return a picture as networks take it: scaled and normalized."""
        if self.preprocessing_function is not None:
            x = np.asarray(self.preprocessing_function(x))
        if self.rescale:
            x = x * self.rescale
        if self.samplewise_center:
            x = x - x.mean(keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (x.std(keepdims=True) + 1e-6)
        if self.featurewise_center and self.mean is not None:
            x = x - self.mean
        if self.featurewise_std_normalization and self.std is not None:
            x = x / (self.std + 1e-6)
        if self.zca_whitening and self.principal_components is not None:
            x = (x.reshape(1, -1) @ self.principal_components).reshape(x.shape)
        return x

    def random_transform(self, x: Array, seed: int | None = None) -> Array:
        """Return a picture changed at random."""
        if seed is not None:
            np.random.seed(seed)
        rows, columns, channels = self.axes
        matrix = affine_matrix(
            _drawn(self.rotation_range),
            _shift(self.height_shift_range, x.shape[rows]),
            _shift(self.width_shift_range, x.shape[columns]),
            _drawn(self.shear_range),
            *self._zoom(),
        )
        if not np.array_equal(matrix, np.eye(3)):
            x = moved(x, matrix, self.axes, self.fill_mode, self.cval)
        if self.channel_shift_range:
            x = random_channel_shift(x, self.channel_shift_range, channels)
        if self.horizontal_flip and np.random.random() < 0.5:
            x = np.flip(x, columns)
        if self.vertical_flip and np.random.random() < 0.5:
            x = np.flip(x, rows)
        if self.brightness_range is not None:
            x = random_brightness(x, self.brightness_range)
        return x

    def _zoom(self) -> tuple[float, float]:
        low, high = self.zoom_range
        if low == high == 1:
            return 1.0, 1.0
        zx, zy = np.random.uniform(low, high, 2)
        return float(zx), float(zy)


def _drawn(limit: float) -> float:
    return float(np.random.uniform(-limit, limit)) if limit else 0.0


def _shift(limit: Any, size: int) -> float:
    if isinstance(limit, (list, tuple, np.ndarray)):
        return float(np.random.choice(limit) * np.random.choice([-1, 1]))
    drawn = _drawn(limit)
    return drawn * size if abs(limit) < 1 else drawn
