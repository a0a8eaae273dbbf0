"""Training steps of random dense networks: products of all shapes, and what is computed on them."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import giulgi as gg

from .checks import Trial, check_bits, counting, few, require_native, threads

WIDTHS = [1, 2, 3, 5, 8, 16, 17, 40, 100, 256, 300, 700, 1000]
BATCHES = [1, 2, 4, 7, 8, 32, 33, 128]
ACTIVATIONS = [gg.tanh, gg.sigmoid, lambda x: gg.maximum(x, 0), lambda x: x]
LIMITS = {"float32": 2e-4, "float64": 1e-10}


@st.composite
def steps(draw):
    """Draw a step of gradient descent, perhaps with dropout and momentum."""
    choose = random.Random(draw(st.integers(0, 2**32 - 1).map(lambda n: n * 2654435761 % 2**32)))
    rng = np.random.default_rng(choose.randrange(2**32))
    dtype = choose.choice(["float32", "float32", "float64"])
    batch = choose.choice(BATCHES)
    widths = [choose.choice(WIDTHS) for _ in range(draw(st.integers(2, 4)))]
    x, y = gg.placeholder(dtype, (batch, widths[0])), gg.placeholder(dtype, (batch, widths[-1]))
    values, weights, layer = [], [], x
    for before, after in itertools.pairwise(widths):
        for shape in ((before, after), (after,)):
            weights.append(gg.Variable(np.zeros(shape, dtype)))
            values.append((weights[-1], (rng.normal(size=shape) / before**0.5).astype(dtype)))
        layer = gg.matmul(layer, weights[-2]) + weights[-1]
        layer = choose.choice(ACTIVATIONS)(layer)
        if choose.random() < 0.3:
            layer = gg.where(gg.random.uniform((batch, after)) < 0.7, layer / 0.7, 0)
    loss = gg.mean(gg.square(layer - y))
    slopes, updates = gg.gradients(loss, weights), []
    with_momentum = choose.random() < 0.5
    for weight, slope in zip(weights, slopes, strict=True):
        if with_momentum:
            momentum = gg.Variable(np.zeros(weight.shape, dtype))
            values.append((momentum, rng.normal(size=weight.shape).astype(dtype)))
            slope = slope + 0.9 * momentum
            updates.append((momentum, slope))
        updates.append((weight, weight - 0.01 * slope))
    arrays = [rng.uniform(-1, 1, shape).astype(dtype) for shape in (x.shape, y.shape)]
    fetches = [loss, layer, slopes[0]][: choose.randint(0, 3)]
    return Trial(fetches, [x, y], arrays, updates, values), LIMITS[dtype]


@few(60)
@given(steps())
def test_a_step_of_a_random_network(drawn):
    trial, limit = drawn
    program = trial.program("cpu")
    require_native(program, trial.arrays)
    found = {}
    for count in (1, 2, 3):
        with threads(count):
            found[count] = trial.run(program, times=2)
    for a, b in zip(found[1], trial.run(trial.program("reference"), times=2), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=limit, atol=limit)
    check_bits(found[2], found[1])
    check_bits(found[3], found[1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("rows", "columns"), [(1, 256), (2, 1024), (3, 256), (3, 1000), (4, 696)])
def test_what_follows_a_product_of_few_rows_ends_where_the_share_of_a_worker_ends(
    rows, columns, dtype
):
    """Shares that were no whole vectors had another worker's columns, and the memory behind C."""
    x, w = gg.placeholder(dtype, (rows, 700)), gg.placeholder(dtype, (columns, 700))
    v = gg.Variable(np.zeros((rows, columns), dtype))
    y = gg.matmul(x, w, transpose_b=True)
    arrays = [counting(rows, 700, dtype=dtype) % 7, counting(columns, 700, dtype=dtype) % 5]
    values = [(v, counting(rows, columns, dtype=dtype))]
    trial = Trial([y * 2], [x, w], arrays, [(v, v * 0.5 + y)], values)
    program = trial.program("cpu")
    wanted = trial.run(trial.program("reference"))
    for count in (1, 2, 3, 4):
        with threads(count):
            check_bits(trial.run(program), wanted)
