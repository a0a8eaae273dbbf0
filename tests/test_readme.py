"""What the READMEs tell is executed, in both languages."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import giulgi as gg

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "README.ko.md"]


def blocks(readme: str, language: str) -> list[str]:
    text = (ROOT / readme).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def run(program: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, program.name],
        cwd=program.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )


@pytest.fixture
def program(tmp_path):
    """Return a function that writes a program of the README and runs it."""

    def write_and_run(name: str, source: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / name
        path.write_text(source, encoding="utf-8")
        return run(path)

    return write_and_run


def test_both_languages_show_the_same_programs():
    english, korean = (
        [re.sub(r"\s*#.*", "", block) for block in blocks(readme, "python")] for readme in READMES
    )
    assert english == korean
    assert blocks(READMES[0], "sh") == blocks(READMES[1], "sh")
    assert blocks(READMES[0], "text") == blocks(READMES[1], "text")


@pytest.mark.parametrize("readme", READMES)
def test_lists_of_numbers_stay_lists(readme):
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert "`2 * [0.5, 1.5]`" in text
    assert "`np.array([0.5, 1.5])`" in text
    double = gg.function(lambda x: 2 * x)
    assert len(double([0.5, 1.5])) == 4
    assert double(np.array([0.5, 1.5])).tolist() == [1, 3]


@pytest.mark.parametrize("readme", READMES)
def test_what_there_is_is_all_there_is(readme):
    """The lists name everything but what users derive classes from, and what has no loss's name."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    section = next(part for part in text.split("\n## ") if "| `gg.layers` |" in part)
    rows = [row.split("|")[1:3] for row in section.splitlines() if row.startswith("| ")]
    told = {re.sub(r"[` ]", "", name): re.findall(r"`(\w+)`", names) for name, names in rows}
    *_, losses = [names for name, names in told.items() if not name.startswith("gg.")]
    for space, bases in (
        ("layers", {"Input", "InputLayer", "Layer"}),
        ("optimizers", {"Optimizer", "get"}),
        ("callbacks", {"Callback", "History"}),
    ):
        module = getattr(gg, space)
        # Not other names of a class, and not functions that call a layer.
        classes = {n for n in module.__all__ if getattr(module, n).__name__ == n and n[0].isupper()}
        assert set(told[f"gg.{space}"]) == classes - bases
    assert told["gg.datasets"] == ["mnist", *gg.datasets.names()]
    for name in losses:
        assert gg.losses.get(name)
    functions = {name for name in gg.losses.__all__ if name.islower() and name != "get"}
    assert functions - {"mean_squared_error", "mean_absolute_error"} == set(losses)


def test_the_network_learns(program):
    source = blocks("README.md", "python")[0]
    result = program("network.py", source + "print(accuracy)\nprint(digits.tolist())\n")
    assert result.returncode == 0, result.stderr
    *_, accuracy, digits = result.stdout.splitlines()
    assert float(accuracy) > 0.96
    assert digits == "[7, 2, 1, 0, 4]"


def test_the_graph_reads_as_told(program):
    result = program("readme.py", blocks("README.md", "python")[1])
    value, *lines = result.stdout.splitlines()
    assert value == "2.5"
    told = blocks("README.md", "text")[0].splitlines()[:3]
    assert [re.split(r"\s+", line) for line in lines[:3]] == [
        re.split(r"\s+", line) for line in told
    ]


def test_the_session(program):
    result = program("session.py", blocks("README.md", "python")[2])
    assert result.stdout.split() == ["30", "30"], result.stderr


def test_the_compiled_function_learns(program):
    source = blocks("README.md", "python")[3]
    result = program("function.py", source + "print(w.numpy().round(2).tolist())\n")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[0.5, -1.5]"


def test_the_error_reads_as_told(program):
    result = program("digits.py", blocks("README.md", "python")[4])
    told = blocks("README.md", "text")[1].strip()
    said = result.stderr.split("ShapeError: ")[1].strip()
    folder = str(Path(re.search(r"where +(.*)digits\.py", said).group(1)))
    assert said.replace(folder + os.sep, "") == told
