"""What programs import of TensorFlow's inside does what it does there."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from giulgi.formats.text_messages import merge


def test_constants_are_known(tf: Any) -> None:
    from tensorflow.python.framework import tensor_util
    from tensorflow.python.layers import utils
    from tensorflow.python.ops import array_ops

    x = tf.placeholder(tf.float32, [None, 3])
    assert tensor_util.constant_value(tf.constant([1.0, 2.0])).tolist() == [1, 2]
    assert tensor_util.constant_value(x) is None
    assert tensor_util.constant_value(tf.Variable(1.0)) is None
    assert tensor_util.constant_value(tf.constant("train")).item() == b"train"
    assert tensor_util.constant_value(tf.placeholder(tf.string)) is None
    assert tensor_util.constant_value(tf.string_join(["a", "b"])) is None
    # A known transformer says Graph("train"), and means by it that it is in training.
    text = tf.convert_to_tensor("train")
    assert tf.layers.dropout(x, training=text).op.type != x.op.type
    assert utils.smart_cond(tf.constant(True), lambda: 1, lambda: 2) == 1
    assert array_ops.shape(x).get_shape().as_list() == [2]


def test_nests_are_taken_apart_by_sorted_keys(tf: Any) -> None:
    from tensorflow.python.util import nest

    Pair = namedtuple("Pair", "a b")
    structure = {"y": [1, (2, 3)], "x": Pair(4, 5)}
    assert nest.flatten(structure) == [4, 5, 1, 2, 3]
    assert nest.flatten(7) == [7]
    packed = nest.pack_sequence_as(structure, "abcde")
    assert packed == {"y": ["c", ("d", "e")], "x": Pair("a", "b")}
    assert tf.contrib.framework.nest.map_structure(lambda a, b: a * b, structure, structure) == {
        "y": [1, (4, 9)],
        "x": Pair(16, 25),
    }
    with pytest.raises(ValueError, match="4 elements"):
        nest.pack_sequence_as([1, [2, 3], 4], [1, 2, 3])
    with pytest.raises(ValueError, match="structure"):
        nest.assert_same_structure([1, [2]], [1, 2])
    with pytest.raises(TypeError, match="sequence type"):
        nest.assert_same_structure([1, 2], (1, 2))


def test_a_checkpoint_is_frozen(tf: Any, tmp_path: Path) -> None:
    from tensorflow.python.tools import freeze_graph

    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.Variable([[1.0], [3.0]], name="w")
    tf.matmul(x, w, name="y")
    with tf.Session() as session:
        session.run(w.initializer)
        saved = tf.train.Saver().save(session, str(tmp_path / "model"))
        tf.train.write_graph(session.graph_def, str(tmp_path), "graph.pbtxt")
    path = str(tmp_path / "frozen.pb")
    freeze_graph.freeze_graph(
        str(tmp_path / "graph.pbtxt"), "", False, saved, "y", "save/restore_all", "save/Const:0",
        path, True, "",
    )  # fmt: skip
    definition = tf.GraphDef()
    with tf.gfile.GFile(path, "rb") as file:
        definition.ParseFromString(file.read())
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.import_graph_def(definition, name="")
        assert session.run("y:0", {"x:0": [[2.0, 5.0]]}).tolist() == [[17]]
        assert not graph.get_collection("variables")


def test_a_graph_comes_back_from_text(tf: Any, tmp_path: Path) -> None:
    from tensorflow.python.tools import freeze_graph

    x = tf.placeholder(tf.float32, name="x")
    w = tf.Variable(3.0, name="w")
    tf.multiply(x, w, name="y")
    with tf.Session() as session:
        session.run(w.initializer)
        saver = tf.train.Saver()
        saved = saver.save(session, str(tmp_path / "model"), write_meta_graph=False)
        written = tf.train.write_graph(session.graph_def, str(tmp_path), "graph.pbtxt")
    definition = merge(Path(written).read_text(encoding="utf-8"), tf.GraphDef())
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(definition, name="")
        session.run("w/Assign")
        assert session.run("y:0", {"x:0": 2.0}) == 6
    frozen = freeze_graph.freeze_graph(
        written, "", False, saved, "y", "save/restore_all", "save/Const:0", "", True, ""
    )
    assert sorted(n.op for n in frozen.node) == ["Const", "Mul", "Placeholder"]
    with pytest.raises(tf.errors.NotFoundError, match="input_graph"):
        freeze_graph.freeze_graph(None, "", False, saved, "y", "", "", "", True, "")


def test_rows_are_joined_and_multiplied(tf: Any) -> None:
    from tensorflow.python.ops import init_ops
    from tensorflow.python.ops.rnn_cell_impl import _linear

    rows = [tf.constant([[1.0, 2.0]]), tf.constant([[3.0]])]
    y = _linear(rows, 2, True, kernel_initializer=init_ops.Constant(0.5))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(session.run(y), [[3, 3]])


def test_a_product_of_the_inside_has_one_kernel(tf: Any) -> None:
    from tensorflow.contrib.seq2seq.python.ops.decoder import _transpose_batch_time
    from tensorflow.python.estimator.model_fn import ModeKeys
    from tensorflow.python.ops.rnn_cell_impl import _Linear

    rows = [tf.constant([[1.0, 2.0]]), tf.constant([[3.0]])]
    made = _Linear(rows, 2, True, tf.ones_initializer(), tf.ones_initializer())
    first, second = made(rows), made([2 * x for x in rows])
    assert len(tf.trainable_variables()) == 2
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert [y.tolist() for y in session.run([first, second])] == [[[7, 7]], [[13, 13]]]
    assert _transpose_batch_time(tf.zeros([2, 3, 4])).shape.as_list() == [3, 2, 4]
    assert ModeKeys.TRAIN == tf.estimator.ModeKeys.TRAIN


def test_zeros_of_the_inside_are_nested_as_sizes_are(tf: Any) -> None:
    from tensorflow.python.ops.rnn_cell_impl import _zero_state_tensors

    found = _zero_state_tensors((2, tf.TensorShape([3, 4])), 5, tf.float32)
    assert [x.shape.as_list() for x in found] == [[5, 2], [5, 3, 4]]


def test_symbols_of_a_decoder_are_fed_back(tf: Any) -> None:
    from tensorflow.contrib.legacy_seq2seq.python.ops.seq2seq import _extract_argmax_and_embed

    table = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    feed = _extract_argmax_and_embed(table, update_embedding=False)
    with tf.Session() as session:
        assert session.run(feed(tf.constant([[0.1, 0.9]]), 0)).tolist() == [[3, 4]]


def test_files_of_the_inside(tf: Any, tmp_path: Path) -> None:
    from tensorflow.python.lib.io import file_io

    path = str(tmp_path / "text")
    file_io.write_string_to_file(path, "abc")
    assert file_io.file_exists(path)
    assert file_io.read_file_to_string(path) == "abc"
    with file_io.FileIO(path, "r") as file:
        assert file.read() == "abc"


def test_what_a_model_consists_of(tf: Any, capsys: Any) -> None:
    tf.layers.dense(tf.ones([1, 3]), 4)
    found = tf.contrib.slim.model_analyzer.analyze_vars(tf.trainable_variables(), print_info=True)
    assert found == (16, 64)
    assert "dense/kernel:0 (float32_ref 3x4) [12, bytes: 48]" in capsys.readouterr().out
