"""``plot_model`` and ``model_to_dot``: a model as a picture."""

from __future__ import annotations

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

from giulgi.compat.names import exported
from giulgi.training.network import call_of

_ROW, _GAP, _WIDTH = 44, 26, 300
# What has a meaning in a box of Graphviz.
_ESCAPES = {ord(character): f"\\{character}" for character in "{}<>|"}


class Dot:
    """A model as a graph in Graphviz's language.

    Args:
        nodes: for each layer its name and what is written into its box.
        edges: pairs of names.
    """

    def __init__(self, nodes: dict[str, list[str]], edges: list[tuple[str, str]]) -> None:
        self.nodes, self.edges = nodes, edges

    def to_string(self) -> str:
        """Return the graph in Graphviz's language."""
        lines = ["digraph G {", "rankdir=TB;", "node [shape=record];"]
        for name, texts in self.nodes.items():
            text = "|".join(t.translate(_ESCAPES) for t in texts)
            lines.append(f'"{name}" [label="{{{text}}}"];')
        lines += [f'"{a}" -> "{b}";' for a, b in self.edges]
        return "\n".join([*lines, "}"])

    def create(self, prog: Any = "dot", format: str = "ps", encoding: Any = None) -> bytes:
        """Return the picture: by Graphviz if it is there, else a plain one, always as SVG."""
        del encoding
        name = prog[0] if isinstance(prog, list) else prog or "dot"
        program = shutil.which(name)
        if program is None:
            return self.plain_svg().encode()
        done = subprocess.run(
            [program, f"-T{format}"], input=self.to_string().encode(), capture_output=True,
            check=True,
        )  # fmt: skip
        return done.stdout

    def create_svg(self, prog: Any = "dot") -> bytes:
        """Return the picture as SVG."""
        return self.create(prog, "svg")

    def create_png(self, prog: Any = "dot") -> bytes:
        """Return the picture as PNG; without Graphviz as Pillow draws it."""
        if shutil.which("dot"):
            return self.create(prog, "png")
        import io

        target = io.BytesIO()
        self._drawn().save(target, "PNG")
        return target.getvalue()

    def write(self, path: Any, prog: Any = None, format: str = "raw", encoding: Any = None) -> bool:
        """Write the picture, or the graph as text, to a file."""
        del encoding
        kind = Path(path).suffix.lstrip(".").lower() if format == "raw" else format
        if kind == "dot":
            Path(path).write_text(self.to_string())
        elif kind == "png" and not shutil.which("dot"):
            self._drawn().save(path)
        else:
            Path(path).write_bytes(self.create(prog or "dot", kind or "svg"))
        return True

    def write_png(self, path: Any, prog: Any = None) -> bool:
        """Write the picture as PNG."""
        return self.write(path, prog, "png")

    def write_svg(self, path: Any, prog: Any = None) -> bool:
        """Write the picture as SVG."""
        return self.write(path, prog, "svg")

    # Without Graphviz

    def _places(self) -> dict[str, int]:
        return {name: 10 + number * (_ROW + _GAP) for number, name in enumerate(self.nodes)}

    def plain_svg(self) -> str:
        """Return a plain picture: the layers one under another, with lines between."""
        places = self._places()
        height = len(places) * (_ROW + _GAP) + 10
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH + 100}" '
                 f'height="{height}" font-family="sans-serif" font-size="13">']  # fmt: skip
        for x0, y0, x1, y1 in self._lines(places):
            parts.append(f'<path d="M{x0} {y0} L{x1} {y1}" stroke="#555" fill="none"/>')
        for name, texts in self.nodes.items():
            y = places[name]
            parts.append(f'<rect x="10" y="{y}" width="{_WIDTH}" height="{_ROW}" fill="#fff" '
                         'stroke="#333"/>')  # fmt: skip
            for number, text in enumerate(texts[:2]):
                parts.append(f'<text x="20" y="{y + 18 + 18 * number}">{_escaped(text)}</text>')
        return "\n".join([*parts, "</svg>"])

    def _lines(self, places: dict[str, int]) -> list[tuple[int, int, int, int]]:
        middle, side = 10 + _WIDTH // 2, 10 + _WIDTH
        found = []
        for a, b in self.edges:
            if places[b] - places[a] == _ROW + _GAP:
                found.append((middle, places[a] + _ROW, middle, places[b]))
            else:  # Past the layers between.
                out = side + 15 + 8 * (len(found) % 8)
                y0, y1 = places[a] + _ROW // 2, places[b] + _ROW // 2
                found += [(side, y0, out, y0), (out, y0, out, y1), (out, y1, side, y1)]
        return found

    def _drawn(self) -> Any:
        from PIL import Image, ImageDraw

        places = self._places()
        image = Image.new("RGB", (_WIDTH + 100, len(places) * (_ROW + _GAP) + 10), "white")
        draw = ImageDraw.Draw(image)
        for line in self._lines(places):
            draw.line(line, fill="#555")
        for name, texts in self.nodes.items():
            y = places[name]
            draw.rectangle((10, y, 10 + _WIDTH, y + _ROW), fill="white", outline="#333")
            for number, text in enumerate(texts[:2]):
                draw.text((18, y + 5 + 18 * number), text, fill="black")
        return image


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@exported("utils.model_to_dot", "utils.vis_utils.model_to_dot", "utils.visualize_util.model_to_dot",
          of="keras")  # fmt: skip
def model_to_dot(
    model: Any, show_shapes: bool = False, show_layer_names: bool = True, rankdir: str = "TB",
    **_: Any,
) -> Dot:  # fmt: skip
    """Return a model as a graph.

    Args:
        model: the model.
        show_shapes: whether the shapes are written, too.
        show_layer_names: whether the names are.
        rankdir: has no meaning: from top to bottom.
    """
    del rankdir
    nodes: dict[str, list[str]] = {}
    for layer in model.layers:
        kind = type(layer).__name__
        texts = [f"{layer.name}: {kind}" if show_layer_names else kind]
        if show_shapes:
            texts.append(f"input: {_shape(layer, 'input')}  output: {_shape(layer, 'output')}")
        nodes[layer.name] = texts
    return Dot(nodes, _edges(model, nodes))


def _shape(layer: Any, which: str) -> Any:
    try:
        return getattr(layer, f"{which}_shape")
    except Exception:  # A layer that was never called in a network.
        return "multiple"


def _edges(model: Any, nodes: dict[str, list[str]]) -> list[tuple[str, str]]:
    network = model._network
    if network is None:
        names = list(nodes)
        return list(pairwise(names))
    inputs = {x.node: name for x, name in zip(network.inputs, network.input_names, strict=True)}
    found = []
    for call in network.calls:
        for x in call.inputs:
            before = call_of(x.node)
            source = before.layer.name if before is not None else inputs.get(x.node)
            if source in nodes and call.layer.name in nodes:
                found.append((str(source), call.layer.name))
    return list(dict.fromkeys(found))


@exported("utils.plot_model", "utils.vis_utils.plot_model", "utils.visualize_util.plot",
          "utils.visualize_util.plot_model", of="keras")  # fmt: skip
def plot_model(
    model: Any, to_file: Any = "model.png", show_shapes: bool = False,
    show_layer_names: bool = True, rankdir: str = "TB", **_: Any,
) -> None:  # fmt: skip
    """Draw a model into a file: with Graphviz if it is there, else plainly.

    Args:
        model: the model.
        to_file: the file; its name tells the kind of picture.
        show_shapes: whether the shapes are written, too.
        show_layer_names: whether the names are.
        rankdir: has no meaning: from top to bottom.
    """
    model_to_dot(model, show_shapes, show_layer_names, rankdir).write(to_file)


@exported("utils.vis_utils.pydot_ok", of="keras")
def pydot_ok() -> bool:
    """Whether models can be drawn: they can."""
    return True
