"""``tf.gfile``, ``tf.logging``, ``tf.compat``, ``tf.config`` and ``tf.test``."""

import unittest

import numpy as np
import pytest

from giulgi.compat.errors import NotFoundError, OpError
from giulgi.compat.names import TABLES
from giulgi.compat.tensorflow.system import gfile, logging, testing
from giulgi.compat.tensorflow.system.compat_util import as_bytes, as_text

NAMES = TABLES["tensorflow"]


def test_files_are_written_and_read(tmp_path):
    path = str(tmp_path / "a.txt")
    with gfile.GFile(path, "w") as file:
        file.write("one\n")
        file.write(b"two\n")
    assert gfile.GFile(path).read() == "one\ntwo\n"
    assert gfile.GFile(path, "rb").readlines() == [b"one\n", b"two\n"]
    assert list(gfile.GFile(path)) == ["one\n", "two\n"]
    opened = gfile.GFile(path)
    assert (opened.readline(), opened.tell(), opened.size()) == ("one\n", 4, 8)
    opened.seek(0)
    assert opened.read(3) == "one"
    assert gfile.GFile(path, "a").write("x") is None


def test_bytes_that_are_no_text_stay_bytes(tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(b"\xff\xd8")
    assert gfile.GFile(str(path), "r").read() == b"\xff\xd8"


def test_folders(tmp_path):
    top = str(tmp_path / "top")
    gfile.make_folders(f"{top}/sub")
    gfile.make_folders(f"{top}/sub")
    gfile.GFile(f"{top}/a.txt", "w").write("a")
    assert sorted(gfile.list_directory(top)) == ["a.txt", "sub"]
    assert gfile.matching(f"{top}/*.txt") == [f"{top}/a.txt"]
    assert next(iter(gfile.walk(top))) == (top, ["sub"], ["a.txt"])
    gfile.copy(f"{top}/a.txt", f"{top}/b.txt")
    with pytest.raises(NAMES["errors.AlreadyExistsError"], match="already exists"):
        gfile.copy(f"{top}/a.txt", f"{top}/b.txt")
    gfile.rename(f"{top}/b.txt", f"{top}/c.txt")
    assert gfile.exists(f"{top}/c.txt")
    assert not gfile.exists(f"{top}/b.txt")
    gfile.remove_tree(top)
    assert not gfile.exists(top)


@pytest.mark.parametrize(
    "use",
    [
        lambda path: gfile.GFile(path).read(),
        gfile.remove,
        gfile.remove_tree,
        gfile.list_directory,
        gfile.Stat,
        lambda path: gfile.copy(path, path + "x"),
    ],
)
def test_what_is_not_there_is_named(use, tmp_path):
    with pytest.raises(NotFoundError, match="absent"):
        use(str(tmp_path / "absent"))


def test_messages_below_the_level_are_not_said(capsys):
    logging.set_verbosity("INFO")
    logging.info("heard %d", 1)
    logging.set_verbosity(logging.WARN)
    logging.info("unheard")
    assert capsys.readouterr().err == "INFO:tensorflow:heard 1\n"


def test_text_and_bytes():
    assert as_bytes("ü") == b"\xc3\xbc"
    assert as_text(b"\xc3\xbc") == "ü"
    with pytest.raises(TypeError, match="Expected binary or unicode string"):
        as_bytes(3)


def test_there_is_one_processor():
    assert NAMES["config.list_physical_devices"]("GPU") == []
    assert [device.device_type for device in NAMES["config.list_physical_devices"]()] == ["CPU"]
    assert NAMES["test.gpu_device_name"]() == ""
    assert not NAMES["test.is_built_with_cuda"]()


def test_a_test_case_compares_arrays_and_tensors():
    found = []

    class Inner(testing.TestCase):
        def test_close(self):
            with self.test_session() as session:
                x = NAMES["constant"]([1.0, 2.0])
                self.assertAllClose(x, [1.0, 2.0 + 1e-7])
                self.assertAllEqual(session.run(x), np.float32([1, 2]))
                found.append(self.evaluate(x).tolist())
            with pytest.raises(AssertionError):
                self.assertAllClose([1.0], [1.1])
            with self.assertRaisesOpError("gone"):
                raise OpError(None, None, "it is gone")

    result = unittest.TestResult()
    unittest.TestLoader().loadTestsFromTestCase(Inner).run(result)
    assert (result.errors, result.failures, len(result.skipped)) == ([], [], 1)
    assert found == [[1.0, 2.0]]


def test_gradients_are_compared_with_differences(tf):
    x, w = tf.constant([[1.0, 2.0]]), tf.constant([[1.0], [3.0]])

    @tf.RegisterGradient("HalfOfIt")
    def half(op, slope):
        return slope / 2

    with tf.get_default_graph().gradient_override_map({"Identity": "HalfOfIt"}):
        wrong = tf.identity(x)
    with tf.Session():
        told, seen = tf.test.compute_gradient(x, [1, 2], tf.matmul(x, w), [1, 1])
        assert told.tolist() == [[1], [3]]
        np.testing.assert_allclose(seen, [[1], [3]], rtol=1e-3)
        assert tf.test.compute_gradient_error([x, w], [[1, 2], [2, 1]], x @ w, [1, 1]) < 1e-2
        error = tf.test.compute_gradient_error(x, [1, 2], wrong, [1, 2], np.ones((1, 2)))
        assert error == pytest.approx(0.5, rel=1e-2)


def test_shapes_under_inner_names(tf):
    from tensorflow.python.framework import tensor_shape

    assert tensor_shape.scalar().as_list() == []
    assert tensor_shape.matrix(2, None).as_list() == [2, None]
    assert tensor_shape.as_shape([3]) == tensor_shape.TensorShape([3])
    assert tensor_shape.unknown_shape(2).as_list() == [None, None]


def test_specifications_of_devices_are_read_and_told(tf):
    spec = tf.DeviceSpec(job="ps", task=1, device_type="GPU", device_index=0)
    assert spec.to_string() == "/job:ps/task:1/device:GPU:0"
    again = tf.DeviceSpec.from_string("/job:ps/task:1/gpu:0")
    assert again.to_string() == spec.to_string()
    assert tf.DeviceSpec.from_string("/device:CPU:*").to_string() == "/device:CPU:*"
    with tf.device(spec):
        assert tf.constant(1.0).dtype == tf.float32
