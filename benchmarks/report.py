"""The table, in Markdown."""

from __future__ import annotations

from benchmarks.measure import Series
from benchmarks.results import Results, median, quartiles
from benchmarks.topics import TOPICS, Topic


def markdown(results: Results) -> str:
    """Return everything that was measured as a page."""
    parts = ["# How fast giulgi is", *_introduction(results)]
    for workload, topic in TOPICS.items():
        cases = results.cases(workload)
        if cases:
            parts += [f"## {topic.title}", topic.text]
        for case in cases:
            parts += [f"{case}:"] if case else []
            parts.append(_table(results, results.of(workload, case), topic))
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
    for case in results.cases("products"):
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
