"""Workers together or alone: by what was seen to be sooner done, and the same result either way."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends.cpu.running import crew as crews
from giulgi.backends.cpu.running.crew import Crew


class Clock:
    """A clock of the wall and of the thread, that stand still unless they are moved on."""

    def __init__(self):
        self.now = self.working = 0.0

    def perf_counter(self):
        return self.now

    def thread_time(self):
        return self.working

    def take(self, crew, steps, seconds, working):
        with crew.measured(steps):
            self.now += seconds
            self.working += working


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(crews, "time", clock)
    return clock


def test_on_free_cores_all_steps_are_done_together(clock):
    crew = Crew()
    for _ in range(10):
        assert crew.next(100) == (False, 100)
        clock.take(crew, 100, 0.1, 0.1)


def try_both(crew, clock, alone, together):
    """Let a call wait, and let the few steps that are tried then take so many seconds."""
    clock.take(crew, 10, 0.1, 0.02)
    assert crew.next(100) == (True, 4)
    clock.take(crew, 4, alone, alone)
    assert crew.next(100) == (False, 4)
    clock.take(crew, 4, together, together)


def test_after_waiting_both_are_tried_and_those_alone_go_on_if_sooner_done(clock):
    crew = Crew()
    try_both(crew, clock, alone=0.008, together=0.02)
    assert crew.next(100) == (True, 100)
    clock.take(crew, 100, 0.2, 0.2)
    clock.now += 1
    assert crew.next(100) == (False, 4)


def test_a_call_that_was_held_up_once_decides_nothing(clock):
    crew = Crew()
    try_both(crew, clock, alone=0.008, together=0.004)
    assert crew.next(100) == (False, 100)


def test_what_is_no_faster_alone_goes_on_together_for_a_while(clock):
    crew = Crew()
    try_both(crew, clock, alone=0.08, together=0.04)
    assert crew.next(100) == (False, 100)
    clock.take(crew, 10, 0.1, 0.02)
    assert crew.next(100) == (False, 100)
    clock.now += 3
    clock.take(crew, 10, 0.1, 0.02)
    assert crew.next(100) == (True, 4)


def test_when_cores_are_free_again_they_are_used_again(clock):
    crew = Crew()
    try_both(crew, clock, alone=0.008, together=0.02)
    clock.now += 1
    assert crew.next(100) == (False, 4)
    clock.take(crew, 4, 0.004, 0.004)
    assert crew.next(100) == (False, 100)


def test_short_calls_say_nothing(clock):
    crew = Crew()
    clock.take(crew, 1, 0.001, 0.0)
    assert crew.next(1) == (False, 1)


def test_changing_between_the_two_changes_no_bit(monkeypatch):
    monkeypatch.setattr(gg.config, "backend", "cpu")
    monkeypatch.setattr(gg.config, "threads", 2)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 300)).astype(np.float32)
    first = rng.normal(size=(300, 300)).astype(np.float32) / 20

    def trained(decide):
        monkeypatch.setattr(Crew, "next", decide)
        w = gg.Variable(first)
        program = gg.Program([], [], [(w, w - 0.01 * gg.tanh(gg.matmul(x.T, gg.tanh(x @ w))))])
        program.repeat(12)
        return w.numpy()

    turns = iter(range(1000))
    together = trained(lambda crew, left: (False, left))
    alternating = trained(lambda crew, left: (next(turns) % 2 == 0, min(left, 2)))
    np.testing.assert_array_equal(together, alternating)


def test_steps_that_are_shorter_than_waking_the_others_are_done_together_again(clock):
    crew = Crew()
    clock.take(crew, 1000, 0.1, 0.02)
    crew.next(1000)
    clock.take(crew, 4, 0.0002, 0.0002)
    assert crew.next(1000) == (False, 4)
    clock.take(crew, 4, 0.0001 + 0.0002, 0.0001)
    assert crew.next(1000) == (False, 1000)
