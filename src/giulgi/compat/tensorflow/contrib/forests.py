"""Random forests that grow while examples come in: ``tf.contrib.tensor_forest``.

Each leaf tries some splits at random, and counts the classes on both sides. When it has seen enough
examples, it is split where the impurity that remains is least. (Domingos, Hulten, Mining high-speed
data streams, KDD 2000; Geurts, Ernst, Wehenkel, Extremely randomized trees, 2006.)
"""

from __future__ import annotations

import math
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from giulgi.compat.names import export
from giulgi.compat.operations.host import host_operation, session_storage
from giulgi.compat.tensorflow.math.random import own_seed
from giulgi.compat.tensors.tensor import Tensor, as_tensor
from giulgi.storage import Storage

Array = np.ndarray[Any, Any]

_UNSPLIT = -1


class ForestHParams:
    """The settings of a forest.

    Args:
        settings: among them ``num_classes``, ``num_features``, ``num_trees`` (100), ``max_nodes``
            of a tree (10000), ``num_splits_to_consider`` by a leaf (the root of
            the number of features, at least 10), ``split_after_samples``
            (250), ``bagging_fraction`` (1).
    """

    def __init__(self, **settings: Any) -> None:
        self.num_trees, self.max_nodes, self.regression = 100, 10000, False
        self.num_splits_to_consider, self.split_after_samples = 0, 250
        self.bagging_fraction = 1.0
        self.num_features: int
        for name, value in settings.items():
            setattr(self, name, value)

    def fill(self) -> ForestHParams:
        """Return the settings; what is not given has its default.

        Raises:
            ValueError: if classes or features are not counted.
            NotImplementedError: if numbers are to be predicted.
        """
        for name in ("num_classes", "num_features"):
            if not hasattr(self, name):
                raise ValueError(f"ForestHParams needs {name}")
        if self.regression:
            raise NotImplementedError(
                "giulgi's stand-in for tensor_forest predicts classes only: use "
                "tf.estimator.DNNRegressor, or scikit-learn"
            )
        if not self.num_splits_to_consider:
            self.num_splits_to_consider = max(10, math.ceil(math.sqrt(self.num_features)))
        return self


class _Tree:
    """A tree that grows. Its nodes are rows of arrays; the first is the root."""

    def __init__(self, settings: Any, rng: np.random.Generator) -> None:
        nodes, tries = int(settings.max_nodes), int(settings.num_splits_to_consider)
        self._settings, self._rng, self.size = settings, rng, 1
        self._feature, self._line = np.zeros(nodes, int), np.zeros(nodes, np.float32)
        self._left = np.full(nodes, _UNSPLIT)  # The right child comes next.
        self.counts = np.zeros((nodes, settings.num_classes))
        # The examples that a leaf has tried its lines on; what it got from its parent is not.
        self._tried_on = np.zeros((nodes, settings.num_classes))
        self._features = np.zeros((nodes, tries), int)
        self._lines = np.full((nodes, tries), np.nan, np.float32)
        self._below = np.zeros((nodes, tries, settings.num_classes))
        self._tried(slice(0, 1))

    def _tried(self, nodes: Any) -> None:
        """Draw the features that new leaves try."""
        shape = self._features[nodes].shape
        self._features[nodes] = self._rng.integers(0, self._settings.num_features, shape)

    def leaves(self, x: Array) -> Array:
        """Return the leaf of each example."""
        nodes = np.zeros(len(x), int)
        inner = np.flatnonzero(self._left[nodes] != _UNSPLIT)
        while len(inner):
            at = nodes[inner]
            right = x[inner, self._feature[at]] > self._line[at]
            nodes[inner] = self._left[at] + right
            inner = inner[self._left[nodes[inner]] != _UNSPLIT]
        return nodes

    def learn(self, x: Array, y: Array) -> None:
        """Count the classes of examples, and split leaves that have seen enough of them."""
        nodes = self.leaves(x)
        np.add.at(self.counts, (nodes, y), 1)
        if self.size + 2 > len(self._left):
            return
        self._draw_lines(x, nodes)
        np.add.at(self._tried_on, (nodes, y), 1)
        below = x[np.arange(len(x))[:, None], self._features[nodes]] <= self._lines[nodes]
        examples, tries = np.nonzero(below)
        _, count, classes = self._below.shape
        places = (nodes[examples] * count + tries) * classes + y[examples]
        counted = np.bincount(places, minlength=self.size * count * classes)
        self._below[: self.size] += counted.reshape(-1, count, classes)
        seen = self._tried_on[: self.size].sum(1)
        ready = np.flatnonzero(seen >= self._settings.split_after_samples)
        self._split(ready[self._left[ready] == _UNSPLIT])

    def _draw_lines(self, x: Array, nodes: Array) -> None:
        """Let leaves that see their first examples take their lines from these."""
        order = np.argsort(nodes, kind="stable")
        leaves, starts, counts = np.unique(nodes[order], return_index=True, return_counts=True)
        new = np.isnan(self._lines[leaves, 0])
        leaves, starts, counts = leaves[new], starts[new], counts[new]
        shape = self._features[leaves].shape
        drawn = (self._rng.random(shape) * counts[:, None]).astype(int)
        examples = order[starts[:, None] + drawn]
        self._lines[leaves] = x[examples, self._features[leaves]]

    def _split(self, leaves: Array) -> None:
        """Split leaves at the best of their lines, while there is room."""
        below = self._below[leaves]
        above = self._tried_on[leaves][:, None, :] - below
        n_below, n_above = below.sum(2), above.sum(2)
        with np.errstate(invalid="ignore", divide="ignore"):
            # Gini's impurity times the number of examples, on both sides.
            rest = n_below - np.square(below).sum(2) / n_below
            rest = rest + n_above - np.square(above).sum(2) / n_above
        rest = np.where((n_below == 0) | (n_above == 0), np.inf, rest)
        best = rest.argmin(1)
        for place, leaf in enumerate(leaves):
            choice = best[place]
            if not np.isfinite(rest[place, choice]) or self.size + 2 > len(self._left):
                continue
            children = slice(self.size, self.size + 2)
            self._feature[leaf] = self._features[leaf, choice]
            self._line[leaf] = self._lines[leaf, choice]
            self._left[leaf] = self.size
            self.counts[children] = below[place, choice], above[place, choice]
            self._tried(children)
            self.size += 2


class _Forest:
    """Trees, and what they say together."""

    def __init__(self, settings: Any, seed: int | None) -> None:
        self._share = float(settings.bagging_fraction)
        self._rng = np.random.default_rng(seed)
        self.trees = [_Tree(settings, self._rng) for _ in range(settings.num_trees)]

    def learn(self, x: Array, y: Array) -> None:
        """Learn from examples."""
        for tree in self.trees:
            if self._share < 1:
                chosen = self._rng.random(len(x)) < self._share
                tree.learn(x[chosen], y[chosen])
            else:
                tree.learn(x, y)

    def probabilities(self, x: Array) -> Array:
        """Return the mean of the shares of classes in the leaves of examples."""
        total: Any = 0
        for tree in self.trees:
            counts = tree.counts[tree.leaves(x)]
            total = total + counts / np.maximum(counts.sum(1, keepdims=True), 1)
        return np.asarray(total / len(self.trees), np.float32)


class RandomForestGraphs:
    """Operations of a forest.

    Args:
        params: its settings.
    """

    def __init__(self, params: Any, *_: Any, **__: Any) -> None:
        self.params = params
        self._seed = own_seed()
        self._forests: WeakKeyDictionary[Storage, _Forest] = WeakKeyDictionary()

    @property
    def _forest(self) -> _Forest:
        storage = session_storage.get()
        if storage not in self._forests:
            self._forests[storage] = _Forest(self.params, self._seed)
        return self._forests[storage]

    def training_graph(self, input_data: Any, input_labels: Any, **_: Any) -> Any:
        """Return the operation that learns from examples.

        Args:
            input_data: (examples, features).
            input_labels: (examples,) classes.
        """

        def learn(x: Array, y: Array) -> None:
            self._forest.learn(x.reshape(len(x), -1), np.ravel(y).astype(int))

        return host_operation("GrowForest", learn, [input_data, input_labels])

    def training_loss(self, features: Any, labels: Any, name: str = "training_loss") -> Tensor:
        """Return the negative mean number of nodes: it falls as trees grow."""
        size = lambda *_: -np.mean([tree.size for tree in self._forest.trees])  # noqa: E731
        made = host_operation("ForestSize", size, [features, labels], [("float32", [])], name)
        return made.outputs[0]

    def inference_graph(self, input_data: Any, **_: Any) -> tuple[Tensor, None, None]:
        """Return the probabilities of classes, and for paths and variances None."""
        given = as_tensor(input_data)
        predict = lambda x: self._forest.probabilities(x.reshape(len(x), -1))  # noqa: E731
        shape = [given.shape.as_list()[0], self.params.num_classes]
        made = host_operation("ForestPredict", predict, [given], [("float32", shape)])
        return made.outputs[0], None, None

    def average_size(self) -> Tensor:
        """Return the mean number of nodes."""
        size = lambda: np.mean([tree.size for tree in self._forest.trees])  # noqa: E731
        return host_operation("ForestSize", size, outputs=[("float32", [])]).outputs[0]


for _home in ("contrib.tensor_forest.python.tensor_forest",
              "contrib.tensor_forest.client.random_forest"):  # fmt: skip
    export(f"{_home}.ForestHParams", ForestHParams)
    export(f"{_home}.RandomForestGraphs", RandomForestGraphs)
