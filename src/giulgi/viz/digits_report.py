"""The page that shows what a network learnt about handwritten digits.

One HTML file with everything in it: no script, no font and no picture comes from elsewhere, so it
can be opened from a disk, mailed, and printed. The numbers come from :mod:`digits_findings`, the
words and the order from ``templates/digits.html``, and this file puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from giulgi.viz import curves, digits_maps, files, pictures, wording
from giulgi.viz.digits_findings import Findings, MixUp, find
from giulgi.viz.digits_run import DIGITS, DigitsRun
from giulgi.viz.extras import needs_extra

__all__ = ["check_digits_report", "write_digits_report"]

MOST_CARDS = 60
MOST_MIX_UPS = 6
MOST_EXAMPLES = 5


@dataclass(frozen=True)
class Bar:
    """The probability that one digit got: its height, its words, and what it means."""

    digit: int
    share: float
    text: str
    role: str


@dataclass(frozen=True)
class Card:
    """One picture, what it shows, and what the network said.

    ``index`` is its place among all pictures.
    """

    index: int
    picture: str
    truth: int
    said: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Cell:
    """One cell of the confusion matrix; ``share`` is 1 for the most frequent mix-up."""

    count: int
    role: str
    share: float


@dataclass(frozen=True)
class Row:
    """One row of the confusion matrix: a true digit."""

    digit: int
    cells: tuple[Cell, ...]
    recall: str
    total: int


def check_digits_report(path: Path) -> None:
    """Raise at once what :func:`write_digits_report` would raise after a long training.

    Args:
        path: where the page is going to be written.

    Raises:
        MissingExtraError: if matplotlib or jinja2 is not installed.
        ReportFileError: if the folder does not exist or cannot be written to.
    """
    with needs_extra("report", "The page about the digits"):
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    files.check_writable(Path(path))


def write_digits_report(run: DigitsRun, path: Path) -> None:
    """Write the page about a run.

    Args:
        run: what the network did.
        path: the file to write, in UTF-8. An older one is replaced in one step.

    Raises:
        MissingExtraError: if matplotlib or jinja2 is not installed.
        ReportFileError: if the folder does not exist or cannot be written to.
    """
    path = Path(path)
    check_digits_report(path)
    files.replace_text(path, render_digits_report(run))


def render_digits_report(run: DigitsRun) -> str:
    """Return the page about a run as HTML."""
    with needs_extra("report", "The page about the digits"):
        import jinja2
        import markupsafe

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("giulgi.viz"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["percent"] = wording.percent
    environment.filters["count"] = wording.count
    environment.filters["measure"] = wording.measure

    def style(name: str) -> markupsafe.Markup:
        """Return a style sheet as it stands, neither escaped nor read as a template."""
        assert environment.loader is not None
        return markupsafe.Markup(environment.loader.get_source(environment, name)[0])

    values = _values(run)
    values["charts"] = {name: markupsafe.Markup(svg) for name, svg in _charts(run).items()}
    return environment.get_template("digits.html").render(values, style=style)


def _values(run: DigitsRun) -> dict[str, Any]:
    """Return what the template shows, by the names it uses."""
    found = find(run.labels, run.probabilities)
    recalls = {digit: found.recall(digit) for digit in range(DIGITS)}
    known = {digit: recall for digit, recall in recalls.items() if recall is not None}
    filters = digits_maps.filters(run.filters)
    return {
        "run": run,
        "found": found,
        "training_time": wording.duration(run.seconds),
        "epochs": _epochs(run),
        "best_epoch": _best_epoch(run),
        "slower_training": run.epochs and run.history["loss"][-1] > run.history["val_loss"][-1],
        "examples": _examples(run, found),
        "rows": _rows(found),
        "easiest": max(known, key=lambda digit: known[digit]),
        "hardest": min(known, key=lambda digit: known[digit]),
        "recalls": recalls,
        "mix_ups": [
            _mix_up(run, mix_up) for mix_up in found.mix_ups(run.labels, limit=MOST_MIX_UPS)
        ],
        "cards": [_card(run, found, int(index)) for index in found.mistakes[:MOST_CARDS]],
        "filters": filters,
        "weight_limit": wording.measure(filters.scale),
        "weight_scale": pictures.weight_scale(),
        "insides": [
            (inside, _card(run, found, inside.index))
            for inside in digits_maps.insides(run.feature_maps)
        ],
    }


def _charts(run: DigitsRun) -> dict[str, str]:
    """Return the learning curves as SVG, by name; none before the first epoch has ended."""
    if not run.epochs:
        return {}
    losses = (run.history["loss"], run.history["val_loss"])
    accuracies = (run.history["accuracy"], run.history["val_accuracy"])
    loss_scale = curves.Scale(
        *curves.from_zero([*losses[0], *losses[1]]), wording.measure, wording.round_number
    )
    accuracy_scale = curves.Scale(
        *curves.up_to_one([*accuracies[0], *accuracies[1]]),
        wording.percent,
        wording.round_percent,
    )
    return {
        "loss": curves.curves("loss", _training_and_held_out(*losses), loss_scale),
        "accuracy": curves.curves("accuracy", _training_and_held_out(*accuracies), accuracy_scale),
    }


def _training_and_held_out(training: Any, held_out: Any) -> list[curves.Line]:
    return [
        curves.Line("training", training, curves.TRAINING),
        curves.Line("held out", held_out, curves.HELD_OUT),
    ]


def _epochs(run: DigitsRun) -> list[dict[str, float]]:
    """Return the history as one row per epoch."""
    return [
        {key: float(values[epoch]) for key, values in run.history.items()}
        for epoch in range(run.epochs)
    ]


def _best_epoch(run: DigitsRun) -> int:
    """Return the epoch (from 1) with the lowest held-out loss; 0 if no loss is a number."""
    losses = np.asarray(run.history["val_loss"], np.float64)
    if not np.isfinite(losses).any():
        return 0
    return int(np.nanargmin(np.where(np.isfinite(losses), losses, np.nan))) + 1


def _examples(run: DigitsRun, found: Findings) -> list[tuple[int, str]]:
    """Return one picture of each digit that was read right."""
    return [
        (digit, pictures.ink(run.images[index]))
        for digit, index in enumerate(found.examples)
        if index is not None
    ]


def _rows(found: Findings) -> list[Row]:
    """Return the confusion matrix as it is shown."""
    mistakes = found.confusion.copy()
    np.fill_diagonal(mistakes, 0)
    most = max(int(mistakes.max()), 1)

    def cell(truth: int, said: int) -> Cell:
        count = int(found.confusion[truth, said])
        role = "right" if truth == said else "wrong" if count else "none"
        return Cell(count, role, count / most)

    def recall(digit: int) -> str:
        share = found.recall(digit)
        return "–" if share is None else wording.percent(share)

    return [
        Row(
            digit=truth,
            cells=tuple(cell(truth, said) for said in range(DIGITS)),
            recall=recall(truth),
            total=int(found.confusion[truth].sum()),
        )
        for truth in range(DIGITS)
    ]


def _mix_up(run: DigitsRun, mix_up: MixUp) -> dict[str, Any]:
    return {
        "truth": mix_up.truth,
        "said": mix_up.said,
        "times": mix_up.times,
        "pictures": [pictures.ink(run.images[index]) for index in mix_up.pictures[:MOST_EXAMPLES]],
    }


def _card(run: DigitsRun, found: Findings, index: int) -> Card:
    truth, said = int(run.labels[index]), int(found.answers[index])
    roles = {said: "said", truth: "truth"}
    bars = tuple(
        Bar(digit, float(share), wording.percent(float(share)), roles.get(digit, ""))
        for digit, share in enumerate(run.probabilities[index])
    )
    return Card(index, pictures.ink(run.images[index]), truth, said, bars)
