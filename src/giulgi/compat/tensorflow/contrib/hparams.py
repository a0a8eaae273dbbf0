"""``tf.contrib.training.HParams``: named settings of a training."""

from __future__ import annotations

import ast
import json
from typing import Any

from giulgi.compat.names import exported


@exported("contrib.training.HParams", "contrib.training.python.training.hparam.HParams")
class HParams:
    """Settings, which are attributes: ``HParams(rate=0.1).rate``.

    Args:
        settings: their names and first values; those that are set later are of the same type.
    """

    _kinds: dict[str, type]

    def __init__(
        self, hparam_def: Any = None, model_structure: Any = None, **settings: Any
    ) -> None:
        del hparam_def, model_structure
        object.__setattr__(self, "_kinds", {})
        for name, value in settings.items():
            self.add_hparam(name, value)

    def add_hparam(self, name: str, value: Any) -> None:
        """Add a setting."""
        if name in self._kinds or hasattr(type(self), name):
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        self._kinds[name] = type(value)
        object.__setattr__(self, name, value)

    def set_hparam(self, name: str, value: Any) -> None:
        """Give a setting a value of its type.

        Raises:
            KeyError: if there is no such setting.
            ValueError: if the value is of another type.
        """
        kind = self._kinds[name]
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if kind is not type(None) and not isinstance(value, kind):
            raise ValueError(f"{name} is a {kind.__name__}, and {value!r} is not")
        object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._kinds:
            self._kinds[name] = type(value)
        object.__setattr__(self, name, value)

    def del_hparam(self, name: str) -> None:
        """Take a setting away."""
        del self._kinds[name]
        object.__delattr__(self, name)

    def values(self) -> dict[str, Any]:
        """Return all settings."""
        return {name: getattr(self, name) for name in self._kinds}

    def get(self, key: str, default: Any = None) -> Any:
        """Return a setting, or something else if there is none."""
        return getattr(self, key) if key in self._kinds else default

    def override_from_dict(self, values_dict: dict[str, Any]) -> HParams:
        """Set several."""
        for name, value in values_dict.items():
            self.set_hparam(name, value)
        return self

    def parse(self, values: str) -> HParams:
        """Set several, told in a text: ``"rate=0.5,layers=[3,4],name=x"``."""
        for part in _parts(values):
            name, _, text = part.partition("=")
            self.set_hparam(name.strip(), _value(text.strip(), self._kinds[name.strip()]))
        return self

    def to_json(self, indent: Any = None, separators: Any = None, sort_keys: bool = False) -> str:
        """Return all settings as JSON."""
        return json.dumps(self.values(), indent=indent, separators=separators, sort_keys=sort_keys)

    def parse_json(self, values_json: str) -> HParams:
        """Set several, told as JSON."""
        return self.override_from_dict(json.loads(values_json))

    def __contains__(self, key: str) -> bool:
        return key in self._kinds

    def __repr__(self) -> str:
        return f"HParams({sorted(self.values().items())})"


def _parts(text: str) -> list[str]:
    """Return the parts of a text between commas that are in no brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part.strip()]


def _value(text: str, kind: type) -> Any:
    if kind is str:
        return text
    if kind is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    value = ast.literal_eval(text)
    return bool(value) if kind is bool else value
