"""What operations are named where the program names none, as the names of TensorFlow 1.15 are."""

import pytest


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda tf, x: x + x, "add"),
        (lambda tf, x: 1.0 - x, "sub"),
        (lambda tf, x: x * 2.0, "mul"),
        (lambda tf, x: x / x, "truediv"),
        (lambda tf, x: x // x, "floordiv"),
        (lambda tf, x: x % x, "mod"),
        (lambda tf, x: x**2, "pow"),
        (lambda tf, x: x @ x, "matmul"),
        (lambda tf, x: (x > 0) & (x < 1), "and"),
        (lambda tf, x: tf.add(x, x), "Add"),
        (lambda tf, x: tf.subtract(x, x), "Sub"),
        (lambda tf, x: tf.multiply(x, x), "Mul"),
        (lambda tf, x: tf.matmul(x, x), "MatMul"),
        (lambda tf, x: tf.divide(x, x), "truediv"),
        (lambda tf, x: tf.div(x, x), "div"),
        (lambda tf, x: tf.add(x, x, name="total"), "total"),
        (lambda tf, x: tf.clip_by_value(x, 0.0, 1.0), "clip_by_value"),
        (lambda tf, x: tf.stack([x, x]), "stack"),
        (lambda tf, x: tf.unstack(x)[0], "unstack"),
        (lambda tf, x: tf.one_hot(tf.cast(x, "int32"), 3), "one_hot"),
        (lambda tf, x: tf.losses.mean_squared_error(x, x), "mean_squared_error/value"),
    ],
)
def test_what_nobody_names_is_named_as_tensorflow_does(tf, build, name):
    made = build(tf, tf.placeholder(tf.float32, [2, 2]))
    assert made.name == f"{name}:0"
    assert tf.get_default_graph().get_tensor_by_name(f"{name}:0") is made


def test_what_is_inside_of_an_operation_is_found_by_its_name(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    weights = tf.Variable(tf.ones([2, 3]), name="w")
    kept = tf.nn.dropout(x, 0.5, name="drop")
    loss = tf.nn.softmax_cross_entropy_with_logits(labels=weights, logits=x)
    graph = tf.get_default_graph()
    assert graph.get_tensor_by_name("drop/mul:0") is kept
    assert graph.get_tensor_by_name("softmax_cross_entropy_with_logits_sg/Reshape_2:0") is loss
    assert graph.get_tensor_by_name("w/read:0").op is weights.op
    with pytest.raises(KeyError, match="drop/other"):
        graph.get_tensor_by_name("drop/other:0")
    assigned = tf.assign(graph.get_tensor_by_name("w:0"), 2 * tf.ones([2, 3]))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(assigned)
        assert session.run("w/read:0").tolist() == [[2, 2, 2], [2, 2, 2]]
