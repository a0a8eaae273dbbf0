"""What the compiler tells of its stages, and that a change of them is seen."""

import numpy as np
import pytest

import giulgi as gg
from giulgi.errors import FeedError
from golden.make_stage_texts import FOLDER, PROGRAMS, text_of


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_stages_of_small_programs_are_as_they_were(name):
    """If a change is meant: python tests/golden/make_stage_texts.py, and read the difference."""
    assert text_of(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def step(x, y):
    return gg.mean(gg.sigmoid(x) * y)


def explained(monkeypatch, backend="cpu"):
    monkeypatch.setattr(gg.config, "backend", backend)
    arrays = np.ones((4, 3), np.float32), np.ones((4, 3), np.float32)
    return gg.function(step).explain(*arrays)


def test_the_first_stages_are_printed_and_the_others_named(monkeypatch):
    text = str(explained(monkeypatch))
    assert text.index("== graph ==") < text.index("== groups ==") < text.index("== memory ==")
    assert text.endswith('explanation["ir"] and ["assembly"].')
    assert "sigmoid(" in text
    assert "groups for one worker" in text


def test_each_stage_has_its_name(monkeypatch):
    stages = explained(monkeypatch)
    assert list(stages) == ["graph", "groups", "memory", "ir", "assembly"]
    assert "define void @run(" in stages["ir"]
    assert "run" in stages["assembly"]
    with pytest.raises(KeyError):
        stages["kernels"]


def test_every_value_of_the_graph_is_in_some_group(monkeypatch):
    stages = explained(monkeypatch)
    names = [line.split()[0] for line in stages["graph"].split("\n") if line.startswith("%")]
    assert names
    for name in names:
        assert f" {name} " in stages["groups"]


def test_the_reference_has_the_graph_alone(monkeypatch):
    stages = explained(monkeypatch, "reference")
    assert list(stages) == ["graph"]


def test_a_program_of_unknown_shapes_asks_for_them():
    x = gg.placeholder("float32", (None, 3), name="x")
    program = gg.Program([x + 1], [x])
    with pytest.raises(FeedError, match="the shape of 'x' is not known") as caught:
        program.explain()
    assert "program.explain((128, 784), (128,))" in str(caught.value)
    assert "float32 (5, 3)" in str(program.explain((5, 3)))
