"""The page of what is covered says what the tables say."""

import runpy
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_is_up_to_date():
    script = runpy.run_path(str(FOLDER / "make_running_old_programs.py"))
    written = (FOLDER / "running-old-programs.md").read_text(encoding="utf-8")
    assert written == script["page"](), "run: python docs/make_running_old_programs.py"


def test_the_page_lists_modules_names_and_what_is_healed():
    page = (FOLDER / "running-old-programs.md").read_text(encoding="utf-8")
    for text in ("**`tensorflow.nn`**", "`softmax`", "`np.asscalar`", "`df.ix`", "giulgi run"):
        assert text in page
    assert "**`tensorflow.python." not in page
