"""What a browser makes of the page about digits at many widths; where there is Chromium."""

import html
import re
import shutil
import subprocess

import pytest

from giulgi.viz.digits_report import render_digits_report

BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
WIDTHS = (320, 375, 430, 500, 640, 700, 800, 1000, 1060, 1200, 1300)

# Of each width a number, which a function makes of the document.
MEASURE = """<script>onload = () => {
  const measure = %s;
  document.title = [...document.querySelectorAll("iframe")]
    .map((frame) => measure(frame.contentDocument)).join(" ");
}</script>"""

# By how much the numbers of the matrix and the cards reach over their edges, the worst of all.
REACH_OF_NUMBERS = """(page) => {
  const range = page.createRange();
  return Math.max(...[...page.querySelectorAll(".matrix td, .verdict dd")].map((cell) => {
    range.selectNodeContents(cell);
    const text = range.getBoundingClientRect();
    const box = cell.closest("td, li").getBoundingClientRect();
    return Math.max(text.right - box.right, box.left - text.left);
  }));
}"""

# By how much the whole page is wider than its window.
REACH_OF_PAGE = "(page) => page.documentElement.scrollWidth - page.documentElement.clientWidth"

# How many of the digits that it looks into are shown, after a click on the last label.
SHOWN = """(page) => {
  [...page.querySelectorAll("label")].at(-1).click();
  const shown = [...page.querySelectorAll(".inside")].map((inside) => inside.checkVisibility());
  return shown.filter(Boolean).length * (shown.at(-1) ? 1 : 100);
}"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium")


@pytest.fixture
def measured(tmp_path):
    """Return for each width what a script makes of a page."""

    def measured(page: str, script: str) -> dict[int, float]:
        page = re.sub(r"<meta http-equiv.*?>", "", page, flags=re.DOTALL)  # It forbids scripts.
        frames = [f'<iframe width="{w}" srcdoc="{html.escape(page)}"></iframe>' for w in WIDTHS]
        file = tmp_path / "frames.html"
        text = "<!DOCTYPE html>" + "".join(frames) + MEASURE % script
        file.write_text(text, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu"]
        done = subprocess.run(
            [BROWSER, *options, f"--user-data-dir={tmp_path / 'me'}", "--dump-dom", file.as_uri()],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=True,
        )
        title = re.findall("<title>([^<]*)</title>", done.stdout)[-1]
        return dict(zip(WIDTHS, map(float, title.split()), strict=True))

    return measured


def test_the_longest_numbers_fit_into_cells_and_cards(make_run, measured):
    right = [(digit, digit, 0.9) for digit in range(10) for _ in range(1135)]
    page = render_digits_report(make_run([*right, *[(4, 9, 0.9999)] * 1100]))
    reach = measured(page, REACH_OF_NUMBERS)
    assert {width: pixels for width, pixels in reach.items() if pixels > 0} == {}


def test_the_page_is_not_wider_than_its_window(make_run, measured):
    page = render_digits_report(make_run(sizes=(8, 16), looks=(*range(11), 31)))
    reach = measured(page, REACH_OF_PAGE)
    assert {width: pixels for width, pixels in reach.items() if pixels > 0} == {}


def test_a_click_shows_another_digit(make_run, measured):
    page = render_digits_report(make_run(looks=(31, 0, 3)))
    assert measured(page, SHOWN) == dict.fromkeys(WIDTHS, 1)
