"""Data that programs download, and that ship with giulgi."""

from __future__ import annotations

import functools
import importlib
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from giulgi.compat.healing.hooks import heals, makes
from giulgi.compat.healing.telling import tell
from giulgi.compat.shipped import NAMES, made, shipped

Function = Callable[..., Any]


def _address(url: Any) -> str:
    return url if isinstance(url, str) else str(getattr(url, "full_url", ""))


@heals("urllib.request")
def _request(module: Any) -> None:
    module.urlretrieve = _retrieving(module.urlretrieve)
    module.urlopen = _opening(module.urlopen)


def _retrieving(own: Function) -> Function:
    @functools.wraps(own)
    def urlretrieve(url: Any, filename: Any = None, *args: Any, **options: Any) -> Any:
        path = shipped(_address(url))
        if path is not None:
            return (str(path), {}) if filename is None else (shutil.copyfile(path, filename), {})
        try:
            return own(url, filename, *args, **options)
        except OSError:
            content = None if filename is None else made(_address(url))
            if content is None:
                raise
        Path(filename).write_bytes(content)
        return filename, {}

    return urlretrieve


def _opening(own: Function) -> Function:
    @functools.wraps(own)
    def urlopen(url: Any, *args: Any, **options: Any) -> Any:
        path = shipped(_address(url))
        if path is not None:
            return _Opened(path.read_bytes())
        try:
            return own(url, *args, **options)
        except OSError:
            content = made(_address(url))
            if content is None:
                raise
        return _Opened(content)

    return urlopen


class _Opened(io.BytesIO):
    """What ``urlopen`` returns: a file with what is told of it by the network."""

    status = code = 200

    @property
    def headers(self) -> dict[str, str]:
        """No more than the length."""
        return {"Content-Length": str(len(self.getvalue()))}

    def info(self) -> dict[str, str]:
        """Return what is told of it."""
        return self.headers

    def getcode(self) -> int:
        """Return that all went well."""
        return self.status


@makes("input_data")
def _input_data(module: ModuleType) -> None:
    """The reader of MNIST that tutorials came with, as a file beside the program."""
    tell("There is no input_data beside the program: it is TensorFlow's reader of MNIST.")
    own = importlib.import_module("tensorflow.examples.tutorials.mnist.input_data")
    module.__dict__.update({name: getattr(own, name) for name in dir(own) if name[0] != "_"})


#: What is healed here, for the page of documentation.
HEALED = ("downloads", [*NAMES, "input_data"])
