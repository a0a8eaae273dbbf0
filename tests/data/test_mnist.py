"""MNIST against facts that are known about it, and damaged files against what is said of them."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from giulgi.data import DataFileError, datasets, shipped
from giulgi.data.datasets import mnist

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@pytest.fixture(scope="module")
def data():
    return datasets.mnist.load_data()


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files that may be damaged, and that is read instead of them."""
    target = tmp_path / "mnist"
    target.mkdir()
    for file in FILES:
        (target / file).write_bytes(shipped.read("mnist", file))
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    return target


def test_shapes_and_dtypes(data):
    (x_train, y_train), (x_test, y_test) = data
    assert x_train.shape == (60_000, 28, 28)
    assert y_train.shape == (60_000,)
    assert x_test.shape == (10_000, 28, 28)
    assert y_test.shape == (10_000,)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}


def test_counts_of_digits(data):
    (_, y_train), (_, y_test) = data
    train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    test = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(y_train).tolist() == train
    assert np.bincount(y_test).tolist() == test


def test_first_labels(data):
    (_, y_train), (_, y_test) = data
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_pixels(data):
    (x_train, _), (x_test, _) = data
    # The mean and deviation with which everybody scales MNIST.
    assert x_train.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert x_train.std() / 255 == pytest.approx(0.3081, abs=5e-5)
    assert (x_train.min(), x_train.max()) == (0, 255)
    assert int(x_train.sum(dtype=np.int64)) == 1_567_298_545
    assert int(x_test.sum(dtype=np.int64)) == 264_923_200


def test_first_picture_stands_upright(data):
    (x_train, _), _ = data
    five = x_train[0]
    # The flag of this 5 is at the upper right, and its hook ends at the lower left.
    assert five[5, 12:21].tolist() == [3, 18, 18, 18, 126, 136, 175, 26, 166]
    assert not five[:4].any()
    assert not five[:, :4].any()


def test_each_call_returns_fresh_arrays(data):
    (_, y_before), _ = data
    (x, y), _ = mnist.load_data()
    x[:] = 0
    y[:] = 0
    (x_again, y_again), _ = mnist.load_data()
    assert x_again.any()
    np.testing.assert_array_equal(y_again, y_before)


def test_path_of_keras_is_accepted(data):
    (_, expected), _ = data
    (_, by_position), _ = mnist.load_data("mnist.npz")
    (_, by_name), _ = mnist.load_data(path="elsewhere.npz")
    np.testing.assert_array_equal(by_position, expected)
    np.testing.assert_array_equal(by_name, expected)


def assert_told(error: pytest.ExceptionInfo[DataFileError], file: str, *parts: str) -> None:
    """The error names the file, says what is wrong, and what to do."""
    text = str(error.value)
    for part in (f"mnist/{file}", "install giulgi again", "--force-reinstall", *parts):
        assert part in text
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize("file", FILES)
def test_missing_file(copies, file):
    (copies / file).unlink()
    with pytest.raises(DataFileError) as error:
        mnist.load_data()
    assert_told(error, file, "is missing")


def test_folder_in_place_of_file(copies):
    # The system's own error differs (and is not "not found"); the file is named all the same.
    (copies / FILES[1]).unlink()
    (copies / FILES[1]).mkdir()
    with pytest.raises(DataFileError) as error:
        mnist.load_data()
    assert_told(error, FILES[1], "cannot be read")


@pytest.mark.parametrize("file", FILES)
def test_file_cut_short(copies, file):
    packed = (copies / file).read_bytes()
    (copies / file).write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataFileError) as error:
        mnist.load_data()
    assert_told(error, file, "complete gzip file")


@pytest.mark.parametrize("position", [0, 3, 100, 4000, -6, -1])
def test_one_changed_byte(copies, position):
    file = "t10k-labels-idx1-ubyte.gz"
    packed = bytearray((copies / file).read_bytes())
    packed[position] ^= 0xFF
    (copies / file).write_bytes(packed)
    with pytest.raises(DataFileError) as error:
        mnist.load_data()
    assert_told(error, file)


def test_empty_file(copies):
    (copies / FILES[0]).write_bytes(b"")
    with pytest.raises(DataFileError) as error:
        mnist.load_data()
    assert_told(error, FILES[0])


def test_page_in_place_of_file(copies):
    (copies / FILES[0]).write_bytes(b"<html>not found</html>")
    with pytest.raises(DataFileError) as error:
        mnist.load_data()
    assert_told(error, FILES[0], "complete gzip file")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (
            struct.pack(">2I", 2051, 10_000) + bytes(10_000),
            "magic number 2049, and begins with 2051",
        ),
        (struct.pack(">2I", 2049, 9_999) + bytes(10_000), "shape (10000,), and holds (9999,)"),
        (struct.pack(">2I", 2049, 9_999) + bytes(9_999), "10,008 bytes when unpacked"),
        (b"\0\0", "and holds 2."),
    ],
    ids=["magic", "length", "size", "header"],
)
def test_other_content(copies, content, part):
    file = "t10k-labels-idx1-ubyte.gz"
    (copies / file).write_bytes(gzip.compress(content))
    with pytest.raises(DataFileError) as error:
        mnist.load_data()
    assert_told(error, file, part)
