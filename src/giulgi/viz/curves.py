"""Learning curves as SVG that takes its colours and fonts from the page around it."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from giulgi.viz.extras import needs_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# One unit of the picture is one CSS pixel when it is shown in its natural size.
_WIDTH, _HEIGHT = 366, 290
_PIXELS_PER_INCH = 72
# Left, bottom, width and height of the area with the lines; the right margin holds the labels.
_AREA = (48 / _WIDTH, 48 / _HEIGHT, 200 / _WIDTH, 230 / _HEIGHT)
_TEXT_SIZE = 13
_LABEL_GAP = 18
_MOST_MARKERS = 15

# matplotlib knows no CSS variables, so it draws with colours that stand for them.
_INK, _GRID = "#000001", "#000002"
_VARIABLES = {
    _INK: "var(--soft)",
    _GRID: "var(--line)",
    "#000003": "var(--train)",
    "#000004": "var(--held-out)",
}
TRAINING, HELD_OUT = "#000003", "#000004"


@dataclass(frozen=True)
class Line:
    """One line of a chart: a value per epoch, the word that labels it, and its colour."""

    label: str
    values: Sequence[float]
    colour: str


@dataclass(frozen=True)
class Scale:
    """How the values of a chart are shown: what range to cover, and in which words.

    ``text`` writes a value in full, and ``tick`` a round one beside the axis.
    """

    low: float
    high: float
    text: Callable[[float], str]
    tick: Callable[[float], str]


def from_zero(values: Sequence[float]) -> tuple[float, float]:
    """Return a range from 0 to the largest value, for a loss."""
    known = [value for value in values if math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    return min(low, 0.0), high if high > 0 else 1.0


def up_to_one(values: Sequence[float]) -> tuple[float, float]:
    """Return a range from the smallest value to 1, for an accuracy.

    It does not begin at 0: what matters is how much is missing to 1.
    """
    known = [value for value in values if math.isfinite(value)]
    return min(min(known, default=0.0), 0.998), 1.0


def curves(name: str, lines: Sequence[Line], scale: Scale) -> str:
    """Return a chart of lines over epochs as an ``<svg>`` element.

    Args:
        name: tells this chart's ids from those of other charts on the page.
        lines: the lines; each is labelled at its end.
        scale: the range of values, and how one is written.
    """
    with needs_extra("report", "Drawing the curves"):
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

    settings: dict[Any, Any] = {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": name,  # the same chart gets the same ids every time
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": _TEXT_SIZE,
    }
    # matplotlib takes these from its global settings only; they are put back at the end.
    with matplotlib.rc_context(settings):
        figure = Figure(
            figsize=(_WIDTH / _PIXELS_PER_INCH, _HEIGHT / _PIXELS_PER_INCH), dpi=_PIXELS_PER_INCH
        )
        FigureCanvasSVG(figure)
        axes = figure.add_axes(_AREA)
        _draw_axes(axes, len(lines[0].values), scale)
        for line in lines:
            _draw_line(axes, line)
        _draw_labels(axes, lines, scale)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True)
    return _for_page(buffer.getvalue(), name)


def _draw_axes(axes: Axes, epochs: int, scale: Scale) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    # A single epoch is a point at the right end, where the labels are.
    axes.set_xlim((1, epochs) if epochs > 1 else (0.5, 1))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    # The axis is as long as its round numbers go.
    ticks = MaxNLocator(nbins=5, steps=[1, 2, 5, 10]).tick_values(scale.low, scale.high)
    axes.set_yticks(ticks)
    axes.set_ylim(ticks[0], ticks[-1])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: scale.tick(value)))
    axes.tick_params(length=0, pad=8, colors=_INK)
    axes.grid(axis="y", color=_GRID, linewidth=1)
    axes.set_axisbelow(True)
    axes.set_xlabel("epoch", color=_INK, labelpad=4)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_INK)


def _draw_line(axes: Axes, line: Line) -> None:
    epochs = range(1, len(line.values) + 1)
    axes.plot(
        epochs,
        line.values,
        color=line.colour,
        linewidth=2.25,
        marker="o" if len(epochs) <= _MOST_MARKERS else "",
        markersize=6,
        markeredgewidth=0,
        # A line along the edge of the area is shown in its full width.
        clip_on=False,
    )


def _draw_labels(axes: Axes, lines: Sequence[Line], scale: Scale) -> None:
    """Write each line's name and last value at its end, without one text on the other."""
    ended = [line for line in lines if math.isfinite(line.values[-1])]
    ended.sort(key=lambda line: line.values[-1])
    width, top = _AREA[2] * _WIDTH, _AREA[3] * _HEIGHT
    low, high = axes.get_ylim()
    heights = [(line.values[-1] - low) / (high - low) * top for line in ended]
    for line, height in zip(ended, spread(heights, _LABEL_GAP, top), strict=True):
        axes.annotate(
            f"{line.label} {scale.text(line.values[-1])}",
            (width + 11, height),
            xycoords="axes points",
            verticalalignment="center_baseline",
            color=line.colour,
            annotation_clip=False,
        )


def spread(heights: Sequence[float], gap: float, top: float) -> list[float]:
    """Return ascending heights moved apart as little as needed to be ``gap`` from one another.

    Args:
        heights: where the labels would like to be, ascending, between 0 and ``top``.
        gap: how far apart they must be.
        top: what no label may be above, if there is room for all of them.
    """
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + gap) if placed else height)
    if not placed:
        return placed
    # Half of the push goes back, so that the first label leaves its line as far as the last.
    # Then the whole column of labels is kept inside the area.
    down = max((placed[-1] - heights[-1]) / 2, placed[-1] - top)
    down = min(down, placed[0])
    return [height - down for height in placed]


def _for_page(svg: str, name: str) -> str:
    """Return matplotlib's SVG file as an element of a page.

    A page needs neither the prolog nor the name spaces nor the metadata. The colours become
    variables of the page, and ids are told apart from those of other charts.
    """
    root = ElementTree.fromstring(svg)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    for parent in list(root.iter()):
        # The style sheet would apply to the whole page.
        for child in [child for child in parent if _plain(child.tag) in ("metadata", "style")]:
            parent.remove(child)
    for element in root.iter():
        element.tag = _plain(element.tag)
        element.attrib = {
            _plain(key): _page_value(value, name, used)
            for key, value in element.attrib.items()
            if key != "id" or value in used
        }
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    # What it shows is told by the text beside it.
    root.attrib["aria-hidden"] = "true"
    return ElementTree.tostring(root, encoding="unicode")


def _plain(name: str) -> str:
    """Return the name of an element or attribute without its name space."""
    return name.rpartition("}")[2]


def _page_value(value: str, name: str, used: set[str]) -> str:
    for colour, variable in _VARIABLES.items():
        value = value.replace(colour, variable)
    # One of the two forms, depending on the version of matplotlib.
    value = re.sub(r"'DejaVu Sans'(, *sans-serif)?", "var(--sans)", value)
    if value in used:
        return f"{name}-{value}"
    return re.sub(r"#([\w-]+)", lambda m: f"#{name}-{m[1]}" if m[1] in used else m[0], value)
