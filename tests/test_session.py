"""Sessions: one graph, values of variables for each."""

from __future__ import annotations

import threading
from collections import namedtuple

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import FeedError, GraphError
from giulgi.storage import current_storage


def test_the_example_of_the_lecture():
    x = gg.placeholder("int32", (), name="x")
    z = gg.Variable(0, dtype="int32", name="z")
    z_next = gg.assign(z, x + 20)
    with gg.Session() as session:
        assert session.run(z_next, {x: 10}) == 30
        assert session.run(z) == 30


def test_fetches_are_nested_as_one_likes():
    x = gg.placeholder("float32", (2,), name="x")
    Pair = namedtuple("Pair", "a b")
    session = gg.Session()
    result = session.run({"y": [x * 2, (x[0],)], "pair": Pair(x, [])}, {x: [1, 2]})
    assert result["y"][0].tolist() == [2, 4]
    assert result["y"][1] == (1,)
    assert isinstance(result["pair"], Pair)
    assert result["pair"].b == []


def test_a_single_number_is_a_numpy_scalar():
    value = gg.Session().run(gg.constant(2.5) * 2)
    assert isinstance(value, np.float32)
    assert value == 5


def test_two_sessions_hold_their_own_values():
    v = gg.Variable(1.0)
    add = gg.assign(v, v + 1)
    one, two = gg.Session(), gg.Session()
    one.run(add)
    one.run(add)
    two.run(add)
    assert (one.run(v), two.run(v), float(v)) == (3, 2, 1)


def test_variables_begin_by_the_seed_of_the_session():
    v = gg.Variable(gg.random.normal((3,)))
    v.numpy()
    first, second, again = (gg.Session(seed=s).run(v).tolist() for s in (1, 2, 1))
    assert first == again != second
    assert gg.Session(seed=1).run(v * 1).tolist() == first


def test_inside_a_session_looks_and_assignments_are_its_own():
    v = gg.Variable(1.0)
    with gg.Session() as session:
        v.assign(5)
        assert float(v) == 5
        assert session.run(v) == 5
    assert float(v) == 1
    assert session.run(v) == 5


def test_sessions_inside_sessions():
    v = gg.Variable(0.0)
    outer, inner = gg.Session(), gg.Session()
    default = current_storage()
    with outer:
        v.assign(1)
        with inner:
            v.assign(2)
            with outer:
                assert float(v) == 1
            assert current_storage() is inner.storage
            assert float(v) == 2
        assert current_storage() is outer.storage
    assert current_storage() is default
    assert float(v) == 0


def test_a_session_is_left_when_something_fails_in_it():
    default = current_storage()
    with pytest.raises(ZeroDivisionError), gg.Session():
        raise ZeroDivisionError
    assert current_storage() is default


def test_programs_are_compiled_once(monkeypatch):
    monkeypatch.setattr(gg.config, "backend", "reference")
    compiled = []
    plain = gg.backends.ReferenceBackend.compile
    monkeypatch.setattr(
        gg.backends.ReferenceBackend,
        "compile",
        lambda self, *given: compiled.append(1) or plain(self, *given),
    )
    x = gg.placeholder("float32", (None,))
    y = gg.sum(x)
    session = gg.Session()
    for _ in range(5):
        session.run(y, {x: [1, 2]})
        session.run([y], {x: [3, 4]})
    assert len(compiled) == 1
    session.run(y, {x: [1, 2, 3]})
    assert len(compiled) == 2


def test_feeding_in_the_middle_of_a_graph():
    x = gg.placeholder("float32", ())
    a = x * 2
    session = gg.Session()
    assert session.run(a + 1, {a: 5}) == 6
    assert session.run(a + 1, {x: 5}) == 11


def test_what_cannot_be_run():
    x = gg.placeholder("float32", (2,), name="x")
    session = gg.Session()
    with pytest.raises(FeedError, match="the value of 'x' is needed and not fed"):
        session.run(x * 2)
    with pytest.raises(GraphError, match="a session runs tensors, not ndarray"):
        session.run([x, np.ones(2)], {x: [1, 2]})
    with pytest.raises(GraphError, match="a session runs tensors, not NoneType"):
        session.run([x, None], {x: [1, 2]})
    with pytest.raises(GraphError, match="what is fed must be a tensor of the graph, not str"):
        session.run(x, {"x": [1, 2]})


def test_two_threads_each_run_their_own_session():
    v = gg.Variable(np.zeros(1000))
    x = gg.placeholder("float64", ())
    step = gg.assign(v, v + x)
    results: dict[int, np.ndarray] = {}
    failures: list[BaseException] = []

    def work(amount: int) -> None:
        try:
            with gg.Session() as session:
                for _ in range(100):
                    session.run(step, {x: amount})
                    v.assign_add(amount)
                results[amount] = v.numpy()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(amount,)) for amount in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for amount in (1, 2, 3, 4):
        np.testing.assert_array_equal(results[amount], np.full(1000, 200.0 * amount))
    assert not v.numpy().any()


def test_one_session_is_entered_by_two_threads():
    """The first to enter is the first to leave, while the other is still inside."""
    v = gg.Variable(1.0)
    session = gg.Session()
    entered, left = threading.Event(), threading.Event()
    seen = []

    def other():
        with session:
            entered.set()
            left.wait(20)
            seen.append(float(v))

    thread = threading.Thread(target=other)
    with session:
        v.assign(5)
        thread.start()
        entered.wait(20)
    left.set()
    thread.join()
    assert float(v) == 1
    assert seen == [5]
