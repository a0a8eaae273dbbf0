"""Sessions: what is fetched, fed, assigned, and in which order."""

from collections import namedtuple

import numpy as np
import pytest

from giulgi.compat.operations.host import host_operation
from giulgi.compat.sessions.feeding import Feed
from giulgi.compat.sessions.running import Prepared
from giulgi.compat.tensors.tensor import as_tensor


def started(tf, **options):
    session = tf.Session(**options)
    session.run(tf.global_variables_initializer())
    return session


def test_what_is_fetched_keeps_its_structure(tf):
    x = tf.placeholder(tf.float32, [None], name="x")
    Pair = namedtuple("Pair", "a b")
    found = tf.Session().run(
        {"twice": [x * 2.0, (x + 1.0, "x:0")], "pair": Pair(x, [])}, {x: [1, 2]}
    )
    assert found["twice"][0].tolist() == [2, 4]
    assert found["twice"][1][0].tolist() == [2, 3]
    assert found["twice"][1][1].tolist() == [1, 2]
    assert isinstance(found["pair"], Pair)
    assert found["pair"].b == []


def test_a_number_is_numpys_number_and_an_operation_gives_none(tf):
    v = tf.Variable(3.0)
    with started(tf) as session:
        assert session.run(v.assign(v + 1.0).op) is None
        value = session.run(v)
        assert isinstance(value, np.float32)
        assert value == 4
        assert session.run([v.initializer, v]) == [None, 3]
        assert v.eval() == 3


def test_any_tensor_may_be_fed(tf):
    x = tf.constant(2.0) * as_tensor(np.float32(3))
    y = x + 1.0
    session = tf.Session()
    assert session.run(y) == 7
    assert session.run(y, {x: 10}) == 11
    assert session.run(y, {x.name: 20}) == 21
    assert session.run(x, {x: 5}) == 5


def test_a_feed_of_another_shape_is_refused_by_tensorflows_words(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with pytest.raises(ValueError, match=r"Cannot feed value of shape \(2,\) for Tensor 'x:0'"):
        tf.Session().run(x, {x: [1, 2]})
    with pytest.raises(TypeError, match=r"cannot be a tf\.Tensor"):
        tf.Session().run(x, {x: x})


def test_what_is_not_fed_and_what_has_no_value_is_told(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    v = tf.Variable(1.0, name="v")
    with pytest.raises(tf.errors.InvalidArgumentError, match="'x'"):
        tf.Session().run(x + 1.0)
    session = tf.Session()
    with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value v"):
        session.run(v * 2.0)
    session.run(v.initializer)
    assert session.run(v * 2.0) == 2


def test_each_session_has_values_of_its_own(tf):
    v = tf.Variable(0.0)
    one, other = started(tf), started(tf)
    step = v.assign_add(1.0)
    for _ in range(3):
        one.run(step)
    assert one.run(v) == 3
    assert other.run(v) == 0


def test_reads_of_a_run_are_from_before_it(tf):
    a, b = tf.Variable(1.0), tf.Variable(2.0)
    swap = [a.assign(b), b.assign(a)]
    session = started(tf)
    session.run(swap)
    assert session.run([a, b]) == [2, 1]


def test_under_control_dependencies_a_variable_has_its_new_value(tf):
    v = tf.Variable(1.0)
    add = v.assign_add(10.0)
    with tf.control_dependencies([add]):
        after = v * 2.0
        shadow = tf.Variable(0.0).assign(v)
    before = v * 2.0
    session = started(tf)
    assert session.run([after, before]) == [22, 2]
    assert session.run(shadow) == 21
    assert session.run(v) == 21
    assert session.run(before) == 42


def test_assignments_that_do_not_know_each_other_follow_each_other(tf):
    v = tf.Variable(0.0)
    one, two = v.assign_add(1.0), v.assign_add(10.0)
    session = started(tf)
    session.run([one, two])
    assert session.run(v) == 11


def test_an_operation_waits_for_those_that_control_it(tf):
    v = tf.Variable(0.0)
    with tf.control_dependencies([v.assign_add(5.0)]):
        y = tf.constant(1.0) + 1.0
    session = started(tf)
    assert session.run(y) == 2
    assert session.run(v) == 5


def test_python_works_before_and_after_the_program(tf):
    rows, seen = iter([[1.0, 2.0], [3.0, 4.0]]), []
    source = host_operation("Next", lambda: next(rows), outputs=[("float32", [2])]).outputs[0]
    decoded = host_operation("Decode", lambda x: x * 10, [source + 1.0], [("float32", [2])])
    v = tf.Variable(0.0)
    step = v.assign_add(tf.reduce_mean(decoded.outputs[0]))
    sink = host_operation("Write", seen.append, [decoded.outputs[0] * 2.0])
    session = started(tf)
    assert session.run([step, sink]) == [25, None]
    assert seen[0].tolist() == [40, 60]
    session.run(step)
    assert session.run(v) == 70
    assert len(seen) == 1
    # What Python makes may be fed, and is not made then.
    assert session.run(step, {decoded.outputs[0]: [1, 1]}) == 71


def test_text_goes_from_python_to_python(tf):
    text = tf.constant(["a", "b"])
    joined = host_operation("Join", lambda x: b"".join(x), [text], [("string", [])]).outputs[0]
    place = tf.placeholder(tf.string)
    session = tf.Session()
    assert session.run(text).tolist() == [b"a", b"b"]
    assert session.run(joined) == b"ab"
    assert session.run(joined, {text: ["x", "y"]}) == b"xy"
    assert session.run(place, {place: "한글"}) == "한글".encode()


def test_a_training_step_is_one_program(tf):
    x = tf.placeholder(tf.float32, [None])
    v = tf.Variable(1.0)
    step = v.assign_sub(0.1 * tf.reduce_mean(x * v))
    prepared = Prepared([step.op], [x])
    assert prepared.is_plain
    session = started(tf)
    for size in (1, 3, 3, 3, 5):
        session.run(step, {x: np.ones(size)})
    np.testing.assert_allclose(session.run(v), 0.9**5, rtol=1e-6)


def test_sessions_open_and_close(tf):
    v = tf.Variable(1.0)
    with pytest.raises(ValueError, match="No default session"):
        v.eval()
    with tf.Session() as session:
        v.initializer.run()
        assert tf.get_default_session() is session
        assert (v + 1.0).eval() == 2
    assert tf.get_default_session() is None
    with pytest.raises(RuntimeError, match="closed"):
        session.run(v)
    interactive = tf.InteractiveSession()
    v.initializer.run()
    assert v.eval() == 1
    interactive.close()
    assert tf.get_default_session() is None


def test_the_seed_of_a_graph_repeats_its_numbers(tf):
    from giulgi import random

    tf.set_random_seed(1)
    v = tf.Variable(as_tensor(random.normal((3,))))
    found = [started(tf).run(v).tolist() for _ in range(2)]
    assert found[0] == found[1]
    assert len(set(found[0])) == 3


def test_the_same_expressions_built_again_are_compiled_once(tf):
    x = tf.placeholder(tf.float32, [2])
    session = tf.Session()
    programs = set()
    for _ in range(4):
        y = x * 3.0
        session.run(y, {x: [1, 2]})
        programs.add(session._prepared(y, {x: 0}).prepared.program)
    assert len(programs) == 1


def test_a_list_that_is_fed_again_is_converted_once_and_may_change(tf):
    x = tf.placeholder(tf.float32, [None, 2])
    session, rows = tf.Session(), [[1, 2], [3, 4]]
    feed = Feed(x)
    first, second = feed.array(rows), feed.array(rows)
    assert feed.array(rows) is second is not first
    rows[1][0] = 30
    assert feed.array(rows).tolist() == [[1, 2], [30, 4]]
    rows.append([5, 6])
    for _ in range(3):
        assert session.run(x, {x: rows}).tolist() == [[1, 2], [30, 4], [5, 6]]
    arrays = [np.array([1, 2]), np.array([3, 4])]
    for _ in range(3):
        assert session.run(x, {x: arrays}).tolist() == [[1, 2], [3, 4]]
    arrays[0][0] = 9
    assert session.run(x, {x: arrays}).tolist() == [[9, 2], [3, 4]]


def test_a_variable_that_is_fed_needs_no_first_value(tf):
    step = tf.Variable(0, trainable=False)
    rate = tf.train.exponential_decay(0.1, step, 10, 0.5)
    with tf.Session() as session:
        assert session.run(rate, {step: 20}) == pytest.approx(0.025)
        with pytest.raises(tf.errors.FailedPreconditionError):
            session.run(rate)


def test_gradients_of_an_assigned_variable_are_by_the_variable(tf):
    v, w = tf.Variable(1.0), tf.Variable(3.0)
    with tf.control_dependencies([v.assign(w * 2.0)]):
        y = v.read_value() * w
    by_v, by_w = tf.gradients(y, [v, w])
    session = started(tf)
    assert session.run([y, by_v, by_w]) == [18, 3, 6]
    assert tf.gradients(v.assign(2.0) * 5.0, v)[0] is not None


def test_what_fails_before_an_assignment_leaves_the_variable(tf):
    x, v = tf.placeholder(tf.float32, []), tf.Variable(1.0)

    def check(value):
        if value < 0:
            raise ValueError("negative")

    guard = host_operation("Check", check, [x * 2.0])
    with tf.control_dependencies([guard]):
        add = v.assign_add(x)
    session = started(tf)
    with pytest.raises(ValueError, match="negative"):
        session.run(add, {x: -5})
    assert session.run(v) == 1
    assert session.run(add, {x: 2}) == 3
    assert session.run(v) == 3


def test_a_random_number_is_drawn_once_in_a_run(tf):
    from giulgi import random

    u = as_tensor(random.uniform((3,)))
    same = host_operation("Same", lambda a: a, [u * 1.5], [("float32", [3])]).outputs[0]
    session = tf.Session()
    assert not session.run(same - u * 1.5).any()
    assert not session.run(same / 1.5 - u).any()
    assert session.run(u).tolist() != session.run(u).tolist()


def test_the_last_of_several_assignments_counts(tf):
    v = tf.Variable(0.0)
    first = v.assign(1.0)
    with tf.control_dependencies([first]):
        second = v.assign(2.0)
    with tf.control_dependencies([second, first]):
        y = v + 10.0
    session = started(tf)
    assert session.run(y) == 12
    assert session.run(v) == 2


def test_a_named_tuple_is_not_taken_for_an_equal_tuple(tf):
    c, h = tf.constant(1.0), tf.constant(2.0)
    State = namedtuple("State", "c h")
    session = tf.Session()
    assert session.run((c, h)) == (1, 2)
    assert session.run(State(c, h)).h == 2


def test_a_variable_without_a_value_may_be_fed(tf):
    v = tf.Variable(1.0)
    assert tf.Session().run(v * 2.0, {v: 5}) == 10


def test_many_variables_are_initialized_at_once(tf):
    variables = [tf.Variable(float(i)) for i in range(1500)]
    session = started(tf)
    assert session.run(variables[-1]) == 1499


def test_programs_are_forgotten_with_their_graph(tf):
    import gc
    import weakref

    with tf.Graph().as_default() as graph:
        v = tf.Variable(np.zeros(10, np.float32))
        session = started(tf)
        step = v.assign_add(v * 0.5 + 1.0)
        for _ in range(200):
            session.run(step)
        storage = weakref.ref(session.storage)
    del graph, v, session, step
    gc.collect()
    assert storage() is None


def test_a_default_may_give_way_to_more(tf):
    x = tf.placeholder_with_default(np.ones(5, np.float32), [None])
    assert x.shape.as_list() == [None]
    slope = tf.gradients(tf.reduce_sum(x * x), x)[0]
    with tf.Session() as session:
        assert session.run(tf.reduce_sum(x)) == 5
        assert session.run(tf.reduce_sum(x), {x: np.ones(7)}) == 7
        np.testing.assert_array_equal(session.run(slope, {x: [1, 2]}), [2, 4])
        np.testing.assert_array_equal(session.run(slope), [2] * 5)
    with pytest.raises(ValueError, match="does not fit"):
        tf.placeholder_with_default(np.ones(5, np.float32), [None, 2])


def test_a_variable_may_be_assigned_before_it_has_a_value(tf):
    v, w = tf.Variable(1.0), tf.Variable(1.0)
    session = tf.Session()
    assert session.run(v.assign(5.0)) == 5
    assert session.run(v) == 5
    with tf.control_dependencies([w.assign(2.0)]):
        y = w.read_value() * 3.0
    assert session.run(y) == 6
    with pytest.raises(tf.errors.FailedPreconditionError):
        tf.Session().run(w.assign_add(1.0))


def test_what_is_fetched_of_a_variable_is_what_the_run_leaves_in_it(tf):
    # So `_, step = session.run([train, global_step])` counts from 1, as with TensorFlow 1.
    step, w = tf.Variable(0, trainable=False), tf.Variable([1.0, 2.0])
    loss = tf.reduce_sum(w * w)
    train = tf.train.GradientDescentOptimizer(0.25).minimize(loss, global_step=step)
    with started(tf) as session:
        _, count, new, value = session.run([train, step, w, loss])
        assert (count, new.tolist(), value) == (1, [0.5, 1.0], 5)
        assert session.run({"step": step, "train": train})["step"] == 2
        assert session.run([w.assign([4.0, 5.0]), w * 2.0, w])[1].tolist() == [0.5, 1.0]
        assert session.run([train, w], {w: [8.0, 8.0]})[1].tolist() == [8, 8]


def test_tensors_of_another_graph_are_refused(tf):
    mine = tf.placeholder(tf.float32, [])
    with tf.Graph().as_default():
        variable, fed = tf.Variable(1.0), tf.placeholder(tf.float32, [])
        other = variable * 2
    with tf.Session() as session:
        for foreign in (other, variable):
            with pytest.raises(ValueError, match="cannot be interpreted as a Tensor"):
                session.run(foreign)
        with pytest.raises(TypeError, match="is not an element of this graph"):
            session.run(mine, {mine: 1.0, fed: 2.0})


def test_an_interactive_session_of_a_graph_makes_it_the_default_one(tf):
    graph, before = tf.Graph(), tf.get_default_graph()
    session = tf.InteractiveSession(graph=graph)
    assert tf.get_default_graph() is graph
    assert (tf.constant(2.0) * 3.0).eval() == 6
    session.close()
    assert tf.get_default_graph() is before


def test_a_variable_of_a_graph_is_true(tf):
    assert tf.Variable(0) or None
    with pytest.raises(TypeError, match="bool"):
        bool(tf.constant(0))


def test_names_that_are_not_there_are_told_as_fetches_and_feeds(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    with tf.Session() as session:
        for name in ("y", "y:0"):
            with pytest.raises(ValueError, match=f"'{name}' cannot be interpreted as a Tensor"):
                session.run(name)
        with pytest.raises(TypeError, match="Cannot interpret feed_dict key as Tensor"):
            session.run(x, {"z:0": 1.0})


def test_a_feed_by_the_name_of_an_operation_tells_what_a_name_of_a_tensor_is(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    with tf.Session() as session:
        with pytest.raises(TypeError, match=r'refers to an Operation, not a Tensor.*"x:0"'):
            session.run(x * 2, {"x": [1, 2]})
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            session.run(x * 2)
    assert str(caught.value).count("session.run(y, {x: value})") == 1
