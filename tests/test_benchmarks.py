"""The benchmarks run, with giulgi alone and tiny sizes; no time is asserted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.measure import Series
from benchmarks.report import figure, markdown
from benchmarks.results import Results, operations
from benchmarks.summary import summary

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "benchmarks" / "results"


def results(*series: Series) -> Results:
    machine = {"processor": "a machine", "cores": "2", "vectors": "512 bits"}
    return Results(machine, {"giulgi": "1"}, "python -m benchmarks", "", ("0", "0"), [], [*series])


def test_the_command_measures_giulgi_and_writes_table_and_chart(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--output", str(tmp_path)]
    command += ["--only", "xor", "mlp", "conv", "lstm", "products", "--without", "NumPy"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    told = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert told["notes"] == []
    found = {(s["workload"], s["form"]) for s in told["series"]}
    assert found == {
        ("xor", "function"),
        ("xor", "function.repeat"),
        ("mlp", "fit"),
        ("conv", "fit"),
        ("lstm", "fit"),
        ("products", "function"),
        ("products", "function.repeat"),
        ("products", "peak"),
    }
    assert all(value > 0 for s in told["series"] for value in s["values"])
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".md", ".png", ".svg"}


def test_a_ratio_is_the_median_of_the_ratios_within_the_rounds():
    own = Series("mlp", "giulgi", "fit", "", [1.0, 2.0, 4.0])
    other = Series("mlp", "JAX", "scan", "", [3.0, 4.0, 4.0])
    found = results(own, other)
    assert found.ratio(own) == 1
    assert found.ratio(other) == 2
    assert "| JAX, scan | 4,000 | 3,500 to 4,000 | 2.00 |" in markdown(found)


def test_products_are_told_in_operations_a_second_and_of_the_peak():
    case = "(3x2)T @ 3x4"
    assert operations(case) == 2 * 2 * 3 * 4
    own = Series("products", "giulgi", "function.repeat", case, [48 / 50e9])
    peak = Series("products", "giulgi", "peak", "", [1 / 100e9])
    assert f"| {case} | 50 (50%) |" in markdown(results(own, peak))


@pytest.mark.parametrize(("number", "text"), [(0.1234, "0.123"), (12.34, "12.3"), (1234, "1,234")])
def test_figures_have_three_digits(number, text):
    assert figure(number) == text


def test_the_table_that_is_kept_is_that_of_the_figures_that_are_kept():
    told = (KEPT / "results.md").read_text(encoding="utf-8")
    assert told == markdown(Results.load_from(KEPT / "results.json"))


@pytest.mark.parametrize(("readme", "language"), [("README.md", "en"), ("README.ko.md", "ko")])
def test_the_readmes_show_the_figures_that_are_kept(readme, language):
    told = summary(Results.load_from(KEPT / "results.json"), language)
    assert told in (ROOT / readme).read_text(encoding="utf-8")
