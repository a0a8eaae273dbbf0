"""How many steps are done in one go, so that Python looks about ten times a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

# How long steps are done without a look, in seconds.
INTERVAL = 0.1


class Pace:
    """Says how many steps make about a tenth of a second, by how long the last ones took."""

    def __init__(self) -> None:
        self.steps = 1

    @contextmanager
    def measured(self, steps: int) -> Iterator[None]:
        """Measure how long so many steps take."""
        begin = time.perf_counter()
        yield
        spent = max(time.perf_counter() - begin, 1e-9)
        # The first steps include compiling, so a measurement alone is not believed at once.
        wanted = steps * INTERVAL / spent
        self.steps = max(1, int(min(wanted, 8 * self.steps)))
