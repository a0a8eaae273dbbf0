"""Remarks point at the user's line, and are not repeated."""

import subprocess
import sys
import warnings

import pytest

from giulgi.advice import advise

PROGRAM = """
from giulgi.advice import advise
for step in range(3):
    advise("the first remark")
advise("the second remark")
"""


def test_a_remark_is_a_warning_at_the_line_of_the_user():
    with pytest.warns(UserWarning, match="look at this") as caught:
        advise("look at this")
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="or this"):
            advise("or this")


def test_a_line_is_told_the_same_only_once(tmp_path):
    file = tmp_path / "program.py"
    file.write_text(PROGRAM, encoding="utf-8")
    told = subprocess.run([sys.executable, file], capture_output=True, text=True, check=True)
    lines = [line for line in told.stderr.splitlines() if "UserWarning" in line]
    assert lines == [
        f"{file}:4: UserWarning: the first remark",
        f"{file}:5: UserWarning: the second remark",
    ]
