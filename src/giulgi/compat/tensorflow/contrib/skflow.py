"""``tf.contrib.skflow`` of 2016: models with the methods of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from giulgi.compat.graphs.graph import Graph
from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.contrib.vocabulary import CategoricalVocabulary, VocabularyProcessor
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.tensor import as_tensor

_OPTIMIZERS = {
    "SGD": "GradientDescentOptimizer", "Adam": "AdamOptimizer", "Adagrad": "AdagradOptimizer",
}  # fmt: skip


def _weights(name: str, shape: Sequence[Any], dtype: Any = None) -> Any:
    return tf.get_variable(name, [int(size) for size in shape], dtype)


def _begun(mean: float | None, deviation: float) -> Any:
    """Return what first values are drawn by; None: what the scope says."""
    return None if mean is None else tf.random_normal_initializer(mean, deviation)


def linear_regression(
    x: Any, y: Any, init_mean: float | None = None, init_stddev: float = 1.0
) -> Any:
    """Return x weights + bias, and the mean squared difference from y.

    Args:
        x: (examples, features).
        y: (examples,) or (examples, outputs).
        init_mean: around which number weights begin; None: as everywhere.
        init_stddev: how far from it.
    """
    with tf.variable_scope("linear_regression", initializer=_begun(init_mean, init_stddev)):
        size = 1 if y.shape.ndims == 1 else y.shape[1]
        weights = _weights("weights", [x.shape[1], size], x.dtype)
        found = tf.matmul(x, weights) + _weights("bias", [size], x.dtype)
        wanted = tf.cast(tf.expand_dims(y, 1) if y.shape.ndims == 1 else y, x.dtype)
        return found, tf.reduce_mean(tf.square(found - wanted))


def logistic_regression(
    x: Any, y: Any, class_weight: Any = None, init_mean: float | None = None,
    init_stddev: float = 1.0,
) -> Any:  # fmt: skip
    """Return the probabilities of classes, softmax(x weights + bias), and the cross entropy.

    Args:
        x: (examples, features).
        y: (examples, classes), rows with a one at the place of the class.
        class_weight: how much each class counts.
        init_mean: around which number weights begin; None: as everywhere.
        init_stddev: how far from it.
    """
    with tf.variable_scope("logistic_regression", initializer=_begun(init_mean, init_stddev)):
        size = y.shape[1]
        weights = _weights("weights", [x.shape[1], size], x.dtype)
        logits = tf.matmul(x, weights) + _weights("bias", [size], x.dtype)
        if class_weight is not None:
            logits = logits * class_weight
        losses = tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits)
        return tf.nn.softmax(logits), tf.reduce_mean(losses)


def linear_regression_zero_init(x: Any, y: Any) -> Any:
    """Return :func:`linear_regression` whose weights begin as zeros."""
    return linear_regression(x, y, 0.0, 0.0)


def logistic_regression_zero_init(x: Any, y: Any) -> Any:
    """Return :func:`logistic_regression` whose weights begin as zeros."""
    return logistic_regression(x, y, None, 0.0, 0.0)


def get_dnn_model(hidden_units: Sequence[int], target: Callable[..., Any]) -> Callable[..., Any]:
    """Return a model of layers of neurons, and what is made of the last one."""
    return lambda x, y: target(dnn(x, hidden_units), y)


# Parts of models


def dnn(
    tensor_in: Any, hidden_units: Sequence[int], activation: Any = None, dropout: Any = None,
    keep_prob: Any = None,
) -> Any:  # fmt: skip
    """Return layers of neurons over a tensor.

    Args:
        tensor_in: (examples, features).
        hidden_units: the sizes of the layers.
        activation: of each layer; None: ReLU.
        dropout: how much of a layer is left out in training.
        keep_prob: how much of it is kept, instead.
    """
    kept = keep_prob if dropout is None else 1 - dropout
    with tf.variable_scope("dnn"):
        for number, units in enumerate(hidden_units):
            shape = [tensor_in.shape[1], units]
            with tf.variable_scope(f"layer{number}"):
                sums = tf.matmul(tensor_in, _weights("weights", shape)) + _weights("bias", [units])
                tensor_in = (activation or tf.nn.relu)(sums)
                if kept is not None:
                    tensor_in = dropout_(tensor_in, kept)
    return tensor_in


def dropout_(tensor_in: Any, prob: Any, name: str | None = None) -> Any:
    """Return a tensor of which a share is kept while a model is trained."""
    del name
    found = tf.get_collection("skflow_training")
    training = found[0] if found else tf.constant(False)
    return tf.cond(training, lambda: tf.nn.dropout(tensor_in, prob), lambda: as_tensor(tensor_in))


def conv2d(
    tensor_in: Any, n_filters: int, filter_shape: Sequence[int], strides: Any = None,
    padding: str = "SAME", bias: bool = True, activation: Any = None, batch_norm: bool = False,
) -> Any:  # fmt: skip
    """Return a convolution of pictures (examples, rows, columns, channels)."""
    with tf.variable_scope("convolution"):
        shape = [*filter_shape, tensor_in.shape[3], n_filters]
        kernel = _weights("filters", shape)
        found = tf.nn.conv2d(tensor_in, kernel, strides or [1, 1, 1, 1], padding)
        if bias:
            found = found + _weights("bias", [n_filters])
        if batch_norm:
            found = tf.layers.batch_normalization(found, training=True)
        return found if activation is None else activation(found)


def one_hot_matrix(
    tensor_in: Any, num_classes: int, on_value: Any = 1.0, off_value: Any = 0.0
) -> Any:
    """Return rows with a number at the place of a class, and another one elsewhere."""
    return tf.one_hot(tf.cast(tensor_in, tf.int64), num_classes, on_value, off_value)


def split_squeeze(dim: int, num_split: int, tensor_in: Any) -> Any:
    """Return the parts of a tensor along an axis, without it."""
    return tf.unstack(tensor_in, num_split, dim)


def categorical_variable(tensor_in: Any, n_classes: int, embedding_size: int, name: str) -> Any:
    """Return vectors that are learned for classes."""
    with tf.variable_scope(name):
        table = tf.get_variable("embeddings", [n_classes, embedding_size])
        return tf.nn.embedding_lookup(table, tf.cast(tensor_in, tf.int64))


# Models


class TensorFlowEstimator:
    """A model that is given arrays.

    Args:
        model_fn: takes tensors of features and labels; returns predictions and a loss.
        n_classes: how many classes; 0: numbers are predicted.
        batch_size: how many examples a step takes; -1: all.
        steps: how many steps.
        optimizer: "SGD", "Adam", "Adagrad", or a class.
        learning_rate: the rate, or a function of the step that returns it.
        clip_gradients: the greatest norm of all gradients.
        class_weight: has no meaning.
        continue_training: whether ``fit`` goes on where it stopped.
        config: has no meaning.
        verbose: 0: say nothing.
        tf_random_seed: what the first values begin from, so that they are the same in each run.
    """

    def __init__(
        self,
        model_fn: Callable[..., Any],
        n_classes: int,
        batch_size: int = 32,
        steps: int = 200,
        optimizer: Any = "Adagrad",
        learning_rate: Any = 0.1,
        clip_gradients: float = 5.0,
        class_weight: Any = None,
        continue_training: bool = False,
        config: Any = None,
        verbose: int = 1,
        tf_random_seed: int = 42,
        **_: Any,
    ) -> None:
        del class_weight, config
        self.model_fn, self.n_classes, self.batch_size = model_fn, n_classes, batch_size
        self.steps, self.optimizer, self.learning_rate = steps, optimizer, learning_rate
        self.clip_gradients, self.continue_training = clip_gradients, continue_training
        self.verbose, self.tf_random_seed = verbose, tf_random_seed
        self._session: Any = None

    def _build(self, x: Any, y: Any) -> None:
        """Build the model for features and labels like some arrays."""
        self._graph = Graph()
        with self._graph.as_default():
            tf.set_random_seed(self.tf_random_seed)
            training = tf.placeholder_with_default(tf.constant(False), [])
            tf.add_to_collection("skflow_training", training)
            dtype = tf.float32 if x.dtype.kind == "f" else tf.int64
            self._x = tf.placeholder(dtype, [None, *x.shape[1:]])
            shape = [None, self.n_classes] if self.n_classes > 1 else [None, *y.shape[1:]]
            self._y = tf.placeholder(tf.float32, shape)
            self._training = training
            self._predictions, self._loss = self.model_fn(self._x, self._y)
            step = tf.train.get_or_create_global_step()
            rate = self.learning_rate
            rate = rate(step) if callable(rate) else rate
            made = self.optimizer
            made = getattr(tf.train, _OPTIMIZERS[made]) if isinstance(made, str) else made
            optimizer = made(rate)
            pairs = [p for p in optimizer.compute_gradients(self._loss) if p[0] is not None]
            clipped, _ = tf.clip_by_global_norm([g for g, _ in pairs], self.clip_gradients)
            changes = list(zip(clipped, [v for _, v in pairs], strict=True))
            self._train = optimizer.apply_gradients(changes, global_step=step)
            self._session = tf.Session(graph=self._graph)
            self._session.run(tf.global_variables_initializer())

    def fit(self, X: Any, y: Any, monitor: Any = None, logdir: Any = None) -> Any:  # noqa: N803
        """Train on features and labels."""
        del monitor, logdir
        rows, labels = _array(X), np.asarray(y)
        if self._session is None or not self.continue_training:
            self._build(rows, labels)
        if self.n_classes > 1:
            labels = np.eye(self.n_classes, dtype=np.float32)[labels.astype(int)]
        size = len(rows) if self.batch_size == -1 else min(self.batch_size, len(rows))
        loss = None
        for number in range(self.steps):
            chosen = np.random.choice(len(rows), size, replace=False)
            feeds = {self._x: rows[chosen], self._y: labels[chosen], self._training: True}
            _, loss = self._session.run([self._train, self._loss], feeds)
            if self.verbose and number in (0, self.steps - 1):
                print(f"Step #{number + 1}, avg. loss: {loss:.5f}")
        return self

    partial_fit = fit

    def predict_proba(self, X: Any, batch_size: int | None = None) -> Any:  # noqa: N803
        """Return what the model predicts: the probabilities of classes, or numbers."""
        del batch_size
        return self._session.run(self._predictions, {self._x: _array(X)})

    def predict(self, X: Any, axis: int = 1, batch_size: int | None = None) -> Any:  # noqa: N803
        """Return the most likely classes, or numbers."""
        found = self.predict_proba(X, batch_size)
        return found.argmax(axis) if self.n_classes > 1 else found

    def score(self, X: Any, y: Any) -> float:  # noqa: N803
        """Return the share of classes that are right, or how much of the variance is explained."""
        found, wanted = self.predict(X), np.asarray(y)
        if self.n_classes > 1:
            return float(np.mean(found == wanted))
        rest = np.square(found.reshape(wanted.shape) - wanted).sum()
        return float(1 - rest / np.square(wanted - wanted.mean()).sum())

    def get_tensor_value(self, name: str) -> Any:
        """Return the value of a variable."""
        return self._session.run(self._graph.as_graph_element(name))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the settings, as scikit-learn asks for them."""
        del deep
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}

    def set_params(self, **params: Any) -> Any:
        """Change settings."""
        for name, value in params.items():
            setattr(self, name, value)
        return self


def _array(rows: Any) -> np.ndarray[Any, Any]:
    array = np.array(list(rows)) if not hasattr(rows, "__array__") else np.asarray(rows)
    return array.astype(np.float32 if array.dtype.kind == "f" else np.int64)


class TensorFlowLinearClassifier(TensorFlowEstimator):
    """Predicts classes by a linear function; see :class:`TensorFlowEstimator`."""

    def __init__(self, n_classes: int, **options: Any) -> None:
        super().__init__(logistic_regression, n_classes, **options)


class TensorFlowLinearRegressor(TensorFlowEstimator):
    """Predicts numbers by a linear function; see :class:`TensorFlowEstimator`."""

    def __init__(self, n_classes: int = 0, **options: Any) -> None:
        super().__init__(linear_regression, n_classes, **options)


class TensorFlowDNNClassifier(TensorFlowEstimator):
    """Predicts classes by layers of neurons; see :class:`TensorFlowEstimator`."""

    def __init__(self, hidden_units: Sequence[int], n_classes: int, **options: Any) -> None:
        self.hidden_units = hidden_units
        super().__init__(get_dnn_model(hidden_units, logistic_regression), n_classes, **options)


class TensorFlowDNNRegressor(TensorFlowEstimator):
    """Predicts numbers by layers of neurons; see :class:`TensorFlowEstimator`."""

    def __init__(self, hidden_units: Sequence[int], n_classes: int = 0, **options: Any) -> None:
        self.hidden_units = hidden_units
        super().__init__(get_dnn_model(hidden_units, linear_regression), n_classes, **options)


class CategoricalProcessor:
    """Makes numbers of the categories in the columns of a table.

    Args:
        min_frequency: categories that are rarer become 0.
        share: whether all columns have the same numbers.
        vocabularies: the numbers; None: they are found.
    """

    def __init__(
        self, min_frequency: int = 0, share: bool = False, vocabularies: Any = None
    ) -> None:
        self.min_frequency, self.share, self.vocabularies_ = min_frequency, share, vocabularies

    def fit(self, x: Iterable[Any], unused_y: Any = None) -> CategoricalProcessor:
        """Find the categories."""
        del unused_y
        rows = [np.atleast_1d(np.asarray(row, object)) for row in np.asarray(x, object)]
        if self.vocabularies_ is None:
            count = len(rows[0])
            shared = CategoricalVocabulary()
            self.vocabularies_ = [
                shared if self.share else CategoricalVocabulary() for _ in range(count)
            ]
        for row in rows:
            for vocabulary, value in zip(self.vocabularies_, row, strict=True):
                vocabulary.add(value)
        for vocabulary in self.vocabularies_:
            if self.min_frequency > 0:
                vocabulary.trim(self.min_frequency)
            vocabulary.freeze()
        return self

    def fit_transform(self, x: Iterable[Any], unused_y: Any = None) -> Iterable[Any]:
        """Find the categories, and yield rows of their numbers."""
        return self.fit(x, unused_y).transform(x)

    def transform(self, x: Iterable[Any]) -> Iterable[Any]:
        """Yield rows of numbers."""
        for row in np.asarray(x, object):
            pairs = zip(self.vocabularies_, np.atleast_1d(row), strict=True)
            yield np.array([vocabulary.get(value) for vocabulary, value in pairs], np.int64)


for _class in (TensorFlowEstimator, TensorFlowLinearClassifier, TensorFlowLinearRegressor,
               TensorFlowDNNClassifier, TensorFlowDNNRegressor):  # fmt: skip
    export(f"contrib.skflow.{_class.__name__}", _class)
    export(f"contrib.learn.{_class.__name__}", _class)
for _function in (linear_regression, logistic_regression, linear_regression_zero_init,
                  logistic_regression_zero_init, get_dnn_model):  # fmt: skip
    export(f"contrib.skflow.models.{_function.__name__}", _function)
    export(f"contrib.learn.models.{_function.__name__}", _function)
_PARTS: tuple[Callable[..., Any], ...] = (
    dnn, conv2d, one_hot_matrix, split_squeeze, categorical_variable,
)  # fmt: skip
for _part in _PARTS:
    export(f"contrib.skflow.ops.{_part.__name__}", _part)
    export(f"contrib.learn.ops.{_part.__name__}", _part)
exported("contrib.skflow.ops.dropout", "contrib.learn.ops.dropout")(dropout_)
for _home in ("contrib.skflow.preprocessing", "contrib.learn.preprocessing"):
    export(f"{_home}.CategoricalProcessor", CategoricalProcessor)
export("contrib.skflow.preprocessing.VocabularyProcessor", VocabularyProcessor)
