"""What JAX does; the XOR network, predictions, and products."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.peers.jax import networks
from benchmarks.peers.jax.training import training
from benchmarks.peers.tasks import XOR_RATE, Peer, serve


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


def predicting(network):
    """Return a form that gives the classes' probabilities."""

    def form(weights):
        weights = jax.tree.map(jnp.array, weights)
        predict = jax.jit(lambda weights, x: jax.nn.softmax(network(weights, x)))
        return lambda x: np.asarray(predict(weights, x))

    return form


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
            training=training(),
            inference={
                "conv": {"jitted": predicting(networks.conv)},
                "lstm": {"jitted": predicting(networks.lstm)},
            },
            product={"jitted": product},
        )
    )
