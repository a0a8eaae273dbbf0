"""Random programs (``graphs.py``), native against the reference and against themselves."""

from __future__ import annotations

import numpy as np
from hypothesis import event, given

from giulgi.backends.cpu.running.executable import NativeExecutable

from .checks import Trial, check_bits, few, threads
from .graphs import programs

RUNS = 2


def is_native(trial: Trial) -> bool:
    """Whether it really is compiled."""
    _, executable = trial.program("cpu").compiled(tuple(array.shape for array in trial.arrays))
    return isinstance(executable, NativeExecutable)


def check(trial: Trial, errors: list[float]) -> None:
    """Check native results against the reference's, run by run."""
    event(f"native: {is_native(trial)}")
    native, reference = trial.program("cpu"), trial.program("reference")
    storages = [trial.storage(), trial.storage()]
    variables = [variable for variable, _ in trial.values]
    for _ in range(RUNS):
        found, wanted = (
            [
                *program(*trial.arrays, storage=storage),
                *(storage.value(variable.cell).copy() for variable in variables),
            ]
            for program, storage in zip((native, reference), storages, strict=True)
        )
        for a, b, error in zip(found, wanted, errors, strict=True):
            assert a.dtype == b.dtype
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=error, atol=error)
        # Both go on from the same, or else a comparison could fall to different sides.
        for variable in variables:
            storages[0].assign(variable.cell, storages[1].value(variable.cell))


@few(150)
@given(programs())
def test_small_programs(drawn):
    check(*drawn)


@few(30)
@given(programs(large=True))
def test_programs_that_workers_share_give_the_same_bits_for_any_number_of_them(drawn):
    trial, errors = drawn
    check(trial, errors)
    program = trial.program("cpu")
    found = trial.run(program, RUNS)
    for count in (1, 2, 3, 3):
        with threads(count):
            check_bits(trial.run(program, RUNS), found)


def test_most_of_the_programs_are_native_and_some_are_shared():
    """Else the tests above would prove little."""
    native, shared = [], []

    @few(25)
    @given(programs(large=True))
    def look(drawn):
        trial, _ = drawn
        shapes = tuple(array.shape for array in trial.arrays)
        _, executable = trial.program("cpu").compiled(shapes)
        native.append(isinstance(executable, NativeExecutable))
        shared.append(native[-1] and executable.frame.is_shared)

    look()
    assert sum(native) > 0.9 * len(native)
    assert sum(shared) > 0.2 * len(shared)
