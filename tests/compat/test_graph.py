"""Graphs of named operations: names, scopes, collections."""

import pytest


def test_names_are_unique_in_their_scope(tf):
    a = tf.constant(1, name="x")
    b = tf.constant(2, name="x")
    with tf.name_scope("layer") as scope:
        c = tf.constant(3, name="x")
    with tf.name_scope("layer"):
        d = tf.constant(4, name="x")
    with tf.name_scope(scope):
        e = tf.constant(5, name="x")
    assert [t.name for t in (a, b, c, d, e)] == [
        "x:0", "x_1:0", "layer/x:0", "layer_1/x:0", "layer/x_1:0",
    ]  # fmt: skip
    graph = tf.get_default_graph()
    assert graph.get_tensor_by_name("layer/x:0") is c
    assert graph.get_operation_by_name("x_1").outputs == [b]
    with pytest.raises(KeyError, match="nowhere"):
        graph.get_tensor_by_name("nowhere:0")


def test_variables_of_a_scope_are_shared_by_name(tf):
    with tf.variable_scope("a") as scope:
        w = tf.get_variable("w", [2, 3])
        with pytest.raises(ValueError, match="already exists"):
            tf.get_variable("w", [2, 3])
    with tf.variable_scope("a", reuse=True):
        assert tf.get_variable("w", [2, 3]) is w
        with pytest.raises(ValueError, match="does not exist"):
            tf.get_variable("v", [1])
        with pytest.raises(ValueError, match="shape"):
            tf.get_variable("w", [3])
    with tf.variable_scope(scope):
        tf.get_variable_scope().reuse_variables()
        assert tf.get_variable("w") is w
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE):
        assert tf.get_variable("w") is w
        assert tf.get_variable("v", [1]).name == "a/v:0"
    assert w.name == "a/w:0"
    with tf.variable_scope("b"), tf.variable_scope("c"):
        assert tf.get_variable("w", [1]).name == "b/c/w:0"


def test_operations_in_scopes_with_a_default_name_are_numbered_by_themselves(tf):
    with tf.name_scope("a"), tf.name_scope("b"):
        pass
    with tf.variable_scope("b"):
        pass
    with tf.name_scope("b"):
        pass
    with tf.variable_scope(None, default_name="b") as scope:
        # TensorFlow 2.21's: variables have the second b, operations the third.
        assert [scope.name, scope.original_name_scope] == ["b_1", "b_2/"]


def test_scopes_with_a_default_name_are_numbered(tf):
    names = []
    for _ in range(2):
        with tf.variable_scope(None, "cell"):
            names.append(tf.get_variable("w", [1]).name)
    assert names == ["cell/w:0", "cell_1/w:0"]


def test_a_name_scope_does_not_change_the_names_of_shared_variables(tf):
    with tf.name_scope("outer"):
        assert tf.get_variable("w", [1]).name == "w:0"
        assert tf.Variable(1.0, name="v").name == "outer/v:0"


def test_variables_join_collections(tf):
    a = tf.Variable(1.0, name="a")
    b = tf.Variable(1.0, name="b", trainable=False)
    c = tf.Variable(1.0, name="c", collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
    assert tf.global_variables() == [a, b]
    assert tf.trainable_variables() == [a]
    assert tf.local_variables() == [c]
    assert tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="b") == [b]


def test_a_regularizer_makes_a_loss(tf):
    with tf.variable_scope("a", regularizer=lambda v: tf.reduce_mean(v * v)):
        tf.get_variable("w", [2], initializer=lambda shape, dtype: [3.0, 3.0])
    (loss,) = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(loss) == 9


def test_graphs_are_apart(tf):
    graph = tf.Graph()
    with graph.as_default():
        x = tf.constant(1, name="x")
        assert tf.get_default_graph() is graph
    assert tf.constant(1, name="x").name == "x:0"
    assert x.graph is graph
    with tf.Session(graph=graph) as session:
        assert session.run("x:0") == 1
        assert tf.get_default_graph() is graph


def test_tensors_are_keys_and_no_conditions(tf):
    x, y = tf.constant(1.0), tf.constant(1.0)
    assert x == x
    assert x != y
    assert {x: 1}[x] == 1
    with pytest.raises(TypeError, match=r"tf\.cond"):
        bool(x < 2.0)
    with pytest.raises(TypeError, match="not iterable"):
        list(x)


def test_shapes_are_known_as_far_as_they_are(tf):
    x = tf.placeholder(tf.float32, [None, 3])
    assert x.get_shape().as_list() == [None, 3]
    assert x.shape[0].value is None
    assert x.shape[1].value == 3
    assert int(x.shape[1]) == x.shape[1] == 3
    assert (x.shape[1] * 2).value == 6
    assert x.shape.ndims == 2
    assert str(x) == 'Tensor("Placeholder:0", shape=(?, 3), dtype=float32)'
    assert tf.TensorShape([2, 3]).num_elements() == 6
    assert tf.Dimension(None).value is None
    assert tf.Dimension(3).value == 3
    assert tf.TensorShape([tf.Dimension(None), tf.Dimension(2)]).as_list() == [None, 2]
    with pytest.raises(ValueError, match="unknown"):
        tf.placeholder(tf.float32).get_shape().as_list()
    with pytest.raises(ValueError, match="incompatible"):
        x.set_shape([None, 4])


def test_numbers_have_tensorflows_dtypes(tf):
    assert tf.constant(1).dtype == tf.int32
    assert tf.constant(1.5).dtype == "float32"
    assert tf.constant(2**40).dtype == tf.int64
    assert tf.constant("a").dtype == tf.string
    assert tf.constant(True).dtype == tf.bool
    assert tf.float32.as_numpy_dtype(1) == 1.0
    assert tf.as_dtype("float64") is tf.float64
    assert tf.as_dtype(1) is tf.as_dtype(101) is tf.constant(2, dtype=1).dtype is tf.float32
    with pytest.raises(TypeError, match="Cannot convert value 11"):
        tf.as_dtype(11)
    assert (tf.constant(1.0) + 2).dtype == tf.float32


def test_a_graph_may_be_opened_within_itself(tf):
    one, other = tf.Graph(), tf.Graph()
    with one.as_default(), other.as_default():
        with one.as_default():
            assert tf.get_default_graph() is one
        assert tf.get_default_graph() is other
    session = tf.Session()
    with session.as_default(), tf.Session().as_default() as inner:
        with session.as_default():
            assert tf.get_default_session() is session
        assert tf.get_default_session() is inner


def test_the_name_of_a_scope_is_taken_as_it_is(tf):
    x = tf.constant(1.0)
    with tf.name_scope(None, "scaled", [x]) as scope:
        y = tf.multiply(x, 2.0, name=scope)
    with tf.name_scope("outer"), tf.name_scope("scaled") as scope:
        z = tf.add(y, x, name=scope)
    assert (y.name, z.name) == ("scaled:0", "outer/scaled:0")


def test_operations_and_sessions_tell_what_they_are(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = tf.matmul(x, tf.ones([2, 1]), name="y")
    told = y.op.node_def
    assert (told.name, told.op, told.input[0]) == ("y", "MatMul", "x")
    assert told.attr["T"].type == tf.float32.as_datatype_enum
    assert str(y.op).splitlines()[:2] == ['name: "y"', 'op: "MatMul"']
    assert y.op.colocation_groups() == [b"loc:@y"]
    assert tf.get_default_graph().version == len(tf.get_default_graph().get_operations())
    tf.Variable(1.0)
    assert tf.train.Saver().saver_def.filename_tensor_name == "save/Const:0"
    device = tf.Session().list_devices()[0]
    assert device.device_type == "CPU"
    assert device.name == "/job:localhost/replica:0/task:0/device:CPU:0"


def test_the_first_value_of_a_variable_is_found_by_its_operation_and_fed(tf):
    outputs = tf.layers.dense(tf.ones([1, 2]), 3, name="hidden")
    graph = tf.get_default_graph()
    kernel, first = graph.get_operation_by_name("hidden/kernel/Assign").inputs
    assert kernel.name == "hidden/kernel:0"
    with tf.Session() as session:
        session.run(tf.global_variables_initializer(), {first: [[1, 2, 3], [4, 5, 6]]})
        assert session.run(outputs).tolist() == [[5, 7, 9]]


def test_containers_change_nothing(tf):
    with tf.Graph().as_default() as graph, tf.container("train"), graph.container("more"):
        v = tf.Variable(3.0, name="v")
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            assert session.run(v) == 3.0


def test_all_tensors_of_a_graph_may_be_fed(tf):
    graph, x = tf.get_default_graph(), tf.add(2, 5)
    assert graph.is_feedable(x)
    assert graph.is_fetchable(x)
    assert not tf.Graph().is_feedable(x)
    with tf.Session() as session:
        assert session.run(x * 3, {x: 15}) == 45
