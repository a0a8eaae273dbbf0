"""Workers that enter native code together, and Ctrl-C that waits for them."""

import signal
import threading

import pytest

from giulgi.backends.cpu.workers import Workers


def entered(into):
    return lambda words, worker, workers: into.append((words, worker, workers))


def test_each_worker_enters_once_and_all_have_left_at_the_end():
    found = []
    Workers().run(entered(found), 7, 3)
    assert sorted(found) == [(7, 0, 3), (7, 1, 3), (7, 2, 3)]


def test_a_second_caller_meanwhile_runs_alone():
    workers, inside, found = Workers(), [], []

    def entry(words, worker, count):
        if worker == 0:
            inside.append(threading.get_ident())
            workers.run(entered(found), 8, 2)

    workers.run(entry, 7, 2)
    assert found == [(8, 0, 1)]


def test_ctrl_c_is_raised_when_all_have_left():
    """It comes while one is inside; the others would otherwise wait for ever."""
    left = []

    def entry(words, worker, count):
        if worker == 0:
            signal.raise_signal(signal.SIGINT)
        left.append(worker)

    workers = Workers()
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        workers.run(entry, 7, 3)
    assert sorted(left) == [0, 1, 2]
    assert signal.getsignal(signal.SIGINT) is before
    found = []
    workers.run(entered(found), 7, 3)
    assert len(found) == 3


def test_in_another_thread_signals_are_left_alone():
    found = []
    thread = threading.Thread(target=lambda: Workers().run(entered(found), 7, 2))
    thread.start()
    thread.join()
    assert len(found) == 2
