"""Batches of pictures: of arrays, of folders, and of tables that name files."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from giulgi.compat.keras.generators import Sequence
from giulgi.compat.keras.preprocessing_pictures import array_to_img, img_to_array, load_img
from giulgi.compat.names import export

if TYPE_CHECKING:
    from giulgi.compat.keras.preprocessing_generator import ImageDataGenerator

Array = np.ndarray[Any, Any]
_ENDS = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff", ".gif")


class Iterator(Sequence):
    """Endless batches, which may also be asked for by number.

    One of a program's own says with ``_get_batches_of_transformed_samples`` what a batch of some
    pictures is, and perhaps with ``next`` what comes next: ``index_generator`` tells which.

    Args:
        n: how many pictures there are.
        batch_size: how many make a batch.
        shuffle: whether they are in random order.
        seed: of the order.
    """

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None) -> None:
        self.n = self.samples = n
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, seed
        self.batch_index = self.total_batches_seen = 0
        self.index_array: Array | None = None
        self.lock = threading.Lock()
        self.index_generator = self._flow_index()

    def _flow_index(self) -> Generator[Array, None, None]:
        """Tell which pictures are in the next batch, without end."""
        while True:
            order, start = self._order(), self.batch_size * self.batch_index
            self._go_on()
            self.total_batches_seen += 1
            yield order[start : start + self.batch_size]

    def _go_on(self) -> None:
        self.batch_index += 1
        if self.batch_index >= len(self):
            self.reset()

    def reset(self) -> None:
        """Begin with the first batch again."""
        self.batch_index = 0
        self.index_array = None

    def on_epoch_end(self) -> None:
        """Let the next epoch have another order."""
        self.index_array = None

    def _order(self) -> Array:
        if self.index_array is None:
            order = np.arange(self.n)
            if self.shuffle:
                if self.seed is not None:
                    np.random.seed(self.seed + self.total_batches_seen)
                order = np.random.permutation(self.n)
            self.index_array = order
        return self.index_array

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        if index >= len(self):
            raise ValueError(
                f"Asked to retrieve element {index}, but the Sequence has length {len(self)}"
            )
        own = type(self)
        told = own._get_batches_of_transformed_samples, own.batch_of
        if own.next is not Iterator.next and told == _UNTOLD:
            return self.next()
        start = self.batch_size * index
        self.total_batches_seen += 1
        places = self._order()[start : start + self.batch_size]
        return self._get_batches_of_transformed_samples(places)

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        return self.next()

    def next(self) -> Any:
        """Return the next batch."""
        batch = self[self.batch_index]
        self._go_on()
        return batch

    def _get_batches_of_transformed_samples(self, index_array: Array) -> Any:
        """Return the batch of some pictures, under its name of Keras."""
        return self.batch_of(index_array)

    def batch_of(self, places: Array) -> Any:
        """Return the batch of some pictures."""
        raise NotImplementedError


# What a program's own has where it says what comes next, and not what a batch is.
_UNTOLD = Iterator._get_batches_of_transformed_samples, Iterator.batch_of


class _Pictures(Iterator):
    """Pictures that a generator changes, and which may be written to files as well."""

    def __init__(
        self, generator: ImageDataGenerator, n: int, batch_size: int, shuffle: bool,
        seed: int | None, saving: tuple[Any, str, str],
    ) -> None:  # fmt: skip
        super().__init__(n, batch_size, shuffle, seed)
        self.image_data_generator = generator
        self.saving = saving

    def _changed(self, pictures: Any, places: Array) -> Array:
        generator = self.image_data_generator
        made = [generator.standardize(generator.random_transform(x)) for x in pictures]
        folder, prefix, kind = self.saving
        if folder:
            for place, picture in zip(places, made, strict=True):
                number = np.random.randint(10**7)
                image = array_to_img(picture, generator.data_format, scale=True)
                image.save(os.path.join(folder, f"{prefix}_{place}_{number}.{kind}"))
        return np.stack(made).astype(generator.dtype)


def part_of(n: int, split: float, subset: str | None) -> slice:
    """Return which of n pictures are of a subset: those held out are the first."""
    if subset is None:
        return slice(0, n)
    if subset not in ("training", "validation"):
        raise ValueError('Invalid subset name; expected "training" or "validation"')
    cut = int(n * split)
    return slice(0, cut) if subset == "validation" else slice(cut, n)


class NumpyArrayIterator(_Pictures):
    """Batches of the pictures of an array."""

    def __init__(
        self, generator: ImageDataGenerator, x: Any, y: Any, sample_weight: Any, batch_size: int,
        shuffle: bool, seed: int | None, saving: tuple[Any, str, str], subset: str | None,
    ) -> None:  # fmt: skip
        pictures = np.asarray(x)
        if pictures.ndim != 4:
            raise ValueError(
                "Input data in `NumpyArrayIterator` should have rank 4. You passed an array with "
                f"shape {pictures.shape}"
            )
        if y is not None and len(pictures) != len(y):
            raise ValueError(
                "`x` (images tensor) and `y` (labels) should have the same length. Found: x.shape "
                f"= {pictures.shape}, y.shape = {np.asarray(y).shape}"
            )
        part = part_of(len(pictures), generator.validation_split, subset)
        self.x = pictures[part]
        self.y = None if y is None else np.asarray(y)[part]
        self.sample_weight = None if sample_weight is None else np.asarray(sample_weight)[part]
        super().__init__(generator, len(self.x), batch_size, shuffle, seed, saving)

    def batch_of(self, places: Array) -> Any:
        """Return pictures, and labels and weights if there are any."""
        pictures = self._changed(self.x[places].astype("float32"), places)
        if self.y is None:
            return pictures
        if self.sample_weight is None:
            return pictures, self.y[places]
        return pictures, self.y[places], self.sample_weight[places]


class _Files(_Pictures):
    """Batches of pictures in files."""

    filepaths: list[str]
    classes: Array
    class_mode: Any
    class_indices: dict[Any, int]

    def _read(self, target_size: Any, color_mode: str, interpolation: str) -> None:
        self.target_size, self.color_mode = tuple(target_size), color_mode
        self.interpolation = interpolation
        channels = {"rgb": 3, "rgba": 4, "grayscale": 1}[color_mode]
        first = self.image_data_generator.data_format == "channels_first"
        sizes = self.target_size
        self.image_shape = (channels, *sizes) if first else (*sizes, channels)

    def _picture(self, path: str) -> Array:
        image = load_img(
            path, color_mode=self.color_mode, target_size=self.target_size,
            interpolation=self.interpolation,
        )  # fmt: skip
        return img_to_array(image, self.image_data_generator.data_format)

    def batch_of(self, places: Array) -> Any:
        """Return pictures, and what belongs to them by ``class_mode``."""
        pictures = self._changed([self._picture(self.filepaths[i]) for i in places], places)
        mode = self.class_mode
        if mode is None:
            return pictures
        if mode == "input":
            return pictures, pictures.copy()
        labels = self.classes[places]
        if mode == "categorical":
            return pictures, np.eye(len(self.class_indices), dtype="float32")[labels]
        return pictures, labels.astype("float32") if mode == "binary" else labels


class DirectoryIterator(_Files):
    """Batches of the pictures of a folder, in which each class has one of its own."""

    def __init__(
        self, generator: ImageDataGenerator, directory: str, target_size: Any, color_mode: str,
        classes: Any, class_mode: Any, batch_size: int, shuffle: bool, seed: int | None,
        saving: tuple[Any, str, str], subset: str | None, interpolation: str,
    ) -> None:  # fmt: skip
        self.directory, self.class_mode = directory, class_mode
        folders = (entry for entry in sorted(os.listdir(directory)))
        names = list(classes or (f for f in folders if os.path.isdir(os.path.join(directory, f))))
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.num_classes = self.nb_class = len(names)
        self.filenames: list[str] = []
        labels: list[int] = []
        for name, number in self.class_indices.items():
            found = _pictures_in(os.path.join(directory, name))
            kept = found[part_of(len(found), generator.validation_split, subset)]
            self.filenames += [os.path.join(name, path) for path in kept]
            labels += [number] * len(kept)
        self.classes = np.array(labels, dtype="int32")
        self.filepaths = [os.path.join(directory, path) for path in self.filenames]
        super().__init__(generator, len(self.filenames), batch_size, shuffle, seed, saving)
        self._read(target_size, color_mode, interpolation)
        print(f"Found {self.n} images belonging to {self.num_classes} classes.")


def _pictures_in(folder: str) -> list[str]:
    found = []
    for where, _, names in sorted(os.walk(folder)):
        inner = os.path.relpath(where, folder)
        kept = [name for name in sorted(names) if name.lower().endswith(_ENDS)]
        found += [name if inner == "." else os.path.join(inner, name) for name in kept]
    return found


class DataFrameIterator(_Files):
    """Batches of the pictures that a table names."""

    def __init__(
        self, generator: ImageDataGenerator, table: Any, directory: Any, columns: tuple[str, Any],
        target_size: Any, color_mode: str, classes: Any, class_mode: Any, batch_size: int,
        shuffle: bool, seed: int | None, saving: tuple[Any, str, str], subset: str | None,
        interpolation: str,
    ) -> None:  # fmt: skip
        x_col, y_col = columns
        self.class_mode = class_mode
        part = part_of(len(table), generator.validation_split, subset)
        rows = table.iloc[part]
        self.filenames = [str(name) for name in rows[x_col]]
        self.filepaths = [os.path.join(directory or "", name) for name in self.filenames]
        self.class_indices = {}
        if class_mode in ("categorical", "binary", "sparse"):
            names = list(classes or sorted(set(table[y_col])))
            self.class_indices = {name: number for number, name in enumerate(names)}
            self.classes = np.array([self.class_indices[name] for name in rows[y_col]])
        elif class_mode is not None:
            self.classes = np.asarray(rows[y_col])
        super().__init__(generator, len(self.filenames), batch_size, shuffle, seed, saving)
        self._read(target_size, color_mode, interpolation)
        print(f"Found {self.n} validated image filenames.")


for _class in (Iterator, NumpyArrayIterator, DirectoryIterator, DataFrameIterator):
    export(f"preprocessing.image.{_class.__name__}", _class, of="keras")
