"""NumPy's OpenBLAS computes what is small by one thread, and has all threads again after it."""

import threading

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends.reference import blas


@pytest.fixture
def count():
    switches = blas._switches()
    if switches is None:
        pytest.skip("this NumPy has another library")
    before = switches[0]()
    switches[1](2)
    yield switches[0]
    switches[1](before)


def test_one_thread_inside_and_all_again_after_it(count):
    with blas.one_thread():
        assert count() == 1
        with blas.one_thread():
            assert count() == 1
        assert count() == 1
    assert count() == 2


def test_an_error_gives_the_threads_back(count):
    with pytest.raises(KeyError), blas.one_thread():
        raise KeyError
    assert count() == 2


def test_threads_of_python_inside_at_once(count):
    def inside():
        for _ in range(200):
            with blas.one_thread():
                assert count() == 1

    threads = [threading.Thread(target=inside) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count() == 2


def test_small_products_are_interpreted_by_one_thread(count, monkeypatch):
    seen = []
    monkeypatch.setattr(np, "matmul", lambda a, b: seen.append(count()) or np.dot(a, b))
    x = gg.placeholder("float32", (2, 3))
    program = gg.Program([x @ gg.transpose(x)], [x], backend="reference")
    assert program(np.ones((2, 3), "float32"))[0].tolist() == [[3, 3], [3, 3]]
    assert seen == [1]
    assert count() == 2
