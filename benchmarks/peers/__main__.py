"""Make the peers' environments: ``python -m benchmarks.peers --create DIR torch jax tensorflow``.

Each is a virtual environment of its own, so that none has to agree with another about versions.
Together they take about 3 GB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.workloads import python_of

REQUIREMENTS = {
    "torch": ["torch", "numpy"],
    "jax": ["jax", "keras"],
    "tensorflow": [
        "tensorflow-cpu; platform_system != 'Darwin'",
        "tensorflow; platform_system == 'Darwin'",
        "keras",
    ],
}


def main() -> None:
    """Make the environments that are named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--create", metavar="DIR", type=Path, required=True)
    parser.add_argument("names", nargs="*", default=[*REQUIREMENTS], help=", ".join(REQUIREMENTS))
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in REQUIREMENTS:
            parser.error(f"there is no peer {name!r}; there are {', '.join(REQUIREMENTS)}")
        folder = arguments.create / name
        print(f"{name}: {' '.join(REQUIREMENTS[name])} -> {folder}", flush=True)
        venv.create(folder, with_pip=True)
        install = [python_of(folder), "-m", "pip", "install", "--quiet", *REQUIREMENTS[name]]
        if subprocess.run(install, check=False).returncode:
            sys.exit(f"{name} could not be installed")


if __name__ == "__main__":
    main()
