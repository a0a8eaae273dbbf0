"""Arrays that do not fit together are told before anything is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from giulgi.errors import DataError, ShapeError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("images", np.zeros((34, 784), np.uint8)),
        ("labels", np.zeros((33,), int)),
        ("probabilities", np.zeros((34, 9), np.float32)),
        ("first_layer", np.zeros((10, 784), np.float32)),
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
        ({"history": {"loss": [0.1], "accuracy": [0.9]}}, "lacks val_loss, val_accuracy"),
    ],
)
def test_wrong_values(changes, text: str, make_run):
    with pytest.raises(DataError, match=text):
        make_run(**changes)


def test_no_pictures(make_run):
    with pytest.raises(DataError, match="no picture"):
        make_run(answers=[])
