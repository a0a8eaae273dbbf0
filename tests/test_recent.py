"""A memory of what was used most recently."""

import threading
import time

import pytest

from giulgi.recent import Recent


def test_what_is_used_is_kept_and_the_rest_forgotten():
    made = []

    def making(key):
        return lambda: made.append(key) or key.upper()

    memory = Recent(2)
    assert [memory.get(key, making(key)) for key in "abab"] == ["A", "B", "A", "B"]
    assert made == ["a", "b"]
    memory.get("a", making("a"))
    memory.get("c", making("c"))  # b was asked for longest ago
    assert len(memory) == 2
    memory.get("a", making("a"))
    memory.get("b", making("b"))
    assert made == ["a", "b", "c", "b"]


def test_threads_make_each_thing_once():
    memory, made, begin = Recent(2), [], threading.Barrier(4)

    def make():
        made.append("a")
        time.sleep(0.02)
        return object()

    found = []

    def ask():
        begin.wait()
        found.append(memory.get("a", make))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["a"]
    assert len(set(map(id, found))) == 1


def test_what_cannot_be_made_can_be_asked_for_again():
    memory = Recent(2)
    with pytest.raises(ZeroDivisionError):
        memory.get("a", lambda: 1 // 0)
    assert memory.get("a", lambda: 5) == 5


def test_making_one_thing_may_need_another():
    memory = Recent(1)
    assert memory.get("a", lambda: memory.get("b", lambda: 2) + 1) == 3
    assert len(memory) == 1


def test_what_is_remembered_is_told_the_latest_last():
    memory = Recent(2)
    for key in ("a", "b", "a", "c"):
        memory.get(key, key.upper)
    assert memory.items() == [("a", "A"), ("c", "C")]
