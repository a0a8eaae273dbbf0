"""giulgi. The networks are those of ``keras_like``."""

from importlib.metadata import version

import numpy as np

import giulgi as gg
from benchmarks.peak import seconds_per_operation
from benchmarks.peers import keras_like
from benchmarks.peers.tasks import XOR_RATE, Peer, request, serve


def xor_step(weights, x, y):
    variables = [gg.Variable(w) for w in weights]

    @gg.function
    def step(x, y):
        w1, b1, w2, b2 = variables
        hidden = gg.sigmoid(x @ w1 + b1)
        loss = gg.mean((gg.sigmoid(hidden @ w2 + b2) - y) ** 2)
        for variable, gradient in zip(variables, gg.gradients(loss, variables), strict=True):
            variable.assign_sub(XOR_RATE * gradient)
        return loss

    return step, x, y


def xor_calls(weights, x, y):
    step, x, y = xor_step(weights, x, y)

    def run(steps):
        for _ in range(steps):
            loss = step(x, y)
        return loss

    return run


def xor_repeat(weights, x, y):
    step, x, y = xor_step(weights, x, y)
    return lambda steps: step.repeat(steps, x, y)


def predicting(build):
    """Return the forms of prediction."""

    def function(weights):
        model = keras_like.filled(build(gg), weights)
        predict = gg.function(lambda x: model(x))
        return lambda x: np.asarray(predict(x))

    def predict_on_batch(weights):
        return keras_like.filled(build(gg), weights).predict_on_batch

    return {"function": function, "predict_on_batch": predict_on_batch}


def multiply(a, b, transposed):
    @gg.function
    def product(a, b):
        return (a.T if transposed else a) @ b

    return product, a, b


def product_calls(a, b, transposed):
    product, a, b = multiply(a, b, transposed)

    def run(times):
        for _ in range(times):
            result = product(a, b)
        return result

    return run


def product_repeat(a, b, transposed):
    product, a, b = multiply(a, b, transposed)
    return lambda times: product.repeat(times, a, b)


if __name__ == "__main__":
    asked = request()
    gg.config.cache = asked["cache"]
    serve(
        Peer(
            versions={"giulgi": gg.__version__, "llvmlite": version("llvmlite")},
            xor={"function": xor_calls, "function.repeat": xor_repeat},
            training=keras_like.training(gg),
            inference={
                "conv": predicting(keras_like.conv),
                "lstm": predicting(keras_like.lstm),
            },
            product={"function": product_calls, "function.repeat": product_repeat},
            other={"peak": seconds_per_operation},
        )
    )
