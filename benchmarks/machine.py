"""What the machine is, as far as it tells."""

from __future__ import annotations

import os
import platform

import numpy as np

from giulgi.backends.cpu.machine.processor import host
from giulgi.backends.cpu.running.workers import available_cores
from giulgi.cli.info import processor


def facts() -> dict[str, str]:
    """Return the facts by name."""
    return {
        "processor": processor(),
        "LLVM's name of it": host().cpu,
        "cores": str(available_cores()),
        "vectors": f"{8 * host().vector_bytes} bits ({host().lanes(4)} float32)",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "NumPy": np.__version__,
    }


def load() -> str:
    """Return how many processes wanted to run of late, over one, five and fifteen minutes."""
    if not hasattr(os, "getloadavg"):
        return "not known"
    return ", ".join(f"{number:.2f}" for number in os.getloadavg())
