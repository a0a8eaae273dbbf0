"""The table, in Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.measure import Series
from benchmarks.results import Results, median, quartiles


@dataclass(frozen=True)
class Topic:
    """How a workload is told.

    Attributes:
        title: in a few words.
        text: what is done.
        unit: of the figures.
        factor: from seconds or bytes to the unit.
    """

    title: str
    text: str
    unit: str
    factor: float


TOPICS = {
    "xor": Topic(
        "XOR",
        "A 2-5-1 sigmoid network learns XOR by full-batch gradient descent. `function.repeat`, "
        "`fori_loop` and the `tf.function loop` make all steps in one call from Python, the others "
        "one step in each. One step:",
        "µs",
        1e6,
    ),
    "mlp": Topic(
        "MNIST, 784-512-10",
        "ReLU, softmax, Adam, batches of 128, float32; an epoch of 59,904 shuffled examples, all "
        "that belongs to it included, divided by its 468 steps. `fit` makes many steps in a "
        "call or one, as the framework chooses; `scan` the whole epoch. One step:",
        "ms",
        1e3,
    ),
    "conv": Topic(
        "MNIST, convolutional",
        "Two convolutions of 3 x 3 with 32 and 64 filters and ReLU, max-pooling of 2 x 2, dropout, "
        "a dense layer of 128 units, dropout, softmax; Adam, batches of 128, float32; an epoch of "
        "2,560 shuffled examples, all that belongs to it included, divided by its 20 steps. One "
        "step:",
        "ms",
        1e3,
    ),
    "lstm": Topic(
        "LSTM",
        "Vectors of 100 numbers for 1,000 words, a long short-term memory of 100 units over 100 "
        "steps, 46 classes, softmax; Adam, batches of 100, float32; an epoch of 2,000 shuffled "
        "sequences, all that belongs to it included, divided by its 20 steps. One step:",
        "ms",
        1e3,
    ),
    "import": Topic("Import", "In a fresh process, files and bytecode cached:", "s", 1),
    "first": Topic(
        "First step",
        "From after the import, with the data at hand, to the end of the first step of the MNIST "
        "network: building, compiling, computing. In a fresh process:",
        "s",
        1,
    ),
    "memory": Topic(
        "Memory",
        "The most memory in use (resident) during an epoch of the MNIST network, above that of "
        "the process with everything imported and the data (188 MB) at hand:",
        "MB",
        1e-6,
    ),
}


def markdown(results: Results) -> str:
    """Return everything that was measured as a page."""
    parts = ["# How fast giulgi is", *_introduction(results)]
    for workload, topic in TOPICS.items():
        series = results.of(workload)
        if series:
            parts += [f"## {topic.title}", topic.text, _table(results, series, topic)]
    if results.of("products"):
        parts += ["## Matrix products", *_products(results)]
    if results.notes:
        parts += ["## Notes", "\n".join(f"- {note}" for note in results.notes)]
    return "\n\n".join(parts) + "\n"


def _introduction(results: Results) -> list[str]:
    facts = {**results.machine, "versions": ", ".join(map(" ".join, results.versions.items()))}
    facts |= {"measured": results.when, "with": f"`{results.command}`"}
    facts["load average"] = f"{results.load[0]} before; {results.load[1]} after"
    return [
        "Made by `python -m benchmarks`; do not edit. Medians, with the quartiles behind them. "
        "*Times giulgi* is how many times as long as giulgi (first line), or as much memory, it "
        "takes: the median of the ratios within each round.",
        rows_text(["machine", ""], [[name, value] for name, value in facts.items()]),
    ]


def _table(results: Results, series: list[Series], topic: Topic) -> str:
    rows: list[list[str]] = []
    # What all others are compared to stands first.
    for one in sorted(series, key=lambda s: (s.peer != "giulgi", s is not results.base(s))):
        low, high = (figure(topic.factor * x) for x in quartiles(one))
        value = figure(topic.factor * median(one))
        rows.append([who(one.peer, one.form), value, f"{low} to {high}", _times(results, one)])
    return rows_text(["", topic.unit, "quartiles", "times giulgi"], rows)


def _products(results: Results) -> list[str]:
    peak = results.peak()
    assert peak is not None
    forms = results.forms()
    rows: list[list[str]] = []
    for case in results.cases():
        found = {(s.peer, s.form): s for s in results.of("products", case)}
        cells: list[str] = []
        for form in forms:
            flops = results.flops(found[form]) if form in found else None
            cells.append("" if flops is None else f"{flops / 1e9:.0f} ({flops / peak:.0%})")
        rows.append([case, *cells])
    return [
        f"float32, in GFLOP/s, and in brackets of the machine's peak, {peak / 1e9:.0f} GFLOP/s, "
        "which is measured in the same rounds: multiply-adds in registers on all cores at once. "
        "`function.repeat` multiplies again and again in one call from Python; all others are "
        "called for each product, and make a new array for the result.",
        rows_text(["", *(who(*form) for form in forms)], rows),
    ]


def who(peer: str, form: str) -> str:
    """Return a name and how it is used."""
    return f"{peer}, {form}" if form else peer


def figure(number: float) -> str:
    """Return a number with three digits that count."""
    for limit, places in ((1, 3), (10, 2), (100, 1)):
        if abs(number) < limit:
            return f"{number:.{places}f}"
    return f"{number:,.0f}"


def _times(results: Results, series: Series) -> str:
    ratio = results.ratio(series)
    return "" if ratio is None else figure(ratio)


def rows_text(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown, figures to the right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    if len(head) == 2:
        lines[1] = ["---", "---"]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
