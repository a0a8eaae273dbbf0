"""Training: a step is compiled, and takes the examples of its batch itself."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.peers.jax import networks
from benchmarks.peers.networks import ADAM, CONV, MLP, RECURRENT, RESNET, SGD, TRANSFORMER


def training():
    """Return the forms of training."""
    recurrent = RECURRENT["batch"]
    return {
        "mlp": {"jitted step": steps(networks.mlp, MLP["batch"]), "scan": mlp_epoch},
        "conv": {"jitted step": conv},
        "lstm": {"jitted step": steps(networks.lstm, recurrent)},
        "gru": {"jitted step": steps(networks.gru, recurrent)},
        "resnet": {"jitted step": resnet},
        "transformer": {"jitted step": steps(networks.transformer, TRANSFORMER["batch"])},
    }


def cross_entropy(logits, y):
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1)
    return -jnp.mean(chosen)


def adam_state(weights):
    weights = jax.tree.map(jnp.array, weights)
    zeros = jax.tree.map(jnp.zeros_like, weights)
    return weights, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0)


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


def updating(network):
    """Return a step of a network with Adam: (state, x, y, places of the batch) -> state, loss."""

    def loss_of(weights, x, y):
        return cross_entropy(network(weights, x), y)

    def update(state, x, y, batch):
        loss, gradients = jax.value_and_grad(loss_of)(state[0], x[batch], y[batch])
        return adam(state, gradients), loss

    return update


def steps(network, size):
    """Return a form that trains a network with Adam, a call for each step."""
    return lambda weights: step_by_step(updating(network), adam_state(weights), size)


def step_by_step(update, first, size):
    """Return what trains for an epoch, with a call of a jitted update for each batch."""
    step = jax.jit(update, donate_argnums=0)
    state = [first]
    random = np.random.default_rng(0)

    def run(x, y):
        x, y = jnp.asarray(x), jnp.asarray(y)
        losses = []
        for batch in batches(random, len(x), size):
            state[0], loss = step(state[0], x, y, batch)
            losses.append(loss)
        return float(sum(losses)) / len(losses)

    return run


def batches(random, count, size):
    """Return the places of the examples of each batch."""
    return random.permutation(count).astype("int32").reshape(-1, size)


def mlp_epoch(weights):
    update = updating(networks.mlp)

    def epoch(state, x, y, batches):
        return lax.scan(lambda state, batch: update(state, x, y, batch), state, batches)

    epoch = jax.jit(epoch, donate_argnums=0)
    state = [adam_state(weights)]
    random = np.random.default_rng(0)

    def run(x, y):
        places = batches(random, len(x), MLP["batch"])
        state[0], losses = epoch(state[0], jnp.asarray(x), jnp.asarray(y), places)
        return float(losses.mean())

    return run


def conv(weights, dropout):
    def loss_of(weights, x, y, key):
        return cross_entropy(networks.conv(weights, x, key, dropout), y)

    def update(state, x, y, batch):
        # The number of the step makes its random numbers.
        key = jax.random.fold_in(jax.random.key(0), state[3].astype("int32"))
        loss, gradients = jax.value_and_grad(loss_of)(state[0], x[batch], y[batch], key)
        return adam(state, gradients), loss

    return step_by_step(update, adam_state(weights), CONV["batch"])


def resnet(weights):
    """Return what trains the residual network by descent with momentum."""
    weights = jax.tree.map(jnp.array, weights)
    # Those of a normalization are four: two that are learnt, and two averages.
    learnt = {name: arrays[:2] for name, arrays in weights.items()}
    averages = {name: arrays[2:] for name, arrays in weights.items() if len(arrays) == 4}

    def loss_of(learnt, averages, x, y):
        logits, averages = networks.resnet(learnt, averages, x)
        return cross_entropy(logits, y), averages

    def update(state, x, y, batch):
        learnt, averages, velocity = state
        find = jax.value_and_grad(loss_of, has_aux=True)
        (loss, averages), gradients = find(learnt, averages, x[batch], y[batch])
        velocity = jax.tree.map(
            lambda v, g: SGD["momentum"] * v - SGD["rate"] * g, velocity, gradients
        )
        return (jax.tree.map(jnp.add, learnt, velocity), averages, velocity), loss

    first = learnt, averages, jax.tree.map(jnp.zeros_like, learnt)
    return step_by_step(update, first, RESNET["batch"])
