"""What the tests of the native backend share: programs that run natively and on the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import giulgi as gg
from giulgi.backends.cpu.running.crew import Crew
from giulgi.backends.cpu.running.executable import NativeExecutable
from giulgi.backends.cpu.running.workers import Team
from giulgi.program import Program
from giulgi.storage import Storage

# Of one operation and its gradient, to the size of the number or to 1.
TOLERANCE = {np.dtype(np.float32): 3e-5, np.dtype(np.float64): 1e-11}


def few(examples: int) -> Any:
    """Settings for hypothesis: always the same examples, however long they take."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Return some values of a strategy, always the same."""
    found: list[Any] = []

    @few(count)
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


@contextmanager
def threads(count: int | None) -> Iterator[list[int]]:
    """Let compiled programs use so many threads, if they are shared at all.

    Left to itself a crew does what is quicker, which for small programs is one thread alone.

    Yields:
        How many workers there were in each run that several were asked for.
    """
    shared: list[int] = []
    run = Team.run

    def counted(team: Team, entry: int, table: int, wanted: int) -> int:
        shared.append(run(team, entry, table, wanted))
        return shared[-1]

    before = gg.config.threads
    gg.config.threads = count
    try:
        with (
            mock.patch.object(Crew, "next", lambda crew, left: (False, left)),
            mock.patch.object(Team, "run", counted),
        ):
            yield shared
    finally:
        gg.config.threads = before


@dataclass
class Trial:
    """A computation that is tried on both backends.

    Attributes:
        fetches: what is fetched.
        feeds: what is fed.
        arrays: the values of the feeds.
        updates: pairs of a variable and its new value.
        values: pairs of a variable and its value at the start.
    """

    fetches: Sequence[gg.Tensor]
    feeds: Sequence[gg.Tensor] = ()
    arrays: Sequence[np.ndarray] = ()
    updates: Sequence[tuple[gg.Variable, gg.Tensor]] = ()
    values: Sequence[tuple[gg.Variable, np.ndarray]] = ()

    def program(self, backend: str) -> Program:
        return Program(self.fetches, self.feeds, self.updates, backend=backend)

    def storage(self) -> Storage:
        """Return the variables' values at the start, and always the same random numbers."""
        storage = Storage(seed=5)
        for variable, value in self.values:
            storage.assign(variable.cell, value)
        return storage

    def run(self, program: Program, times: int = 1) -> list[np.ndarray]:
        """Return what is fetched and the variables' values, run by run."""
        storage = self.storage()
        found: list[np.ndarray] = []
        for _ in range(times):
            found += program(*self.arrays, storage=storage)
            found += [storage.value(variable.cell).copy() for variable, _ in self.values]
        return found

    def by_both(self, times: int = 1) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return what the native program, which it really must be, finds, and the reference."""
        native = self.program("cpu")
        require_native(native, self.arrays)
        return self.run(native, times), self.run(self.program("reference"), times)

    def check(self, times: int = 1, tolerance: float | None = None) -> None:
        """Check that both find the same: integers exactly, floats up to a tolerance."""
        for found, wanted in zip(*self.by_both(times), strict=True):
            check_same(found, wanted, tolerance)

    def check_exactly(self, times: int = 1) -> None:
        """Check that both find the same bits; only NaN may have others."""
        for found, wanted in zip(*self.by_both(times), strict=True):
            np.testing.assert_array_equal(found, wanted, strict=True)
            if wanted.dtype.kind == "f":
                number = ~np.isnan(wanted)
                signs = np.signbit(found[number]), np.signbit(wanted[number])
                np.testing.assert_array_equal(*signs, err_msg="zeros of different sign")


def require_native(program: Program, arrays: Sequence[np.ndarray]) -> NativeExecutable:
    """Return the compiled form; the reference would do for any program, and prove nothing."""
    _, executable = program.compiled(tuple(np.shape(array) for array in arrays))
    assert isinstance(executable, NativeExecutable)
    return executable


def check_same(found: np.ndarray, wanted: np.ndarray, tolerance: float | None = None) -> None:
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    if wanted.dtype.kind == "f":
        limit = tolerance or TOLERANCE[wanted.dtype]
        np.testing.assert_allclose(found, wanted, rtol=limit, atol=limit)
    else:
        np.testing.assert_array_equal(found, wanted)


def check_bits(found: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> None:
    """Check that arrays are equal to the last bit, NaN and the sign of zero included."""
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert a.tobytes() == b.tobytes()


def counting(*shape: int, dtype: Any = "float32") -> np.ndarray:
    """Return an array of 1, 2, 3 and so on."""
    return np.arange(1, np.prod(shape, dtype=int) + 1).reshape(shape).astype(dtype)


def variable(*shape: int, dtype: Any = "float32") -> gg.Variable:
    return gg.Variable(np.zeros(shape, dtype))


Function = Callable[..., Any]
