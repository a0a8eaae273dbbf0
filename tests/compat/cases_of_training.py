"""What changes with steps, limits and means, as programs of TensorFlow 1 that return numbers."""

SCHEDULES = {
    "exponential": lambda t, s: t.exponential_decay(0.1, s, 4, 0.9),
    "exponential in stairs": lambda t, s: t.exponential_decay(0.1, s, 4, 0.9, staircase=True),
    "natural": lambda t, s: t.natural_exp_decay(0.1, s, 4, 0.9),
    "natural in stairs": lambda t, s: t.natural_exp_decay(0.1, s, 4, 0.9, True),
    "inverse": lambda t, s: t.inverse_time_decay(0.1, s, 4, 0.9),
    "polynomial": lambda t, s: t.polynomial_decay(0.1, s, 5, 0.01, power=2.0),
    "polynomial in cycles": lambda t, s: t.polynomial_decay(0.1, s, 5, cycle=True),
    "piecewise": lambda t, s: t.piecewise_constant(s, [2, 7], [1.0, 0.5, 0.1]),
    "cosine": lambda t, s: t.cosine_decay(0.1, s, 8, alpha=0.1),
    "cosine with restarts": lambda t, s: t.cosine_decay_restarts(0.1, s, 3, 2.0, 0.5, 0.1),
    "cosine with equal restarts": lambda t, s: t.cosine_decay_restarts(0.1, s, 3, 1.0),
    "linear cosine": lambda t, s: t.linear_cosine_decay(0.1, s, 8),
}


def schedules(tf):
    """Return the rates of each schedule at steps 0 to 11."""
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.placeholder(tf.int64, [])
        rates = {name: make(tf.train, step) for name, make in SCHEDULES.items()}
        runs = [session.run(rates, {step: count}) for count in range(12)]
        return {name: [float(run[name]) for run in runs] for name in SCHEDULES}


def clipping(tf):
    """Return what limits make of two arrays."""
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = tf.constant([[3.0, -4.0], [0.5, 0.1]]), tf.constant([1.0, -2.0])
        both, length = tf.clip_by_global_norm([x, None, y], 2.0)
        found = {
            "value": tf.clip_by_value(x, -1.0, 0.3),
            "norm": tf.clip_by_norm(x, 2.0),
            "norm of rows": tf.clip_by_norm(x, 1.0, axes=[1]),
            "norm of zeros": tf.clip_by_norm(x * 0.0, 2.0),
            "average": tf.clip_by_average_norm(x, 0.2),
            "global 1": both[0],
            "global 2": both[2],
            "length": length,
            "global norm": tf.global_norm([x, y]),
        }
        return {name: value.tolist() for name, value in session.run(found).items()}


def averages(tf):
    """Return running means of a variable and a tensor, in five steps."""
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable([1.0, 2.0], name="v")
        x = tf.placeholder(tf.float32, [])
        y = tf.identity(x * 2.0, name="y")
        step = tf.Variable(0, trainable=False, name="step")
        move = tf.group(v.assign_add([0.5, 1.0]), step.assign_add(1))
        plain = tf.train.ExponentialMovingAverage(0.9)
        fast = tf.train.ExponentialMovingAverage(0.9, num_updates=step, name="fast")
        fair = tf.train.ExponentialMovingAverage(0.9, zero_debias=True, name="fair")
        with tf.control_dependencies([move]):
            update = tf.group(plain.apply([v, y]), fast.apply([v]), fair.apply([y]))
        means = [plain.average(v), plain.average(y), fast.average(v), fair.average(y)]
        session.run(tf.global_variables_initializer())
        values = []
        for count in range(5):
            session.run(update, {x: float(count)})
            values.append([mean.tolist() for mean in session.run(means)])
        names = sorted(plain.variables_to_restore())
        return {"values": values, "names": names, "mean": plain.average_name(v)}


def assigned_averages(tf, assign_moving_average):
    """Return a running mean that is assigned by itself, begun at 0 and not."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [])
        plain, fair = tf.Variable(1.0, name="plain"), tf.Variable(1.0, name="fair")
        update = [
            assign_moving_average(plain, x, 0.9, zero_debias=False),
            assign_moving_average(fair, x, 0.9),
        ]
        session.run(tf.global_variables_initializer())
        runs = [[float(v) for v in session.run(update, {x: i})] for i in range(1, 5)]
        return [*runs, [float(v) for v in session.run([plain, fair])]]
