"""TensorFlow: the XOR network as a tf.function, and products."""

import tensorflow as tf

from benchmarks.peers.tasks import XOR_RATE, Peer, serve


def xor_update(variables, x, y):
    w1, b1, w2, b2 = variables
    with tf.GradientTape() as tape:
        hidden = tf.sigmoid(x @ w1 + b1)
        loss = tf.reduce_mean((tf.sigmoid(hidden @ w2 + b2) - y) ** 2)
    for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
        variable.assign_sub(XOR_RATE * gradient)
    return loss


def xor_calls(weights, x, y):
    variables = [tf.Variable(w) for w in weights]
    x, y = tf.constant(x), tf.constant(y)
    step = tf.function(lambda: xor_update(variables, x, y))

    def run(steps):
        for _ in range(steps):
            loss = step()
        return float(loss)

    return run


def xor_loop(weights, x, y):
    variables = [tf.Variable(w) for w in weights]
    x, y = tf.constant(x), tf.constant(y)

    @tf.function
    def loop(steps):
        loss = tf.constant(0.0)
        for _ in tf.range(steps):
            loss = xor_update(variables, x, y)
        return loss

    return lambda steps: float(loop(tf.constant(steps)))


def product(a, b, transposed):
    multiply = tf.function(lambda a, b: tf.matmul(a, b, transpose_a=transposed))
    a, b = tf.constant(a), tf.constant(b)

    def run(times):
        for _ in range(times):
            result = multiply(a, b)
        return result.numpy()

    return run


if __name__ == "__main__":
    serve(
        Peer(
            versions={"TensorFlow": tf.__version__},
            xor={"tf.function step": xor_calls, "tf.function loop": xor_loop},
            product={"tf.function": product},
        )
    )
