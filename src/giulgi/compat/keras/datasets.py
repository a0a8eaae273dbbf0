"""``keras.datasets``: MNIST ships; others are read where Keras keeps them."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import giulgi as gg
from giulgi.compat.downloads import required
from giulgi.compat.keras.utils import home
from giulgi.compat.names import export

Array = np.ndarray[Any, Any]
Split = tuple[tuple[Any, Any], tuple[Any, Any]]
_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def _file(name: str, what: str) -> Path:
    """Return where Keras keeps a file."""
    given = Path(name)
    if given.is_absolute() and given.exists():
        return given
    return required(home() / "datasets" / name, what, _ORIGIN + name)


def load_mnist(path: str = "mnist.npz") -> Split:
    """Return the handwritten digits, which come with giulgi."""
    return gg.datasets.mnist.load_data(os.fspath(path))


def load_fashion_mnist() -> Split:
    """Return the pictures of clothes, as the digits are."""
    folder = home() / "datasets" / "fashion-mnist"
    arrays = []
    for name, header in (("train-labels-idx1", 8), ("train-images-idx3", 16),
                         ("t10k-labels-idx1", 8), ("t10k-images-idx3", 16)):  # fmt: skip
        path = required(folder / f"{name}-ubyte.gz", "The data set fashion_mnist",
                        f"{_ORIGIN}{name}-ubyte.gz")  # fmt: skip
        content = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)
        arrays.append(content.reshape(-1, 28, 28) if header == 16 else content)
    return (arrays[1], arrays[0]), (arrays[3], arrays[2])


def _batches(archive: str, folder: str, names: Sequence[str], label: str) -> list[Any]:
    """Return pictures (n, 32, 32, 3) and labels of files of CIFAR, unpacked or in an archive."""
    root = home() / "datasets"
    unpacked = root / folder
    if not unpacked.is_dir():
        packed = next((root / n for n in (archive, f"{folder}.tar.gz") if (root / n).is_file()),
                      root / archive)  # fmt: skip
        origin = f"https://www.cs.toronto.edu/~kriz/{archive}"
        with tarfile.open(required(packed, f"The data set {folder}", origin)) as files:
            files.extractall(root, filter="data")
    found = []
    for name in names:
        with open(unpacked / name, "rb") as file:
            content = pickle.load(file, encoding="bytes")
        pictures = content[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        found.append((pictures, np.asarray(content[label.encode()], "uint8").reshape(-1, 1)))
    return found


def _in_order(x: Array) -> Array:
    from giulgi.compat.keras.backend_session import image_data_format

    first = image_data_format() == "channels_first"
    return x.transpose(0, 3, 1, 2) if first else np.ascontiguousarray(x)


def load_cifar10() -> Split:
    """Return 60,000 small pictures of ten kinds of things."""
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    parts = _batches("cifar-10-python.tar.gz", "cifar-10-batches-py", names, "labels")
    x, y = (np.concatenate(arrays) for arrays in zip(*parts[:5], strict=True))
    return (_in_order(x), y), (_in_order(parts[5][0]), parts[5][1])


def load_cifar100(label_mode: str = "fine") -> Split:
    """Return 60,000 small pictures of a hundred kinds of things, or of twenty groups of them."""
    if label_mode not in ("fine", "coarse"):
        raise ValueError('`label_mode` must be one of `"fine"`, `"coarse"`.')
    names = ("train", "test")
    label = f"{label_mode}_labels"
    train, test = _batches("cifar-100-python.tar.gz", "cifar-100-python", names, label)
    return (_in_order(train[0]), train[1]), (_in_order(test[0]), test[1])


def _words(
    x: Array, y: Array, num_words: int | None, skip_top: int, maxlen: int | None,
    start_char: int | None, oov_char: int | None, index_from: int,
) -> tuple[list[list[int]], list[int]]:  # fmt: skip
    """Return lists of words: moved on, without the rarest and the most frequent."""
    rows: list[list[int]] = []
    labels: list[int] = []
    begin = [] if start_char is None else [start_char]
    move = 0 if start_char is None and not index_from else index_from
    pairs = [([*begin, *(int(w) + move for w in row)], int(label)) for row, label in
             zip(x, y, strict=True)]  # fmt: skip
    limit = num_words or max((max(row) for row, _ in pairs if row), default=0) + 1
    for row, label in pairs:
        if maxlen is not None and len(row) >= maxlen:
            continue
        if oov_char is None:
            rows.append([w for w in row if skip_top <= w < limit])
        else:
            rows.append([w if skip_top <= w < limit else oov_char for w in row])
        labels.append(label)
    if maxlen is not None and not rows:
        raise ValueError(f"After filtering for sequences shorter than maxlen={maxlen}, no sequence "
                         "was kept. Increase maxlen.")  # fmt: skip
    return rows, labels


def _shuffled(x: Array, y: Array, state: np.random.RandomState) -> tuple[Array, Array]:
    order = np.arange(len(x))
    state.shuffle(order)
    return x[order], y[order]


def _lists(rows: list[list[int]]) -> Array:
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def load_imdb(
    path: str = "imdb.npz", num_words: int | None = None, skip_top: int = 0,
    maxlen: int | None = None, seed: int = 113, start_char: int | None = 1,
    oov_char: int | None = 2, index_from: int = 3, **options: Any,
) -> Split:  # fmt: skip
    """Return 50,000 reviews of films as lists of words, and whether they praise."""
    num_words = options.get("nb_words", num_words)
    with np.load(_file(path, "The data set imdb"), allow_pickle=True) as file:
        arrays = {name: file[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    state = np.random.RandomState(seed)
    train = _shuffled(arrays["x_train"], arrays["y_train"], state)
    test = _shuffled(arrays["x_test"], arrays["y_test"], state)
    x, y = (np.concatenate(pair) for pair in zip(train, test, strict=True))
    given = (num_words, skip_top, maxlen, start_char, oov_char, index_from)
    rows, labels = _words(x, y, *given)
    cut = len(train[0])
    made, truth = _lists(rows), np.array(labels)
    return (made[:cut], truth[:cut]), (made[cut:], truth[cut:])


def load_reuters(
    path: str = "reuters.npz", num_words: int | None = None, skip_top: int = 0,
    maxlen: int | None = None, test_split: float = 0.2, seed: int = 113,
    start_char: int | None = 1, oov_char: int | None = 2, index_from: int = 3, **options: Any,
) -> Split:  # fmt: skip
    """Return 11,228 pieces of news as lists of words, and their topics."""
    num_words = options.get("nb_words", num_words)
    with np.load(_file(path, "The data set reuters"), allow_pickle=True) as file:
        x, y = file["x"], file["y"]
    x, y = _shuffled(x, y, np.random.RandomState(seed))
    given = (num_words, skip_top, maxlen, start_char, oov_char, index_from)
    rows, labels = _words(x, y, *given)
    cut = int(len(rows) * (1 - test_split))
    made, truth = _lists(rows), np.array(labels)
    return (made[:cut], truth[:cut]), (made[cut:], truth[cut:])


def load_boston_housing(
    path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> Split:
    """Return prices of houses in Boston, 13 numbers about each."""
    with np.load(_file(path, "The data set boston_housing"), allow_pickle=True) as file:
        x, y = file["x"], file["y"]
    x, y = _shuffled(x, y, np.random.RandomState(seed))
    cut = int(len(x) * (1 - test_split))
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])


def _word_index(name: str) -> Any:
    def get_word_index(path: str = name) -> dict[str, int]:
        """Return the number of each word."""
        words: dict[str, int] = json.loads(_file(path, "The list of words").read_text())
        return words

    return get_word_index


for _path, _function in {
    "mnist.load_data": load_mnist, "fashion_mnist.load_data": load_fashion_mnist,
    "cifar10.load_data": load_cifar10, "cifar100.load_data": load_cifar100,
    "imdb.load_data": load_imdb, "reuters.load_data": load_reuters,
    "boston_housing.load_data": load_boston_housing,
    "imdb.get_word_index": _word_index("imdb_word_index.json"),
    "reuters.get_word_index": _word_index("reuters_word_index.json"),
}.items():  # fmt: skip
    export(f"datasets.{_path}", _function, of="keras")
