"""Optimizers with settings, and a small problem, as a program of TensorFlow 1."""

STEPS = 5
OPTIMIZERS = {
    "sgd": lambda tf: tf.train.GradientDescentOptimizer(0.1),
    "sgd by a tensor": lambda tf: tf.train.GradientDescentOptimizer(tf.constant(0.2) * 0.5),
    "momentum": lambda tf: tf.train.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda tf: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adam": lambda tf: tf.train.AdamOptimizer(0.1),
    "adam with settings": lambda tf: tf.train.AdamOptimizer(0.01, 0.5, 0.9, 0.1),
    "rmsprop": lambda tf: tf.train.RMSPropOptimizer(0.1),
    "rmsprop with momentum": lambda tf: tf.train.RMSPropOptimizer(0.1, 0.8, 0.5, 1e-3),
    "rmsprop centered": lambda tf: tf.train.RMSPropOptimizer(0.1, centered=True),
    "adagrad": lambda tf: tf.train.AdagradOptimizer(0.1),
    "adadelta": lambda tf: tf.train.AdadeltaOptimizer(1.0),
    "ftrl": lambda tf: tf.train.FtrlOptimizer(0.1),
    "ftrl with penalties": lambda tf: tf.train.FtrlOptimizer(
        0.3, -0.6, 0.2, 0.05, 0.01, l2_shrinkage_regularization_strength=0.02
    ),
    "proximal": lambda tf: tf.train.ProximalGradientDescentOptimizer(0.1, 0.3, 0.2),
    "proximal adagrad": lambda tf: tf.train.ProximalAdagradOptimizer(0.1, 0.2, 0.3, 0.2),
    "adagrad dual averaging": lambda tf: tf.train.AdagradDAOptimizer(
        0.1, tf.train.get_or_create_global_step(), 0.1, 0.05, 0.02
    ),
}
TABLE_OPTIMIZERS = ("sgd", "momentum", "adam", "rmsprop with momentum", "adagrad", "ftrl",
                    "adagrad dual averaging")  # fmt: skip


def run(tf, name):
    """Return two weights after each of the steps, and the names of all variables."""
    with tf.Graph().as_default():
        w = tf.Variable([1.0, -2.0], name="w")
        step = tf.train.get_or_create_global_step()
        target = tf.placeholder(tf.float32, [2])
        loss = tf.reduce_mean(tf.square(w * w - target))
        train = OPTIMIZERS[name](tf).minimize(loss, global_step=step)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            values = []
            for count in range(STEPS):
                session.run(train, {target: [0.5, 1.0 + count]})
                values.append(session.run(w).tolist())
            names = sorted(v.name for v in tf.global_variables())
            return {"values": values, "names": names, "steps": int(session.run(step))}


def run_table(tf, name):
    """Return a table of three rows, of which steps look up some, after each of the steps."""
    with tf.Graph().as_default():
        table = tf.Variable([[1.0, -2.0], [0.5, 1.5], [2.0, 1.0]], name="table")
        rows = tf.placeholder(tf.int32, [None])
        found = tf.gather(table, rows)
        train = OPTIMIZERS[name](tf).minimize(tf.reduce_mean(tf.square(found)))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            values = []
            for count in range(STEPS):
                session.run(train, {rows: [count % 2, 1]})
                values.append(session.run(table).tolist())
            return {"values": values}


def names_in_scopes(tf):
    """Return the names of all variables, and of operations that take steps, in several scopes."""
    with tf.Graph().as_default():
        with tf.variable_scope("net"):
            w = tf.get_variable("w", [2])
        loss = tf.reduce_sum(tf.square(w))
        with tf.name_scope("train"):
            steps = [tf.train.AdamOptimizer(0.1).minimize(loss)]
        with tf.variable_scope("outer"):
            steps.append(tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, name="go"))
            with tf.name_scope("inner"):
                steps.append(tf.train.AdamOptimizer(0.1).minimize(loss))
        steps.append(tf.train.RMSPropOptimizer(0.1, centered=True).minimize(loss))
        counter = tf.Variable(0, name="counter", trainable=False)
        with tf.name_scope("last"):
            steps.append(tf.train.AdamOptimizer(0.1).minimize(loss, counter))
        average = tf.train.ExponentialMovingAverage(0.9)
        with tf.variable_scope("means"):
            average.apply([w])
        return {
            "variables": sorted(v.name for v in tf.global_variables()),
            "steps": [step.name for step in steps],
            "trainable": [v.name for v in tf.trainable_variables()],
        }
