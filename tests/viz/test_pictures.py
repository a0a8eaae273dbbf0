"""Small pictures, read again by matplotlib."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest

from giulgi.viz import pictures

image = pytest.importorskip("matplotlib.image")


def pixels(source: str) -> np.ndarray:
    """Return the RGBA pixels (rows, columns, 4) of a data URI, from 0 to 1."""
    return image.imread(io.BytesIO(base64.b64decode(source.partition("base64,")[2])))


def test_a_feature_map_is_the_bluer_the_stronger():
    seen = pixels(pictures.strengths(np.array([[0.0, 1.0, 2.0], [-1.0, 4.0, 9.0]]), 4.0))
    assert seen.shape == (2, 3, 4)
    assert seen[..., 3] == pytest.approx(np.array([[0, 0.25, 0.5], [0, 1, 1]]), abs=1 / 255)
    assert seen[1, 1, :3] == pytest.approx(pictures.POSITIVE, abs=1 / 255)


def test_weights_fade_to_nothing_at_zero():
    seen = pixels(pictures.weights(np.array([[-2.0, 0.0, 1.0]]), 2.0))[0]
    assert seen[:, 3] == pytest.approx([1, 0, 0.5], abs=0.01)
    assert seen[0, :3] == pytest.approx(pictures.NEGATIVE, abs=1 / 255)
    assert seen[2, :3] == pytest.approx(pictures.POSITIVE, abs=1 / 255)
