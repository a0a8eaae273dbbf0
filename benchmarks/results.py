"""What was measured, with its medians and ratios; kept as JSON."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import Series
from benchmarks.topics import TOPICS

PEAK = "peak"
# What other products are compared to; for all else, TOPICS tell it.
_PRODUCTS_BASE = "function.repeat"


@dataclass
class Results:
    """The measurements of one run, and where they come from.

    Attributes:
        machine: facts by name.
        versions: of frameworks and libraries, by name.
        command: how the run was started.
        when: its date.
        load: how busy the machine was before and after.
        notes: what went wrong, or is to be known.
        series: the measurements.
    """

    machine: dict[str, str]
    versions: dict[str, str]
    command: str
    when: str
    load: tuple[str, str]
    notes: list[str]
    series: list[Series]

    def save(self, path: Path) -> None:
        """Write it as JSON, with the median and ratio of each series."""
        told = asdict(self)
        for series, facts in zip(self.series, told["series"], strict=True):
            facts["median"] = median(series)
            facts["times_giulgi"] = self.ratio(series)
        path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load_from(cls, path: Path) -> Results:
        """Read what ``save`` wrote."""
        told = json.loads(path.read_text(encoding="utf-8"))
        names = ("workload", "peer", "form", "case", "values")
        told["series"] = [Series(*(facts[name] for name in names)) for facts in told["series"]]
        told["load"] = tuple(told["load"])
        return cls(**told)

    def of(self, workload: str, case: str | None = None) -> list[Series]:
        """Return the series of a workload, giulgi's first, the others from the best on."""
        found = [s for s in self.series if s.workload == workload and s.form != PEAK]
        if case is not None:
            found = [s for s in found if s.case == case]
        return sorted(found, key=lambda s: (s.peer != "giulgi", median(s)))

    def cases(self, workload: str) -> list[str]:
        """Return on what a workload was measured, in order; one empty name if there is one only."""
        found = [s for s in self.series if s.workload == workload and s.form != PEAK]
        return list(dict.fromkeys(s.case for s in found))

    def forms(self) -> list[tuple[str, str]]:
        """Return who multiplies, and how, giulgi first."""
        found = dict.fromkeys((s.peer, s.form) for s in self.of("products"))
        return sorted(found, key=lambda form: form[0] != "giulgi")

    def base(self, series: Series) -> Series | None:
        """Return what a series is compared to."""
        topic = TOPICS.get(series.workload)
        form = _PRODUCTS_BASE if topic is None else topic.base
        wanted = ("giulgi", form, series.case)
        for other in self.of(series.workload):
            if (other.peer, other.form, other.case) == wanted:
                return other
        return None

    def ratio(self, series: Series) -> float | None:
        """Return how many times giulgi's time or memory it takes: the median over the rounds."""
        base = self.base(series)
        return None if base is None else ratio_of(series, base)

    def peak(self) -> float | None:
        """Return the machine's peak, in floating-point operations a second."""
        for series in self.series:
            if series.form == PEAK:
                return 1 / median(series)
        return None

    def flops(self, series: Series) -> float:
        """Return the floating-point operations a second of a product."""
        return operations(series.case) / median(series)


def median(series: Series) -> float:
    """Return the median of the measurements."""
    return float(np.median(series.values))


def ratio_of(series: Series, base: Series) -> float:
    """Return how many times one takes what another takes: the median over the rounds."""
    if len(base.values) != len(series.values):
        return median(series) / median(base)
    return float(np.median(np.divide(series.values, base.values)))


def quartiles(series: Series) -> tuple[float, float]:
    """Return the values that a quarter of the measurements lies below, and above."""
    low, high = np.quantile(series.values, (0.25, 0.75))
    return float(low), float(high)


def operations(case: str) -> float:
    """Return the floating-point operations of a product, by its name: ``(3x2)T @ 3x4``."""
    left, right = ([int(n) for n in name.strip("()T").split("x")] for name in case.split(" @ "))
    # The inner size stands on both sides; it counts once.
    return 2.0 * math.prod(left) * right[1]
