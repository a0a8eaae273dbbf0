"""The package absl, which came with TensorFlow: its flags, app and logging are TensorFlow's."""

from __future__ import annotations

import importlib
from types import ModuleType

from giulgi.compat.healing.hooks import makes

_PARTS = ("app", "flags", "logging")


@makes("absl")
def _whole(module: ModuleType) -> None:
    for part in _PARTS:
        setattr(module, part, importlib.import_module(f"absl.{part}"))


@makes(*(f"absl.{part}" for part in _PARTS))
def _part(module: ModuleType) -> None:
    tensorflow = importlib.import_module("tensorflow.compat.v1")
    part = getattr(tensorflow, module.__name__.rpartition(".")[2])
    module.__dict__["__getattr__"] = lambda name: getattr(part, name)


HEALED = ("absl", [f"absl.{part} is tf.{part}" for part in _PARTS])
