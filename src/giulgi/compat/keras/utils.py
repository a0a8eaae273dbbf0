"""``keras.utils``: labels, files, progress, and pictures of models."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tarfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.compat.downloads import required
from giulgi.compat.keras.progress import line_of, values_of
from giulgi.compat.names import exported
from giulgi.compat.wording import unknown

Array = np.ndarray[Any, Any]


@exported("utils.to_categorical", "utils.np_utils.to_categorical", of="keras")
def to_categorical(
    y: Any, num_classes: int | None = None, dtype: Any = "float32", nb_classes: int | None = None
) -> Array:
    """Return one-hot rows for labels 0, 1, 2, ...

    Args:
        y: the labels, of any shape; a last axis of size 1 is dropped.
        num_classes: how many classes there are; None: the largest label plus one.
        dtype: the dtype of the result.
        nb_classes: ``num_classes`` under its name of Keras 1.
    """
    labels = np.array(y, dtype="int")
    shape = labels.shape[:-1] if labels.ndim > 1 and labels.shape[-1] == 1 else labels.shape
    flat = labels.ravel()
    classes = num_classes or nb_classes or int(flat.max()) + 1
    rows: Array = np.zeros((len(flat), classes), dtype=dtype)
    rows[np.arange(len(flat)), flat] = 1
    return rows.reshape(*shape, classes)


@exported("utils.normalize", "utils.np_utils.normalize", of="keras")
def normalize(x: Any, axis: int = -1, order: int = 2) -> Array:
    """Return an array with length 1 along an axis."""
    length = np.atleast_1d(np.linalg.norm(x, order, axis))
    length[length == 0] = 1
    result: Array = x / np.expand_dims(length, axis)
    return result


@exported("utils.np_utils.probas_to_classes", of="keras")
def probas_to_classes(y_pred: Array) -> Array:
    """Return the likeliest class of each row."""
    if y_pred.ndim > 1 and y_pred.shape[1] > 1:
        classes: Array = y_pred.argmax(axis=1)
        return classes
    return np.array([1 if p > 0.5 else 0 for p in y_pred])


@exported("utils.np_utils.categorical_probas_to_classes", of="keras")
def categorical_probas_to_classes(p: Array) -> Array:
    """Return the likeliest class of each row."""
    classes: Array = np.argmax(p, axis=1)
    return classes


# Files


def home() -> Path:
    """Return the folder in which Keras keeps files: ``~/.keras``."""
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))


@exported("utils.get_file", "utils.data_utils.get_file", of="keras")
def get_file(
    fname: Any = None,
    origin: Any = None,
    untar: bool = False,
    md5_hash: Any = None,
    file_hash: Any = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str = "auto",
    cache_dir: Any = None,
) -> str:
    """Return the path of a file that Keras keeps; one that is not there is downloaded.

    Args:
        fname: its name.
        origin: where it comes from: an address, or a path of this machine, which is copied.
        untar: whether it is an archive; the path is that of the folder then.
        md5_hash: its MD5 checksum, of which a download is checked.
        file_hash: its checksum by the ``hash_algorithm``.
        cache_subdir: the folder in ``cache_dir``.
        hash_algorithm: "md5", "sha256", or "auto": told by the length of the checksum.
        extract: whether it is an archive that is to be unpacked beside it.
        archive_format: has no meaning: its name tells.
        cache_dir: the folder; None: ``~/.keras``.
    """
    del archive_format
    folder = Path(cache_dir or home()) / cache_subdir
    name = os.fspath(fname or os.path.basename(str(origin)))
    if untar and (folder / name).is_dir():
        return str(folder / name)
    packed = f"{name}.tar.gz" if untar and not name.endswith((".gz", ".tgz", ".tar")) else name
    path = folder / packed
    local = str(origin or "").removeprefix("file://")
    if not path.exists() and local and os.path.exists(local):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(local, path)
    wanted = file_hash or md5_hash
    kind = "sha256" if hash_algorithm == "sha256" or len(wanted or "") == 64 else "md5"
    checksum = f"{kind}:{wanted}" if wanted else None
    required(path, f"The file {name!r}", str(origin or ""), checksum)
    if untar or extract:
        _unpack(path, folder)
    return str(folder / name)


def _unpack(path: Path, folder: Path) -> None:
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)


@exported("utils.data_utils.validate_file", of="keras")
def validate_file(
    fpath: str, file_hash: str, algorithm: str = "auto", chunk_size: int = 65535
) -> bool:
    """Whether a file has a checksum."""
    del chunk_size
    kind = "sha256" if algorithm == "sha256" or len(file_hash) == 64 else "md5"
    return hashlib.new(kind, Path(fpath).read_bytes()).hexdigest() == file_hash


# Progress


@exported("utils.generic_utils.Progbar", "utils.Progbar", of="keras")
class Progbar:
    """Shows how much is done.

    Args:
        target: how many steps there are; None: not known.
        width: of the bar.
        verbose: 0 prints nothing, 1 a bar, 2 a line at the end.
        interval: the least time between two pictures, in seconds.
        stateful_metrics: values that are shown as they are, and not averaged.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 30,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Any = None,
    ) -> None:
        self.target, self.width, self.verbose, self.interval = target, width, verbose, interval
        self.stateful_metrics = set(stateful_metrics or ())
        self._sums: dict[str, list[float]] = {}
        self._done, self._shown, self._start = 0, 0.0, time.time()

    def update(self, current: int, values: Any = None, **_: Any) -> None:
        """Say how many steps are done, and pairs of names and values of the last."""
        for name, value in values or ():
            known = self._sums.setdefault(name, [0.0, 0.0])
            count = max(current - self._done, 1)
            if name in self.stateful_metrics:
                self._sums[name] = [float(value), 1.0]
            else:
                known[0] += float(value) * count
                known[1] += count
        self._done = current
        is_last = self.target is not None and current >= self.target
        now = time.time()
        if self.verbose and (is_last or (self.verbose == 1 and now - self._shown > self.interval)):
            self._shown = now
            self._show(current, now - self._start, is_last)

    def _show(self, current: int, seconds: float, is_last: bool) -> None:
        said = values_of({name: s / max(n, 1e-9) for name, (s, n) in self._sums.items()})
        if self.verbose == 1:
            line = line_of(current, self.target, seconds, said, is_last, self.width)
            sys.stdout.write(f"\r{line}")
        else:
            sys.stdout.write(f" - {seconds:.0f}s{said}")
        if is_last:
            sys.stdout.write("\n")
        sys.stdout.flush()

    def add(self, n: int, values: Any = None) -> None:
        """Say that so many more steps are done."""
        self.update(self._done + n, values)


# Custom things, and others


CUSTOM_OBJECTS: dict[str, Any] = {}


@exported("utils.get_custom_objects", "utils.generic_utils.get_custom_objects", of="keras")
def get_custom_objects() -> dict[str, Any]:
    """Return the classes and functions of programs that descriptions may name."""
    return CUSTOM_OBJECTS


@exported("utils.CustomObjectScope", "utils.custom_object_scope",
          "utils.generic_utils.CustomObjectScope", of="keras")  # fmt: skip
class CustomObjectScope:
    """A context in which descriptions may name more classes and functions."""

    def __init__(self, *objects: dict[str, Any]) -> None:
        self._objects = objects

    def __enter__(self) -> CustomObjectScope:
        self._before = dict(CUSTOM_OBJECTS)
        for some in self._objects:
            CUSTOM_OBJECTS.update(some)
        return self

    def __exit__(self, *exception: Any) -> None:
        CUSTOM_OBJECTS.clear()
        CUSTOM_OBJECTS.update(self._before)


def known_object(identifier: Any, known: Mapping[str, Any], what: str) -> Any:
    """Return what a name or a description means: a thing of the program's, or one that is known.

    Args:
        identifier: a name; or a description, a dict of the class's name and its arguments.
        known: things by their names.
        what: what it is to be, for an error.

    Raises:
        ValueError: if there is none of the name.
    """
    is_name = isinstance(identifier, str)
    name = identifier if is_name else identifier["class_name"]
    found = CUSTOM_OBJECTS.get(name, known.get(name))
    if found is None:
        raise ValueError(unknown(what, name, known))
    if is_name:
        return found() if isinstance(found, type) else found
    config = identifier.get("config") or {}
    return found.from_config(config) if hasattr(found, "from_config") else found(**config)


@exported("utils.deserialize_keras_object", "utils.generic_utils.deserialize_keras_object",
          of="keras")  # fmt: skip
def deserialize_keras_object(
    identifier: Any, module_objects: Any = None, custom_objects: Any = None,
    printable_module_name: str = "object",
) -> Any:  # fmt: skip
    """Return the thing of a name or a description."""
    with CustomObjectScope(custom_objects or {}):
        return known_object(identifier, module_objects or {}, printable_module_name)


@exported("utils.serialize_keras_object", "utils.generic_utils.serialize_keras_object", of="keras")
def serialize_keras_object(instance: Any) -> Any:
    """Return the description of a thing: its class and arguments, or a function's name."""
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        return {"class_name": type(instance).__name__, "config": instance.get_config()}
    return instance.__name__


@exported("utils.multi_gpu_model", "utils.training_utils.multi_gpu_model", of="keras")
def multi_gpu_model(model: Any, gpus: Any = None, *_: Any, **__: Any) -> Any:
    """Return the model: all cores of the processor compute it anyway."""
    del gpus
    return model


@exported("utils.io_utils.HDF5Matrix", "utils.HDF5Matrix", of="keras")
class HDF5Matrix:
    """A data set of an HDF5 file as an array.

    Args:
        datapath: the file.
        dataset: the name of the data set.
        start: its first row.
        end: behind its last row; None: the end.
        normalizer: a function of what is read.
    """

    def __init__(
        self, datapath: str, dataset: str, start: int = 0, end: int | None = None,
        normalizer: Any = None,
    ) -> None:  # fmt: skip
        from giulgi.formats.keras_hdf5 import h5py

        file = h5py().File(datapath, "r")
        self.data = file[dataset]
        self.start, self.end = start, len(self.data) if end is None else end
        self.normalizer = normalizer

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, key: Any) -> Any:
        rows = self.data[self.start : self.end][key]
        return rows if self.normalizer is None else self.normalizer(rows)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        del copy
        return np.asarray(self[:], dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""
        return (len(self), *self.data.shape[1:])


@exported("utils.conv_utils.convert_kernel", "utils.convert_kernel",
          "utils.np_utils.convert_kernel", of="keras")  # fmt: skip
def convert_kernel(kernel: Array) -> Array:
    """Return the kernel of a convolution turned around in space."""
    axes = tuple(range(kernel.ndim - 2))
    turned: Array = np.flip(kernel, axes)
    return np.copy(turned)


@exported("utils.print_summary", "utils.layer_utils.print_summary", of="keras")
def print_summary(
    model: Any, line_length: Any = None, positions: Any = None, print_fn: Any = None
) -> None:
    """Print the layers of a model."""
    model.summary(line_length, positions, print_fn)
