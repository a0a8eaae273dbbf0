"""Gradient boosting: trees one after another, each for what is wrong with the sum of those before.

Chen, Guestrin, XGBoost, KDD 2016 (arXiv:1603.02754): with gradients g and second derivatives h of
the loss, a leaf gives -G / (H + l2), sums over its examples, and a split gains

    (G_left^2 / (H_left + l2) + G_right^2 / (H_right + l2) - G^2 / (H + l2)) / 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_BINS = 32


@dataclass(frozen=True)
class Settings:
    """How trees grow.

    Attributes:
        depth: how many levels of splits a tree has.
        rate: what each tree is multiplied with.
        l1: by how much a sum of gradients is made smaller.
        l2: is added to sums of second derivatives.
        complexity: what a split must gain.
        least: the least sum of second derivatives of a side.
        most: the greatest step of a leaf, before the rate: probabilities near 0 and 1 have second
            derivatives so small that steps would be too long (Friedman, Hastie, Tibshirani,
            Additive logistic regression, 2000).
    """

    depth: int = 6
    rate: float = 0.1
    l1: float = 0.0
    l2: float = 0.0
    complexity: float = 0.0
    least: float = 0.0
    most: float = math.inf


class Tree:
    """A tree: for each node the feature and line of its split, its first child, and its value."""

    def __init__(self, outputs: int) -> None:
        self._feature, self._line, self._child = [0], [0.0], [-1]
        self._value = [np.zeros(outputs)]

    def add(self, value: Array) -> int:
        """Add a leaf; return its number."""
        self._feature.append(0)
        self._line.append(0.0)
        self._child.append(-1)
        self._value.append(value)
        return len(self._child) - 1

    def set_value(self, node: int, value: Array) -> None:
        """Say what a leaf gives."""
        self._value[node] = value

    def split(self, node: int, feature: int, line: float, values: list[Array]) -> int:
        """Split a leaf: up to the line, and above; return the number of the first child."""
        child = self.add(values[0])
        self.add(values[1])
        self._feature[node], self._line[node], self._child[node] = feature, line, child
        return child

    def __call__(self, x: Array) -> Array:
        """Return what examples get, (examples, outputs)."""
        feature, line = np.array(self._feature), np.array(self._line)
        child, nodes = np.array(self._child), np.zeros(len(x), int)
        inner = np.flatnonzero(child[nodes] >= 0)
        while len(inner):
            at = nodes[inner]
            nodes[inner] = child[at] + (x[inner, feature[at]] > line[at])
            inner = inner[child[nodes[inner]] >= 0]
        return np.stack(self._value)[nodes]


def _leaf(g: Array, h: Array, settings: Settings) -> Array:
    """Return what a leaf gives, by sums over its examples."""
    smaller = np.sign(g) * np.maximum(np.abs(g) - settings.l1, 0)
    step = smaller / (h + settings.l2 + 1e-12)
    return -settings.rate * np.clip(step, -settings.most, settings.most)


def _score(g: Array, h: Array, settings: Settings) -> Array:
    smaller = np.maximum(np.abs(g) - settings.l1, 0)
    return (smaller * smaller / (h + settings.l2 + 1e-12)).sum(-1)


def grown(x: Array, g: Array, h: Array, settings: Settings, rng: np.random.Generator) -> Tree:
    """Return a tree for gradients and second derivatives, both (examples, outputs).

    Of many features a share is looked at, drawn anew for each tree.
    """
    chosen = np.flatnonzero(x.max(0) > x.min(0))
    most = max(32, 2 * math.isqrt(x.shape[1]))
    if len(chosen) > most:
        chosen = np.sort(rng.choice(chosen, most, replace=False))
    tree = Tree(g.shape[1])
    tree.set_value(0, _leaf(g.sum(0), h.sum(0), settings))
    if not len(chosen):
        return tree
    lines = [np.unique(np.quantile(x[:, f], np.arange(1, _BINS) / _BINS)) for f in chosen]
    codes = np.stack(
        [np.searchsorted(line, x[:, f], "left") for f, line in zip(chosen, lines, strict=True)], 1
    )
    open_ones = [(0, np.arange(len(x)))]
    fewest = 2 + len(x) // 200  # What a few examples say is chance, and costs as much as many.
    for _ in range(settings.depth):
        following = []
        for node, rows in open_ones:
            found = None
            if len(rows) >= fewest:
                found = _best(codes[rows], g[rows], h[rows], settings)
            if found is None:
                continue
            place, code = found
            if code >= len(lines[place]):
                continue
            above = codes[rows, place] > code
            parts = [rows[~above], rows[above]]
            values = [_leaf(g[part].sum(0), h[part].sum(0), settings) for part in parts]
            child = tree.split(node, int(chosen[place]), float(lines[place][code]), values)
            following += [(child + side, part) for side, part in enumerate(parts)]
        open_ones = following
    return tree


def _best(codes: Array, g: Array, h: Array, settings: Settings) -> tuple[int, int] | None:
    """Return feature and interval of the best split, of which the first side takes the interval."""
    examples, features = codes.shape
    places = (codes + np.arange(features) * _BINS).ravel()
    size = (features, _BINS, g.shape[1])
    sums = np.empty((2, *size))
    for output in range(g.shape[1]):
        for number, values in enumerate((g, h)):
            weights = np.repeat(values[:, output], features)
            counted = np.bincount(places, weights, features * _BINS)
            sums[number, ..., output] = counted.reshape(size[:2])
    count = np.bincount(places, minlength=features * _BINS).reshape(size[:2]).cumsum(1)
    below = sums.cumsum(2)
    g_below, h_below = below
    total_g, total_h = g.sum(0), h.sum(0)
    h_above = total_h - h_below
    gain = _score(g_below, h_below, settings) + _score(total_g - g_below, h_above, settings)
    gain = (gain - _score(total_g, total_h, settings)) / 2 - settings.complexity
    least = np.minimum(h_below.sum(-1), h_above.sum(-1))
    gain[(count == 0) | (count == examples) | (least < settings.least)] = -np.inf
    best = int(gain.argmax())
    return divmod(best, _BINS) if gain.flat[best] > 1e-9 else None
