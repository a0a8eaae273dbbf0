"""Makes foreign_ops.*: a graph of TensorFlow with a node of each kind, and their values.

Run by hand with TensorFlow installed: python tests/compat/golden/foreign_ops.py
"""

from pathlib import Path

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
PATH = Path(__file__).with_suffix("")


def rows(x, y, m, i):
    """Yield tensors of x and y of shape (2, 3), m of shape (3, 2) and whole numbers i."""
    for function in (
        tf.negative, tf.exp, tf.square, tf.abs, tf.sign, tf.floor, tf.ceil, tf.round, tf.sin,
        tf.cos, tf.erf, tf.reciprocal, tf.tanh, tf.sigmoid, tf.nn.relu, tf.nn.relu6, tf.nn.elu,
        tf.nn.selu, tf.nn.softplus, tf.nn.softsign, tf.nn.softmax, tf.nn.log_softmax,
        tf.nn.l2_loss, tf.size, tf.rank, tf.shape, tf.zeros_like, tf.ones_like, tf.stop_gradient,
        tf.transpose,
    ):  # fmt: skip
        yield function(x)
    for function in (tf.log, tf.sqrt, tf.rsqrt):
        yield function(tf.abs(x))
    for function in (
        tf.add, tf.subtract, tf.multiply, tf.truediv, tf.div, tf.floordiv, tf.floormod, tf.maximum,
        tf.minimum, tf.squared_difference, tf.equal, tf.not_equal, tf.less, tf.less_equal,
        tf.greater, tf.greater_equal,
    ):  # fmt: skip
        yield function(x, y)
    yield tf.pow(tf.abs(x), y)
    yield tf.matmul(x, m)
    yield tf.matmul(x, y, transpose_b=True)
    yield tf.matmul(tf.stack([x, y]), tf.stack([x, y]), transpose_a=True)
    yield tf.add_n([x, y, x])
    yield tf.nn.bias_add(x, [1.0, 2.0, 3.0])
    yield tf.nn.leaky_relu(x, 0.3)
    yield tf.cast(x, tf.int32)
    for function in (tf.reduce_sum, tf.reduce_mean, tf.reduce_max, tf.reduce_min, tf.reduce_prod):
        yield function(x, axis=1)
    yield tf.reduce_sum(x, axis=[0], keepdims=True)
    yield tf.reduce_all(x > 0, axis=0)
    yield tf.reduce_any(x > 0)
    yield tf.argmax(x, 1)
    yield tf.argmin(x, 0)
    yield from shapes(x, y, i)
    yield from pictures(x, y)
    yield from branches(x, y)


def shapes(x, y, i):
    yield tf.reshape(x, [3, -1])
    yield tf.squeeze(tf.expand_dims(x, 1), [1])
    yield tf.expand_dims(x, -1)
    yield tf.concat([x, y], 1)
    yield tf.stack([x, y], axis=1)
    yield tf.unstack(x, axis=1)[1]
    yield tf.split(x, 3, axis=1)[2]
    yield tf.split(x, [1, 2], axis=1)[1]
    yield x[:, 1:]
    yield x[0, ::2]
    yield x[..., tf.newaxis]
    yield tf.slice(x, [0, 1], [2, 2])
    yield tf.pad(x, [[1, 0], [0, 2]])
    yield tf.tile(x, [2, 1])
    yield tf.fill([2, 2], 3.0)
    yield tf.range(1, 10, 3)
    yield tf.gather(x, i, axis=1)
    yield tf.gather(x, [1, 0])
    yield tf.one_hot(i, 4)
    yield tf.where(x > 0, x, y)
    yield tf.logical_not(tf.logical_or(tf.logical_and(x > 0, y > 0), x < -1))
    yield tf.nn.top_k(x, 2)[0]
    yield tf.nn.top_k(x, 2)[1]
    yield tf.nn.softmax_cross_entropy_with_logits(labels=tf.nn.softmax(y), logits=x)
    yield tf.nn.sparse_softmax_cross_entropy_with_logits(labels=i[:2], logits=x)


def pictures(x, y):
    picture = tf.reshape(tf.tile(tf.concat([x, y], 0), [2, 3]), [2, 6, 3, 2])
    kernel = tf.reshape(tf.tile(x, [2, 3]), [3, 2, 2, 3])
    yield tf.nn.conv2d(picture, kernel, [1, 1, 1, 1], "SAME")
    yield tf.nn.conv2d(picture, kernel, [1, 2, 1, 1], "VALID")
    yield tf.nn.conv2d(picture, kernel, [1, 1, 1, 1], "SAME", dilations=[1, 2, 1, 1])
    yield tf.nn.depthwise_conv2d(picture, kernel, [1, 1, 1, 1], "SAME")
    back = tf.reshape(tf.tile(y, [2, 3]), [3, 2, 3, 2])
    yield tf.nn.conv2d_transpose(picture, back, [2, 12, 6, 3], [1, 2, 2, 1], "SAME")
    yield tf.nn.max_pool(picture, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    yield tf.nn.avg_pool(picture, [1, 2, 2, 1], [1, 1, 1, 1], "VALID")
    yield tf.nn.lrn(picture, 1, 1.0, 0.5, 0.75)
    means = {"mean": [0.1, 0.2], "variance": [0.5, 2.0], "is_training": False}
    yield tf.nn.fused_batch_norm(picture, [1.0, 2.0], [0.5, 0.0], **means)[0]
    yield tf.nn.fused_batch_norm(picture, [1.0, 2.0], [0.5, 0.0])[0]
    spread = tf.constant([0.5, 2.0])
    yield tf.nn.batch_normalization(picture, spread, spread, None, None, 0.01)
    yield tf.image.resize_bilinear(picture, [4, 5])
    yield tf.image.resize_nearest_neighbor(picture, [12, 3])


def branches(x, y):
    tf.disable_control_flow_v2()
    choice = tf.placeholder_with_default(True, [], name="choice")
    first = tf.cond(choice, lambda: x + 1.0, lambda: y * 2.0)
    yield first
    yield tf.cond(
        tf.logical_not(choice),
        lambda: first,
        lambda: tf.cond(choice, lambda: first * 3.0, lambda: x),
    )


def main():
    random = np.random.RandomState(0)
    given = {"x": random.randn(2, 3), "y": random.randn(2, 3), "m": random.randn(3, 2)}
    given = {name: value.astype("float32") for name, value in given.items()}
    given["i"] = np.array([0, 2, 1], np.int32)
    with tf.Session() as session:
        inputs = {
            name: tf.placeholder(value.dtype, value.shape, name=name)
            for name, value in given.items()
        }
        made = list(rows(**inputs))
        feeds = {inputs[name]: value for name, value in given.items()}
        values = session.run(made, feeds)
        told = {
            f"{n:03d} {tensor.name}": v
            for n, (tensor, v) in enumerate(zip(made, values, strict=True))
        }
        told |= {f"given {name}": value for name, value in given.items()}
        choice = session.graph.get_tensor_by_name("choice:0")
        others = session.run(made[-2:], {**feeds, choice: False})
        told |= {f"other {t.name}": v for t, v in zip(made[-2:], others, strict=True)}
        np.savez_compressed(PATH.with_suffix(".npz"), **told)
        PATH.with_suffix(".pb").write_bytes(session.graph_def.SerializeToString())
        print(sorted({node.op for node in session.graph_def.node}))


if __name__ == "__main__":
    main()
