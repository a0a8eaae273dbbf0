"""JAX: steps written by hand and compiled, and whole loops compiled."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.peers.tasks import ADAM, BATCH, CONV, LSTM, XOR_RATE, Peer, serve


def xor_loss(weights, x, y):
    w1, b1, w2, b2 = weights
    hidden = jax.nn.sigmoid(x @ w1 + b1)
    return jnp.mean((jax.nn.sigmoid(hidden @ w2 + b2) - y) ** 2)


def xor_update(weights, x, y):
    loss, gradients = jax.value_and_grad(xor_loss)(weights, x, y)
    return jax.tree.map(lambda w, g: w - XOR_RATE * g, weights, gradients), loss


def xor_calls(weights, x, y):
    step = jax.jit(xor_update, donate_argnums=0)
    state = [jax.tree.map(jnp.array, weights)]
    x, y = jnp.array(x), jnp.array(y)

    def run(steps):
        for _ in range(steps):
            state[0], loss = step(state[0], x, y)
        return float(loss)

    return run


def xor_loop(weights, x, y):
    @jax.jit
    def loop(weights, x, y, steps):
        first = weights, jnp.float32(0)
        return lax.fori_loop(0, steps, lambda _, state: xor_update(state[0], x, y), first)

    state = [jax.tree.map(jnp.array, weights)]
    x, y = jnp.array(x), jnp.array(y)

    def run(steps):
        state[0], loss = loop(state[0], x, y, steps)
        return float(loss)

    return run


def mlp_loss(weights, x, y):
    w1, b1, w2, b2 = weights
    logits = jax.nn.relu(x @ w1 + b1) @ w2 + b2
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1)
    return -jnp.mean(chosen)


def adam(state, gradients):
    weights, m, v, step = state
    step = step + 1
    beta_1, beta_2 = ADAM["beta_1"], ADAM["beta_2"]
    rate = ADAM["rate"] * jnp.sqrt(1 - beta_2**step) / (1 - beta_1**step)
    m = jax.tree.map(lambda m, g: m + (1 - beta_1) * (g - m), m, gradients)
    v = jax.tree.map(lambda v, g: v + (1 - beta_2) * (g * g - v), v, gradients)
    weights = jax.tree.map(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v) + ADAM["epsilon"]), weights, m, v
    )
    return weights, m, v, step


def mlp_update(state, x, y, batch):
    """Make a step with the examples of a batch, which are taken in compiled code, too."""
    loss, gradients = jax.value_and_grad(mlp_loss)(state[0], x[batch], y[batch])
    return adam(state, gradients), loss


def mlp_state(weights):
    weights = jax.tree.map(jnp.array, weights)
    zeros = jax.tree.map(jnp.zeros_like, weights)
    return weights, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0)


def mlp_calls(weights):
    return step_by_step(mlp_update, weights, BATCH)


def step_by_step(update, weights, size):
    """Return what trains for an epoch, with a call of a jitted update for each batch."""
    step = jax.jit(update, donate_argnums=0)
    state = [mlp_state(weights)]
    random = np.random.default_rng(0)

    def run(x, y):
        x, y = jnp.asarray(x), jnp.asarray(y)
        losses = []
        for batch in random.permutation(len(x)).astype("int32").reshape(-1, size):
            state[0], loss = step(state[0], x, y, batch)
            losses.append(loss)
        return float(sum(losses)) / len(losses)

    return run


def mlp_epoch(weights):
    def epoch(state, x, y, batches):
        return lax.scan(lambda state, batch: mlp_update(state, x, y, batch), state, batches)

    epoch = jax.jit(epoch, donate_argnums=0)
    state = [mlp_state(weights)]
    random = np.random.default_rng(0)

    def run(x, y):
        batches = random.permutation(len(x)).astype("int32").reshape(-1, BATCH)
        state[0], losses = epoch(state[0], jnp.asarray(x), jnp.asarray(y), batches)
        return float(losses.mean())

    return run


def conv_logits(weights, x, key):
    k1, b1, k2, b2, w1, c1, w2, c2 = weights
    for kernel, bias in ((k1, b1), (k2, b2)):
        dims = ("NHWC", "HWIO", "NHWC")
        x = jax.nn.relu(
            lax.conv_general_dilated(x, kernel, (1, 1), "VALID", None, None, dims) + bias
        )
    x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    first, second = jax.random.split(key)
    x = dropped(x, CONV["dropout"][0], first).reshape(len(x), -1)
    hidden = dropped(jax.nn.relu(x @ w1 + c1), CONV["dropout"][1], second)
    return hidden @ w2 + c2


def dropped(x, rate, key):
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def conv_calls():
    def loss_of(weights, x, y, key):
        chosen = jnp.take_along_axis(
            jax.nn.log_softmax(conv_logits(weights, x, key)), y[:, None], axis=1
        )
        return -jnp.mean(chosen)

    def update(state, x, y, batch, key):
        loss, gradients = jax.value_and_grad(loss_of)(state[0], x[batch], y[batch], key)
        return adam(state, gradients), loss

    step = jax.jit(update, donate_argnums=0)
    random = np.random.default_rng(0)
    state = [mlp_state(conv_weights(random))]

    def run(x, y):
        x, y = jnp.asarray(x), jnp.asarray(y)
        losses = []
        for batch in random.permutation(len(x)).astype("int32").reshape(-1, BATCH):
            key = jax.random.key(int(random.integers(2**31)))
            state[0], loss = step(state[0], x, y, batch, key)
            losses.append(loss)
        return float(sum(losses)) / len(losses)

    return run


def conv_weights(random):
    """Return Glorot's uniform weights, and biases of 0."""
    first, second = CONV["filters"]
    dense = CONV["dense"]
    shapes = [(3, 3, 1, first), (3, 3, first, second), (144 * second, dense), (dense, 10)]
    weights = []
    for shape in shapes:
        field = int(np.prod(shape[:-2]))
        limit = (6 / (field * (shape[-2] + shape[-1]))) ** 0.5
        weights.append(random.uniform(-limit, limit, shape).astype("float32"))
        weights.append(np.zeros(shape[-1], "float32"))
    return weights


def lstm_logits(weights, x):
    embeddings, kernel, recurrent, bias, dense, dense_bias = weights
    projected = embeddings[x.T] @ kernel + bias
    zeros = jnp.zeros((len(x), LSTM["units"]))

    def step(state, projected):
        h, c = state
        i, f, g, o = jnp.split(projected + h @ recurrent, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    (h, _), _ = lax.scan(step, (zeros, zeros), projected)
    return h @ dense + dense_bias


def lstm_calls():
    def loss_of(weights, x, y):
        scores = jax.nn.log_softmax(lstm_logits(weights, x))
        return -jnp.mean(jnp.take_along_axis(scores, y[:, None], axis=1))

    def update(state, x, y, batch):
        loss, gradients = jax.value_and_grad(loss_of)(state[0], x[batch], y[batch])
        return adam(state, gradients), loss

    return step_by_step(update, lstm_weights(np.random.default_rng(0)), LSTM["batch"])


def lstm_weights(random):
    words, size, units, classes = (LSTM[k] for k in ("words", "size", "units", "classes"))
    shapes = [
        (words, size), (size, 4 * units), (units, 4 * units), (4 * units,), (units, classes),
        (classes,),
    ]  # fmt: skip
    return [random.uniform(-0.1, 0.1, shape).astype("float32") for shape in shapes]


def product(a, b, transposed):
    multiply = jax.jit(lambda a, b: (a.T if transposed else a) @ b)
    a, b = jnp.array(a), jnp.array(b)

    def run(times):
        for _ in range(times):
            result = multiply(a, b).block_until_ready()
        return result

    return run


if __name__ == "__main__":
    serve(
        Peer(
            versions={"JAX": jax.__version__},
            xor={"jitted step": xor_calls, "fori_loop": xor_loop},
            mlp={"jitted step": mlp_calls, "scan": mlp_epoch},
            conv={"jitted step": conv_calls},
            lstm={"jitted step": lstm_calls},
            product={"jitted": product},
        )
    )
