"""Sessions with hooks, coordinators and threads."""

import threading

import numpy as np
import pytest


def counting(tf):
    w = tf.Variable([3.0], name="w")
    step = tf.train.get_or_create_global_step()
    loss = tf.reduce_sum(w * w)
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, step)
    tf.summary.scalar("loss", loss)
    return train, loss, step


def trained(tf, folder, last_step):
    train, loss, _ = counting(tf)
    hooks = [tf.train.StopAtStepHook(last_step=last_step), tf.train.NanTensorHook(loss)]
    runs = 0
    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=folder, hooks=hooks, save_checkpoint_steps=4, save_summaries_steps=2
    ) as session:
        while not session.should_stop():
            session.run(train)
            runs += 1
    return runs


def test_training_goes_on_where_it_stopped(tf, tmp_path):
    for last_step, runs in ((10, 10), (15, 5)):
        with tf.Graph().as_default():
            assert trained(tf, str(tmp_path), last_step) == runs
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-15")
    (path,) = tmp_path.glob("events.*")
    found = [e.step for e in tf.train.summary_iterator(str(path)) if e.HasField("summary")]
    assert found[:5] == [1, 3, 5, 7, 9]


def test_hooks_are_called_in_order(tf):
    train, loss, _ = counting(tf)
    calls = []

    class Told(tf.train.SessionRunHook):
        def begin(self):
            calls.append("begin")

        def after_create_session(self, session, coord):
            calls.append("created")

        def before_run(self, run_context):
            assert run_context.original_args.fetches is train
            return tf.train.SessionRunArgs(loss)

        def after_run(self, run_context, run_values):
            calls.append(float(run_values.results))
            if len(calls) > 3:
                run_context.request_stop()

        def end(self, session):
            calls.append("end")

    with tf.train.SingularMonitoredSession(hooks=[Told()]) as session:
        while not session.should_stop():
            session.run(train)
    assert calls[:2] == ["begin", "created"]
    np.testing.assert_allclose(calls[2:4], [9.0, 9.0 * 0.64], rtol=1e-6)
    assert calls[4:] == ["end"]


def test_the_end_of_data_is_no_error(tf):
    with tf.train.MonitoredSession():
        raise tf.errors.OutOfRangeError(None, None, "the end")
    with pytest.raises(KeyError), tf.train.MonitoredSession():
        raise KeyError("another")


def test_a_loss_that_is_no_number_stops_training(tf):
    x = tf.placeholder(tf.float32, [])
    tf.train.get_or_create_global_step()
    hook = tf.train.NanTensorHook(tf.log(x))
    with (
        pytest.raises(tf.train.NanLossDuringTrainingError),
        tf.train.MonitoredSession(hooks=[hook]) as session,
    ):
        session.run(x, {x: -1.0})


def test_coordinators_stop_threads_and_raise_what_they_raised(tf):
    coordinator = tf.train.Coordinator()
    counts = [0]

    def work():
        while not coordinator.should_stop():
            counts[0] += 1

    def fail():
        with coordinator.stop_on_exception():
            while not counts[0]:
                pass
            raise ValueError("broken")

    threads = [threading.Thread(target=work), threading.Thread(target=fail)]
    for thread in threads:
        thread.start()
    with pytest.raises(ValueError, match="broken"):
        coordinator.join(threads)
    assert not any(thread.is_alive() for thread in threads)


def test_nobody_waits_for_threads_that_were_not_started(tf):
    coordinator = tf.train.Coordinator()
    thread = threading.Thread(target=coordinator.request_stop)
    coordinator.join([thread])
    thread.start()
    assert coordinator.wait_for_stop(10)


def test_the_end_of_a_queue_is_raised_by_nobody(tf):
    coordinator = tf.train.Coordinator()
    coordinator.request_stop(tf.errors.OutOfRangeError(None, None, "the end"))
    coordinator.join()
    assert coordinator.should_stop()


def test_supervisors(tf, tmp_path):
    v = tf.Variable(1.0, name="v")
    more = v.assign_add(1.0)
    for expected in (2.0, 3.0):
        supervisor = tf.train.Supervisor(logdir=str(tmp_path), save_model_secs=0)
        with supervisor.managed_session() as session:
            assert session.run(more) == expected
            supervisor.saver.save(session, supervisor.save_path)


def test_servers_of_one_process(tf):
    server = tf.train.Server.create_local_server()
    with tf.Session(server.target) as session:
        assert session.run(tf.constant(1)) == 1
    with pytest.warns(UserWarning, match="runs in one process"):
        tf.train.Server({"ps": ["a:1"], "worker": ["b:1"]}, job_name="worker", task_index=0).join()
    with tf.device(tf.train.replica_device_setter(cluster=None)):
        tf.Variable(1.0)


def test_settings_are_attributes(tf):
    config = tf.ConfigProto(allow_soft_placement=True, gpu_options=tf.GPUOptions(allow_growth=True))
    config.gpu_options.per_process_gpu_memory_fraction = 0.4
    config.graph_options.optimizer_options.global_jit_level = tf.OptimizerOptions.ON_1
    with tf.Session(config=config) as session:
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        metadata = tf.RunMetadata()
        session.run(tf.constant(1), options=options, run_metadata=metadata)


def test_optimize_loss(tf):
    w = tf.Variable([3.0, 4.0], name="w")
    step = tf.train.get_or_create_global_step()
    loss = tf.contrib.layers.optimize_loss(
        tf.reduce_sum(w * w) / 2.0, step, 0.5, "SGD", clip_gradients=1.0,
        learning_rate_decay_fn=lambda rate, step: tf.train.exponential_decay(rate, step, 1, 0.5),
    )  # fmt: skip
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(loss) == 12.5
        np.testing.assert_allclose(session.run(w), [3.0 - 0.3, 4.0 - 0.4], rtol=1e-6)
        session.run(loss)
        np.testing.assert_allclose(session.run(w), [2.7 - 0.15, 3.6 - 0.2], rtol=1e-6)
        assert session.run(step) == 2


def test_hooks_take_tensors_by_the_names_of_their_operations(tf, caplog):
    train, loss, _ = counting(tf)
    shown = tf.identity(loss, "shown")
    hooks = [
        tf.train.LoggingTensorHook({"told": "shown"}, every_n_iter=1, formatter=str),
        tf.train.NanTensorHook("shown"),
        tf.train.StopAtStepHook(last_step=1),
    ]
    with tf.train.MonitoredTrainingSession(hooks=hooks) as session:
        session.run(train)
    assert shown.op.name == "shown"
    assert hooks[0]._fetches["told"] is shown
