"""The benchmarks run, with giulgi alone and tiny sizes; no time is asserted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.chart import _rows
from benchmarks.measure import Measurements, Series
from benchmarks.peers.data import word_sequences
from benchmarks.peers.forward import FORWARD
from benchmarks.peers.networks import lstm_weights
from benchmarks.peers.tasks import PREDICTED, _ready_inference, prediction_name
from benchmarks.report import figure, markdown
from benchmarks.results import Results, operations
from benchmarks.summary import summary
from benchmarks.workloads import QUICK

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "benchmarks" / "results"


def results(*series: Series) -> Results:
    machine = {"processor": "a machine", "cores": "2", "vectors": "512 bits"}
    return Results(machine, {"giulgi": "1"}, "python -m benchmarks", "", ("0", "0"), [], [*series])


_MEASURED = {
    "xor": ("function", "function.repeat"),
    **dict.fromkeys(("mlp", "conv", "lstm", "gru", "resnet", "transformer"), ("fit",)),
    "inference": ("function", "predict_on_batch"),
    "products": ("function", "function.repeat", "peak"),
    "first-lstm": ("fit, empty cache", "fit, full cache"),
    "memory-conv": ("fit",),
}


def test_the_command_measures_giulgi_and_writes_table_and_chart(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--output", str(tmp_path)]
    command += ["--only", *_MEASURED, "--without", "NumPy"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=600)
    told = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert told["notes"] == []
    found = {(s["workload"], s["form"]) for s in told["series"]}
    assert found == {(workload, form) for workload, forms in _MEASURED.items() for form in forms}
    assert all(value > 0 for s in told["series"] for value in s["values"])
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".md", ".png", ".svg"}


def test_a_ratio_is_the_median_of_the_ratios_within_the_rounds():
    own = Series("mlp", "giulgi", "fit", "", [1.0, 2.0, 4.0])
    other = Series("mlp", "JAX", "scan", "", [3.0, 4.0, 4.0])
    found = results(own, other)
    assert found.ratio(own) == 1
    assert found.ratio(other) == 2
    assert "| JAX, scan | 4,000 | 3,500 to 4,000 | 2.00 |" in markdown(found)


def test_predictions_have_a_table_for_each_network_and_batch():
    found = results(
        *(
            Series("inference", peer, form, prediction_name("conv", batch), [seconds])
            for peer, form, seconds in (("giulgi", "function", 1e-3), ("JAX", "jitted", 3e-3))
            for batch in PREDICTED
        )
    )
    assert found.cases("inference") == [prediction_name("conv", batch) for batch in PREDICTED]
    told = markdown(found)
    assert told.count("| JAX, jitted | 3.00 | 3.00 to 3.00 | 3.00 |") == len(PREDICTED)
    assert "| convolutional, prediction for 1 | 1.00 ms | 3.00× |" in summary(found, "en")


def test_it_is_noted_who_computes_something_else():
    measurements = Measurements([], None, QUICK, lambda text: None)
    like = {"giulgi, fit": [3.8, 3.7], "JAX, jitted step": [3.8, 3.7]}
    measurements._compare("lstm", {**like, "PyTorch, eager": [3.8, 3.705]})
    assert measurements.notes == []
    measurements._compare("lstm", {**like, "PyTorch, eager": [3.8, 3.6]})
    assert measurements.notes == ["lstm: PyTorch, eager has losses of 3.8, 3.6, others 3.8, 3.7"]


def test_a_prediction_that_differs_is_refused():
    weights = lstm_weights()
    x, _ = word_sequences("", 2)
    expected = FORWARD["lstm"](weights, x)
    _ready_inference(lambda weights: lambda x: expected, weights, x, expected, 0.0)
    other = expected[:, ::-1]
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        _ready_inference(lambda weights: lambda x: other, weights, x, expected, 0.0)


def test_the_chart_has_a_row_only_for_what_was_measured():
    found = results(
        Series("conv", "giulgi", "fit", "", [1.0]),
        Series("first-lstm", "giulgi", "fit, empty cache", "", [1.0]),
        Series("memory", "giulgi", "fit", "", [1.0]),
        Series("memory-conv", "giulgi", "fit", "", [1.0]),
    )
    assert _rows(found) == [["conv"], ["first-lstm"], ["memory", "memory-conv"]]


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
