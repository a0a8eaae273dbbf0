"""Makes foreign.*: a small network that TensorFlow trained, saved and froze, and what it computes.

Run by hand with TensorFlow installed: python tests/compat/golden/foreign.py
"""

import json
from pathlib import Path

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
PATH = Path(__file__).with_suffix("")


def main():
    tf.set_random_seed(1)
    x = tf.placeholder(tf.float32, [None, 16], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    keep = tf.placeholder_with_default(1.0, [], name="keep")
    with tf.variable_scope("net"):
        kernel = tf.get_variable("kernel", [3, 3, 1, 2])
        bias = tf.get_variable("bias", [2], initializer=tf.constant_initializer(0.1))
        hidden = tf.nn.conv2d(tf.reshape(x, [-1, 4, 4, 1]), kernel, [1, 1, 1, 1], "SAME")
        hidden = tf.nn.max_pool(
            tf.nn.relu(tf.nn.bias_add(hidden, bias)), [1, 2, 2, 1], [1, 2, 2, 1], "SAME"
        )
        size = tf.shape(hidden)[0]
        hidden = tf.nn.dropout(tf.reshape(hidden, tf.stack([size, 8])), keep_prob=keep)
        w = tf.get_variable("w", [8, 3])
        logits = tf.add(tf.matmul(hidden, w), tf.get_variable("b", [3]), name="logits")
    shares = tf.nn.softmax(logits, name="shares")
    label = tf.argmax(logits, 1, name="label")
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(loss, name="loss")
    train = tf.train.AdamOptimizer(0.01).minimize(loss, name="train")
    tf.add_to_collection("outputs", label)
    values, labels = np.linspace(-1, 1, 64, dtype=np.float32).reshape(4, 16), [0, 1, 2, 0]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(train, {x: values, y: labels})
        tf.train.Saver().save(session, str(PATH), write_state=False)
        frozen = tf.graph_util.convert_variables_to_constants(
            session, session.graph_def, ["shares"]
        )
        PATH.with_suffix(".pb").write_bytes(frozen.SerializeToString())
        found = session.run([shares, label, loss], {x: values, y: labels})
    told = dict(zip(("shares", "label", "loss"), (x.tolist() for x in found), strict=True))
    PATH.with_suffix(".json").write_text(json.dumps(told) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
