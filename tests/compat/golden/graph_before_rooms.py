"""Writes a graph as giulgi did before its modules had rooms (a commit before 3818111)."""

import tensorflow as tf

x = tf.placeholder(tf.float32, name="x")
v = tf.get_variable("v", [2], initializer=tf.ones_initializer())
with tf.control_dependencies([tf.assign_add(v, [1.0, 2.0])]):
    tf.identity(v.read_value(), name="after")
tf.identity(tf.cast(x, tf.float64), name="cast")


@tf.custom_gradient
def twice(y):
    return 2 * y, lambda dy: 5 * dy


tf.identity(twice(x), name="twice")
tf.train.export_meta_graph("graph_before_rooms.meta")
