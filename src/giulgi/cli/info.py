"""``giulgi info``: what giulgi runs on."""

from __future__ import annotations

import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from giulgi.config import config
from giulgi.version import __version__

_EXTRAS = {"report": ("matplotlib", "jinja2")}


def info() -> None:
    """Print version, processor, backend, threads and paths."""
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
        "cores": f"{usable_cores()} of {os.cpu_count()} usable here",
        "backend": f"{config.backend} (NumPy, one operation at a time)",
        "threads": "one, and those that NumPy's matrix products start themselves",
        "package": str(package),
        "data": str(package / "data" / "files"),
        "extras": ", ".join(
            f"{name}: {'installed' if all(map(find_spec, modules)) else 'not installed'}"
            for name, modules in _EXTRAS.items()
        ),
    }


def processor() -> str:
    """Return the processor's name, as the system tells it."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "Model")):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """Return how many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
