"""``tf.contrib.learn``: the estimators of 2016, which are given arrays, and small data sets."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from giulgi.compat.graphs.graph import Graph
from giulgi.compat.names import advise, export, exported
from giulgi.compat.tensorflow.contrib.learn_metrics import measured
from giulgi.compat.tensorflow.contrib.monitors import replace_monitors_with_hooks
from giulgi.compat.tensorflow.data.examples_mnist import Dataset
from giulgi.compat.tensorflow.estimator import estimator_canned as canned
from giulgi.compat.tensorflow.estimator.estimator import Estimator
from giulgi.compat.tensorflow.estimator.estimator_inputs import numpy_input_fn
from giulgi.compat.tensorflow.estimator.estimator_specs import EstimatorSpec, ModeKeys, RunConfig
from giulgi.compat.tensorflow.estimator.feature_columns import numeric_column
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.tensor import as_tensor
from giulgi.data.datasets import load
from giulgi.tree import flatten, unflatten

_BATCH = 128


@exported("contrib.learn.ModeKeys")
class LearnModeKeys:
    """What a model is built for."""

    TRAIN, EVAL, INFER = ModeKeys.TRAIN, ModeKeys.EVAL, ModeKeys.PREDICT


export("contrib.learn.RunConfig", RunConfig)


@exported("contrib.learn.ModelFnOps")
class ModelFnOps(NamedTuple):
    """What a function that builds a model returns."""

    mode: str
    predictions: Any = None
    loss: Any = None
    train_op: Any = None
    eval_metric_ops: Any = None
    output_alternatives: Any = None
    training_chief_hooks: Any = None
    training_hooks: Any = None
    scaffold: Any = None


class _Fitted(Estimator):
    """An estimator that is given arrays, or functions that make tensors."""

    def _inputs_of(
        self, x: Any, y: Any, input_fn: Any, batch_size: int | None, is_training: bool
    ) -> Callable[..., Any]:
        if input_fn is not None:
            made: Callable[..., Any] = input_fn
            return made
        rows = x if isinstance(x, dict) else np.asarray(x)
        return numpy_input_fn(
            rows,
            None if y is None else np.asarray(y),
            batch_size or _BATCH,
            None if is_training else 1,
            is_training,
        )

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: Any = None,
        steps: int | None = None,
        batch_size: int | None = None,
        monitors: Any = None,
        max_steps: int | None = None,
    ) -> Any:
        """Train.

        Args:
            x: an array of features, or a dict of arrays.
            y: the labels.
            input_fn: makes tensors of features and labels, instead.
            steps: how many steps.
            batch_size: how many examples a step takes.
            monitors: monitors, or hooks.
            max_steps: how many steps in all, with those of before.
        """
        made = self._inputs_of(x, y, input_fn, batch_size, True)
        hooks = replace_monitors_with_hooks(monitors, self)
        return self.train(made, hooks, steps, max_steps)

    partial_fit = fit

    # These took arrays first, before they took functions.
    def evaluate(  # type: ignore[override]
        self,
        x: Any = None,
        y: Any = None,
        input_fn: Any = None,
        feed_fn: Any = None,
        batch_size: int | None = None,
        steps: int | None = None,
        metrics: Any = None,
        name: str | None = None,
        hooks: Any = None,
        **_: Any,
    ) -> dict[str, Any]:
        """Return the metrics of the model.

        Args:
            x: an array of features, or a dict of arrays.
            y: the labels.
            input_fn: makes tensors of features and labels, instead.
            feed_fn: has no meaning.
            batch_size: how many examples at once.
            steps: how many batches; None: until the inputs end.
            metrics: what is measured besides, see :func:`measured`.
            name: names the folder of what is measured.
            hooks: hooks.
        """
        del feed_fn
        made = self._inputs_of(x, y, input_fn, batch_size, False)
        self._metrics = metrics
        try:
            return super().evaluate(made, steps, hooks, name=name)
        finally:
            self._metrics = None

    # What is measured besides, by the evaluation that goes on.
    _metrics: Any = None

    def _call(self, features: Any, labels: Any, mode: str) -> Any:
        spec = super()._call(features, labels, mode)
        if mode != ModeKeys.EVAL or not self._metrics:
            return spec
        more = measured(self._metrics, features, labels, spec.predictions)
        return spec._replace(eval_metric_ops={**(spec.eval_metric_ops or {}), **more})

    def score(self, x: Any, y: Any) -> float:
        """Return the accuracy, or the loss of a regression."""
        found = self.evaluate(x, y)
        return float(found.get("accuracy", found["loss"]))

    def predict(  # type: ignore[override]
        self,
        x: Any = None,
        input_fn: Any = None,
        batch_size: int | None = None,
        outputs: Any = None,
        as_iterable: bool = True,
        **_: Any,
    ) -> Any:
        """Return what is predicted: classes, or numbers; all of it if a model predicts more."""
        made = self._inputs_of(x, None, input_fn, batch_size, False)
        found = (_told(row, outputs) for row in super().predict(made))
        return found if as_iterable else np.array(list(found))

    def predict_all(self, x: Any, batch_size: int | None = None) -> Iterator[Any]:
        """Yield all that is predicted of each example: classes, probabilities, or scores."""
        made = self._inputs_of(x, None, None, batch_size, False)
        return map(_named_as_once, super().predict(made))

    def _has_one_batch(self, graph: Graph) -> bool:
        # Constants are predicted once.
        kinds = ("Iterator", "Queue", "Reader")
        return not any(op.type.startswith(kinds) for op in graph.get_operations())

    predict_classes = predict_scores = predict

    def predict_proba(self, x: Any = None, input_fn: Any = None, **_: Any) -> Iterator[Any]:
        """Yield the probabilities of classes."""
        made = self._inputs_of(x, None, input_fn, None, False)
        return (row["probabilities"] for row in super().predict(made))


def _named_as_once(row: Any) -> Any:
    """Return what an estimator predicts under the names that it had before tf.estimator."""
    if not isinstance(row, dict):
        return row
    if "class_ids" in row:
        kept = {key: row[key] for key in ("logits", "logistic", "probabilities") if key in row}
        return {"classes": row["class_ids"][0], **kept}
    if [*row] == ["predictions"]:
        return {"scores": row["predictions"][0]}
    return row


def _told(row: Any, outputs: Any) -> Any:
    named = _named_as_once(row)
    if isinstance(named, dict) and outputs:
        return {key: named[key] for key in outputs if key in named}
    if named is row:
        return row
    return named["classes"] if "classes" in named else named["scores"]


class _OfFunction(Estimator):
    """An estimator whose function takes labels by any name, and returns what it likes."""

    _labels: Any = None  # The labels of the last training.

    def _call(self, features: Any, labels: Any, mode: str) -> Any:
        # Predicting, too, it is given labels, which nothing feeds.
        if labels is not None:
            self._labels = labels
        elif self._labels is not None:
            parts, structure = flatten(self._labels)
            empty = [tf.placeholder(x.dtype, x.shape) for x in map(as_tensor, parts)]
            labels = unflatten(structure, iter(empty))
        # What the function calls the labels, "targets" or else, is its own affair.
        wanted = inspect.signature(self._model_fn).parameters
        given = {"mode": mode, "params": self._params, "config": self._config}
        chosen = {name: value for name, value in given.items() if name in wanted}
        return self._as_spec(self._model_fn(features, labels, **chosen), mode)

    def _as_spec(self, made: Any, mode: str) -> Any:
        if isinstance(made, tuple) and not isinstance(made, (EstimatorSpec, ModelFnOps)):
            made = ModelFnOps(mode, *made)
        if isinstance(made, EstimatorSpec):
            return made
        own = made._asdict()
        del own["output_alternatives"]
        return EstimatorSpec(**own | {"mode": mode})


@exported("contrib.learn.Estimator")
class LearnEstimator(_Fitted, _OfFunction):
    """A model that a function builds.

    Args:
        model_fn: returns :class:`ModelFnOps`, or predictions, loss and an operation of training.
        model_dir: the folder of its checkpoints.
        config: how it is trained.
        params: what the function is given as ``params``.
        feature_engineering_fn: has no meaning.
    """

    def __init__(
        self,
        model_fn: Any = None,
        model_dir: Any = None,
        config: Any = None,
        params: Any = None,
        feature_engineering_fn: Any = None,
    ) -> None:
        del feature_engineering_fn
        Estimator.__init__(self, model_fn, model_dir, config, params)


def _fitted(kind: type[Estimator]) -> type[Estimator]:
    """Return an estimator that is given arrays; those of a table become one column."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        for old in ("enable_centered_bias", "gradient_clip_norm", "feature_engineering_fn"):
            kwargs.pop(old, None)
        weights = kwargs.pop("weight_column_name", None)
        if weights is not None:
            kwargs["weight_column"] = weights
        kind.__init__(self, *args, **kwargs)

    members = {"__init__": __init__, "__doc__": kind.__doc__}
    return type(kind.__name__, (_Fitted, kind), members)


for _kind in (canned.DNNClassifier, canned.DNNRegressor, canned.LinearClassifier,
              canned.LinearRegressor, canned.DNNLinearCombinedClassifier,
              canned.DNNLinearCombinedRegressor):  # fmt: skip
    export(f"contrib.learn.{_kind.__name__}", _fitted(_kind))


@exported("contrib.learn.SKCompat")
class SKCompat:
    """An estimator with the methods of scikit-learn: predictions are arrays."""

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    def fit(
        self, x: Any, y: Any, batch_size: int = _BATCH, steps: Any = None, **_: Any
    ) -> SKCompat:
        """Train."""
        self._estimator.fit(x, y, steps=steps, batch_size=batch_size)
        return self

    def score(self, x: Any, y: Any, batch_size: int = _BATCH, **_: Any) -> dict[str, Any]:
        """Return metrics."""
        found: dict[str, Any] = self._estimator.evaluate(x, y, batch_size=batch_size)
        return found

    def predict(self, x: Any, batch_size: int = _BATCH, outputs: Any = None) -> Any:
        """Return what is predicted, as arrays: of a model that predicts several, a dict."""
        rows = list(self._estimator.predict_all(x, batch_size))
        if not rows or not isinstance(rows[0], dict):
            return np.array(rows)
        keys = [key for key in rows[0] if not outputs or key in outputs]
        return {key: np.stack([row[key] for row in rows]) for key in keys}


@exported("contrib.learn.infer_real_valued_columns_from_input")
def infer_real_valued_columns_from_input(x: Any) -> list[Any]:
    """Return columns for the numbers of a table."""
    if isinstance(x, dict):
        return [numeric_column(key, np.shape(value)[1:] or (1,)) for key, value in x.items()]
    return [numeric_column("x", np.shape(x)[1:] or (1,))]


@exported("contrib.learn.infer_real_valued_columns_from_input_fn")
def infer_real_valued_columns_from_input_fn(input_fn: Callable[[], Any]) -> list[Any]:
    """Return columns for the numbers that a function makes tensors of."""
    with tf.Graph().as_default():
        features, _ = input_fn()
    several = features if isinstance(features, dict) else {"x": features}
    return [numeric_column(key, x.shape.as_list()[1:] or (1,)) for key, x in several.items()]


# Data sets


def _of_iris(*_: Any, **__: Any) -> Dataset:
    """Return the measures of 150 irises, and of which of three kinds each is."""
    table = load("iris")
    return Dataset(np.asarray(table.features, np.float64), np.asarray(table.target, np.int64))


@exported("contrib.learn.datasets.load_dataset")
def load_dataset(name: str, size: str = "small", test_with_fake_data: bool = False) -> Any:
    """Return a data set by its name: "iris" or "mnist".

    Raises:
        ValueError: if it is another.
    """
    del size, test_with_fake_data
    makers: dict[str, Callable[[], Any]] = {
        "iris": _of_iris,
        "mnist": lambda: tf.contrib.learn.datasets.mnist.load_mnist(),
    }
    if name not in makers:
        raise ValueError(f"there is no data set {name!r} here: {' and '.join(makers)} are")
    return makers[name]()


for _path in ("contrib.learn.datasets.load_iris", "contrib.learn.datasets.base.load_iris",
              "contrib.learn.python.learn.datasets.base.load_iris"):  # fmt: skip
    export(_path, _of_iris)
advise("contrib.learn.datasets.load_boston", "These data are no longer published; use your own.")


def _csv(
    filename: Any, target_dtype: Any, features_dtype: Any, skipped: int, target: int
) -> Dataset:
    rows = np.loadtxt(filename, str, delimiter=",", skiprows=skipped, ndmin=2)
    features = np.delete(rows, target, axis=1).astype(features_dtype)
    return Dataset(features, rows[:, target].astype(target_dtype))


def load_csv_with_header(
    filename: Any, target_dtype: Any, features_dtype: Any, target_column: int = -1
) -> Dataset:
    """Return features and targets of a table of text whose first line says what is in it."""
    return _csv(filename, target_dtype, features_dtype, 1, target_column)


def load_csv_without_header(
    filename: Any, target_dtype: Any, features_dtype: Any, target_column: int = -1
) -> Dataset:
    """Return features and targets of a table of text."""
    return _csv(filename, target_dtype, features_dtype, 0, target_column)


for _home in ("contrib.learn.datasets.base", "contrib.learn.python.learn.datasets.base"):
    export(f"{_home}.load_csv_with_header", load_csv_with_header)
    export(f"{_home}.load_csv_without_header", load_csv_without_header)


for _name in ("Experiment", "learn_runner.run"):
    advise(f"contrib.learn.{_name}", "Use tf.estimator.train_and_evaluate.")
for _name in ("KMeansClustering", "GMM", "SVM", "DynamicRnnEstimator"):
    advise(f"contrib.learn.{_name}", "Use scikit-learn, or a model of your own.")


@exported(
    "contrib.learn.extract_pandas_data", "contrib.learn.io.extract_pandas_data",
    "contrib.learn.extract_pandas_matrix", "contrib.learn.io.extract_pandas_matrix",
    "contrib.learn.extract_pandas_labels", "contrib.learn.io.extract_pandas_labels",
)  # fmt: skip
def extract_pandas_data(data: Any) -> Any:
    """Return a table of pandas as an array; anything else as it is."""
    return data.to_numpy() if hasattr(data, "to_numpy") else data


export("contrib.learn.io.HAS_PANDAS", True)
