"""Estimators of networks that need not be written: ``tf.estimator.DNNClassifier`` and its kin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from giulgi.compat.names import advise, exported
from giulgi.compat.tensorflow.estimator.estimator import Estimator
from giulgi.compat.tensorflow.estimator.estimator_heads import ClassHead, Head, RegressionHead
from giulgi.compat.tensorflow.estimator.estimator_specs import ModeKeys
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.tensor import Tensor

_DEEP_RATE, _MOST_LINEAR_RATE = 0.05, 0.2


class _Deep:
    """Layers of neurons over columns.

    Args:
        hidden_units: the sizes of the layers.
        columns: the columns.
        activation: of each layer; None: ReLU.
        dropout: how much of what a layer gives is left out in training.
        batch_norm: whether each layer is normalized.
        optimizer: trains it: one, its name, or a function that returns one.
    """

    def __init__(
        self, hidden_units: Sequence[int], columns: Any, activation: Any, dropout: float | None,
        batch_norm: bool, optimizer: Any,
    ) -> None:  # fmt: skip
        self._sizes, self._columns = list(hidden_units), columns
        self._activation, self._dropout, self._norm = activation, dropout, batch_norm
        self._optimizer = optimizer

    scope = "dnn"

    def logits(self, features: Any, size: int, mode: str) -> Tensor:
        """Return (examples, size)."""
        activation = self._activation or tf.nn.relu
        is_training = mode == ModeKeys.TRAIN
        with tf.variable_scope("dnn"):
            with tf.variable_scope("input_from_feature_columns"):
                x = tf.feature_column.input_layer(features, self._columns)
            for number, units in enumerate(self._sizes):
                x = tf.layers.dense(x, units, activation, name=f"hiddenlayer_{number}")
                if self._dropout is not None:
                    x = tf.layers.dropout(x, self._dropout, training=is_training)
                if self._norm:
                    name = f"batchnorm_{number}"
                    x = tf.layers.batch_normalization(x, training=is_training, name=name)
            logits: Tensor = tf.layers.dense(x, size, name="logits")
        return logits

    def optimizer(self) -> Any:
        """Return what trains it."""
        return _optimizer(self._optimizer, _DEEP_RATE)


class _Linear:
    """A linear function of columns.

    Args:
        columns: the columns.
        optimizer: trains it: one, its name, or a function that returns one.
        combiner: what is made of several categories.
    """

    scope = "linear"

    def __init__(self, columns: Any, optimizer: Any, combiner: str = "sum") -> None:
        self._columns = list(columns)
        self._optimizer, self._combiner = optimizer, combiner

    def logits(self, features: Any, size: int, mode: str) -> Tensor:
        """Return (examples, size)."""
        del mode
        with tf.variable_scope("linear"):
            logits: Tensor = tf.feature_column.linear_model(
                features, self._columns, units=size, sparse_combiner=self._combiner
            )
        return logits

    def optimizer(self) -> Any:
        """Return what trains it."""
        return _optimizer(self._optimizer, min(_MOST_LINEAR_RATE, len(self._columns) ** -0.5))


def _optimizer(given: Any, rate: float) -> Any:
    """Return an optimizer: the one that is given, of a name, or that a function returns."""
    if isinstance(given, str):
        kinds = {
            "Adagrad": "AdagradOptimizer", "Adam": "AdamOptimizer", "Ftrl": "FtrlOptimizer",
            "RMSProp": "RMSPropOptimizer", "SGD": "GradientDescentOptimizer",
        }  # fmt: skip
        if given not in kinds:
            raise ValueError(
                f"Unsupported optimizer name: {given}. Supported names are: {[*kinds]}"
            )
        return getattr(tf.train, kinds[given])(rate)
    made = given() if callable(given) and not hasattr(given, "minimize") else given
    if hasattr(made, "compute_gradients"):
        return made
    # An optimizer of Keras: of the same kind and rate.
    config, kind = made.get_config(), type(made).__name__
    own = config.get("learning_rate", config.get("lr", rate))
    return _optimizer({"RMSprop": "RMSProp"}.get(kind, kind), float(own))


def _model(head: Head, parts: Sequence[Any]) -> Callable[..., Any]:
    """Return the function that builds the sum of parts, each trained by its own optimizer."""

    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        table = features if isinstance(features, dict) else {"x": features}
        logits: Any = None
        for part in parts:
            own = part.logits(table, head.logits_dimension, mode)
            logits = own if logits is None else logits + own

        def train(loss: Tensor) -> Any:
            step = tf.train.get_global_step()
            if len(parts) == 1:
                operations = [parts[0].optimizer().minimize(loss, global_step=step)]
            else:
                operations = [
                    part.optimizer().minimize(loss, var_list=tf.trainable_variables(part.scope))
                    for part in parts
                ]
                operations.append(tf.assign_add(step, 1).op)
            updates = tf.get_collection("update_ops")
            return tf.group(*operations, *updates)

        return head.create_estimator_spec(table, mode, logits, labels, train_op_fn=train)

    return model_fn


class _Canned(Estimator):
    """An estimator of parts whose sum becomes predictions."""

    def _begin(self, head: Head, parts: Sequence[Any], model_dir: Any, config: Any) -> None:
        kept = [part for part in parts if part is not None]
        if not kept:
            raise ValueError(
                "Either linear_feature_columns or dnn_feature_columns must be defined."
            )
        Estimator.__init__(self, _model(head, kept), model_dir, config)


@exported("estimator.DNNClassifier")
class DNNClassifier(_Canned):
    """Predicts classes by layers of neurons.

    Args:
        hidden_units: the sizes of the layers.
        feature_columns: the columns.
        model_dir: the folder of its checkpoints.
        n_classes: how many classes.
        weight_column: the feature that says how much an example counts.
        label_vocabulary: what labels are called; None: they are numbers.
        optimizer: trains it: one, its name, or a function that returns one.
        activation_fn: of each layer; None: ReLU.
        dropout: how much of what a layer gives is left out in training.
        input_layer_partitioner: has no meaning.
        config: how it is trained.
        warm_start_from: has no meaning.
        loss_reduction: how the losses of examples become one number.
        batch_norm: whether each layer is normalized.
    """

    def __init__(
        self,
        hidden_units: Sequence[int],
        feature_columns: Any,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = None,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = "weighted_sum",
        batch_norm: bool = False,
    ) -> None:
        del input_layer_partitioner, warm_start_from
        head = ClassHead(n_classes, label_vocabulary, weight_column, loss_reduction)
        deep = _Deep(hidden_units, feature_columns, activation_fn, dropout, batch_norm, optimizer)
        self._begin(head, [deep], model_dir, config)


@exported("estimator.DNNRegressor")
class DNNRegressor(_Canned):
    """Predicts numbers by layers of neurons; see :class:`DNNClassifier` for the arguments.

    Args:
        label_dimension: how many numbers.
    """

    def __init__(
        self,
        hidden_units: Sequence[int],
        feature_columns: Any,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = None,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = "weighted_sum",
        batch_norm: bool = False,
    ) -> None:
        del input_layer_partitioner, warm_start_from
        head = RegressionHead(label_dimension, weight_column, loss_reduction)
        deep = _Deep(hidden_units, feature_columns, activation_fn, dropout, batch_norm, optimizer)
        self._begin(head, [deep], model_dir, config)


@exported("estimator.DNNEstimator", "contrib.estimator.DNNEstimator")
class DNNEstimator(_Canned):
    """Layers of neurons, whose logits a head makes predictions of; see :class:`DNNClassifier`."""

    def __init__(
        self,
        head: Any,
        hidden_units: Sequence[int],
        feature_columns: Any,
        model_dir: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = None,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        batch_norm: bool = False,
    ) -> None:
        del input_layer_partitioner, warm_start_from
        deep = _Deep(hidden_units, feature_columns, activation_fn, dropout, batch_norm, optimizer)
        self._begin(head, [deep], model_dir, config)


@exported("estimator.LinearClassifier")
class LinearClassifier(_Canned):
    """Predicts classes by a linear function; see :class:`DNNClassifier` for the arguments."""

    def __init__(
        self,
        feature_columns: Any,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        partitioner: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = "weighted_sum",
        sparse_combiner: str = "sum",
    ) -> None:
        del partitioner, warm_start_from
        head = ClassHead(n_classes, label_vocabulary, weight_column, loss_reduction)
        linear = _Linear(feature_columns, optimizer, sparse_combiner)
        self._begin(head, [linear], model_dir, config)


@exported("estimator.LinearRegressor")
class LinearRegressor(_Canned):
    """Predicts numbers by a linear function; see :class:`DNNRegressor` for the arguments."""

    def __init__(
        self,
        feature_columns: Any,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        partitioner: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = "weighted_sum",
        sparse_combiner: str = "sum",
    ) -> None:
        del partitioner, warm_start_from
        head = RegressionHead(label_dimension, weight_column, loss_reduction)
        linear = _Linear(feature_columns, optimizer, sparse_combiner)
        self._begin(head, [linear], model_dir, config)


def _both(
    linear_columns: Any, linear_optimizer: Any, columns: Any, optimizer: Any,
    hidden_units: Any, activation: Any, dropout: Any, batch_norm: bool,
) -> list[Any]:  # fmt: skip
    """Return the two parts of a model that is both linear and deep, None for one that is not."""
    linear = _Linear(linear_columns, linear_optimizer) if linear_columns else None
    deep = None
    if columns:
        deep = _Deep(hidden_units or [], columns, activation, dropout, batch_norm, optimizer)
    return [deep, linear]


@exported("estimator.DNNLinearCombinedClassifier")
class DNNLinearCombinedClassifier(_Canned):
    """Predicts classes by the sum of a linear function and layers of neurons.

    See :class:`DNNClassifier` for the arguments.
    """

    def __init__(
        self,
        model_dir: Any = None,
        linear_feature_columns: Any = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Any = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Sequence[int] | None = None,
        dnn_activation_fn: Any = None,
        dnn_dropout: float | None = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = "weighted_sum",
        batch_norm: bool = False,
    ) -> None:
        del input_layer_partitioner, warm_start_from
        head = ClassHead(n_classes, label_vocabulary, weight_column, loss_reduction)
        parts = _both(
            linear_feature_columns, linear_optimizer, dnn_feature_columns, dnn_optimizer,
            dnn_hidden_units, dnn_activation_fn, dnn_dropout, batch_norm,
        )  # fmt: skip
        self._begin(head, parts, model_dir, config)


@exported("estimator.DNNLinearCombinedRegressor")
class DNNLinearCombinedRegressor(_Canned):
    """Predicts numbers by the sum of a linear function and layers of neurons.

    See :class:`DNNRegressor` for the arguments.
    """

    def __init__(
        self,
        model_dir: Any = None,
        linear_feature_columns: Any = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Any = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Sequence[int] | None = None,
        dnn_activation_fn: Any = None,
        dnn_dropout: float | None = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = "weighted_sum",
        batch_norm: bool = False,
    ) -> None:
        del input_layer_partitioner, warm_start_from
        head = RegressionHead(label_dimension, weight_column, loss_reduction)
        parts = _both(
            linear_feature_columns, linear_optimizer, dnn_feature_columns, dnn_optimizer,
            dnn_hidden_units, dnn_activation_fn, dnn_dropout, batch_norm,
        )  # fmt: skip
        self._begin(head, parts, model_dir, config)


for _name in ("BaselineClassifier", "BaselineRegressor"):
    advise(f"estimator.{_name}", "Use tf.estimator.LinearClassifier or LinearRegressor.")
