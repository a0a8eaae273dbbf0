"""What a browser makes of the page about digits at many widths; where there is Chromium."""

import html
import re
import shutil
import subprocess

import pytest

from giulgi.viz.digits_report import render_digits_report

BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
WIDTHS = (320, 375, 430, 500, 640, 700, 800, 1000, 1060, 1200, 1300)

# By how much the numbers of the matrix reach over the edges of their cells, the worst of all.
MEASURE = """<script>onload = () => {
  document.title = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument, range = page.createRange();
    return Math.max(...[...page.querySelectorAll(".matrix td")].map((cell) => {
      range.selectNodeContents(cell);
      const text = range.getBoundingClientRect(), box = cell.getBoundingClientRect();
      return Math.max(text.right - box.right, box.left - text.left);
    }));
  }).join(" ");
}</script>"""


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_counts_above_a_thousand_fit_into_their_cells(make_run, tmp_path):
    right = [(digit, digit, 0.9) for digit in range(10) for _ in range(1135)]
    page = render_digits_report(make_run([*right, *[(4, 9, 0.8)] * 1100]))
    page = re.sub(r"<meta http-equiv.*?>", "", page, flags=re.DOTALL)  # It forbids the script.
    frames = [f'<iframe width="{w}" srcdoc="{html.escape(page)}"></iframe>' for w in WIDTHS]
    file = tmp_path / "frames.html"
    file.write_text("<!DOCTYPE html>" + "".join(frames) + MEASURE, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'me'}"]
    done = subprocess.run(
        [BROWSER, *options, "--dump-dom", file.as_uri()],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    title = re.findall("<title>([^<]*)</title>", done.stdout)[-1]
    reach = dict(zip(WIDTHS, map(float, title.split()), strict=True))
    assert {width: pixels for width, pixels in reach.items() if pixels > 0} == {}
