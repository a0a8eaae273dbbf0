"""How time and memory are measured, in the process that does the work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

_STATUS = Path("/proc/self/status")


def seconds(run: Callable[..., Any], *arguments: Any) -> float:
    """Return how long it takes."""
    begin = perf_counter()
    run(*arguments)
    return perf_counter() - begin


def warm_seconds(run: Callable[[int], Any], times: int) -> float:
    """Return how long it takes each time, after some that wake up threads and fill caches."""
    run(times // 10 + 1)
    return seconds(run, times) / times


def enough(run: Callable[[int], Any], about: float) -> int:
    """Return how often to run, so that it takes about so long and the clock does not matter."""
    times = 1
    while (taken := seconds(run, times)) < about / 2:
        times *= 2 if taken > about / 100 else 10
    return times


def begin_peak() -> float:
    """Return the memory in use, in bytes; from here on its peak counts, where the system can."""
    if _STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # Forgets the peak so far.
    return peak()


def peak() -> float:
    """Return the most memory that was in use, in bytes."""
    if _STATUS.exists():
        # On Linux, what getrusage tells begins with the memory of the process that started this.
        (line,) = [x for x in _STATUS.read_text().splitlines() if x.startswith("VmHWM")]
        return 1024.0 * int(line.split()[1])
    import resource

    told = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(told if sys.platform == "darwin" else told * 1024)
