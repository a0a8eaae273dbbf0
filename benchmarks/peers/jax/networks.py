"""The networks as functions of weights. What they return has no activation: the loss brings it.

Weights are those of ``benchmarks.peers.networks``, whose layouts are JAX's own.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jax.nn import relu, sigmoid

from benchmarks.peers.networks import (
    CONV,
    RECURRENT,
    RESNET,
    TRANSFORMER,
    positions,
    residual_blocks,
)


def dense(weights, x):
    kernel, bias = weights
    return x @ kernel + bias


def convolution(x, kernel, stride=1, padding="SAME"):
    dims = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, kernel, (stride, stride), padding, dimension_numbers=dims)


def mlp(weights, x):
    return dense(weights["classes"], relu(dense(weights["hidden"], x)))


def conv(weights, x, key=None, dropout=CONV["dropout"]):
    """Return the convolutional network's logits; with a key, units are left out at random."""
    for name in ("conv_0", "conv_1"):
        kernel, bias = weights[name]
        x = relu(convolution(x, kernel, padding="VALID") + bias)
    x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    keys = (None, None) if key is None else jax.random.split(key)
    x = dropped(x, dropout[0], keys[0]).reshape(len(x), -1)
    hidden = dropped(relu(dense(weights["hidden"], x)), dropout[1], keys[1])
    return dense(weights["classes"], hidden)


def dropped(x, rate, key):
    if key is None or not rate:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


# In recurrent layers the inputs of a step are projected within it: that is faster than all at once.


def lstm(weights, x):
    kernel, recurrent, bias = weights["recurrent"]
    vectors = weights["words"][0][x.T]
    zeros = jnp.zeros((len(x), RECURRENT["units"]))

    def step(state, x):
        h, c = state
        i, f, g, o = jnp.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
        return (sigmoid(o) * jnp.tanh(c), c), None

    (h, _), _ = lax.scan(step, (zeros, zeros), vectors)
    return dense(weights["classes"], h)


def gru(weights, x):
    kernel, recurrent, (bias, state_bias) = weights["recurrent"]

    def step(h, x):
        xz, xr, xn = jnp.split(x @ kernel + bias, 3, axis=-1)
        hz, hr, hn = jnp.split(h @ recurrent + state_bias, 3, axis=-1)
        z = sigmoid(xz + hz)
        n = jnp.tanh(xn + sigmoid(xr + hr) * hn)
        return z * h + (1 - z) * n, None

    first = jnp.zeros((len(x), RECURRENT["units"]))
    h, _ = lax.scan(step, first, weights["words"][0][x.T])
    return dense(weights["classes"], h)


def resnet(weights, averages, x):
    """Return the residual network's logits while training, and new averages."""
    new = {}

    def norm(x, name):
        gamma, beta = weights[name]
        mean = x.mean((0, 1, 2))
        variance = (x * x).mean((0, 1, 2)) - mean * mean
        kept = RESNET["momentum"]
        new[name] = [
            kept * old + (1 - kept) * now
            for old, now in zip(averages[name], (mean, variance), strict=True)
        ]
        factor = gamma * lax.rsqrt(variance + RESNET["epsilon"])
        return (x - mean) * factor + beta

    x = relu(norm(convolution(x, *weights["stem_conv"]), "stem_norm"))
    for block in residual_blocks():
        name = block.name
        y = convolution(x, *weights[f"{name}_conv_0"], block.stride)
        y = relu(norm(y, f"{name}_norm_0"))
        y = norm(convolution(y, *weights[f"{name}_conv_1"]), f"{name}_norm_1")
        if block.shape_changes:
            x = convolution(x, *weights[f"{name}_shortcut"], block.stride)
        x = relu(x + y)
    return dense(weights["classes"], x.mean((1, 2))), new


def transformer(weights, x):
    x = weights["words"][0][x] + positions()
    for number in range(TRANSFORMER["layers"]):
        name = f"encoder_{number}"
        y = attention(weights[f"{name}_attention"], x)
        x = layer_norm(weights[f"{name}_norm_0"], x + y)
        y = dense(weights[f"{name}_outer"], relu(dense(weights[f"{name}_inner"], x)))
        x = layer_norm(weights[f"{name}_norm_1"], x + y)
    return dense(weights["classes"], x.mean(1))


def attention(weights, x):
    """Return what the heads see; kernels are (size, heads, size of a head)."""
    q, k, v = (
        jnp.einsum("bts,shd->bthd", x, kernel) + bias
        for kernel, bias in zip(weights[0:6:2], weights[1:6:2], strict=True)
    )
    scores = jnp.einsum("bthd,bkhd->bhtk", q, k) / q.shape[-1] ** 0.5
    seen = jnp.einsum("bhtk,bkhd->bthd", jax.nn.softmax(scores), v)
    kernel, bias = weights[6:]
    return jnp.einsum("bthd,hds->bts", seen, kernel) + bias


def layer_norm(weights, x):
    gamma, beta = weights
    mean = x.mean(-1, keepdims=True)
    variance = (x * x).mean(-1, keepdims=True) - mean * mean
    return (x - mean) * lax.rsqrt(variance + TRANSFORMER["epsilon"]) * gamma + beta
