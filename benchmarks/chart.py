"""The chart: one panel for each workload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

from benchmarks.report import TOPICS, Topic, figure, who
from benchmarks.results import Results, median

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
_PANELS = [
    ["xor", "mlp"],
    ["products", "products"],
    ["conv", "lstm"],
    ["first", "import"],
    ["memory", "memory"],
]


def draw(results: Results, path: Path) -> None:
    """Write the chart as PNG and SVG.

    Args:
        results: what was measured.
        path: of the files, without a suffix.
    """
    style = {"font.size": 9, "svg.hashsalt": "giulgi", "svg.fonttype": "none"}
    with plt.rc_context(style):
        chart, axes = plt.subplot_mosaic(_PANELS, figsize=(12, 12), layout="constrained")
        for name, axis in axes.items():
            if not results.of(name):
                axis.set_axis_off()
            elif name == "products":
                _products(axis, results)
            else:
                _bars(axis, results, name, TOPICS[name])
        machine = results.machine
        chart.suptitle(
            f"giulgi beside others: {machine['processor']}, {machine['cores']} cores, "
            f"vectors of {machine['vectors']}, {results.when}"
        )
        chart.savefig(path.with_suffix(".png"), dpi=120)
        chart.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        plt.close(chart)


def _bars(axis: Any, results: Results, name: str, topic: Topic) -> None:
    """Draw a bar for each series; on a logarithmic scale where they are far apart."""
    series = sorted(results.of(name), key=median, reverse=True)
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
    per = " a step" if name in ("xor", "mlp", "conv", "lstm") else ""
    scale = ", logarithmic" if far else ""
    axis.set_title(f"{topic.title} ({topic.unit}{per}{scale}; less is better)", fontsize=10)
    axis.spines[["top", "right"]].set_visible(False)


def _products(axis: Any, results: Results) -> None:
    """Draw a line for each peer: the share of the peak that it reaches, by the product."""
    peak = results.peak()
    assert peak is not None
    cases = results.cases()
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
