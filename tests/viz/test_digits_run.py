"""Arrays that do not fit together are told before anything is drawn."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from giulgi.errors import DataError, ShapeError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("images", np.zeros((34, 784), np.uint8)),
        ("labels", np.zeros((33,), int)),
        ("probabilities", np.zeros((34, 9), np.float32)),
        ("filters", np.zeros((3, 3, 5), np.float32)),  # There are maps of 4.
        ("filters", np.zeros((3, 3, 1, 4), np.float32)),
    ],
)
def test_wrong_shapes(name: str, value, make_run):
    with pytest.raises(ShapeError, match=f"{name} has the shape"):
        make_run(**{name: value})


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"labels": np.full(34, 10)}, "labels go from 10 to 10"),
        ({"probabilities": np.full((34, 10), np.nan, np.float32)}, "probabilities holds NaN"),
        ({"filters": np.full((3, 3, 4), np.inf, np.float32)}, "filters holds NaN or infinite"),
        ({"looks": (0, 34)}, "feature map of picture 34, and there are 34 pictures, 0 to 33"),
        ({"looks": (-1,)}, "feature map of picture -1"),
        ({"history": {"loss": [0.1], "accuracy": [0.9]}}, "lacks val_loss, val_accuracy"),
    ],
)
def test_wrong_values(changes, text: str, make_run):
    with pytest.raises(DataError, match=text):
        make_run(**changes)


@pytest.mark.parametrize("name", ["first", "second", "pooled"])
def test_wrong_feature_maps(name: str, make_run):
    maps = make_run().feature_maps
    with pytest.raises(ShapeError, match=rf"{name} has .* and should have \(2, rows, columns"):
        dataclasses.replace(maps, **{name: np.zeros((3, 26, 26, 4), np.float32)})
    with pytest.raises(ShapeError, match=f"{name} has the shape"):
        dataclasses.replace(maps, **{name: np.zeros((2, 26, 26), np.float32)})
    with pytest.raises(DataError, match=f"{name} holds NaN"):
        dataclasses.replace(maps, **{name: np.full((2, 26, 26, 4), np.nan, np.float32)})


def test_no_pictures(make_run):
    with pytest.raises(DataError, match="no picture"):
        make_run(answers=[])
