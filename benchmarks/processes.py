"""The peers' processes: started, asked, and ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.workloads import Peer, python_in

ROOT = Path(__file__).parent.parent
_IMPORT = "import time; begin = time.perf_counter(); import {}; print(time.perf_counter() - begin)"


class PeerError(Exception):
    """A peer's process ended without an answer; tells its last words."""


class Process:
    """A peer's program, which answers a line for each line that it is given.

    Args:
        peer: whose program.
        folder: where the environments are.
        request: what it is asked for.
    """

    def __init__(self, peer: Peer, folder: Path | None, request: dict[str, Any]) -> None:
        self.peer = peer
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  Lives as long as the process.
        self._process = subprocess.Popen(
            [
                *_python(peer, folder),
                "-m",
                f"benchmarks.peers.{peer.program}",
                json.dumps(request),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=ROOT,
            env=_environment(peer),
            encoding="utf-8",
        )

    def answer(self) -> Any:
        """Return what it says next."""
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip().splitlines()
            raise PeerError(said[-1] if said else f"exit {self._process.returncode}")
        return json.loads(line)

    def ask(self, name: str) -> float:
        """Let it measure something."""
        self._process.stdin.write(name + "\n")
        self._process.stdin.flush()
        return self.answer()

    def end(self) -> None:
        """Let it end."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()


def once(peer: Peer, folder: Path | None, request: dict[str, Any]) -> float:
    """Return the one answer of a fresh process."""
    process = Process(peer, folder, request)
    try:
        return process.answer()
    finally:
        process.end()


def import_seconds(peer: Peer, folder: Path | None) -> float:
    """Return how long the import takes in a fresh process."""
    command = [*_python(peer, folder), "-c", _IMPORT.format(peer.module)]
    ended = subprocess.run(
        command, capture_output=True, text=True, env=_environment(peer), check=False
    )
    if ended.returncode:
        raise PeerError(ended.stderr.strip().splitlines()[-1])
    return float(ended.stdout.splitlines()[-1])


def _python(peer: Peer, folder: Path | None) -> list[str]:
    if peer.environment is None:
        return [sys.executable]
    assert folder is not None, f"{peer.name} has an environment of its own"
    return [str(python_in(folder, peer))]


def _environment(peer: Peer) -> dict[str, str]:
    """Return the environment variables; compiled Python files are kept, as they usually are."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **peer.variables}
