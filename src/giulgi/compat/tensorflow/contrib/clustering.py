"""k-means clustering: ``tf.contrib.factorization.KMeans``."""

from __future__ import annotations

from typing import Any

from giulgi.compat.names import export, exported
from giulgi.compat.tensorflow.public import tf
from giulgi.compat.tensors.tensor import as_tensor

SQUARED_EUCLIDEAN_DISTANCE, COSINE_DISTANCE = "squared_euclidean", "cosine"
RANDOM_INIT, KMEANS_PLUS_PLUS_INIT = "random", "kmeans_plus_plus"


@exported("contrib.factorization.KMeans")
class KMeans:
    """Finds centers, of which each example is near to one.

    Args:
        inputs: (examples, features), or a list of such tensors.
        num_clusters: how many centers.
        initial_clusters: which examples are the first centers: "random" ones, or an array.
        distance_metric: "squared_euclidean" or "cosine".
        use_mini_batch: whether centers are means of all batches of before, too.
        mini_batch_steps_per_iteration: has no meaning.
        random_seed: a number for what is drawn.
        kmeans_plus_plus_num_retries: has no meaning.
        kmc2_chain_length: has no meaning.
    """

    SQUARED_EUCLIDEAN_DISTANCE, COSINE_DISTANCE = SQUARED_EUCLIDEAN_DISTANCE, COSINE_DISTANCE
    RANDOM_INIT, KMEANS_PLUS_PLUS_INIT = RANDOM_INIT, KMEANS_PLUS_PLUS_INIT

    def __init__(
        self,
        inputs: Any,
        num_clusters: int,
        initial_clusters: Any = RANDOM_INIT,
        distance_metric: str = SQUARED_EUCLIDEAN_DISTANCE,
        use_mini_batch: bool = False,
        mini_batch_steps_per_iteration: int = 1,
        random_seed: int = 0,
        kmeans_plus_plus_num_retries: int = 2,
        kmc2_chain_length: int = 200,
    ) -> None:
        del mini_batch_steps_per_iteration, kmeans_plus_plus_num_retries, kmc2_chain_length
        if distance_metric not in (SQUARED_EUCLIDEAN_DISTANCE, COSINE_DISTANCE):
            raise ValueError(f"Unsupported distance metric passed to Kmeans {distance_metric}")
        several = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        self._inputs = [as_tensor(x) for x in several]
        self._count, self._first = num_clusters, initial_clusters
        self._is_cosine = distance_metric == COSINE_DISTANCE
        self._is_running, self._seed = use_mini_batch, random_seed or None

    def _normalized(self, x: Any) -> Any:
        return tf.nn.l2_normalize(x, 1) if self._is_cosine else x

    def _distances(self, x: Any, centers: Any) -> Any:
        """Return (examples, centers) distances."""
        products = tf.matmul(x, centers, transpose_b=True)
        if self._is_cosine:
            return 1 - products
        squares = tf.reduce_sum(tf.square(x), 1, keepdims=True)
        return squares - 2 * products + tf.reduce_sum(tf.square(centers), 1)

    def training_graph(self) -> tuple[Any, ...]:
        """Build a step of training.

        Returns:
            For each tensor of inputs the distances from all centers, the nearest center, and the
            distance from it; then whether centers are chosen, the centers, the operation that
            chooses them, and that of a step.
        """
        features = self._inputs[0].shape[1]
        with tf.variable_scope(None, default_name="kmeans"):
            centers = tf.Variable(
                tf.zeros([self._count, features]), trainable=False, name="clusters"
            )
            counts = tf.Variable(tf.zeros([self._count]), trainable=False, name="counts")
            chosen = tf.Variable(False, trainable=False, name="initialized")
        rows = [self._normalized(x) for x in self._inputs]
        whole = rows[0] if len(rows) == 1 else tf.concat(rows, 0)
        if isinstance(self._first, str):
            first = tf.random_shuffle(whole, seed=self._seed)[: self._count]
        else:
            first = self._normalized(tf.cast(as_tensor(self._first), tf.float32))
        initialize = tf.group(
            tf.assign(centers, first), tf.assign(counts, tf.zeros([self._count])),
            tf.assign(chosen, True),
        )  # fmt: skip
        all_scores = [self._distances(x, centers) for x in rows]
        nearest = [tf.argmin(scores, 1) for scores in all_scores]
        least = [tf.reduce_min(scores, 1) for scores in all_scores]
        step = self._step(whole, tf.concat(nearest, 0), centers, counts)
        return all_scores, nearest, least, chosen, centers, initialize, step

    def _step(self, rows: Any, nearest: Any, centers: Any, counts: Any) -> Any:
        """Return the operation that moves centers to the means of what is nearest to them."""
        ones = tf.one_hot(nearest, self._count)
        found, sums = tf.reduce_sum(ones, 0), tf.matmul(ones, rows, transpose_a=True)
        before = counts * 1.0 if self._is_running else tf.zeros_like(found)
        total = tf.expand_dims(before + found, 1)
        # A center that nothing is near to stays where it is.
        means = (tf.expand_dims(before, 1) * centers + sums) / tf.maximum(total, 1.0)
        moved = tf.where(tf.tile(total > 0, [1, int(rows.shape[1])]), means, centers * 1.0)
        return tf.group(
            tf.assign(centers, self._normalized(moved)), tf.assign(counts, before + found)
        )


for _name in ("SQUARED_EUCLIDEAN_DISTANCE", "COSINE_DISTANCE", "RANDOM_INIT",
              "KMEANS_PLUS_PLUS_INIT"):  # fmt: skip
    export(f"contrib.factorization.{_name}", globals()[_name])
export("contrib.factorization.python.ops.clustering_ops.KMeans", KMeans)
