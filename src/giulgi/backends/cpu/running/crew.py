"""Whether the workers do a program's steps together, or one of them does each alone.

Sharing a step costs as well: workers meet, and what one of them wrote has to come to the other's
core. A short step is therefore often sooner done by one. So is a long one, if another program has
one of the cores, since all wait for the worker that is not running. What is quicker depends on the
processor and on its other work, so it is not calculated but measured: now and then a millisecond
is spent on trying the other way, and the quicker one goes on. The result is the same either way.
Only how to begin goes by an estimate: short steps alone, long ones together.

A program does the same work in every step. If its steps begin to take longer than when it was last
decided, something else has changed, and the other way is tried sooner.
"""

from __future__ import annotations

from collections import deque
from statistics import median_low

# So many seconds of steps are tried; at least one step. Who is quicker so long goes on for longer
# before it is decided: other programs take and leave cores every few milliseconds.
_TRIAL = 0.001
_LONG_TRIAL = 0.01
# Steps that are estimated to take no longer, alone, are begun alone; an estimate may be so many
# times too low.
_SHORT = 0.0003
_DOUBT = 4
# Waking the others takes less. A step that takes longer was held up, which counts.
_WAKING = 0.002
# What is not on trial is looked at so often, in seconds of steps,
_WINDOW = 0.005
# and native code comes back after so many.
_LONGEST = 0.02
# A trial comes no sooner than after so many times the seconds that one takes. Each comes after
# twice the time of the last, until one comes about once a second; of steps that are done together,
# for which being held up tells when to try, until they come so many times more rarely.
_REST = 30
_RARELY = 1.0
_RARER = 8
# Steps that take so much longer than when it was decided are held up.
_HELD_UP = 1.3
# Steps must be so much shorter together to be worth the other cores.
_WORTH = 1.05


class Crew:
    """Decides for one program whether its steps are done together or alone.

    Args:
        workers: how many there are.
        estimate: about how many seconds a step takes alone.
    """

    def __init__(self, workers: int, estimate: float) -> None:
        self.workers = workers
        self.estimate = estimate
        # How the steps are done now, whether that is on trial, and whether the first of them, for
        # which the others may have to be woken, is still to come.
        self._is_alone = estimate <= _SHORT
        self._on_trial = True
        self._is_waking = not self._is_alone
        # The seconds that a step takes, by whether it is done alone.
        self._pace: dict[bool, float] = {}
        self._pace_decided = 0.0
        self._recent: deque[float] = deque()
        # What was done since it was last looked at.
        self._steps = 0
        self._seconds = 0.0
        # Seconds of steps since the last trial, and after how many the next one comes, if it is
        # neither too soon nor too late for steps of that pace.
        self._since = 0.0
        self._wait = 0.0

    def next(self, left: int) -> tuple[bool, int]:
        """Return whether the next steps are done alone, and how many of those left."""
        if self._on_trial:
            return self._is_alone, min(left, max(1, self._steps))
        return self._is_alone, min(left, 1 + int(_LONGEST / self._pace[self._is_alone]))

    def note(self, steps: int, seconds: float, *, were_alone: bool) -> None:
        """Note how long steps took, and decide about those after.

        Args:
            steps: how many they were.
            seconds: how long they took in all.
            were_alone: whether they were done alone, which happens as well where ``next`` says
                together: the others may be busy for another thread.
        """
        if were_alone and not self._is_alone:
            self._note_missing(steps, seconds)
            return
        if self._is_waking:
            self._is_waking = False
            if seconds < _WAKING:
                return
        self._steps += steps
        self._seconds += seconds
        if self._on_trial:
            if self._seconds >= _TRIAL:
                self._judge()
        elif self._seconds >= _WINDOW:
            self._look()

    def _note_missing(self, steps: int, seconds: float) -> None:
        """Note steps that were done alone since the others were busy: that ends a trial."""
        if self._on_trial and seconds > 0:  # A clock may stand still for a short step.
            self._steps, self._seconds = steps, seconds
            self._pace[True] = seconds / steps
            self._pace.setdefault(False, self._pace[True])
            self._decide()

    def _judge(self) -> None:
        """End a trial, unless it goes well and has to go on."""
        self._pace[self._is_alone] = self._seconds / self._steps
        if len(self._pace) == 1:
            # Nothing is known yet of the other way, but that steps take no longer alone than all
            # workers' parts one after the other, or than was estimated and doubted.
            if self._is_alone:
                self._pace[False] = self._pace[True]
            else:
                longest = self.workers * self._pace[False]
                self._pace[True] = min(longest, _DOUBT * self.estimate)
            self._decide()
        elif self._is_alone_quicker() != self._is_alone or self._seconds >= _LONG_TRIAL:
            self._decide()

    def _go_on(self, *, is_alone: bool) -> None:
        self._is_waking = self._is_alone and not is_alone
        self._is_alone = is_alone

    def _is_alone_quicker(self) -> bool:
        return self._pace[True] < _WORTH * self._pace[False]

    def _decide(self) -> None:
        self._go_on(is_alone=self._is_alone_quicker())
        self._on_trial = False
        self._pace_decided = self._pace[self._is_alone]
        self._wait = max(self._soonest(), 2 * self._wait)
        self._recent = deque([self._pace_decided], 3)
        self._since = 0.0
        self._take()

    def _look(self) -> None:
        """See whether the other way is to be tried."""
        self._since += self._seconds
        # A middle value, since a single one may be of a step that something came between.
        self._recent.append(self._take())
        pace = self._pace[self._is_alone] = median_low(self._recent)
        soonest = self._soonest()
        is_held_up = pace > _HELD_UP * self._pace_decided
        rarest = _RARELY if self._is_alone else max(_RARELY, _RARER * soonest)
        due = soonest if is_held_up else max(soonest, min(self._wait, rarest))
        if self._since >= due:
            self._try_other()

    def _soonest(self) -> float:
        """Return after how many seconds the next trial may come."""
        # How long it will take, which is of the other way, is about known; but what came between
        # once is not to be waited for again.
        other = max(_TRIAL, self._pace[not self._is_alone])
        likely = max(_TRIAL, self.workers * self._pace[self._is_alone])
        return min(_REST * other, max(_RARELY, _REST * likely))

    def _try_other(self) -> None:
        self._go_on(is_alone=not self._is_alone)
        self._on_trial = True

    def _take(self) -> float:
        """Return the seconds that a step took since it was last looked at."""
        pace = self._seconds / self._steps
        self._steps, self._seconds = 0, 0.0
        return pace
