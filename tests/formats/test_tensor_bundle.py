"""Checkpoints: TensorFlow's are read, and ours are TensorFlow's, byte by byte."""

from pathlib import Path

import numpy as np
import pytest

from giulgi.formats.sorted_table import read_table, write_table
from giulgi.formats.tensor_bundle import Checkpoint, CheckpointError, write_checkpoint

GOLDEN = Path(__file__).parent / "golden"
PLAIN = {
    "layer/kernel": np.arange(12, dtype=np.float32).reshape(3, 4),
    "layer/bias": np.array([0.5, -1.5, 2.5, 1e-3]),
    "global_step": np.array(1234567890123),
}


def test_our_files_are_those_of_tensorflow(tmp_path):
    for path in write_checkpoint(tmp_path / "plain", PLAIN):
        assert Path(path).read_bytes() == (GOLDEN / Path(path).name).read_bytes()


@pytest.mark.parametrize("name", ["second", "first", "plain"])
def test_plain_arrays_of_tensorflow_are_read(name):
    found = Checkpoint(GOLDEN / name)
    for key, expected in PLAIN.items():
        np.testing.assert_array_equal(found.array(key), expected)
        assert found.dtype(key) == expected.dtype
        assert found.shape(key) == expected.shape


@pytest.mark.parametrize("name", ["second", "first"])
def test_arrays_in_parts_are_put_together(name):
    found = Checkpoint(GOLDEN / name).array("parts")
    np.testing.assert_array_equal(found, np.arange(300, dtype=np.float32).reshape(150, 2))


def test_other_dtypes_of_tensorflow_are_read():
    found = Checkpoint(GOLDEN / "second")
    assert found.array("words").tolist() == [b"ab", b"", b"xyz" * 50]
    assert found.array("halves").tolist() == [1.5, -2.5]
    assert found.array("flags").tolist() == [True, False]
    assert found.array("empty").shape == (0, 3)


def test_what_is_written_is_read(tmp_path):
    random = np.random.default_rng(0)
    words = np.empty(2, object)
    words[:] = [b"one", b"x" * 300]
    arrays = {f"scope_{i}/w": random.normal(size=(i, 3)).astype("f") for i in range(40)}
    arrays |= {"words": words, "number": np.float64(0.1), "ü": np.array([1], np.uint8)}
    write_checkpoint(tmp_path / "own", arrays)
    found = Checkpoint(tmp_path / "own")
    assert found.names == sorted(arrays)
    for name, expected in arrays.items():
        np.testing.assert_array_equal(found.array(name), expected)


def test_damage_is_found(tmp_path):
    data, index = map(Path, write_checkpoint(tmp_path / "own", PLAIN))
    whole = data.read_bytes()
    data.write_bytes(whole[:-1] + b"\x00")
    with pytest.raises(CheckpointError, match="kernel' is damaged"):
        Checkpoint(tmp_path / "own").array("layer/kernel")
    data.write_bytes(whole[:-8])
    with pytest.raises(CheckpointError, match="ends before"):
        Checkpoint(tmp_path / "own").array("layer/kernel")
    index.write_bytes(index.read_bytes()[:30] + b"?" + index.read_bytes()[31:])
    with pytest.raises(CheckpointError, match="damaged"):
        Checkpoint(tmp_path / "own")
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        Checkpoint(tmp_path / "none")


def test_tables_of_several_blocks():
    entries = {f"key {i:05d}".encode(): bytes([i % 256]) * 600 for i in range(1500)}
    assert dict(read_table(write_table(entries))) == entries
