"""The command line: what each command prints, where it writes, and what it says of mistakes."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import giulgi as gg
from giulgi.cli.demo import digit_reader, feature_maps
from giulgi.cli.main import main

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")


@pytest.fixture
def few_digits(monkeypatch):
    """Let the demo learn from 400 digits and be tested on 300."""
    (x, y), (x_test, y_test) = gg.datasets.mnist.load_data()
    few = (x[:400], y[:400]), (x_test[:300], y_test[:300])
    monkeypatch.setattr(gg.datasets.mnist, "load_data", lambda: few)


# --------------------------------------------------------------------------------------- demo


def test_the_demo_learns_and_writes_its_page(few_digits, tmp_path, capsys):
    page = tmp_path / "digits.html"
    words = ["demo", "--epochs", "1", "--seed", "3", "--output", str(page), "--digit", "299", "7"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert 'Model "digits"' in said.out
    right = re.search(r"Of 300 digits it never saw, it reads ([\d.]+)% right; (\d+) are", said.out)
    assert float(right[1]) == pytest.approx(100 - int(right[2]) / 3, abs=0.01)
    assert float(right[1]) > 30  # By chance it would be ten.
    assert page.resolve().as_uri() in said.out
    html = page.read_text(encoding="utf-8")
    assert "<svg" in html or "<img" in html
    assert "400 to learn from, 300 held out" in html
    assert "32 maps of 26 × 26" in html.replace("&nbsp;", " ")
    assert re.findall(r'id="digit-(\d+)"', html)[:2] == ["299", "7"]
    assert re.findall(r'id="digit-(\d+)" checked', html) == ["299"]


def test_feature_maps_are_those_of_the_network():
    """By an independent sum: a filter slid over a picture, and the largest of each square."""
    model = digit_reader()
    random = np.random.default_rng(0)
    pictures = random.random((3, 28, 28, 1)).astype(np.float32)
    maps = feature_maps(model, pictures, np.array([2, 0]))
    assert maps.indices.tolist() == [2, 0]

    def slid(x, kernel, bias):
        windows = sliding_window_view(x, (3, 3), axis=(0, 1))
        return np.maximum(np.einsum("rscij,ijcf->rsf", windows, kernel) + bias, 0)

    first = slid(pictures[2], *model.get_layer("first").get_weights())
    second = slid(first, *model.get_layer("second").get_weights())
    assert maps.first[0] == pytest.approx(first, abs=1e-5)
    assert maps.second[0] == pytest.approx(second, abs=1e-5)
    pooled = second.reshape(12, 2, 12, 2, 64).max(axis=(1, 3))
    assert maps.pooled[0] == pytest.approx(pooled, abs=1e-5)


def test_a_seed_makes_the_demo_repeat(few_digits, tmp_path, capsys):
    answers = []
    for _ in range(2):
        assert main(["demo", "--epochs", "1", "--seed", "3", "--output", str(tmp_path / "a")]) == 0
        answers.append(re.search(r"Of 300 .*", capsys.readouterr().out)[0])
    assert answers[0] == answers[1]


def test_a_page_that_cannot_be_written_is_told_before_the_training(few_digits, tmp_path, capsys):
    assert main(["demo", "--output", str(tmp_path / "nowhere" / "digits.html")]) == 1
    said = capsys.readouterr()
    assert "nowhere" in said.err
    assert "Learning" not in said.out
    assert "where      " not in said.err  # It is not a line of the user's.


def test_a_digit_that_does_not_exist_is_told_before_the_training(few_digits, tmp_path, capsys):
    words = ["demo", "--output", str(tmp_path / "digits.html"), "--digit", "5", "300"]
    assert main(words) == 1
    said = capsys.readouterr()
    assert (
        "There is no test digit number 300: there are 300, and the first is number 0." in said.err
    )
    assert "a number from 0 to 299" in said.err
    assert "Learning" not in said.out


@pytest.mark.parametrize(
    ("epoch", "told"),
    [
        (0, r"Stopped\. It had not yet seen all digits once\. No page is written\."),
        (1, r"Stopped\. After 1 epoch it read [\d.]+% of the 300 digits right\. No page .*"),
        (2, r"Stopped\. After 2 epochs it read .*"),
    ],
)
def test_ctrl_c_tells_how_far_it_came(epoch, told, few_digits, monkeypatch, tmp_path, capsys):
    class Impatient(gg.callbacks.History):
        def on_epoch_begin(self, now, logs=None):
            if now == epoch:
                raise KeyboardInterrupt

    monkeypatch.setattr(gg.callbacks, "History", Impatient)
    page = tmp_path / "digits.html"
    assert main(["demo", "--epochs", "3", "--output", str(page)]) == 130
    assert re.fullmatch(told, capsys.readouterr().err.strip().split("\n")[-1])
    assert not page.exists()


def test_ctrl_c_ends_the_demo_quietly(monkeypatch, tmp_path, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(gg.datasets.mnist, "load_data", interrupted)
    assert main(["demo", "--output", str(tmp_path / "digits.html")]) == 130
    assert capsys.readouterr().err.strip() == "Stopped."


# --------------------------------------------------------------------------------------- info


def test_info(capsys):
    assert main(["info"]) == 0
    facts = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    assert facts["giulgi"].strip() == gg.__version__
    assert gg.config.backend in facts["backend"]
    assert Path(facts["data"].strip()).is_dir()
    assert "report: installed" in facts["extras"]


# ----------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["dmeo"], "invalid choice: 'dmeo'"),
        (["demo", "--epochs", "0"], "'0' is not a whole number of at least 1"),
        (["demo", "--epochs", "two"], "'two' is not a whole number of at least 1"),
        (["demo", "--digit", "-1"], "'-1' is not a whole number of at least 0"),
        (["demo", "--digit", "seven"], "'seven' is not a whole number of at least 0"),
        (["demo", "--speed"], "unrecognized arguments: --speed"),
    ],
)
def test_wrong_commands(words, told, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert told in capsys.readouterr().err


def test_no_command_shows_the_help(capsys):
    assert main([]) == 0
    said = capsys.readouterr().out
    assert "demo" in said
    assert "info" in said


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "giulgi", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"giulgi {gg.__version__}"
