"""Workers that enter native code together."""

import ctypes
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from giulgi.backends.cpu.code.dispatch import dispatch_text
from giulgi.backends.cpu.machine.objects import compile_object
from giulgi.backends.cpu.machine.processor import Machine
from giulgi.backends.cpu.running import workers as module
from giulgi.backends.cpu.running.workers import Workers

_ENTRY = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


class Entry:
    """A Python function that is entered as if it were native."""

    def __init__(self, function):
        self._native = _ENTRY(function)
        self.address = ctypes.cast(self._native, ctypes.c_void_p).value


def entered(into):
    return Entry(lambda table, worker, workers: into.append((table, worker, workers)))


def run(workers, entry, table, count):
    return workers.hire(count).run(entry.address, table, count)


def test_each_worker_enters_once_and_all_have_left_at_the_end():
    found = []
    entry = entered(found)
    run(Workers(), entry, 7, 3)
    assert sorted(found) == [(7, 0, 3), (7, 1, 3), (7, 2, 3)]


def test_workers_come_whether_they_look_or_sleep_or_just_fall_asleep():
    """They look for some hundred microseconds; pauses here are shorter, as long, and longer."""
    workers, found = Workers(), []
    entry = entered(found)
    rng = random.Random(0)
    for _ in range(2000):
        run(workers, entry, 7, 3)
        assert sorted(found) == [(7, 0, 3), (7, 1, 3), (7, 2, 3)]
        found.clear()
        end = time.perf_counter() + rng.choice((0, 5e-4 * rng.random(), 2e-3 * rng.random()))
        while time.perf_counter() < end:
            pass


def test_more_workers_may_come_later_and_fewer():
    workers, found = Workers(), []
    entry = entered(found)
    for count in (2, 5, 3, 1, 5):
        run(workers, entry, 7, count)
        assert sorted(found) == [(7, worker, count) for worker in range(count)]
        found.clear()


def test_a_second_caller_meanwhile_runs_alone():
    workers, found = Workers(), []
    inner = entered(found)

    def enter(table, worker, count):
        if worker == 0:
            other = threading.Thread(target=run, args=(workers, inner, 8, 2))
            other.start()
            other.join(10)

    entry = Entry(enter)
    run(workers, entry, 7, 2)
    assert found == [(8, 0, 1)]


def test_a_second_caller_does_not_wait_for_workers_that_are_busy():
    workers = Workers()
    inside, may_end = threading.Event(), threading.Event()
    counts = []

    def work(table, worker, count):
        inside.set()
        may_end.wait(10)

    long, short = Entry(work), Entry(lambda table, worker, count: counts.append(count))
    thread = threading.Thread(target=run, args=(workers, long, 0, 2))
    thread.start()
    assert inside.wait(10)
    run(workers, short, 0, 2)
    may_end.set()
    thread.join()
    assert counts == [1]


def test_an_interrupted_worker_does_not_leave_the_others_behind(monkeypatch):
    """Those who have begun are waited for, and can be used again."""
    raised = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: raised.append(told.exc_type))
    workers, found = Workers(), []
    entry = entered(found)

    def interrupt(table, worker, count):
        if worker == 0:
            raise KeyboardInterrupt
        time.sleep(0.01)
        found.append(worker)

    interrupted = Entry(interrupt)
    for _ in range(3):
        found.clear()
        run(workers, interrupted, 0, 3)
        assert sorted(found) == [1, 2]
    assert raised == [KeyboardInterrupt] * 3
    found.clear()
    run(workers, entry, 7, 3)
    assert sorted(found) == [(7, 0, 3), (7, 1, 3), (7, 2, 3)]


def starting(monkeypatch, number, before=None, after=None):
    """Let the start of a helper fail by an error, before it has started or after."""
    real = threading.Thread.start

    def start(thread):
        fails = thread.name == f"giulgi-{number}"
        if fails and before is not None:
            raise before
        real(thread)
        if fails and after is not None:
            raise after

    monkeypatch.setattr(threading.Thread, "start", start)


def test_fewer_workers_do_it_where_no_more_threads_can_be_started(monkeypatch):
    workers, found = Workers(), []
    entry = entered(found)
    with monkeypatch.context() as patch:
        starting(patch, 2, before=RuntimeError("can't start new thread"))
        for count in (3, 2, 3):
            run(workers, entry, 7, count)
            assert sorted(found) == [(7, 0, 2), (7, 1, 2)]
            found.clear()
    run(workers, entry, 7, 3)
    assert sorted(found) == [(7, 0, 3), (7, 1, 3), (7, 2, 3)]


@pytest.mark.parametrize("when", ["before", "after"])
def test_ctrl_c_while_a_helper_is_started(monkeypatch, when):
    """The thread may live already: what it looks at must stay, and nobody may wait for it."""
    workers, found = Workers(), []
    entry = entered(found)
    with monkeypatch.context() as patch:
        starting(patch, 2, **{when: KeyboardInterrupt()})
        with pytest.raises(KeyboardInterrupt):
            run(workers, entry, 7, 3)
    assert not found
    # Would be read as work that is given, if the memory of a slot were free.
    others = [np.full(32, 2, np.int64) for _ in range(1000)]
    for count in (2, 3):
        run(workers, entry, 7, count)
        assert sorted(found) == [(7, worker, count) for worker in range(count)]
        found.clear()
    assert len(others) == 1000


def test_a_call_in_the_midst_of_hiring_finds_a_team():
    """A signal handler may compute something while helpers are being started."""
    workers, found = Workers(), []
    entry = entered(found)
    real, inside = threading.Thread.start, []

    def start(thread):
        real(thread)
        if not inside:
            inside.append(thread)
            run(workers, entry, 8, 4)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        run(workers, entry, 7, 3)
    assert {(7, 0, 3), (7, 1, 3), (7, 2, 3), (8, 0, 4)} <= set(found)


def test_after_their_end_the_caller_runs_alone():
    workers, found = Workers(), []
    entry = entered(found)
    run(workers, entry, 7, 3)
    workers._end()
    found.clear()
    run(workers, entry, 7, 3)
    run(workers, entry, 7, 5)
    assert found == [(7, 0, 1)] * 2


def test_none_is_hired_after_the_end():
    workers, found = Workers(), []
    entry = entered(found)
    workers._end()
    run(workers, entry, 7, 3)
    assert found == [(7, 0, 1)]


def test_callers_that_come_first_at_once_run_the_same_code(monkeypatch):
    """What native code one of them made may not go while another is in it."""
    made = []

    class Slow(module._Native):
        def __init__(self):
            made.append(self)
            time.sleep(0.05)
            super().__init__()

    monkeypatch.setattr(module, "_Native", Slow)
    workers = Workers()
    with ThreadPoolExecutor(4) as pool:
        teams = list(pool.map(workers.hire, [3, 3, 3, 3]))
    assert len(made) > 1
    natives = {id(team.native) for team in teams}
    assert natives == {id(helper._native) for helper in teams[0].helpers}


def test_helpers_that_cannot_be_started_take_no_memory(monkeypatch):
    workers, found, made = Workers(), [], []
    entry = entered(found)
    real = module._Helper.__init__

    def make(helper, *args):
        made.append(helper)
        real(helper, *args)

    monkeypatch.setattr(module._Helper, "__init__", make)
    starting(monkeypatch, 1, before=RuntimeError("can't start new thread"))
    for _ in range(5):
        run(workers, entry, 7, 3)
    assert found == [(7, 0, 1)] * 5
    assert len(made) == 1


def test_a_run_that_a_fork_interrupted_does_not_wait_for_helpers_of_the_parent():
    workers, found = Workers(), []
    entry = entered(found)
    team = workers.hire(3)
    workers._forget()
    assert team.run(entry.address, 7, 3) == 1
    run(workers, entry, 8, 2)
    assert sorted(found) == [(7, 0, 1), (8, 0, 2), (8, 1, 2)]


def test_a_child_does_not_wait_for_who_was_hiring_in_the_parent():
    workers, found = Workers(), []
    entry = entered(found)
    run(workers, entry, 7, 1)
    begun, ended = threading.Event(), threading.Event()

    def hold():
        with workers._hiring:
            begun.set()
            ended.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(30)
    workers._forget()  # As in a child, where the holder would not live on.
    child = threading.Thread(target=run, args=(workers, entry, 8, 2), daemon=True)
    child.start()
    child.join(10)
    was_waiting = child.is_alive()
    ended.set()
    holder.join()
    assert not was_waiting
    assert sorted(found) == [(7, 0, 1), (8, 0, 2), (8, 1, 2)]


def test_any_thread_may_be_the_first_worker():
    found = []
    entry = entered(found)
    thread = threading.Thread(target=run, args=(Workers(), entry, 7, 2))
    thread.start()
    thread.join()
    assert sorted(found) == [(7, 0, 2), (7, 1, 2)]


WORKS_UNTIL_ITS_END = """
import atexit, threading
atexit.register(lambda: print(product(a)[0, 0]))  # What is registered first comes last.
import numpy as np
import giulgi as gg

from giulgi.backends.cpu.running.crew import Crew
gg.config.threads = 3
Crew.next = lambda crew, left: (False, left)
product = gg.function(lambda a: a @ a)
a = np.ones((200, 200), "float32")
product(a)
def work():
    while True:
        product(a)
threading.Thread(target=work, daemon=True).start()
product(a)
"""


def test_a_program_may_end_while_its_workers_work():
    for _ in range(3):
        process = subprocess.run(
            [sys.executable, "-c", WORKS_UNTIL_ITS_END],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (process.returncode, process.stderr) == (0, "")
        assert process.stdout == "200.0\n"


def test_it_can_be_made_for_arm():
    arm = Machine("aarch64-unknown-linux-gnu", "neoverse-n1", "")
    assert compile_object(dispatch_text(arm.is_arm), arm)
