"""What programs take out of the messages of graphs, tensors and servers."""

import numpy as np


def test_frozen_weights_are_told_in_the_nodes(tf):
    from tensorflow.python.framework import graph_util, tensor_util

    weights = np.arange(100, dtype=np.float32).reshape(10, 10)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        w = tf.Variable(weights, name="w")
        x = tf.placeholder(tf.float32, [None, 10], name="x")
        tf.matmul(x, w, name="y")
        session.run(tf.global_variables_initializer())
        frozen = graph_util.convert_variables_to_constants(session, graph.as_graph_def(), ["y"])
    read = tf.GraphDef()
    read.ParseFromString(frozen.SerializeToString())
    (node,) = [node for node in read.node if node.op == "Const"]
    assert node.name == "w"
    assert np.array_equal(tensor_util.MakeNdarray(node.attr["value"].tensor), weights)


def test_messages_of_tensors_hold_their_values(tf):
    for values, dtype in [([1, 2], "int32"), ([[1.5]], "float32"), (np.zeros(2), "float64")]:
        message = tf.contrib.util.make_tensor_proto(values)
        made = tf.make_ndarray(message)
        assert made.dtype == dtype
        assert np.array_equal(made, values)
    assert tf.make_ndarray(tf.contrib.util.make_tensor_proto(["a"])).tolist() == [b"a"]
    assert tf.make_ndarray(tf.contrib.util.make_tensor_proto(2.0, shape=[2])).tolist() == [2, 2]
    large = tf.make_ndarray(tf.contrib.util.make_tensor_proto(2**40))
    assert [large.dtype, large] == [np.int64, 2**40]


def test_convolutions_are_of_the_kind_that_programs_look_for(tf):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 8, 8, 3])
        tf.contrib.slim.conv2d(x, 4, [3, 3], scope="first")
        tf.nn.convolution(x, tf.ones([3, 3, 3, 2]), "SAME")
        found = [op.name for op in graph.get_operations() if op.type == "Conv2D"]
    assert found == ["first/Conv2D", "convolution"]


def test_a_server_tells_its_cluster_and_its_task(tf):
    server = tf.train.Server.create_local_server()
    assert server.server_def.cluster.as_dict() == {"local": ["localhost:0"]}
    assert (server.server_def.job_name, server.server_def.task_index) == ("local", 0)


def test_the_shape_of_what_is_fed_sparse_may_be_a_tensor(tf):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.sparse_placeholder(tf.float32, shape=tf.constant((2, 3), dtype=tf.int64))
        assert x.get_shape().as_list() == [2, 3]
        fed = (np.array([[0, 1], [1, 2]]), np.array([5.0, 7.0]), (2, 3))
        product = tf.sparse_tensor_dense_matmul(x, tf.ones([3, 1]))
        assert session.run(product, {x: fed}).tolist() == [[5], [7]]


def test_tables_have_the_types_that_fit_all_rows_looked_at(tf, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('a,b,c,d,e\n1,2,"x,1",,5000000000\n2,2.5,y,,1\n')
    rows = tf.contrib.data.make_csv_dataset(str(path), 2, num_epochs=1, shuffle=False)
    types = {name: dtype.name for name, dtype in rows.output_types.items()}
    assert types == {"a": "int32", "b": "float32", "c": "string", "d": "string", "e": "int64"}
    with tf.Session() as session:
        found = session.run(rows.make_one_shot_iterator().get_next())
    assert found["b"].tolist() == [2, 2.5]
    assert found["c"].tolist() == [b"x,1", b"y"]
    assert found["e"].tolist() == [5000000000, 1]
