"""Metrics, and what becomes of a metric that ``compile`` is given."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.keras import losses
from giulgi.compat.keras.boundary import expressions, keras_function
from giulgi.compat.manner import manner
from giulgi.compat.names import TABLES, exported
from giulgi.compat.sessions.running import new_values, with_effect
from giulgi.compat.tensors.tensor import Tensor
from giulgi.compat.wording import unknown
from giulgi.graph.rewrite import substitute
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


class OfProgram(gg.metrics.MeanOf):
    """The mean over all examples of a program's own function, and what it assigns meanwhile.

    A function may return what ``tf.metrics`` gathers over the batches so far. What its result
    depends on is then assigned with each batch, and variables that it reads are those behind it.
    As in Keras, nothing of that is forgotten when an epoch ends.

    Args:
        function: ``(y_true, y_pred)`` -> one value for each example, or one for all.
        name: its name.
    """

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        super().__init__(losses.of_user(self._watched(function)), name)
        self._assigned: dict[gg.Variable, gg.Tensor] = {}

    def _watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            found = function(*args, **kwargs)
            if not (isinstance(found, Tensor) and found.op.has_effect) or found.is_eager:
                return found
            news = new_values(with_effect([found], set()))
            self._assigned = {variable.variable: new for variable, new in news.items()}
            # What is made of the new values is right; what reads a variable reads the new ones.
            others = {variable.node: new for variable, new in self._assigned.items()}
            keep = {new.node: new for new in self._assigned.values()}
            return substitute([expressions(found)], others | keep)[0]

        return call

    def _add(self, values: gg.Tensor, weights: Any) -> None:
        """Add values with their weights; a single number for the whole batch has none."""
        super()._add(values, None if values.known_shape == () else weights)

    def updates(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Return what a batch changes, as graph: the mean, and what the function assigns."""
        self._assigned = {}
        own = super().updates(*args, **kwargs)
        return [*own, *self._assigned.items()]


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
            identifier = manner.accuracy if identifier.lower() == "accuracy" else identifier
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
    return OfProgram(identifier, name) if own is None else gg.metrics.MeanOf(own, name)


@exported("metrics.get", "metrics.deserialize", of="keras")
def get(identifier: Any) -> Any:
    """Return the function of a metric by its name; a function is itself."""
    return TABLES["keras"][f"metrics.{identifier}"] if isinstance(identifier, str) else identifier
