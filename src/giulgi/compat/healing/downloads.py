"""Data that programs download, and that ship with giulgi: the handwritten digits of MNIST."""

from __future__ import annotations

import functools
import importlib
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from giulgi.compat.healing.hooks import heals, makes
from giulgi.compat.healing.telling import tell

Function = Callable[..., Any]

_SHIPPED = Path(__file__).resolve().parents[2] / "data" / "files" / "mnist"


def _shipped(url: Any) -> Path | None:
    """Return the file that ships of what an address names; None if none does."""
    address = url if isinstance(url, str) else getattr(url, "full_url", "")
    name = PurePosixPath(urlsplit(address).path).name
    path = _SHIPPED / name
    if not name or not path.is_file():
        return None
    tell(f"{name} is not downloaded: giulgi has it.")
    return path


@heals("urllib.request")
def _request(module: Any) -> None:
    module.urlretrieve = _retrieving(module.urlretrieve)
    module.urlopen = _opening(module.urlopen)


def _retrieving(own: Function) -> Function:
    @functools.wraps(own)
    def urlretrieve(url: Any, filename: Any = None, *args: Any, **options: Any) -> Any:
        path = _shipped(url)
        if path is None:
            return own(url, filename, *args, **options)
        if filename is None:
            return str(path), {}
        shutil.copyfile(path, filename)
        return filename, {}

    return urlretrieve


def _opening(own: Function) -> Function:
    @functools.wraps(own)
    def urlopen(url: Any, *args: Any, **options: Any) -> Any:
        path = _shipped(url)
        return own(url, *args, **options) if path is None else path.open("rb")

    return urlopen


@makes("input_data")
def _input_data(module: ModuleType) -> None:
    """The reader of MNIST that tutorials came with, as a file beside the program."""
    tell("There is no input_data beside the program: it is TensorFlow's reader of MNIST.")
    own = importlib.import_module("tensorflow.examples.tutorials.mnist.input_data")
    module.__dict__.update({name: getattr(own, name) for name in dir(own) if name[0] != "_"})


#: What is healed here, for the page of documentation.
HEALED = ("downloads", ["the files of MNIST", "input_data"])
