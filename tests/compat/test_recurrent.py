"""Recurrent cells and networks against formulas in NumPy, and the names of their variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

BATCH, STEPS, WIDTH, UNITS = 3, 5, 2, 4


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _lstm(x: Any, state: Any, kernel: Any, bias: Any, forget_bias: float = 1.0) -> Any:
    c, h = state
    i, j, f, o = np.split(np.concatenate([x, h], 1) @ kernel + bias, 4, 1)
    c = c * _sigmoid(f + forget_bias) + _sigmoid(i) * np.tanh(j)
    h = np.tanh(c) * _sigmoid(o)
    return h, (c, h)


def _gru(x: Any, h: Any, gates: Any, gates_bias: Any, candidate: Any, candidate_bias: Any) -> Any:
    r, u = np.split(_sigmoid(np.concatenate([x, h], 1) @ gates + gates_bias), 2, 1)
    new = np.tanh(np.concatenate([x, r * h], 1) @ candidate + candidate_bias)
    return (u * h + (1 - u) * new,) * 2


def _basic(x: Any, h: Any, kernel: Any, bias: Any) -> Any:
    return (np.tanh(np.concatenate([x, h], 1) @ kernel + bias),) * 2


def _along(step: Any, x: Any, state: Any, lengths: Any = None) -> Any:
    """Return outputs and the last state; beyond lengths 0, and the state as it was."""
    outputs = []
    for t in range(x.shape[1]):
        y, new = step(x[:, t], state)
        if lengths is not None:
            holds = (t < np.asarray(lengths))[:, None]
            y = np.where(holds, y, 0)
            if isinstance(new, tuple):
                new = tuple(np.where(holds, a, b) for a, b in zip(new, state, strict=True))
            else:
                new = np.where(holds, new, state)
        state = new
        outputs.append(y)
    return np.stack(outputs, 1), state


def _inputs(seed: int = 0) -> Any:
    return np.random.RandomState(seed).randn(BATCH, STEPS, WIDTH).astype(np.float32)


def _zeros() -> Any:
    return np.zeros((BATCH, UNITS), np.float32)


def _randomized(tf: Any, session: Any, seed: int = 1) -> list[Any]:
    """Give all variables random values, and return these."""
    session.run(tf.global_variables_initializer())
    draw = np.random.RandomState(seed)
    values = []
    for variable in tf.trainable_variables():
        values.append(draw.randn(*variable.shape.as_list()).astype(np.float32) * 0.5)
        variable.load(values[-1], session)
    return values


@pytest.mark.parametrize("lengths", [None, [5, 0, 3]])
@pytest.mark.parametrize("time_major", [False, True])
def test_dynamic_rnn_of_an_lstm(tf: Any, lengths: Any, time_major: bool) -> None:
    x = tf.placeholder(tf.float32, [None, None, WIDTH])
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS, forget_bias=0.5)
    outputs, state = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32, time_major=time_major)
    names = [v.name for v in tf.trainable_variables()]
    assert names == ["rnn/basic_lstm_cell/kernel:0", "rnn/basic_lstm_cell/bias:0"]
    given = _inputs()
    with tf.Session() as session:
        weights = _randomized(tf, session)
        fed = given.swapaxes(0, 1) if time_major else given
        y, (c, h) = session.run([outputs, state], {x: fed})
    expected, (c_expected, h_expected) = _along(
        lambda x, s: _lstm(x, s, *weights, 0.5), given, (_zeros(), _zeros()), lengths
    )
    np.testing.assert_allclose(y.swapaxes(0, 1) if time_major else y, expected, atol=1e-5)
    np.testing.assert_allclose(c, c_expected, atol=1e-5)
    np.testing.assert_allclose(h, h_expected, atol=1e-5)


@pytest.mark.parametrize("made", ["dynamic", "static", "by hand"])
def test_a_gru_is_the_same_in_every_loop(tf: Any, made: str) -> None:
    x = tf.placeholder(tf.float32, [BATCH, STEPS, WIDTH])
    cell = tf.contrib.rnn.GRUCell(UNITS)
    if made == "dynamic":
        outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    elif made == "static":
        steps, state = tf.contrib.rnn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)
        outputs = tf.stack(steps, 1)
    else:
        state, steps = cell.zero_state(BATCH, tf.float32), []
        with tf.variable_scope("rnn"):
            for t in range(STEPS):
                if t > 0:
                    tf.get_variable_scope().reuse_variables()
                output, state = cell(x[:, t, :], state)
                steps.append(output)
        outputs = tf.stack(steps, 1)
    names = [v.op.name for v in tf.trainable_variables()]
    assert names == [
        f"rnn/gru_cell/{part}/{kind}"
        for part in ("gates", "candidate")
        for kind in ("kernel", "bias")
    ]
    with tf.Session() as session:
        weights = _randomized(tf, session)
        y, h = session.run([outputs, state], {x: _inputs()})
    expected, last = _along(lambda x, s: _gru(x, s, *weights), _inputs(), _zeros())
    np.testing.assert_allclose(y, expected, atol=1e-5)
    np.testing.assert_allclose(h, last, atol=1e-5)


def test_gates_of_a_gru_begin_with_biases_of_one(tf: Any) -> None:
    tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), tf.zeros([1, 2, 3]), dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        values = {v.op.name: session.run(v) for v in tf.trainable_variables()}
    assert values["rnn/gru_cell/gates/bias"].tolist() == [1] * 4
    assert values["rnn/gru_cell/candidate/bias"].tolist() == [0] * 2


def test_bidirectional_goes_back_from_the_end_of_each_sequence(tf: Any) -> None:
    x, lengths = tf.placeholder(tf.float32, [None, STEPS, WIDTH]), [5, 2, 3]
    cells = [tf.nn.rnn_cell.BasicRNNCell(UNITS) for _ in range(2)]
    outputs, states = tf.nn.bidirectional_dynamic_rnn(
        *cells, x, sequence_length=lengths, dtype=tf.float32
    )
    names = [v.op.name for v in tf.trainable_variables()]
    assert names[0] == "bidirectional_rnn/fw/basic_rnn_cell/kernel"
    assert names[2] == "bidirectional_rnn/bw/basic_rnn_cell/kernel"
    given = _inputs()
    turned = np.stack(
        [np.concatenate([g[:n][::-1], g[n:]]) for g, n in zip(given, lengths, strict=True)]
    )
    with tf.Session() as session:
        w = _randomized(tf, session)
        (forward, backward), (a, b) = session.run([outputs, states], {x: given})
    y, h = _along(lambda x, s: _basic(x, s, *w[:2]), given, _zeros(), lengths)
    np.testing.assert_allclose(forward, y, atol=1e-5)
    np.testing.assert_allclose(a, h, atol=1e-5)
    y, h = _along(lambda x, s: _basic(x, s, *w[2:]), turned, _zeros(), lengths)
    y = np.stack([np.concatenate([g[:n][::-1], g[n:]]) for g, n in zip(y, lengths, strict=True)])
    np.testing.assert_allclose(backward, y, atol=1e-5)
    np.testing.assert_allclose(b, h, atol=1e-5)


def test_static_bidirectional_rnn_puts_both_side_by_side(tf: Any) -> None:
    x = tf.constant(_inputs())
    cells = [tf.contrib.rnn.BasicLSTMCell(UNITS) for _ in range(2)]
    outputs, _, _ = tf.contrib.rnn.static_bidirectional_rnn(
        *cells, tf.unstack(x, STEPS, 1), dtype=tf.float32
    )
    assert len(outputs) == STEPS
    assert outputs[0].get_shape().as_list() == [BATCH, 2 * UNITS]


def test_peepholes_and_a_projection(tf: Any) -> None:
    x = tf.constant(_inputs())
    cell = tf.nn.rnn_cell.LSTMCell(UNITS, use_peepholes=True, num_proj=3, cell_clip=0.4)
    outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    assert [v.op.name.split("/", 2)[2] for v in tf.trainable_variables()] == [
        "kernel", "bias", "w_f_diag", "w_i_diag", "w_o_diag", "projection/kernel",
    ]  # fmt: skip
    with tf.Session() as session:
        kernel, bias, wf, wi, wo, projection = _randomized(tf, session)
        y, (c, h) = session.run([outputs, state])

    def step(x: Any, state: Any) -> Any:
        c, h = state
        i, j, f, o = np.split(np.concatenate([x, h], 1) @ kernel + bias, 4, 1)
        new = c * _sigmoid(f + 1 + wf * c) + _sigmoid(i + wi * c) * np.tanh(j)
        new = np.clip(new, -0.4, 0.4)
        h = np.tanh(new) * _sigmoid(o + wo * new) @ projection
        return h, (new, h)

    expected, last = _along(step, _inputs(), (_zeros(), np.zeros((BATCH, 3), np.float32)))
    np.testing.assert_allclose(y, expected, atol=1e-5)
    np.testing.assert_allclose(c, last[0], atol=1e-5)
    np.testing.assert_allclose(h, last[1], atol=1e-5)


@pytest.mark.parametrize("is_tuple", [True, False])
def test_cells_one_above_the_other(tf: Any, is_tuple: bool) -> None:
    x = tf.constant(_inputs())
    cell = tf.contrib.rnn.MultiRNNCell(
        [tf.contrib.rnn.BasicLSTMCell(UNITS, state_is_tuple=is_tuple) for _ in range(2)],
        state_is_tuple=is_tuple,
    )
    state = cell.zero_state(BATCH, tf.float32)
    outputs, last = tf.nn.dynamic_rnn(cell, x, initial_state=state)
    assert tf.trainable_variables()[2].op.name == "rnn/multi_rnn_cell/cell_1/basic_lstm_cell/kernel"
    with tf.Session() as session:
        w = _randomized(tf, session)
        y, states = session.run([outputs, last])
    middle, first = _along(lambda x, s: _lstm(x, s, *w[:2]), _inputs(), (_zeros(), _zeros()))
    expected, second = _along(lambda x, s: _lstm(x, s, *w[2:]), middle, (_zeros(), _zeros()))
    np.testing.assert_allclose(y, expected, atol=1e-5)
    if is_tuple:
        np.testing.assert_allclose(states[0].h, first[1], atol=1e-5)
        np.testing.assert_allclose(states[1].c, second[0], atol=1e-5)
    else:
        np.testing.assert_allclose(states, np.concatenate([*first, *second], 1), atol=1e-5)


def test_one_cell_given_twice_stands_for_two(tf: Any) -> None:
    cell = tf.contrib.rnn.DropoutWrapper(tf.contrib.rnn.GRUCell(UNITS), output_keep_prob=0.5)
    both = tf.contrib.rnn.MultiRNNCell([cell] * 2)
    tf.nn.dynamic_rnn(both, tf.constant(_inputs()), dtype=tf.float32)
    kernels = [v for v in tf.trainable_variables() if "gates/kernel" in v.name]
    assert [k.shape.as_list() for k in kernels] == [[WIDTH + UNITS, 8], [2 * UNITS, 8]]


def test_a_cell_of_ones_own(tf: Any) -> None:
    class Sum(tf.nn.rnn_cell.RNNCell):  # type: ignore[misc, name-defined]
        @property
        def state_size(self) -> int:
            return WIDTH

        output_size = state_size

        def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
            with tf.variable_scope(scope or type(self).__name__):
                gain = tf.get_variable("gain", [], initializer=tf.ones_initializer())
                new = state + gain * inputs
            return new, new

    y, last = tf.nn.dynamic_rnn(Sum(), tf.constant(_inputs()), dtype=tf.float32)
    assert [v.op.name for v in tf.trainable_variables()] == ["rnn/Sum/gain"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(session.run(y), np.cumsum(_inputs(), 1), atol=1e-5)
        np.testing.assert_allclose(session.run(last), _inputs().sum(1), atol=1e-5)


def test_dropout_leaves_out_others_in_each_step_and_run(tf: Any) -> None:
    keep = tf.placeholder(tf.float32)
    cell = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.BasicRNNCell(50), output_keep_prob=keep)
    y, _ = tf.nn.dynamic_rnn(cell, tf.ones([1, 4, 3]), dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        whole = session.run(y, {keep: 1.0})
        some, others = session.run(y, {keep: 0.5}), session.run(y, {keep: 0.5})
    assert (whole != 0).all()
    assert 0.2 < (some == 0).mean() < 0.8
    assert ((some == 0) != (others == 0)).any()
    assert ((some[:, 0] == 0) != (some[:, 1] == 0)).any()
    np.testing.assert_allclose(some[some != 0], 2 * whole[some != 0], rtol=1e-5)


def test_wrappers(tf: Any) -> None:
    x = tf.constant(np.random.RandomState(0).randn(BATCH, STEPS, UNITS).astype(np.float32))
    plain = tf.contrib.rnn.BasicRNNCell(UNITS)
    y, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.ResidualWrapper(plain), x, dtype=tf.float32)
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        z, _ = tf.nn.dynamic_rnn(tf.contrib.rnn.BasicRNNCell(UNITS), x, dtype=tf.float32)
    projected = tf.contrib.rnn.OutputProjectionWrapper(tf.contrib.rnn.BasicRNNCell(3), 2)
    p, _ = tf.nn.dynamic_rnn(projected, x, dtype=tf.float32, scope="p")
    assert p.shape.as_list() == [BATCH, STEPS, 2]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        a, b, c = session.run([y, z, x])
    np.testing.assert_allclose(a, b + c, atol=1e-5)


def test_gradients_flow_through_all_steps(tf: Any) -> None:
    x = tf.constant(_inputs())
    y, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicRNNCell(UNITS), x, dtype=tf.float32)
    loss = tf.reduce_sum(tf.square(y[:, -1]))
    by_kernel = tf.gradients(loss, tf.trainable_variables()[0])[0]
    with tf.Session() as session:
        kernel, bias = _randomized(tf, session)
        found = session.run(by_kernel)

    def value(kernel: Any) -> float:
        y, _ = _along(lambda x, s: _basic(x, s, kernel, bias), _inputs(), _zeros())
        return float((y[:, -1] ** 2).sum())

    direction = np.random.RandomState(5).randn(*kernel.shape)
    step = 1e-4
    wide = kernel.astype(np.float64)
    slope = (value(wide + step * direction) - value(wide - step * direction)) / (2 * step)
    np.testing.assert_allclose((found * direction).sum(), slope, rtol=1e-3)


def test_variables_that_are_there_are_shared_only_when_told(tf: Any) -> None:
    x = tf.constant(_inputs())
    tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), x, dtype=tf.float32)
    with pytest.raises(ValueError, match="rnn/gru_cell/gates/kernel already exists"):
        tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), x, dtype=tf.float32)
    with pytest.raises(ValueError, match="you must give a dtype"):
        tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), x, scope="other")
