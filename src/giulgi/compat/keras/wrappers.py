"""``keras.wrappers.scikit_learn``: models as estimators of scikit-learn."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from giulgi.compat.keras.models import Sequential
from giulgi.compat.keras.utils import to_categorical
from giulgi.compat.names import exported

Array = np.ndarray[Any, Any]


class BaseWrapper:
    """Base of both: an estimator whose ``fit`` makes a model and trains it.

    Args:
        build_fn: a function that returns a compiled model; None: the method ``__call__`` of a
            class of one's own.
        sk_params: arguments of ``build_fn``, and of ``fit``, ``predict`` and so on.

    Attributes:
        model: the model, once it is trained.
    """

    _estimator_type: ClassVar[str] = ""

    def __init__(self, build_fn: Callable[..., Any] | None = None, **sk_params: Any) -> None:
        self.build_fn = build_fn
        self.sk_params = sk_params
        self._check(sk_params)

    def _builder(self) -> Callable[..., Any]:
        if self.build_fn is None:
            method: Callable[..., Any] = getattr(self, "__call__")  # noqa: B004, B009 - Of a subclass.
            return method
        if isinstance(self.build_fn, (types.FunctionType, types.MethodType)):
            return self.build_fn
        called: Callable[..., Any] = getattr(self.build_fn, "__call__")  # noqa: B004, B009
        return called

    def _check(self, params: dict[str, Any]) -> None:
        methods = (Sequential.fit, Sequential.predict, Sequential.predict_classes,
                   Sequential.evaluate, self._builder())  # fmt: skip
        for name in params:
            if name != "nb_epoch" and not any(_takes(method, name) for method in methods):
                raise ValueError(f"{name} is not a legal parameter")

    # What scikit-learn asks for

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return what it was made with."""
        del deep
        return {**self.sk_params, "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> Self:
        """Set what it was made with."""
        if "build_fn" in params:
            self.build_fn = params.pop("build_fn")
        self._check(params)
        self.sk_params.update(params)
        return self

    def __sklearn_tags__(self) -> Any:
        from sklearn import utils

        tags = utils.Tags(
            estimator_type=self._estimator_type, target_tags=utils.TargetTags(required=True),
            input_tags=utils.InputTags(allow_nan=True, three_d_array=True),
        )  # fmt: skip
        if self._estimator_type == "classifier":
            tags.classifier_tags = utils.ClassifierTags()
        else:
            tags.regressor_tags = utils.RegressorTags()
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model")

    # Training

    def _options(self, method: Callable[..., Any], more: dict[str, Any]) -> dict[str, Any]:
        """Return those of the arguments that a method takes."""
        return {k: v for k, v in (self.sk_params | more).items() if _takes(method, k)}

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Make a model and train it; return the history."""
        self.model = self._builder()(**self._options(self._builder(), {}))
        truth = np.asarray(y)
        if _loss_name(self.model) == "categorical_crossentropy" and truth.ndim != 2:
            truth = to_categorical(truth)
        epochs = {"nb_epoch": (self.sk_params | kwargs).get("nb_epoch")}
        more = {k: v for k, v in epochs.items() if v is not None}
        return self.model.fit(np.asarray(x), truth, **self._options(Sequential.fit, kwargs), **more)


def _takes(method: Callable[..., Any], name: str) -> bool:
    """Whether a function takes an argument; of a method of models all that its bases take."""
    known = [method]
    if getattr(Sequential, method.__name__, None) is method:
        bases = Sequential.__mro__
        known = [vars(base)[method.__name__] for base in bases if method.__name__ in vars(base)]
    return any(name in inspect.signature(one).parameters for one in known)


def _loss_name(model: Any) -> str:
    return str(getattr(model.loss, "__name__", model.loss))


@exported("wrappers.scikit_learn.KerasClassifier", of="keras")
class KerasClassifier(BaseWrapper):
    """A model that tells classes.

    Attributes:
        classes_: the classes.
    """

    _estimator_type = "classifier"

    def fit(self, x: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Any:
        """Make a model and train it; return the history."""
        truth = np.asarray(y)
        if truth.ndim == 2 and truth.shape[1] > 1:
            self.classes_: Array = np.arange(truth.shape[1])
        elif truth.ndim == 1 or (truth.ndim == 2 and truth.shape[1] == 1):
            self.classes_ = np.unique(truth)
            truth = np.searchsorted(self.classes_, truth)
        else:
            raise ValueError(f"Invalid shape for y: {truth.shape}")
        self.n_classes_ = len(self.classes_)
        if sample_weight is not None:
            kwargs["sample_weight"] = sample_weight
        return super().fit(x, truth, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> Array:
        """Return the class of each example."""
        options = self._options(Sequential.predict, kwargs)
        found = self.model.predict(np.asarray(x), **options)
        if found.shape[-1] > 1:
            classes: Array = self.classes_[found.argmax(axis=-1)]
            return classes
        binary: Array = self.classes_[(found > 0.5).astype("int32")]
        return binary

    def predict_proba(self, x: Any, **kwargs: Any) -> Array:
        """Return the probability of each class."""
        options = self._options(Sequential.predict, kwargs)
        found: Array = self.model.predict(np.asarray(x), **options)
        return np.hstack([1 - found, found]) if found.shape[1] == 1 else found

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Return the share of examples whose class is told rightly."""
        truth = np.asarray(y)
        if truth.ndim == 1 or truth.shape[1] == 1:
            truth = np.searchsorted(self.classes_, truth)
        if _loss_name(self.model) == "categorical_crossentropy" and truth.ndim != 2:
            truth = to_categorical(truth, self.n_classes_)
        options = self._options(Sequential.evaluate, kwargs)
        results = self.model.evaluate(np.asarray(x), truth, **options)
        values = results if isinstance(results, list) else [results]
        for name, value in zip(self.model.metrics_names, values, strict=True):
            if name in ("accuracy", "acc"):
                return float(value)
        raise ValueError(
            "The model is not configured to compute accuracy. You should pass "
            "`metrics=['accuracy']` to the `model.compile()` method."
        )


@exported("wrappers.scikit_learn.KerasRegressor", of="keras")
class KerasRegressor(BaseWrapper):
    """A model that tells quantities."""

    _estimator_type = "regressor"

    def predict(self, x: Any, **kwargs: Any) -> Array:
        """Return the quantity for each example."""
        options = self._options(Sequential.predict, kwargs)
        found: Array = np.squeeze(self.model.predict(np.asarray(x), **options), axis=-1)
        return found

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Return the loss with a minus before it: more is better."""
        options = self._options(Sequential.evaluate, kwargs)
        loss = self.model.evaluate(np.asarray(x), np.asarray(y), **options)
        return -float(loss[0] if isinstance(loss, list) else loss)
