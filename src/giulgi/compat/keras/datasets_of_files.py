"""Data sets of the pictures and texts in folders, and of windows of series."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from giulgi.compat.keras.preprocessing_pictures import img_to_array, load_img
from giulgi.compat.names import exported
from giulgi.compat.tensorflow.data.dataset import Dataset

_PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


def _found(
    directory: Any, labels: Any, class_names: Any, endings: tuple[str, ...]
) -> tuple[list[str], list[int], list[str]]:
    """Return the paths of all files, the numbers of their classes, and the classes."""
    root = os.fspath(directory)
    if labels is None:
        classes: list[str] = []
        folders = [root]
    else:
        own = sorted(x for x in os.listdir(root) if os.path.isdir(os.path.join(root, x)))
        classes = list(class_names) if class_names else own
        folders = [os.path.join(root, name) for name in classes]
    paths, numbers = [], []
    for number, folder in enumerate(folders):
        for inner, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.lower().endswith(endings):
                    paths.append(os.path.join(inner, name))
                    numbers.append(number)
    if isinstance(labels, (list, tuple)):
        numbers = list(labels)
    of_classes = f" belonging to {len(classes)} classes" if classes else ""
    print(f"Found {len(paths)} files{of_classes}.")
    return paths, numbers, classes


def _chosen(
    paths: list[str], numbers: list[int], shuffle: bool, seed: Any, split: Any, subset: Any
) -> tuple[list[str], list[int]]:
    if shuffle:
        order = np.random.RandomState(seed).permutation(len(paths))
        paths, numbers = [paths[i] for i in order], [numbers[i] for i in order]
    if not split:
        return paths, numbers
    held_out = int(split * len(paths))
    used = len(paths) - held_out if subset == "training" else held_out
    print(f"Using {used} files for {subset}.")
    if subset == "training":
        return paths[:-held_out], numbers[:-held_out]
    return paths[-held_out:], numbers[-held_out:]


def _labels(numbers: list[int], mode: Any, count: int) -> Any:
    if mode == "categorical":
        return np.eye(count, dtype=np.float32)[numbers]
    if mode == "binary":
        return np.array(numbers, np.float32)[:, None]
    return np.array(numbers, np.int32)


def _dataset(
    read: Any, paths: list[str], numbers: list[int], classes: list[str], mode: Any,
    batch_size: int | None, shuffle: bool, seed: Any,
) -> Any:  # fmt: skip
    examples = [read(path) for path in paths]
    array = np.array(examples, object if isinstance(examples[0], bytes) else np.float32)
    has_labels = mode is not None and bool(classes)
    parts = (array, _labels(numbers, mode, len(classes))) if has_labels else array
    made: Any = Dataset.from_tensor_slices(parts)
    if shuffle:
        made = made.shuffle(max(8 * (batch_size or 1), 1), seed=seed)
    made = made if batch_size is None else made.batch(batch_size)
    made.class_names, made.file_paths = classes, paths
    return made


@exported(
    "preprocessing.image_dataset_from_directory", "utils.image_dataset_from_directory",
    "preprocessing.image.image_dataset_from_directory", of="keras",
)  # fmt: skip
def image_dataset_from_directory(
    directory: Any, labels: Any = "inferred", label_mode: Any = "int", class_names: Any = None,
    color_mode: str = "rgb", batch_size: int | None = 32, image_size: Any = (256, 256),
    shuffle: bool = True, seed: Any = None, validation_split: Any = None, subset: Any = None,
    interpolation: str = "bilinear", follow_links: bool = False, **_: Any,
) -> Any:  # fmt: skip
    """Return a data set of batches of pictures, and of the classes that their folders are."""
    del follow_links
    paths, numbers, classes = _found(directory, labels, class_names, _PICTURES)
    paths, numbers = _chosen(paths, numbers, shuffle, seed, validation_split, subset)

    def read(path: str) -> Any:
        picture = load_img(path, color_mode=color_mode, target_size=tuple(image_size),
                           interpolation=interpolation)  # fmt: skip
        return img_to_array(picture)

    return _dataset(read, paths, numbers, classes, label_mode, batch_size, shuffle, seed)


@exported(
    "preprocessing.text_dataset_from_directory", "utils.text_dataset_from_directory", of="keras"
)
def text_dataset_from_directory(
    directory: Any, labels: Any = "inferred", label_mode: Any = "int", class_names: Any = None,
    batch_size: int | None = 32, max_length: int | None = None, shuffle: bool = True,
    seed: Any = None, validation_split: Any = None, subset: Any = None, **_: Any,
) -> Any:  # fmt: skip
    """Return a data set of batches of texts, and of the classes that their folders are."""
    paths, numbers, classes = _found(directory, labels, class_names, (".txt",))
    paths, numbers = _chosen(paths, numbers, shuffle, seed, validation_split, subset)

    def read(path: str) -> bytes:
        with open(path, "rb") as file:
            text = file.read()
        return text if max_length is None else text[:max_length]

    return _dataset(read, paths, numbers, classes, label_mode, batch_size, shuffle, seed)


@exported(
    "preprocessing.timeseries_dataset_from_array", "utils.timeseries_dataset_from_array",
    "preprocessing.sequence.timeseries_dataset_from_array", of="keras",
)  # fmt: skip
def timeseries_dataset_from_array(
    data: Any, targets: Any, sequence_length: int, sequence_stride: int = 1,
    sampling_rate: int = 1, batch_size: int | None = 128, shuffle: bool = False,
    seed: Any = None, start_index: int | None = None, end_index: int | None = None,
) -> Any:  # fmt: skip
    """Return a data set of windows of a series, and of the target of where each begins."""
    series = np.asarray(data)
    first, end = start_index or 0, len(series) if end_index is None else end_index
    reach = sampling_rate * (sequence_length - 1)
    last = end - reach
    if targets is not None:
        last = min(last, first + len(targets))
    starts = np.arange(first, last, sequence_stride)
    if shuffle:
        starts = np.random.RandomState(seed).permutation(starts)
    windows = series[starts[:, None] + sampling_rate * np.arange(sequence_length)[None]]
    parts: Any = windows
    if targets is not None:
        parts = (windows, np.asarray(targets)[starts - first])
    made = Dataset.from_tensor_slices(parts)
    return made if batch_size is None else made.batch(batch_size)
