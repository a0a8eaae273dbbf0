"""Products moved into loops: the reference and native code compute the same with and without."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import giulgi as gg
from giulgi.backends.base import Draw
from giulgi.backends.cpu.planning.lowering import into_loops, lowered
from giulgi.backends.cpu.planning.operations.histories import History
from giulgi.backends.cpu.planning.plan import Plan
from giulgi.backends.reference.interpreter import Interpreter
from giulgi.graph.control.scan import Scan
from giulgi.graph.ops.contraction import MatMul
from giulgi.graph.rewrite import substitute

from ..checks import few, threads

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _everything_moves(monkeypatch):
    monkeypatch.setattr(into_loops, "_FEWEST_ROWS", 2)
    monkeypatch.setattr(into_loops, "_NEAR_BYTES", 0)


def specialised(fetches, feeds, arrays):
    return gg.Program(fetches, feeds).specialised(tuple(a.shape for a in arrays))


def large_products(computation):
    """Return the products of all steps that are outside of loops."""
    return [n for n in computation.nodes if isinstance(n.op, MatMul) and n.spec.shape[0] > 9]


def check(fetches, feeds, arrays):
    """Check what is computed, by the reference of the lowered graph and by native code."""
    computation = specialised(fetches, feeds, arrays)
    wanted, _ = Interpreter(computation).run(arrays, [], Draw(0, 0))
    simpler = lowered(computation)
    found, _ = Interpreter(simpler).run(arrays, [], Draw(0, 0))
    native = []
    for count in (1, 3):
        with threads(count):
            native.append(gg.Program(fetches, feeds, backend="cpu")(*arrays))
    for a, b, c, d in zip(found, *native, wanted, strict=True):
        assert b.tobytes() == c.tobytes()
        for value in (a, b):
            np.testing.assert_allclose(value, d, rtol=1e-4, atol=1e-4 * max(1, np.abs(d).max()))
    return computation, simpler


def network(kind, batch, steps, size, units, options):
    """Return the outputs of a recurrent layer and the gradients of its weights and inputs."""
    gg.set_seed(0)
    layer = getattr(gg.layers, kind)(units, return_sequences=True, **options)
    x = gg.placeholder("float32", (batch, steps, size), name="x")
    y = layer(x)
    weights = [gg.constant(v.numpy()) for v in layer.weights]
    return x, y, layer, weights


@few(40)
@given(
    st.sampled_from(["SimpleRNN", "LSTM", "GRU"]),
    st.sampled_from([1, 2, 4, 5, 8]),
    st.integers(1, 12),
    st.sampled_from([1, 3, 16, 33]),
    st.sampled_from([1, 4, 16, 20]),
    st.booleans(),
    st.booleans(),
)
def test_recurrent_layers(kind, batch, steps, size, units, backwards, last):
    options = {"go_backwards": backwards, "bias_initializer": "random_normal"}
    x, y, layer, _ = network(kind, batch, steps, size, units, options)
    y = y[:, -1] if last else y
    wanted = [layer.cell.kernel.read(), layer.cell.recurrent_kernel.read(), layer.cell.bias.read()]
    slopes = gg.gradients(gg.sum(y * y), [x, *wanted])
    own = {w: gg.placeholder("float32", w.shape) for w in wanted}
    fetches = substitute([y, *slopes], {w.node: p for w, p in own.items()})
    arrays = [RNG.normal(size=t.shape).astype("float32") * 0.5 for t in (x, *own.values())]
    check(fetches, [x, *own.values()], arrays)


def projected(batch=8, steps=10):
    x = gg.placeholder("float32", (steps, batch, 5), name="x")
    w = gg.placeholder("float32", (5, 16), name="w")
    u = gg.placeholder("float32", (16, 16), name="u")
    b = gg.placeholder("float32", (16,), name="b")

    def step(h, xw):
        h = gg.tanh(xw + h @ u)
        return h, h

    last, every = gg.scan(step, gg.zeros((batch, 16)), x @ w + b)
    arrays = [RNG.normal(size=t.shape).astype("float32") * 0.5 for t in (x, w, u, b)]
    return [x, w, u, b], arrays, last, every


def test_nothing_large_is_left_outside():
    feeds, arrays, last, every = projected()
    slopes = gg.gradients(gg.sum(every * every), feeds)
    before, after = check([last, *slopes], feeds, arrays)
    assert len(large_products(before)) == 3, "the projection, and two gradients"
    assert not large_products(after)
    assert any(isinstance(node.op, History) for node in after.nodes)


def test_gradients_of_gradients():
    feeds, arrays, last, _ = projected(batch=4, steps=3)
    slopes = gg.gradients(gg.sum(last * last), feeds)
    again = gg.gradients(sum(gg.sum(slope * slope) for slope in slopes), feeds)
    check([*slopes, *again], feeds, arrays)


def test_what_others_use_stays_outside():
    x = gg.placeholder("float32", (10, 8, 5), name="x")
    w = gg.placeholder("float32", (5, 16), name="w")
    xw = x @ w
    last, _ = gg.scan(lambda s, v: (s + gg.tanh(v), None), gg.zeros((8, 16)), xw)
    arrays = [RNG.normal(size=t.shape).astype("float32") for t in (x, w)]
    for other in (xw, xw + 1):
        _, after = check([last, other], [x, w], arrays)
        assert large_products(after)
        assert not products_inside(after)


def test_a_part_that_others_use_stays_outside_of_what_moves():
    x = gg.placeholder("float32", (10, 8, 5), name="x")
    w = gg.placeholder("float32", (5, 16), name="w")
    xw, own = x @ w, gg.exp(x) @ w
    last, _ = gg.scan(lambda s, v: (s + gg.tanh(v), None), gg.zeros((8, 16)), xw + own)
    arrays = [RNG.normal(size=t.shape).astype("float32") for t in (x, w)]
    _, after = check([last, gg.sum(xw)], [x, w], arrays)
    assert len(large_products(after)) == 1
    assert len(products_inside(after)) == 1


def test_a_long_chain_is_gone_through_once():
    x = gg.placeholder("float32", (10, 8, 5), name="x")
    w = gg.placeholder("float32", (5, 16), name="w")
    chain = x @ w
    for _ in range(60):  # Going through all ways would take for ever.
        chain = chain * chain
    last, _ = gg.scan(lambda s, v: (s + v, None), gg.zeros((8, 16)), chain)
    arrays = [RNG.normal(size=t.shape).astype("float32") / 10 for t in (x, w)]
    _, after = check([last], [x, w], arrays)
    assert not large_products(after)


def test_a_matrix_that_is_made_of_the_loop_stays_outside():
    x = gg.placeholder("float32", (10, 8, 5), name="x")

    def step(s, v):
        s = s + gg.tanh(v)
        return s, s

    last, every = gg.scan(step, gg.zeros((8, 5)), x)
    arrays = [RNG.normal(size=x.shape).astype("float32") * 0.3]
    _, after = check([every @ last[:5]], [x], arrays)
    assert len(loops(after)) == 1
    rows = gg.reshape(gg.flip(every, 0), (-1, 5))
    again = gg.swapaxes(rows, 0, 1) @ gg.reshape(every, (-1, 5))
    _, after = check([again], [x], arrays)
    assert len(loops(after)) == 1


def test_one_loop_may_be_used_twice():
    gg.set_seed(0)
    inputs = gg.Input((6, 5))
    encoder = gg.Model(inputs, gg.layers.LSTM(16)(inputs))
    a, b = (gg.placeholder("float32", (4, 6, 5), name=name) for name in "ab")
    arrays = [RNG.normal(size=(4, 6, 5)).astype("float32") for _ in "ab"]
    difference = encoder(a) - encoder(b)
    fetches = [difference, *gg.gradients(gg.sum(difference**2), [a, b])]
    found = gg.Program(fetches, [a, b], backend="cpu")(*arrays)
    wanted = gg.Program(fetches, [a, b], backend="reference")(*arrays)
    assert np.abs(wanted[0]).max() > 0.01
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    "step",
    [
        lambda a, b, v: ((b, gg.tanh(a * b + v)), a),
        lambda a, b, v: ((v, a), a * b),
        lambda a, b, v: ((gg.tanh(a * b + v),) * 2, a + b),
        lambda a, b, v: ((a, gg.tanh(a * b + v)), b),
        lambda a, b, v: ((gg.tanh(b + v), b * 1.0), a),
    ],
)
def test_states_that_are_others_before(step, reverse):
    x = gg.placeholder("float32", (6, 4, 5), name="x")
    begin = gg.ones((4, 5)) * 0.5, gg.ones((4, 5)) * 0.25
    (a, b), every = gg.scan(lambda s, v: step(*s, v), begin, x, reverse=reverse)
    slope = gg.gradients(gg.sum(every * every) + gg.sum(a * b), x)
    arrays = [RNG.normal(size=x.shape).astype("float32")]
    check([a, b, every, slope], [x], arrays)


def test_matrices_are_put_as_products_read_them_best():
    feeds, arrays, last, _ = projected()
    slope = gg.gradients(gg.sum(last * last), feeds[0])
    _, after = check([last, slope], feeds, arrays)
    prepared = [a for step in Plan(after).steps for a in step.group.prepared.values()]
    assert prepared, "U transposed, for the way back"
    assert all(max(access.layout.strides) * 4 % 128 == 64 for access in prepared)


def loops(computation):
    return {n.op.loop for n in computation.nodes if isinstance(n.op, Scan)}


def products_inside(computation):
    """Return the products of the bodies of loops."""
    ops = [n.op for n in computation.nodes if isinstance(n.op, Scan)]
    bodies = {node for op in ops for node in op.loop.body([op.output])}
    return [node for node in bodies if isinstance(node.op, MatMul)]


def test_few_rows_and_few_bytes_stay_outside(monkeypatch):
    for name, value in (("_FEWEST_ROWS", 9), ("_NEAR_BYTES", 2**20)):
        with monkeypatch.context() as patched:
            patched.setattr(into_loops, name, value)
            feeds, arrays, last, _ = projected()
            _, after = check([last], feeds, arrays)
            assert large_products(after)


def test_all_states_are_kept_once():
    feeds, arrays, last, every = projected()
    slope = gg.gradients(gg.sum(every * every), feeds[2])
    _, after = check([last, every, slope], feeds, arrays)
    forward = [n.op for n in after.nodes if isinstance(n.op, Scan) and not n.op.loop.reverse]
    assert [type(op) for op in forward] == [History]
