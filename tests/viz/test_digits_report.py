"""The page about digits: what it tells, that it needs nothing else, and how it is written."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from giulgi.errors import GiulgiError
from giulgi.viz import DigitsRun, MissingExtraError, ReportFileError
from giulgi.viz.digits_report import (
    check_digits_report,
    render_digits_report,
    write_digits_report,
)

VOID = {"meta", "link", "img", "br", "input"}


class Page(HTMLParser):
    """What a page consists of: elements with their attributes and text, in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.open: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {[tag for tag, _, _ in self.open]}"

    def handle_starttag(self, tag, attrs):
        element = (tag, dict(attrs), [])
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for _, _, text in self.open:
            text.append(data)

    def all(self, tag: str, **attributes: str) -> list[tuple[dict[str, str], str]]:
        """The elements of this kind that have these attributes: (attributes, text)."""
        wanted = {key.rstrip("_"): value for key, value in attributes.items()}
        return [
            # Every kind of space, also one that does not break, reads as a plain one.
            (has, " ".join(" ".join(text).split()))
            for name, has, text in self.elements
            if name == tag and all(has.get(key) == value for key, value in wanted.items())
        ]

    def text(self) -> str:
        return self.all("html")[0][1]


def page_of(run: DigitsRun) -> Page:
    return Page(render_digits_report(run))


@pytest.fixture(scope="module")
def html(make_run) -> str:
    return render_digits_report(make_run())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


# ---- what it tells ----


def test_headline_tells_accuracy_and_mistakes(page: Page):
    # 30 of 34 are 88.2 %.
    assert page.all("h1")[0][1] == "88.2 % of the digits read right"
    assert "4 of 34 digits wrong , about one in 8." in page.text()
    assert "trained for 3 epochs in 12 seconds" in page.text()


def test_confusion_matrix_is_a_table_with_headers(page: Page):
    assert page.all("caption") == [({}, "What each digit was read as")]
    assert [text for _, text in page.all("th", scope="colgroup")][-1] == "The network said"
    rows = [text for _, text in page.all("th", scope="row")]
    assert rows[-10:] == list("0123456789")
    columns = [text for _, text in page.all("th", scope="col")]
    assert columns[-12:] == ["True digit", "Read right", *"0123456789"]


def test_confusion_matrix_shows_counts_and_recall(page: Page):
    assert [text for _, text in page.all("td", class_="right")] == ["3"] * 10
    wrong = page.all("td", class_="wrong")
    # Row 3, then 4, then 7; the most frequent mix-up has the full colour.
    assert [text for _, text in wrong] == ["1", "2", "1"]
    assert [has["style"] for has, _ in wrong] == ["--share:0.5", "--share:1.0", "--share:0.5"]
    assert len(page.all("td", class_="none")) == 100 - 10 - 3
    recalls = [text for _, text in page.all("td", class_="recall")]
    assert recalls[4] == "60.0 % of 5"
    assert recalls[0] == "100 % of 3"


def test_thousands_are_set_apart_everywhere(make_run):
    page = page_of(make_run([(0, 0, 0.9)] * 1200 + [(0, 1, 0.9)] * 1100, looks=()))
    assert page.all("td", class_="right")[0][1] == "1,200"
    assert page.all("td", class_="wrong")[0][1] == "1,100"
    assert page.all("td", class_="recall")[0][1].endswith("of 2,300")
    assert [text for has, text in page.all("td") if "data-long" in has] == ["1,200", "1,100"]


def test_the_column_of_the_summary_goes_by_its_name(page: Page):
    """The text explains a column of the table that ``summary`` prints."""
    from giulgi.cli.demo import digit_reader

    lines: list[str] = []
    digit_reader().summary(print_fn=lines.append)
    ((_, explained),) = page.all("em")
    assert explained in "\n".join(lines).split("\n")[2].split()


def test_mistakes_come_surest_first(page: Page):
    verdicts = [text for _, text in page.all("div", class_="verdict")]
    expected = [(1, 97.0, 7, 3.0), (9, 80.0, 4, 20.0), (5, 60.0, 3, 40.0), (9, 55.0, 4, 45.0)]
    assert len(verdicts) == len(expected)
    for verdict, (said, sureness, truth, rest) in zip(verdicts, expected, strict=True):
        told = f"it said {said} {sureness} % it is {truth} {rest} %"
        assert re.fullmatch(rf"no\. 3\d {re.escape(told)}", verdict)
    # By this number a digit is asked for.
    assert [verdict.split()[1] for verdict in verdicts] == ["31", "32", "33", "30"]


def test_each_mistake_has_ten_bars(page: Page):
    bars = [has["style"] for has, _ in page.all("i")]
    assert len(bars) == 4 * 10 + 2 * 10  # Those of the digits that it looks into come last.
    first = [float(style.removeprefix("--share:")) for style in bars[:10]]
    assert first == pytest.approx([0, 0.97, 0, 0, 0, 0, 0, 0.03, 0, 0], abs=1e-3)


def test_only_the_surest_sixty_are_shown(make_run):
    answers = [(0, 1 + i % 9, 0.51 + i / 200) for i in range(70)]
    page = page_of(make_run(answers=answers))
    verdicts = [text for _, text in page.all("div", class_="verdict")]
    assert len(verdicts) == 60
    assert verdicts[0].startswith("no. 69 it said 7 85.5")
    assert "Of its 70 mistakes, these are the 60 it was surest of." in page.text()


def test_no_mistakes_at_all(make_run):
    page = page_of(make_run(answers=[(digit, digit, 0.9) for digit in range(10)] * 3, looks=[0]))
    assert page.all("h1")[0][1].startswith("100 % of")
    assert "30 digits, and not one wrong." in page.text()
    assert "There are none: it read every digit right." in page.text()
    assert not page.all("td", class_="wrong")


def test_only_mistakes_and_digits_that_never_occur(make_run):
    page = page_of(make_run(answers=[(2, 3, 0.7)], looks=[0]))
    assert "This is its only mistake." in page.text()
    assert [text for _, text in page.all("td", class_="recall")][:3] == ["– of 0"] * 2 + [
        "0 % of 1"
    ]


def test_filters_of_the_first_layer(page: Page):
    assert "The 4 filters of the first layer." in page.text()
    assert "a small window of 3 × 3 weights" in page.text()
    alts = [has["alt"] for has, _ in page.all("img") if has["alt"].startswith("Weights of")]
    assert alts == [f"Weights of filter {number}" for number in range(4)]


def test_weights_that_are_all_zero_can_be_shown(make_run):
    run = make_run(filters=np.zeros((3, 3, 4), np.float32))
    assert "The 4 filters" in page_of(run).text()


def test_digits_to_look_into_are_chosen_without_a_script(page: Page):
    choices = page.all("input", type="radio", name="digit")
    assert [has["id"] for has, _ in choices] == ["digit-31", "digit-0"]
    assert ["checked" in has for has, _ in choices] == [True, False]
    labels = [text for has, text in page.all("label")]
    assert labels == ["7 read as 1", "0"]
    wrong, right = [text for _, text in page.all("div", class_="digit")]
    assert "digit number 31 is 7 . The network read 1 , and gave that 97.0 %." in wrong
    assert "digit number 0 is 0 . The network read it right, and gave it 90.0 %." in right


def test_feature_maps_of_each_digit(page: Page):
    heads = [text for _, text in page.all("h3")][-6:]
    assert heads == 2 * [
        "First layer 4 maps of 26 × 26",
        "Second layer 6 maps of 24 × 24",
        "After pooling 6 maps of 12 × 12",
    ]
    assert "From these 864 numbers" in page.text()
    sizes = Counter(has.get("width") for has, _ in page.all("img"))
    assert sizes["78"] == 2 * 4
    assert sizes["15"] == 2 * 4  # The filter of each map.
    assert sizes["72"] == 2 * (6 + 6)


def test_maps_in_which_nothing_was_found_are_counted(make_run):
    run = make_run(looks=[3])
    run.feature_maps.second[..., [1, 4]] = 0
    run.feature_maps.pooled[:] = 0
    heads = [text for _, text in page_of(run).all("h3")][-3:]
    assert heads[0].endswith("26 × 26")
    assert heads[1].endswith("24 × 24, 2 of them empty")
    assert heads[2].endswith("12 × 12, 6 of them empty")


def test_nothing_to_look_into(make_run):
    page = page_of(make_run(looks=()))
    assert not page.all("input")
    assert "Choose a digit" not in page.text()


def test_summary_and_facts_are_escaped(make_run):
    page = page_of(make_run(summary="<script>alert(1)</script>", facts={"<b>": "x < y & z"}))
    assert page.all("pre")[0][1] == "<script>alert(1)</script>"
    assert page.all("dd")[-1][1] == "x < y & z"
    assert not page.all("script")


def test_facts_are_the_small_print(page: Page):
    footer = page.all("footer")[0][1]
    assert footer.startswith("Version 0.1.0 Backend reference")


# ---- curves ----


def test_curves_are_labelled_at_their_ends(page: Page):
    svgs = [text for _, text in page.all("svg")]
    assert len(svgs) == 2
    assert "training 0.167" in svgs[0]
    assert "held out 0.133" in svgs[0]
    assert "held out 97.3 %" in svgs[1]


def test_numbers_of_each_epoch_are_told_in_a_table(page: Page):
    assert "1 0.500 0.400 90.0 % 92.0 %" in page.all("table", class_="numbers")[0][1]


@pytest.mark.parametrize(
    ("epochs", "sentence"),
    [
        (0, "The training ended before its first epoch was over"),
        (1, "There was one epoch"),
        (3, "lowest after the last epoch"),
        (60, "lowest after the last epoch"),
    ],
)
def test_any_number_of_epochs(epochs: int, sentence: str, make_run):
    page = page_of(make_run(epochs=epochs))
    assert sentence in page.text()
    assert len(page.all("svg")) == (2 if epochs else 0)


def test_the_best_epoch_is_told(make_run):
    history = dict(make_run().history, val_loss=[0.4, 0.1, 0.3])
    assert "lowest after epoch 2 of 3" in page_of(make_run(history=history)).text()


def test_a_training_line_that_is_the_worse_one_is_explained(make_run):
    history = dict(make_run().history, val_loss=[0.3, 0.2, 0.1])
    assert "training line is the worse one" in page_of(make_run(history=history)).text()
    history["val_loss"] = [0.3, 0.2, 0.5]
    assert "training line is the worse one" not in page_of(make_run(history=history)).text()


def test_losses_that_are_not_numbers_leave_a_gap(make_run):
    history = dict(make_run().history, loss=[0.5, np.nan, np.nan], val_loss=[np.inf] * 3)
    page = page_of(make_run(history=history))
    assert "∞" in page.all("table", class_="numbers")[0][1]
    assert "lowest after" not in page.text()


# ---- self-contained ----


def test_nothing_is_loaded_from_anywhere(html: str, page: Page):
    # No address of any kind, not even the name spaces of SVG, which a page does not need.
    assert "://" not in html
    for _, has, _ in page.elements:
        for key in ("src", "href", "data", "poster", "srcset", "action"):
            assert has.get(key, "#").startswith(("#", "data:")), (key, has[key])
    assert not re.findall(r"@import|url\((?!#)", html)
    assert not page.all("script")
    [(policy, _)] = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy["content"].startswith("default-src 'none';")


def test_ids_are_unique_and_every_reference_is_met(html: str, page: Page):
    ids = [has["id"] for _, has, _ in page.elements if "id" in has]
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    references = re.findall(r'(?:href="#|url\(#|labelledby=")([^")]+)', html)
    assert set(references) <= set(ids)


def test_pictures_have_alternative_texts(page: Page):
    assert page.all("img")
    assert all("alt" in has for has, _ in page.all("img"))


def test_charts_take_colours_and_fonts_from_the_page(html: str):
    svg = html[html.index("<svg") : html.index("</svg>")]
    assert "var(--held-out)" in svg
    assert "var(--sans)" in svg
    assert "#00000" not in svg
    assert "DejaVu" not in svg
    assert "<style" not in svg


def test_the_largest_page_is_small_enough(make_run):
    # Noise is what compresses worst.
    looks = range(11)
    run = make_run([(0, 1 + i % 9, 0.6) for i in range(200)], sizes=(32, 64), looks=looks)
    assert len(render_digits_report(run).encode()) < 2_500_000


def test_the_same_run_gives_the_same_page(html: str, make_run):
    assert render_digits_report(make_run()) == html


def test_pyplot_is_not_used(monkeypatch: pytest.MonkeyPatch, make_run):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    render_digits_report(make_run())


# ---- writing ----


def test_write_makes_a_utf8_file(tmp_path: Path, html: str, make_run):
    path = tmp_path / "숫자.html"
    write_digits_report(make_run(), path)
    assert path.read_bytes() == html.encode("utf-8")
    assert os.listdir(tmp_path) == [path.name]


def test_write_replaces_an_older_page(tmp_path: Path, make_run):
    path = tmp_path / "digits.html"
    path.write_text("old")
    write_digits_report(make_run(), path)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_failed_write_leaves_the_older_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_run
):
    path = tmp_path / "digits.html"
    path.write_text("old")

    def fail(source, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ReportFileError, match=r"digits\.html: Permission denied"):
        write_digits_report(make_run(), path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["digits.html"]


def test_a_folder_that_does_not_exist(tmp_path: Path, make_run):
    path = tmp_path / "nowhere" / "digits.html"
    with pytest.raises(ReportFileError, match="nowhere does not exist") as caught:
        write_digits_report(make_run(), path)
    assert isinstance(caught.value, OSError)
    assert "make the folder first" in str(caught.value)


def test_a_path_that_is_a_folder(tmp_path: Path):
    with pytest.raises(ReportFileError, match="that is a folder"):
        check_digits_report(tmp_path)


def test_a_page_that_cannot_be_written_is_told_before(tmp_path: Path):
    """A name that is too long can be written by nobody, not even by root."""
    with pytest.raises(ReportFileError, match=r"cannot be written to .*: ") as caught:
        check_digits_report(tmp_path / f"{'d' * 300}.html")
    assert "see that the folder may be written to" in str(caught.value)
    (tmp_path / "digits.html").write_text("old")
    check_digits_report(tmp_path / "digits.html")
    assert (tmp_path / "digits.html").read_text() == "old"
    assert os.listdir(tmp_path) == ["digits.html"]


@pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
def test_a_missing_extra_is_named(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_run
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError) as caught:
        write_digits_report(make_run(), tmp_path / "digits.html")
    assert isinstance(caught.value, GiulgiError)
    assert isinstance(caught.value, ImportError)
    assert f"needs the package '{package}'" in str(caught.value)
    assert "-m pip install " in str(caught.value)
    assert '[report]"' in str(caught.value)
    assert os.listdir(tmp_path) == []
