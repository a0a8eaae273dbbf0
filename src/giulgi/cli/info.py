"""``giulgi info``: what giulgi runs on."""

from __future__ import annotations

import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from giulgi.backends.cpu.machine.processor import Machine, host
from giulgi.backends.cpu.running.workers import available_cores
from giulgi.cli import cache
from giulgi.config import config
from giulgi.version import __version__

_BACKENDS = {
    "cpu": "compiled to native code",
    "reference": "NumPy, one operation at a time",
}
_EXTRAS = {"report": ("matplotlib", "jinja2")}


def info() -> None:
    """Print version, processor, backend, threads, paths, and what is kept on disk."""
    facts = collect()
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name:<{width}}  {value}")


def collect() -> dict[str, str]:
    """Return the facts by name."""
    package = Path(__file__).resolve().parent.parent
    return {
        "giulgi": __version__,
        "Python": f"{platform.python_version()} ({sys.executable})",
        "NumPy": np.__version__,
        "system": platform.platform(terse=True),
        "processor": processor(),
        "compiled for": machine_text(host()),
        "cores": f"{available_cores()} of {os.cpu_count()} usable here",
        "backend": f"{config.backend} ({_BACKENDS[config.backend]})",
        "threads": threads(),
        "package": str(package),
        "data": str(package / "data" / "files"),
        "extras": ", ".join(
            f"{name}: {'installed' if all(map(find_spec, modules)) else 'not installed'}"
            for name, modules in _EXTRAS.items()
        ),
        **cache.facts(),
    }


def machine_text(machine: Machine) -> str:
    """Return what LLVM calls the processor, and how wide its vectors are."""
    return (
        f"{machine.cpu}, vectors of {8 * machine.vector_bytes} bits "
        f"({machine.lanes(4)} float32 at once)"
    )


def threads() -> str:
    """Return how many threads a program runs on."""
    if config.backend == "reference":
        return "one, and those that NumPy's matrix products start themselves"
    return str(config.threads or available_cores())


def processor() -> str:
    """Return the processor's name, as the system tells it."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "Model")):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
