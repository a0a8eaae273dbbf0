"""Metrics, and what becomes of a metric that ``compile`` is given."""

from __future__ import annotations

import inspect
from typing import Any

import giulgi as gg
from giulgi.compat.keras import losses
from giulgi.compat.keras.boundary import keras_function
from giulgi.compat.names import TABLES, exported
from giulgi.compat.wording import unknown
from giulgi.names import letters_of

#: Metrics by their names, as functions of expressions.
FUNCTIONS: dict[str, losses.Function] = {
    "binary_accuracy": gg.metrics.binary_accuracy,
    "categorical_accuracy": gg.metrics.categorical_accuracy,
    "sparse_categorical_accuracy": gg.metrics.sparse_categorical_accuracy,
    "top_k_categorical_accuracy": gg.metrics.top_k_categorical_accuracy,
    "sparse_top_k_categorical_accuracy": gg.metrics.sparse_top_k_categorical_accuracy,
}
for _name, _function in FUNCTIONS.items():
    _built = keras_function(f"metrics.{_name}")(_function)
    _built.of_giulgi = _function  # type: ignore[attr-defined]
FUNCTIONS |= losses.FUNCTIONS

_ACCURACY = ("accuracy", "acc")
for _name in _ACCURACY:
    _built = keras_function(f"metrics.{_name}")(gg.metrics.accuracy)
    _built.of_giulgi = gg.metrics.accuracy  # type: ignore[attr-defined]


def as_metric(identifier: Any, is_binary: bool = False) -> Any:
    """Return a metric as giulgi takes it, with the name that it is given by.

    Args:
        identifier: a name, a function, or a metric.
        is_binary: whether "accuracy" is that of answers yes or no: the loss says so.
    """
    if isinstance(identifier, type):
        identifier = identifier()
    if isinstance(identifier, gg.metrics.Metric) or identifier is None:
        return identifier
    if isinstance(identifier, str):
        if identifier.lower() in _ACCURACY:
            if is_binary:
                return gg.metrics.MeanOf(gg.metrics.binary_accuracy, identifier)
            return identifier
        for name, function in FUNCTIONS.items():
            if letters_of(name) == letters_of(identifier):
                return gg.metrics.MeanOf(function, identifier)
        for name, thing in TABLES["keras"].items():
            is_class = name.startswith("metrics.") and inspect.isclass(thing)
            if is_class and letters_of(name[len("metrics.") :]) == letters_of(identifier):
                return thing()
        raise ValueError(unknown("metric function", identifier, FUNCTIONS))
    own = getattr(identifier, "of_giulgi", None)
    name = getattr(identifier, "__name__", type(identifier).__name__)
    return gg.metrics.MeanOf(losses.of_user(identifier) if own is None else own, name)


@exported("metrics.get", "metrics.deserialize", of="keras")
def get(identifier: Any) -> Any:
    """Return the function of a metric by its name; a function is itself."""
    return TABLES["keras"][f"metrics.{identifier}"] if isinstance(identifier, str) else identifier
