"""Workers that enter native code together."""

import threading

from giulgi.backends.cpu.running.workers import Workers


def entered(into):
    return lambda words, worker, workers: into.append((words, worker, workers))


def test_each_worker_enters_once_and_all_have_left_at_the_end():
    found = []
    Workers().run(entered(found), 7, 3)
    assert sorted(found) == [(7, 0, 3), (7, 1, 3), (7, 2, 3)]


def test_a_second_caller_meanwhile_runs_alone():
    workers, found = Workers(), []

    def entry(words, worker, count):
        if worker == 0:
            other = threading.Thread(target=workers.run, args=(entered(found), 8, 2))
            other.start()
            other.join()

    workers.run(entry, 7, 2)
    assert found == [(8, 0, 1)]


def test_any_thread_may_be_the_first_worker():
    found = []
    thread = threading.Thread(target=Workers().run, args=(entered(found), 7, 2))
    thread.start()
    thread.join()
    assert sorted(found) == [(7, 0, 2), (7, 1, 2)]
