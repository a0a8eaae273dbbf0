"""MNIST as the tutorials of TensorFlow 1 read it: ``input_data.read_data_sets``."""

from __future__ import annotations

import gzip
import warnings
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import giulgi.data.datasets.mnist as shipped
from giulgi.compat.downloads import required
from giulgi.compat.names import export
from giulgi.compat.tensors.dtypes import as_dtype, float32, uint8

Array = np.ndarray[Any, Any]

_HOMES = ("examples.tutorials.mnist.input_data", "contrib.learn.python.learn.datasets.mnist",
          "contrib.learn.datasets.mnist")  # fmt: skip

_FILES = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
          "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")  # fmt: skip

# Where the same four files, those that come with giulgi, were downloaded from.
_SOURCE = "https://storage.googleapis.com/cvdf-datasets/mnist/"

_PIXELS = 28 * 28


class Datasets(NamedTuple):
    """The three parts of a data set."""

    train: Any
    validation: Any
    test: Any


class Dataset(NamedTuple):
    """A small table: features and targets."""

    data: Any
    target: Any


class DataSet:
    """Pictures with labels, handed out in batches.

    Args:
        images: uint8 (examples, rows, columns, 1).
        labels: the class of each picture, or a row with a one at the place of the class.
        fake_data: whether batches are to be made up, without any data.
        one_hot: whether made-up labels are rows.
        dtype: ``tf.float32``: pixels are from 0 to 1; ``tf.uint8``: as they are, from 0 to 255.
        reshape: whether each picture becomes one row of pixels.
        seed: what the order of examples begins from; None: NumPy's own random numbers.
    """

    def __init__(
        self,
        images: Any,
        labels: Any,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = float32,
        reshape: bool = True,
        seed: int | None = None,
    ) -> None:
        self._dtype = as_dtype(dtype)
        if self._dtype not in (uint8, float32):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        self._is_fake, self.one_hot = fake_data, one_hot
        raw = np.asarray(images)
        if not fake_data:
            assert len(raw) == len(labels), f"{len(raw)} images and {len(labels)} labels"
            raw = raw.reshape(len(raw), prod(raw.shape[1:])) if reshape else raw
        self._raw = raw
        # Pixels become floats where they are asked for: of a batch, that costs next to nothing.
        self._images = self._scaled(raw) if fake_data or self._dtype == uint8 else None
        self._labels = labels
        self._num_examples = 10_000 if fake_data else len(raw)
        self._random: Any = np.random if seed is None else np.random.RandomState(seed)
        self._order: Array | None = None
        self._epochs_completed = self._index_in_epoch = 0

    def _scaled(self, pixels: Array) -> Array:
        if self._dtype == uint8 or pixels.dtype != np.uint8:
            return pixels
        return np.multiply(pixels.astype(np.float32), np.float32(1.0 / 255.0))

    @property
    def images(self) -> Array:
        """All pictures."""
        if self._images is None:
            self._images = self._scaled(self._raw)
        return self._images

    @property
    def labels(self) -> Any:
        """All labels."""
        return self._labels

    @property
    def num_examples(self) -> int:
        """The number of examples."""
        return self._num_examples

    @property
    def epochs_completed(self) -> int:
        """How often all examples have been handed out."""
        return self._epochs_completed

    def next_batch(
        self, batch_size: int, fake_data: bool = False, shuffle: bool = True
    ) -> tuple[Any, Any]:
        """Return pictures and labels of the next examples; after the last the first follow.

        Args:
            batch_size: how many.
            fake_data: whether to make them up.
            shuffle: whether each epoch has an order of its own.
        """
        if fake_data or self._is_fake:
            label: Any = [1] + [0] * 9 if self.one_hot else 0
            return [[1] * _PIXELS for _ in range(batch_size)], [label for _ in range(batch_size)]
        start = self._index_in_epoch
        if not self._epochs_completed and not start and shuffle:
            self._shuffle()
        end = start + batch_size
        if end <= self._num_examples:
            self._index_in_epoch = end
            return self._examples(start, end)
        self._epochs_completed += 1
        rest_images, rest_labels = self._examples(start, self._num_examples)
        if shuffle:
            self._shuffle()
        self._index_in_epoch = batch_size - (self._num_examples - start)
        images, labels = self._examples(0, self._index_in_epoch)
        return np.concatenate([rest_images, images]), np.concatenate([rest_labels, labels])

    def _shuffle(self) -> None:
        self._order = np.arange(self._num_examples)
        self._random.shuffle(self._order)

    def _examples(self, start: int, end: int) -> tuple[Array, Array]:
        """Return the examples of some places of the order."""
        source, labels = self._images, self._labels
        places: Any = slice(start, end) if self._order is None else self._order[start:end]
        if source is None:
            return self._scaled(self._raw[places]), labels[places]
        return source[places], labels[places]


def dense_to_one_hot(labels_dense: Array, num_classes: int) -> Array:
    """Return classes as rows of zeros, with a one at the place of the class."""
    return np.eye(num_classes)[np.asarray(labels_dense).ravel()]


def _content(file: Any) -> bytes:
    """Return what is in a file in gzip's format, given open or by its name."""
    return gzip.decompress(file.read() if hasattr(file, "read") else Path(file).read_bytes())


def _require_magic(found: int, expected: int, file: Any) -> None:
    if found != expected:
        name = getattr(file, "name", file)
        raise ValueError(f"Invalid magic number {found} in {name}, expected {expected}")


def extract_images(f: Any) -> Array:
    """Return the pictures of a file in idx format, as uint8 (examples, rows, columns, 1)."""
    content = _content(f)
    magic, *sizes = np.frombuffer(content, ">u4", 4).tolist()
    _require_magic(magic, 2051, f)
    return np.frombuffer(content, np.uint8, offset=16).reshape(*sizes, 1)


def extract_labels(f: Any, one_hot: bool = False, num_classes: int = 10) -> Array:
    """Return the labels of a file in idx format, as uint8 (examples,) or as rows."""
    content = _content(f)
    _require_magic(int(np.frombuffer(content, ">u4", 1)[0]), 2049, f)
    labels = np.frombuffer(content, np.uint8, offset=8)
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


def _arrays(folder: Any, source_url: str) -> list[Array]:
    """Return the four arrays: those in a folder, if it has all of them, or those of MNIST."""
    own = [Path(str(folder)) / name for name in _FILES]
    if all(path.is_file() for path in own):
        return [extract_images(p) if "idx3" in p.name else extract_labels(p) for p in own]
    if "mnist" not in source_url.lower() or "fashion" in source_url.lower():
        warnings.warn(
            f"nothing is downloaded from {source_url}: MNIST, which comes with giulgi, takes its "
            f"place; to read other files, put {', '.join(_FILES)} into {folder}",
            stacklevel=4,
        )
    (train_images, train_labels), (test_images, test_labels) = shipped.load_data()
    return [train_images[..., None], train_labels, test_images[..., None], test_labels]


def read_data_sets(
    train_dir: Any,
    fake_data: bool = False,
    one_hot: bool = False,
    dtype: Any = float32,
    reshape: bool = True,
    validation_size: int = 5000,
    seed: int | None = None,
    source_url: str = _SOURCE,
) -> Datasets:
    """Return MNIST in three parts: the digits that come with giulgi; nothing is downloaded.

    Args:
        train_dir: a folder. If it holds the four files of a data set, those are read.
        fake_data: whether batches are to be made up.
        one_hot: whether a label is a row with a one at the place of the digit.
        dtype: ``tf.float32``: pixels are from 0 to 1; ``tf.uint8``: from 0 to 255.
        reshape: whether pictures are rows of 784 pixels; else they are (28, 28, 1).
        validation_size: how many of the 60,000 examples are for validation, the first ones.
        seed: what the order of examples begins from.
        source_url: where the files came from; see ``train_dir``.

    Raises:
        ValueError: if there are fewer examples than are to be for validation.
    """
    options = {"dtype": dtype, "reshape": reshape, "seed": seed}
    if fake_data:
        parts = [DataSet([], [], fake_data=True, one_hot=one_hot, **options) for _ in range(3)]
        return Datasets(*parts)
    images, labels, test_images, test_labels = _arrays(train_dir, source_url or _SOURCE)
    if one_hot:
        labels, test_labels = dense_to_one_hot(labels, 10), dense_to_one_hot(test_labels, 10)
    if not 0 <= validation_size <= len(images):
        raise ValueError(
            f"Validation size should be between 0 and {len(images)}. Received: {validation_size}."
        )
    return Datasets(
        DataSet(images[validation_size:], labels[validation_size:], **options),
        DataSet(images[:validation_size], labels[:validation_size], **options),
        DataSet(test_images, test_labels, **options),
    )


def load_mnist(train_dir: str = "MNIST-data") -> Datasets:
    """Return MNIST as :func:`read_data_sets` does."""
    return read_data_sets(train_dir)


def maybe_download(filename: str, work_directory: str, source_url: str | None = None) -> str:
    """Return the path of a file; if it is not there, it is downloaded.

    Raises:
        FileNotFoundError: if it cannot be had.
    """
    path = Path(work_directory) / filename
    return str(required(path, f"The file {filename!r}", source_url or ""))


for _home in _HOMES:
    for _thing in (DataSet, read_data_sets, extract_images, extract_labels, dense_to_one_hot,
                   load_mnist, maybe_download):  # fmt: skip
        export(f"{_home}.{_thing.__name__}", _thing)
    export(f"{_home}.SOURCE_URL", _SOURCE)
    export(f"{_home}.Datasets", Datasets)

for _home in ("contrib.learn.python.learn.datasets.base", "contrib.learn.datasets.base"):
    export(f"{_home}.Datasets", Datasets)
    export(f"{_home}.Dataset", Dataset)
    export(f"{_home}.maybe_download", maybe_download)
