"""How programs find the stand-ins, and what is said of names that are not there."""

import importlib
import sys

import pytest

from giulgi.compat import names


def test_modules_are_found_wherever_they_lay(tf):
    for path in (
        "tensorflow.compat.v1", "tensorflow.python.framework.ops", "tensorflow.python.ops",
    ):  # fmt: skip
        assert importlib.import_module(path)
    from tensorflow.python.framework import ops

    ops.reset_default_graph()
    assert ops.get_default_graph() is tf.get_default_graph()
    assert importlib.import_module("tensorflow.compat.v1").placeholder is tf.placeholder
    assert tf.contrib.slim.metrics.accuracy is tf.contrib.metrics.accuracy
    from tensorflow.contrib.slim.metrics import streaming_mean

    assert streaming_mean is tf.contrib.metrics.streaming_mean


@pytest.mark.usefixtures("tf")
def test_each_name_stands_for_one_thing():
    assert names.DOUBLE == []


def test_modules_can_be_written_to(tf):
    tf.model = 3
    import tensorflow

    assert tensorflow.model == 3


def test_stars_bring_all_names():
    names = {}
    exec("from tensorflow import *", names)
    assert {"placeholder", "Session", "float32"} <= set(names)


def test_versions_can_be_parsed(tf):
    major, minor, *_ = tf.__version__.split(".")
    assert int(major) == 1
    assert int(minor) >= 10


def test_what_is_not_there_is_said(tf):
    with pytest.raises(AttributeError, match=r"Did you mean tensorflow\.placeholder"):
        tf.plaseholder  # noqa: B018
    with pytest.raises(ImportError):
        importlib.import_module("tensorflow.contrib.nowhere")


def test_a_function_of_the_inside_that_is_not_there_is_no_module(tf):
    from tensorflow.python.ops import array_ops, some_new_ops

    assert array_ops.reshape is tf.reshape
    with pytest.raises(AttributeError, match="is not there"):
        array_ops.no_such_function  # noqa: B018
    with pytest.raises(AttributeError, match="is not there"):
        some_new_ops.anything()


def test_without_the_stand_ins_nothing_is_left_behind():
    from giulgi.compat import modules

    modules.uninstall()
    assert not [name for name in sys.modules if name.split(".")[0] == "tensorflow"]
