"""One lock for variables that are used together, and others for others."""

import threading

import numpy as np
import pytest

import giulgi as gg
from giulgi.locks import VariableLocks


def test_what_is_used_together_has_one_lock():
    locks = VariableLocks()
    first, second = locks.of([1, 2]), locks.of([3])
    assert locks.of([1]) is locks.of([2]) is first
    assert second is not first


def test_locks_that_are_joined_become_one_and_it_is_told():
    locks = VariableLocks()
    locks.of([1, 2])
    locks.of([3, 4])
    joins = locks.joins
    one = locks.of([2, 3])
    assert {locks.of([n]) for n in (1, 2, 3, 4)} == {one}
    assert locks.joins > joins
    joins = locks.joins
    assert locks.of([1, 5]) is one
    assert locks.joins == joins  # Nobody's lock is another now.


def test_joining_waits_for_who_holds_one_of_them():
    locks = VariableLocks()
    held, _ = locks.of([1]), locks.of([2])
    joined = []
    thread = threading.Thread(target=lambda: joined.append(locks.of([1, 2])))
    with held:
        thread.start()
        thread.join(0.05)
        assert not joined
    thread.join(10)
    assert joined == [locks.of([1])]


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_no_update_is_lost_while_locks_are_joined(backend):
    """Threads count in variables of their own, and in all of them together."""
    counters = [gg.Variable(np.float64(0)) for _ in range(4)]
    own = [gg.Program([], [], [(c, c + 1)], backend=backend) for c in counters]
    every = gg.Program([], [], [(c, c + 1) for c in counters], backend=backend)
    pair = gg.Program([], [], [(c, c + 1) for c in counters[:2]], backend=backend)

    def count(programs):
        for _ in range(50):
            for program in programs:
                program()

    work = [[own[0], pair], [own[1], every], [own[2]], [own[3], pair]]
    threads = [threading.Thread(target=count, args=(programs,)) for programs in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [float(c) for c in counters] == [200, 200, 100, 100]
