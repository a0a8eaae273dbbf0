"""Files that programs download, and that ship with giulgi, or can be made of what ships.

=====================================  =======================================================
the four files of MNIST                as they are
iris.data, pima-indians-diabetes.data, as they are: the tables of the UCI repository
sonar.all-data
winequality-red.csv, -white.csv        made of one table of both, with the headings
iris_training.csv, iris_test.csv       made of the 150 flowers: 120 and 30, in an order of its own
=====================================  =======================================================
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import numpy as np

from giulgi.compat.healing.telling import tell

_FOLDER = Path(__file__).resolve().parents[1] / "data" / "files"
_TABLES = {
    "iris.data": "iris.csv",
    "pima-indians-diabetes.data": "pima-indians-diabetes.csv",
    "pima-indians-diabetes.data.csv": "pima-indians-diabetes.csv",
    "pima-indians-diabetes.csv": "pima-indians-diabetes.csv",
    "sonar.all-data": "sonar.csv",
}
_WINE = (
    "fixed acidity", "volatile acidity", "citric acid", "residual sugar", "chlorides",
    "free sulfur dioxide", "total sulfur dioxide", "density", "pH", "sulphates", "alcohol",
    "quality",
)  # fmt: skip
_IRIS_TRAINING, _IRIS_SEED = 120, 0


def _name(address: str) -> str:
    return PurePosixPath(urlsplit(address).path).name


def shipped(address: str) -> Path | None:
    """Return the file that an address names, if just that ships; else None."""
    name = _name(address)
    path = _FOLDER / "uci" / _TABLES[name] if name in _TABLES else _FOLDER / "mnist" / name
    if not name or not path.is_file():
        return None
    tell(f"{name} is not downloaded: giulgi has it.")
    return path


def made(address: str) -> bytes | None:
    """Return what can be made in the place of a file that could not be downloaded, or None."""
    name = _name(address)
    if name not in _MADE:
        return None
    tell(f"{name} cannot be downloaded: it is made of the table that comes with giulgi.")
    return _MADE[name]().encode()


def _lines(table: str) -> list[str]:
    return (_FOLDER / "uci" / table).read_text(encoding="utf-8").split()


def _wine(kind: str) -> str:
    rows = [line.split(",") for line in _lines("wine.csv")]
    heading = ";".join(f'"{name}"' for name in _WINE)
    return "\n".join([heading, *(";".join(row[:-1]) for row in rows if row[-1] == kind), ""])


def _iris(is_training: bool) -> str:
    """Return flowers as TensorFlow's tutorials expect them: counts and names, then numbers."""
    rows = [line.rpartition(",") for line in _lines("iris.csv")]
    names = list(dict.fromkeys(row[2] for row in rows))
    order = np.random.default_rng(_IRIS_SEED).permutation(len(rows))
    chosen = order[:_IRIS_TRAINING] if is_training else order[_IRIS_TRAINING:]
    heading = ",".join([str(len(chosen)), "4", *(name.removeprefix("Iris-") for name in names)])
    told = [f"{rows[i][0]},{names.index(rows[i][2])}" for i in chosen]
    return "\n".join([heading, *told, ""])


_MADE: dict[str, Callable[[], str]] = {
    "winequality-red.csv": lambda: _wine("1"),
    "winequality-white.csv": lambda: _wine("0"),
    "iris_training.csv": lambda: _iris(True),
    "iris_test.csv": lambda: _iris(False),
}

NAMES = ("the files of MNIST", *_TABLES, *_MADE)
