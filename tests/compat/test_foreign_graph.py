"""Graphs that TensorFlow wrote: they predict what they predicted there, and train on."""

import json
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).parent / "golden"
EXPECTED = json.loads((GOLDEN / "foreign.json").read_text(encoding="utf-8"))
FEEDS = {
    "x:0": np.linspace(-1, 1, 64, dtype=np.float32).reshape(4, 16),
    "y:0": np.array([0, 1, 2, 0]),
}


@pytest.fixture
def restored(tf):
    saver = tf.train.import_meta_graph(str(GOLDEN / "foreign.meta"))
    with tf.Session() as session:
        saver.restore(session, str(GOLDEN / "foreign"))
        yield session


def test_a_graph_and_checkpoint_of_tensorflow_predict_as_there(tf, restored):
    found = restored.run({name: f"{name}:0" for name in EXPECTED}, FEEDS)
    for name, expected in EXPECTED.items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, err_msg=name)
    assert [v.name for v in tf.trainable_variables()] == [
        "net/kernel:0", "net/bias:0", "net/w:0", "net/b:0",
    ]  # fmt: skip
    (output,) = tf.get_collection("outputs")
    assert output.name == "label:0"


def test_training_goes_on_with_an_optimizer_of_ones_own(tf, restored):
    loss = tf.get_default_graph().get_tensor_by_name("loss:0")
    optimizer = tf.train.AdamOptimizer(0.05)
    train = optimizer.minimize(loss, name="mine")
    restored.run(tf.variables_initializer(optimizer.variables()))
    for _ in range(20):
        restored.run(train, FEEDS)
    assert restored.run(loss, FEEDS) < 0.8 * EXPECTED["loss"]


def test_a_node_that_cannot_be_computed_says_so(restored):
    with pytest.raises(NotImplementedError, match="of a graph that TensorFlow wrote"):
        restored.run("train", FEEDS)


def test_a_frozen_graph_predicts_as_there(tf):
    message = tf.GraphDef.FromString((GOLDEN / "foreign.pb").read_bytes())
    x = tf.placeholder(tf.float32, [None, 16])
    (shares,) = tf.import_graph_def(message, {"x": x}, ["shares:0"], name="frozen")
    assert shares.name == "frozen/shares:0"
    with tf.Session() as session:
        found = session.run(shares, {x: FEEDS["x:0"]})
    np.testing.assert_allclose(found, EXPECTED["shares"], rtol=1e-5)


def test_each_kind_of_node_has_the_value_of_tensorflow(tf):
    told = np.load(GOLDEN / "foreign_ops.npz")
    message = tf.GraphDef.FromString((GOLDEN / "foreign_ops.pb").read_bytes())
    tf.import_graph_def(message, name="")
    feeds = {f"{name[6:]}:0": told[name] for name in told.files if name.startswith("given ")}
    with tf.Session() as session:
        for name in told.files:
            kind, _, tensor = name.partition(" ")
            if kind == "given":
                continue
            more = {"choice:0": False} if kind == "other" else {}
            found = session.run(tensor, {**feeds, **more})
            np.testing.assert_allclose(found, told[name], rtol=2e-5, atol=1e-6, err_msg=name)
            assert found.dtype == told[name].dtype, name


def test_a_checkpoint_of_one_file_is_read(tf):
    path = str(GOLDEN / "old_checkpoint")
    saver = tf.train.import_meta_graph(path + ".meta")
    with tf.Session() as session:
        saver.restore(session, path)
        found = session.run([*tf.get_collection("outputs"), "count:0"], {"x:0": np.ones((1, 3))})
    assert found[0].tolist() == [[13, 16, 19, 22]]
    assert found[1] == 8
    assert tf.train.list_variables(path) == [("count", []), ("layer/w", [3, 4])]
