"""The chart: one panel for each workload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

from benchmarks.measure import Series
from benchmarks.peers.tasks import PREDICTED, prediction_name
from benchmarks.report import figure, who
from benchmarks.results import Results, median
from benchmarks.topics import TOPICS, Topic

_COLOURS = {
    "giulgi": "#d1495b",
    "NumPy": "#9aa5b1",
    "JAX": "#2e6f95",
    "Keras on JAX": "#6ba3c2",
    "PyTorch": "#e0a458",
    "TensorFlow": "#7a9e7e",
    "Keras on TensorFlow": "#aac7ad",
}
_OTHER = "#777777"
# In each row the workloads, with the case behind a bar if there are several.
_PANELS = [
    ["xor", "mlp"],
    ["products"],
    ["conv", "resnet"],
    ["lstm", "gru"],
    ["transformer", "import"],
    [f"inference|{prediction_name('conv', batch)}" for batch in PREDICTED],
    [f"inference|{prediction_name('lstm', batch)}" for batch in PREDICTED],
    ["first", "first-conv", "first-lstm"],
    ["memory", "memory-conv", "memory-lstm"],
]
_ROW_INCHES = 2.4


def draw(results: Results, path: Path) -> None:
    """Write the chart as PNG and SVG.

    Args:
        results: what was measured.
        path: of the files, without a suffix.
    """
    style = {"font.size": 9, "svg.hashsalt": "giulgi", "svg.fonttype": "none"}
    with plt.rc_context(style):
        rows = _rows(results)
        chart = plt.figure(figsize=(12, _ROW_INCHES * len(rows)), layout="constrained")
        for row, part in zip(rows, chart.subfigures(len(rows), squeeze=False)[:, 0], strict=True):
            for name, axis in zip(row, part.subplots(1, len(row), squeeze=False)[0], strict=True):
                _panel(axis, results, *name.split("|"))
        machine = results.machine
        chart.suptitle(
            f"giulgi beside others: {machine['processor']}, {machine['cores']} cores, "
            f"vectors of {machine['vectors']}, {results.when}"
        )
        chart.savefig(path.with_suffix(".png"), dpi=120)
        chart.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        plt.close(chart)


def _rows(results: Results) -> list[list[str]]:
    """Return the panels that there are figures for."""
    rows = [[name for name in row if results.of(*name.split("|"))] for row in _PANELS]
    return [row for row in rows if row]


def _panel(axis: Any, results: Results, workload: str, case: str = "") -> None:
    """Draw what was measured of a workload."""
    if workload == "products":
        _products(axis, results)
    else:
        _bars(axis, results.of(workload, case), case, TOPICS[workload])


def _bars(axis: Any, series: list[Series], case: str, topic: Topic) -> None:
    """Draw a bar for each series; on a logarithmic scale where they are far apart."""
    series = sorted(series, key=median, reverse=True)
    values = [topic.factor * median(one) for one in series]
    colours = [_COLOURS.get(one.peer, _OTHER) for one in series]
    bars = axis.barh([who(one.peer, one.form) for one in series], values, color=colours)
    axis.bar_label(bars, [figure(value) for value in values], padding=3, fontsize=8)
    far = max(values) > 20 * min(values) > 0
    if far:
        axis.set_xscale("log")
        axis.set_xlim(min(values) / 2, max(values) * 4)
    else:
        axis.set_xlim(0, max(values) * 1.15)
    per = " a step" if topic.step else ""
    scale = ", logarithmic" if far else ""
    title = f"{topic.title}, {case}" if case else topic.title
    axis.set_title(f"{title} ({topic.unit}{per}{scale}; less is better)", fontsize=10)
    axis.spines[["top", "right"]].set_visible(False)


def _products(axis: Any, results: Results) -> None:
    """Draw a line for each peer: the share of the peak that it reaches, by the product."""
    peak = results.peak()
    assert peak is not None
    cases = results.cases("products")
    marks = ("o", "s", "^", "v", "D", "P", "X")
    for number, (peer, form) in enumerate(results.forms()):
        found = {s.case: s for s in results.of("products") if (s.peer, s.form) == (peer, form)}
        shares = [100 * results.flops(found[c]) / peak if c in found else None for c in cases]
        axis.plot(
            shares,
            marks[number % len(marks)],
            linestyle="-" if peer == "giulgi" else ":",
            color=_COLOURS.get(peer, _OTHER),
            alpha=0.5 if (peer, form) == ("giulgi", "function") else 1,
            label=who(peer, form),
        )
    axis.set_xticks(range(len(cases)), [_short(case) for case in cases])
    axis.set_ylim(0, 105)
    axis.set_title("Matrix products (% of the machine's peak; more is better)", fontsize=10)
    axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    axis.spines[["top", "right"]].set_visible(False)


def _short(case: str) -> str:
    """Return a square product by its one size, another one in two lines."""
    sizes = set(case.replace(" @ ", "x").split("x"))
    return sizes.pop() if len(sizes) == 1 else case.replace(" @ ", "\n@ ")
