"""Numbers too small for their full precision: 0 while training, themselves otherwise."""

import numpy as np
import pytest

import giulgi as gg

TINY = np.float32(1e-40)


@pytest.fixture(autouse=True)
def native(monkeypatch):
    monkeypatch.setattr(gg.config, "backend", "cpu")


def test_a_program_without_updates_computes_with_them():
    x = gg.placeholder("float32", ())
    assert float(gg.Program([x * 0.5], [x])(TINY)[0]) == np.float32(TINY * np.float32(0.5))


@pytest.mark.parametrize("size", [1, 5, 100_000])
def test_they_are_zero_in_a_program_that_updates(size):
    """Alone and by several workers."""
    v = gg.Variable(np.full(size, TINY))
    gg.Program([], updates=[(v, v * 0.5)])()
    assert not v.numpy().any()


def test_the_mode_is_left_as_it_was():
    v = gg.Variable(TINY)
    gg.Program([], updates=[(v, v * 0.5)])()
    assert float(np.full(8, TINY, np.float32).sum()) > 0
    assert float(TINY * np.float32(0.5)) > 0


def test_updates_of_integers_leave_floats_alone():
    n, x = gg.Variable(0), gg.placeholder("float32", ())
    program = gg.Program([x * 0.5], [x], [(n, n + 1)])
    assert float(program(TINY)[0]) > 0
    assert int(n) == 1
