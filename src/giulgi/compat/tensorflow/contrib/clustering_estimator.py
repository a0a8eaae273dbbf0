"""k-means clustering as an estimator: ``tf.contrib.factorization.KMeansClustering``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from giulgi.compat.names import exported
from giulgi.compat.tensorflow.contrib.clustering import (
    COSINE_DISTANCE,
    KMEANS_PLUS_PLUS_INIT,
    RANDOM_INIT,
    SQUARED_EUCLIDEAN_DISTANCE,
    KMeans,
)
from giulgi.compat.tensorflow.estimator.estimator import Estimator
from giulgi.compat.tensorflow.estimator.estimator_specs import EstimatorSpec, ModeKeys
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensorflow.train.hooks import SessionRunHook
from giulgi.compat.tensors.tensor import as_tensor


class _Beginning(SessionRunHook):
    """Chooses the first centers, if a checkpoint has none."""

    def __init__(self, chosen: Any, initialize: Any) -> None:
        self._chosen, self._initialize = chosen, initialize

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Choose centers in a new session."""
        del coord
        if not session.run(self._chosen):
            session.run(self._initialize)


class _Rest(SessionRunHook):
    """Ends training when the loss hardly changes."""

    def __init__(self, loss: Any, tolerance: float) -> None:
        self._loss, self._tolerance = loss, tolerance
        self._before: float | None = None

    def before_run(self, run_context: Any) -> Any:
        """Ask for the loss of a step."""
        del run_context
        return tf.train.SessionRunArgs(self._loss)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Stop if |loss - before| / (1 + |before|) is below the tolerance."""
        loss, before = float(run_values.results), self._before
        self._before = loss
        if before is not None and abs(loss - before) / (1 + abs(before)) < self._tolerance:
            run_context.request_stop()


@exported("contrib.factorization.KMeansClustering", "estimator.experimental.KMeans")
class KMeansClustering(Estimator):
    """Finds centers, of which each example is near to one.

    Args:
        num_clusters: how many centers.
        model_dir: the folder of its checkpoints; None: a new one.
        initial_clusters: which examples are the first centers: "random" ones, or an array.
        distance_metric: "squared_euclidean" or "cosine".
        random_seed: a number for what is drawn.
        use_mini_batch: whether centers are means of all batches of before, too.
        mini_batch_steps_per_iteration: has no meaning.
        kmeans_plus_plus_num_retries: has no meaning.
        relative_tolerance: by what share the loss must change for training to go on.
        config: how it is trained.
        feature_columns: what features are made of; None: all of them, side by side.
    """

    SQUARED_EUCLIDEAN_DISTANCE, COSINE_DISTANCE = SQUARED_EUCLIDEAN_DISTANCE, COSINE_DISTANCE
    RANDOM_INIT, KMEANS_PLUS_PLUS_INIT = RANDOM_INIT, KMEANS_PLUS_PLUS_INIT
    SCORE, CLUSTER_INDEX, ALL_DISTANCES = "score", "cluster_index", "all_distances"
    CLUSTER_CENTERS_VAR_NAME = "kmeans/clusters"

    def __init__(
        self,
        num_clusters: int,
        model_dir: Any = None,
        initial_clusters: Any = RANDOM_INIT,
        distance_metric: str = SQUARED_EUCLIDEAN_DISTANCE,
        random_seed: int = 0,
        use_mini_batch: bool = True,
        mini_batch_steps_per_iteration: int = 1,
        kmeans_plus_plus_num_retries: int = 2,
        relative_tolerance: float | None = None,
        config: Any = None,
        feature_columns: Any = None,
    ) -> None:
        del mini_batch_steps_per_iteration, kmeans_plus_plus_num_retries

        def build(features: Any, labels: Any, mode: str) -> EstimatorSpec:
            del labels
            rows = _rows(features, feature_columns)
            model = KMeans(
                rows, num_clusters, initial_clusters, distance_metric, use_mini_batch,
                random_seed=random_seed,
            )  # fmt: skip
            scores, nearest, least, chosen, _, initialize, step = model.training_graph()
            loss = tf.reduce_sum(least[0])
            hooks: list[Any] = [_Beginning(chosen, initialize)]
            if relative_tolerance is not None:
                hooks.append(_Rest(loss, relative_tolerance))
            return EstimatorSpec(
                mode,
                {self.ALL_DISTANCES: scores[0], self.CLUSTER_INDEX: nearest[0]},
                loss,
                tf.group(step, tf.assign_add(tf.train.get_or_create_global_step(), 1)),
                {self.SCORE: tf.metrics.mean(loss)} if mode == ModeKeys.EVAL else None,
                training_hooks=hooks,
            )

        super().__init__(build, model_dir, config)

    def score(self, input_fn: Any) -> Any:
        """Return the sum of distances of examples from the nearest center."""
        return self.evaluate(input_fn, steps=1)[self.SCORE]

    def predict_cluster_index(self, input_fn: Any) -> Iterator[Any]:
        """Give the number of the nearest center for each example."""
        for found in self.predict(input_fn, [self.CLUSTER_INDEX]):
            yield found[self.CLUSTER_INDEX]

    def transform(self, input_fn: Any) -> Iterator[Any]:
        """Give the distances from all centers for each example."""
        for found in self.predict(input_fn, [self.ALL_DISTANCES]):
            yield found[self.ALL_DISTANCES]

    def cluster_centers(self) -> np.ndarray[Any, Any]:
        """Return the (centers, features)."""
        return np.asarray(self.get_variable_value(self.CLUSTER_CENTERS_VAR_NAME))


def _rows(features: Any, columns: Any) -> Any:
    """Return (examples, features) of what a function of inputs gave."""
    if columns is not None:
        return tf.feature_column.input_layer(features, columns)
    if not isinstance(features, Mapping):
        return tf.to_float(as_tensor(features))
    several = [tf.to_float(as_tensor(features[name])) for name in sorted(features)]
    return tf.concat([x if x.shape.ndims == 2 else tf.expand_dims(x, -1) for x in several], 1)
