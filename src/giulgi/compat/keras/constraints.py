"""Constraints: functions that keep a weight within limits after each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.keras.boundary import called, expressions
from giulgi.compat.keras.utils import known_object
from giulgi.compat.names import export

_LEAST = 1e-7


class Constraint:
    """Base of constraints: ``limited`` says what becomes of a weight."""

    def __call__(self, w: Any) -> Any:
        """Return the weight within its limits."""
        return called(self.limited, type(self).__name__, None, [w], {})

    def limited(self, w: gg.Tensor) -> gg.Tensor:
        """Return the weight within its limits, as an expression."""
        return w

    def get_config(self) -> dict[str, Any]:
        """Return what it was made with."""
        return dict(vars(self))


class NonNeg(Constraint):
    """Negative numbers become 0."""

    def limited(self, w: gg.Tensor) -> gg.Tensor:
        """max(w, 0)."""
        return gg.maximum(w, 0.0)


def _length(w: gg.Tensor, axis: Any) -> gg.Tensor:
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    return gg.sqrt(gg.sum(gg.square(w), axes, keepdims=True))


class UnitNorm(Constraint):
    """Along an axis the length is 1."""

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def limited(self, w: gg.Tensor) -> gg.Tensor:
        """w / |w|."""
        return w / (_LEAST + _length(w, self.axis))


class MinMaxNorm(Constraint):
    """Along an axis the length is between two limits; ``rate`` says how far it is moved there."""

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ) -> None:
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def limited(self, w: gg.Tensor) -> gg.Tensor:
        """Scale w to the length that is wanted."""
        length = _length(w, self.axis)
        wanted = gg.clip(length, self.min_value, self.max_value)
        return w * (self.rate * wanted + (1 - self.rate) * length) / (_LEAST + length)


class MaxNorm(Constraint):
    """Along an axis the length is at most ``max_value``."""

    def __init__(self, max_value: float = 2.0, axis: Any = 0, m: float | None = None) -> None:
        self.max_value = max_value if m is None else m
        self.axis = axis

    def limited(self, w: gg.Tensor) -> gg.Tensor:
        """Shorten w where it is too long."""
        length = _length(w, self.axis)
        return w * gg.clip(length, 0.0, self.max_value) / (_LEAST + length)


_BY_NAME: dict[str, Callable[..., Constraint]] = {}
for _class, _names in (
    (Constraint, ()),
    (MaxNorm, ("max_norm", "maxnorm")),
    (NonNeg, ("non_neg", "nonneg")),
    (UnitNorm, ("unit_norm", "unitnorm")),
    (MinMaxNorm, ("min_max_norm",)),
):
    for _name in (_class.__name__, *_names):
        _BY_NAME[_name] = _class
        export(f"constraints.{_name}", _class, of="keras")


def get(identifier: Any) -> Any:
    """Return a constraint of expressions by a name or a description; a function is itself."""
    if identifier is None:
        return None
    if isinstance(identifier, (dict, str)):
        return known_object(identifier, _BY_NAME, "constraint")
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret constraint identifier: {identifier}")


def constraints_in(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Take the constraints out of the arguments; return them by the weights that they are of."""
    names = [key for key in kwargs if key.endswith("_constraint")]
    found = {key.removesuffix("_constraint"): get(kwargs.pop(key)) for key in names}
    return {name: constraint for name, constraint in found.items() if constraint is not None}


def limit(constraint: Any, new: gg.Tensor) -> gg.Tensor:
    """Return a new value of a weight within its limits."""
    from giulgi.compat.keras.boundary import named

    is_own = isinstance(constraint, Constraint) and type(constraint).__call__ is Constraint.__call__
    if is_own:  # A program's class has a call of its own.
        return constraint.limited(new)
    result: gg.Tensor = expressions(constraint(named(new)))
    return result


export("constraints.get", get, of="keras")
export("constraints.deserialize", get, of="keras")
