"""Optimizers of ``tf.contrib.opt``, against their formulas."""

import numpy as np
import pytest

STEPS = 4
FIRST = np.array([1.0, -2.0])


def gradient(w):
    return 2 * w * (w * w - 1)


def steps_of(tf, make, **options):
    """Return a variable after some steps, whose gradient is that above."""
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.Variable(FIRST)
        loss = tf.reduce_sum(tf.square(w * w - 1.0)) / 2.0
        train = make(tf.contrib.opt).minimize(loss, **options)
        session.run(tf.global_variables_initializer())
        for _ in range(STEPS):
            session.run(train)
        return session.run(w)


def adam(way, decay=0.0, rate=0.1, b1=0.9, b2=0.999):
    w, m, v = FIRST.copy(), np.zeros(2), np.zeros(2)
    for t in range(1, STEPS + 1):
        g = gradient(w)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        far = rate * np.sqrt(1 - b2**t) / (1 - b1**t) / (np.sqrt(v) + 1e-8)
        w = w - decay * w - far * way(m, g)
    return w


def test_adam_with_weight_decay(tf):
    expected = adam(lambda m, g: m, decay=0.01)
    found = steps_of(tf, lambda opt: opt.AdamWOptimizer(0.01, 0.1))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    plain = adam(lambda m, g: m)
    found = steps_of(tf, lambda opt: opt.AdamWOptimizer(0.01, 0.1), decay_var_list=[])
    np.testing.assert_allclose(found, plain, rtol=1e-5)


def test_nadam(tf):
    expected = adam(lambda m, g: 0.9 * m + 0.1 * g)
    found = steps_of(tf, lambda opt: opt.NadamOptimizer(0.1))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_momentum_with_weight_decay(tf):
    w, total = FIRST.copy(), np.zeros(2)
    for _ in range(STEPS):
        total = 0.5 * total + gradient(w)
        w = w - 0.01 * w - 0.05 * total
    found = steps_of(tf, lambda opt: opt.MomentumWOptimizer(0.01, 0.05, 0.5))
    np.testing.assert_allclose(found, w, rtol=1e-5)


def test_adamax(tf):
    w, m, v = FIRST.copy(), np.zeros(2), np.zeros(2)
    for t in range(1, STEPS + 1):
        g = gradient(w)
        m, v = 0.9 * m + 0.1 * g, np.maximum(0.999 * v, np.abs(g))
        w = w - 0.1 / (1 - 0.9**t) * m / (v + 1e-8)
    found = steps_of(tf, lambda opt: opt.AdaMaxOptimizer(0.1))
    np.testing.assert_allclose(found, w, rtol=1e-5)


def test_lazy_adam_leaves_other_rows_alone(tf):
    table = tf.Variable(np.ones((3, 2), "f"))
    rows = tf.placeholder(tf.int32, [None])
    loss = tf.reduce_sum(tf.square(tf.gather(table, rows)))
    train = tf.contrib.opt.LazyAdamOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train, {rows: [0]})
        session.run(train, {rows: [1]})
        found = session.run(table)
    np.testing.assert_allclose(found[0], 0.9, rtol=1e-5)
    assert found[2].tolist() == [1.0, 1.0]


def test_means_of_what_another_optimizer_moves(tf, tmp_path):
    w = tf.Variable(1.0, name="w")
    opt = tf.contrib.opt.MovingAverageOptimizer(tf.train.GradientDescentOptimizer(1.0), 0.5)
    train = opt.minimize(w * 1.0)
    saver = opt.swapping_saver()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        path = saver.save(session, str(tmp_path / "m"))
        assert session.run(w) == 0.0
    assert tf.train.load_variable(path, "w") == 0.5


def test_replicas_that_wait_for_nobody(tf):
    w = tf.Variable(1.0)
    opt = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.5), 4)
    train = opt.minimize(w * 1.0, tf.train.get_or_create_global_step())
    with tf.train.MonitoredSession(hooks=[opt.make_session_run_hook(True)]) as session:
        session.run(train)
        assert session.run(w) == 0.5


def test_the_queues_of_replicas_are_idle(tf):
    w = tf.Variable(1.0)
    opt = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.5), 1, 1)
    train = opt.minimize(w * 1.0, tf.train.get_or_create_global_step())
    runner, tokens = opt.get_chief_queue_runner(), opt.get_init_tokens_op()
    supervisor = tf.train.Supervisor(
        init_op=tf.global_variables_initializer(), local_init_op=opt.chief_init_op,
        ready_for_local_init_op=opt.ready_for_local_init_op,
    )  # fmt: skip
    with supervisor.prepare_or_wait_for_session("") as session:
        assert supervisor.start_queue_runners(session, [runner]) == []
        session.run([tokens, opt.local_step_init_op])
        session.run(train)
        assert session.run(w) == 0.5


def test_scipy_finds_the_least_loss_within_bounds_and_constraints(tf):
    pytest.importorskip("scipy")
    make = tf.contrib.opt.ScipyOptimizerInterface
    v, far = tf.Variable([3.0, -2.0]), tf.placeholder(tf.float32)
    loss = tf.reduce_sum(tf.square(v - far)) + tf.reduce_sum(v[0] ** 2)
    seen = []
    plain = make(loss, options={"maxiter": 50})
    bounded = make(loss, var_to_bounds={v: (0.0, [1.0, 1.5])})
    tied = make(loss, equalities=[v[0] - v[1]], method="SLSQP")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        feeds = {far: [1.0, 2.0]}
        plain.minimize(session, feeds, fetches=[loss], loss_callback=seen.append)
        np.testing.assert_allclose(session.run(v), [0.5, 2.0], atol=1e-3)
        assert seen[0] == 4 + 16 + 9
        assert len(seen) > 2
        bounded.minimize(session, feeds)
        np.testing.assert_allclose(session.run(v), [0.5, 1.5], atol=1e-3)
        # (x - 1)² + (x - 2)² + x² is least at 1.
        tied.minimize(session, feeds)
        np.testing.assert_allclose(session.run(v), [1.0, 1.0], atol=1e-3)


def test_gradients_are_limited_before_a_step(tf):
    x = tf.Variable([3.0, 0.0])
    y = tf.Variable(0.0)
    opt = tf.contrib.estimator.clip_gradients_by_norm(tf.train.GradientDescentOptimizer(1.0), 0.5)
    train = opt.minimize(tf.reduce_sum(x * [3.0, 0.0]) + 4 * y)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        np.testing.assert_allclose(session.run(x), [3 - 0.3, 0], rtol=1e-6)
        np.testing.assert_allclose(session.run(y), -0.4, rtol=1e-6)
