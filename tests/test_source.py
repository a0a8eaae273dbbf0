"""The line of the user's code, and the layers, that a node was built in."""

from __future__ import annotations

import sys
from pathlib import Path

import giulgi as gg
from giulgi.source import Source, built_for, current_path, current_source, scope


def here() -> tuple[str, int]:
    """Return file and line of the caller."""
    frame = sys._getframe(1)
    return frame.f_code.co_filename, frame.f_lineno


def told(tensor: gg.Tensor) -> tuple[str, int]:
    assert tensor.source is not None
    return tensor.source.file, tensor.source.line


def test_the_line_of_the_user():
    x, expected = gg.placeholder("float32", (2,)), here()
    assert told(x) == expected
    y, expected = x @ x + gg.mean(x[::-1]), here()
    assert told(y) == expected
    v, expected = gg.Variable(0.0), here()
    assert told(v) == expected


def test_the_line_inside_a_function_that_is_traced():
    lines = []

    @gg.function
    def double(x):
        y, line = x * 2, here()
        lines.append((y.source, line))
        return y

    double(1.0)
    ((source, line),) = lines
    assert (source.file, source.line) == line


def test_a_line_knows_its_text():
    source = current_source()
    assert source is not None
    assert source.text == "source = current_source()"
    assert source.short == f"{Path(__file__).name}:{source.line}"
    assert str(source) == f"{__file__}, line {source.line}"
    assert Source("no such file", 3).text == ""


def test_scopes():
    assert current_path() == ""
    with scope("model"), scope("dense"):
        assert current_path() == "model/dense"
        assert gg.placeholder("float32", ()).node.path == "model/dense"
    assert current_path() == ""


def test_building_for_another_line():
    source = Source("lesson.py", 7)
    with scope("here"), built_for(source, "a/b"):
        x = gg.placeholder("float32", ())
        assert (x.source, x.node.path) == (source, "a/b")
        with scope("c"):
            assert current_path() == "a/b/c"
    assert current_path() == ""
