"""Metrics that are sums, and means of losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.keras.losses import FUNCTIONS
from giulgi.compat.keras.metrics_objects import MeanMetricWrapper, Metric
from giulgi.compat.names import export
from giulgi.names import snake_case
from giulgi.nn.losses.shapes import as_examples


class _Metric(Metric):
    """Base of those here: their weights are giulgi's own."""

    def weight(self, name: str, shape: tuple[int, ...] = ()) -> Any:
        """Return a new variable of the state, which begins with 0."""
        return gg.metrics.Metric.add_weight(self, shape, name=name)


class Sum(_Metric):
    """The sum of values."""

    def __init__(self, name: str = "sum", dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.total = self.weight("total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add values."""
        x = gg.cast(gg.constant(values), "float32")
        self.total.assign_add(gg.sum(x if sample_weight is None else x * sample_weight))

    def result(self) -> gg.Tensor:
        """Return the sum."""
        return self.total + 0.0


class RootMeanSquaredError(_Metric):
    """The square root of the mean squared error."""

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.total, self.count = self.weight("total"), self.weight("count")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the squared errors of a batch."""
        y, p = as_examples(y_true, y_pred)
        squares = gg.square(p - gg.cast(y, p.dtype))
        weights: Any = 1.0 if sample_weight is None else gg.expand_dims(sample_weight, -1)
        self.total.assign_add(gg.cast(gg.sum(squares * weights), "float32"))
        self.count.assign_add(gg.cast(gg.sum(gg.ones_like(squares) * weights), "float32"))

    def result(self) -> gg.Tensor:
        """Return sqrt(total / count)."""
        return gg.sqrt(self.total / gg.maximum(self.count, 1.0))


def _mean_of(name: str, function: Callable[..., Any]) -> type:
    shown = snake_case(name).replace("k_l_", "kl_")

    def init(self: Any, name: str = shown, dtype: Any = None, **options: Any) -> None:
        MeanMetricWrapper.__init__(self, _of_giulgi(function), name, dtype, **options)

    fields = {"__module__": __name__, "__doc__": function.__doc__, "__init__": init}
    return type(name, (MeanMetricWrapper,), fields)


def _of_giulgi(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(y_true: Any, y_pred: Any, **options: Any) -> Any:
        return function(y_true, y_pred, **options)

    apply.of_giulgi = apply  # type: ignore[attr-defined]
    return apply


for _class in (Sum, RootMeanSquaredError):
    export(f"metrics.{_class.__name__}", _class, of="keras")
for _name, _function in {
    "MeanAbsolutePercentageError": "mean_absolute_percentage_error",
    "MeanSquaredLogarithmicError": "mean_squared_logarithmic_error",
    "BinaryCrossentropy": "binary_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "Hinge": "hinge", "SquaredHinge": "squared_hinge", "CategoricalHinge": "categorical_hinge",
    "KLDivergence": "kullback_leibler_divergence", "Poisson": "poisson",
    "LogCoshError": "logcosh",
}.items():  # fmt: skip
    export(f"metrics.{_name}", _mean_of(_name, FUNCTIONS[_function]), of="keras")


def _cosine(y_true: Any, y_pred: Any, axis: int = -1) -> gg.Tensor:
    """The cosine of the angle between y_true and y_pred."""
    return -FUNCTIONS["cosine_proximity"](y_true, y_pred, axis)


export("metrics.CosineSimilarity", _mean_of("CosineSimilarity", _cosine), of="keras")
