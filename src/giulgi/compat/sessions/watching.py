"""What a program runs, and how long that takes: taken note of for ``giulgi run --explain``.

Only where somebody asks for it: the methods that run things are then replaced by ones that take
notes, so that nothing is lost where nobody does.
"""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import Any

from giulgi.compat.graphs.graph import Graph
from giulgi.compat.healing.hooks import is_of_program
from giulgi.compat.sessions.session import BaseSession
from giulgi.program import Program
from giulgi.source import Source, current_source

_COMPAT = str(Path(__file__).resolve().parent)
_HEALING = str(Path(_COMPAT) / "healing")
# How often it is looked at where the program is, in seconds.
_PACE = 0.005
# So many different things that one line runs are told of as one.
_MANY = 5


class _Doing(Enum):
    BUILDS, IMPORTS, OTHER = range(3)


@dataclass
class Run:
    """Something that is run again and again: fetches of a session, or a step of ``fit``.

    Attributes:
        what: what is run, as a program writes it.
        source: the line that ran it first.
        program: giulgi's program of it.
        by_python: the kinds of operations that Python carries out.
        calls: how often.
        seconds: how long in all, compiling included.
        compiling: how much of that was compiling.
    """

    what: str
    source: Source | None
    program: Program
    by_python: tuple[str, ...] = ()
    calls: int = 0
    seconds: float = 0.0
    compiling: float = 0.0


@dataclass
class Notes:
    """What was seen of a program.

    Attributes:
        runs: what it ran, in the order of the first call.
        graphs: the graphs that were run.
        seconds: from its begin to its end.
        building: the part of its time outside of runs in which it built graph, from 0 to 1.
        importing: and in which it imported what is not its own.
    """

    runs: dict[Any, Run] = field(default_factory=dict)
    graphs: list[Graph] = field(default_factory=list)
    seconds: float = 0.0
    building: float = 0.0
    importing: float = 0.0

    @property
    def running(self) -> float:
        """The seconds in which something was run, compiling included."""
        return sum(run.seconds for run in self.runs.values())

    @property
    def compiling(self) -> float:
        """The seconds in which something was compiled."""
        return sum(run.compiling for run in self.runs.values())


def by_line(runs: Iterable[Run]) -> list[Run]:
    """Return runs, those of a line that ran many different things as one."""
    lines: dict[Any, list[Run]] = {}
    for number, run in enumerate(runs):
        lines.setdefault(run.source or number, []).append(run)
    found: list[Run] = []
    for same in lines.values():
        if len(same) < _MANY:
            found += same
            continue
        merged = replace(same[0], what=f"{same[0].what} and {len(same) - 1} others, new each time")
        merged.calls = sum(run.calls for run in same)
        merged.seconds = sum(run.seconds for run in same)
        merged.compiling = sum(run.compiling for run in same)
        found.append(merged)
    return found


class _Clock:
    """Adds up the time of what runs, and of what is compiled meanwhile."""

    def __init__(self) -> None:
        self.depth = 0
        self.compiling = 0.0
        self.is_compiling = False

    def timed(self, call: Callable[[], Any]) -> tuple[Any, float, float]:
        """Return the result of a call, its seconds, and those of compiling among them."""
        before, begin = self.compiling, time.perf_counter()
        self.depth += 1
        try:
            result = call()
        finally:
            self.depth -= 1
        return result, time.perf_counter() - begin, self.compiling - before


@contextmanager
def watched() -> Iterator[Notes]:
    """Take notes of all that is run inside."""
    notes, clock = Notes(), _Clock()
    own = BaseSession.run, Program.run, Program.run_steps, Program.compiled
    _put(
        _session_run(own[0], notes, clock),
        _program_run(own[1], notes, clock),
        _program_run(own[2], notes, clock),
        _compiled(own[3], clock),
    )
    looks = _Looks(clock, threading.get_ident())
    begin = time.perf_counter()
    looks.start()
    try:
        yield notes
    finally:
        notes.seconds = time.perf_counter() - begin
        looks.is_over.set()
        notes.building, notes.importing = looks.shares
        _put(*own)


def _put(*own: Any) -> None:
    for kind, name, method in zip(
        (BaseSession, Program, Program, Program),
        ("run", "run", "run_steps", "compiled"),
        own,
        strict=True,
    ):
        setattr(kind, name, method)


def _session_run(own: Callable[..., Any], notes: Notes, clock: _Clock) -> Callable[..., Any]:
    @functools.wraps(own)
    def run(
        session: BaseSession, fetches: Any, feed_dict: Any = None, *more: Any, **options: Any
    ) -> Any:
        found, seconds, compiling = clock.timed(
            lambda: own(session, fetches, feed_dict, *more, **options)
        )
        prepared = session._prepared(fetches, feed_dict or {}).prepared
        program = prepared.program.compiled
        key = program if program.fetches or program.updates else prepared
        noted = notes.runs.get(key)
        if noted is None:
            hosts = tuple(op.type for op in [*prepared.before, *prepared.after])
            what = f"session.run({_told(fetches)}"
            fed = ", ".join(_told(key) for key in feed_dict or {})
            what += f", {{{fed}}})" if fed else ")"
            noted = notes.runs[key] = Run(what, current_source(), program, hosts)
            if session.graph not in notes.graphs:
                notes.graphs.append(session.graph)
        noted.calls += 1
        noted.seconds += seconds
        noted.compiling += compiling
        return found

    return run


def _program_run(own: Callable[..., Any], notes: Notes, clock: _Clock) -> Callable[..., Any]:
    """Take notes of a program that is not run by a session: of ``fit``, ``predict``, ..."""

    @functools.wraps(own)
    def run(program: Program, *args: Any, **options: Any) -> Any:
        if clock.depth:
            return own(program, *args, **options)
        found, seconds, compiling = clock.timed(lambda: own(program, *args, **options))
        noted = notes.runs.get(program)
        if noted is None:
            noted = notes.runs[program] = Run(_kind(program), current_source(), program)
        steps = next((a for a in args if isinstance(a, range)), range(1))
        noted.calls += len(steps)
        noted.seconds += seconds
        noted.compiling += compiling
        return found

    return run


def _kind(program: Program) -> str:
    """Return what a program does that no session runs."""
    if not program.feeds:
        return "values set" if program.updates else "values read"
    if any(getattr(variable, "trainable", True) for variable, _ in program.updates):
        return "a step of training"
    # What counts for metrics is no weight.
    return "a step of evaluation" if program.updates else "a step of prediction"


def _compiled(own: Callable[..., Any], clock: _Clock) -> Callable[..., Any]:
    @functools.wraps(own)
    def compiled(program: Program, *args: Any, **options: Any) -> Any:
        if clock.is_compiling:
            return own(program, *args, **options)
        clock.is_compiling, begin = True, time.perf_counter()
        try:
            return own(program, *args, **options)
        finally:
            clock.compiling += time.perf_counter() - begin
            clock.is_compiling = False

    return compiled


class _Looks(threading.Thread):
    """Looks now and then what the program does when it runs nothing: builds graph, or imports."""

    def __init__(self, clock: _Clock, watched: int) -> None:
        super().__init__(daemon=True, name="giulgi --profile")
        self.is_over = threading.Event()
        self._clock = clock
        self._watched = watched
        self._seen = dict.fromkeys(_Doing, 0)

    @property
    def shares(self) -> tuple[float, float]:
        """The parts of all looks outside of runs that saw graph being built, and imports."""
        count = max(sum(self._seen.values()), 1)
        return self._seen[_Doing.BUILDS] / count, self._seen[_Doing.IMPORTS] / count

    def run(self) -> None:
        """Look until it is over."""
        while not self.is_over.wait(_PACE):
            if not self._clock.depth:
                self._seen[_doing(sys._current_frames().get(self._watched))] += 1


def _doing(frame: FrameType | None) -> _Doing:
    """Return what the innermost line of the program does."""
    found = _Doing.OTHER
    while frame is not None and not is_of_program(frame.f_code.co_filename):
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib"):
            return _Doing.IMPORTS
        if file.startswith(_COMPAT) and not file.startswith(_HEALING):
            found = _Doing.BUILDS
        frame = frame.f_back
    return found


def _told(thing: Any) -> str:
    """Return fetches, or what is fed, as a program names them."""
    if isinstance(thing, (list, tuple)):
        parts = [_told(part) for part in thing[:4]] + ["..."] * (len(thing) > 4)
        return f"[{', '.join(parts)}]"
    if isinstance(thing, dict):
        return f"{{{', '.join(map(str, thing))}}}"
    name = getattr(thing, "name", None)
    return str(name).removesuffix(":0") if name else repr(thing)[:40]
