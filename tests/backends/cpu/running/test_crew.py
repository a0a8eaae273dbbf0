"""Workers together or alone: by what was seen to be sooner done, and the same result either way."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.backends.cpu.running.crew import Crew


class Machine:
    """Does the steps of a crew, in seconds that are told.

    Args:
        alone: the seconds of a step alone.
        together: the seconds of a step together.
        waking: the seconds that the first step together takes beside, after steps alone.
        workers: how many there are.
        estimate: the seconds of a step alone, as they are estimated; None: as they are.
    """

    def __init__(self, alone, together, waking=0.0, workers=2, estimate=None):
        self.alone, self.together, self.waking = alone, together, waking
        self.crew = Crew(workers, alone if estimate is None else estimate)
        self.are_busy = False
        self.spent = {True: 0.0, False: 0.0}
        self.steps = {True: 0, False: 0}
        self._was_alone = True

    @property
    def now(self):
        return sum(self.spent.values())

    def call(self, left=10**9):
        """Do what the crew says once; return how many steps it were."""
        is_alone, steps = self.crew.next(left)
        assert 1 <= steps <= left
        is_alone = is_alone or self.are_busy
        seconds = steps * (self.alone if is_alone else self.together)
        if self._was_alone and not is_alone:
            seconds += self.waking
        self._was_alone = is_alone
        self.crew.note(steps, seconds, were_alone=is_alone)
        self.spent[is_alone] += seconds
        self.steps[is_alone] += steps
        return steps

    def work(self, seconds, left=10**9):
        """Do steps for so long; return which part of the time they were done alone."""
        end, alone, begin = self.now + seconds, self.spent[True], self.now
        while self.now < end:
            self.call(left)
        return (self.spent[True] - alone) / (self.now - begin)


@pytest.mark.parametrize("left", [1, 100, 10**9])
def test_short_steps_that_are_quicker_alone_are_soon_done_alone(left):
    machine = Machine(alone=26e-6, together=40e-6, waking=300e-6)
    assert machine.work(0.02, left) == 1.0
    assert machine.work(2.0, left) > 0.98


@pytest.mark.parametrize("left", [1, 100, 10**9])
def test_short_steps_that_are_thought_to_be_long_are_soon_done_alone(left):
    machine = Machine(alone=26e-6, together=40e-6, waking=300e-6, estimate=0.001)
    machine.work(0.15, left)
    assert machine.work(2.0, left) > 0.98


def test_short_steps_that_are_quicker_together_are_soon_done_together():
    machine = Machine(alone=250e-6, together=140e-6, waking=300e-6)
    machine.work(0.05)
    assert machine.work(2.0) < 0.05


def test_beside_another_program_little_is_lost_from_the_beginning():
    machine = Machine(alone=26e-6, together=8e-3, waking=300e-6)
    machine.work(0.026)
    assert machine.spent[False] == 0
    machine.work(2.0)
    assert machine.spent[False] < 0.1


def test_long_steps_that_are_held_up_from_the_beginning_are_soon_done_alone():
    machine = Machine(alone=1.4e-3, together=8e-3)
    machine.work(0.3)
    assert machine.work(2.0) > 0.95


@pytest.mark.parametrize("left", [1, 100, 10**9])
def test_steps_that_are_quicker_together_are_done_together(left):
    machine = Machine(alone=1.9e-3, together=1e-3, waking=300e-6)
    assert machine.work(1.0, left) < 0.05
    assert machine.work(2.0, left) < 0.01


def test_what_is_hardly_quicker_together_leaves_the_other_core_alone():
    assert Machine(alone=1e-3, together=0.98e-3).work(1.0) > 0.85


def test_long_steps_are_not_tried_alone_before_it_costs_little():
    machine = Machine(alone=16.0, together=1.0, workers=16)
    machine.work(450.0)
    assert machine.steps[True] == 0
    machine.work(10_000.0)
    assert 0 < machine.spent[True] < 0.04 * machine.now


def test_steps_that_are_held_up_together_are_done_alone():
    machine = Machine(alone=1.9e-3, together=1e-3)
    machine.work(3.0)
    machine.together = 4e-3
    machine.work(0.2)
    assert machine.work(2.0) > 0.95


def test_when_cores_are_free_again_they_are_used_again():
    machine = Machine(alone=1.9e-3, together=4e-3)
    machine.work(3.0)
    machine.together = 1e-3
    machine.work(1.1)
    assert machine.work(2.0) < 0.02


def test_a_short_time_without_others_does_not_deceive_a_trial():
    machine = Machine(alone=1.9e-3, together=8e-3)
    machine.work(3.0)
    while not (machine.crew._on_trial and not machine.crew._is_alone):
        machine.call()
    before = machine.steps[False]
    machine.together = 1e-3
    for _ in range(3):
        machine.call()
    machine.together = 8e-3
    machine.work(0.1)
    assert machine.steps[False] - before < 8
    assert machine.work(1.0) > 0.9


def test_a_single_step_that_was_held_up_decides_nothing():
    machine = Machine(alone=1.9e-3, together=1e-3)
    machine.work(3.0)
    while machine.crew._since < 0.2:  # Who is held up may be tried by now, and others not yet.
        machine.call()
    machine.together = 30e-3
    machine.call(1)
    machine.together = 1e-3
    assert machine.work(0.3) == 0.0


def test_a_stall_of_seconds_is_not_waited_for_again():
    machine = Machine(alone=1.9e-3, together=1e-3)
    machine.work(0.05)
    machine.alone = 10.0
    while not machine.steps[True]:
        machine.call()
    machine.alone, machine.together = 1.9e-3, 8e-3
    machine.work(2.0)
    assert machine.work(2.0) > 0.9


def test_more_workers_than_free_cores_are_soon_left_alone():
    for workers, alone, together in ((64, 1e-4, 0.05), (32, 1e-3, 0.03), (2, 0.1, 0.4)):
        machine = Machine(alone, together, workers=workers)
        machine.work(20 * alone + 3 * together)
        assert machine.work(100 * alone) > 0.9


def test_waking_the_others_is_not_counted():
    machine = Machine(alone=0.4e-3, together=0.28e-3, waking=1.5e-3)
    machine.work(0.1)
    assert machine.work(1.0) < 0.05


def test_a_clock_that_stands_still_for_single_steps_stops_nothing():
    crew = Crew(2, 1e-3)
    for were_alone in (False, True, False):
        for _ in range(5):
            crew.next(1)
            crew.note(1, 0.0, were_alone=were_alone)


def test_trials_become_rare_and_stay_so():
    machine = Machine(alone=26e-6, together=40e-6)
    machine.work(10.0)
    tried = []
    for _ in range(5):
        while not machine.crew._on_trial:
            machine.call()
        tried.append(machine.now)
        while machine.crew._on_trial:
            machine.call()
    np.testing.assert_allclose(np.diff(tried), 1.0, atol=0.05)


def test_a_step_that_takes_a_moment_longer_is_not_taken_for_held_up():
    machine = Machine(alone=26e-6, together=40e-6)
    machine.work(10.0)
    while machine.crew._on_trial or machine.crew._since > 0.1:
        machine.call()
    for _ in range(12):  # Every third of the times that it is looked at.
        machine.alone = 80e-6
        machine.call(200)
        machine.alone = 26e-6
        machine.call(400), machine.call(400)
    assert not machine.crew._on_trial
    assert machine.crew._since > 0.4


def test_many_steps_come_back_now_and_then():
    machine = Machine(alone=1e-6, together=2e-6)
    machine.work(1.0)
    assert machine.call() <= 60_000


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
        assert program.compiled(())[1].frame.is_shared
        return w.numpy()

    turns = iter(range(1000))
    together = trained(lambda crew, left: (False, left))
    alternating = trained(lambda crew, left: (next(turns) % 2 == 0, min(left, 2)))
    np.testing.assert_array_equal(together, alternating)


def test_another_number_of_threads_is_another_crew(monkeypatch):
    monkeypatch.setattr(gg.config, "backend", "cpu")
    monkeypatch.setattr(gg.config, "threads", 2)
    x = np.ones((300, 300), np.float32)
    feed = gg.placeholder("float32", x.shape, name="x")
    program = gg.Program([feed @ feed], [feed])
    program(x)
    crews = program.compiled((x.shape,))[1]._crews
    of_two = crews[2]
    monkeypatch.setattr(gg.config, "threads", 3)
    program(x)
    assert crews[3].workers == 3
    monkeypatch.setattr(gg.config, "threads", 2)
    program(x)
    assert crews[2] is of_two


def test_a_first_step_that_stalled_alone_is_not_waited_for():
    machine = Machine(alone=2.0, together=2.0, estimate=2e-4)
    machine.call()
    machine.alone, machine.together = 2e-4, 1e-4
    machine.work(1.1)
    assert machine.work(2.0) < 0.05


def test_long_steps_that_are_quicker_together_are_ever_more_rarely_tried_alone():
    machine = Machine(alone=0.4, together=0.1, workers=4)
    machine.work(300.0)
    assert machine.work(3000.0) < 0.006


def test_steps_together_that_found_the_others_busy_are_counted_as_alone():
    machine = Machine(alone=1.9e-3, together=1e-3)
    machine.are_busy = True
    machine.work(2.0)
    assert machine.crew._pace[True] == pytest.approx(1.9e-3)
    machine.are_busy = False
    machine.work(1.2)
    assert machine.work(2.0) < 0.05
    # While they are busy again, nothing is learnt that would be wrong when they are not.
    machine.are_busy = True
    machine.work(5.0)
    machine.are_busy = False
    machine.work(0.1)
    assert machine.work(2.0) < 0.05


@pytest.mark.parametrize("alone", [1e-6, 0.2e-3])
def test_a_trial_that_finds_the_others_busy_ends(alone):
    machine = Machine(alone, together=0.6 * alone, estimate=1.0)
    machine.are_busy = True
    machine.call()
    assert not machine.crew._on_trial


def test_a_run_that_failed_says_nothing_of_the_pace(monkeypatch):
    monkeypatch.setattr(gg.config, "backend", "cpu")
    monkeypatch.setattr(gg.config, "threads", 2)
    noted = []
    monkeypatch.setattr(Crew, "note", lambda crew, steps, *_, **__: noted.append(steps))
    x = gg.placeholder("float32", (300, 300), name="x")
    place = gg.placeholder("int64", (1,), name="place")
    program = gg.Program([gg.gather(x @ x, place)], [x, place])
    ones = np.ones((300, 300), np.float32)
    program(ones, np.array([3]))
    assert noted == [1]
    with pytest.raises(gg.errors.GiulgiError):
        program(ones, np.array([300]))
    assert noted == [1]
