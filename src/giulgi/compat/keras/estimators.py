"""``model_to_estimator``: a model of Keras as an estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from giulgi.compat.keras.architecture import clone_model
from giulgi.compat.names import TABLES, exported
from giulgi.compat.tensorflow.train.optimizers import RMSPropOptimizer


@exported("estimator.model_to_estimator", of="keras")
def model_to_estimator(
    keras_model: Any = None,
    keras_model_path: Any = None,
    custom_objects: Any = None,
    model_dir: Any = None,
    config: Any = None,
    **_: Any,
) -> Any:
    """Return an estimator that trains a copy of a model, from the weights that it has.

    Args:
        keras_model: the model, which is compiled.
        keras_model_path: the file of one instead.
        custom_objects: classes and functions that the file names.
        model_dir: the folder of the checkpoints.
        config: how it is trained; see ``tf.estimator.RunConfig``.

    Raises:
        ValueError: if there is no model, or it is not compiled.
    """
    tf, keras = TABLES["tensorflow"], TABLES["keras"]
    if (keras_model is None) == (keras_model_path is None):
        raise ValueError("Either `keras_model` or `keras_model_path` needs to be provided.")
    model = keras_model
    if model is None:
        model = keras["models.load_model"](keras_model_path, custom_objects)
    if getattr(model, "loss", None) is None or model.optimizer is None:
        raise ValueError("The given keras model has not been compiled yet.")
    weights = model.get_weights()
    modes = tf["estimator.ModeKeys"]

    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        keras["backend.set_learning_phase"](int(mode == modes.TRAIN))
        copy = clone_model(model)
        outputs = copy(_in_order(features, model.input_names))
        found = outputs if isinstance(outputs, list) else [outputs]
        predictions = dict(zip(model.output_names, found, strict=True))
        if mode == modes.PREDICT:
            return tf["estimator.EstimatorSpec"](mode, predictions=predictions)
        y_true = _in_order(labels, model.output_names)
        pairs = list(zip(y_true if isinstance(y_true, list) else [y_true], found, strict=True))
        losses = model.loss if isinstance(model.loss, (list, tuple)) else [model.loss] * len(pairs)
        loss = tf["add_n"](
            [
                tf["reduce_mean"](keras["losses.get"](own)(_as_floats(y, p), p))
                for own, (y, p) in zip(losses, pairs, strict=True)
            ]
        )
        metrics = {}
        if mode == modes.EVAL:
            metrics = {name: _mean(name, *pairs[0]) for name in _metric_names(model)}
        step = None
        if mode == modes.TRAIN:
            count = tf["train.get_or_create_global_step"]()
            step = _optimizer(model).minimize(loss, count, _named(copy.trainable_weights))
        scaffold = tf["train.Scaffold"](
            init_fn=lambda _, session: [
                weight.load(value, session)
                for weight, value in zip(_named(copy.weights), weights, strict=True)
            ]
        )
        return tf["estimator.EstimatorSpec"](
            mode, predictions, loss, step, eval_metric_ops=metrics, scaffold=scaffold
        )

    return tf["estimator.Estimator"](model_fn, model_dir, config)


def _named(weights: Any) -> list[Any]:
    return [getattr(weight, "named", weight) for weight in weights]


def _in_order(given: Any, names: list[str]) -> Any:
    """Return tensors in the order of a model's inputs or outputs, a single one itself."""
    if not isinstance(given, dict):
        return given
    found = [given[name] for name in names]
    return found[0] if len(found) == 1 else found


def _as_floats(y: Any, prediction: Any) -> Any:
    """Return labels as Keras sees them: floats."""
    return TABLES["tensorflow"]["cast"](y, prediction.dtype)


def _optimizer(model: Any) -> Any:
    """Return the optimizer of ``tf.train`` that is the model's: its variables are in checkpoints.

    Raises:
        NotImplementedError: if there is none.
    """
    # One of tf.train is wrapped by Keras.
    own = getattr(model.optimizer, "optimizer", model.optimizer)
    if not hasattr(own, "get_config"):
        return own  # It is one.
    tf, told = TABLES["tensorflow"], own.get_config()
    rate = float(told.get("learning_rate", told.get("lr", 0.01)))
    kind = type(own).__name__
    if kind == "SGD":
        if not told.get("momentum"):
            return tf["train.GradientDescentOptimizer"](rate)
        nesterov = bool(told.get("nesterov"))
        return tf["train.MomentumOptimizer"](rate, told["momentum"], use_nesterov=nesterov)
    if kind == "Adam":
        betas = told.get("beta_1", 0.9), told.get("beta_2", 0.999)
        return tf["train.AdamOptimizer"](rate, *betas, told.get("epsilon") or 1e-7)
    if kind == "RMSprop":
        return _RMSPropFromZero(rate, told.get("rho", 0.9), epsilon=told.get("epsilon") or 1e-7)
    if kind in ("Adagrad", "Adadelta"):
        return tf[f"train.{kind}Optimizer"](rate)
    raise NotImplementedError(f"no optimizer of tf.train is {kind}: compile with another")


class _RMSPropFromZero(RMSPropOptimizer):
    """RMSProp whose running mean of squares begins with 0, as Keras's does, and not with 1."""

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for variable in var_list:
            for kind in ("rms", "momentum"):
                self._zeros_slot(variable, kind, self._name)


def _metric_names(model: Any) -> list[Any]:
    return [name for name in getattr(model, "metrics_names", []) if name != "loss"]


def _mean(name: str, y: Any, prediction: Any) -> Any:
    """Return the mean of a metric over examples, and its update."""
    tf, keras = TABLES["tensorflow"], TABLES["keras"]
    kind = name
    if name in ("accuracy", "acc"):
        classes = prediction.get_shape().as_list()[-1]
        sparse = y.get_shape().as_list()[-1:] in ([1], []) or y.get_shape().ndims == 1
        kind = "categorical_accuracy"
        if classes == 1:
            kind = "binary_accuracy"
        elif sparse:
            kind = "sparse_categorical_accuracy"
    return tf["metrics.mean"](keras["metrics.get"](kind)(_as_floats(y, prediction), prediction))
