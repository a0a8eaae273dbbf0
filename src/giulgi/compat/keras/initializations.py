"""``keras.initializations`` of Keras 1: functions of a shape that return a new variable."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from giulgi.compat.keras.backend_session import variable
from giulgi.compat.keras.boundary import named
from giulgi.compat.keras.parts import INITIALIZERS
from giulgi.compat.names import export, exported
from giulgi.compat.wording import unknown

# What scale is of each, and how great it is by default; None: there is none.
_SCALES: dict[str, tuple[str, float] | None] = {
    "uniform": ("maxval", 0.05), "normal": ("stddev", 0.05), "orthogonal": ("gain", 1.1),
    "identity": ("gain", 1.0), "zero": None, "one": None, "glorot_uniform": None,
    "glorot_normal": None, "he_uniform": None, "he_normal": None, "lecun_uniform": None,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Any]] = {}


def _function(told: str) -> Callable[..., Any]:
    scaled = _SCALES[told]

    def first(shape: Any, *args: Any, **options: Any) -> Any:
        order = ("name", "dim_ordering") if scaled is None else ("scale", "name", "dim_ordering")
        given = dict(zip(order, args, strict=False)) | options
        settings = {}
        if scaled is not None:
            settings[scaled[0]] = given.get("scale", scaled[1])
        if told == "uniform":
            settings["minval"] = -settings["maxval"]
        values = INITIALIZERS[told](**settings)(tuple(shape))
        return variable(named(values), name=given.get("name"))

    first.__name__ = first.__qualname__ = told
    first.__doc__ = f"Return a variable of a shape: {told}, of a scale if it has one."
    return first


for _name in _SCALES:
    _FUNCTIONS[_name] = _function(_name)
    export(f"initializations.{_name}", _FUNCTIONS[_name], of="keras")


@exported("initializations.get", of="keras")
def get(identifier: Any, **kwargs: Any) -> Any:
    """Return one of these functions by its name, with some arguments; a function is itself."""
    if not isinstance(identifier, str):
        return identifier
    if identifier not in _FUNCTIONS:
        raise ValueError(unknown("initialization", identifier, _FUNCTIONS))
    found = _FUNCTIONS[identifier]
    return functools.partial(found, **kwargs) if kwargs else found
