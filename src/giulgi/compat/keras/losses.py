"""Losses, and what becomes of a loss that ``compile`` is given."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import giulgi as gg
from giulgi.compat.keras.boundary import called, for_user, is_standalone, keras_function
from giulgi.compat.names import export, exported
from giulgi.compat.wording import unknown
from giulgi.names import letters_of
from giulgi.nn.weighting import fit_weights

_LEAST = 1e-7

Function = Callable[..., gg.Tensor]


def _both(y_true: Any, y_pred: Any) -> tuple[gg.Tensor, gg.Tensor]:
    p = gg.constant(y_pred)
    return gg.cast(gg.constant(y_true), p.dtype), p


def mean_squared_error(y_true: Any, y_pred: Any) -> gg.Tensor:
    """mean((y_true - y_pred)^2) along the last axis."""
    y, p = _both(y_true, y_pred)
    return gg.mean(gg.square(p - y), -1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> gg.Tensor:
    """mean(|y_true - y_pred|) along the last axis."""
    y, p = _both(y_true, y_pred)
    return gg.mean(gg.abs(p - y), -1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> gg.Tensor:
    """100 mean(|y_true - y_pred| / |y_true|) along the last axis."""
    y, p = _both(y_true, y_pred)
    return 100.0 * gg.mean(gg.abs((y - p) / gg.maximum(gg.abs(y), _LEAST)), -1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> gg.Tensor:
    """mean((ln(1 + y_true) - ln(1 + y_pred))^2) along the last axis."""
    y, p = (gg.log(gg.maximum(x, _LEAST) + 1.0) for x in _both(y_true, y_pred))
    return gg.mean(gg.square(p - y), -1)


def squared_hinge(y_true: Any, y_pred: Any) -> gg.Tensor:
    """mean(max(0, 1 - y_true y_pred)^2) along the last axis."""
    y, p = _signs(y_true, y_pred)
    return gg.mean(gg.square(gg.maximum(1.0 - y * p, 0.0)), -1)


def hinge(y_true: Any, y_pred: Any) -> gg.Tensor:
    """mean(max(0, 1 - y_true y_pred)) along the last axis."""
    y, p = _signs(y_true, y_pred)
    return gg.mean(gg.maximum(1.0 - y * p, 0.0), -1)


def _signs(y_true: Any, y_pred: Any) -> tuple[gg.Tensor, gg.Tensor]:
    """Return truth of -1 and 1, and predictions: TensorFlow takes truth of 0 and 1, too."""
    y, p = _both(y_true, y_pred)
    if is_standalone():
        return y, p
    is_binary = gg.all(gg.logical_or(y == 0, y == 1))
    return gg.where(is_binary, 2.0 * y - 1.0, y), p


def categorical_hinge(y_true: Any, y_pred: Any) -> gg.Tensor:
    """max(0, 1 + largest wrong score - right score)."""
    y, p = _both(y_true, y_pred)
    right, wrong = gg.sum(y * p, -1), gg.max((1.0 - y) * p, -1)
    return gg.maximum(0.0, wrong - right + 1.0)


def logcosh(y_true: Any, y_pred: Any) -> gg.Tensor:
    """mean(ln(cosh(y_pred - y_true))) along the last axis."""
    y, p = _both(y_true, y_pred)
    x = p - y
    return gg.mean(x + gg.activations.softplus(-2.0 * x) - 0.6931471805599453, -1)


def kullback_leibler_divergence(y_true: Any, y_pred: Any) -> gg.Tensor:
    """sum(y_true ln(y_true / y_pred)) along the last axis."""
    y, p = (gg.clip(x, _LEAST, 1.0) for x in _both(y_true, y_pred))
    return gg.sum(y * gg.log(y / p), -1)


def poisson(y_true: Any, y_pred: Any) -> gg.Tensor:
    """mean(y_pred - y_true ln(y_pred)) along the last axis."""
    y, p = _both(y_true, y_pred)
    return gg.mean(p - y * gg.log(p + _LEAST), -1)


def cosine_proximity(y_true: Any, y_pred: Any, axis: int = -1) -> gg.Tensor:
    """-cos of the angle between y_true and y_pred."""
    y, p = (_unit(x, axis) for x in _both(y_true, y_pred))
    return -gg.sum(y * p, axis)


def _unit(x: gg.Tensor, axis: int) -> gg.Tensor:
    return x / gg.sqrt(gg.maximum(gg.sum(gg.square(x), axis, keepdims=True), 1e-12))


def huber_loss(y_true: Any, y_pred: Any, delta: float = 1.0) -> gg.Tensor:
    """Half the square of small errors, and the size of large ones."""
    y, p = _both(y_true, y_pred)
    error = gg.abs(p - y)
    small = gg.minimum(error, delta)
    return gg.mean(0.5 * small * small + delta * (error - small), -1)


categorical_crossentropy = gg.losses.categorical_crossentropy
binary_crossentropy = gg.losses.binary_crossentropy
sparse_categorical_crossentropy = gg.losses.sparse_categorical_crossentropy

#: Losses by all their names.
FUNCTIONS: dict[str, Function] = {}
_NAMES: dict[Function, tuple[str, ...]] = {
    mean_squared_error: ("mse", "MSE"),
    mean_absolute_error: ("mae", "MAE"),
    mean_absolute_percentage_error: ("mape", "MAPE"),
    mean_squared_logarithmic_error: ("msle", "MSLE"),
    squared_hinge: (), hinge: (), categorical_hinge: (), logcosh: (),
    kullback_leibler_divergence: ("kld", "KLD"),
    poisson: (),
    cosine_proximity: ("cosine", "cosine_similarity"),
    huber_loss: ("huber",),
    categorical_crossentropy: (), binary_crossentropy: (), sparse_categorical_crossentropy: (),
}  # fmt: skip
for _function, _others in _NAMES.items():
    _all = (_function.__name__, *_others)
    FUNCTIONS.update(dict.fromkeys(_all, _function))
    _paths = [f"{module}.{name}" for module in ("losses", "metrics", "objectives") for name in _all]
    _built = keras_function(*_paths)(_function)
    _built.of_giulgi = _function  # type: ignore[attr-defined]


class KerasLoss(gg.losses.Loss):
    """A function of truth and prediction as a loss; it may also give a single number.

    Args:
        function: of expressions.
        name: its name.
    """

    def __init__(
        self, function: Function, name: str | None = None, reduction: str | None = None
    ) -> None:
        super().__init__(
            name or getattr(function, "__name__", "loss").strip("<>"),
            "sum_over_batch_size" if reduction in (None, "auto") else reduction,
        )
        self.function = function

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the mean of the function's values, which count by their weights.

        Called with named tensors it returns one. By ``reduction`` it may be their sum, too, or
        (where that is "none") the values themselves.
        """
        return called(self._computed, "loss", None, (y_true, y_pred, sample_weight), {})

    def _computed(self, y_true: Any, y_pred: Any, sample_weight: Any) -> gg.Tensor:
        assert self.function is not None
        y, p = gg.constant(y_true), gg.constant(y_pred)
        if y.known_shape is not None and p.known_shape is not None and y.ndim == p.ndim - 1:
            y = gg.expand_dims(y, -1) if p.shape[-1] == 1 else y
        values = self.function(y, p)
        if self.reduction in ("none", "sum"):
            weights = 1.0 if sample_weight is None else fit_weights(sample_weight, values)
            values = values * weights
            return values if self.reduction == "none" else gg.sum(values)
        if sample_weight is None:
            return gg.mean(values)
        if values.known_shape == ():
            return values * gg.mean(sample_weight)
        return gg.mean(values * fit_weights(sample_weight, values))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return a loss made with what ``get_config`` of another returned."""
        return cls(**config)


def function_of(identifier: Any) -> Function:
    """Return the function of expressions of a loss, by a name or a function of the user's."""
    if isinstance(identifier, str):
        for name, function in FUNCTIONS.items():
            if letters_of(name) == letters_of(identifier):
                return function
        raise ValueError(unknown("loss function", identifier, FUNCTIONS))
    own: Function | None = getattr(identifier, "of_giulgi", None)
    return own if own is not None else of_user(identifier)


def of_user(function: Callable[..., Any]) -> Function:
    """Return a program's own function of truth and prediction, for expressions.

    As in Keras it is given truth of the prediction's dtype, and of one number for each example a
    column; whole numbers as they are, if it takes no others (classes of ``tf.one_hot``, say).
    """
    apply: Function = for_user(function)

    def of_floats(y_true: Any, y_pred: Any, *more: Any, **options: Any) -> gg.Tensor:
        p = gg.constant(y_pred)
        y = as_column(gg.constant(y_true), p)
        if y.dtype == p.dtype:
            return apply(y, p, *more, **options)
        try:
            return apply(gg.cast(y, p.dtype), p, *more, **options)
        except (TypeError, ValueError):
            return apply(y, p, *more, **options)

    of_floats.__name__ = getattr(function, "__name__", "function")
    return of_floats


def as_column(y: Any, p: Any) -> Any:
    """Return truth as ``fit`` gives it to what is a program's own: one number each as a column."""
    is_row = isinstance(y, gg.Tensor) and y.known_shape is not None and y.ndim == 1
    has_more = isinstance(p, gg.Tensor) and p.known_shape is not None and p.ndim > 1
    return gg.expand_dims(y, 1) if is_row and has_more else y


def as_loss(identifier: Any) -> Any:
    """Return a loss as giulgi takes it; None is none."""
    if isinstance(identifier, type):
        identifier = identifier()
    if identifier is None or isinstance(identifier, gg.losses.Loss):
        return identifier
    if not (isinstance(identifier, str) or callable(identifier)):
        raise ValueError(f"Could not interpret loss function identifier: {identifier}")
    return KerasLoss(function_of(identifier), getattr(identifier, "__name__", None))


@exported("losses.get", "losses.deserialize", "objectives.get", of="keras")
def get(identifier: Any) -> Any:
    """Return the function of a loss by its name; a function is itself."""
    if isinstance(identifier, str):
        from giulgi.compat.names import TABLES

        return TABLES["keras"][f"losses.{function_of(identifier).__name__}"]
    return identifier


def _class(name: str, function: Function) -> type:
    own_order = _ORDERS.get(name, ())
    order = (*own_order, "reduction", "name")
    defaults = {n: inspect.signature(function).parameters[n].default for n in own_order}

    def init(self: Any, *args: Any, **options: Any) -> None:
        self.given = given = dict(zip(order, args, strict=False)) | options
        chosen = {k: v for k, v in given.items() if k not in ("reduction", "name")}
        own = given.get("name") or function.__name__
        KerasLoss.__init__(self, lambda y, p: function(y, p, **chosen), own, given.get("reduction"))

    def get_config(self: Any) -> dict[str, Any]:
        reduction = self.given.get("reduction") or "auto"
        return {**defaults, **self.given, "reduction": reduction, "name": self.name}

    return type(name, (KerasLoss,), {"__init__": init, "__doc__": function.__doc__,
                                     "__module__": __name__, "get_config": get_config})  # fmt: skip


# The arguments of classes before those that all have.
_ORDERS = {
    "BinaryCrossentropy": ("from_logits", "label_smoothing"),
    "CategoricalCrossentropy": ("from_logits", "label_smoothing"),
    "SparseCategoricalCrossentropy": ("from_logits",),
    "Huber": ("delta",),
    "CosineSimilarity": ("axis",),
}


for _name, _function in {
    "MeanSquaredError": mean_squared_error, "MeanAbsoluteError": mean_absolute_error,
    "BinaryCrossentropy": binary_crossentropy, "CategoricalCrossentropy": categorical_crossentropy,
    "SparseCategoricalCrossentropy": sparse_categorical_crossentropy, "Hinge": hinge,
    "KLDivergence": kullback_leibler_divergence, "Huber": huber_loss, "Poisson": poisson,
    "CosineSimilarity": cosine_proximity, "LogCosh": logcosh,
    "MeanAbsolutePercentageError": mean_absolute_percentage_error,
    "MeanSquaredLogarithmicError": mean_squared_logarithmic_error,
}.items():  # fmt: skip
    export(f"losses.{_name}", _class(_name, _function), of="keras")


class Loss(gg.losses.Loss):
    """Base of losses of a program's own, whose ``call`` says what it gives for each example.

    Args:
        reduction: how the values of examples become one number.
        name: its name.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        if "call" in vars(cls):
            cls.call = _of_both(vars(cls)["call"])  # type: ignore[method-assign]
        super().__init_subclass__(**options)

    def __init__(self, reduction: Any = "auto", name: str | None = None, **_: Any) -> None:
        super().__init__(name, "sum_over_batch_size" if reduction in (None, "auto") else reduction)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the mean of the values of examples; called with named tensors it returns one."""
        own = super().__call__
        y_true = as_column(y_true, y_pred)

        def computed(y: Any, p: Any, weight: Any) -> Any:
            y, p = gg.constant(y), gg.constant(p)
            return own(gg.cast(y, p.dtype) if y.dtype.kind == "f" else y, p, weight)

        return called(computed, "loss", None, (y_true, y_pred, sample_weight), {})

    def get_config(self) -> dict[str, Any]:
        """Return what it was made with, by name."""
        return {"reduction": self.reduction, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return a loss made with what :meth:`get_config` of another returned."""
        return cls(**config)


def _of_both(call: Any) -> Any:
    """Return a method of the program's for expressions, too, which it is given as tensors."""

    @functools.wraps(call)
    def apply(self: Any, *args: Any, **kwargs: Any) -> Any:
        return for_user(functools.partial(call, self))(*args, **kwargs)

    return apply


export("losses.Loss", Loss, of="keras")


class Reduction:
    """How the values of examples become one number."""

    AUTO, NONE, SUM = "auto", "none", "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """Return all of them."""
        return cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE


for _name in ("AUTO", "NONE", "SUM", "SUM_OVER_BATCH_SIZE"):
    export(f"losses.Reduction.{_name}", getattr(Reduction, _name), of="keras")
export("losses.CategoricalHinge", _class("CategoricalHinge", categorical_hinge), of="keras")
export("losses.SquaredHinge", _class("SquaredHinge", squared_hinge), of="keras")
