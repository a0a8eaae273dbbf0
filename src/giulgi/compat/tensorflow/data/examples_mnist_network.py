"""The network of the tutorial on feeding, ``tensorflow.examples.tutorials.mnist.mnist``."""

from __future__ import annotations

import math
from typing import Any

from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.public import tf

_HOME = "examples.tutorials.mnist.mnist"

CLASSES, SIDE = 10, 28

export(f"{_HOME}.NUM_CLASSES", CLASSES)
export(f"{_HOME}.IMAGE_SIZE", SIDE)
export(f"{_HOME}.IMAGE_PIXELS", SIDE * SIDE)


def _affine(x: Any, made: int) -> Any:
    """Return x weights + biases, with weights of a spread that suits the size of x."""
    seen = x.get_shape().as_list()[-1]
    first = tf.truncated_normal([seen, made], stddev=1 / math.sqrt(seen))
    weights = tf.Variable(first, name="weights")
    biases = tf.Variable(tf.zeros([made]), name="biases")
    return tf.matmul(x, weights) + biases


@exported(f"{_HOME}.inference")
def inference(images: Any, hidden1_units: int, hidden2_units: int) -> Any:
    """Return the logits of pictures (n, 784), by two hidden layers."""
    x = images
    for name, units in (("hidden1", hidden1_units), ("hidden2", hidden2_units)):
        with tf.name_scope(name):
            x = tf.nn.relu(_affine(x, units))
    with tf.name_scope("softmax_linear"):
        return _affine(x, CLASSES)


@exported(f"{_HOME}.loss")
def loss(logits: Any, labels: Any) -> Any:
    """Return the mean cross entropy of logits for the numbers of the true classes."""
    return tf.losses.sparse_softmax_cross_entropy(tf.to_int64(labels), logits)


@exported(f"{_HOME}.training")
def training(loss: Any, learning_rate: float) -> Any:
    """Return the operation of a step of gradient descent, which counts ``global_step``."""
    tf.summary.scalar("loss", loss)
    step = tf.Variable(0, name="global_step", trainable=False)
    return tf.train.GradientDescentOptimizer(learning_rate).minimize(loss, global_step=step)


@exported(f"{_HOME}.evaluation")
def evaluation(logits: Any, labels: Any) -> Any:
    """Return of how many pictures the true class has the greatest logit."""
    return tf.reduce_sum(tf.cast(tf.nn.in_top_k(logits, labels, 1), tf.int32))
