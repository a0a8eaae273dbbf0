"""Queues, readers, and the batches that threads make of them."""

import threading

import numpy as np
import pytest

from giulgi.compat.errors import OutOfRangeError
from giulgi.compat.names import TABLES

NAMES = TABLES["tensorflow"]


def test_a_queue_gives_its_elements_in_order_until_it_is_closed(tf):
    queue = tf.FIFOQueue(3, [tf.float32], shapes=[[]])
    fill, one, size = queue.enqueue_many(([1.0, 2.0, 3.0],)), queue.dequeue(), queue.size()
    with tf.Session() as session:
        session.run(fill)
        assert (session.run(one), session.run(size)) == (1, 2)
        session.run(queue.close())
        assert session.run(queue.dequeue_up_to(5)).tolist() == [2, 3]
        with pytest.raises(OutOfRangeError, match="closed and has insufficient elements"):
            session.run(one)
        with pytest.raises(NAMES["errors.CancelledError"], match="is closed"):
            session.run(fill)


def test_elements_of_several_tensors(tf):
    queue = tf.FIFOQueue(9, [tf.float32, tf.int32], shapes=[[2], []], names=["x", "y"])
    x, y = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.int32, [])
    put, batch = queue.enqueue({"x": x, "y": y}), queue.dequeue_many(2)
    assert batch["x"].shape.as_list() == [2, 2]
    with tf.Session() as session:
        for i in range(2):
            session.run(put, {x: [i, i], y: i * i})
        found = session.run(batch)
    assert found["x"].tolist() == [[0, 0], [1, 1]]
    assert found["y"].tolist() == [0, 1]


def test_a_counter_in_a_queue(tf):
    queue = tf.FIFOQueue(3, "float", shapes=())
    fill, x = queue.enqueue_many(([0.0, 10.0],)), queue.dequeue()
    back = queue.enqueue([x + 1])
    with tf.Session() as session:
        fill.run()
        for _ in range(4):
            session.run(back)
        assert session.run([queue.dequeue(), queue.size()]) == [2, 1]


def test_a_full_queue_waits_for_room_and_an_empty_one_for_elements(tf):
    queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    put, take = queue.enqueue_many([np.arange(50, dtype=np.int32)]), queue.dequeue()
    with tf.Session() as session:
        thread = threading.Thread(target=session.run, args=(put,), daemon=True)
        thread.start()
        assert [int(session.run(take)) for _ in range(50)] == list(range(50))
        thread.join(5)
        assert not thread.is_alive()


def test_whoever_waits_is_refused_when_that_is_asked(tf):
    queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    put, end = queue.enqueue([7]), queue.close(cancel_pending_enqueues=True)
    raised = []

    def fill(session):
        try:
            session.run(put)
        except NAMES["errors.CancelledError"] as error:
            raised.append(error)

    with tf.Session() as session:
        session.run(put)
        thread = threading.Thread(target=fill, args=(session,), daemon=True)
        thread.start()
        session.run(end)
        thread.join(5)
    assert len(raised) == 1


def test_a_queue_that_mixes_its_elements(tf):
    queue = tf.RandomShuffleQueue(100, 10, tf.int64, shapes=[[]], seed=1)
    put, take = queue.enqueue_many([np.arange(100)]), queue.dequeue_many(50)
    with tf.Session() as session:
        session.run(put)
        first = session.run(take).tolist()
        session.run(queue.close())
        rest = session.run(take).tolist()
    assert sorted(first + rest) == list(range(100))
    assert first != sorted(first)


def test_a_queue_that_fills_elements_up(tf):
    queue = tf.PaddingFIFOQueue(9, tf.int32, shapes=[[None]])
    x = tf.placeholder(tf.int32, [None])
    put, take = queue.enqueue([x]), queue.dequeue_many(2)
    with tf.Session() as session:
        for row in ([1], [2, 3]):
            session.run(put, {x: row})
        assert session.run(take).tolist() == [[1, 0], [2, 3]]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.csv").write_text("h\n1,2\n3,4\n")
    (tmp_path / "b.csv").write_text("h\n5,6\n")
    return [str(tmp_path / name) for name in ("a.csv", "b.csv")]


def read_all(tf, fetches):
    """Run with the threads that fill queues, until there is nothing more."""
    found = []
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        try:
            while len(found) < 100:
                found.append(session.run(fetches))
        except OutOfRangeError:
            pass
        coordinator.request_stop()
        coordinator.join(threads)
    return found


def test_lines_of_files_are_read(tf, files):
    queue = tf.train.string_input_producer(files, num_epochs=1, shuffle=False)
    found = read_all(tf, tf.TextLineReader(skip_header_lines=1).read(queue))
    assert [value for _, value in found] == [b"1,2", b"3,4", b"5,6"]
    assert found[0][0] == f"{files[0]}:2".encode()


def test_pieces_and_whole_files_are_read(tf, files):
    queue = tf.train.string_input_producer(files[:1], num_epochs=1, shuffle=False)
    found = read_all(tf, tf.FixedLengthRecordReader(3).read(queue))
    assert [value for _, value in found] == [b"h\n1", b",2\n", b"3,4"]
    queue = tf.train.string_input_producer(files, num_epochs=2)
    found = read_all(tf, tf.WholeFileReader().read(queue)[0])
    assert sorted(found) == sorted(2 * [path.encode() for path in files])


def test_batches_are_made_by_threads(tf, files):
    queue = tf.train.string_input_producer(files, num_epochs=2)
    _, line = tf.TextLineReader(skip_header_lines=1).read(queue)
    x, y = tf.decode_csv(line, [[0.0], [0]])
    xs, ys = tf.train.shuffle_batch([x, y], 2, capacity=20, min_after_dequeue=3, num_threads=2)
    assert xs.shape.as_list() == [2]
    found = read_all(tf, [xs * 2, ys])
    assert len(found) == 3
    assert sorted(value for a, _ in found for value in a) == [2, 2, 6, 6, 10, 10]
    assert all((a / 2 + 1 == b).all() for a, b in found)


def test_rows_of_several_lists_are_given_together(tf):
    row = tf.train.slice_input_producer([["a", "b", "c"], [1, 2, 3]], num_epochs=1)
    found = read_all(tf, tf.train.batch(row, 2, allow_smaller_final_batch=True))
    names = [name for batch, _ in found for name in batch]
    numbers = [number for _, batch in found for number in batch]
    assert sorted(zip(names, numbers, strict=True)) == [(b"a", 1), (b"b", 2), (b"c", 3)]


def test_shapes_must_be_known(tf):
    with pytest.raises(ValueError, match="All shapes must be fully defined"):
        tf.train.batch([tf.placeholder(tf.float32, [None])], 2)
    with pytest.raises(ValueError, match="non-null"):
        tf.train.string_input_producer([])


def test_files_in_the_graph(tf, tmp_path, files):
    target = str(tmp_path / "new" / "c.txt")
    with tf.Session() as session:
        session.run(tf.write_file(target, tf.read_file(files[1])))
        assert session.run(tf.read_file(target)) == b"h\n5,6\n"
        found = session.run(tf.matching_files(str(tmp_path / "*.csv")))
    assert [path.decode() for path in found] == files


def test_batches_are_fetched_ahead(tf):
    rows, labels = tf.train.batch(
        [tf.train.range_input_producer(6, shuffle=False).dequeue(), tf.constant("x")], 2
    )
    ahead = tf.contrib.slim.prefetch_queue.prefetch_queue([rows, labels], capacity=3)
    named = tf.contrib.slim.prefetch_queue.prefetch_queue({"rows": rows}, num_threads=2)
    row, label = ahead.dequeue()
    assert row.shape.as_list() == [2]
    with tf.Session() as session:
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        first, text = session.run([row, label])
        assert set(first) <= set(range(6))
        assert list(text) == [b"x", b"x"]
        assert session.run(named.dequeue()["rows"]).shape == (2,)
        coordinator.request_stop()
        coordinator.join(threads)


def test_files_are_put_into_a_queue_by_hand_and_waiting_may_have_an_end(tf, tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("x,y\n1.,0\n4.,1\n")
    queue = tf.FIFOQueue(capacity=10, dtypes=[tf.string], shapes=[()])
    name = tf.placeholder(tf.string)
    put, close = queue.enqueue([name]), queue.close()
    _, line = tf.TextLineReader(skip_header_lines=1).read(queue)
    x, _ = tf.decode_csv(line, record_defaults=[[-1.0], [-1]])
    with tf.Session() as session:
        session.run(put, {name: str(path)})
        assert [session.run(x), session.run(x)] == [1, 4]
        with pytest.raises(NAMES["errors.DeadlineExceededError"]):
            session.run(x, options=tf.RunOptions(timeout_in_ms=20))
        session.run(close)
        with pytest.raises(OutOfRangeError):
            session.run(x)
    config = tf.ConfigProto()
    config.operation_timeout_in_ms = 20
    with tf.Session(config=config) as session, pytest.raises(NAMES["errors.DeadlineExceededError"]):
        session.run(x)


def test_putting_in_has_an_end_too_and_options_without_one_leave_that_of_the_session(tf):
    queue = tf.FIFOQueue(1, tf.float32, shapes=[])
    put, take, several = queue.enqueue(1.0), queue.dequeue(), queue.enqueue_many([[2.0, 3.0]])
    timed_out = NAMES["errors.DeadlineExceededError"]
    trace = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=20)) as session:
        with pytest.raises(timed_out):
            session.run(take, options=trace)
        session.run(put)
        for full in put, several:
            with pytest.raises(timed_out):
                session.run(full)
        assert session.run(take) == 1
    with tf.Session() as session:
        session.run(put)
        with pytest.raises(timed_out):
            session.run(put, options=tf.RunOptions(timeout_in_ms=20))


def test_names_of_queues_and_batches_are_those_of_tensorflow(tf):
    with tf.name_scope("a"):
        queue = tf.FIFOQueue(3, ["float32"], shapes=[()])
        put, one = queue.enqueue([1.0]), queue.dequeue()
    many = queue.dequeue_many(2)
    assert [x.op.name for x in (one, many)] == ["a/fifo_queue_Dequeue", "fifo_queue_DequeueMany"]
    assert (queue.name, put.name) == ("a/fifo_queue", "a/fifo_queue_enqueue")
    assert tf.train.batch([tf.constant(1)], 2).name == "batch:0"
    assert tf.train.shuffle_batch([tf.constant([1])], 2, 10, 1, name="rows").name == "rows:0"
    assert tf.train.string_input_producer(["a"]).name == "input_producer"


def test_the_columns_of_a_table_may_be_changed_in_their_list(tf):
    columns = tf.decode_csv(tf.constant("1,yes"), [[0.0], [""]])
    columns[1] = tf.where(tf.equal(columns[1], "yes"), tf.constant(1.0), tf.constant(0.0))
    both = tf.py_func(lambda: (np.float32(3), b"text"), [], [tf.float32, tf.string])
    both[1] = tf.constant(4.0)
    with tf.Session() as session:
        assert session.run(tf.stack(columns + both)).tolist() == [1, 1, 3, 4]


def test_elements_stay_what_they_were_when_they_were_put_in(tf):
    queue, fed = tf.FIFOQueue(3, [tf.float32], [[]]), tf.placeholder(tf.float32, [2])
    one, many, buffer = queue.enqueue(fed[0]), queue.enqueue_many([fed]), np.ones(2, np.float32)
    with tf.Session() as session:
        session.run(many, {fed: buffer})
        buffer[:] = 5
        session.run(one, {fed: buffer})
        buffer[:] = 7
        assert session.run(queue.dequeue_many(3)).tolist() == [1, 1, 5]
