"""How many workers are worth it, when the cores have other work as well.

Workers meet several times in a step. If one of them is not running, because another program has
its core, all wait for it, and a step can take longer than one worker alone would need. Since the
result does not depend on the number of workers, it may change from one step to the next: where a
call took much longer than the processor worked for it, a few steps are tried alone and a few
together, and whatever was sooner done goes on. (That call itself says little: it may have been held
up once.) Those who work alone try together again after a while.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

# A thread that ran for less than this part of a call was waiting for a core.
_WORKING_SHARE = 0.8
# Shorter calls, in seconds, say nothing.
_LEAST_CALL = 0.002
# So many steps are tried. That may be so short that it takes longer to wake the others, by about
# so many seconds, which would be paid once for many steps.
_TRIED_STEPS = 4
_WAKING = 0.0003
# So long, in seconds, a decision holds.
_DECIDED_FOR = 0.5


class _Mode(Enum):
    TOGETHER = 1
    TRY_ALONE = 2
    ALONE = 3
    TRY_TOGETHER = 4


class Crew:
    """Decides for one program whether its steps are done together or alone."""

    def __init__(self) -> None:
        self._mode = _Mode.TOGETHER
        self._until = 0.0
        # The seconds that a step took alone, when it was last measured.
        self._alone = 0.0

    def next(self, left: int) -> tuple[bool, int]:
        """Return whether the next steps are done alone, and how many of those left."""
        if self._mode is _Mode.ALONE and time.perf_counter() >= self._until:
            self._mode = _Mode.TRY_TOGETHER
        tried = self._mode in (_Mode.TRY_ALONE, _Mode.TRY_TOGETHER)
        alone = self._mode in (_Mode.TRY_ALONE, _Mode.ALONE)
        return alone, min(left, _TRIED_STEPS) if tried else left

    @contextmanager
    def measured(self, steps: int) -> Iterator[None]:
        """Measure what was decided, and decide about what comes next."""
        begin, begin_working = time.perf_counter(), time.thread_time()
        yield
        now = time.perf_counter()
        spent, worked = now - begin, time.thread_time() - begin_working
        if self._mode is _Mode.TOGETHER:
            is_waiting = spent > _LEAST_CALL and worked < _WORKING_SHARE * spent
            if is_waiting and now >= self._until:
                self._mode = _Mode.TRY_ALONE
        elif self._mode is _Mode.TRY_TOGETHER:
            together = (spent - _WAKING) / steps
            self._mode = _Mode.ALONE if self._alone < together else _Mode.TOGETHER
            self._until = now + _DECIDED_FOR
        else:
            self._alone = spent / steps
            if self._mode is _Mode.TRY_ALONE:
                self._mode = _Mode.TRY_TOGETHER
