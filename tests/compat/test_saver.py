"""Saving and restoring: files of TensorFlow, and graphs in another process."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).parents[1] / "formats" / "golden"


def network(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="w")
    b = tf.Variable([0.5, -0.5], name="b")
    y = tf.add(tf.matmul(x, w), b, name="y")
    loss = tf.reduce_mean(tf.square(y), name="loss")
    return x, y, loss


@contextmanager
def saved_and_imported(tf, folder):
    """Save the graph with its variables; yield a session in which both were read again."""
    path = str(folder / "m")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, path)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(f"{path}.meta").restore(session, path)
        yield session


def test_variables_come_back(tf, tmp_path):
    x, y, _ = network(tf)
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(tf.trainable_variables()[1].assign([7.0, 8.0]))
        expected = session.run(y, {x: [[1.0, 2.0]]})
        path = saver.save(session, str(tmp_path / "model.ckpt"), global_step=3)
    assert path == str(tmp_path / "model.ckpt-3")
    # Until version 0.11 a checkpoint was one file, for which programs ask so.
    assert tf.gfile.Exists(path)
    assert not tf.io.gfile.exists(path)
    assert not tf.gfile.Exists(str(tmp_path / "model.ckpt"))
    with tf.Session() as session:
        saver.restore(session, path)
        np.testing.assert_array_equal(session.run(y, {x: [[1.0, 2.0]]}), expected)


def test_a_path_that_ends_as_a_folder(tf, tmp_path):
    # TensorFlow writes "folder/.index" and so on, and restores from "folder/".
    x, y, _ = network(tf)
    saver, path = tf.train.Saver(), f"{tmp_path}/folder/"
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        expected = session.run(y, {x: [[1.0, 2.0]]})
        assert saver.save(session, path) == path
    assert (tmp_path / "folder" / ".index").is_file()
    with tf.Session() as session:
        saver.restore(session, path)
        np.testing.assert_array_equal(session.run(y, {x: [[1.0, 2.0]]}), expected)


def test_files_of_tensorflow_are_restored(tf):
    kernel = tf.get_variable("layer/kernel", [3, 4])
    step = tf.get_variable("global_step", [], tf.int64)
    renamed = tf.Variable(np.zeros(4), name="other")
    saver = tf.train.Saver({"layer/kernel": kernel, "global_step": step, "layer/bias": renamed})
    with tf.Session() as session:
        for name in ("second", "first"):
            saver.restore(session, str(GOLDEN / name))
            assert session.run(kernel).tolist() == np.arange(12).reshape(3, 4).tolist()
            assert session.run(step) == 1234567890123
            assert session.run(renamed)[1] == -1.5


def test_what_does_not_fit_is_told(tf, tmp_path):
    first = tf.Variable([1.0, 2.0], name="v")
    with tf.Session() as session:
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value v"):
            tf.train.Saver([first]).save(session, str(tmp_path / "m"))
        session.run(first.initializer)
        tf.train.Saver([first]).save(session, str(tmp_path / "m"))
    with tf.Graph().as_default(), tf.Session() as session:
        other = tf.Variable([1.0, 2.0, 3.0], name="v")
        missing = tf.Variable(1.0, name="missing")
        with pytest.raises(tf.errors.InvalidArgumentError, match="shapes of both tensors"):
            tf.train.Saver([other]).restore(session, str(tmp_path / "m"))
        with pytest.raises(tf.errors.NotFoundError, match="Key missing not found"):
            tf.train.Saver([missing]).restore(session, str(tmp_path / "m"))
        with pytest.raises(ValueError, match="not a valid checkpoint"):
            tf.train.Saver([other]).restore(session, str(tmp_path / "none"))
    with tf.Graph().as_default(), pytest.raises(ValueError, match="No variables to save"):
        tf.train.Saver()


def test_old_checkpoints_go_and_the_newest_is_known(tf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tf.Variable(1.0)
    saver = tf.train.Saver(max_to_keep=2)
    assert tf.train.latest_checkpoint("runs") is None
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for step in range(4):
            saver.save(session, "runs/model", global_step=step, write_meta_graph=step > 2)
    assert saver.last_checkpoints == ["runs/model-2", "runs/model-3"]
    assert sorted(os.listdir("runs")) == [
        "checkpoint", "model-2.data-00000-of-00001", "model-2.index",
        "model-3.data-00000-of-00001", "model-3.index", "model-3.meta",
    ]  # fmt: skip
    text = Path("runs/checkpoint").read_text(encoding="utf-8")
    assert text.splitlines() == [
        'model_checkpoint_path: "model-3"',
        'all_model_checkpoint_paths: "model-2"',
        'all_model_checkpoint_paths: "model-3"',
    ]
    state = tf.train.get_checkpoint_state("runs")
    assert state.model_checkpoint_path == "runs/model-3"
    assert list(state.all_model_checkpoint_paths) == ["runs/model-2", "runs/model-3"]
    assert tf.train.latest_checkpoint("runs") == "runs/model-3"
    assert tf.train.checkpoint_exists("runs/model-2")
    assert not tf.train.checkpoint_exists("runs/model-1")


def test_readers(tf):
    reader = tf.train.NewCheckpointReader(str(GOLDEN / "plain"))
    shapes = {"layer/kernel": [3, 4], "layer/bias": [4], "global_step": []}
    assert reader.get_variable_to_shape_map() == shapes
    assert reader.get_variable_to_dtype_map()["global_step"] == tf.int64
    assert reader.has_tensor("layer/bias")
    assert reader.get_tensor("global_step") == 1234567890123
    assert dict(tf.train.list_variables(str(GOLDEN / "plain"))) == shapes
    assert tf.train.load_variable(str(GOLDEN / "plain"), "layer/bias")[2] == 2.5
    with pytest.raises(tf.errors.NotFoundError):
        reader.get_tensor("none")


def test_variables_begin_with_a_checkpoint(tf):
    with tf.variable_scope("mine"):
        kernel = tf.get_variable("kernel", [3, 4])
    tf.train.init_from_checkpoint(str(GOLDEN / "plain"), {"layer/": "mine/"})
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(kernel)[2, 3] == 11.0


ANOTHER = """
import sys
import giulgi.compat
giulgi.compat.install()
import tensorflow as tf
saver = tf.train.import_meta_graph(sys.argv[1] + ".meta")
graph = tf.get_default_graph()
with tf.Session() as session:
    saver.restore(session, sys.argv[1])
    y, x = graph.get_tensor_by_name("y:0"), graph.get_tensor_by_name("x:0")
    assert [v.name for v in tf.trainable_variables()] == ["w:0", "b:0"]
    assert tf.get_collection("outputs") == [y]
    before = session.run("loss:0", {x: [[1.0, 2.0]]})
    print(before, session.run(y, {x: [[1.0, 2.0]]}).tolist())
    session.run("train", {x: [[1.0, 2.0]]})
    assert session.run("loss:0", {x: [[1.0, 2.0]]}) < before
"""


def test_graphs_go_on_in_another_process(tf, tmp_path):
    x, y, loss = network(tf)
    tf.train.AdamOptimizer(0.1).minimize(loss, name="train")
    tf.add_to_collection("outputs", y)
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run("train", {x: [[1.0, 2.0]]})
        expected = session.run([loss, y], {x: [[1.0, 2.0]]})
        path = saver.save(session, str(tmp_path / "model"))
    command = [sys.executable, "-c", ANOTHER, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split(None, 1) == [str(expected[0]), f"{expected[1].tolist()}\n"]


def test_graphs_are_frozen_and_imported(tf, tmp_path):
    x, y, _ = network(tf)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        expected = session.run(y, {x: [[1.0, 2.0]]})
        frozen = tf.graph_util.convert_variables_to_constants(session, session.graph_def, ["y"])
    path = tf.train.write_graph(frozen, str(tmp_path), "frozen.pb", as_text=False)
    assert [node.op for node in frozen.node if node.name in ("w", "b")] == ["Const", "Const"]
    message = tf.GraphDef()
    message.ParseFromString(Path(path).read_bytes())
    with tf.Graph().as_default(), tf.Session() as session:
        given = tf.constant([[1.0, 2.0]])
        (found,) = tf.import_graph_def(message, {"x:0": given}, ["y:0"])
        assert found.name == "import/y:0"
        assert not tf.global_variables()
        np.testing.assert_array_equal(session.run(found), expected)


def test_files_of_graphs_bring_no_code(tf):
    import pickle

    from giulgi.compat.tensorflow.graphs.graph_records import from_bytes

    for harm in (os.system, eval, subprocess.run):
        data = pickle.dumps({"version": 1, "record": harm})
        with pytest.raises(pickle.UnpicklingError, match="a graph has no"):
            from_bytes(data, tf.get_default_graph())
    hidden = b"cgiulgi.graph.node\nos.system\n."
    with pytest.raises(pickle.UnpicklingError, match="a graph has no"):
        from_bytes(hidden, tf.get_default_graph())


def test_files_from_before_modules_moved_are_read(tf):
    tf.train.import_meta_graph(str(Path(__file__).parent / "golden" / "graph_before_rooms.meta"))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run("after:0").tolist() == [2, 3]
        assert session.run("twice:0", {"x:0": [1.0, 2.0]}).tolist() == [2, 4]


def test_functions_that_are_not_here_are_told(tf):
    from giulgi.compat.tensorflow.graphs.functions_in_files import called_again

    for named in ("giulgi.compat.tensorflow.nowhere", "f"), ("giulgi.compat.tensorflow", "f"):
        told = {"content": None, "function": (*named, {})}
        with pytest.raises(ValueError, match="a graph has no giulgi"):
            called_again(told)


def test_what_python_carries_out_says_so(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    tf.summary.scalar("loss", x)
    message = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(message, name="")
        with pytest.raises(NotImplementedError, match="carried out by Python"):
            session.run("loss:0", {"x:0": 1.0})


def test_saved_models(tf, tmp_path):
    x, y, _ = network(tf)
    folder = str(tmp_path / "model")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(session, folder, {"given": x}, {"found": y})
        expected = session.run(y, {x: [[1.0, 2.0]]})
    with tf.Session(graph=tf.Graph()) as session:
        message = tf.saved_model.loader.load(session, ["serve"], folder)
        signature = message.signature_def["serving_default"]
        feeds = {signature.inputs["given"].name: [[1.0, 2.0]]}
        found = session.run(signature.outputs["found"].name, feeds)
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(AssertionError, match="isn't empty"):
        tf.saved_model.builder.SavedModelBuilder(folder)


def test_objects_are_saved_by_name(tf, tmp_path):
    v = tf.Variable([1.0, 2.0])
    optimizer = tf.train.AdamOptimizer(0.1)
    train = optimizer.minimize(tf.reduce_sum(v * v))
    checkpoint = tf.train.Checkpoint(v=v, optimizer=optimizer)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        expected = session.run([v, *optimizer.variables()])
        path = checkpoint.save(str(tmp_path / "c"))
        session.run(train)
        checkpoint.restore(path).assert_consumed().run_restore_ops()
        for found, value in zip(session.run([v, *optimizer.variables()]), expected, strict=True):
            np.testing.assert_array_equal(found, value)


def test_graphs_of_layers_of_keras_and_own_gradients_are_saved(tf, tmp_path):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    hidden = tf.keras.layers.BatchNormalization()(tf.keras.layers.Dense(3)(x))
    with tf.get_default_graph().gradient_override_map({"Sign": "Identity"}):
        y = tf.sign(hidden, name="y")
    values = {x: [[1.0, 2.0], [-3.0, 1.0]]}
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        expected = session.run(y, values)
        path = tf.train.Saver().save(session, str(tmp_path / "model"))
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(f"{path}.meta").restore(session, path)
        found = session.run("y:0", {"x:0": values[x]})
        with pytest.raises(LookupError, match="saved the graph"):
            tf.gradients(session.graph.get_tensor_by_name("y:0"), tf.trainable_variables())
    np.testing.assert_array_equal(found, expected)


def test_what_is_built_when_axes_are_known_comes_back_with_its_gradient(tf, tmp_path):
    x, labels = tf.placeholder(tf.float32, name="x"), tf.placeholder(tf.int32, name="labels")
    tf.one_hot(labels, 3, name="ones")
    first, _ = tf.split(x, 2, 1)
    part = tf.identity(x[..., 1:], name="part")
    total = tf.reduce_sum(first**2) + tf.reduce_sum(part)
    tf.identity(tf.gradients(total, x)[0], name="slopes")
    tf.Variable(1.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(tmp_path / "m"))
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(str(tmp_path / "m.meta")).restore(session, str(tmp_path / "m"))
        fed = {"x:0": [[1, 2, 3, 4]], "labels:0": [2, 0]}
        ones, part, slopes = session.run(["ones:0", "part:0", "slopes:0"], fed)
    assert ones.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert part.tolist() == [[2, 3, 4]]
    assert slopes.tolist() == [[2, 5, 1, 1]]


def test_a_function_that_no_file_can_hold_does_not_keep_a_graph_from_being_saved(tf, tmp_path):
    from giulgi.compat.operations.deferred import called
    from giulgi.compat.operations.operation import as_results

    def own(value):
        return value[..., None]

    x = tf.placeholder(tf.float32, name="x")
    as_results("Own", "own", [x], called(lambda value: own(value), (x.expression,), {}))
    tf.add(tf.Variable(1.0), 1.0, name="other")
    with saved_and_imported(tf, tmp_path) as session:
        assert session.run("other:0") == 2
        with pytest.raises(NotImplementedError, match="a function of the program that saved"):
            session.run("own:0", {"x:0": [1.0]})


def test_a_graph_is_saved_in_which_a_layer_calls_a_function_of_arrays(tf, tmp_path):
    import keras

    x = tf.placeholder(tf.float32, [None], name="x")
    keras.layers.Lambda(lambda t: tf.py_func(lambda a: 2 * a, [t], tf.float32))(x)
    tf.add(tf.Variable(1.0), 1.0, name="other")
    with saved_and_imported(tf, tmp_path) as session:
        assert session.run("other:0") == 2


def test_what_python_does_on_a_condition_is_in_a_file(tf, tmp_path):
    x, on = tf.placeholder(tf.float32, [2], name="x"), tf.placeholder(tf.bool, name="on")
    tf.set_random_seed(3)
    drawn = tf.cond(on, lambda: x + tf.random_uniform([2]), lambda: x)
    tf.identity(drawn, name="drawn")
    tf.Variable(1.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(tmp_path / "m"))
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(str(tmp_path / "m.meta")).restore(session, str(tmp_path / "m"))
        assert session.run("drawn:0", {"x:0": [1, 2], "on:0": False}).tolist() == [1, 2]
        more = session.run("drawn:0", {"x:0": [1, 2], "on:0": True})
        assert ((more > [1, 2]) & (more < [2, 3])).all()


def test_a_saver_writes_the_graph_as_text(tf, tmp_path):
    tf.Variable([1.0, 2.0], name="weights")
    path = tmp_path / "graph.json"
    tf.train.Saver().export_meta_graph(str(path), as_text=True)
    text = path.read_text()
    assert text.startswith("meta_info_def {")
    assert 'name: "weights"' in text
    assert 'restore_op_name: "save/restore_all"' in text
