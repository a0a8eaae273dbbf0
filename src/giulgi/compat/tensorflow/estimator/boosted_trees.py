"""Estimators of boosted trees: ``tf.estimator.BoostedTreesClassifier`` and its kin.

A model is kept in memory: its trees are in no checkpoint.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from giulgi.compat.errors import OutOfRangeError
from giulgi.compat.graphs.graph import Graph
from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.estimator.boosting import Settings, Tree, grown
from giulgi.compat.tensorflow.estimator.estimator import inputs_of
from giulgi.compat.tensorflow.estimator.feature_kinds import BucketizedColumn
from giulgi.compat.tensorflow.graph_mode import building
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensorflow.system import logging
from giulgi.compat.tensors.tensor import as_tensor

Array = np.ndarray[Any, Any]


class _Boosted:
    """Trees that are added up.

    Args:
        classes: how many classes; 0: numbers are predicted.
        columns: the columns of the table; None: all that there are.
        trees: how many trees.
        settings: how they grow.
        batches: how many batches a level of a tree takes.
        config: how it is trained.
        model_dir: has no meaning but its name.
        center_bias: whether the first value is that of all examples together.
    """

    def __init__(
        self, classes: int, columns: Any, trees: int, settings: Settings, batches: int,
        config: Any, model_dir: Any, center_bias: bool = False,
    ) -> None:  # fmt: skip
        self._classes, self._columns, self._count = classes, columns, trees
        if classes:
            settings = replace(settings, most=4.0)
        self._settings, self._batches, self._center = settings, max(1, int(batches)), center_bias
        self.config = config
        self.model_dir = str(model_dir or getattr(config, "model_dir", None) or tempfile.mkdtemp())
        self._outputs = classes if classes > 2 else 1
        self._trees: list[Tree] = []
        self._first, self._step = np.zeros(self._outputs), 0
        self._rng = np.random.default_rng(getattr(config, "tf_random_seed", None))

    # Inputs

    def _batches_of(self, input_fn: Callable[..., Any], mode: str) -> Iterator[tuple[Array, Any]]:
        """Yield features and labels of batches."""
        with building(Graph()):
            features, labels = inputs_of(input_fn, mode, {}, self.config)
            wanted = [self._matrix(features)] + ([] if labels is None else [as_tensor(labels)])
            setup = [tf.local_variables_initializer(), tf.tables_initializer()]
            session = tf.Session()
        session.run(setup)
        while True:
            try:
                found = session.run(wanted)
            except OutOfRangeError:
                return
            yield found[0], found[1] if labels is not None else None

    def _matrix(self, features: Any) -> Any:
        """Return all columns side by side, as numbers."""
        table = features if isinstance(features, dict) else {"": features}
        if self._columns is None:
            flat = [tf.layers.flatten(tf.cast(table[key], tf.float32)) for key in sorted(table)]
        else:
            several = sorted(self._columns, key=lambda column: column.name)
            plain = [c.source_column if isinstance(c, BucketizedColumn) else c for c in several]
            flat = [column.dense(table) for column in plain]
        return flat[0] if len(flat) == 1 else tf.concat(flat, 1)

    # Using

    def train(
        self, input_fn: Any = None, hooks: Any = None, steps: int | None = None,
        max_steps: int | None = None, **_: Any,
    ) -> Any:  # fmt: skip
        """Add trees, as many as wanted, or until the inputs end or so many batches are read."""
        del hooks
        limit = (
            steps if steps is not None else None if max_steps is None else max_steps - self._step
        )
        batches = self._batches_of(input_fn, "train")
        a_tree = self._batches * self._settings.depth
        used = 0
        while len(self._trees) < self._count and (limit is None or used < limit):
            parts = [part for part, _ in zip(batches, range(self._batches), strict=False)]
            if not parts:
                break
            x = np.concatenate([x for x, _ in parts])
            y = np.concatenate([np.ravel(y) for _, y in parts])
            self._grow(x, y)
            used += a_tree
        self._step += used if limit is None else min(used, limit)
        return self

    fit = train

    def _grow(self, x: Array, y: Array) -> None:
        if self._center and not self._trees:
            self._first = self._center_of(y)
        g, h = self._derivatives(self._sums(x), y)
        self._trees.append(grown(x, g, h, self._settings, self._rng))
        loss = self._losses(self._sums(x), y).mean()
        logging.info("loss = %s, trees = %s", loss, len(self._trees))

    def _center_of(self, y: Array) -> Array:
        if self._classes == 0:
            return np.array([y.mean()])
        share = np.clip(
            np.bincount(y.astype(int), minlength=max(2, self._classes)) / len(y), 1e-6, 1
        )
        return np.log(share) if self._outputs > 1 else np.log(share[1:] / share[:1])

    def _sums(self, x: Array) -> Array:
        total = np.repeat(self._first[None], len(x), 0)
        for tree in self._trees:
            total = total + tree(x)
        return total

    def _probabilities(self, sums: Array) -> Array:
        logits = sums if self._outputs > 1 else np.concatenate([np.zeros_like(sums), sums], 1)
        exp = np.exp(logits - logits.max(1, keepdims=True))
        return exp / exp.sum(1, keepdims=True)

    def _derivatives(self, sums: Array, y: Array) -> tuple[Array, Array]:
        """Return the gradient and the second derivative of each example's loss."""
        if self._classes == 0:
            return 2 * (sums - y[:, None]), np.full_like(sums, 2.0)
        p = self._probabilities(sums)
        wanted = np.eye(p.shape[1])[y.astype(int)]
        if self._outputs == 1:
            p, wanted = p[:, 1:], wanted[:, 1:]
        return p - wanted, p * (1 - p)

    def _losses(self, sums: Array, y: Array) -> Array:
        if self._classes == 0:
            return np.square(sums[:, 0] - y)
        p = self._probabilities(sums)[np.arange(len(y)), y.astype(int)]
        return -np.log(np.maximum(p, 1e-12))

    def evaluate(self, input_fn: Any = None, steps: int | None = None, **_: Any) -> dict[str, Any]:
        """Return metrics, with ``"loss"``, the mean over batches."""
        losses, labels, sums = [], [], []
        for number, (x, y) in enumerate(self._batches_of(input_fn, "eval")):
            if steps is not None and number >= steps:
                break
            sums.append(self._sums(x))
            labels.append(np.ravel(y))
            losses.append(self._losses(sums[-1], labels[-1]))
        y, total = np.concatenate(labels), np.concatenate(sums)
        found = {
            "average_loss": np.float32(np.concatenate(losses).mean()),
            "loss": np.float32(np.mean([part.mean() for part in losses])),
            "label/mean": np.float32(y.mean()),
            "global_step": self._step,
        }
        if self._classes:
            right = self._probabilities(total).argmax(1) == y
            return {"accuracy": np.float32(right.mean())} | found
        return found | {"prediction/mean": np.float32(total.mean())}

    def predict(self, input_fn: Any = None, **_: Any) -> Iterator[dict[str, Any]]:
        """Yield the predictions of each example."""
        for x, _labels in self._batches_of(input_fn, "infer"):
            sums = self._sums(x).astype(np.float32)
            if not self._classes:
                yield from ({"predictions": row} for row in sums)
                continue
            for row, p in zip(sums, self._probabilities(sums), strict=True):
                number = int(p.argmax())
                yield {
                    "logits": row, "probabilities": p, "class_ids": np.array([number]),
                    "classes": np.array([str(number).encode()], object),
                }  # fmt: skip


def _estimator(name: str, classes: int, what: str) -> None:
    """Define an estimator of trees."""

    def __init__(  # noqa: N807
        self: Any,
        feature_columns: Sequence[Any],
        n_batches_per_layer: int,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        n_trees: int = 100,
        max_depth: int = 6,
        learning_rate: float = 0.1,
        l1_regularization: float = 0.0,
        l2_regularization: float = 0.0,
        tree_complexity: float = 0.0,
        min_node_weight: float = 0.0,
        config: Any = None,
        center_bias: bool = False,
        **_: Any,
    ) -> None:
        if weight_column is not None or label_vocabulary is not None:
            raise NotImplementedError(
                f"giulgi's stand-in for {name} has no weight_column and no label_vocabulary: "
                "labels are numbers"
            )
        settings = Settings(
            max_depth, learning_rate, l1_regularization, l2_regularization, tree_complexity,
            min_node_weight,
        )  # fmt: skip
        kinds = n_classes if classes else 0
        _Boosted.__init__(
            self, kinds, feature_columns, n_trees, settings, n_batches_per_layer, config, model_dir,
            center_bias,
        )  # fmt: skip

    made = type(name, (_Boosted,), {"__init__": __init__, "__doc__": f"Predicts {what} by trees."})
    export(f"estimator.{name}", made)


_estimator("BoostedTreesClassifier", 2, "classes")
_estimator("BoostedTreesRegressor", 0, "numbers")


# The older form


@exported("contrib.boosted_trees.proto.learner_pb2.LearnerConfig")
class LearnerConfig:
    """How trees grow, as a program of 2018 says it."""

    GROWING_MODE_UNSPECIFIED, WHOLE_TREE, LAYER_BY_LAYER = 0, 1, 2
    MULTI_CLASS_STRATEGY_UNSPECIFIED, TREE_PER_CLASS, FULL_HESSIAN, DIAGONAL_HESSIAN = 0, 1, 2, 3

    def __init__(self) -> None:
        self.learning_rate_tuner = SimpleNamespace(fixed=SimpleNamespace(learning_rate=0.1))
        self.regularization = SimpleNamespace(l1=0.0, l2=0.0, tree_complexity=0.0)
        self.constraints = SimpleNamespace(max_tree_depth=6, min_node_weight=0.0)
        self.growing_mode, self.multi_class_strategy = self.WHOLE_TREE, self.DIAGONAL_HESSIAN
        self.num_classes, self.pruning_mode = 2, 0


def _of_config(classes: int, learner_config: Any, trees: int, **options: Any) -> Any:
    regularization, limits = learner_config.regularization, learner_config.constraints
    settings = Settings(
        int(limits.max_tree_depth), float(learner_config.learning_rate_tuner.fixed.learning_rate),
        regularization.l1, regularization.l2, regularization.tree_complexity,
        limits.min_node_weight,
    )  # fmt: skip
    model_dir, config = options.get("model_dir"), options.get("config")
    columns, center = options.get("feature_columns"), bool(options.get("center_bias", True))
    return _Boosted(classes, columns, trees, settings, 1, config, model_dir, center)


_HOME = "contrib.boosted_trees.estimator_batch.estimator"


@exported(f"{_HOME}.GradientBoostedDecisionTreeClassifier")
def gradient_boosted_decision_tree_classifier(
    learner_config: Any, examples_per_layer: Any, n_classes: int = 2, num_trees: int = 100,
    **options: Any,
) -> Any:  # fmt: skip
    """Return an estimator of classes by trees; each is grown for one batch of examples."""
    del examples_per_layer
    return _of_config(n_classes, learner_config, num_trees, **options)


@exported(f"{_HOME}.GradientBoostedDecisionTreeRegressor")
def gradient_boosted_decision_tree_regressor(
    learner_config: Any, examples_per_layer: Any, label_dimension: int = 1, num_trees: int = 100,
    **options: Any,
) -> Any:  # fmt: skip
    """Return an estimator of numbers by trees; each is grown for one batch of examples."""
    del examples_per_layer, label_dimension
    return _of_config(0, learner_config, num_trees, **options)
