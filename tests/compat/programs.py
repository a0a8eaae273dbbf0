"""How tests run programs: as a user does, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent


@dataclass(frozen=True)
class Ended:
    """What a program printed, and how it ended."""

    out: str
    err: str
    code: int


def giulgi_run(
    folder: Path,
    *words: str,
    text: str | None = None,
    name: str = "program.py",
    given: str | None = None,
) -> Ended:
    """Run ``giulgi run`` in a folder, with a program of some text if there is one.

    What is given is its standard input.
    """
    if text is not None:
        (folder / name).write_text(dedent(text), encoding="utf-8")
        words = (name, *words)
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-W", "default", "-m", "giulgi", "run", *words],
        cwd=folder,
        env=env,
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(done.stdout, done.stderr, done.returncode)


def run(folder: Path, text: str, *lines: str) -> str:
    """Run a program, and check the lines that it prints; return what it says of errors."""
    ended = giulgi_run(folder, text=text)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == list(lines)
    return ended.err
