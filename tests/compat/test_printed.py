"""What ``tf.print`` writes is what TensorFlow 2.21 wrote of the same values."""

import io
import sys
from collections import OrderedDict, namedtuple
from contextlib import redirect_stdout

import numpy as np
import pytest

CASES = [
    (1.0, "1"),
    (0.1, "0.1"),
    (1e-7, "1e-07"),
    (123456789.0, "123456792"),
    (1e10, "1e+10"),
    (float("nan"), "nan"),
    ([1.5, 2.0], "[1.5 2]"),
    ([[1.0, 2.0], [3.0, 4.0]], "[[1 2]\n [3 4]]"),
    (True, "1"),
    ("abc", "abc"),
    (["a", 'b"\n'], '["a" "b\\"\\n"]'),
    (list(range(20)), "[0 1 2 ... 17 18 19]"),
    (np.ones([2, 2, 2], np.float32), "[[[1 1]\n  [1 1]]\n\n [[1 1]\n  [1 1]]]"),
    (np.full([2], 1 / 3), "[0.33333333333333331 0.33333333333333331]"),
    (np.arange(40).reshape(4, 10)[:2], "[[0 1 2 ... 7 8 9]\n [10 11 12 ... 17 18 19]]"),
]  # fmt: skip


def printed(tf, *inputs, **options):
    stream = io.StringIO()
    with redirect_stdout(stream), tf.Session() as session:
        session.run(tf.print(*inputs, output_stream=sys.stdout, **options))
    return stream.getvalue()


@pytest.mark.parametrize(("value", "text"), CASES)
def test_values(tf, value, text):
    assert printed(tf, tf.constant(value)) == f"{text}\n"


def test_structures_and_what_stands_between(tf):
    inputs = ["a", tf.constant(3.0), [tf.constant(1.0), 2, "x"], {"k": tf.constant(2.5)}, (1.0, 2)]
    assert printed(tf, *inputs, sep="|") == "a|3|[1, 2, 'x']|{'k': 2.5}|(1.0, 2)\n"
    assert printed(tf, "é", tf.constant("한글"), None, end="") == 'é "한글" None'


def test_as_many_as_are_asked_for(tf):
    x = tf.range(10)
    assert printed(tf, x, summarize=1) == "[0 ... 9]\n"
    assert printed(tf, x, summarize=-1) == "[0 1 2 3 4 5 6 7 8 9]\n"


def test_a_text_with_values_in_it(tf):
    made = tf.strings.format("a {} b {}", (tf.constant([1.0, 2.5]), tf.constant("x")))
    with tf.Session() as session:
        assert session.run(made) == b'a [1 2.5] b "x"'


Pair = namedtuple("Pair", "a b")


def test_parts_of_other_kinds(tf):
    sparse = tf.SparseTensor([[0, 1]], [2], [2, 2])
    told = "'SparseTensor(indices=[[0 1]], values=[2], shape=[2 2])'"
    assert printed(tf, sparse) == f"{told}\n"
    assert printed(tf, "v:", [sparse]) == f"v: [{told}]\n"
    one = tf.constant(1)
    assert printed(tf, Pair(one, Pair(2, "x"))) == "Pair(a=1, b=Pair(a=2, b='x'))\n"
    assert printed(tf, {"z": 2, "a": one}) == "{'a': 1, 'z': 2}\n"
    assert printed(tf, OrderedDict(z=one)) == repr(OrderedDict(z=1)) + "\n"


def test_long_lists_are_broken_into_lines(tf):
    x = tf.constant(0)
    assert printed(tf, [x] * 13) == f"[{', '.join('0' * 13)}]\n"
    assert printed(tf, [x] * 14) == "[" + ",\n ".join("0" * 14) + "]\n"


def test_files_and_logs_are_written_to(tf, tmp_path, capsys):
    path = tmp_path / "o.txt"
    streams = ["file://" + str(path), sys.stderr, tf.logging.info, tf.logging.WARN]
    with tf.Session() as session:
        for stream in streams:
            looking = tf.print("a", tf.constant([1, 2]), output_stream=stream)
            session.run(looking)
            session.run(looking)
        assert path.read_text() == "a [1 2]\n" * 2
        with pytest.raises(tf.errors.NotFoundError):
            session.run(tf.print("x", output_stream="file://" + str(tmp_path / "no" / "o.txt")))
    lines = capsys.readouterr().err.splitlines()
    assert lines[:4] == ["a [1 2]"] * 2 + ["INFO:tensorflow:a [1 2]"] * 2
    assert lines[4:] == ["WARNING:tensorflow:a [1 2]"] * 2


@pytest.mark.parametrize("stream", ["stdout", "/tmp/o.txt", io.StringIO(), print, None, 10, []])
def test_nothing_else_is_written_to(tf, stream):
    with pytest.raises(ValueError, match="Unsupported output stream"):
        tf.print("a", output_stream=stream)
