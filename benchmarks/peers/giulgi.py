"""giulgi."""

from importlib.metadata import version

import giulgi as gg
from benchmarks.peak import seconds_per_operation
from benchmarks.peers.tasks import ADAM, BATCH, CONV, LSTM, XOR_RATE, Peer, request, serve


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


def mlp_fit(weights):
    model = gg.Sequential(
        [
            gg.Input((784,)),
            gg.layers.Dense(512, activation="relu"),
            gg.layers.Dense(10, activation="softmax"),
        ]
    )
    adam = gg.optimizers.Adam(ADAM["rate"], ADAM["beta_1"], ADAM["beta_2"], ADAM["epsilon"])
    model.compile(adam, loss="sparse_categorical_crossentropy")
    model.set_weights(weights)
    return lambda x, y: model.fit(x, y, batch_size=BATCH, verbose=0).history["loss"][0]


def conv_fit():
    layers = gg.layers
    model = gg.Sequential(
        [
            gg.Input((28, 28, 1)),
            *(layers.Conv2D(filters, 3, activation="relu") for filters in CONV["filters"]),
            layers.MaxPooling2D(2),
            layers.Dropout(CONV["dropout"][0]),
            layers.Flatten(),
            layers.Dense(CONV["dense"], activation="relu"),
            layers.Dropout(CONV["dropout"][1]),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", loss="sparse_categorical_crossentropy")
    return lambda x, y: model.fit(x, y, batch_size=BATCH, verbose=0).history["loss"][0]


def lstm_fit():
    layers = gg.layers
    model = gg.Sequential(
        [
            gg.Input((LSTM["steps"],), dtype="int32"),
            layers.Embedding(LSTM["words"], LSTM["size"]),
            layers.LSTM(LSTM["units"]),
            layers.Dense(LSTM["classes"], activation="softmax"),
        ]
    )
    model.compile("adam", loss="sparse_categorical_crossentropy")
    batch = LSTM["batch"]
    return lambda x, y: model.fit(x, y, batch_size=batch, verbose=0).history["loss"][0]


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
            mlp={"fit": mlp_fit},
            conv={"fit": conv_fit},
            lstm={"fit": lstm_fit},
            product={"function": product_calls, "function.repeat": product_repeat},
            other={"peak": seconds_per_operation},
        )
    )
