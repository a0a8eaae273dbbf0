"""What estimators make of logits: predictions, a loss, and metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from giulgi.compat.names import exported
from giulgi.compat.operations.host import host_operation
from giulgi.compat.tensorflow.estimator.estimator_export import (
    ClassificationOutput,
    PredictOutput,
    RegressionOutput,
)
from giulgi.compat.tensorflow.estimator.estimator_specs import EstimatorSpec, ModeKeys
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.tensor import Tensor, as_tensor

Train = Callable[[Tensor], Any]


class Head:
    """What is made of logits.

    Args:
        size: the number of logits.
        weight_column: the feature that says how much an example counts, if one does.
        reduction: how the losses of examples become one number.
    """

    def __init__(
        self, size: int, weight_column: Any = None, reduction: str = "weighted_sum"
    ) -> None:
        self.logits_dimension = size
        self._weights, self._reduction = weight_column, reduction

    def create_estimator_spec(
        self,
        features: Any,
        mode: str,
        logits: Tensor,
        labels: Any = None,
        optimizer: Any = None,
        train_op_fn: Train | None = None,
        regularization_losses: Any = None,
        **_: Any,
    ) -> EstimatorSpec:
        """Return what a function that builds a model returns.

        Args:
            features: the features, for weights of examples.
            mode: what it is built for.
            logits: (examples, size).
            labels: (examples,) or (examples, 1).
            optimizer: makes a step of training, if ``train_op_fn`` does not.
            train_op_fn: takes the loss, and returns the operation of a step of training.
            regularization_losses: are added to the loss.
        """
        predictions = self.predictions(logits)
        if mode == ModeKeys.PREDICT:
            exported = {"predict": PredictOutput(predictions), **self.exported(predictions)}
            return EstimatorSpec(mode, predictions=predictions, export_outputs=exported)
        expected = self.expected(labels)
        losses = self.losses(expected, logits)
        weights = self._weights_of(features)
        total = tf.reduce_sum(losses * weights)
        mean = total / tf.reduce_sum(weights * tf.ones_like(losses))
        loss = total if self._reduction in ("weighted_sum", "sum") else mean
        if regularization_losses:
            loss = loss + tf.add_n(regularization_losses)
        if mode == ModeKeys.EVAL:
            metrics = {"average_loss": tf.metrics.mean(losses, weights)}
            metrics |= self.metrics(expected, predictions, weights)
            return EstimatorSpec(mode, predictions, loss, eval_metric_ops=metrics)
        if train_op_fn is not None:
            train = train_op_fn(loss)
        else:
            train = optimizer.minimize(loss, global_step=tf.train.get_global_step())
        return EstimatorSpec(mode, predictions, loss, train)

    def _weights_of(self, features: Any) -> Any:
        if self._weights is None:
            return as_tensor(np.float32(1))
        key = getattr(self._weights, "key", self._weights)
        return tf.reshape(tf.cast(features[key], tf.float32), [-1, 1])

    def exported(self, predictions: Any) -> dict[str, Any]:
        """Return what an exported model gives beside all that is predicted, by signatures."""
        return {"serving_default": PredictOutput(predictions)}

    def predictions(self, logits: Tensor) -> dict[str, Any]:
        """Return what is predicted."""
        raise NotImplementedError

    def expected(self, labels: Any) -> Tensor:
        """Return labels, (examples, 1)."""
        return tf.reshape(as_tensor(labels), [-1, 1])

    def losses(self, labels: Tensor, logits: Tensor) -> Any:
        """Return the losses of examples, (examples, 1)."""
        raise NotImplementedError

    def metrics(self, labels: Tensor, predictions: Any, weights: Any) -> dict[str, Any]:
        """Return metrics beside the mean loss."""
        raise NotImplementedError


class RegressionHead(Head):
    """Numbers are predicted: the logits; the loss is their squared error."""

    def predictions(self, logits: Tensor) -> dict[str, Any]:
        """Return what is predicted."""
        return {"predictions": logits}

    def exported(self, predictions: Any) -> dict[str, Any]:
        """Return what an exported model gives: the numbers."""
        output = RegressionOutput(predictions["predictions"])
        return {"serving_default": output, "regression": output}

    def expected(self, labels: Any) -> Tensor:
        """Return labels as floats, (examples, size)."""
        numbers = tf.cast(as_tensor(labels), tf.float32)
        return tf.reshape(numbers, [-1, self.logits_dimension])

    def losses(self, labels: Tensor, logits: Tensor) -> Any:
        """Return squared errors."""
        return tf.square(logits - labels)

    def metrics(self, labels: Tensor, predictions: Any, weights: Any) -> dict[str, Any]:
        """Return the means of labels and predictions."""
        return {
            "label/mean": tf.metrics.mean(labels, weights),
            "prediction/mean": tf.metrics.mean(predictions["predictions"], weights),
        }


@exported("contrib.estimator.multi_label_head", "estimator.MultiLabelHead")
class MultiLabelHead(Head):
    """Any number of several classes is predicted, each by a logit of its own.

    Args:
        n_classes: how many classes.
        weight_column: the feature that says how much an example counts.
        thresholds: has no meaning.
        label_vocabulary: must be None: labels are rows of zeros and ones.
        loss_reduction: how the losses of examples become one number.
        loss_fn: has no meaning.
        name: has no meaning.
    """

    def __init__(
        self, n_classes: int, weight_column: Any = None, thresholds: Any = None,
        label_vocabulary: Any = None, loss_reduction: str = "sum_over_batch_size",
        loss_fn: Any = None, name: str | None = None,
    ) -> None:  # fmt: skip
        del thresholds, loss_fn, name
        if label_vocabulary is not None:
            raise NotImplementedError("multi_label_head has no label_vocabulary: give 0 and 1")
        super().__init__(n_classes, weight_column, loss_reduction)

    def predictions(self, logits: Tensor) -> dict[str, Any]:
        """Return logits and probabilities."""
        return {"logits": logits, "probabilities": tf.sigmoid(logits)}

    def expected(self, labels: Any) -> Tensor:
        """Return labels as zeros and ones, (examples, size)."""
        return tf.reshape(tf.cast(as_tensor(labels), tf.float32), [-1, self.logits_dimension])

    def losses(self, labels: Tensor, logits: Tensor) -> Any:
        """Return the mean cross entropies of examples."""
        each = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        return tf.reduce_mean(each, -1, keepdims=True)

    def metrics(self, labels: Tensor, predictions: Any, weights: Any) -> dict[str, Any]:
        """Return the area under the curve of recall over false alarms."""
        likely = predictions["probabilities"]
        return {"auc": tf.metrics.auc(labels, likely, weights * tf.ones_like(likely))}


class ClassHead(Head):
    """One of several classes is predicted; with two there is one logit.

    Args:
        classes: how many classes.
        vocabulary: what labels are called; None: they are numbers.
        weight_column: the feature that says how much an example counts, if one does.
        reduction: how the losses of examples become one number.
    """

    def __init__(
        self,
        classes: int,
        vocabulary: Sequence[Any] | None = None,
        weight_column: Any = None,
        reduction: str = "weighted_sum",
    ) -> None:
        if classes < 2:
            raise ValueError(f"n_classes must be > 1, and not {classes}")
        super().__init__(1 if classes == 2 else classes, weight_column, reduction)
        self._classes = classes
        self._words = [
            word.encode() if isinstance(word, str) else word for word in vocabulary or ()
        ]

    def expected(self, labels: Any) -> Tensor:
        """Return the numbers of the classes of examples, (examples, 1)."""
        found = super().expected(labels)
        if not self._words:
            return tf.cast(found, tf.int64)
        words = self._words

        def number(values: Any) -> Any:
            return np.array([[words.index(x) for x in row] for row in values], np.int64)

        return host_operation("LookUp", number, [found], [("int64", [None, 1])]).outputs[0]

    def _named(self, ids: Tensor) -> Tensor:
        """Return what classes are called."""
        words = self._words

        def name(values: Any) -> Any:
            said = [words[i] if words else str(i).encode() for i in np.ravel(values)]
            return np.array(said, object).reshape(np.shape(values))

        return host_operation("LookUp", name, [ids], [("string", ids.shape)]).outputs[0]

    def predictions(self, logits: Tensor) -> dict[str, Any]:
        """Return logits, probabilities, and classes by number and name."""
        found = {"logits": logits}
        whole = logits
        if self._classes == 2:
            found["logistic"] = tf.sigmoid(logits)
            whole = tf.concat([tf.zeros_like(logits), logits], 1)
        ids = tf.expand_dims(tf.argmax(whole, 1), 1)
        return found | {
            "probabilities": tf.nn.softmax(whole),
            "class_ids": ids,
            "classes": self._named(ids),
        }

    def exported(self, predictions: Any) -> dict[str, Any]:
        """Return what an exported model gives: the names of all classes, and their chances."""
        chances = predictions["probabilities"]
        everyone = tf.zeros_like(chances, tf.int32) + np.arange(self._classes, dtype=np.int32)
        output = ClassificationOutput(chances, self._named(everyone))
        return {"serving_default": output, "classification": output}

    def losses(self, labels: Tensor, logits: Tensor) -> Any:
        """Return cross entropies."""
        if self._classes == 2:
            numbers = tf.cast(labels, tf.float32)
            return tf.nn.sigmoid_cross_entropy_with_logits(labels=numbers, logits=logits)
        flat = tf.reshape(labels, [-1])
        found = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=flat, logits=logits)
        return tf.expand_dims(found, 1)

    def metrics(self, labels: Tensor, predictions: Any, weights: Any) -> dict[str, Any]:
        """Return the accuracy; of two classes also what tells more of the rarer one."""
        weighted = weights * tf.ones_like(tf.cast(labels, tf.float32))
        ids = predictions["class_ids"]
        found = {"accuracy": tf.metrics.accuracy(labels, ids, weighted)}
        if self._classes > 2:
            return found
        ones, likely = tf.cast(labels, tf.float32), predictions["logistic"]
        mean, update = tf.metrics.mean(ones, weighted)
        return found | {
            "accuracy_baseline": (tf.maximum(mean, 1 - mean), tf.maximum(update, 1 - update)),
            "auc": tf.metrics.auc(labels, likely, weighted),
            "auc_precision_recall": tf.metrics.auc(labels, likely, weighted, curve="PR"),
            "label/mean": (mean, update),
            "precision": tf.metrics.precision(labels, ids, weighted),
            "prediction/mean": tf.metrics.mean(likely, weighted),
            "recall": tf.metrics.recall(labels, ids, weighted),
        }
